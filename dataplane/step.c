/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * step.c - one step of a worker: notes, timers, the walk through the graph.
 *
 * Runs on:   the worker of the core it is given (tests: any thread, in turn).
 * Writes:    that core's state and counters only.
 */
#include "dataplane/step.h"

#include "dataplane/idle.h"
#include "dataplane/media/flow.h"
#include "dataplane/media/pace.h"
#include "dataplane/net/announce.h"
#include "dataplane/net/neigh.h"
#include "dataplane/net/pmtu.h"
#include "dataplane/net/reass.h"
#include "dataplane/trace.h"

#define TICK_NS       (UINT64_C(1000000)) /* timers are looked at once a millisecond */
#define EXPIRE_BUDGET 256
#define NOTES_A_STEP  64

/* The tap changes hands: the old one loses a user, after which housekeeping may free it. */
static void set_tap(struct dp_core *c, struct dp_tap *tap)
{
	struct dp_tap *old = c->tap;

	c->tap = tap;
	if (old)
		atomic_fetch_sub_explicit(&old->users, 1, memory_order_release); /* pairs with housekeeping's acquire */
}

static void on_note(struct dp_core *c, const struct dp_note *note)
{
	switch (note->op) {
	case DP_NOTE_TURN:
		dp_turn_on_note(c->turn, &note->turn);
		break;
	case DP_NOTE_NEIGHBOUR:
		dp_neigh_learn(c, note->neigh.port, &note->neigh.addr, note->neigh.mac, false);
		break;
	case DP_NOTE_PMTU:
		dp_pmtu_learn(c, &note->pmtu.dst, note->pmtu.mtu);
		break;
	case DP_NOTE_TAP:
		set_tap(c, note->tap.tap);
		break;
	case DP_NOTE_FLOW:
		dp_media_flow_on_note(c, note);
		break;
	case DP_NOTE_LANE:
		if (note->lane.lane)
			dp_media_attach(c, note->lane.lane, note->lane.event_fd);
		else
			dp_media_detach(c);
		break;
	}
}

void dp_notes_drain(struct dp_core *c)
{
	struct dp_note note;

	for (unsigned int i = 0; i <= c->world->core_n; i++) {
		if (!c->note_in[i])
			continue;
		for (unsigned int n = 0; n < NOTES_A_STEP; n++) {
			if (rte_ring_sc_dequeue_elem(c->note_in[i], &note, sizeof(note)) != 0)
				break;
			on_note(c, &note);
		}
	}
}

static void run_timers(struct dp_core *c, uint64_t wall_s)
{
	c->overdue = dp_turn_advance(c->turn, c->now_ns, wall_s, EXPIRE_BUDGET);
	dp_neigh_advance(c);
	dp_announce_advance(c);
	dp_reass_advance(c);
	if (c->media)
		dp_media_advance(c);
	shm_store(&c->stats->gauge[GAUGE_NEIGHBOURS], dp_neigh_count(c));
	shm_store(&c->stats->gauge[GAUGE_HELD], dp_neigh_held(c) + dp_reass_held(c) + dp_pace_waiting(c) + c->outbox_n);
	shm_store(&c->stats->heartbeat, c->now_ns);
}

void dp_core_step(struct dp_core *c, uint64_t now_ns, uint64_t wall_s)
{
	c->now_ns = now_ns;
	c->worked = 0;
	dp_notes_drain(c);
	if (now_ns >= c->next_tick_ns) {
		c->next_tick_ns = now_ns + TICK_NS;
		run_timers(c, wall_s);
	}
	if (c->media)
		dp_pace_release(c);
	rte_graph_walk(c->graph);
	if (c->told)
		dp_wake_told(c);
}
