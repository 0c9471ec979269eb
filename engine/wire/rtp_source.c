/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp_source.c - counts, extended sequence number, jitter and loss of what a sender sends (rtp_source.h). */
#include "engine/wire/rtp_source.h"

#include "engine/base/clock.h"
#include "engine/wire/rtp.h"

/* RFC 3550 A.8, with the arrival in units of the timestamp. */
static void jitter(struct wire_rtp_source *s, uint32_t ts, uint32_t clock, uint64_t now_ns, bool first)
{
	uint32_t arrival = (uint32_t)(now_ns / 1000 * clock / 1000000), transit = arrival - ts;
	int32_t d = (int32_t)(transit - s->transit);

	s->transit = transit;
	if (first)
		return;
	s->jitter16 += (uint32_t)(d < 0 ? -(int64_t)d : d) - ((s->jitter16 + 8) >> 4);
}

void wire_rtp_source_packet(struct wire_rtp_source *s, uint16_t seq, uint32_t ts, uint32_t clock, uint64_t now_ns)
{
	bool first = !s->started;
	int ahead;

	if (first) {
		s->started = true;
		s->first_ext_seq = s->ext_seq =
			UINT32_C(0x10000) | seq; /* an earlier one that comes late is still > 0 */
	}
	ahead = wire_seq_diff((uint16_t)s->ext_seq, seq);
	if (ahead > 0)
		s->ext_seq += (uint32_t)ahead;
	s->received++;
	jitter(s, ts, clock, now_ns, first);
}

void wire_rtp_source_sr(struct wire_rtp_source *s, const struct wire_sr *sr, uint64_t now_ns)
{
	s->sr_ns = now_ns;
	s->sr_ntp = sr->ntp;
	s->sr_rtp = sr->rtp;
}

static int32_t clamp24(int64_t v)
{
	return (int32_t)(v > 0x7fffff ? 0x7fffff : v < -0x800000 ? -0x800000 : v);
}

static uint8_t fraction_of(int64_t lost, uint32_t expected)
{
	int64_t fraction = expected && lost > 0 ? lost * 256 / expected : 0;

	return (uint8_t)(fraction > 255 ? 255 : fraction);
}

void wire_rtp_source_report(struct wire_rtp_source *s, uint32_t ssrc, uint64_t now_ns, struct wire_report *ret_report)
{
	uint32_t expected = s->ext_seq - s->first_ext_seq + 1;
	uint32_t expected_since = expected - s->expected_before;

	*ret_report = (struct wire_report){
		.ssrc = ssrc,
		.fraction = fraction_of((int64_t)expected_since - (s->received - s->received_before), expected_since),
		.lost = clamp24((int64_t)expected - s->received),
		.ext_seq = s->ext_seq - (s->first_ext_seq & 0xffff0000),
		.jitter = s->jitter16 >> 4,
	};
	if (s->sr_ns) {
		ret_report->lsr = wire_ntp_mid(s->sr_ntp);
		ret_report->dlsr = (uint32_t)(((now_ns - s->sr_ns) << 16) / EN_NS_PER_S);
	}
	s->expected_before = expected;
	s->received_before = s->received;
}
