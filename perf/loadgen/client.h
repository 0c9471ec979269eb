/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.h - many small TURN clients, driven from one loop.
 *
 * Client i lives at port LOAD_CLIENT_PORT + i % LOAD_CLIENT_PORTS of the
 * (i / LOAD_CLIENT_PORTS)th address. A plan says which request follows which;
 * the clients walk through it with at most `window` of them under way, and
 * what stays unanswered is said again. Nothing here waits: the caller receives
 * packets, hands answers to load_clients_answer() and calls load_clients_turn()
 * now and then.
 *
 * Invariants
 *   C1  busy_n = clients begun and neither through nor failed <= window.
 *   C2  a plan ends: every request is answered, or given up after Rc tries; when a whole window gave up
 *       in a row the rest is not tried.
 */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/wire/stun.h"
#include "perf/loadgen/hist.h"
#include "perf/loadgen/nic.h"

#define LOAD_CLIENT_PORT  10000
#define LOAD_CLIENT_PORTS 50000
#define LOAD_PEER_PORT    1024 /* of the first peer; they end below LOAD_CLIENT_PORT */
#define LOAD_PEERS_MAX    8000
#define LOAD_CHANNEL      0x4000
#define LOAD_NONCE_MAX    763 /* RFC 8489 s14.10 */
#define LOAD_ERROR_MAX    700

enum load_step {
	LOAD_STEP_CHALLENGE, /* Allocate without credentials; a 401 with realm and nonce is the success */
	LOAD_STEP_ALLOCATE,
	LOAD_STEP_PERMIT,
	LOAD_STEP_BIND,
	LOAD_STEP_REFRESH,
	LOAD_STEP_RELEASE, /* Refresh with lifetime 0 */
	LOAD_STEP_DONE,
};

struct load_plan {
	uint8_t first; /* enum load_step */
	uint8_t next[LOAD_STEP_DONE]; /* what follows a success of this step */
};

extern const struct load_plan load_plan_bind; /* allocate, permit, bind */
extern const struct load_plan load_plan_rebind; /* refresh, permit and bind again */
extern const struct load_plan load_plan_permit, load_plan_repermit; /* the same without channels */
extern const struct load_plan load_plan_allocate;
extern const struct load_plan load_plan_release;
extern const struct load_plan load_plan_churn; /* allocate and release */

struct load_client {
	uint8_t step; /* enum load_step */
	bool waiting; /* a request is outstanding */
	bool allocated;
	uint8_t tries; /* of this step, retransmissions included */
	uint8_t stale; /* 438 answers within this plan */
	uint16_t nonce_len;
	uint32_t busy_at; /* place in load_clients.busy */
	struct en_ep relayed;
	uint64_t sent_ns; /* last transmission */
	uint64_t began_ns; /* first transmission of the plan */
	uint8_t tid[WIRE_STUN_TID_LEN];
	uint8_t *nonce;
};

struct load_clients {
	const struct load_path *path;
	struct en_ep server, peer; /* peer: the first */
	struct en_addr first;
	struct load_client *client;
	uint32_t n, peers, window;
	const char *user, *password;
	char realm[LOAD_NONCE_MAX + 1];
	bool keyed;
	uint8_t key[16];

	/* the plan under way or last ended */
	const struct load_plan *plan;
	uint32_t begun, busy_n;
	uint32_t *busy; /* clients under way */
	uint64_t start_ns, last_ns, scan_ns; /* last: of the latest completion */
	uint64_t requests, retransmits, completed, failed;
	uint64_t allocated; /* successful Allocate responses */
	uint64_t unanswered; /* clients that gave up for want of an answer */
	uint64_t strange; /* datagrams that came instead of answers */
	uint32_t silent; /* clients that gave up since anything was answered */
	uint32_t error_n[LOAD_ERROR_MAX]; /* error responses by code, the expected 401 excluded */
	struct load_hist latency; /* first request to the end of the plan */
};

/*
 * n clients from address `first` on, for the server, credentials, peers and
 * window of `o`. Makes the NIC answer for their addresses. Free with
 * load_clients_free().
 */
int load_clients_init(struct load_clients *cs, const struct load_options *o, struct load_path *path,
		      const struct en_addr *first, uint32_t n, struct en_err *err);
void load_clients_free(struct load_clients *cs);
/* Addresses that n clients need. */
uint32_t load_clients_addresses(uint32_t n);

struct en_ep load_clients_local(const struct load_clients *cs, uint32_t i);
struct en_ep load_clients_peer(const struct load_clients *cs, uint32_t i);
/* Which client lives there; n: none. */
uint32_t load_clients_at(const struct load_clients *cs, const struct en_ep *local);

/* Send all clients through a plan from now on. */
void load_clients_begin(struct load_clients *cs, const struct load_plan *plan);
/* Start clients that the window has room for, repeat old requests. False when the plan is through. */
bool load_clients_turn(struct load_clients *cs, uint64_t now);
/* Repeat old requests only: load_clients_start_next() does not. */
void load_clients_repeat(struct load_clients *cs, uint64_t now);
/* Churn: without a window of time of its own, start the next client that is not under way. False: all are. */
bool load_clients_start_next(struct load_clients *cs, uint64_t now);
/* A STUN message that came to client i. */
void load_clients_answer(struct load_clients *cs, uint32_t i, const uint8_t *data, size_t len, uint64_t now);
/* One sentence on why clients failed: their error codes, or silence. */
void load_clients_explain(const struct load_clients *cs, struct en_err *err);

#endif
