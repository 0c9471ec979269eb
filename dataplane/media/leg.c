/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leg.c - ports and far ends of the legs of calls (leg.h).
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own tables, states of sessions.
 */
#include "dataplane/media/leg.h"

#include <stdlib.h>

#include "dataplane/table/mem.h"

#define LEARN_NS      (3000 * DP_NS_MS)
#define LEARN_PACKETS 5 /* security.md M1 */
#define CLAIM_PACKETS 50 /* a second of speech */

/* --- tables ----------------------------------------------------------------- */

static size_t ports(const struct conf_rtp *r)
{
	return r->port_max - r->port_min + 1u;
}

static bool make(struct dp_legs *l, const struct conf_gateway *conf)
{
	l->leg = dp_mem_alloc(l->session_n * sizeof(*l->leg));
	for (unsigned int i = 0; l->leg && i < conf->rtp_n; i++) {
		l->range[i].at = dp_mem_alloc(ports(&conf->rtp[i]) * sizeof(uint32_t));
		if (!l->range[i].at)
			return false;
		l->range[i].min = conf->rtp[i].port_min;
		l->range[i].max = conf->rtp[i].port_max;
		l->range_n++;
	}
	return l->leg != NULL;
}

int dp_legs_create(const struct conf_gateway *conf, uint32_t session_n, struct dp_legs **ret_legs, struct en_err *err)
{
	struct dp_legs *l;

	*ret_legs = NULL;
	if (conf->rtp_n == 0)
		return 0;
	l = calloc(1, sizeof(*l));
	if (!l)
		return en_fail(err, -1, "no memory for calls");
	l->session_n = session_n;
	*ret_legs = l;
	if (!make(l, conf))
		return en_fail(err, -1, "no memory for %u legs of calls: lower max-sessions in [media]", session_n);
	return 0;
}

void dp_legs_destroy(struct dp_legs *l)
{
	if (!l)
		return;
	for (unsigned int i = 0; i < l->range_n; i++)
		dp_mem_free(l->range[i].at, (l->range[i].max - l->range[i].min + 1u) * sizeof(uint32_t));
	if (l->leg)
		dp_mem_free(l->leg, l->session_n * sizeof(*l->leg));
	free(l);
}

/* --- LEG ---------------------------------------------------------------------- */

static void give_port(struct dp_legs *l, uint32_t range, uint32_t port, uint32_t session)
{
	uint32_t *at = &l->range[range].at[port - l->range[range].min];

	if (*at == session + 1)
		*at = 0;
}

static void give_ports(struct dp_legs *l, uint32_t session)
{
	const struct shm_msg_leg *set = &l->leg[session].set;

	if (set->port == 0)
		return;
	give_port(l, set->range, set->port, session);
	give_port(l, set->range, set->rtcp_port, session);
}

static bool is_free(const struct dp_core *c, const struct shm_msg_leg *m, uint32_t port)
{
	const struct dp_legs *l = c->media->legs;
	uint32_t holder;

	if (port < l->range[m->range].min || port > l->range[m->range].max ||
	    shm_leg_core(port, c->world->core_n) != c->index)
		return false;
	holder = dp_leg_of_port(l, m->range, (uint16_t)port);
	return holder == DP_NONE || holder == m->session.index;
}

static bool ports_are_valid(const struct dp_core *c, const struct dp_session *s, const struct shm_msg_leg *m)
{
	if (s->ice != SHM_ICE_NONE)
		return m->port == 0 && m->rtcp_port == 0;
	return m->range < c->media->legs->range_n && is_free(c, m, m->port) && is_free(c, m, m->rtcp_port);
}

/* Learned again only when control says something new of it. */
static void set_way(struct dp_leg_way *w, const struct shm_msg_leg *m, const struct en_ep *local,
		    const struct en_ep *remote, bool anew)
{
	w->local = *local;
	if (!anew)
		return;
	w->remote = *remote;
	w->came = w->claims = 0;
	w->open_until_ns = 0;
	w->settled = m->strict != 0;
}

static void set_ways(const struct dp_core *c, struct dp_leg *leg, const struct shm_msg_leg *m)
{
	const struct shm_msg_leg *was = &leg->set;
	bool fresh = was->port == 0;
	struct en_ep local = {.addr = c->world->conf->gateway.rtp[m->range].addr, .port = (uint16_t)m->port};

	set_way(&leg->way[DP_LEG_RTP], m, &local, &m->remote,
		fresh || was->strict != m->strict || !en_ep_eq(&was->remote, &m->remote));
	local.port = (uint16_t)m->rtcp_port;
	set_way(&leg->way[DP_LEG_RTCP], m, &local, &m->remote_rtcp,
		fresh || was->strict != m->strict || !en_ep_eq(&was->remote_rtcp, &m->remote_rtcp));
}

static void take_ports(struct dp_core *c, const struct shm_msg_leg *m)
{
	struct dp_legs *l = c->media->legs;
	struct dp_leg *leg = &l->leg[m->session.index];

	if (leg->set.port != 0 &&
	    (leg->set.range != m->range || leg->set.port != m->port || leg->set.rtcp_port != m->rtcp_port))
		give_ports(l, m->session.index);
	set_ways(c, leg, m);
	l->range[m->range].at[m->port - l->range[m->range].min] = m->session.index + 1;
	l->range[m->range].at[m->rtcp_port - l->range[m->range].min] = m->session.index + 1;
}

uint32_t dp_leg_set(struct dp_core *c, const struct shm_msg_leg *m)
{
	struct dp_session *s = dp_session_get(c->media, m->session);

	if (!s)
		return SHM_REFUSED_STALE;
	if (!c->media->legs || s->ice == SHM_ICE_INSIDE || !ports_are_valid(c, s, m))
		return SHM_REFUSED_RANGE;
	if (s->ice == SHM_ICE_NONE) {
		take_ports(c, m);
		if (!s->bridged) {
			s->heard_ns = c->now_ns;
			s->state = SHM_SESSION_CONNECTED;
		}
		s->remote = c->media->legs->leg[m->session.index].way[DP_LEG_RTP].remote;
	}
	c->media->legs->leg[m->session.index].set = *m;
	s->bridged = true;
	return 0;
}

void dp_leg_end(struct dp_core *c, uint32_t session)
{
	struct dp_legs *l = c->media->legs;

	if (!l || !c->media->session[session].bridged)
		return;
	give_ports(l, session);
	memset(&l->leg[session], 0, sizeof(l->leg[session]));
}

void dp_leg_forget(struct dp_core *c, uint32_t session)
{
	if (c->media->legs)
		c->media->legs->leg[session].out_n = 0;
}

/* --- where from ------------------------------------------------------------------ */

static bool is_open(const struct dp_core *c, const struct dp_leg_way *w)
{
	return !w->settled && (w->open_until_ns == 0 || c->now_ns < w->open_until_ns);
}

/* L2: who came first within the window stays, unless the one that was signalled comes. */
static bool may_be(const struct dp_core *c, const struct dp_leg *leg, struct dp_leg_way *w,
		   const struct en_ep *signalled, const struct en_ep *from)
{
	const struct dp_leg_way *rtp = &leg->way[DP_LEG_RTP];

	if (en_ep_eq(&w->remote, from))
		return true;
	if (w != rtp && rtp->settled && !en_addr_eq(&rtp->remote.addr, &from->addr))
		return false; /* whose RTP is known has its RTCP there too */
	if (en_ep_eq(signalled, from))
		return w->came < LEARN_PACKETS || ++w->claims >= CLAIM_PACKETS;
	return is_open(c, w) && w->came == 0;
}

/* RTP comes from somewhere new: whose RTCP it was that was learned, it is not the same one. */
static void forget_rtcp(struct dp_leg *leg, const struct en_ep *from)
{
	struct dp_leg_way *w = &leg->way[DP_LEG_RTCP];

	if (w->open_until_ns == 0 || en_addr_eq(&w->remote.addr, &from->addr))
		return;
	w->remote = leg->set.remote_rtcp;
	w->came = w->claims = 0;
	w->open_until_ns = 0;
	w->settled = false;
}

static void learn(struct dp_core *c, struct dp_session *s, struct dp_leg_way *w, const struct en_ep *signalled,
		  const struct en_ep *from)
{
	struct dp_leg *leg = &c->media->legs->leg[s - c->media->session];

	if (w->settled && (en_ep_eq(&w->remote, from) || !en_ep_eq(signalled, from)))
		return;
	if (w->open_until_ns == 0)
		w->open_until_ns = c->now_ns + LEARN_NS;
	if (!en_ep_eq(&w->remote, from)) {
		w->remote = *from;
		dp_count(c, CTR_LEG_LEARNED);
		if (w == &leg->way[DP_LEG_RTP]) {
			forget_rtcp(leg, from);
			s->remote = *from;
			dp_session_tell(c, (uint32_t)(s - c->media->session));
		}
	}
	w->settled = en_ep_eq(signalled, from) || ++w->came >= LEARN_PACKETS || c->now_ns >= w->open_until_ns;
}

bool dp_leg_takes(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int way)
{
	struct dp_leg *leg = &c->media->legs->leg[session];
	struct dp_session *s = &c->media->session[session];
	const struct en_ep *signalled = way == DP_LEG_RTP ? &leg->set.remote : &leg->set.remote_rtcp;
	struct dp_leg_way *w = &leg->way[way];

	if (likely(w->settled && en_ep_eq(&w->remote, from)))
		return true;
	if (!may_be(c, leg, w, signalled, from))
		return false;
	if (!leg->set.secured)
		learn(c, s, w, signalled, from);
	return true;
}

void dp_leg_proved(struct dp_core *c, uint32_t session, const struct en_ep *from, uint16_t port)
{
	struct dp_leg *leg = &c->media->legs->leg[session];
	struct dp_session *s = &c->media->session[session];
	unsigned int way = dp_leg_way_of(leg, port);

	if (s->ice != SHM_ICE_NONE)
		return;
	dp_leg_heard(c, s);
	learn(c, s, &leg->way[way], way == DP_LEG_RTP ? &leg->set.remote : &leg->set.remote_rtcp, from);
}

/* --- where to ---------------------------------------------------------------------- */

bool dp_leg_path(const struct dp_core *c, uint32_t session, bool rtcp, struct en_ep *ret_from, struct en_ep *ret_to)
{
	const struct dp_session *s = &c->media->session[session];
	const struct dp_leg *leg = &c->media->legs->leg[session];
	const struct dp_leg_way *w = &leg->way[rtcp && leg->set.rtcp_port != leg->set.port ? DP_LEG_RTCP : DP_LEG_RTP];

	if (s->ice == SHM_ICE_NONE) {
		*ret_from = w->local;
		*ret_to = w->remote;
	} else {
		*ret_from = c->world->conf->media.listen[s->listen];
		*ret_to = s->remote;
	}
	return ret_to->addr.family == ret_from->addr.family && ret_to->port != 0;
}

void dp_leg_next_source(struct dp_leg *leg, uint32_t ssrc)
{
	leg->expected_before = dp_leg_expected(leg);
	leg->received_before += leg->in.received;
	leg->in = (struct wire_rtp_source){.started = false};
	leg->in_ssrc = ssrc;
}

struct dp_srtp_stream *dp_leg_out(struct dp_leg *leg, uint32_t ssrc)
{
	for (unsigned int i = 0; i < leg->out_n; i++)
		if (leg->out[i].ssrc == ssrc)
			return &leg->out[i];
	if (leg->out_n == DP_LEG_SSRCS)
		return NULL;
	leg->out[leg->out_n] = (struct dp_srtp_stream){.ssrc = ssrc};
	return &leg->out[leg->out_n++];
}
