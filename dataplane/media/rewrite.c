/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rewrite.c - the RTP header of a forwarded packet.
 *
 * A receiver gets its own mid and its own extension ids; what the sender said about the media (loudness,
 * orientation, playout delay) is copied, what it said about its own transport (rid, repaired rid, transport-wide
 * numbers, time of sending) is not. The time of sending is ours.
 *
 * Runs on:   the packet path.
 * Invariants
 *   H1  every byte of the header is written here: nothing of the sender's is passed on unseen.
 *
 * Specs:     RFC 3550 s5.1; RFC 8285; RFC 9143 s15 (mid); RFC 6464; abs-send-time.
 */
#include "dataplane/media/rewrite.h"

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

/* Only sizes that the extension can have: a sender cannot make headers grow. */
static inline unsigned int copy(struct wire_ext *ext, unsigned int n, const struct dp_media_route *r,
				const struct dp_rtp *rtp, enum shm_ext kind, uint8_t most)
{
	const struct wire_ext *e = &rtp->ext[kind];

	return e->len <= most ? add(ext, n, r->set.ext[kind], e->len, e->value) : n;
}

uint32_t dp_rtp_write(uint8_t *at, const struct dp_media_route *r, const struct dp_rtp_out *out,
		      const struct dp_rtp *rtp, uint64_t now_ns)
{
	struct wire_rtp h = {.pt = out->pt, .marker = out->marker, .seq = out->seq, .ts = out->ts, .ssrc = out->ssrc};
	struct en_writer w = en_writer(at + WIRE_RTP_HDR_LEN, DP_RTP_HDR_MAX - WIRE_RTP_HDR_LEN);
	struct wire_ext ext[SHM_EXT_N];
	uint8_t sent[3];
	unsigned int n;

	n = add(ext, 0, r->set.ext[SHM_EXT_MID], (uint8_t)strnlen(r->set.mid, SHM_MID_MAX - 1),
		(const uint8_t *)r->set.mid);
	if (r->set.ext[SHM_EXT_ABS_SEND_TIME]) {
		wire_ext_abs_send_time(sent, now_ns);
		n = add(ext, n, r->set.ext[SHM_EXT_ABS_SEND_TIME], sizeof(sent), sent);
	}
	n = copy(ext, n, r, rtp, SHM_EXT_LEVEL, 2);
	n = copy(ext, n, r, rtp, SHM_EXT_ORIENTATION, 1);
	n = copy(ext, n, r, rtp, SHM_EXT_PLAYOUT_DELAY, 3);
	h.extended = wire_ext_build(&w, ext, n);
	wire_rtp_build(at, &h);
	return (uint32_t)(WIRE_RTP_HDR_LEN + en_written(&w));
}
