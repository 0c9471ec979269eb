/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * describe.c - an offer or an answer of one side: what it says of that side goes into its legs, what the other side
 * shall see of us is written.
 *
 *   offer of side 0:   leg 0 becomes what side 0 offers; leg 1 what the proxy's flags want for side 1
 *   answer of side 1:  leg 1 becomes what side 1 took of that; leg 0 stays what side 0 offered
 *
 * Runs on:   the control loop.
 * Invariants
 *   D1  sections keep their place; one that cannot be served is rejected, the others live (RFC 3264 s6).
 *
 * Specs:     RFC 3264, RFC 8866; RFC 5763 (DTLS), RFC 4568 (SDES), RFC 5761 (mux); reference/media.md s1.2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/clock.h"
#include "engine/base/hash.h"

struct work {
	struct cp_gw_call *call;
	unsigned int from; /* side */
	bool answer;
	const struct cp_gw_options *o;
	char session_id[21]; /* of our own descriptions */
	struct en_err why; /* the last section was rejected */
	struct cp_gw_sdp sdp;
	struct cp_gw_face face[CP_GW_SECTIONS_MAX];
	struct cp_gw_picture picture[CP_GW_SECTIONS_MAX];
};

/* --- kinds of leg ------------------------------------------------------------------- */

static enum cp_gw_proto transport_of(const struct cp_gw_options *o, enum cp_gw_proto as_is)
{
	static const uint8_t protos[CP_GW_TRANSPORT_N] = {
		[CP_GW_TRANSPORT_AVP] = CP_GW_PROTO_AVP,
		[CP_GW_TRANSPORT_SAVP] = CP_GW_PROTO_SAVP,
		[CP_GW_TRANSPORT_AVPF] = CP_GW_PROTO_AVPF,
		[CP_GW_TRANSPORT_SAVPF] = CP_GW_PROTO_SAVPF,
		[CP_GW_TRANSPORT_DTLS_SAVP] = CP_GW_PROTO_DTLS_SAVP,
		[CP_GW_TRANSPORT_DTLS_SAVPF] = CP_GW_PROTO_DTLS_SAVPF,
	};

	return protos[o->transport] ? (enum cp_gw_proto)protos[o->transport] : as_is;
}

static bool wants_ice(const struct work *w, const struct cp_gw_section *s)
{
	switch (w->o->ice) {
	case CP_GW_ICE_REMOVE:
		return false;
	case CP_GW_ICE_FORCE:
	case CP_GW_ICE_FORCE_RELAY:
		return true;
	default:
		return s->ice.ufrag.len > 0;
	}
}

/* What the other side of an offer shall be. */
static void choose_far(const struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *far)
{
	far->proto = transport_of(w->o, (enum cp_gw_proto)s->proto);
	if (!cp_gw_proto_is_secure((enum cp_gw_proto)far->proto))
		far->security = CP_GW_PLAIN;
	else if (cp_gw_proto_is_dtls((enum cp_gw_proto)far->proto) || w->o->sdes & CP_GW_SDES_OFF)
		far->security = CP_GW_DTLS;
	else
		far->security = CP_GW_SDES;
	far->ice = far->security != CP_GW_PLAIN && wants_ice(w, s);
	far->mux_offered = far->ice || w->o->rtcp_mux & (CP_GW_MUX_OFFER | CP_GW_MUX_REQUIRE) ||
			   (s->rtcp_mux && !(w->o->rtcp_mux & CP_GW_MUX_DEMUX));
	far->mux = far->ice || w->o->rtcp_mux & CP_GW_MUX_REQUIRE;
}

/* --- ranges of ports ------------------------------------------------------------------ */

static int range_named(const struct conf_gateway *conf, const char *name)
{
	for (unsigned int i = 0; i < conf->rtp_n; i++)
		if (strcmp(conf->rtp[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* By its name in `direction`, which has the sender's and the receiver's; else the first of the family. */
static unsigned int range_for(const struct work *w, bool far, uint8_t family)
{
	const struct conf_gateway *conf = &w->call->gateway->ctl->conf->gateway;
	const struct cp_gw_list *names = &w->o->direction;
	unsigned int at = far ? 1 : 0;
	int named = at < names->n ? range_named(conf, names->item[at]) : -1;

	if (named >= 0)
		return (unsigned int)named;
	for (unsigned int i = 0; i < conf->rtp_n; i++)
		if (conf->rtp[i].addr.family == family)
			return i;
	return 0;
}

/* --- a section ---------------------------------------------------------------------------- */

static void set_remote(const struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	struct shm_msg_leg *set = &leg->peer->leg;
	const struct cp_gw_options *o = w->o;
	bool from_sip = o->address == CP_GW_ADDRESS_SIP_SOURCE && o->received_from.family != EN_AF_NONE;

	memset(&set->remote, 0, sizeof(set->remote));
	memset(&set->remote_rtcp, 0, sizeof(set->remote_rtcp));
	if (!s->hold && (s->addr.family != EN_AF_NONE || from_sip)) {
		set->remote = (struct en_ep){.addr = from_sip ? o->received_from : s->addr, .port = s->port};
		set->remote_rtcp = s->rtcp;
		if (from_sip || set->remote_rtcp.addr.family == EN_AF_NONE)
			set->remote_rtcp.addr = set->remote.addr;
		if (leg->mux)
			set->remote_rtcp = set->remote;
	}
	set->strict =
		(o->flags & CP_GW_STRICT_SOURCE) || o->asymmetric == CP_GW_YES || o->learning == CP_GW_LEARNING_OFF;
	if (o->tos >= 0)
		set->tos = (uint32_t)o->tos;
}

/* The leg of the side that speaks. False: it cannot be served. */
static bool near_apply(struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *near, struct en_err *err)
{
	uint8_t offered_security = near->security;
	bool had = near->peer != NULL;

	cp_gw_identity_check(s, near);
	if (!cp_gw_security_read(s, near) || (w->answer && had && near->security != offered_security)) {
		en_fail(err, -EINVAL, "Its keys are of no kind that the gateway has, or was offered.");
		return false;
	}
	near->mux =
		near->ice || (s->rtcp_mux && (w->answer ? near->mux_offered : !(w->o->rtcp_mux & CP_GW_MUX_REJECT)));
	(void)wire_text_copy(s->mid, near->mid, sizeof(near->mid));
	if (cp_gw_leg_prepare(near, range_for(w, false, s->addr.family), err) != 0)
		return false;
	set_remote(w, s, near);
	cp_gw_identity_take(s, near);
	if (near->security == CP_GW_SDES)
		return w->answer ? cp_gw_keys_answered(s, near) : cp_gw_keys_offered(s, near);
	return true;
}

static bool far_apply(struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *far, struct en_err *err)
{
	uint8_t family = w->o->family != EN_AF_NONE ? w->o->family : s->addr.family;

	if (w->answer)
		return far->peer != NULL;
	choose_far(w, s, far);
	if (cp_gw_leg_prepare(far, range_for(w, true, family), err) != 0)
		return false;
	cp_gw_keys_offer(far);
	return true;
}

/* What we make ourselves has an SSRC of ours: a browser that waits for another plays nothing of it. */
static bool adds(const struct cp_gw_codec *codec, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (codec[i].added && !cp_gw_is_event(&codec[i]))
			return true;
	return false;
}

/* False: there is nothing that both could speak. */
static bool codecs_apply(const struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *near,
			 struct cp_gw_leg *far, struct cp_gw_picture *x, struct en_err *err)
{
	unsigned int n = 0;

	near->ptime = s->ptime;
	near->voice = w->o->voice;
	if (w->answer) {
		if (cp_gw_codecs_answer(s, near, far, x->codec, &n, err) != 0)
			return false;
	} else if (!cp_gw_codecs_offer(s, w->o, near, far, x->codec, &n)) {
		return true;
	} else if (n == 0) {
		en_fail(err, -EINVAL, "No codec is left of it.");
		return false;
	}
	x->face.codec = x->codec;
	x->face.codec_n = n;
	x->face.ssrcs = w->answer ? !near->stream->pipe[near->side] : !adds(x->codec, n);
	return true;
}

static void section_end(struct cp_gw_stream *st, struct cp_gw_face *f)
{
	for (unsigned int k = 0; k < CP_GW_SIDES; k++)
		cp_gw_leg_end(&st->leg[k]);
	f->rtp.port = 0;
}

/* The room that an offer is for: a telephone stays where it is. NULL: it is for the other side. */
static const char *room_of(const struct work *w)
{
	if (w->answer)
		return NULL;
	for (unsigned int i = 0; i < w->call->stream_n && !w->o->room; i++) {
		const struct cp_gw_leg *far = &w->call->stream[i].leg[1 - w->from];

		if (far->inside && far->peer)
			return far->peer->room->name;
	}
	return w->o->room;
}

/* A room answers by itself: one audio section of a telephone. */
static bool room_apply(struct work *w, const char *room, const struct cp_gw_section *s, struct cp_gw_leg *near,
		       struct cp_gw_leg *inside, struct cp_gw_picture *x, struct en_err *err)
{
	unsigned int n;

	for (unsigned int i = 0; i < w->call->stream_n; i++)
		if (w->call->stream[i].leg[inside->side].peer && &w->call->stream[i] != near->stream) {
			en_fail(err, -EINVAL, "A telephone has one voice in a room.");
			return false;
		}
	if (!wire_text_is(s->kind, "audio")) {
		en_fail(err, -EINVAL, "A room takes audio of a telephone and nothing else.");
		return false;
	}
	if (cp_gw_guest_join(inside, room, w->o->label, err) != 0 ||
	    cp_gw_guest_codecs(s, near, inside, x->codec, &n, err) != 0)
		return false;
	cp_gw_picture(near, s, true, w->o, x);
	x->face.codec = x->codec;
	x->face.codec_n = n;
	x->face.sources = x->face.extmap = false;
	x->face.dir = (uint8_t)((s->dir & CP_DIR_SEND ? CP_DIR_RECV : 0) | (s->dir & CP_DIR_RECV ? CP_DIR_SEND : 0));
	return true;
}

/* False with err: the section is rejected. */
static bool sides_apply(struct work *w, const struct cp_gw_section *s, struct cp_gw_leg *near, struct cp_gw_leg *far,
			struct cp_gw_picture *x, struct en_err *err)
{
	const char *room = room_of(w);

	if (!near_apply(w, s, near, err))
		return false;
	if (room)
		return room_apply(w, room, s, near, far, x, err);
	if (!far_apply(w, s, far, err))
		return false;
	cp_gw_picture(far, s, w->answer, w->o, x);
	return codecs_apply(w, s, near, far, x, err);
}

static void section_apply(struct work *w, unsigned int i)
{
	const struct cp_gw_section *s = &w->sdp.section[i];
	struct cp_gw_stream *st = &w->call->stream[i];
	struct cp_gw_leg *near = &st->leg[w->from], *far = &st->leg[1 - w->from];
	struct en_err *err = &w->why;

	cp_gw_face_plain(s, &w->face[i]);
	if (s->rejected || !cp_gw_proto_is_rtp((enum cp_gw_proto)s->proto)) {
		section_end(st, &w->face[i]);
		return;
	}
	if (!sides_apply(w, s, near, far, &w->picture[i], err)) {
		en_info("call", "%s: section %u is rejected: %s", w->call->id, i + 1, err->text);
		section_end(st, &w->face[i]);
		return;
	}
	cp_gw_leg_tell(near);
	cp_gw_leg_tell(far);
	w->face[i] = w->picture[i].face;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static bool is_served(const struct work *w)
{
	for (unsigned int i = 0; i < w->sdp.section_n; i++)
		if (w->face[i].rtp.port)
			return true;
	return false;
}

/* A description of nobody else's. */
static void cover_own(struct work *w, struct cp_gw_cover *c)
{
	snprintf(w->session_id, sizeof(w->session_id), "%llu",
		 (unsigned long long)en_fnv64(w->call->id, strlen(w->call->id)) >> 2);
	c->username = c->name = (struct wire_text){.p = "-", .len = 1};
	c->session_id = (struct wire_text){.p = w->session_id, .len = (uint32_t)strlen(w->session_id)};
	c->replace_version = true;
	c->version = en_wall_s();
}

static void cover_of(struct work *w, struct cp_gw_cover *ret_cover)
{
	const struct cp_gw_options *o = w->o;
	bool own = room_of(w) != NULL;

	*ret_cover = (struct cp_gw_cover){
		.zero_address = o->replace & CP_GW_REPLACE_ZERO_ADDRESS,
	};
	for (unsigned int i = 0; i < w->sdp.section_n && (own || o->replace & CP_GW_REPLACE_ORIGIN); i++)
		if (w->face[i].rtp.port) {
			ret_cover->origin = w->face[i].rtp.addr;
			break;
		}
	if (own)
		cover_own(w, ret_cover);
	if (o->flags & CP_GW_LOOP_PROTECT)
		ret_cover->loop_id = (struct wire_text){.p = w->call->gateway->instance,
							.len = (uint32_t)strlen(w->call->gateway->instance)};
}

static int apply(struct work *w, char *buf, size_t cap, struct en_err *err)
{
	struct cp_gw_call *c = w->call;
	struct cp_gw_cover cover;
	int rc;

	rc = cp_gw_sdp_read(w->o->sdp, strlen(w->o->sdp), &w->sdp, err);
	if (rc != 0)
		return rc;
	if (w->o->flags & CP_GW_LOOP_PROTECT && wire_text_is(w->sdp.loop_id, c->gateway->instance)) {
		rc = snprintf(buf, cap, "%s", w->o->sdp);
		return (size_t)rc < cap ? rc : en_fail(err, -ENOSPC, "The description is too long.");
	}
	if (!c->gateway->hub->synced)
		return en_fail(err, -EAGAIN, "The media engine is starting; try again in a moment.");
	if (w->sdp.section_n > c->stream_n)
		c->stream_n = w->sdp.section_n;
	for (unsigned int i = 0; i < w->sdp.section_n; i++)
		section_apply(w, i);
	if (w->o->room && !is_served(w))
		return en_fail(err, -EINVAL, "%s", w->why.text[0] ? w->why.text : "It offers nothing.");
	cover_of(w, &cover);
	rc = cp_gw_sdp_write(&w->sdp, &cover, w->face, buf, cap);
	return rc >= 0 ? rc : en_fail(err, -ENOSPC, "The description would be too long.");
}

int cp_gw_describe(struct cp_gw_call *c, unsigned int from, bool answer, const struct cp_gw_options *o, char *buf,
		   size_t cap, struct en_err *err)
{
	struct work *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return en_fail(err, -ENOMEM, "There is no memory for a description.");
	w->call = c;
	w->from = from;
	w->answer = answer;
	w->o = o;
	rc = apply(w, buf, cap, err);
	free(w);
	return rc;
}
