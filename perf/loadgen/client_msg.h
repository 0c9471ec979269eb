/* SPDX-License-Identifier: BSD-3-Clause */
/* client_msg.h - between client.c (many clients and their plan) and client_msg.c (messages of one). */
#ifndef LOAD_CLIENT_MSG_H
#define LOAD_CLIENT_MSG_H

#include "perf/loadgen/client.h"

#define LOAD_TRIES_MAX 7 /* RFC 8489 s6.2.1: Rc */

enum load_event {
	LOAD_EVENT_IGNORED, /* not the answer that is waited for */
	LOAD_EVENT_SUCCESS, /* of the client's step */
	LOAD_EVENT_AGAIN, /* stale nonce: the same step anew */
	LOAD_EVENT_FAILURE,
};

/* Send the request of the client's step, or send it again. */
void load_client_transmit(struct load_clients *cs, uint32_t i, uint64_t now);
/* What a datagram means to client i. */
enum load_event load_client_take(struct load_clients *cs, uint32_t i, const uint8_t *data, size_t len);

#endif
