/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.c - one remote endpoint: credentials, path, consent, keys.
 *
 *             SESSION            valid check            USE-CANDIDATE
 *   (free) ───────────► NEW ──────────────► CHECKED ─────────────────► CONNECTED ─┐ USE-CANDIDATE
 *                        ▲                     │                          │   ▲   │ elsewhere: moves (E4)
 *    SESSION with new    │                     └────── consent ran out ───┤   └───┘
 *    credentials         └────────────────── LOST ◄───────────────────────┘
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   E1  `remote` is set by an authenticated check with USE-CANDIDATE and by nothing else; of a full agent's session by
 *       control's PATH and by nothing else (full.c).
 *   E2  a lost session sends nothing and hears no check until it gets new credentials (RFC 7675 s5.1).
 *   E3  the same keys twice are no new keys: a GCM nonce would come again.
 *   E4  the path of a session with keys leaves an address that goes on checking only for one that SRTCP comes from,
 *       or with the first nomination after an ICE restart. Nothing in a check says when it was made: whoever saw one
 *       that nominates could send it again from elsewhere, and get the media. SRTCP has a replay window.
 *
 * Specs:     RFC 8445 s7.3, s9 (restart); RFC 7675; RFC 8842 s5.
 */
#include "dataplane/media/flow.h"
#include "dataplane/media/full.h"
#include "dataplane/media/leg.h"

#include "dataplane/media/pace.h"
#include "dataplane/media/twcc.h"
#include "engine/base/consttime.h"
#include "engine/shm/ufrag.h"

#define PWD_MIN        22 /* RFC 8445 s5.3 MUST: 128 bits of randomness */
#define CONSENT_MS_MAX 3600000
#define CONSENT_MS     30000 /* RFC 7675 s5.1 */
#define SILENT_NS      (5000 * DP_NS_MS) /* browsers check each 2.5 s: who was silent for so long is elsewhere */

static struct shm_handle handle_of(const struct dp_media *md, const struct dp_session *s)
{
	return (struct shm_handle){.index = (uint32_t)(s - md->session), .generation = s->generation};
}

struct dp_session *dp_session_get(struct dp_media *md, struct shm_handle h)
{
	if (h.index >= md->session_n || h.generation == 0 || md->session[h.index].generation != h.generation)
		return NULL;
	return &md->session[h.index];
}

/* --- the path ----------------------------------------------------------------- */

void dp_session_tell(struct dp_core *c, uint32_t session)
{
	struct dp_session *s = &c->media->session[session];
	struct shm_msg_session_event e = {
		.session = handle_of(c->media, s),
		.state = s->state,
		.remote = s->state == SHM_SESSION_CHECKED ? s->checked : s->remote,
	};

	s->untold = !dp_media_tell(c, SHM_MSG_SESSION_EVENT, &e, sizeof(e));
}

static void set_state(struct dp_core *c, struct dp_session *s, enum shm_session_state state)
{
	s->state = (uint8_t)state;
	dp_session_tell(c, (uint32_t)(s - c->media->session));
}

static bool is_path(const struct dp_session *s, const struct en_ep *from, unsigned int listen)
{
	return s->remote.addr.family != EN_AF_NONE && s->listen == listen && en_ep_eq(&s->remote, from);
}

/* E4 */
static bool may_move(const struct dp_core *c, const struct dp_session *s)
{
	return !s->keyed || s->state != SHM_SESSION_CONNECTED || (s->renewed && !s->old_ufrag[0]) ||
	       c->now_ns - s->heard_ns >= SILENT_NS;
}

/* A right check with USE-CANDIDATE to a lite agent. */
static void nominated(struct dp_core *c, struct dp_session *s, const struct en_ep *from, unsigned int listen)
{
	if (is_path(s, from, listen) && s->state == SHM_SESSION_CONNECTED) {
		s->wished = (struct en_ep){0};
	} else if (may_move(c, s)) {
		dp_session_path(c, (uint32_t)(s - c->media->session), from, listen);
	} else {
		s->wished = *from;
		s->wished_listen = (uint8_t)listen;
		return;
	}
	if (!s->old_ufrag[0])
		s->renewed = false;
}

void dp_session_proved(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen)
{
	struct dp_session *s = &c->media->session[session];

	if (s->wished.addr.family != EN_AF_NONE && s->wished_listen == listen && en_ep_eq(&s->wished, from) &&
	    s->state == SHM_SESSION_CONNECTED)
		dp_session_path(c, session, from, listen);
}

void dp_session_checked(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen,
			bool nominate)
{
	struct dp_session *s = &c->media->session[session];
	bool on_path = is_path(s, from, listen);

	if (s->ice != SHM_ICE_LITE) {
		dp_full_checked(c, session, from, listen);
		if (s->state == SHM_SESSION_NEW)
			set_state(c, s, SHM_SESSION_CHECKED);
		return;
	}
	s->checked = *from;
	s->checked_listen = (uint8_t)listen;
	/* consent is the path's: checks from elsewhere do not renew it */
	if (on_path || s->remote.addr.family == EN_AF_NONE)
		s->heard_ns = c->now_ns;
	if (nominate)
		nominated(c, s, from, listen);
	else if (s->state == SHM_SESSION_NEW)
		set_state(c, s, SHM_SESSION_CHECKED);
}

void dp_session_path(struct dp_core *c, uint32_t session, const struct en_ep *to, unsigned int listen)
{
	struct dp_session *s = &c->media->session[session];

	s->heard_ns = c->now_ns;
	if (is_path(s, to, listen) && s->state == SHM_SESSION_CONNECTED)
		return;
	if (s->remote.addr.family != EN_AF_NONE)
		dp_count(c, CTR_SESSION_MOVED);
	s->remote = *to;
	s->listen = (uint8_t)listen;
	s->wished = (struct en_ep){0};
	set_state(c, s, SHM_SESSION_CONNECTED);
}

void dp_session_lost(struct dp_core *c, uint32_t session)
{
	struct dp_session *s = &c->media->session[session];

	if (s->ice == SHM_ICE_NONE) { /* leg.c L4 */
		set_state(c, s, SHM_SESSION_LOST);
		return;
	}
	dp_media_flows_forget(c, session);
	dp_pace_forget(c, session); /* E2 */
	s->remote = s->checked = s->wished = (struct en_ep){0};
	en_wipe(s->old_ufrag, sizeof(s->old_ufrag));
	en_wipe(s->old_pwd, sizeof(s->old_pwd));
	dp_count(c, CTR_SESSION_LOST);
	set_state(c, s, SHM_SESSION_LOST);
}

/* --- SESSION ------------------------------------------------------------------ */

static bool is_able(const struct dp_media *md, uint32_t ice)
{
	switch (ice) {
	case SHM_ICE_LITE:
	case SHM_ICE_INSIDE:
		return true;
	case SHM_ICE_NONE:
		return md->legs != NULL;
	default:
		return md->full != NULL;
	}
}

static bool set_is_valid(const struct dp_core *c, const struct shm_msg_session *m)
{
	size_t pwd_len = strnlen(m->pwd, sizeof(m->pwd));
	unsigned int core;
	uint32_t index;

	return m->session.index < c->media->session_n && m->session.generation != 0 &&
	       m->listen < c->world->conf->media.listen_n && pwd_len >= PWD_MIN && pwd_len < sizeof(m->pwd) &&
	       m->consent_ms <= CONSENT_MS_MAX && m->ice < SHM_ICE_N && is_able(c->media, m->ice) &&
	       shm_ufrag_parse(m->ufrag, strnlen(m->ufrag, sizeof(m->ufrag)), &core, &index) && core == c->index &&
	       index == m->session.index;
}

static void set_credentials(struct dp_session *s, const struct shm_msg_session *m)
{
	memcpy(s->ufrag, m->ufrag, sizeof(s->ufrag));
	memcpy(s->pwd, m->pwd, sizeof(s->pwd));
}

static void begin(struct dp_core *c, struct dp_session *s, const struct shm_msg_session *m)
{
	*s = (struct dp_session){
		.state = SHM_SESSION_NEW,
		.listen = (uint8_t)m->listen,
		.first_flow = DP_NONE,
		.first_track = DP_NONE,
		.first_stream = DP_NONE,
		.first_route = DP_NONE,
		.next_rtcp_ms = (uint32_t)(c->now_ns / DP_NS_MS) + m->session.index % 1000,
		.rtcp_ssrc = (uint32_t)en_hash(&c->world->hash_key, m->ufrag, SHM_UFRAG_LEN),
	};
	s->rtcp_out.ssrc = s->rtcp_ssrc;
	if (c->media->full)
		c->media->full[m->session.index] = (struct dp_full){0};
	set_credentials(s, m);
	/* release: pairs with rows.c, which takes a row only when the generation was the same before and after */
	__atomic_store_n(&s->generation, m->session.generation, __ATOMIC_RELEASE);
	c->media->session_used++;
}

/* RFC 8445 s9: the old credentials and the path serve until a check comes with the new ones. */
static void restart(struct dp_media *md, struct dp_session *s, const struct shm_msg_session *m)
{
	if (md->full)
		md->full[m->session.index].settled = false;
	s->renewed = true;
	if (s->state == SHM_SESSION_LOST) {
		s->state = SHM_SESSION_NEW;
	} else {
		memcpy(s->old_ufrag, s->ufrag, sizeof(s->old_ufrag));
		memcpy(s->old_pwd, s->pwd, sizeof(s->old_pwd));
	}
	set_credentials(s, m);
}

static void finish(struct dp_core *c, struct dp_session *s)
{
	struct dp_media *md = c->media;
	uint32_t idx = (uint32_t)(s - md->session);

	dp_media_session_gone(c, idx);
	dp_media_flows_forget(c, idx);
	dp_pace_forget(c, idx);
	dp_twcc_forget(md, idx);
	dp_leg_end(c, idx);
	dp_media_made_forget(c, idx);
	if (s->keyed) {
		dp_srtp_keys_clear(md->srtp, dp_session_rx(md, idx));
		dp_srtp_keys_clear(md->srtp, dp_session_tx(md, idx));
	}
	__atomic_store_n(&s->generation, 0, __ATOMIC_RELEASE); /* pairs with rows.c */
	en_wipe(s, sizeof(*s));
	md->session_used--;
}

uint32_t dp_session_set(struct dp_core *c, const struct shm_msg_session *m)
{
	struct dp_session *s;

	if (!set_is_valid(c, m))
		return SHM_REFUSED_RANGE;
	s = &c->media->session[m->session.index];
	/* control gives out the places: one that it gives out anew has ended, whatever became of its SESSION_END */
	if (s->generation != 0 && s->generation != m->session.generation)
		finish(c, s);
	if (s->generation == 0)
		begin(c, s, m);
	else if (strcmp(s->ufrag, m->ufrag) != 0 || !en_ct_eq(s->pwd, m->pwd, sizeof(s->pwd)))
		restart(c->media, s, m);
	memcpy(s->note, m->note, sizeof(s->note));
	s->ice = (uint8_t)m->ice;
	s->tie_breaker = m->tie_breaker;
	s->consent_ns = (m->consent_ms ? m->consent_ms : CONSENT_MS) * DP_NS_MS;
	return 0;
}

uint32_t dp_session_end(struct dp_core *c, struct shm_handle h)
{
	struct dp_session *s = dp_session_get(c->media, h);

	if (!s)
		return SHM_REFUSED_STALE;
	finish(c, s);
	return 0;
}

/* --- KEYS --------------------------------------------------------------------- */

/* New keys start new crypto contexts (RFC 3711 s3.2): packet indexes of the old ones mean nothing any more. */
static void forget_contexts(struct dp_core *c, struct dp_session *s)
{
	struct dp_media *md = c->media;
	struct dp_media_route *r;

	for (uint32_t i = s->first_stream; i != DP_NONE; i = md->stream[i].next_of_session)
		md->stream[i].srtp = (struct dp_srtp_stream){.ssrc = md->stream[i].ssrc};
	for (uint32_t i = s->first_route; i != DP_NONE; i = r->next_of_session) {
		r = &md->route[i];
		r->srtp = (struct dp_srtp_stream){.ssrc = r->srtp.ssrc};
		r->rtx_srtp = (struct dp_srtp_stream){.ssrc = r->rtx_srtp.ssrc};
	}
	s->rtcp_out = (struct dp_srtp_stream){.ssrc = s->rtcp_ssrc};
	dp_leg_forget(c, (uint32_t)(s - md->session));
}

uint32_t dp_session_keys(struct dp_core *c, const struct shm_msg_keys *m)
{
	struct dp_media *md = c->media;
	struct dp_session *s = dp_session_get(md, m->session);
	uint64_t mark = en_hash(&c->world->hash_key, m, sizeof(*m));
	struct dp_srtp_keys *rx, *tx;

	if (!s)
		return SHM_REFUSED_STALE;
	if (s->keyed && s->keys_mark == mark)
		return 0;
	rx = dp_session_rx(md, m->session.index);
	tx = dp_session_tx(md, m->session.index);
	if (s->keyed) {
		dp_srtp_keys_clear(md->srtp, rx);
		dp_srtp_keys_clear(md->srtp, tx);
		forget_contexts(c, s);
		s->keyed = false;
		s->profile = SHM_SRTP_NONE;
	}
	if (!dp_srtp_keys_set(md->srtp, rx, m->profile, m->rx_key, m->rx_salt, false))
		return SHM_REFUSED_KEYS;
	if (!dp_srtp_keys_set(md->srtp, tx, m->profile, m->tx_key, m->tx_salt, true)) {
		dp_srtp_keys_clear(md->srtp, rx);
		return SHM_REFUSED_KEYS;
	}
	s->keyed = true;
	s->profile = m->profile;
	s->keys_mark = mark;
	return 0;
}
