/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic_calls.c - speech in G.711 of both phones of each call, through a gateway that only relays it, or encrypts it
 * on one side.
 *
 * A flow is a leg; the payload is a frame of sound with the packet's number in its first 8 bytes (payload.h), so that
 * whoever hears it can check every byte.
 *
 * A packet that is later than LATE_NS is of no use to a phone, and counts as lost. Without that a server with a socket
 * a port would seem to carry, in a short trial, what its receive buffers hold: some 100 packets a call.
 *
 * Specs: RFC 3550 s5.1, RFC 3551 s4.5.14 (PCMU), RFC 3711.
 */
#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/rtcp.h"
#include "engine/wire/rtp.h"
#include "perf/loadgen/calls.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/stop.h"

#define CSUM_EVERY 16 /* one packet in so many has its UDP checksum verified */
#define BURST      64
#define FRAMES     256 /* of sound, again and again */
#define LATE_NS    UINT64_C(50000000)
#define DRAIN_NS   UINT64_C(100000000) /* without a packet: nothing of the trial before is on its way any more */
#define DRAIN_MAX  UINT64_C(5000000000)
#define LEN        (WIRE_RTP_HDR_LEN + LOAD_FRAME)

/* --- around trials ------------------------------------------------------------------- */

static int open_calls(struct load_bed *b, struct en_err *err)
{
	if (load_calls_create(b, b->o->calls, err) != 0)
		return -1;
	return load_sound_make(&b->calls->sound, FRAMES, false, err);
}

/* What an overload left in the server's buffers is let out: it is not the next trial's. */
static void let_out(struct load_bed *b)
{
	uint64_t begin = load_now(), last = begin, now = begin;

	while (now - last < DRAIN_NS && now - begin < DRAIN_MAX && !load_stop()) {
		unsigned int n = load_bed_receive(b, NULL);

		now = load_now();
		if (n)
			last = now;
	}
}

static int bind_calls(struct load_bed *b, struct en_err *err)
{
	struct load_calls *cs = b->calls;
	bool whole = cs->taken == cs->said;
	int rc = 0;

	if (cs->up)
		let_out(b);
	/* of an overload some servers do not recover: a socket that is full may never be read again */
	if (!cs->up || !whole)
		rc = load_calls_set_up(b, b->o->calls, err);
	cs->said = cs->taken = 0;
	return rc;
}

static uint32_t silent(const struct load_bed *b)
{
	return 2 * b->calls->up - b->calls->heard;
}

/* --- out ----------------------------------------------------------------------------- */

static const uint8_t *frame_of(const struct load_calls *cs, uint32_t seq)
{
	return cs->sound.pcmu + (size_t)(seq % FRAMES) * LOAD_FRAME;
}

static struct rte_mbuf *build(struct load_bed *b, const struct load_trial *t, uint32_t seq, struct load_nic **ret_nic)
{
	struct load_calls *cs = b->calls;
	struct load_leg *leg = &cs->leg[load_slot(b->o, seq).flow];
	struct wire_rtp h = {.pt = leg->pt, .seq = leg->seq, .ts = leg->ts, .ssrc = leg->ssrc};
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);

	*ret_nic = b->up.nic;
	if (!p)
		return NULL;
	wire_rtp_build(p, &h);
	leg->seq++;
	leg->ts += LOAD_FRAME;
	cs->said++;
	load_payload_put(p + WIRE_RTP_HDR_LEN, LOAD_PAYLOAD_MIN, t->tag, seq);
	memcpy(p + WIRE_RTP_HDR_LEN + LOAD_PAYLOAD_MIN, frame_of(cs, seq) + LOAD_PAYLOAD_MIN,
	       LOAD_FRAME - LOAD_PAYLOAD_MIN);
	if (!leg->tx) {
		load_nic_head(&b->up, m, &leg->local, &leg->server, LEN, en_csum_add(0, p, LEN));
		return m;
	}
	cs->out[cs->out_n] = m;
	cs->from[cs->out_n] = leg;
	cs->job[cs->out_n++] = (struct dp_srtp_job){
		.keys = leg->tx,
		.stream = &leg->tx_stream,
		.src = p + WIRE_RTP_HDR_LEN,
		.dst = p,
		.header_len = WIRE_RTP_HDR_LEN,
		.len = LEN,
	};
	return m;
}

static void seal(struct load_bed *b)
{
	struct load_calls *cs = b->calls;

	if (!cs->out_n)
		return;
	dp_srtp_protect(cs->srtp, cs->job, cs->out_n);
	for (unsigned int i = 0; i < cs->out_n; i++) {
		const struct dp_srtp_job *j = &cs->job[i];

		load_nic_head(&b->up, cs->out[i], &cs->from[i]->local, &cs->from[i]->server, j->len,
			      en_csum_add(0, j->dst, j->len));
	}
	cs->out_n = 0;
}

/* --- in ------------------------------------------------------------------------------ */

struct arrival {
	struct load_leg *leg;
	struct wire_rtp h;
	const uint8_t *data;
	size_t len;
};

static void note_order(struct load_trial *t, struct load_calls *cs, const struct arrival *a, unsigned int way)
{
	struct load_leg *leg = a->leg;
	int ahead = wire_seq_diff(leg->last, a->h.seq);

	t->way[way].received++;
	cs->taken++;
	if (!leg->heard) {
		leg->heard = true;
		leg->last = a->h.seq;
		cs->heard++;
	} else if (ahead > 0) {
		leg->last = a->h.seq;
	} else {
		t->way[way].reordered++;
		t->reordered++;
	}
}

static void take_clear(struct load_bed *b, struct load_trial *t, const struct arrival *a)
{
	struct load_calls *cs = b->calls;
	const uint8_t *p = a->data + a->h.payload_off;
	size_t len = a->len - a->h.payload_off;
	unsigned int way;
	uint64_t before = t->duplicates;
	uint32_t seq;
	uint16_t tag;

	if (!load_payload_get(p, len, &tag, &seq)) {
		t->corrupt++;
		return;
	}
	if (tag != t->tag || seq >= t->planned)
		return;
	way = load_slot(b->o, seq).flow & 1;
	if (&cs->leg[load_slot(b->o, seq).flow ^ 1] != a->leg)
		t->misdelivered++;
	else if (len != LOAD_FRAME || a->h.pt != a->leg->pt ||
		 memcmp(p + LOAD_PAYLOAD_MIN, frame_of(cs, seq) + LOAD_PAYLOAD_MIN, LOAD_FRAME - LOAD_PAYLOAD_MIN) != 0)
		t->corrupt++;
	else if (t->now > load_pace_near(&t->pace, seq) + LATE_NS)
		t->way[way].late++;
	else if (load_trial_copy_arrived(t, seq, 0))
		note_order(t, cs, a, way);
	t->way[way].duplicates += t->duplicates - before;
}

/* Encrypted: the server's SSRC of this leg is what comes first, and stays. */
static void make_job(struct arrival *a, uint8_t *data, struct dp_srtp_job *j)
{
	struct load_leg *leg = a->leg;

	if (!leg->rx_stream.started && leg->rx_stream.ssrc != a->h.ssrc)
		leg->rx_stream = (struct dp_srtp_stream){.ssrc = a->h.ssrc};
	*j = (struct dp_srtp_job){.keys = leg->rx,
				  .stream = &leg->rx_stream,
				  .src = data + a->h.payload_off,
				  .dst = data,
				  .header_len = a->h.payload_off,
				  .len = (uint32_t)a->len};
}

static bool take_rtp(struct load_bed *b, struct load_trial *t, const struct load_dgram *d, struct arrival *a)
{
	struct load_leg *leg = load_calls_at(b->calls, &d->dst);

	if (!leg || !en_ep_eq(&d->src, &leg->server)) {
		/* RTCP has a port of its own: nobody here listens to it */
		t->misdelivered += d->dst.port % 2 == 0;
		return false;
	}
	*a = (struct arrival){.leg = leg, .data = d->data, .len = d->len};
	if (d->len >= 2 && wire_is_rtcp(d->data, d->len))
		return false;
	if (!wire_rtp_parse(d->data, d->len, &a->h) || (a->h.seq % CSUM_EVERY == 0 && !load_nic_csum_ok(d))) {
		t->corrupt++;
		return false;
	}
	return true;
}

static void take_opened(struct load_bed *b, struct load_trial *t, struct arrival *a, const struct dp_srtp_job *j)
{
	if (j->status == DP_SRTP_REPLAY) {
		t->duplicates++;
	} else if (j->status != DP_SRTP_OK) {
		t->corrupt++;
	} else {
		a->len = j->len;
		take_clear(b, t, a);
	}
}

static void take_burst(struct load_bed *b, struct load_trial *t, struct load_dgram *d, unsigned int n)
{
	struct dp_srtp_job job[BURST];
	struct arrival a[BURST];
	unsigned int jobs = 0;

	for (unsigned int i = 0; t && i < n; i++) {
		if (!take_rtp(b, t, &d[i], &a[jobs]))
			continue;
		if (a[jobs].leg->rx) {
			make_job(&a[jobs], d[i].data, &job[jobs]);
			jobs++;
		} else {
			take_clear(b, t, &a[jobs]);
		}
	}
	if (!jobs)
		return;
	dp_srtp_unprotect(b->calls->srtp, job, jobs);
	for (unsigned int i = 0; i < jobs; i++)
		take_opened(b, t, &a[i], &job[i]);
}

const struct load_traffic load_traffic_calls = {
	.open = open_calls,
	.close = load_calls_close,
	.bind = bind_calls,
	.build = build,
	.seal = seal,
	.take_burst = take_burst,
	.silent = silent,
	.report = load_calls_report,
};
