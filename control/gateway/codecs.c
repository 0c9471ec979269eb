/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs.c - what an offer's and an answer's codecs become on their way.
 *
 * An offer goes on with its codecs, less those that the flags take away, and with those that we can make of them
 * (codec-transcode). What the answer takes decides: a codec of the offer, and media goes through as it is; one of ours,
 * and the offerer is answered with the first of its codecs that we know, and both directions are transcoded. So it is
 * too when the proxy wants the offerer answered with another one than that (codec-accept, codec-consume).
 *
 * Runs on:   the control loop.
 * Invariants
 *   T2  once flags have changed the codecs of an offer, its keys have the clocks of what is left (RFC 4733 s2.1).
 *
 * Specs:     RFC 3264 s6.1, RFC 4733 s2.1.
 */
#include <string.h>

#include "control/gateway/inner.h"

#define DYNAMIC_MIN 96

static const struct wire_text key_name = {.p = CP_GW_EVENT, .len = sizeof(CP_GW_EVENT) - 1},
			      key_range = {.p = "0-15", .len = 4};

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

static uint8_t free_pt(const struct cp_gw_section *s, const struct cp_gw_codec *codec, unsigned int n)
{
	uint8_t pt = DYNAMIC_MIN;

	while (pt < WIRE_SDP_PT_MAX && pt_is_taken(s, codec, n, pt))
		pt++;
	return pt;
}

/* One that the proxy wants offered besides; what the offer has anyway, or we do not know, is not added. */
static void add(const struct cp_gw_section *s, enum cp_gw_media media, const char *said, struct cp_gw_codec *codec,
		unsigned int *n)
{
	struct wire_text rest = {.p = said, .len = (uint32_t)strlen(said)};
	char name[CP_GW_NAME_MAX + 1];
	struct cp_gw_codec c;

	if (!wire_text_copy(wire_text_cut(&rest, '/'), name, sizeof(name)) || *n == CP_GW_CODECS_MAX ||
	    !cp_gw_ours(name, media, &c))
		return;
	for (unsigned int i = 0; i < *n; i++)
		if (wire_text_is_nocase(codec[i].name, c.name.p) && codec[i].clock == c.clock)
			return;
	if (c.pt == CP_GW_PT_DYNAMIC)
		c.pt = free_pt(s, codec, *n);
	codec[(*n)++] = c;
}

/* What carries another one (rtx, red) goes where that goes: without it browsers refuse it. */
static bool passes(const struct cp_gw_section *s, const struct cp_gw_options *o, const struct cp_gw_codec *c)
{
	uint8_t pt;

	if (!cp_gw_codec_passes(c, o) || !cp_gw_codec_carries(c, &pt))
		return cp_gw_codec_passes(c, o);
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (s->codec[i].pt == pt)
			return cp_gw_codec_passes(&s->codec[i], o);
	return true;
}

static bool has_clock(const struct cp_gw_codec *codec, unsigned int n, uint32_t clock, bool events)
{
	for (unsigned int i = 0; i < n; i++)
		if (codec[i].clock == clock && cp_gw_is_event(&codec[i]) == events)
			return true;
	return false;
}

/* Keys come last: what is first is what a side wants to hear. Those of a clock that only an added codec has are added.
 */
static void pass_events(const struct cp_gw_section *s, const struct cp_gw_options *o, struct cp_gw_codec *codec,
			unsigned int *n)
{
	unsigned int audio_n = *n, events_n = 0;

	for (unsigned int i = 0; i < s->codec_n; i++) {
		const struct cp_gw_codec *c = &s->codec[i];

		if (!cp_gw_is_event(c) || !cp_gw_codec_passes(c, o))
			continue;
		events_n++;
		if (has_clock(codec, audio_n, c->clock, false))
			codec[(*n)++] = *c;
	}
	for (unsigned int i = 0; i < audio_n && events_n && *n < CP_GW_CODECS_MAX; i++)
		if (codec[i].added && !has_clock(codec, *n, codec[i].clock, true)) {
			codec[*n] = (struct cp_gw_codec){.name = key_name,
							 .fmtp = key_range,
							 .clock = codec[i].clock,
							 .channels = 1,
							 .pt = free_pt(s, codec, *n),
							 .added = true};
			(*n)++;
		}
}

static void mark_wanted(const struct cp_gw_section *s, const struct cp_gw_options *o, struct cp_gw_leg *leg)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		for (unsigned int k = 0; k < s->codec_n; k++)
			if (s->codec[k].pt == leg->known[i].pt)
				leg->known[i].wanted = cp_gw_codec_is_wanted(&s->codec[k], o);
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
	bool changes = o->strip.n + o->mask.n + o->consume.n + o->transcode.n > 0;

	*ret_n = 0;
	near->stream->media = media_of(s);
	cp_gw_codecs_keep(near, s->codec, s->codec_n);
	mark_wanted(s, o, near);
	for (unsigned int i = 0; i < s->codec_n; i++)
		if (!cp_gw_is_event(&s->codec[i]) && passes(s, o, &s->codec[i]))
			ret_codec[(*ret_n)++] = s->codec[i];
	if (cp_gw_first_ours(near))
		for (uint32_t i = 0; i < o->transcode.n; i++)
			add(s, near->stream->media, o->transcode.item[i], ret_codec, ret_n);
	if (changes)
		pass_events(s, o, ret_codec, ret_n);
	cp_gw_codecs_keep(far, changes ? ret_codec : s->codec, changes ? *ret_n : s->codec_n);
	return changes;
}

/* --- answers ----------------------------------------------------------------------------- */

unsigned int cp_gw_answer_with(const struct cp_gw_leg *far, const struct cp_gw_known *codec,
			       struct cp_gw_codec *ret_codec)
{
	const struct cp_gw_known *event = cp_gw_event_of(far, codec->clock), *noise = cp_gw_noise_of(far, codec->clock);
	unsigned int n = 0;

	ret_codec[n++] = cp_gw_written(codec);
	if (noise)
		ret_codec[n++] = cp_gw_written(noise);
	if (event)
		ret_codec[n++] = cp_gw_written(event);
	return n;
}

/* What the offerer does not know of it was ours to offer. */
static unsigned int answer_as_it_is(const struct cp_gw_section *s, const struct cp_gw_leg *far,
				    struct cp_gw_codec *ret_codec)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->codec_n; i++)
		if (cp_gw_find_same(far, &s->codec[i]))
			ret_codec[n++] = s->codec[i];
	return n;
}

/* Its first codec decides: what it prefers is what it sends. */
static bool has_in_common(const struct cp_gw_section *s, const struct cp_gw_leg *far)
{
	const struct cp_gw_known *same, *wanted = cp_gw_first_ours(far);
	unsigned int i = 0;

	while (i < s->codec_n && cp_gw_is_event(&s->codec[i]))
		i++;
	if (i == s->codec_n)
		return true;
	same = cp_gw_find_same(far, &s->codec[i]);
	return same && (same->wanted || !wanted || !wanted->wanted);
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
	rc = cp_gw_pipes_make(near, in, far, out, err);
	if (rc != 0)
		return rc;
	*ret_n = cp_gw_answer_with(far, out, ret_codec);
	return 0;
}
