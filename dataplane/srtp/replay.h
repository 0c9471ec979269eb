/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay.h - packet indexes and replay windows (RFC 3711 s3.3, s3.3.1, s3.3.2, appendix A).
 *
 * Invariants
 *   R1  nothing but a _commit changes a stream.
 *   R2  for every (stream, packet) the answer is what libsrtp2's is: that decides the cases RFC 3711 leaves open.
 */
#ifndef DP_SRTP_REPLAY_H
#define DP_SRTP_REPLAY_H

#include "dataplane/srtp/srtp.h"

#define DP_SRTP_SEQ_MEDIAN 0x8000

/*
 * The 48-bit index of a sequence number: ROC and SEQ. At 2^48 and above the ROC would wrap.
 * RFC 3711 appendix A; with a ROC of 0 nothing can be of the round before: such a packet is one far ahead.
 */
static inline uint64_t dp_srtp_index(const struct dp_srtp_stream *st, uint16_t seq)
{
	uint64_t v = st->roc;

	if (!st->started)
		return v << 16 | seq;
	if (st->seq < DP_SRTP_SEQ_MEDIAN)
		v -= v && seq - st->seq > DP_SRTP_SEQ_MEDIAN;
	else
		v += st->seq - DP_SRTP_SEQ_MEDIAN > seq;
	return v << 16 | seq;
}

static inline uint64_t dp_srtp_highest(const struct dp_srtp_stream *st)
{
	return (uint64_t)st->roc << 16 | st->seq;
}

static inline bool dp_srtp_window_has(const uint64_t window[2], uint64_t age)
{
	return window[age >> 6] >> (age & 63) & 1;
}

/* Seen, or older than the window (s3.3.2). */
static inline bool dp_srtp_window_replayed(const uint64_t window[2], uint64_t highest, uint64_t index)
{
	if (index > highest)
		return false;
	return highest - index >= DP_SRTP_WINDOW || dp_srtp_window_has(window, highest - index);
}

static inline void dp_srtp_window_add(uint64_t window[2], uint64_t highest, uint64_t index)
{
	uint64_t by;

	if (index <= highest) {
		window[(highest - index) >> 6] |= UINT64_C(1) << ((highest - index) & 63);
		return;
	}
	by = index - highest;
	if (by < 64) {
		window[1] = window[1] << by | window[0] >> (64 - by);
		window[0] = window[0] << by;
	} else {
		window[1] = by < DP_SRTP_WINDOW ? window[0] << (by - 64) : 0;
		window[0] = 0;
	}
	window[0] |= 1;
}

static inline enum dp_srtp_status dp_srtp_judge(const struct dp_srtp_stream *st, uint64_t index)
{
	if (index >> 48)
		return DP_SRTP_EXHAUSTED;
	if (st->started && dp_srtp_window_replayed(st->window, dp_srtp_highest(st), index))
		return DP_SRTP_REPLAY;
	return DP_SRTP_OK;
}

/* In: the tag was right. Out: the packet is being sent. */
static inline void dp_srtp_commit(struct dp_srtp_stream *st, uint64_t index)
{
	uint64_t highest = dp_srtp_highest(st);

	if (st->started) {
		dp_srtp_window_add(st->window, highest, index);
		if (index <= highest)
			return;
	} else {
		st->started = true;
		st->window[0] = 1;
		st->window[1] = 0;
	}
	st->roc = (uint32_t)(index >> 16);
	st->seq = (uint16_t)index;
}

/* Out: the index of the packet that is being sent; or why it is not to be. */
static inline enum dp_srtp_status dp_srtp_send(struct dp_srtp_stream *st, uint16_t seq, uint64_t *ret_index)
{
	enum dp_srtp_status status;

	if (st->started && seq == st->seq + 1) { /* almost always; the same in short */
		st->seq = seq;
		st->window[1] = st->window[1] << 1 | st->window[0] >> 63;
		st->window[0] = st->window[0] << 1 | 1;
		*ret_index = dp_srtp_highest(st);
		return DP_SRTP_OK;
	}
	*ret_index = dp_srtp_index(st, seq);
	status = dp_srtp_judge(st, *ret_index);
	if (!status)
		dp_srtp_commit(st, *ret_index);
	return status;
}

/*
 * Of a stream that nothing is known of, the sender may have wrapped before the first packet that came (started near
 * 65535, the first ones lost): its ROC is then one more than ours. Worth a second look at the tag.
 */
static inline bool dp_srtp_may_have_wrapped(const struct dp_srtp_stream *st, uint64_t index)
{
	return !st->started && (index & 0xffff) < DP_SRTP_SEQ_MEDIAN && (index >> 16) < UINT32_MAX;
}

/* --- SRTCP: the index is in the packet, 31 bits ------------------------------- */

#define DP_SRTCP_INDEX_MAX 0x7fffffffu
#define DP_SRTCP_E         0x80000000u /* "encrypted", in front of the index */

/* `word`: E and index as received. Unencrypted RTCP is not for WebRTC (RFC 8827 s6.5): no better than forged. */
static inline enum dp_srtp_status dp_srtcp_judge(const struct dp_srtp_stream *st, uint32_t word)
{
	uint32_t index = word & DP_SRTCP_INDEX_MAX;

	if (!(word & DP_SRTCP_E))
		return DP_SRTP_AUTH;
	if (st->rtcp_started && dp_srtp_window_replayed(st->rtcp_window, st->rtcp_index, index))
		return DP_SRTP_REPLAY;
	return DP_SRTP_OK;
}

/* The next index to send; the first is 1. False: they are used up. */
static inline bool dp_srtcp_next(struct dp_srtp_stream *st, uint32_t *ret_index)
{
	if (st->rtcp_index >= DP_SRTCP_INDEX_MAX)
		return false;
	st->rtcp_started = true;
	*ret_index = ++st->rtcp_index;
	return true;
}

static inline void dp_srtcp_commit(struct dp_srtp_stream *st, uint32_t index)
{
	if (!st->rtcp_started) {
		st->rtcp_started = true;
		st->rtcp_window[0] = 1;
		st->rtcp_window[1] = 0;
		st->rtcp_index = index;
		return;
	}
	dp_srtp_window_add(st->rtcp_window, st->rtcp_index, index);
	if (index > st->rtcp_index)
		st->rtcp_index = index;
}

#endif
