/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs.c - which codecs the sides of a stream speak, and the pipes between them when they have none in common.
 *
 * An offer goes on with its codecs, less those that the flags take away, and with those that we can make of them
 * (codec-transcode). What the answer takes decides: a codec of the offer, and media goes through as it is; one of ours,
 * and the offerer is answered with the first of its codecs that we know, and both directions are transcoded. Codecs of
 * sound are known in sections of audio, those of pictures in sections of video.
 *
 * Runs on:   the control loop.
 * Invariants
 *   T1  either both directions of a stream have a pipe or none has.
 *
 * Specs:     RFC 3264 s6.1, RFC 3551 s6 (static payload types), RFC 7587 s7, RFC 4733 s2.5.1, RFC 7741 s6, RFC 9628 s6.
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
	bool video;
	int kind; /* enum cp_codec_kind, or of video enum cp_video_kind */
} ours[] = {
	{"PCMU", "", 8000, 1, 0, false, CP_CODEC_PCMU},
	{"PCMA", "", 8000, 1, 8, false, CP_CODEC_PCMA},
	{"G722", "", 8000, 1, 9, false, CP_CODEC_G722},
	{"opus", "useinbandfec=1", 48000, 2, 0xff, false, CP_CODEC_OPUS},
	{"VP8", "", CP_VIDEO_CLOCK, 1, 0xff, true, CP_VIDEO_VP8},
	{"VP9", "profile-id=0", CP_VIDEO_CLOCK, 1, 0xff, true, CP_VIDEO_VP9},
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

void cp_gw_codecs_keep(struct cp_gw_leg *leg, const struct cp_gw_codec *codec, unsigned int n)
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
				    .added = true,
				    .feedback = k->clock == CP_VIDEO_CLOCK};
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
static int ours_by_name(const char *name, uint32_t clock, enum cp_gw_media media)
{
	for (unsigned int i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(ours[i].name, name) == 0 && (clock == 0 || clock == ours[i].clock) &&
		    media == (ours[i].video ? CP_GW_VIDEO : CP_GW_AUDIO))
			return (int)i;
	return -1;
}

static int ours_of(const struct cp_gw_leg *leg, const struct cp_gw_known *k)
{
	const struct wire_text fmtp = text_of(k->fmtp);

	/* RFC 9628 s6: other profiles of VP9 have more bits, or more colour */
	if (strcasecmp(k->name, "VP9") == 0 && wire_sdp_param_u32(fmtp, "profile-id", 0) != 0)
		return -1;
	return ours_by_name(k->name, k->clock, leg->stream->media);
}

const struct cp_gw_known *cp_gw_first_ours(const struct cp_gw_leg *leg)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (ours_of(leg, &leg->known[i]) >= 0)
			return &leg->known[i];
	return NULL;
}

const struct cp_gw_known *cp_gw_event_of(const struct cp_gw_leg *leg, uint32_t clock)
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
static void add(const struct cp_gw_section *s, enum cp_gw_media media, const char *said, struct cp_gw_codec *codec,
		unsigned int *n)
{
	struct wire_text rest = text_of(said);
	char name[CP_GW_NAME_MAX + 1];
	uint8_t pt;
	int at;

	if (!wire_text_copy(wire_text_cut(&rest, '/'), name, sizeof(name)))
		return;
	at = ours_by_name(name, 0, media);
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
					     .added = true,
					     .feedback = ours[at].video};
}

/* What carries another one (rtx, red) is of no use without it, and browsers refuse it. */
static bool passes(const struct cp_gw_section *s, const struct cp_gw_options *o, const struct cp_gw_codec *c)
{
	uint8_t pt;

	if (!cp_gw_codec_passes(c, o) || !cp_gw_codec_carries(c, &pt))
		return cp_gw_codec_passes(c, o);
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (s->codec[i].pt == pt)
			return cp_gw_codec_passes(&s->codec[i], o);
	return false;
}

static void pass(const struct cp_gw_section *s, const struct cp_gw_options *o, bool events, struct cp_gw_codec *codec,
		 unsigned int *n)
{
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (cp_gw_is_event(&s->codec[i]) == events && passes(s, o, &s->codec[i]))
			codec[(*n)++] = s->codec[i];
}

static enum cp_gw_media media_of(const struct cp_gw_section *s)
{
	return wire_text_is(s->kind, "audio")   ? CP_GW_AUDIO
	       : wire_text_is(s->kind, "video") ? CP_GW_VIDEO
						: CP_GW_OTHER;
}

bool cp_gw_codecs_offer(const struct cp_gw_section *s, const struct cp_gw_options *o, struct cp_gw_leg *near,
			struct cp_gw_leg *far, struct cp_gw_codec *ret_codec, unsigned int *ret_n)
{
	*ret_n = 0;
	near->stream->media = media_of(s);
	cp_gw_codecs_keep(near, s->codec, s->codec_n);
	pass(s, o, false, ret_codec, ret_n);
	if (cp_gw_first_ours(near))
		for (uint32_t i = 0; i < o->transcode.n; i++)
			add(s, near->stream->media, o->transcode.item[i], ret_codec, ret_n);
	pass(s, o, true, ret_codec, ret_n); /* keys last: what is first is what a side wants to hear */
	cp_gw_codecs_keep(far, ret_codec, *ret_n);
	return o->strip.n + o->mask.n + o->transcode.n > 0;
}

/* --- answers ----------------------------------------------------------------------------- */

struct cp_pipe_format cp_gw_format_of(const struct cp_gw_known *k)
{
	struct cp_pipe_format f = {.pt = k->pt, .codec = {.clock = k->clock, .channels = 1, .complexity = -1}};

	f.codec.kind = (enum cp_codec_kind)ours[ours_by_name(k->name, k->clock, CP_GW_AUDIO)].kind;
	f.codec.fec = f.codec.kind == CP_CODEC_OPUS;
	f.codec.loss = f.codec.fec ? 5 : 0;
	return f;
}

uint32_t cp_gw_ptime_of(const struct cp_gw_leg *leg)
{
	return leg->ptime % 10 == 0 && leg->ptime <= 120 ? leg->ptime : 0;
}

static struct cp_pipe_format noise_format(const struct cp_gw_known *k)
{
	return (struct cp_pipe_format){.pt = k->pt, .codec = {.kind = CP_CODEC_CN, .clock = k->clock, .channels = 1}};
}

/* Of what comes from `from`, said in one codec of each side. */
static int sound_make(struct cp_gw_leg *from, const struct cp_gw_known *in, struct cp_gw_leg *to,
		      const struct cp_gw_known *out, uint32_t ssrc, struct en_err *err)
{
	struct cp_gateway *g = from->stream->call->gateway;
	const struct cp_gw_known *in_event = cp_gw_event_of(from, in->clock),
				 *out_event = cp_gw_event_of(to, out->clock);
	const struct cp_gw_known *in_noise = noise_of(from, in->clock), *out_noise = noise_of(to, out->clock);
	struct cp_pipe_config config = {
		.in_n = 1,
		.in = {cp_gw_format_of(in)},
		.out = cp_gw_format_of(out),
		.ptime_ms = cp_gw_ptime_of(to),
		.in_event_pt = in_event ? in_event->pt : -1,
		.in_event_clock = in_event ? in_event->clock : 0,
		.out_event_pt = out_event ? out_event->pt : -1,
		.out_event_clock = out_event ? out_event->clock : 0,
		.out_cn_pt = out_noise ? out_noise->pt : 0,
		.ssrc = ssrc,
	};

	if (in_noise)
		config.in[config.in_n++] = noise_format(in_noise);
	return cp_pool_add(g->pool, &config, from, &from->stream->pipe[from->side], err);
}

static struct cp_video_format picture_of(const struct cp_gw_known *k)
{
	int at = ours_by_name(k->name, k->clock, CP_GW_VIDEO);

	return (struct cp_video_format){.kind = (enum cp_video_kind)ours[at].kind, .pt = k->pt};
}

static int pipe_make(struct cp_gw_leg *from, const struct cp_gw_known *in, struct cp_gw_leg *to,
		     const struct cp_gw_known *out, struct en_err *err)
{
	struct cp_video_pipe_config video = {.ssrc = en_random32()};

	cp_report_begin(&to->report, out->clock, video.ssrc, out->clock, en_mono_ns());
	if (from->stream->media == CP_GW_AUDIO)
		return sound_make(from, in, to, out, video.ssrc, err);
	video.in = picture_of(in);
	video.out = picture_of(out);
	return cp_pool_add_video(from->stream->call->gateway->pool, &video, from, &from->stream->pipe[from->side], err);
}

unsigned int cp_gw_answer_with(const struct cp_gw_leg *far, const struct cp_gw_known *codec,
			       struct cp_gw_codec *ret_codec)
{
	const struct cp_gw_known *event = cp_gw_event_of(far, codec->clock), *noise = noise_of(far, codec->clock);
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

int cp_gw_codecs_answer(const struct cp_gw_section *s, struct cp_gw_leg *near, struct cp_gw_leg *far,
			struct cp_gw_codec *ret_codec, unsigned int *ret_n, struct en_err *err)
{
	const struct cp_gw_known *in, *out;
	int rc;

	cp_gw_pipes_end(near->stream);
	cp_gw_codecs_keep(near, s->codec, s->codec_n);
	*ret_n = answer_as_it_is(s, far, ret_codec);
	in = cp_gw_first_ours(near);
	out = cp_gw_first_ours(far);
	if (!in || !out || has_in_common(s, far)) {
		if (*ret_n == s->codec_n)
			*ret_n = 0; /* as they are */
		return 0;
	}
	rc = pipe_make(near, in, far, out, err);
	if (rc == 0)
		rc = pipe_make(far, out, near, in, err);
	if (rc != 0) {
		cp_gw_pipes_end(near->stream);
		return rc;
	}
	*ret_n = cp_gw_answer_with(far, out, ret_codec);
	return 0;
}

/* Of two lists the shorter is that of who answered: its first counts. */
const struct cp_gw_known *cp_gw_codec_of(const struct cp_gw_leg *leg)
{
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	bool own = leg->known_n <= other->known_n;
	const struct cp_gw_leg *by = own ? leg : other, *in = own ? other : leg;

	if (leg->stream->pipe[leg->side])
		return cp_gw_first_ours(leg);
	for (unsigned int i = 0; i < by->known_n; i++) {
		const struct cp_gw_known *k = &by->known[i];

		for (unsigned int n = 0; n < in->known_n && strcasecmp(k->name, CP_GW_EVENT) != 0; n++)
			if (strcasecmp(k->name, in->known[n].name) == 0 && k->clock == in->known[n].clock)
				return own ? k : &in->known[n];
	}
	return NULL;
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
	struct cp_gw_leg *to = &leg->stream->leg[1 - leg->side];
	struct wire_rtp h;

	if (cp_gw_leg_made(to, rtp, len) && wire_rtp_parse(rtp, len, &h))
		cp_report_said(&to->report, &h, en_mono_ns());
}
