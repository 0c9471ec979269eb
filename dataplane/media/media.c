/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media.c - the tables of a core's media, and its timers.
 *
 * Runs on:   the worker of the core; create and destroy: housekeeping, while no worker runs.
 * Invariants
 *   M1  what is due is looked for in slices: a step never walks a whole table.
 */
#include <stdlib.h>

#include "dataplane/media/cache.h"
#include "dataplane/media/flow.h"
#include "dataplane/media/full.h"
#include "dataplane/media/leg.h"
#include "dataplane/media/nack.h"
#include "dataplane/media/pace.h"
#include "dataplane/media/rtcp.h"
#include "dataplane/media/send.h"
#include "dataplane/media/stream.h"
#include "dataplane/media/twcc.h"
#include "dataplane/table/mem.h"

#define STREAMS_OF_TRACK 6 /* three layers, each with its retransmissions */
#define SESSIONS_MS      50 /* how long a walk over all of a table takes */
#define TRACKS_MS        20
#define FLOWS_MS         1000
#define SLICES_MAX       10 /* of one look, after a sleep */
#define RTCP_MS          800 /* and up to RTCP_SPREAD_MS more: reports of many sessions must not meet (RFC 3550 s6.2) */
#define RTCP_SPREAD_MS   400

/* --- tables -------------------------------------------------------------------- */

static int make_table(void **ret_table, const char *name, uint32_t n, size_t size, struct en_err *err)
{
	*ret_table = dp_mem_alloc((size_t)n * size);
	if (!*ret_table)
		return en_fail(err, -1, "no memory for %u %s: lower the tables in [media]", n, name);
	return 0;
}

static int make_tables(struct dp_media *md, struct en_err *err)
{
	if (make_table((void **)&md->session, "sessions", md->session_n, sizeof(*md->session), err) != 0 ||
	    make_table((void **)&md->track, "tracks", md->track_n, sizeof(*md->track), err) != 0 ||
	    make_table((void **)&md->route, "routes", md->route_n, sizeof(*md->route), err) != 0 ||
	    make_table((void **)&md->stream, "streams", md->stream_n, sizeof(*md->stream), err) != 0 ||
	    (md->core->world->conf->media.ice_full &&
	     make_table((void **)&md->full, "sessions", md->session_n, sizeof(*md->full), err) != 0) ||
	    make_table((void **)&md->keys, "keys", 2 * md->session_n, md->key_size, err) != 0)
		return -1;
	dp_streams_reset(md);
	if (dp_media_flows_create(md, err) != 0)
		return -1;
	return dp_index_create(&md->by_ssrc, "streams", md->stream_n, err);
}

int dp_media_create(struct dp_core *c, struct dp_media **ret_media, struct en_err *err)
{
	const struct conf_media *conf = &c->world->conf->media;
	struct dp_media *md;

	*ret_media = NULL;
	if (conf->listen_n == 0)
		return 0;
	md = calloc(1, sizeof(*md));
	if (!md)
		return en_fail(err, -1, "no memory for media");
	*ret_media = md;
	md->core = c;
	md->event_fd = -1;
	md->session_n = conf->max_sessions;
	md->track_n = conf->max_tracks;
	md->route_n = conf->max_routes;
	md->stream_n = conf->max_tracks * STREAMS_OF_TRACK;
	md->key_size = (dp_srtp_keys_size() + 63u) & ~63u;
	if (dp_srtp_create(conf->srtp_portable, &md->srtp, err) != 0 || make_tables(md, err) != 0 ||
	    dp_caches_create(conf->max_caches, &md->caches, err) != 0 ||
	    dp_nacks_create(conf->max_caches, &md->nacks, err) != 0 ||
	    dp_rtcp_create(md->session_n, &md->rtcp, err) != 0 || dp_twcc_create(md->session_n, &md->twcc, err) != 0 ||
	    dp_pace_create(conf, md->session_n, &md->paces, err) != 0 ||
	    dp_legs_create(&c->world->conf->gateway, md->session_n, &md->legs, err) != 0)
		return -1;
	return make_table((void **)&md->sends, "copies of a walk", 1, sizeof(*md->sends), err);
}

static void free_table(void *table, uint32_t n, size_t size)
{
	if (table)
		dp_mem_free(table, (size_t)n * size);
}

static void clear_keys(struct dp_media *md)
{
	for (uint32_t i = 0; md->session && md->keys && i < md->session_n; i++) {
		if (!md->session[i].keyed)
			continue;
		dp_srtp_keys_clear(md->srtp, dp_session_rx(md, i));
		dp_srtp_keys_clear(md->srtp, dp_session_tx(md, i));
	}
}

void dp_media_destroy(struct dp_media *md)
{
	rte_pktmbuf_free_bulk(md->inject, md->inject_n);
	dp_pace_destroy(md->paces);
	dp_legs_destroy(md->legs);
	dp_twcc_destroy(md->twcc);
	free_table(md->sends, 1, sizeof(*md->sends));
	dp_rtcp_destroy(md->rtcp);
	dp_nacks_destroy(md->nacks);
	dp_caches_destroy(md->caches);
	clear_keys(md);
	dp_index_destroy(&md->by_ssrc);
	dp_media_flows_destroy(md);
	free_table(md->full, md->session_n, sizeof(*md->full));
	free_table(md->keys, 2 * md->session_n, md->key_size);
	free_table(md->stream, md->stream_n, sizeof(*md->stream));
	free_table(md->route, md->route_n, sizeof(*md->route));
	free_table(md->track, md->track_n, sizeof(*md->track));
	free_table(md->session, md->session_n, sizeof(*md->session));
	if (md->srtp)
		dp_srtp_destroy(md->srtp);
	free(md);
}

/* --- timers -------------------------------------------------------------------- */

static void look_at_session(struct dp_core *c, uint32_t i)
{
	struct dp_session *s = &c->media->session[i];
	uint32_t now_ms = (uint32_t)(c->now_ns / DP_NS_MS);

	if (s->generation == 0)
		return;
	if ((s->state == SHM_SESSION_CHECKED || s->state == SHM_SESSION_CONNECTED) &&
	    c->now_ns - s->heard_ns >= s->consent_ns)
		dp_session_lost(c, i);
	if (unlikely(s->untold))
		dp_session_tell(c, i);
	if (!s->keyed || s->bridged)
		return;
	dp_twcc_due(c, i);
	if ((int32_t)(now_ms - s->next_rtcp_ms) < 0)
		return;
	s->next_rtcp_ms = now_ms + RTCP_MS + (uint32_t)en_hash_fold(c->tid_seed ^ i, c->now_ns) % RTCP_SPREAD_MS;
	dp_rtcp_due(c, i);
}

static void look_at_track(struct dp_core *c, uint32_t i)
{
	if (c->media->track[i].generation != 0)
		dp_track_due(c, i);
}

/* One slice of a table of n places that is to be walked once in walk_ms. */
static void slice(struct dp_core *c, uint32_t *at, uint32_t n, uint32_t walk_ms,
		  void (*look)(struct dp_core *c, uint32_t i))
{
	for (uint32_t k = n / walk_ms + 1; k > 0; k--) {
		look(c, *at);
		*at = *at + 1 < n ? *at + 1 : 0;
	}
}

static void set_gauges(struct dp_core *c)
{
	const struct dp_media *md = c->media;

	shm_store(&c->stats->gauge[GAUGE_SESSIONS], md->session_used);
	shm_store(&c->stats->gauge[GAUGE_TRACKS], md->track_used);
	shm_store(&c->stats->gauge[GAUGE_ROUTES], md->route_used);
	shm_store(&c->stats->gauge[GAUGE_STREAMS], md->stream_used);
	shm_store(&c->stats->gauge[GAUGE_FLOWS], dp_pool_used(&md->flow_pool));
}

void dp_media_advance(struct dp_core *c)
{
	struct dp_media *md = c->media;
	uint64_t ms = (c->now_ns - md->last_scan_ns) / DP_NS_MS;

	/* a core that slept has some milliseconds to make up for, but not all at once */
	md->last_scan_ns = c->now_ns;
	for (uint64_t n = ms < 1 ? 1 : ms > SLICES_MAX ? SLICES_MAX : ms; n > 0; n--) {
		slice(c, &md->session_at, md->session_n, SESSIONS_MS, look_at_session);
		slice(c, &md->track_at, md->track_n, TRACKS_MS, look_at_track);
		slice(c, &md->flow_at, md->flow_n, FLOWS_MS, dp_media_flow_age);
	}
	dp_nack_advance(c);
	set_gauges(c);
}
