/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_drift_test.c - ten minutes of recorded speech from a sender whose clock is 200 ppm off: the delay stays and
 * nothing runs dry.
 *
 * Ten minutes at 200 ppm are 120 ms that have to be put in or taken out. Lines that begin with | are the table of
 * perf/results/transcode.md.
 */
#include "tests/unit/transcode/quality_kit.h"

#define MINUTES  10
#define SETTLE_S 10 /* until the delay counts */
#define TICK_US  UINT64_C(10000)
#define STRAY_MS                                                                                                       \
	25 /* of the delay over all the time: what stretching leaves alone (jitter_adapt.c) and its largest piece */
#define DRIFT_MS (MINUTES * 60 * 1000 * 200 / 1000000)

/* Packets as they were encoded once: they are said again and again. */
struct loop {
	const struct cp_codec *codec;
	struct kit_packet *packet;
	uint32_t packets, sent, ts;
	uint16_t seq;
};

static void loop_open(struct loop *l, const struct cp_codec *c)
{
	uint32_t n;
	const int16_t *said = voice_at(cp_codec_rate(c), &n);

	*l = (struct loop){.codec = c, .packets = n / (cp_codec_rate(c) / 50)};
	l->packet = packets_of(c, said, l->packets, cp_codec_rate(c) / 50);
}

static void loop_send(struct loop *l, struct cp_pipe *p, uint64_t now)
{
	uint8_t bytes[CP_PIPE_PACKET_MAX];
	const struct kit_packet *k = &l->packet[l->sent++ % l->packets];
	struct wire_rtp h = {.pt = pt_of(l->codec), .seq = l->seq++, .ts = l->ts, .ssrc = 77};

	wire_rtp_build(bytes, &h);
	memcpy(bytes + WIRE_RTP_HDR_LEN, k->bytes, k->len);
	cp_pipe_put(p, bytes, WIRE_RTP_HDR_LEN + k->len, now);
	l->ts += l->codec->clock / 50;
}

struct drifted {
	uint32_t first_ms, last_ms, least_ms, most_ms; /* delay, from when it has settled */
	struct cp_pipe_stats stats;
};

static void note_delay(struct drifted *d, const struct cp_pipe *p, uint32_t tick)
{
	uint32_t ms;

	cp_pipe_stats(p, &d->stats);
	ms = d->stats.jitter.delay_ms;
	if (tick < SETTLE_S * 100)
		return;
	if (tick == SETTLE_S * 100)
		d->first_ms = d->least_ms = d->most_ms = ms;
	d->last_ms = ms;
	d->least_ms = ms < d->least_ms ? ms : d->least_ms;
	d->most_ms = ms > d->most_ms ? ms : d->most_ms;
}

/* When the next packet comes, never before one that was sent earlier. */
static uint64_t arrival_of(const struct loop *l, double ppm, uint32_t jitter_us, uint64_t *random, uint64_t before)
{
	uint64_t at = BASE_US + (uint64_t)(l->sent * 20000.0 * (1 - ppm * 1e-6));

	at += jitter_us ? pipe_random(random) % jitter_us : 0;
	return at > before ? at : before;
}

/* jitter_us: beside the drift. */
static struct drifted drifted(const struct cp_codec *a, const struct cp_codec *b, double ppm, uint32_t jitter_us)
{
	struct cp_pipe_config config = config_of(a, b, false, false);
	struct cp_pipe *p = pipe_of(&config);
	struct drifted d = {.first_ms = 0};
	uint8_t rtp[CP_PIPE_PACKET_MAX];
	uint64_t random = 1, at;
	struct loop l;

	loop_open(&l, a);
	at = arrival_of(&l, ppm, jitter_us, &random, 0);
	for (uint32_t tick = 0; tick < MINUTES * 60 * 100; tick++) {
		uint64_t now = BASE_US + tick * TICK_US + 3000;

		for (; at <= now; at = arrival_of(&l, ppm, jitter_us, &random, at))
			loop_send(&l, p, at);
		cp_pipe_tick(p, now, rtp);
		note_delay(&d, p, tick);
	}
	packets_free(l.packet, l.packets);
	cp_pipe_destroy(p);
	return d;
}

static void row(const struct cp_codec *a, const struct cp_codec *b, double ppm, uint32_t jitter_us)
{
	struct drifted d = drifted(a, b, ppm, jitter_us);
	const struct cp_jitter_stats *j = &d.stats.jitter;
	double a_ms = (a->kind == CP_CODEC_G722 ? 16000 : 8000) / 1000; /* samples: opus at b's rate */

	print_message("| %s | %s | %+.0f | %u | %u | %u | %u to %u | %u | %.0f | %u | %.0f | %u |\n",
		      cp_codec_name(a->kind), cp_codec_name(b->kind), ppm, jitter_us / 1000, d.first_ms, d.last_ms,
		      d.least_ms, d.most_ms, (unsigned int)j->cuts, (double)j->cut / a_ms, (unsigned int)j->adds,
		      (double)j->added / a_ms, (unsigned int)j->concealed_events);
	assert_int_equal(j->concealed + j->lost + j->restarts, 0);
	assert_true(d.most_ms - d.least_ms <= STRAY_MS);
	assert_true(abs((int)d.last_ms - (int)d.first_ms) <= STRAY_MS);
	/* all of the drift, less what the delay has moved, and no more than jitter asks for */
	assert_true(fabs((double)j->cut / a_ms - (double)j->added / a_ms - (ppm / 200) * DRIFT_MS) <= STRAY_MS);
	assert_true(j->cuts + j->adds <= (ppm == 0 ? 2 : 13));
}

static void the_delay_stays(void **state)
{
	static const struct cp_codec *const pairs[][2] = {{&pcmu, &g722}, {&g722, &pcma}, {&opus, &pcmu}};

	(void)state;
	print_message("| From | To | Sender's clock ppm | Jitter ms | Delay at the start ms | at the end | between | "
		      "Pieces taken out | ms | Pieces put in | ms | Underruns |\n"
		      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
	for (unsigned int i = 0; i < 3; i++)
		for (uint32_t jitter_us = 0; jitter_us <= 50000; jitter_us += 50000)
			for (int ppm = -200; ppm <= 200; ppm += 200)
				row(pairs[i][0], pairs[i][1], ppm, jitter_us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_delay_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
