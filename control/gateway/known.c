/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * known.c - codecs: those that pipes know, and those that the sides of a stream have said. Codecs of sound are known in
 * sections of audio, those of pictures in sections of video.
 *
 * Runs on:   the control loop.
 * Specs:     RFC 3551 s6 (static payload types), RFC 7587 s7, RFC 7741 s6, RFC 9628 s6.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/gateway/inner.h"

static const struct {
	const char *name, *fmtp;
	uint32_t clock;
	uint8_t channels, pt;
	bool video;
	int kind; /* enum cp_codec_kind, or of video enum cp_video_kind */
} ours[] = {
	{"PCMU", "", 8000, 1, 0, false, CP_CODEC_PCMU},
	{"PCMA", "", 8000, 1, 8, false, CP_CODEC_PCMA},
	{"G722", "", 8000, 1, 9, false, CP_CODEC_G722},
	{"opus", "useinbandfec=1", 48000, 2, CP_GW_PT_DYNAMIC, false, CP_CODEC_OPUS},
	{"VP8", "", CP_VIDEO_CLOCK, 1, CP_GW_PT_DYNAMIC, true, CP_VIDEO_VP8},
	{"VP9", "profile-id=0", CP_VIDEO_CLOCK, 1, CP_GW_PT_DYNAMIC, true, CP_VIDEO_VP9},
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
struct cp_gw_codec cp_gw_written(const struct cp_gw_known *k)
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

const struct cp_gw_known *cp_gw_find_same(const struct cp_gw_leg *leg, const struct cp_gw_codec *c)
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

bool cp_gw_ours(const char *name, enum cp_gw_media media, struct cp_gw_codec *ret_codec)
{
	int at = ours_by_name(name, 0, media);

	if (at < 0)
		return false;
	*ret_codec = (struct cp_gw_codec){.name = text_of(ours[at].name),
					  .fmtp = text_of(ours[at].fmtp),
					  .clock = ours[at].clock,
					  .channels = ours[at].channels,
					  .pt = ours[at].pt,
					  .added = true,
					  .feedback = ours[at].video};
	return true;
}

/* What its side is to be answered with when that needs a pipe: what the proxy wants, else what it prefers itself. */
const struct cp_gw_known *cp_gw_first_ours(const struct cp_gw_leg *leg)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (leg->known[i].wanted && ours_of(leg, &leg->known[i]) >= 0)
			return &leg->known[i];
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
const struct cp_gw_known *cp_gw_noise_of(const struct cp_gw_leg *leg, uint32_t clock)
{
	for (unsigned int i = 0; i < leg->known_n; i++)
		if (strcasecmp(leg->known[i].name, "CN") == 0 && leg->known[i].clock == clock && leg->known[i].pt)
			return &leg->known[i];
	return NULL;
}

/* --- for pipes ------------------------------------------------------------------------- */

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

struct cp_video_format cp_gw_video_of(const struct cp_gw_known *k)
{
	int at = ours_by_name(k->name, k->clock, CP_GW_VIDEO);

	return (struct cp_video_format){.kind = (enum cp_video_kind)ours[at].kind, .pt = k->pt};
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
