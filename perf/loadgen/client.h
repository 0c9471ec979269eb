/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h - many small TURN clients in one thread.
 *
 * A client is a connected UDP socket and the step that it is at. A plan says
 * which step follows which; load_clients_run() drives all clients through a
 * plan with at most `window` requests outstanding, retransmitting what stays
 * unanswered.
 */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/wire/stun.h"
#include "perf/loadgen/hist.h"
#include "perf/loadgen/options.h"

#define LOAD_NONCE_MAX 768 /* RFC 8489 s14.10: at most 763 bytes */
#define LOAD_ERROR_MAX 700

enum load_step {
	LOAD_STEP_CHALLENGE, /* Allocate without credentials; a 401 with realm and nonce is the success */
	LOAD_STEP_ALLOCATE,
	LOAD_STEP_PERMIT,
	LOAD_STEP_BIND,
	LOAD_STEP_RELEASE, /* Refresh with lifetime 0 */
	LOAD_STEP_DONE,
};

struct load_plan {
	uint8_t first; /* enum load_step */
	uint8_t next[LOAD_STEP_DONE]; /* what follows a success of this step */
};

extern const struct load_plan load_plan_bind; /* allocate, permit, bind */
extern const struct load_plan load_plan_rebind; /* permit and bind again */
extern const struct load_plan load_plan_allocate;
extern const struct load_plan load_plan_release;

struct load_client {
	int fd;
	uint8_t step; /* enum load_step */
	bool waiting; /* a request is outstanding */
	bool allocated;
	uint8_t tries; /* of this step, retransmissions included */
	uint8_t stale; /* 438 answers within this plan */
	uint16_t channel;
	uint16_t nonce_len;
	struct en_ep peer;
	uint64_t sent_ns; /* last transmission */
	uint64_t began_ns; /* first transmission of the plan */
	uint8_t tid[WIRE_STUN_TID_LEN];
	uint8_t nonce[LOAD_NONCE_MAX];
};

struct load_clients {
	struct load_client *client;
	unsigned int n;
	unsigned int window;
	const char *user, *password;
	char realm[LOAD_NONCE_MAX];
	bool keyed;
	uint8_t key[16];
	int epoll_fd;

	/* of the run under way or last ended */
	uint64_t requests, retransmits, completed, failed;
	uint64_t allocated; /* successful Allocate responses */
	uint32_t error_n[LOAD_ERROR_MAX]; /* error responses by code, the expected 401 excluded */
	struct load_hist latency; /* first request to the end of the plan */
};

/*
 * Open o->clients sockets in o->client_ns, on consecutive ports from `port`
 * or, when that is 0, on ports that the kernel chooses. 0 or -1 after a line
 * on stderr; free with load_clients_close().
 */
int load_clients_open(const struct load_options *o, uint16_t port, struct load_clients *ret_clients);
void load_clients_close(struct load_clients *cs);

/*
 * Drive each client once through `plan`. Returns the nanoseconds from the
 * start to the last completion. Clients that fail are counted and left aside.
 */
uint64_t load_clients_run(struct load_clients *cs, const struct load_plan *plan);

#endif
