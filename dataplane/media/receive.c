/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * receive.c - what a received RTP packet is, and what is kept of it.
 *
 * Runs on:   the worker of the core; its packet was authenticated (srtp_in).
 * Writes:    stream, track; cache and gap list of the stream; the packet itself.
 *
 * Invariants
 *   R1  each packet of the publisher is forwarded once, by whatever way and however often it comes.
 *
 * Specs:     RFC 3550 s5.1 (padding); RFC 4588 s4 (RTX: the original number in front of the payload).
 */
#include "dataplane/media/receive.h"

#include "dataplane/media/cache.h"
#include "dataplane/media/keyframe.h"
#include "dataplane/media/latch.h"
#include "dataplane/media/level.h"
#include "dataplane/media/nack.h"
#include "dataplane/media/stream.h"
#include "dataplane/media/track.h"
#include "dataplane/media/twcc.h"

#define OSN_LEN 2

static enum dp_verdict bad(struct dp_received *in, enum shm_drop why)
{
	in->drop = why;
	return DP_RECEIVED_BAD;
}

/* --- the two kinds of stream -------------------------------------------------------------- */

static void count(struct dp_media *md, struct dp_stream *s, const struct wire_rtp *h, uint32_t clock, uint32_t len)
{
	s->packets++;
	s->bytes += len;
	s->recent_bytes += len;
	s->clock = clock;
	wire_rtp_source_packet(&s->source, h->seq, h->ts, clock, md->core->now_ns);
}

/*
 * RFC 4588 s4: header of its own, original sequence number, original payload. The header moves up by the two
 * bytes and gets the original's number, payload type and SSRC back.
 */
static enum dp_verdict unwrap(struct dp_media *md, const struct dp_stream *rtx, uint8_t *bytes, const struct shm_pt *pt,
			      struct dp_received *in)
{
	struct dp_stream *s = &md->stream[rtx->rtx_of];
	struct wire_rtp *h = &in->rtp.h;
	uint16_t seq;

	if (h->payload_len < OSN_LEN)
		return DP_RECEIVED_DONE; /* padding: a probe */
	seq = en_load16(bytes + h->payload_off);
	in->stream = rtx->rtx_of;
	if (!dp_stream_first_time(s, seq))
		return DP_RECEIVED_DONE;
	memmove(bytes + OSN_LEN, bytes, h->payload_off);
	bytes += OSN_LEN;
	h->payload_len -= OSN_LEN;
	h->pt = pt->pt;
	h->seq = seq;
	h->ssrc = s->ssrc;
	bytes[1] = (uint8_t)(h->marker << 7 | h->pt);
	en_store16(bytes + 2, seq);
	en_store32(bytes + 8, s->ssrc);
	in->rtp.bytes = bytes;
	return DP_RECEIVED_FORWARD;
}

static enum dp_verdict original(struct dp_media *md, struct dp_stream *s, struct dp_received *in)
{
	in->stream = dp_stream_index(md, s);
	return dp_stream_first_time(s, in->rtp.h.seq) ? DP_RECEIVED_FORWARD : DP_RECEIVED_DONE;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* The packet is the stream's, and new. */
static enum dp_verdict take(struct dp_core *c, struct dp_track *t, struct dp_received *in, uint8_t *bytes)
{
	struct dp_media *md = c->media;
	struct dp_stream *s = &md->stream[in->stream];
	struct wire_rtp *h = &in->rtp.h;
	uint32_t len = h->payload_off + h->payload_len;

	bytes[0] &= (uint8_t)~0x20; /* the padding is off */
	h->padded = false;
	s->seen_ns = c->now_ns;
	dp_nack_arrived(c, s, h->seq);
	dp_rtp_read_ext(&in->rtp, t->set.ext);
	if (t->set.kind == SHM_TRACK_AUDIO)
		dp_level_packet(c, t, &in->rtp.ext[SHM_EXT_LEVEL]);
	in->rtp.key = dp_is_keyframe(in->rtp.codec, bytes + h->payload_off, h->payload_len);
	if (!dp_track_carries(md, t, in->stream, &in->rtp))
		return DP_RECEIVED_DONE;
	t->packets++;
	t->bytes += len;
	if (in->rtp.key)
		t->ask = false;
	if (h->payload_len && t->first_route != DP_NONE)
		dp_cache_store(md->caches, s->cache, h->seq, c->now_ns, bytes, len);
	return DP_RECEIVED_FORWARD;
}

enum dp_verdict dp_receive(struct dp_core *c, uint32_t stream, uint8_t *bytes, uint32_t len, struct dp_received *in)
{
	struct dp_media *md = c->media;
	struct dp_stream *s = &md->stream[stream];
	enum dp_verdict verdict;
	const struct shm_pt *pt;
	struct dp_track *t;
	bool rtx;

	in->rtp.bytes = bytes;
	if (!wire_rtp_parse(bytes, len, &in->rtp.h) || !wire_rtp_unpad(bytes, &in->rtp.h))
		return bad(in, DROP_RTP_BAD);
	if (md->session[s->session].twcc_id)
		dp_twcc_arrived(c, s->session, &in->rtp.h, bytes);
	if (unlikely(s->track == DP_NONE) && !dp_latch(md, s, &in->rtp))
		return bad(in, DROP_RTP_NO_TRACK);
	in->track = s->track;
	t = &md->track[s->track];
	pt = dp_track_pt(t, in->rtp.h.pt, &rtx);
	if (unlikely(!pt || rtx != (s->rtx_of != DP_NONE)))
		return bad(in, DROP_RTP_PT);
	in->clock = pt->clock ? pt->clock : 90000;
	in->rtp.codec = pt->codec;
	s->seen_ns = c->now_ns;
	count(md, s, &in->rtp.h, in->clock, len);
	verdict = rtx ? unwrap(md, s, bytes, pt, in) : original(md, s, in);
	if (verdict != DP_RECEIVED_FORWARD)
		return verdict;
	return take(c, t, in, rtx ? bytes + OSN_LEN : bytes);
}
