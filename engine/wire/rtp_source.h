/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp_source.h - what a receiver of RTP keeps of a sender, and what it reports of it.
 *
 * Runs on:   whoever owns the struct; no allocation.
 * Specs:     RFC 3550 s6.4.1, appendix A.1, A.3, A.8.
 */
#ifndef WIRE_RTP_SOURCE_H
#define WIRE_RTP_SOURCE_H

#include "engine/wire/rtcp.h"

struct wire_rtp_source {
	bool started;
	uint32_t first_ext_seq, ext_seq; /* cycles << 16 | seq; the base is our own affair */
	uint32_t received, received_before, expected_before;
	uint32_t jitter16; /* timestamp units * 16 */
	uint32_t transit;
	uint64_t sr_ns; /* when the last sender report came; 0: none */
	uint64_t sr_ntp;
	uint32_t sr_rtp;
};

/* A packet came. clock: Hz of the payload; now_ns: of any steady clock. */
void wire_rtp_source_packet(struct wire_rtp_source *s, uint16_t seq, uint32_t ts, uint32_t clock, uint64_t now_ns);
/* A sender report of it came. */
void wire_rtp_source_sr(struct wire_rtp_source *s, const struct wire_sr *sr, uint64_t now_ns);
/* Nothing came of it since the last report: there is nothing to tell. */
static inline bool wire_rtp_source_is_silent(const struct wire_rtp_source *s)
{
	return !s->started || s->received == s->received_before;
}
/* The block for the next report; what the fraction counts from begins anew. */
void wire_rtp_source_report(struct wire_rtp_source *s, uint32_t ssrc, uint64_t now_ns, struct wire_report *ret_report);

#endif
