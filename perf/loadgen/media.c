/* SPDX-License-Identifier: BSD-3-Clause */
/* media.c - RTP headers and VP8 descriptors out, requests for key frames in. */
#include "perf/loadgen/media.h"

#include "engine/wire/rtcp.h"
#include "engine/wire/rtp.h"
#include "perf/loadgen/session.h"

#define AUDIO_STEP 960 /* 20 ms at 48 kHz */
#define VIDEO_STEP (90000 / LOAD_VIDEO_FRAMES)
/* RFC 7741 s4.2: S, start of a partition; s4.3: P, not a key frame */
#define VP8_START      0x10
#define VP8_INTERFRAME 0x01

/* The packet is the first of its frame. */
static uint8_t frame_begins(struct load_sender *s)
{
	bool key = s->key_due;

	s->key_due = false;
	s->keys += key;
	return key ? 0 : VP8_INTERFRAME;
}

size_t load_media_put(struct load_sender *s, uint32_t frame, uint8_t *p)
{
	bool first = s->at == 0, last = !s->video || s->at + 1 >= frame;
	struct wire_rtp h = {
		.pt = s->video ? LOAD_PT_VIDEO : LOAD_PT_AUDIO,
		.marker = s->video && last,
		.seq = s->seq++,
		.ts = s->ts,
		.ssrc = s->srtp.ssrc,
	};

	wire_rtp_build(p, &h);
	s->at = last ? 0 : s->at + 1;
	if (last)
		s->ts += s->video ? VIDEO_STEP : AUDIO_STEP;
	if (!s->video)
		return WIRE_RTP_HDR_LEN;
	p[WIRE_RTP_HDR_LEN] = first ? VP8_START : 0;
	p[WIRE_RTP_HDR_LEN + 1] = first ? frame_begins(s) : 0;
	return WIRE_RTP_HDR_LEN + LOAD_VP8_LEN;
}

static unsigned int ask(uint32_t ssrc, struct load_sender *const *sender, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (sender[i]->srtp.ssrc != ssrc || !sender[i]->video)
			continue;
		sender[i]->key_due = true;
		return 1;
	}
	return 0;
}

unsigned int load_media_feedback(const uint8_t *rtcp, size_t len, struct load_sender *const *sender, unsigned int n)
{
	struct wire_rtcp_walk w;
	struct wire_rtcp pkt;
	struct wire_fb fb;
	unsigned int asked = 0;
	uint32_t ssrc;
	uint8_t number;

	if (!wire_rtcp_check(rtcp, len))
		return 0;
	w = wire_rtcp_walk(rtcp, len);
	while (wire_rtcp_next(&w, &pkt)) {
		if (pkt.type != WIRE_RTCP_PSFB || !wire_rtcp_fb(&pkt, &fb))
			continue;
		if (pkt.count == WIRE_PSFB_PLI)
			asked += ask(fb.media, sender, n);
		for (unsigned int i = 0; pkt.count == WIRE_PSFB_FIR && wire_fir(&fb, i, &ssrc, &number); i++)
			asked += ask(ssrc, sender, n);
	}
	return asked;
}
