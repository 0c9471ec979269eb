/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp.c - sequence, timestamp and jitter of RTP streams at their receiver.
 *
 * Jitter is RFC 3550 A.8's, in nanoseconds instead of timestamp units: the
 * transit time is arrival against *due* time, so the stream's own packet
 * spacing does not enter.
 */
#include "perf/loadgen/rtp.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"

#define VERSION    0x80 /* V=2 */
#define TYPE       111 /* as browsers number Opus */
#define STEP       960 /* timestamp units in 20 ms at 48 kHz */
#define SSRC_FIRST 0x54500000u

struct load_rtp {
	uint16_t last; /* highest sequence number in order */
	bool begun;
	double transit_ns, jitter_ns;
};

/* one each way: a call has two */
static uint32_t streams(const struct load_bed *b)
{
	return 2 * b->o->clients;
}

static uint32_t stream_of(const struct load_slot *s)
{
	return 2 * s->flow + s->down;
}

int load_rtp_open(struct load_bed *b, struct en_err *err)
{
	b->rtp = calloc(streams(b), sizeof(*b->rtp));
	return b->rtp ? 0 : en_fail(err, -1, "no memory for %u streams", b->o->clients);
}

void load_rtp_reset(struct load_bed *b)
{
	memset(b->rtp, 0, streams(b) * sizeof(*b->rtp));
}

void load_rtp_put(const struct load_slot *s, uint8_t *p)
{
	p[0] = VERSION;
	p[1] = TYPE;
	en_store16(p + 2, (uint16_t)s->round);
	en_store32(p + 4, s->round * STEP);
	en_store32(p + 8, SSRC_FIRST + stream_of(s));
}

void load_rtp_take(struct load_bed *b, struct load_trial *t, const struct load_slot *s, const uint8_t *p)
{
	struct load_rtp *r = &b->rtp[stream_of(s)];
	uint16_t seq = en_load16(p + 2);
	double transit = (double)(t->now - load_pace_at(&t->pace, en_load32(p + LOAD_RTP_HDR + 2)));
	double d = transit - r->transit_ns;

	if (p[0] != VERSION || p[1] != TYPE || en_load32(p + 8) != SSRC_FIRST + stream_of(s) ||
	    en_load32(p + 4) != s->round * STEP || seq != (uint16_t)s->round)
		t->rtp_wrong++;
	if (r->begun) {
		uint16_t step = (uint16_t)(seq - r->last);

		if (step != 1 && step < 0x8000)
			t->rtp_gaps++;
		r->jitter_ns += ((d < 0 ? -d : d) - r->jitter_ns) / 16;
		if (step < 0x8000)
			r->last = seq;
	} else {
		r->begun = true;
		r->last = seq;
	}
	r->transit_ns = transit;
}

void load_rtp_sum(struct load_bed *b, struct load_trial *t)
{
	double sum = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < streams(b); i++) {
		if (!b->rtp[i].begun)
			continue;
		sum += b->rtp[i].jitter_ns;
		n++;
	}
	t->rtp_jitter_us = n ? sum / n / 1000 : 0;
}
