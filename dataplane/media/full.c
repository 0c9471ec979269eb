/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * full.c - checks of our own, and the path that they proved (full.h).
 *
 * Runs on:   the worker of the core.
 * Specs:     RFC 8445 s7.2, s14 (pacing); RFC 7675 s5.1; security.md S5, S6, S7.
 * Not here:  who is right (control/ice): what is handed up here is not authenticated yet.
 */
#include "dataplane/media/full.h"

#include "dataplane/media/flow.h"
#include "engine/shm/ice.h"

#define PACE_NS (UINT64_C(50) * DP_NS_MS) /* RFC 8445 s14.2 */
#define BURST   4 /* checks that were on time there may arrive together here */
#define AWAY_NS (UINT64_C(10000) * DP_NS_MS) /* two consent checks did not come */
#define TELL_NS (UINT64_C(10) * DP_NS_MS) /* a client's checks cost control no more than that */
#define ASK_MAX 640

static struct dp_full *full_of(const struct dp_media *md, const struct dp_session *s)
{
	return &md->full[s - md->session];
}

static bool is_full(const struct dp_media *md, const struct dp_session *s)
{
	return md->full && s->ice != SHM_ICE_LITE && dp_session_has_ice(s);
}

static bool is_path(const struct dp_session *s, const struct en_ep *ep, unsigned int listen)
{
	return s->remote.addr.family != EN_AF_NONE && s->listen == listen && en_ep_eq(&s->remote, ep);
}

/* --- INJECT_TO --------------------------------------------------------------------- */

/* L1 */
static bool is_check(const struct dp_core *c, const struct shm_msg *msg, uint64_t *ret_random)
{
	const struct shm_msg_packet *head = &msg->packet.head;
	const struct conf_media *conf = &c->world->conf->media;
	struct wire_stun stun;
	unsigned int core;
	uint32_t index;

	if (head->listen >= conf->listen_n || head->remote.port == 0 ||
	    head->remote.addr.family != conf->listen[head->listen].addr.family || head->len > ASK_MAX ||
	    wire_stun_parse(msg->packet.bytes, head->len, &stun) != WIRE_STUN_OK || stun.method != WIRE_STUN_BINDING ||
	    stun.cls != WIRE_STUN_REQUEST)
		return false;
	shm_tid_parse(stun.tid, &core, &index, ret_random);
	return core == c->index && index == head->session.index;
}

static bool is_in_time(const struct dp_core *c, struct dp_full *f)
{
	uint64_t earliest = c->now_ns > BURST * PACE_NS ? c->now_ns - BURST * PACE_NS : 0;

	if (f->sent_ns < earliest)
		f->sent_ns = earliest;
	if (f->sent_ns + PACE_NS > c->now_ns)
		return false;
	f->sent_ns += PACE_NS;
	return true;
}

static void remember(struct dp_full *f, const struct shm_msg_packet *head, uint64_t random)
{
	for (unsigned int i = 0; i < DP_ASKS; i++)
		if (f->ask[i].open && f->ask[i].random == random && en_ep_eq(&f->ask[i].to, &head->remote))
			return; /* sent again */
	f->ask[f->ask_at++ % DP_ASKS] =
		(struct dp_ask){.to = head->remote, .random = random, .listen = (uint8_t)head->listen, .open = true};
}

void dp_full_ask(struct dp_core *c, const struct shm_msg *msg)
{
	const struct shm_msg_packet *head = &msg->packet.head;
	struct dp_media *md = c->media;
	struct dp_session *s = dp_session_get(md, head->session);
	struct dp_full *f;
	uint64_t random;

	if (!s || !is_full(md, s) || s->state == SHM_SESSION_LOST || !is_check(c, msg, &random) ||
	    !is_in_time(c, full_of(md, s))) {
		dp_count(c, CTR_ICE_REFUSED);
		return;
	}
	f = full_of(md, s);
	remember(f, head, random);
	if (is_path(s, &head->remote, head->listen))
		f->path_asked_ns = c->now_ns;
	if (dp_media_inject(c, head->session.index, &c->world->conf->media.listen[head->listen], &head->remote,
			    msg->packet.bytes, head->len))
		dp_count(c, CTR_ICE_ASKED);
}

/* --- answers ------------------------------------------------------------------------- */

/* RFC 8445 s7.2.5.2.1: one from elsewhere proves nothing; control hears of it by the check's failure. */
bool dp_full_answered(struct dp_core *c, const struct wire_stun *msg, const struct en_ep *from, unsigned int listen,
		      uint32_t *ret_session)
{
	struct dp_media *md = c->media;
	unsigned int core;
	uint64_t random;
	struct dp_full *f;

	shm_tid_parse(msg->tid, &core, ret_session, &random);
	if (!md->full || *ret_session >= md->session_n || md->session[*ret_session].generation == 0)
		return false;
	f = &md->full[*ret_session];
	for (unsigned int i = 0; i < DP_ASKS; i++) {
		struct dp_ask *a = &f->ask[i];

		if (!a->open || a->random != random || a->listen != listen || !en_ep_eq(&a->to, from))
			continue;
		a->open = false;
		a->answered = true;
		return true;
	}
	return false;
}

/* --- PATH -------------------------------------------------------------------------------- */

/* L2 */
static bool is_proven(const struct dp_full *f, const struct shm_msg_path *m)
{
	for (unsigned int i = 0; i < DP_ASKS; i++)
		if (f->ask[i].answered && f->ask[i].listen == m->listen && en_ep_eq(&f->ask[i].to, &m->remote))
			return true;
	return false;
}

uint32_t dp_full_path(struct dp_core *c, const struct shm_msg_path *m)
{
	struct dp_media *md = c->media;
	struct dp_session *s = dp_session_get(md, m->session);

	/* E2: a lost one waits for new credentials */
	if (!s || s->state == SHM_SESSION_LOST)
		return SHM_REFUSED_STALE;
	if (!is_full(md, s) || m->listen >= c->world->conf->media.listen_n || !is_proven(full_of(md, s), m) ||
	    !dp_media_flow_checked(c, m->session.index, &m->remote, m->listen))
		return SHM_REFUSED_RANGE;
	if (!m->nominated) {
		s->checked = m->remote;
		s->checked_listen = (uint8_t)m->listen;
		return 0;
	}
	full_of(md, s)->settled = true;
	full_of(md, s)->path_asked_ns = c->now_ns;
	dp_session_path(c, m->session.index, &m->remote, m->listen);
	return 0;
}

/* --- the far end's checks ------------------------------------------------------------------- */

/* On the settled path they are what consent looks like from the other side. */
static bool matters(const struct dp_core *c, const struct dp_session *s, const struct dp_full *f,
		    const struct en_ep *from, unsigned int listen)
{
	if (f->settled && is_path(s, from, listen))
		return false;
	return f->told_ns == 0 || c->now_ns - f->told_ns >= TELL_NS;
}

void dp_full_tell(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen,
		  const struct wire_stun *msg)
{
	struct dp_media *md = c->media;
	struct dp_session *s = &md->session[session];
	const struct shm_msg_packet head = {
		.session = {.index = session, .generation = s->generation},
		.len = (uint32_t)msg->len,
		.listen = listen,
		.remote = *from,
	};

	if (!is_full(md, s) || !md->attached || !matters(c, s, full_of(md, s), from, listen))
		return;
	full_of(md, s)->told_ns = c->now_ns;
	if (!shm_tx_put_packet_at(&md->up, SHM_MSG_STUN, &head, msg->msg)) {
		dp_count(c, CTR_LANE_FULL);
		return;
	}
	dp_count(c, CTR_ICE_TOLD);
	dp_media_wake(md);
}

void dp_full_checked(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen)
{
	struct dp_media *md = c->media;
	struct dp_session *s = &md->session[session];
	bool away = c->now_ns - full_of(md, s)->path_asked_ns >= AWAY_NS;

	/* L4; before there is a path nothing is sent that would need consent */
	if (s->remote.addr.family == EN_AF_NONE || (away && is_path(s, from, listen)))
		s->heard_ns = c->now_ns;
}
