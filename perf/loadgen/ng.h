/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ng.h - a SIP proxy's end of the ng protocol: one command at a time by UDP, bencode, over the kernel's network.
 *
 * Blocking: a command is said again every LOAD_NG_AGAIN_MS under the same cookie, so that it is carried out once, and
 * given up after LOAD_NG_WAIT_MS. What is measured are packets, and setting up comes before them.
 */
#ifndef LOAD_NG_H
#define LOAD_NG_H

#include <jansson.h>

#include "engine/base/addr.h"
#include "engine/base/log.h"

#define LOAD_NG_AGAIN_MS 500
#define LOAD_NG_WAIT_MS  4000

struct load_ng {
	struct en_ep server;
	int fd; /* -1: not open */
	uint32_t cookie;
};

int load_ng_open(struct load_ng *ng, const struct en_ep *server, struct en_err *err);
void load_ng_close(struct load_ng *ng);
/*
 * Takes `command` over. 0: *ret_answer is the caller's, and its result is "ok" or "pong". -1 with a sentence: nobody
 * answers, what answers speaks something else, or it refuses, in its own words.
 */
int load_ng_ask(struct load_ng *ng, json_t *command, json_t **ret_answer, struct en_err *err);

#endif
