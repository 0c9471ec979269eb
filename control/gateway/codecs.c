/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs.c - which codecs the sides of a stream speak, and the pipes between them when they have none in common.
 *
 * An offer goes on with its codecs, less those that the flags take away, and with those that we can make of them
 * (codec-transcode). What the answer takes decides: a codec of the offer, and media goes through as it is; one of ours,
 * and the offerer is answered with the first of its codecs that we know, and both directions are transcoded.
 *
 * Runs on:   the control loop.
 * Invariants
 *   T1  either both directions of a stream have a pipe or none has.
 *
 * Specs:     RFC 3264 s6.1, RFC 3551 s6 (static payload types), RFC 7587 s7, RFC 4733 s2.5.1.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/gateway/inner.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"

#define DYNAMIC_MIN 96

static const struct {
	const char *name, *fmtp;
	uint32_t clock;
	uint8_t channels, pt; /* pt 0xff: dynamic */
	enum cp_codec_kind kind;
} ours[] = {
	{"PCMU", "", 8000, 1, 0, CP_CODEC_PCMU},
	{"PCMA", "", 8000, 1, 8, CP_CODEC_PCMA},
	{"G722", "", 8000, 1, 9, CP_CODEC_G722},
	{"opus", "useinbandfec=1", 48000, 2, 0xff, CP_CODEC_OPUS},
};

/* --- what is known ----------------------------------------------------------------- */

static void keep(struct cp_gw_leg *leg, const struct cp_gw_codec *c)
{
	struct cp_gw_known *k = &leg->known[leg->known_n];

	if (!wire_text_copy(c->name, k->name, sizeof(k->name)))
		return;
	if (!wire_text_copy(c->fmtp, k->fmtp, sizeof(k->fmtp)))
		k->fmtp[0] = '\0';
	k->clock = c->clock;
	k->channels = c->channels;
	k->pt = c->pt;
	leg->known_n++;
}

static void keep_all(struct cp_gw_leg *leg, const struct cp_gw_codec *codec, unsigned int n)
{
	free(leg->known);
	leg->known_n = 0;
	leg->known = n ? calloc(n, sizeof(*leg->known)) : NULL; /* without memory nothing is transcoded */
	for (unsigned int i = 0; leg->known && i < n; i++)
		keep(leg, &codec[i]);
}

static struct wire_text text_of(const char *s)
{
	return (struct wire_text){.p = s, .len = (uint32_t)strlen(s)};
}

/* Lines for it are written anew: they are not in the text that is passed on. */
static struct cp_gw_codec written(const struct cp_gw_known *k)
{
	return (struct cp_gw_codec){.name = text_of(k->name),
				    .fmtp = text_of(k->fmtp),
				    .clock = k->clock,
				    .pt = k->pt,
				    .channels = k->channels,
				    .added = true};
}

static bool is_same(const struct cp_gw_known *k, const struct cp_gw_codec *c)
{
	return wire_text_is_nocase(c->name, k->name) && c->clock == k->clock &&
	       (c->channels ? c->channels : 1) == (k->channels ? k->channels : 1);
}

static const struct cp_gw_known *find_same(const struct cp_gw_leg *leg, const struct cp_gw_codec *c)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (is_same(&leg->known[i], c))
			return &leg->known[i];
	return NULL;
}

/* A codec that pipes know; -1: none. */
static int ours_by_name(const char *name, uint32_t clock)
{
	for (unsigned int i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(ours[i].name, name) == 0 && (clock == 0 || clock == ours[i].clock))
			return (int)i;
	return -1;
}

static const struct cp_gw_known *first_ours(const struct cp_gw_leg *leg)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (ours_by_name(leg->known[i].name, leg->known[i].clock) >= 0)
			return &leg->known[i];
	return NULL;
}

/* Of the clock that audio has, when there are several (RFC 4733 s2.1 wants that); NULL: keys are not spoken. */
static const struct cp_gw_known *event_of(const struct cp_gw_leg *leg, uint32_t clock)
{
	const struct cp_gw_known *found = NULL;

	for (unsigned int i = 0; i < leg->known_n; i++) {
		const struct cp_gw_known *k = &leg->known[i];

		if (strcasecmp(k->name, CP_GW_EVENT) == 0 && (!found || k->clock == clock))
			found = k;
	}
	return found;
}

/* Comfort noise of that clock (RFC 3389 s4); NULL: it is not spoken. */
static const struct cp_gw_known *noise_of(const struct cp_gw_leg *leg, uint32_t clock)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (strcasecmp(leg->known[i].name, "CN") == 0 && leg->known[i].clock == clock && leg->known[i].pt)
			return &leg->known[i];
	return NULL;
}

/* --- offers ---------------------------------------------------------------------------- */

static bool pt_is_taken(const struct cp_gw_section *s, const struct cp_gw_codec *codec, unsigned int n, uint8_t pt)
{
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (s->codec[i].pt == pt)
			return true;
	for (unsigned int i = 0; i < n; i++)
		if (codec[i].pt == pt)
			return true;
	return false;
}

/* One that the proxy wants offered besides; what the offer has anyway, or we do not know, is not added. */
static void add(const struct cp_gw_section *s, const char *said, struct cp_gw_codec *codec, unsigned int *n)
{
	struct wire_text rest = text_of(said);
	char name[CP_GW_NAME_MAX + 1];
	uint8_t pt;
	int at;

	if (!wire_text_copy(wire_text_cut(&rest, '/'), name, sizeof(name)))
		return;
	at = ours_by_name(name, 0);
	if (at < 0 || *n == CP_GW_CODECS_MAX)
		return;
	for (unsigned int i = 0; i < *n; i++)
		if (wire_text_is_nocase(codec[i].name, ours[at].name) && codec[i].clock == ours[at].clock)
			return;
	pt = ours[at].pt;
	if (pt == 0xff)
		for (pt = DYNAMIC_MIN; pt < WIRE_SDP_PT_MAX && pt_is_taken(s, codec, *n, pt); pt++)
			;
	codec[(*n)++] = (struct cp_gw_codec){.name = text_of(ours[at].name),
					     .fmtp = text_of(ours[at].fmtp),
					     .clock = ours[at].clock,
					     .channels = ours[at].channels,
					     .pt = pt,
					     .added = true};
}

static void pass(const struct cp_gw_section *s, const struct cp_gw_options *o, bool events, struct cp_gw_codec *codec,
		 unsigned int *n)
{
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (cp_gw_is_event(&s->codec[i]) == events && cp_gw_codec_passes(&s->codec[i], o))
			codec[(*n)++] = s->codec[i];
}

bool cp_gw_codecs_offer(const struct cp_gw_section *s, const struct cp_gw_options *o, struct cp_gw_leg *near,
			struct cp_gw_leg *far, struct cp_gw_codec *ret_codec, unsigned int *ret_n)
{
	*ret_n = 0;
	keep_all(near, s->codec, s->codec_n);
	pass(s, o, false, ret_codec, ret_n);
	if (wire_text_is(s->kind, "audio") && first_ours(near))
		for (uint32_t i = 0; i < o->transcode.n; i++)
			add(s, o->transcode.item[i], ret_codec, ret_n);
	pass(s, o, true, ret_codec, ret_n); /* keys last: what is first is what a side wants to hear */
	keep_all(far, ret_codec, *ret_n);
	return o->strip.n + o->mask.n + o->transcode.n > 0;
}

/* --- answers ----------------------------------------------------------------------------- */

static struct cp_pipe_format format_of(const struct cp_gw_known *k)
{
	struct cp_pipe_format f = {.pt = k->pt, .codec = {.clock = k->clock, .channels = 1, .complexity = -1}};

	f.codec.kind = ours[ours_by_name(k->name, k->clock)].kind;
	f.codec.fec = f.codec.kind == CP_CODEC_OPUS;
	f.codec.loss = f.codec.fec ? 5 : 0;
	return f;
}

static struct cp_pipe_format noise_format(const struct cp_gw_known *k)
{
	return (struct cp_pipe_format){.pt = k->pt, .codec = {.kind = CP_CODEC_CN, .clock = k->clock, .channels = 1}};
}

/* Of what comes from `from`, said in one codec of each side. */
static int pipe_make(struct cp_gw_leg *from, const struct cp_gw_known *in, struct cp_gw_leg *to,
		     const struct cp_gw_known *out, struct en_err *err)
{
	struct cp_gateway *g = from->stream->call->gateway;
	const struct cp_gw_known *in_event = event_of(from, in->clock), *out_event = event_of(to, out->clock);
	const struct cp_gw_known *in_noise = noise_of(from, in->clock), *out_noise = noise_of(to, out->clock);
	struct cp_echo *const *echo = from->stream->echo;
	struct cp_pipe_config config = {
		.in_n = 1,
		.in = {format_of(in)},
		.out = format_of(out),
		.ptime_ms = to->ptime % 10 == 0 && to->ptime <= 120 ? to->ptime : 0,
		.in_event_pt = in_event ? in_event->pt : -1,
		.in_event_clock = in_event ? in_event->clock : 0,
		.out_event_pt = out_event ? out_event->pt : -1,
		.out_event_clock = out_event ? out_event->clock : 0,
		.out_cn_pt = out_noise ? out_noise->pt : 0,
		.voice = from->voice,
		.in_echo = echo[from->side],
		.out_echo = echo[to->side],
		.ssrc = en_random32(),
	};

	if (in_noise)
		config.in[config.in_n++] = noise_format(in_noise);
	cp_report_begin(&to->report, out->clock, config.ssrc, out->clock, en_mono_ns());
	return cp_pool_add(g->pool, &config, from, &from->stream->pipe[from->side], err);
}

/* The offerer's codec, its comfort noise and its keys. */
static unsigned int answer_with(const struct cp_gw_leg *far, const struct cp_gw_known *codec,
				struct cp_gw_codec *ret_codec)
{
	const struct cp_gw_known *event = event_of(far, codec->clock), *noise = noise_of(far, codec->clock);
	unsigned int n = 0;

	ret_codec[n++] = written(codec);
	if (noise)
		ret_codec[n++] = written(noise);
	if (event)
		ret_codec[n++] = written(event);
	return n;
}

/* What the offerer does not know of it was ours to offer. */
static unsigned int answer_as_it_is(const struct cp_gw_section *s, const struct cp_gw_leg *far,
				    struct cp_gw_codec *ret_codec)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->codec_n; i++)
		if (find_same(far, &s->codec[i]))
			ret_codec[n++] = s->codec[i];
	return n;
}

/* Its first codec decides: what it prefers is what it sends. */
static bool has_in_common(const struct cp_gw_section *s, const struct cp_gw_leg *far)
{
	unsigned int i = 0;

	while (i < s->codec_n && cp_gw_is_event(&s->codec[i]))
		i++;
	return i == s->codec_n || find_same(far, &s->codec[i]);
}

/* Both directions, or none (T1). What a side hears is kept when its echo is to be taken out; the pipes take references.
 */
static int pipes_make(struct cp_gw_leg *near, const struct cp_gw_known *in, struct cp_gw_leg *far,
		      const struct cp_gw_known *out, struct en_err *err)
{
	struct cp_gw_stream *st = near->stream;
	int rc;

	for (unsigned int k = 0; k < CP_GW_SIDES; k++)
		st->echo[k] = st->leg[k].voice & CP_VOICE_ECHO ? cp_echo_create() : NULL; /* without memory it stays */
	rc = pipe_make(near, in, far, out, err);
	if (rc == 0)
		rc = pipe_make(far, out, near, in, err);
	for (unsigned int k = 0; k < CP_GW_SIDES; k++) {
		cp_echo_put(st->echo[k]);
		st->echo[k] = NULL;
	}
	if (rc != 0)
		cp_gw_pipes_end(st);
	return rc;
}

int cp_gw_codecs_answer(const struct cp_gw_section *s, struct cp_gw_leg *near, struct cp_gw_leg *far,
			struct cp_gw_codec *ret_codec, unsigned int *ret_n, struct en_err *err)
{
	const struct cp_gw_known *in, *out;
	int rc;

	cp_gw_pipes_end(near->stream);
	keep_all(near, s->codec, s->codec_n);
	*ret_n = answer_as_it_is(s, far, ret_codec);
	in = first_ours(near);
	out = first_ours(far);
	if (!in || !out || has_in_common(s, far)) {
		if (*ret_n == s->codec_n)
			*ret_n = 0; /* as they are */
		return 0;
	}
	rc = pipes_make(near, in, far, out, err);
	if (rc != 0)
		return rc;
	*ret_n = answer_with(far, out, ret_codec);
	return 0;
}

/* --- pipes ----------------------------------------------------------------------------------- */

void cp_gw_pipes_end(struct cp_gw_stream *st)
{
	struct cp_gateway *g = st->call->gateway;

	for (unsigned int k = 0; k < CP_GW_SIDES; k++) {
		cp_pool_remove(g->pool, st->pipe[k]);
		st->pipe[k] = 0;
	}
}

void cp_gw_leg_on_rtp(void *arg, struct cp_peer *p, const uint8_t *bytes, uint32_t len)
{
	const struct cp_gateway *g = arg;
	struct cp_gw_leg *leg = p->owner_leg;
	uint32_t pipe = leg->stream->pipe[leg->side];
	struct wire_rtp h;

	if (!pipe)
		return;
	if (wire_is_rtcp(bytes, len)) {
		cp_gw_reported(leg, bytes, len);
	} else if (wire_rtp_parse(bytes, len, &h)) {
		cp_report_heard(&leg->report, &h, en_mono_ns());
		cp_pool_put(g->pool, pipe, bytes, len);
	}
}

void cp_gw_on_pipe(void *from, const uint8_t *rtp, uint32_t len)
{
	const struct cp_gw_leg *leg = from;
	struct wire_rtp h;

	if (!leg->peer || !cp_link_rtp(leg->stream->call->gateway->ctl->link, &leg->peer->place, rtp, len))
		return;
	if (wire_rtp_parse(rtp, len, &h))
		cp_report_said(&leg->stream->leg[1 - leg->side].report, &h, en_mono_ns());
}
