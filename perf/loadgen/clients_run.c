/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clients_run.c - drive many TURN clients with a window of requests.
 *
 * A client takes one place in the window from the first request of its plan
 * to the last answer.
 *
 * Invariants
 *   C1  in_flight = clients begun and neither completed nor failed <= window.
 *   C2  a run ends: every request is answered, or given up after Rc tries.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/wire/channel.h"
#include "perf/loadgen/client_priv.h"
#include "perf/loadgen/sock.h"

#define RTO_NS  (UINT64_C(500) * 1000 * 1000) /* RFC 8489 s6.2.1: 500 ms */
#define SCAN_NS (UINT64_C(50) * 1000 * 1000)
#define EVENTS  64

struct run {
	struct load_clients *cs;
	const struct load_plan *plan;
	uint64_t start_ns, last_ns; /* last: of the latest completion */
	unsigned int begun, in_flight;
};

int load_clients_open(const struct load_options *o, uint16_t port, struct load_clients *ret_clients)
{
	struct load_clients *cs = ret_clients;
	int ns;

	memset(cs, 0, sizeof(*cs));
	*cs = (struct load_clients){.window = o->window, .user = o->user, .password = o->password, .epoll_fd = -1};
	cs->client = calloc(o->clients, sizeof(*cs->client));
	cs->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ns = load_ns_enter(o->client_ns);
	if (cs->client == NULL || cs->epoll_fd < 0 || ns < 0)
		goto fail;
	for (; cs->n < o->clients; cs->n++) {
		struct load_client *c = &cs->client[cs->n];
		struct epoll_event ev = {.events = EPOLLIN, .data.u32 = cs->n};
		struct en_ep local = {.addr = o->client, .port = port ? (uint16_t)(port + cs->n) : 0};

		c->channel = WIRE_CHANNEL_MIN;
		c->peer = o->peer;
		c->peer.port = (uint16_t)(o->peer.port + cs->n % o->peers);
		c->fd = load_sock_open(&local, o->direct ? &c->peer : &o->server);
		if (c->fd < 0)
			goto fail_ns;
		epoll_ctl(cs->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
	}
	load_ns_leave(ns);
	return 0;
fail_ns:
	load_ns_leave(ns);
fail:
	load_clients_close(cs);
	return -1;
}

void load_clients_close(struct load_clients *cs)
{
	for (unsigned int i = 0; i < cs->n; i++)
		close(cs->client[i].fd);
	if (cs->epoll_fd >= 0)
		close(cs->epoll_fd);
	free(cs->client);
	*cs = (struct load_clients){.epoll_fd = -1};
}

static void begin(struct run *r)
{
	struct load_client *c = &r->cs->client[r->begun++];

	/* A client that a failure left in the middle of an earlier plan has nothing to release. */
	if (r->plan->first == LOAD_STEP_RELEASE && !c->allocated)
		return;
	r->in_flight++;
	c->began_ns = en_mono_ns();
	c->stale = 0;
	load_client_enter(r->cs, c, r->plan->first);
}

static bool may_begin(const struct run *r)
{
	return r->in_flight < r->cs->window && r->begun < r->cs->n;
}

static void on_event(struct run *r, struct load_client *c, enum load_event event)
{
	struct load_clients *cs = r->cs;

	if (event == LOAD_EVENT_AGAIN) {
		load_client_enter(cs, c, c->step);
	} else if (event == LOAD_EVENT_FAILURE) {
		c->waiting = false;
		cs->failed++;
		r->in_flight--;
	} else if (event == LOAD_EVENT_SUCCESS) {
		load_client_enter(cs, c, r->plan->next[c->step]);
		if (c->step != LOAD_STEP_DONE)
			return;
		r->last_ns = en_mono_ns();
		load_hist_add(&cs->latency, r->last_ns - c->began_ns);
		cs->completed++;
		r->in_flight--;
	}
}

static void scan_timers(struct run *r, uint64_t now)
{
	for (unsigned int i = 0; i < r->cs->n; i++) {
		struct load_client *c = &r->cs->client[i];

		if (!c->waiting || now - c->sent_ns < RTO_NS)
			continue;
		if (c->tries >= LOAD_TRIES_MAX)
			on_event(r, c, LOAD_EVENT_FAILURE);
		else
			load_client_transmit(r->cs, c);
	}
}

static void reset(struct load_clients *cs)
{
	cs->requests = cs->retransmits = cs->completed = cs->failed = cs->allocated = 0;
	memset(cs->error_n, 0, sizeof(cs->error_n));
	load_hist_init(&cs->latency);
}

uint64_t load_clients_run(struct load_clients *cs, const struct load_plan *plan)
{
	struct epoll_event ev[EVENTS];
	struct run r = {.cs = cs, .plan = plan, .start_ns = en_mono_ns()};
	uint64_t now = r.start_ns, scan_ns = now + SCAN_NS;

	reset(cs);
	r.last_ns = now;
	while (r.in_flight > 0 || may_begin(&r)) {
		int n;

		while (may_begin(&r))
			begin(&r);
		n = epoll_wait(cs->epoll_fd, ev, EVENTS, SCAN_NS / 1000000);
		for (int i = 0; i < n; i++) {
			struct load_client *c = &cs->client[ev[i].data.u32];

			on_event(&r, c, load_client_receive(cs, c));
		}
		now = en_mono_ns();
		if (now >= scan_ns) {
			scan_timers(&r, now);
			scan_ns = now + SCAN_NS;
		}
	}
	return r.last_ns - r.start_ns;
}
