/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rewrite.c - the RTP header of a forwarded packet.
 *
 * A receiver gets its own mid and its own extension ids; what the sender said about the media (loudness,
 * orientation, playout delay) is copied, what it said about its own transport (rid, repaired rid, transport-wide
 * numbers, time of sending) is not. Number and time are ours: of when it leaves.
 *
 * Runs on:   the packet path.
 * Invariants
 *   H1  every byte of the header is written here: nothing of the sender's is passed on unseen.
 *
 * Specs:     RFC 3550 s5.1; RFC 8285; RFC 9143 s15 (mid); RFC 6464; abs-send-time.
 */
#include "dataplane/media/rewrite.h"

#include <string.h>

void dp_rtp_read_ext(struct dp_rtp *rtp, const uint8_t ids[SHM_EXT_N])
{
	struct wire_ext_walk w = wire_ext_walk(&rtp->h, rtp->bytes);
	struct wire_ext e;

	memset(rtp->ext, 0, sizeof(rtp->ext));
	while (wire_ext_next(&w, &e))
		for (unsigned int k = 0; k < SHM_EXT_N; k++)
			if (ids[k] == e.id) {
				rtp->ext[k] = e;
				break;
			}
}

/* One element under the receiver's id; id 0: it did not ask for it. */
static inline unsigned int add(struct wire_ext *ext, unsigned int n, uint8_t id, uint8_t len, const uint8_t *value)
{
	if (id == 0 || value == NULL || len == 0)
		return n;
	ext[n] = (struct wire_ext){.id = id, .len = len, .value = value};
	return n + 1;
}

static const struct {
	uint8_t ext; /* enum shm_ext */
	uint8_t most; /* only sizes that the extension can have: a sender cannot make headers grow */
} told_kinds[DP_TOLD_N] = {
	[DP_TOLD_LEVEL] = {SHM_EXT_LEVEL, 2},
	[DP_TOLD_ORIENTATION] = {SHM_EXT_ORIENTATION, 1},
	[DP_TOLD_PLAYOUT_DELAY] = {SHM_EXT_PLAYOUT_DELAY, 3},
};

void dp_rtp_tell(const struct dp_rtp *rtp, struct dp_rtp_told *ret_told)
{
	*ret_told = (struct dp_rtp_told){.len = {0}};
	for (unsigned int k = 0; k < DP_TOLD_N; k++) {
		const struct wire_ext *e = &rtp->ext[told_kinds[k].ext];

		if (!e->value || e->len > told_kinds[k].most)
			continue;
		ret_told->len[k] = e->len;
		memcpy(ret_told->value[k], e->value, e->len);
	}
}

/* --- any header ----------------------------------------------------------------------------- */

static void sent_bytes(uint8_t at[3], uint32_t sent)
{
	at[0] = (uint8_t)(sent >> 16);
	en_store16(at + 1, (uint16_t)sent);
}

static uint8_t mid_len(const struct dp_media_route *r)
{
	return (uint8_t)strnlen(r->set.mid, SHM_MID_MAX - 1);
}

static uint32_t write_any(uint8_t *at, const struct dp_media_route *r, const struct dp_rtp_out *out,
			  const struct dp_rtp_told *told)
{
	struct wire_rtp h = {.pt = out->pt, .marker = out->marker, .seq = out->seq, .ts = out->ts, .ssrc = out->ssrc};
	struct en_writer w = en_writer(at + WIRE_RTP_HDR_LEN, DP_RTP_HDR_MAX - WIRE_RTP_HDR_LEN);
	struct wire_ext ext[SHM_EXT_N];
	uint8_t sent[3], number[2];
	unsigned int n;

	n = add(ext, 0, r->set.ext[SHM_EXT_MID], mid_len(r), (const uint8_t *)r->set.mid);
	sent_bytes(sent, out->sent);
	n = add(ext, n, r->set.ext[SHM_EXT_ABS_SEND_TIME], sizeof(sent), sent);
	en_store16(number, out->number);
	n = add(ext, n, r->set.ext[SHM_EXT_TWCC], sizeof(number), number);
	for (unsigned int k = 0; k < DP_TOLD_N; k++)
		n = add(ext, n, r->set.ext[told_kinds[k].ext], told->len[k], told->value[k]);
	h.extended = wire_ext_build(&w, ext, n);
	wire_rtp_build(at, &h);
	return (uint32_t)(WIRE_RTP_HDR_LEN + en_written(&w));
}

/* --- the usual one ---------------------------------------------------------------------------- */

/* Ids and lengths that the one-byte form can say. */
static bool is_usual(const struct dp_media_route *r)
{
	static const uint8_t written[] = {SHM_EXT_MID,   SHM_EXT_ABS_SEND_TIME, SHM_EXT_TWCC,
					  SHM_EXT_LEVEL, SHM_EXT_ORIENTATION,   SHM_EXT_PLAYOUT_DELAY};

	for (unsigned int i = 0; i < sizeof(written); i++)
		if (r->set.ext[written[i]] > WIRE_EXT_ONE_BYTE_ID)
			return false;
	return mid_len(r) <= WIRE_EXT_ONE_BYTE_LEN;
}

void dp_rtp_head(struct dp_media_route *r)
{
	struct dp_rtp_head *head = &r->head;
	uint8_t *b = head->b, n = WIRE_RTP_HDR_LEN + 4, mid = mid_len(r);

	*head = (struct dp_rtp_head){.len = 0};
	if (!is_usual(r))
		return;
	en_store32(b + 8, r->set.ssrc);
	en_store16(b + WIRE_RTP_HDR_LEN, WIRE_EXT_ONE_BYTE);
	if (r->set.ext[SHM_EXT_MID] && mid) {
		b[n++] = (uint8_t)(r->set.ext[SHM_EXT_MID] << 4 | (mid - 1));
		memcpy(b + n, r->set.mid, mid);
		n = (uint8_t)(n + mid);
	}
	if (r->set.ext[SHM_EXT_ABS_SEND_TIME]) {
		b[n++] = (uint8_t)(r->set.ext[SHM_EXT_ABS_SEND_TIME] << 4 | 2);
		head->sent_at = n;
		n = (uint8_t)(n + 3);
	}
	if (r->set.ext[SHM_EXT_TWCC]) {
		b[n++] = (uint8_t)(r->set.ext[SHM_EXT_TWCC] << 4 | 1);
		head->number_at = n;
		n = (uint8_t)(n + 2);
	}
	head->len = n;
	for (unsigned int k = 0; k < DP_TOLD_N; k++)
		head->told[k] = r->set.ext[told_kinds[k].ext];
}

uint32_t dp_rtp_write(uint8_t *at, const struct dp_media_route *r, const struct dp_rtp_out *out,
		      const struct dp_rtp_told *told)
{
	const struct dp_rtp_head *head = &r->head;
	uint32_t n = head->len;

	if (unlikely(n == 0))
		return write_any(at, r, out, told);
	memcpy(at, head->b, sizeof(head->b));
	if (head->sent_at)
		sent_bytes(at + head->sent_at, out->sent);
	if (head->number_at)
		en_store16(at + head->number_at, out->number);
	for (unsigned int k = 0; k < DP_TOLD_N; k++) {
		uint8_t len = told->len[k];

		if (len == 0 || head->told[k] == 0)
			continue;
		at[n] = (uint8_t)(head->told[k] << 4 | (len - 1));
		memcpy(at + n + 1, told->value[k], DP_TOLD_MAX);
		n += 1u + len;
	}
	memset(at + n, 0, 4); /* padding, and what of the last copy was too much */
	n = (n + 3) & ~3u;
	en_store32(at, (uint32_t)WIRE_RTP_VERSION << 30 | (n > WIRE_RTP_HDR_LEN + 4) << 28 |
			       (uint32_t)out->marker << 23 | (uint32_t)out->pt << 16 | out->seq);
	en_store32(at + 4, out->ts);
	en_store32(at + 8, out->ssrc);
	if (n == WIRE_RTP_HDR_LEN + 4)
		return WIRE_RTP_HDR_LEN; /* nothing is said: no extension */
	en_store16(at + WIRE_RTP_HDR_LEN + 2, (uint16_t)((n - WIRE_RTP_HDR_LEN - 4) / 4));
	return n;
}
