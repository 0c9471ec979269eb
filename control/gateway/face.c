/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * face.c - how our end of a leg looks in the description that its side gets; which codecs it may see.
 *
 * Runs on:   the control loop. No state.
 */
#include <stdio.h>
#include <string.h>

#include "control/gateway/inner.h"

/* --- codecs --------------------------------------------------------------------- */

/* "PCMU", "opus/48000/2": the parts that are said count. */
static bool is_codec(const struct cp_gw_codec *c, const char *said)
{
	struct wire_text rest = {.p = said, .len = (uint32_t)strlen(said)};
	struct wire_text name = wire_text_cut(&rest, '/'), clock = wire_text_cut(&rest, '/');
	char want[CP_GW_NAME_MAX + 1];
	uint32_t hz;

	if (!wire_text_copy(name, want, sizeof(want)) || !wire_text_is_nocase(c->name, want))
		return false;
	return clock.len == 0 || !wire_text_u32(clock, UINT32_MAX, &hz) || hz == c->clock;
}

static bool names(const struct cp_gw_list *list, const struct cp_gw_codec *c)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (is_codec(c, list->item[i]))
			return true;
	return false;
}

static bool names_all(const struct cp_gw_list *list)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (strcmp(list->item[i], "all") == 0 || strcmp(list->item[i], "full") == 0)
			return true;
	return false;
}

bool cp_gw_codec_passes(const struct cp_gw_codec *c, const struct cp_gw_options *o)
{
	/* a key pressed is of use whatever the codec: "all" does not mean it */
	bool stripped = names(&o->strip, c) || names(&o->mask, c) || names(&o->consume, c) ||
			(!cp_gw_is_event(c) && (names_all(&o->strip) || names_all(&o->mask) || names_all(&o->consume)));

	return !stripped || names(&o->except, c) || names_all(&o->except) || names(&o->offer, c) ||
	       names_all(&o->offer);
}

bool cp_gw_codec_is_wanted(const struct cp_gw_codec *c, const struct cp_gw_options *o)
{
	return o->flags & CP_GW_ALWAYS_TRANSCODE || names(&o->accept, c) || names_all(&o->accept) ||
	       names(&o->consume, c) || names_all(&o->consume);
}

/* --- transport ---------------------------------------------------------------------- */

static void put_ice(const struct cp_gw_leg *leg, struct cp_gw_picture *x)
{
	const struct conf_media *media = &leg->stream->call->gateway->ctl->conf->media;
	struct en_ep host[CP_CANDIDATES_MAX];
	unsigned int n = cp_ice_hosts(media, host, CP_CANDIDATES_MAX);

	for (unsigned int i = 0; i < n; i++)
		x->candidate[i] = wire_candidate_host(&host[i], i);
	x->face.candidate = x->candidate;
	x->face.candidate_n = n;
	x->face.ufrag = leg->peer->ufrag;
	x->face.pwd = leg->peer->pwd;
	x->face.ice_lite = true;
	x->face.ice_complete = true;
}

/* We are the DTLS server: an offer leaves it to the far end to be active, which it is (RFC 5763 s5). */
static void put_keys(const struct cp_gw_leg *leg, bool answer, struct cp_gw_face *f)
{
	if (leg->security == CP_GW_DTLS) {
		f->fingerprint = leg->peer->own_fingerprint;
		f->setup = answer ? CP_GW_SETUP_PASSIVE : CP_GW_SETUP_ACTPASS;
	} else if (leg->security == CP_GW_SDES) {
		f->crypto = answer ? &leg->answered : leg->offered;
		f->crypto_n = answer ? 1 : leg->offered_n;
	}
}

static void put_rtcp(const struct cp_gw_leg *leg, bool answer, const struct cp_gw_options *o, struct cp_gw_face *f)
{
	bool one_port = leg->mux || (!answer && leg->ice);

	f->rtcp_mux = answer ? leg->mux : leg->mux_offered;
	f->rtcp_port = one_port ? f->rtp.port : (uint16_t)(f->rtp.port + 1);
	/* browsers write the address too, and some of their kin read nothing else */
	if (o->flags & CP_GW_NO_RTCP_ATTRIBUTE)
		f->rtcp_attr = CP_GW_RTCP_NONE;
	else
		f->rtcp_attr = o->flags & CP_GW_FULL_RTCP_ATTRIBUTE || leg->ice ? CP_GW_RTCP_FULL : CP_GW_RTCP_PORT;
}

static void put_mid(const struct cp_gw_leg *leg, const struct cp_gw_section *s, bool answer,
		    const struct cp_gw_options *o, struct cp_gw_picture *x)
{
	unsigned int index = (unsigned int)(leg->stream - leg->stream->call->stream);

	x->mid[0] = '\0';
	if (answer)
		snprintf(x->mid, sizeof(x->mid), "%s", leg->mid);
	else if (s->mid.len)
		(void)wire_text_copy(s->mid, x->mid, sizeof(x->mid));
	else if (leg->ice || o->flags & CP_GW_GENERATE_MID)
		snprintf(x->mid, sizeof(x->mid), "%u", index);
	x->face.mid = (struct wire_text){.p = x->mid, .len = (uint32_t)strlen(x->mid)};
}

void cp_gw_picture(const struct cp_gw_leg *leg, const struct cp_gw_section *s, bool answer,
		   const struct cp_gw_options *o, struct cp_gw_picture *ret_picture)
{
	struct cp_gw_face *f = &ret_picture->face;

	cp_gw_face_plain(s, f);
	f->rtp = cp_gw_leg_local(leg);
	if (o->media_address.family == f->rtp.addr.family && !leg->ice)
		f->rtp.addr = o->media_address;
	f->proto = leg->proto;
	f->dir = o->flags & CP_GW_ORIGINAL_SENDRECV ? CP_GW_DIR_AS_IS : s->dir;
	f->extmap = !(o->flags & CP_GW_STRIP_EXTMAP);
	f->ptime = o->ptime > 0 ? (uint32_t)o->ptime : 0;
	put_rtcp(leg, answer, o, f);
	put_keys(leg, answer, f);
	put_mid(leg, s, answer, o, ret_picture);
	if (leg->ice)
		put_ice(leg, ret_picture);
}
