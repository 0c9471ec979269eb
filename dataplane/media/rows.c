/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rows.c - media sessions as `show sessions` sees them.
 *
 * Runs on:   the housekeeping thread, while the worker goes on writing.
 *
 * Known race: a session is copied while its owner may change it, and chains are walked that may change. The
 * generation changes when a session is made and when it ends, so a copy with the same generation before
 * and after is of one session; indexes are bounded, and a walk is no longer than its table. Numbers may be from
 * different moments, which a display bears.
 */
#include "dataplane/media/flow.h"
#include "dataplane/media/leg.h"
#include "engine/base/clock.h"
#include "engine/shm/ctl.h"

/* acquire: pairs with the releases in session.c */
static uint32_t generation(const struct dp_session *s)
{
	return __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE);
}

static bool copy(const struct dp_session *s, struct dp_session *ret_copy)
{
	uint32_t before = generation(s);

	if (before == 0)
		return false;
	*ret_copy = *s;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ret_copy->generation == before && __atomic_load_n(&s->generation, __ATOMIC_RELAXED) == before;
}

/* How long a chain is: `next` lies at the same place in each element of its table. */
static uint32_t length(const void *table, uint32_t n, size_t size, size_t next, uint32_t first)
{
	uint32_t found = 0;

	while (first < n && found < n) {
		const uint32_t *at = (const uint32_t *)(const void *)((const uint8_t *)table + first * size + next);

		first = __atomic_load_n(at, __ATOMIC_RELAXED);
		found++;
	}
	return found;
}

/* Known race, as above: a source that begins anew may be seen half begun. */
static void fill_leg(const struct dp_leg *leg, struct shm_row_session *row)
{
	uint32_t clock = leg->set.clock ? leg->set.clock : 8000;

	row->rtp_expected = dp_leg_expected(leg);
	row->rtp_received = leg->received_before + leg->in.received;
	row->jitter_us = (uint32_t)((uint64_t)leg->in.jitter16 * 62500 / clock); /* a million by 16 */
}

static void fill(const struct dp_media *md, uint32_t idx, const struct dp_session *s, struct shm_row_session *row)
{
	const struct conf_media *conf = &md->core->world->conf->media;
	uint64_t now = en_mono_ns();

	*row = (struct shm_row_session){
		.core = md->core->index,
		.index = idx,
		.generation = s->generation,
		.state = s->state,
		.profile = s->keyed ? s->profile : SHM_SRTP_NONE,
		.paths = length(md->flows, md->flow_n, sizeof(*md->flows), offsetof(struct dp_flow, next_of_session),
				s->first_flow),
		.tracks = length(md->track, md->track_n, sizeof(*md->track), offsetof(struct dp_track, next_of_session),
				 s->first_track),
		.streams = s->stream_n,
		.routes = length(md->route, md->route_n, sizeof(*md->route),
				 offsetof(struct dp_media_route, next_of_session), s->first_route),
		.remote = s->remote,
		.heard_ms = s->heard_ns == 0    ? UINT64_MAX
			    : now > s->heard_ns ? (now - s->heard_ns) / DP_NS_MS
						: 0,
		.rx_packets = s->rx_packets,
		.rx_bytes = s->rx_bytes,
		.tx_packets = s->tx_packets,
		.tx_bytes = s->tx_bytes,
		.bad_packets = s->bad_packets,
	};
	if (s->bridged)
		fill_leg(&md->legs->leg[idx], row);
	if (s->listen < conf->listen_n)
		row->local = conf->listen[s->listen];
}

uint32_t dp_media_rows(const struct dp_media *md, struct shm_row_session *rows, uint32_t max)
{
	struct dp_session s;
	uint32_t n = 0;

	for (uint32_t i = 0; i < md->session_n && n < max; i++)
		if (copy(&md->session[i], &s))
			fill(md, i, &s, &rows[n++]);
	return n;
}
