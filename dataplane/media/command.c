/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command.c - what control asks of this core: messages of the lane, carried out or refused.
 *
 * Runs on:   the worker of the core, in the node inject.
 * Invariants
 *   C1  a message is looked at in private memory, and nothing in it is taken for granted:
 *       control may be hostile, and then it may spoil its own sessions and nothing else.
 *   C2  what cannot be carried out is counted and told (SHM_MSG_REFUSED); packets are only counted.
 *   C3  keys do not stay behind on the stack.
 */
#include "dataplane/media/full.h"
#include "dataplane/media/leg.h"
#include "dataplane/media/stream.h"
#include "dataplane/net/udp.h"
#include "engine/base/consttime.h"
#include "engine/wire/rtp.h"

#define RESYNC_SLICE 64 /* places looked at in one call */

/* --- INJECT -------------------------------------------------------------------- */

/* Before nomination a handshake goes on with whom the last valid check came from (RFC 8445 s12.1). */
static bool path_of(const struct dp_core *c, const struct dp_session *s, struct en_ep *ret_from, struct en_ep *ret_to)
{
	const struct en_ep *listen = c->world->conf->media.listen;
	bool nominated = s->remote.addr.family != EN_AF_NONE;

	if (s->ice == SHM_ICE_NONE)
		return s->bridged && dp_leg_path(c, (uint32_t)(s - c->media->session), false, ret_from, ret_to);
	*ret_to = nominated ? s->remote : s->checked;
	*ret_from = listen[nominated ? s->listen : s->checked_listen];
	return ret_to->addr.family != EN_AF_NONE;
}

bool dp_media_inject(struct dp_core *c, uint32_t session, const struct en_ep *from, const struct en_ep *to,
		     const uint8_t *bytes, uint32_t len)
{
	struct dp_media *md = c->media;
	struct rte_mbuf *m = dp_pkt_new(c, c->world->pool);
	uint8_t *at;

	if (!m) {
		dp_count(c, CTR_INJECT_NO_BUFFER);
		return false;
	}
	at = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	if (!at) {
		dp_drop_now(c, m, DROP_NO_BUFFER);
		return false;
	}
	memcpy(at, bytes, len);
	dp_pkt(m)->session = session;
	dp_udp_build(c, m, from, to, 0, false);
	if (md->inject_n < DP_INJECT_MAX) {
		md->inject[md->inject_n++] = m;
		return true;
	}
	/* taken up outside the node, when control leaves */
	dp_pkt(m)->stage = DP_STAGE_IP_OUT;
	dp_outbox_put(c, m);
	return true;
}

static void inject(struct dp_core *c, const struct shm_msg *msg)
{
	const struct shm_msg_packet *head = &msg->packet.head;
	const struct dp_session *s = dp_session_get(c->media, head->session);
	struct en_ep from, to;

	if (!s || !path_of(c, s, &from, &to) || head->len == 0 || head->len > SHM_PACKET_MAX) {
		dp_count(c, CTR_INJECT_NO_PATH);
		return;
	}
	if (dp_media_inject(c, head->session.index, &from, &to, msg->packet.bytes, head->len))
		dp_count(c, CTR_INJECTED);
}

/* --- RTP that control made ---------------------------------------------------------- */

/* What a session inside control publishes; its stream, or false: it has too many. */
static bool find_stream(struct dp_media *md, const struct shm_msg *msg, struct dp_pkt *p)
{
	const uint8_t *bytes = msg->packet.bytes;
	struct dp_stream *st;
	struct wire_rtp h;

	if (wire_is_rtcp(bytes, msg->packet.head.len) || !wire_rtp_parse(bytes, msg->packet.head.len, &h))
		return false;
	st = dp_stream_find(md, p->session, h.ssrc);
	if (!st)
		st = dp_stream_make(md, p->session, h.ssrc);
	if (!st)
		return false;
	st->seen_ns = md->core->now_ns; /* keeps its place until the packet is there (stream.c S3) */
	p->stream = dp_stream_index(md, st);
	return true;
}

/* Goes on as if it had come from that leg, which sent up what it was made of, or from inside. */
static void go_on(struct dp_core *c, const struct shm_msg *msg)
{
	const struct shm_msg_packet *head = &msg->packet.head;
	const struct dp_session *s = dp_session_get(c->media, head->session);
	struct dp_media *md = c->media;
	struct rte_mbuf *m;
	uint8_t *at;

	if (!s || (!s->bridged && s->ice != SHM_ICE_INSIDE) || head->len == 0 || head->len > SHM_PACKET_MAX ||
	    md->inject_n == DP_INJECT_MAX) {
		dp_count(c, CTR_INJECT_NO_PATH);
		return;
	}
	m = dp_pkt_new(c, c->world->pool);
	at = m ? (uint8_t *)rte_pktmbuf_append(m, (uint16_t)head->len) : NULL;
	if (!at) {
		dp_count(c, CTR_INJECT_NO_BUFFER);
		if (m)
			dp_drop_now(c, m, DROP_NO_BUFFER);
		return;
	}
	memcpy(at, msg->packet.bytes, head->len);
	dp_pkt(m)->session = head->session.index;
	dp_pkt(m)->data_len = (uint16_t)head->len;
	dp_pkt(m)->flags |= DP_PKT_MADE;
	if (!s->bridged && !find_stream(md, msg, dp_pkt(m))) {
		dp_drop_now(c, m, DROP_STREAM_FULL);
		return;
	}
	md->inject[md->inject_n++] = m;
	dp_count(c, CTR_INJECTED);
}

void dp_media_made_forget(struct dp_core *c, uint32_t session)
{
	struct dp_media *md = c->media;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < md->inject_n; i++) {
		struct rte_mbuf *m = md->inject[i];
		const struct dp_pkt *p = dp_pkt(m);

		if (p->flags & DP_PKT_MADE && p->session == session)
			dp_drop_now(c, m, DROP_BRIDGE_NOWHERE);
		else
			md->inject[kept++] = m;
	}
	md->inject_n = kept;
}

/* --- RESYNC -------------------------------------------------------------------- */

enum {
	TELL_SESSIONS,
	TELL_TRACKS,
	TELL_ROUTES,
	TELL_END
};

/* False: the lane is full, to be tried again at the next call. */
static bool tell_session(struct dp_media *md, uint32_t i)
{
	const struct dp_session *s = &md->session[i];
	struct shm_msg_session m = {
		.session = {.index = i, .generation = s->generation},
		.listen = s->listen,
		.ice = s->ice,
		.tie_breaker = s->tie_breaker,
		.consent_ms = (uint32_t)(s->consent_ns / DP_NS_MS),
		.profile = s->keyed ? s->profile : SHM_SRTP_NONE,
		.remote = s->remote,
	};
	bool told;

	if (s->generation == 0)
		return true;
	memcpy(m.ufrag, s->ufrag, sizeof(m.ufrag));
	memcpy(m.pwd, s->pwd, sizeof(m.pwd));
	memcpy(m.note, s->note, sizeof(m.note));
	told = shm_tx_put(&md->up, SHM_MSG_SESSION, &m, sizeof(m));
	en_wipe(&m, sizeof(m));
	return told;
}

static bool tell_track(struct dp_media *md, uint32_t i)
{
	const struct dp_track *t = &md->track[i];

	return t->generation == 0 || shm_tx_put(&md->up, SHM_MSG_TRACK, &t->set, sizeof(t->set));
}

static bool tell_route(struct dp_media *md, uint32_t i)
{
	const struct dp_media_route *r = &md->route[i];

	return r->generation == 0 || shm_tx_put(&md->up, SHM_MSG_ROUTE, &r->set, sizeof(r->set));
}

static uint32_t places(const struct dp_media *md, unsigned int phase)
{
	return phase == TELL_SESSIONS ? md->session_n : phase == TELL_TRACKS ? md->track_n : md->route_n;
}

static bool tell_one(struct dp_media *md, unsigned int phase, uint32_t i)
{
	return phase == TELL_SESSIONS ? tell_session(md, i)
	       : phase == TELL_TRACKS ? tell_track(md, i)
				      : tell_route(md, i);
}

/* Sessions before their tracks before their routes: the reader can put each where it belongs. */
static void go_on_telling(struct dp_media *md)
{
	struct dp_resync *r = &md->resync;
	const struct shm_msg_resync end = {.token = r->token};

	for (unsigned int n = 0; n < RESYNC_SLICE && r->phase != TELL_END; n++) {
		if (!tell_one(md, r->phase, r->at))
			return;
		if (++r->at < places(md, r->phase))
			continue;
		r->phase++;
		r->at = 0;
	}
	if (r->phase == TELL_END && shm_tx_put(&md->up, SHM_MSG_RESYNC_END, &end, sizeof(end)))
		r->active = false;
}

/* --- dispatch ------------------------------------------------------------------ */

static uint32_t carry_out(struct dp_core *c, struct shm_msg *msg)
{
	uint32_t why;

	switch (msg->type) {
	case SHM_MSG_SESSION:
		return dp_session_set(c, &msg->session);
	case SHM_MSG_SESSION_END:
		return dp_session_end(c, msg->end.what);
	case SHM_MSG_PATH:
		return dp_full_path(c, &msg->path);
	case SHM_MSG_KEYS:
		why = dp_session_keys(c, &msg->keys);
		en_wipe(&msg->keys, sizeof(msg->keys)); /* C3 */
		return why;
	case SHM_MSG_LEG:
		return dp_leg_set(c, &msg->leg);
	case SHM_MSG_TRACK:
		return dp_track_set(c, &msg->track);
	case SHM_MSG_TRACK_END:
		return dp_track_end(c, msg->end.what);
	case SHM_MSG_ROUTE:
		return dp_media_route_set(c, &msg->route);
	case SHM_MSG_ROUTE_END:
		return dp_media_route_end(c, msg->end.what);
	case SHM_MSG_KEYFRAME:
		return dp_track_keyframe(c, msg->end.what);
	case SHM_MSG_INJECT:
		inject(c, msg);
		return 0;
	case SHM_MSG_RTP:
		go_on(c, msg);
		return 0;
	case SHM_MSG_INJECT_TO:
		dp_full_ask(c, msg);
		return 0;
	case SHM_MSG_RESYNC:
		c->media->resync = (struct dp_resync){.active = true, .token = msg->resync.token};
		return 0;
	}
	return 0;
}

static void refuse(struct dp_core *c, uint32_t type, uint32_t why, struct shm_handle what)
{
	const struct shm_msg_refused m = {.type = type, .why = why, .what = what};

	dp_count(c, CTR_LANE_REFUSED);
	dp_media_tell(c, SHM_MSG_REFUSED, &m, sizeof(m));
}

unsigned int dp_media_commands(struct dp_core *c, unsigned int budget)
{
	struct dp_media *md = c->media;
	struct shm_msg msg;
	unsigned int n = 0;

	if (!md->attached)
		return 0;
	while (n < budget && shm_rx_take(&md->down, false, &msg)) {
		/* every body that can be refused begins with its handle */
		struct shm_handle what = msg.end.what;
		uint32_t why = carry_out(c, &msg);

		if (why)
			refuse(c, msg.type, why, what);
		dp_count(c, CTR_LANE_COMMAND);
		n++;
	}
	if (md->resync.active) {
		uint64_t told = md->up.sent;

		go_on_telling(md);
		if (md->up.sent != told) {
			dp_media_wake(md);
			n++; /* there is more: the worker shall not sleep */
		}
	}
	return n;
}
