/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pipe_out.c - packets for the receiver, and those that it missed.
 *
 * Invariants
 *   O1  a packet is sent again RESEND_MOST times at most, and not within RESEND_US of the last time: what a receiver
 * asks for bounds what it gets.
 *
 * Specs:     RFC 3550 s5.1; RFC 7741 s4.1, RFC 9628 s4.1 (marker); RFC 4585 s6.2.1.
 */
#include "control/transcode/video_pipe_inner.h"

#include <string.h>

#include "engine/wire/rtp.h"

#define RESEND_US   20000
#define RESEND_MOST 10

static struct cp_video_kept *kept_at(struct cp_video_pipe *p, uint16_t seq)
{
	return &p->kept[seq & (CP_VIDEO_KEPT - 1)];
}

void cp_video_pipe_send(struct cp_video_pipe *p, const struct cp_video_coded *coded, uint64_t now_us,
			cp_pool_emit *emit, void *arg)
{
	struct wire_rtp h = {.pt = p->config.out.pt, .ssrc = p->config.ssrc, .ts = p->out_ts + (uint32_t)p->ts};
	uint32_t len;

	cp_video_cut(&p->cutter, coded->bytes, coded->len, coded->key, (uint16_t)p->width, (uint16_t)p->height);
	p->stats.images_out++;
	p->stats.keys_out += coded->key;
	for (;;) {
		struct cp_video_kept *k = kept_at(p, p->seq);

		len = cp_video_cut_next(&p->cutter, k->bytes + WIRE_RTP_HDR_LEN, &h.marker);
		if (!len)
			return;
		h.seq = p->seq++;
		wire_rtp_build(k->bytes, &h);
		k->seq = h.seq;
		k->len = (uint16_t)(len + WIRE_RTP_HDR_LEN);
		k->resent = 0;
		k->sent_us = now_us;
		p->stats.packets_out++;
		p->stats.bytes_out += k->len;
		emit(arg, k->bytes, k->len);
	}
}

void cp_video_pipe_resend(struct cp_video_pipe *p, uint16_t seq, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	struct cp_video_kept *k = kept_at(p, seq);

	if (!k->len || k->seq != seq || k->resent == RESEND_MOST || now_us < k->sent_us + RESEND_US)
		return;
	k->resent++;
	k->sent_us = now_us;
	p->stats.resent++;
	p->stats.bytes_out += k->len;
	emit(arg, k->bytes, k->len);
}
