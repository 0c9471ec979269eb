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
	enum load_event event = load_client_take(cs, i, data, len);

	if (event != LOAD_EVENT_IGNORED)
		cs->silent = 0;
	switch (event) {
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
			cs->silent++;
			fail(cs, cs->busy[k]);
		}
	}
}

void load_clients_begin(struct load_clients *cs, const struct load_plan *plan)
{
	/* an earlier plan was left in the middle: answers to it come too late to mean anything */
	while (cs->busy_n)
		leave(cs, cs->busy[cs->busy_n - 1]);
	cs->plan = plan;
	cs->begun = 0;
	cs->requests = cs->retransmits = cs->completed = cs->failed = cs->allocated = cs->unanswered = 0;
	cs->strange = 0;
	cs->silent = 0;
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
	if (cs->silent >= cs->window)
		cs->begun = cs->n;
	return cs->busy_n > 0 || cs->begun < cs->n;
}

void load_clients_repeat(struct load_clients *cs, uint64_t now)
{
	repeat_old(cs, now);
}

bool load_clients_start_next(struct load_clients *cs, uint64_t now)
{
	for (uint32_t tried = 0; tried < cs->n; tried++) {
		uint32_t i = cs->begun++ % cs->n;

		if (!cs->client[i].waiting) {
			start(cs, i, now);
			return true;
		}
	}
	return false;
}

/* What to do about an error code. */
static const char *remedy(unsigned int code)
{
	switch (code) {
	case WIRE_ERR_UNAUTHENTICATED:
		return "are --user and --password right?";
	case WIRE_ERR_FORBIDDEN:
		return "it may not relay to the peers: allow their address there (--peer-address; allow-peer of turnpike)";
	case WIRE_ERR_ALLOCATION_MISMATCH:
		return "it remembers these ports from a run before: wait a while, or take another --address";
	case WIRE_ERR_FAMILY_NOT_SUPPORTED:
		return "it relays no addresses of this family";
	case WIRE_ERR_QUOTA_REACHED:
		return "the user's quota is reached: raise it there, or lower --clients";
	case WIRE_ERR_INSUFFICIENT_CAPACITY:
		return "it has no room or no relay ports left: raise its limits, or lower --clients";
	default:
		return "its log may say why";
	}
}

static const char *list_errors(const struct load_clients *cs, char *buf, size_t cap)
{
	size_t used = 0, room = sizeof("600 (4294967295 times), ");
	unsigned int most = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < LOAD_ERROR_MAX; i++) {
		if (cs->error_n[i] == 0 || used + room > cap)
			continue;
		used += (size_t)snprintf(buf + used, cap - used, "%s%u (%u times)", used ? ", " : "", i,
					 cs->error_n[i]);
		if (cs->error_n[i] > cs->error_n[most])
			most = i;
	}
	return used ? remedy(most) : NULL;
}

void load_clients_explain(const struct load_clients *cs, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX], codes[128];
	const char *why = list_errors(cs, codes, sizeof(codes));
	unsigned long long failed = cs->failed, unanswered = cs->unanswered;

	en_ep_str(&cs->server, server);
	if (why && cs->error_n[WIRE_ERR_UNAUTHENTICATED])
		en_fail(err, -1, "%s refuses the credentials: error %s; %s", server, codes,
			remedy(WIRE_ERR_UNAUTHENTICATED));
	else if (why)
		en_fail(err, -1, "%s refuses %llu of %u clients with error %s: %s", server, failed, cs->n, codes, why);
	else if (unanswered && cs->strange && cs->completed == 0)
		en_fail(err, -1, "%s sends back what is no TURN answer: is --server a TURN server?", server);
	else if (unanswered)
		en_fail(err, -1,
			"%s does not answer TURN requests: %llu of %u clients gave up; is the server running there?",
			server, unanswered, cs->n);
	else
		en_fail(err, -1,
			"%s answers, but not as a TURN server with long-term credentials does (%llu of %u clients)",
			server, failed, cs->n);
}
