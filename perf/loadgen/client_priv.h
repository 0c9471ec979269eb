/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_priv.h - between client.c (messages of one client) and
 * clients_run.c (the window, timers and readiness of all).
 */
#ifndef LOAD_CLIENT_PRIV_H
#define LOAD_CLIENT_PRIV_H

#include "perf/loadgen/client.h"

#define LOAD_TRIES_MAX 7 /* RFC 8489 s6.2.1: Rc */

enum load_event {
	LOAD_EVENT_NONE, /* nothing to read */
	LOAD_EVENT_IGNORED, /* not the answer that is waited for */
	LOAD_EVENT_SUCCESS, /* of the client's step */
	LOAD_EVENT_AGAIN, /* stale nonce: the same step anew */
	LOAD_EVENT_FAILURE,
};

/* Go to `step` and, unless it is DONE, send its request under a new transaction id. */
void load_client_enter(struct load_clients *cs, struct load_client *c, uint8_t step);
/* Send the request of the client's step once more. */
void load_client_transmit(struct load_clients *cs, struct load_client *c);
/* Read one datagram. */
enum load_event load_client_receive(struct load_clients *cs, struct load_client *c);

#endif
