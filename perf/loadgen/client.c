/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.c - many TURN clients and the plan that they walk through.
 *
 * A client takes one place in the window from the first request of its plan
 * to the last answer.
 */
#include "perf/loadgen/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf/loadgen/client_msg.h"
#include "perf/loadgen/clock.h"

#define RTO_NS  (UINT64_C(500) * 1000 * 1000) /* RFC 8489 s6.2.1: 500 ms */
#define SCAN_NS (UINT64_C(50) * 1000 * 1000)

const struct load_plan load_plan_bind = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE,
		 [LOAD_STEP_ALLOCATE] = LOAD_STEP_PERMIT,
		 [LOAD_STEP_PERMIT] = LOAD_STEP_BIND,
		 [LOAD_STEP_BIND] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_rebind = {
	.first = LOAD_STEP_REFRESH,
	.next = {[LOAD_STEP_REFRESH] = LOAD_STEP_PERMIT,
		 [LOAD_STEP_PERMIT] = LOAD_STEP_BIND,
		 [LOAD_STEP_BIND] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_permit = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE,
		 [LOAD_STEP_ALLOCATE] = LOAD_STEP_PERMIT,
		 [LOAD_STEP_PERMIT] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_repermit = {
	.first = LOAD_STEP_REFRESH,
	.next = {[LOAD_STEP_REFRESH] = LOAD_STEP_PERMIT, [LOAD_STEP_PERMIT] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_allocate = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE, [LOAD_STEP_ALLOCATE] = LOAD_STEP_DONE},
};
const struct load_plan load_plan_release = {
	.first = LOAD_STEP_RELEASE,
	.next = {[LOAD_STEP_RELEASE] = LOAD_STEP_DONE},
};

const struct load_plan load_plan_churn = {
	.first = LOAD_STEP_CHALLENGE,
	.next = {[LOAD_STEP_CHALLENGE] = LOAD_STEP_ALLOCATE,
		 [LOAD_STEP_ALLOCATE] = LOAD_STEP_RELEASE,
		 [LOAD_STEP_RELEASE] = LOAD_STEP_DONE},
};

uint32_t load_clients_addresses(uint32_t n)
{
	return (n + LOAD_CLIENT_PORTS - 1) / LOAD_CLIENT_PORTS;
}

int load_clients_init(struct load_clients *cs, const struct load_options *o, struct load_path *path,
		      const struct en_addr *first, uint32_t n, struct en_err *err)
{
	*cs = (struct load_clients){
		.path = path,
		.server = o->server,
		.peer = {.addr = o->peer_address, .port = LOAD_PEER_PORT},
		.first = *first,
		.n = n,
		.peers = o->peers,
		.window = o->window,
		.user = o->user,
		.password = o->password,
		.client = calloc(n, sizeof(*cs->client)),
		.busy = calloc(n, sizeof(*cs->busy)),
	};
	if (!cs->client || !cs->busy) {
		load_clients_free(cs);
		return en_fail(err, -1, "no memory for %u clients", n);
	}
	load_nic_add(path->nic, first, load_clients_addresses(n));
	return 0;
}

void load_clients_free(struct load_clients *cs)
{
	for (uint32_t i = 0; cs->client && i < cs->n; i++)
		free(cs->client[i].nonce);
	free(cs->client);
	free(cs->busy);
	*cs = (struct load_clients){0};
}

struct en_ep load_clients_local(const struct load_clients *cs, uint32_t i)
{
	return (struct en_ep){.addr = load_addr_plus(&cs->first, i / LOAD_CLIENT_PORTS),
			      .port = (uint16_t)(LOAD_CLIENT_PORT + i % LOAD_CLIENT_PORTS)};
}

struct en_ep load_clients_peer(const struct load_clients *cs, uint32_t i)
{
	return (struct en_ep){.addr = cs->peer.addr, .port = (uint16_t)(cs->peer.port + i % cs->peers)};
}

uint32_t load_clients_at(const struct load_clients *cs, const struct en_ep *local)
{
	uint32_t addresses = load_clients_addresses(cs->n), a = load_addr_index(&cs->first, &local->addr, addresses);
	uint32_t p = (uint32_t)local->port - LOAD_CLIENT_PORT, i = a * LOAD_CLIENT_PORTS + p;

	return a < addresses && p < LOAD_CLIENT_PORTS && i < cs->n ? i : cs->n;
}

/* --- walking --------------------------------------------------------------------- */

static void enter(struct load_clients *cs, uint32_t i, uint8_t step, uint64_t now)
{
	struct load_client *c = &cs->client[i];

	c->step = step;
	c->tries = 0;
	c->waiting = false;
	if (step != LOAD_STEP_DONE)
		load_client_transmit(cs, i, now);
}

static void start(struct load_clients *cs, uint32_t i, uint64_t now)
{
	struct load_client *c = &cs->client[i];

	/* a client that a failure left in the middle of an earlier plan has nothing to release */
	if (cs->plan->first == LOAD_STEP_RELEASE && !c->allocated)
		return;
	c->busy_at = cs->busy_n;
	cs->busy[cs->busy_n++] = i;
	c->began_ns = now;
	c->stale = 0;
	enter(cs, i, cs->plan->first, now);
}

static void leave(struct load_clients *cs, uint32_t i)
{
	struct load_client *c = &cs->client[i];
	uint32_t last = cs->busy[--cs->busy_n];

	c->waiting = false;
	cs->busy[c->busy_at] = last;
	cs->client[last].busy_at = c->busy_at;
}

static void fail(struct load_clients *cs, uint32_t i)
{
	cs->failed++;
	leave(cs, i);
}

static void advance(struct load_clients *cs, uint32_t i, uint64_t now)
{
	struct load_client *c = &cs->client[i];

	enter(cs, i, cs->plan->next[c->step], now);
	if (c->step != LOAD_STEP_DONE)
		return;
	cs->last_ns = now;
	load_hist_add(&cs->latency, now - c->began_ns);
	cs->completed++;
	leave(cs, i);
}

void load_clients_answer(struct load_clients *cs, uint32_t i, const uint8_t *data, size_t len, uint64_t now)
{
	switch (load_client_take(cs, i, data, len)) {
	case LOAD_EVENT_IGNORED:
		break;
	case LOAD_EVENT_SUCCESS:
		advance(cs, i, now);
		break;
	case LOAD_EVENT_AGAIN:
		enter(cs, i, cs->client[i].step, now);
		break;
	case LOAD_EVENT_FAILURE:
		fail(cs, i);
	}
}

static void repeat_old(struct load_clients *cs, uint64_t now)
{
	if (now < cs->scan_ns)
		return;
	cs->scan_ns = now + SCAN_NS;
	for (uint32_t k = cs->busy_n; k-- > 0;) {
		struct load_client *c = &cs->client[cs->busy[k]];

		if (now - c->sent_ns < RTO_NS)
			continue;
		if (c->tries < LOAD_TRIES_MAX) {
			load_client_transmit(cs, cs->busy[k], now);
		} else {
			cs->unanswered++;
			fail(cs, cs->busy[k]);
		}
	}
}

void load_clients_begin(struct load_clients *cs, const struct load_plan *plan)
{
	cs->plan = plan;
	cs->begun = cs->busy_n = 0;
	cs->requests = cs->retransmits = cs->completed = cs->failed = cs->allocated = cs->unanswered = 0;
	memset(cs->error_n, 0, sizeof(cs->error_n));
	load_hist_init(&cs->latency);
	cs->start_ns = cs->last_ns = load_now();
	cs->scan_ns = 0;
}

bool load_clients_turn(struct load_clients *cs, uint64_t now)
{
	while (cs->busy_n < cs->window && cs->begun < cs->n)
		start(cs, cs->begun++, now);
	repeat_old(cs, now);
	return cs->busy_n > 0 || cs->begun < cs->n;
}

bool load_clients_start_next(struct load_clients *cs, uint64_t now)
{
	repeat_old(cs, now);
	for (uint32_t tried = 0; tried < cs->n; tried++) {
		uint32_t i = cs->begun++ % cs->n;

		if (!cs->client[i].waiting) {
			start(cs, i, now);
			return true;
		}
	}
	return false;
}

void load_clients_explain(const struct load_clients *cs, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX], codes[128] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < LOAD_ERROR_MAX; i++)
		if (cs->error_n[i] && used < sizeof(codes) - 24)
			used += (size_t)snprintf(codes + used, sizeof(codes) - used, "%s%u (%u times)",
						 used ? ", " : "", i, cs->error_n[i]);
	en_ep_str(&cs->server, server);
	if (used && cs->error_n[WIRE_ERR_UNAUTHENTICATED])
		en_fail(err, -1, "%s refuses the credentials: error %s; are --user and --password right?", server,
			codes);
	else if (used)
		en_fail(err, -1, "%s failed %llu of %u clients with error %s", server, (unsigned long long)cs->failed,
			cs->n, codes);
	else
		en_fail(err, -1, "%s does not answer TURN requests: %llu of %u clients gave up", server,
			(unsigned long long)cs->unanswered, cs->n);
}
