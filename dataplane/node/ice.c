/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ice.c - connectivity checks and consent: Binding requests on the media port, answered; Binding responses, answers to
 * checks of our own, handed up.
 *
 * Runs on:   the core of the session, which USERNAME names.
 * Reads:     pkt->src, where (media listener), payload; credentials of the session.
 * Writes:    paths and consent of the session, through dp_media_flow_checked() and dp_session_checked(); its role.
 * Packets:   media_in -> [ice] -> ip_out | punt | handoff | drop
 *
 * Invariants
 *   I1  who does not know a session's ufrag gets no answer; who does not know its password changes nothing.
 *   I2  every answer goes to the address that the check came from and is shorter than a browser's check.
 *
 *   I3  a full agent's control process is told of what changes something (media/full.c); it decides, not the packet.
 *
 * Specs:     RFC 8445 s7.3 (lite: s7.3.2); RFC 8489 s6.3, s9.1.3 (short-term credentials), s14; RFC 7675.
 * Not here:  checks of our own: a full agent's are the control process's (control/ice).
 */
#include "dataplane/burst.h"
#include "dataplane/graph.h"
#include "dataplane/media/full.h"
#include "dataplane/media/flow.h"
#include "dataplane/net/udp.h"
#include "engine/base/consttime.h"
#include "engine/shm/ice.h"
#include "engine/shm/ufrag.h"
#include "engine/wire/stun_auth.h"

enum {
	EDGE_DROP = DP_EDGE_DROP,
	EDGE_IP_OUT,
	EDGE_HANDOFF,
	EDGE_PUNT,
};

#define REPLY_MAX   256
#define UNKNOWN_MAX 8

/* What counts of a request. */
struct check {
	struct wire_stun msg;
	struct wire_attr username, mi, fingerprint; /* value NULL: not there */
	uint16_t unknown[UNKNOWN_MAX];
	unsigned int unknown_n;
	bool use_candidate, controlled, controlling;
	uint64_t tie_breaker; /* beside `controlled` or `controlling` */
	/* set once the session is found */
	uint32_t session;
	bool old; /* by the credentials from before an ICE restart */
	const char *pwd;
};

/* --- parsing ------------------------------------------------------------------ */

static void note_unknown(struct check *k, unsigned int type)
{
	if (k->unknown_n < UNKNOWN_MAX)
		k->unknown[k->unknown_n++] = (uint16_t)type;
}

static void take_attr(struct check *k, const struct wire_attr *a)
{
	switch (a->type) {
	case WIRE_ATTR_USERNAME:
		if (!k->username.value)
			k->username = *a;
		break;
	case WIRE_ATTR_MESSAGE_INTEGRITY:
		k->mi = *a;
		break;
	case WIRE_ATTR_USE_CANDIDATE:
		k->use_candidate = true;
		break;
	case WIRE_ATTR_ICE_CONTROLLED:
	case WIRE_ATTR_ICE_CONTROLLING:
		*(a->type == WIRE_ATTR_ICE_CONTROLLED ? &k->controlled : &k->controlling) = true;
		k->tie_breaker = a->len == 8 ? en_load64(a->value) : 0;
		break;
	case WIRE_ATTR_PRIORITY:
	case WIRE_ATTR_MESSAGE_INTEGRITY_SHA256:
		break;
	default:
		if (a->type < 0x8000) /* RFC 8489 s14: comprehension-required */
			note_unknown(k, a->type);
	}
}

/* RFC 8489 s14.5: behind MESSAGE-INTEGRITY nothing counts but FINGERPRINT (and the SHA-256 form, which ICE does not
 * use), or what was appended to a signed check would act. */
static void collect(struct check *k)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(&k->msg, &it, &a)) {
		if (a.type == WIRE_ATTR_FINGERPRINT)
			k->fingerprint = a;
		else if (!k->mi.value)
			take_attr(k, &a);
	}
}

/* --- replies ------------------------------------------------------------------ */

/* What is built goes back in the buffer of the request. pwd NULL: not signed. */
static uint16_t reply(struct dp_core *core, struct rte_mbuf *m, struct wire_stun_builder *b, const char *pwd)
{
	const struct dp_pkt *p = dp_pkt(m);
	const struct en_ep *from = &core->world->conf->media.listen[p->where];
	const uint8_t *bytes = b->w.start;
	struct en_ep to = p->src;
	size_t len;
	uint8_t *at;

	if (pwd)
		wire_stun_put_mi(b, (const uint8_t *)pwd, strlen(pwd));
	wire_stun_put_fingerprint(b);
	len = wire_stun_finish(b);
	rte_pktmbuf_reset(m);
	at = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	if (!len || !at)
		return dp_drop(m, DROP_NO_BUFFER);
	memcpy(at, bytes, len);
	dp_udp_build(core, m, from, &to, 0, false);
	return EDGE_IP_OUT;
}

static uint16_t refuse(struct dp_core *core, struct rte_mbuf *m, const struct check *k, unsigned int code,
		       enum shm_counter ctr, bool sign)
{
	uint8_t bytes[REPLY_MAX], types[2 * UNKNOWN_MAX];
	struct wire_stun_builder b;

	wire_stun_build(&b, bytes, sizeof(bytes), WIRE_STUN_BINDING, WIRE_STUN_ERROR, k->msg.tid);
	wire_stun_put_error(&b, code, ""); /* RFC 8489 s14.8: the phrase is for people, and none reads it here */
	if (code == WIRE_ERR_UNKNOWN_ATTRIBUTE) {
		for (unsigned int i = 0; i < k->unknown_n; i++)
			en_store16(types + 2 * i, k->unknown[i]);
		wire_stun_put(&b, WIRE_ATTR_UNKNOWN_ATTRIBUTES, types, 2 * (size_t)k->unknown_n);
	}
	dp_count(core, ctr);
	if (unlikely(dp_pkt(m)->trace))
		dp_say(core, "check of session %u: %u %s", k->session, code, wire_stun_error_reason(code));
	return reply(core, m, &b, sign ? k->pwd : NULL);
}

static uint16_t answer(struct dp_core *core, struct rte_mbuf *m, const struct check *k)
{
	uint8_t bytes[REPLY_MAX];
	struct wire_stun_builder b;

	wire_stun_build(&b, bytes, sizeof(bytes), WIRE_STUN_BINDING, WIRE_STUN_SUCCESS, k->msg.tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &dp_pkt(m)->src);
	dp_count(core, CTR_ICE_CHECK);
	if (unlikely(dp_pkt(m)->trace))
		dp_say(core, "check of session %u: right%s", k->session, k->use_candidate ? ", nominates" : "");
	return reply(core, m, &b, k->pwd);
}

/* --- whose, and is it? ---------------------------------------------------------- */

/* RFC 8445 s7.2.2: USERNAME is ours:theirs. Returns the length of ours, 0 when there is no such thing. */
static size_t our_part(const struct check *k)
{
	const uint8_t *colon = k->username.value ? memchr(k->username.value, ':', k->username.len) : NULL;

	return colon ? (size_t)(colon - k->username.value) : 0;
}

static bool is_ufrag(const char *ufrag, const uint8_t *ours, size_t len)
{
	return len == strnlen(ufrag, SHM_UFRAG_MAX) && memcmp(ufrag, ours, len) == 0;
}

static bool find_session(struct dp_core *core, struct check *k, size_t ufrag_len)
{
	const struct dp_session *s;

	if (k->session >= core->media->session_n)
		return false;
	s = &core->media->session[k->session];
	if (s->generation == 0 || !dp_session_has_ice(s))
		return false;
	k->old = !is_ufrag(s->ufrag, k->username.value, ufrag_len);
	k->pwd = k->old ? s->old_pwd : s->pwd;
	return !k->old || is_ufrag(s->old_ufrag, k->username.value, ufrag_len);
}

/* RFC 8445 s9: from the first check with the new credentials on the old ones are no more. */
static void end_restart(struct dp_session *s)
{
	en_wipe(s->old_ufrag, sizeof(s->old_ufrag));
	en_wipe(s->old_pwd, sizeof(s->old_pwd));
}

/* RFC 8445 s7.3.1.1. False: the far end must change its role. A lite agent never controls when the other is full
 * (s6.1.1). */
static bool settle_roles(struct dp_session *s, const struct check *k)
{
	if (s->ice == SHM_ICE_LITE)
		return !k->controlled;
	if (!(s->ice == SHM_ICE_CONTROLLING ? k->controlling : k->controlled))
		return true;
	if (!shm_ice_role_yields(s->ice == SHM_ICE_CONTROLLING, s->tie_breaker, k->tie_breaker))
		return false;
	s->ice = s->ice == SHM_ICE_CONTROLLING ? SHM_ICE_CONTROLLED : SHM_ICE_CONTROLLING;
	return true;
}

/* RFC 8489 s9.1.3, RFC 8445 s7.3, in their order. */
static uint16_t judge(struct dp_core *core, struct rte_mbuf *m, struct check *k)
{
	struct dp_session *s = &core->media->session[k->session];
	const struct dp_pkt *p = dp_pkt(m);
	struct en_ep from = p->src;
	unsigned int listen = p->where;
	uint16_t edge;

	if (!k->mi.value)
		return refuse(core, m, k, WIRE_ERR_BAD_REQUEST, CTR_ICE_ERR_400, false);
	if (!wire_stun_mi_ok(&k->msg, &k->mi, (const uint8_t *)k->pwd, strlen(k->pwd)))
		return refuse(core, m, k, WIRE_ERR_UNAUTHENTICATED, CTR_ICE_ERR_401, false);
	if (k->unknown_n)
		return refuse(core, m, k, WIRE_ERR_UNKNOWN_ATTRIBUTE, CTR_ICE_ERR_420, true);
	if (!settle_roles(s, k))
		return refuse(core, m, k, WIRE_ERR_ROLE_CONFLICT, CTR_ICE_ERR_487, true);
	if (s->state == SHM_SESSION_LOST)
		return dp_drop(m, DROP_ICE_LOST);
	if (!dp_media_flow_checked(core, k->session, &from, listen))
		return dp_drop(m, DROP_ICE_PATH_TAKEN);
	if (!k->old)
		dp_full_tell(core, k->session, &from, listen, &k->msg); /* the answer takes its buffer */
	edge = answer(core, m, k);
	if (!k->old && s->old_ufrag[0])
		end_restart(s);
	dp_session_checked(core, k->session, &from, listen, k->use_candidate);
	return edge;
}

static uint16_t take_answer(struct dp_core *core, struct rte_mbuf *m, const struct wire_stun *msg)
{
	struct dp_pkt *p = dp_pkt(m);
	unsigned int owner = msg->tid[0];

	if (owner != core->index && owner < core->world->core_n && core->media->full) {
		dp_give_to(m, owner);
		return EDGE_HANDOFF;
	}
	if (!dp_full_answered(core, msg, &p->src, p->where, &p->session))
		return dp_drop(m, DROP_ICE_ANSWER);
	dp_count(core, CTR_ICE_ANSWERED);
	return EDGE_PUNT;
}

static inline uint16_t ice_one(struct dp_core *core, struct rte_mbuf *m)
{
	const struct dp_pkt *p = dp_pkt(m);
	struct check k = {0};
	unsigned int owner = 0;
	size_t ufrag_len;

	if (wire_stun_parse(rte_pktmbuf_mtod_offset(m, const uint8_t *, p->data_off), p->data_len, &k.msg) !=
	    WIRE_STUN_OK)
		return dp_drop(m, DROP_ICE_BAD);
	if (k.msg.method == WIRE_STUN_BINDING && (k.msg.cls == WIRE_STUN_SUCCESS || k.msg.cls == WIRE_STUN_ERROR))
		return take_answer(core, m, &k.msg);
	if (k.msg.method != WIRE_STUN_BINDING || k.msg.cls != WIRE_STUN_REQUEST)
		return dp_drop(m, DROP_ICE_CLASS);
	collect(&k);
	/* RFC 8445 s7.1 MUST: checks carry FINGERPRINT */
	if (!k.fingerprint.value || !wire_stun_fingerprint_ok(&k.msg, &k.fingerprint))
		return dp_drop(m, DROP_ICE_FINGERPRINT);
	ufrag_len = our_part(&k);
	if (!shm_ufrag_parse((const char *)k.username.value, ufrag_len, &owner, &k.session) ||
	    owner >= core->world->core_n)
		return dp_drop(m, DROP_ICE_UFRAG);
	if (owner != core->index) {
		dp_give_to(m, owner);
		return EDGE_HANDOFF;
	}
	if (!find_session(core, &k, ufrag_len))
		return dp_drop(m, DROP_ICE_UFRAG);
	return judge(core, m, &k);
}

static uint16_t ice_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return dp_burst(graph, node, objs, n, ice_one);
}

const struct dp_node_desc dp_node_ice = {
	.name = "ice",
	.process = ice_process,
	.edge_n = 4,
	.edge = {[EDGE_DROP] = "drop", [EDGE_IP_OUT] = "ip_out", [EDGE_HANDOFF] = "handoff", [EDGE_PUNT] = "punt"},
};
