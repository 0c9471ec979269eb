/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_depacket_fuzz.h - what is held of any payload, whatever its codec.
 *
 * Held besides memory safety: what is left of it for the frame is its end, and not nothing; what is said is in range;
 * and those bytes, cut into payloads of ours, come back.
 */
#include <stdlib.h>
#include <string.h>

#include "control/transcode/video_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_piece(enum cp_video_kind kind, const struct cp_video_piece *p, size_t size)
{
	must(p->len > 0 && p->off > 0 && (size_t)p->off + p->len == size);
	must(!p->key || p->begin);
	must(p->ref_n <= CP_VIDEO_REFS && (p->ref_n == 0 || (p->flexible && p->inter)));
	must(p->picture_bits == 0 || p->picture_bits == 7 || p->picture_bits == 15);
	must(p->picture < 1u << p->picture_bits);
	must(kind == CP_VIDEO_VP9 || (!p->end && !p->inter && !p->flexible && p->sid == 0));
}

static void cut_again(enum cp_video_kind kind, const uint8_t *frame, uint32_t len, bool key)
{
	struct cp_video_cutter c = {.kind = kind, .most = CP_VIDEO_DESCRIPTOR_MAX + 1 + frame[0]};
	uint8_t payload[CP_VIDEO_DESCRIPTOR_MAX + 1 + 255];
	struct cp_video_piece p;
	uint32_t at = 0, n;
	bool last = false;

	cp_video_cut(&c, frame, len, key, 16, 16);
	while ((n = cp_video_cut_next(&c, payload, &last)) > 0) {
		must(n <= c.most && cp_video_depacket(kind, payload, n, &p));
		must(p.begin == (at == 0) && at + p.len <= len && memcmp(payload + p.off, frame + at, p.len) == 0);
		at += p.len;
	}
	must(last && at == len);
}

static void depacket_anything(enum cp_video_kind kind, const uint8_t *data, size_t size)
{
	struct cp_video_piece p;

	if (!cp_video_depacket(kind, data, (uint32_t)size, &p))
		return;
	check_piece(kind, &p, size);
	cut_again(kind, data + p.off, p.len, p.key);
}
