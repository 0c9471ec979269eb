/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_test.c - what may move a stream and what may not: forgeries, replays, wraps, bursts (srtp.h K1 to K4).
 * Every case runs for both backends and all profiles.
 */
#include <malloc.h>

#include "tests/unit/srtp/kit.h"

#define SSRC 0x11223344
#define MANY 150 /* more than goes into one batch */

/* One backend, one profile, one direction of a call */
struct end {
	struct dp_srtp *srtp;
	struct dp_srtp_keys *tx, *rx;
	struct dp_srtp_stream out, in;
};

typedef void (*case_fn)(struct end *e);

static void for_all(case_fn run)
{
	for (unsigned int portable = 0; portable < 2; portable++) {
		struct kit kit;

		for (unsigned int p = 0; p < KIT_PROFILES; p++) {
			struct end e;

			kit_start(&kit, portable);
			e = (struct end){
				.srtp = kit.srtp, .tx = kit.tx[p], .rx = kit.rx[p], .out.ssrc = SSRC, .in.ssrc = SSRC};
			run(&e);
			kit_stop(&kit);
		}
	}
}

static void sent(struct end *e, struct kit_packet *p, uint16_t seq)
{
	kit_rtp(p, SSRC, seq, 100);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, p), DP_SRTP_OK);
}

static enum dp_srtp_status received(struct end *e, const struct kit_packet *p)
{
	struct kit_packet copy = *p, plain;
	enum dp_srtp_status status = kit_one(dp_srtp_unprotect, e->srtp, e->rx, &e->in, &copy);

	if (status == DP_SRTP_OK) {
		kit_rtp(&plain, SSRC, en_load16(p->bytes + 2), 100);
		assert_int_equal(copy.len, plain.len);
		assert_memory_equal(copy.bytes, plain.bytes, plain.len);
	}
	return status;
}

static void same(const struct dp_srtp_stream *a, const struct dp_srtp_stream *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

/* A sequence number that stands for a past one is refused for that */
static bool is_refused(enum dp_srtp_status status)
{
	return status == DP_SRTP_AUTH || status == DP_SRTP_REPLAY;
}

/* M4 of the attacks: a jump of 40 000, and near ones, with a wrong tag */
static void forged_once(struct end *e, const struct kit_packet *p, uint16_t seq, uint32_t at)
{
	struct dp_srtp_stream before = e->in;
	struct kit_packet f = *p;

	en_store16(f.bytes + 2, seq);
	f.bytes[at] ^= 0x20;
	assert_true(is_refused(received(e, &f)));
	same(&e->in, &before);
}

static void forged(struct end *e)
{
	struct kit_packet p;

	sent(e, &p, 1000);
	forged_once(e, &p, 1000, 20);
	forged_once(e, &p, 41000, p.len - 1);
	assert_int_equal(received(e, &p), DP_SRTP_OK);
	for (unsigned int jump = 1; jump <= 0x10000 - DP_SRTP_WINDOW; jump += 997) {
		sent(e, &p, (uint16_t)(e->out.seq + 1));
		forged_once(e, &p, (uint16_t)(e->in.seq + jump), 13);
		forged_once(e, &p, (uint16_t)(e->in.seq + jump), p.len - 1);
		assert_int_equal(received(e, &p), DP_SRTP_OK);
	}
	assert_int_equal(e->in.roc, 0);
}

static void a_forged_packet_moves_nothing(void **state)
{
	(void)state;
	for_all(forged);
}

/* MANY packets from seq on, protected in one call and in one burst */
static void burst_of(struct end *e, struct kit_packet *p, struct dp_srtp_job *job, uint16_t seq, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		kit_rtp(&p[i], SSRC, (uint16_t)(seq + i), 100);
		job[i] = kit_job(e->tx, &e->out, &p[i]);
	}
	dp_srtp_protect(e->srtp, job, n);
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(job[i].status, DP_SRTP_OK);
		p[i].len = job[i].len;
	}
}

static void forged_among(struct end *e)
{
	static struct kit_packet p[MANY];
	struct dp_srtp_job job[MANY];

	burst_of(e, p, job, 65500, MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		job[i] = kit_job(e->rx, &e->in, &p[i]);
		if (i % 7 == 3) { /* were it believed, what follows would be of another round */
			en_store16(p[i].bytes + 2, (uint16_t)(en_load16(p[i].bytes + 2) + 40000));
		}
	}
	dp_srtp_unprotect(e->srtp, job, MANY);
	for (unsigned int i = 0; i < MANY; i++)
		assert_true(i % 7 == 3 ? is_refused(job[i].status) : job[i].status == DP_SRTP_OK);
	assert_int_equal(e->in.roc, 1);
	assert_int_equal(e->in.seq, (uint16_t)(65500 + MANY - 1));
}

static void forged_packets_of_a_burst_do_not_disturb_the_others(void **state)
{
	(void)state;
	for_all(forged_among);
}

static void doubled(struct end *e)
{
	static struct kit_packet p[MANY], twin[MANY];
	struct dp_srtp_job job[2 * MANY];

	burst_of(e, p, job, 7, MANY);
	memcpy(twin, p, sizeof(p));
	for (unsigned int i = 0; i < MANY; i++) {
		job[2 * i] = kit_job(e->rx, &e->in, &p[i]);
		job[2 * i + 1] = kit_job(e->rx, &e->in, &twin[i]);
	}
	dp_srtp_unprotect(e->srtp, job, 2 * MANY);
	for (unsigned int i = 0; i < 2 * MANY; i++)
		assert_int_equal(job[i].status, i % 2 ? DP_SRTP_REPLAY : DP_SRTP_OK);
}

static void a_duplicate_within_a_burst_is_a_replay(void **state)
{
	(void)state;
	for_all(doubled);
}

static void leaping(struct end *e)
{
	static struct kit_packet p[8];
	struct dp_srtp_job job[8];

	for (unsigned int i = 0; i < 8; i++) { /* two leaps are more than an estimate can bridge at once */
		sent(e, &p[i], (uint16_t)(100 + 30000 * i));
		job[i] = kit_job(e->rx, &e->in, &p[i]);
	}
	dp_srtp_unprotect(e->srtp, job, 8);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(job[i].status, DP_SRTP_OK);
	assert_int_equal(e->in.roc, e->out.roc);
	assert_int_equal(e->in.roc, 3);
}

static void a_burst_may_leap_over_several_rounds(void **state)
{
	(void)state;
	for_all(leaping);
}

/* sent[0] to sent[n - 1]: consecutive ones from seq on */
static void run_of(struct end *e, struct kit_packet *p, uint16_t seq, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		sent(e, &p[i], (uint16_t)(seq + i));
}

static void windowed(struct end *e)
{
	static struct kit_packet p[200];

	run_of(e, p, 65400, 200);
	assert_int_equal(received(e, &p[0]), DP_SRTP_OK);
	assert_int_equal(received(e, &p[199]), DP_SRTP_OK);
	assert_int_equal(e->in.roc, 1);
	assert_int_equal(received(e, &p[199 - DP_SRTP_WINDOW]), DP_SRTP_REPLAY);
	for (unsigned int i = 199 - DP_SRTP_WINDOW + 1; i < 199; i++) {
		assert_int_equal(received(e, &p[i]), DP_SRTP_OK);
		assert_int_equal(received(e, &p[i]), DP_SRTP_REPLAY);
	}
	assert_int_equal(received(e, &p[199]), DP_SRTP_REPLAY);
	assert_int_equal(received(e, &p[0]), DP_SRTP_REPLAY);
}

static void the_window_is_128_packets_also_across_a_wrap(void **state)
{
	(void)state;
	for_all(windowed);
}

static void late_start(struct end *e)
{
	static struct kit_packet p[60];

	/* the first 1 to 20 packets are lost; the first heard is of this round, or already of the next */
	for (unsigned int lost = 0; lost <= 20; lost++) {
		e->in = (struct dp_srtp_stream){.ssrc = SSRC};
		e->out = (struct dp_srtp_stream){.ssrc = SSRC};
		run_of(e, p, 65530, 60);
		for (unsigned int i = lost; i < 60; i++)
			assert_int_equal(received(e, &p[i]), DP_SRTP_OK);
		assert_int_equal(e->in.roc, 1);
		for (unsigned int i = 0; i < lost; i++) /* they were late only */
			assert_int_equal(received(e, &p[i]), DP_SRTP_OK);
	}
}

static void streams_that_start_before_the_wrap_are_found(void **state)
{
	(void)state;
	for_all(late_start);
}

static void late_start_in_a_burst(struct end *e)
{
	static struct kit_packet p[MANY];
	struct dp_srtp_job job[MANY];

	burst_of(e, p, job, 65530, MANY);
	en_store16(p[10].bytes + 2, 11); /* a forged one is the first */
	for (unsigned int i = 10; i < MANY; i++)
		job[i] = kit_job(e->rx, &e->in, &p[i]);
	dp_srtp_unprotect(e->srtp, job + 10, MANY - 10);
	assert_int_equal(job[10].status, DP_SRTP_AUTH);
	for (unsigned int i = 11; i < MANY; i++)
		assert_int_equal(job[i].status, DP_SRTP_OK);
	assert_int_equal(e->in.roc, 1);
}

static void streams_that_start_before_the_wrap_are_found_in_a_burst(void **state)
{
	(void)state;
	for_all(late_start_in_a_burst);
}

static void two_streams(struct end *e)
{
	struct dp_srtp_stream out[2] = {{.ssrc = 1}, {.ssrc = 2}}, in[2] = {{.ssrc = 1}, {.ssrc = 2}};
	struct kit_packet p[2];

	for (unsigned int i = 0; i < 200; i++) {
		for (unsigned int k = 0; k < 2; k++) {
			kit_rtp(&p[k], k + 1, (uint16_t)(k ? 65400 + i : 5 + i), 30);
			assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &out[k], &p[k]), DP_SRTP_OK);
			assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->rx, &in[k], &p[k]), DP_SRTP_OK);
		}
	}
	assert_int_equal(in[0].roc, 0);
	assert_int_equal(in[1].roc, 1);
	same(&in[1], &out[1]);
}

static void each_ssrc_has_its_own_round(void **state)
{
	(void)state;
	for_all(two_streams);
}

/* An index is used once: the second time the keystream would be the same */
static void sent_twice(struct end *e)
{
	struct kit_packet p, before;
	struct dp_srtp_stream st;

	sent(e, &p, 500);
	st = e->out;
	kit_rtp(&p, SSRC, 500, 100);
	before = p;
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_REPLAY);
	assert_memory_equal(&p, &before, sizeof(p));
	same(&e->out, &st);
	sent(e, &p, 700);
	kit_rtp(&p, SSRC, 700 - DP_SRTP_WINDOW, 100);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_REPLAY);
	sent(e, &p, 700 - DP_SRTP_WINDOW + 1);
	sent(e, &p, 699);
}

static void no_index_is_sent_twice(void **state)
{
	(void)state;
	for_all(sent_twice);
}

static void used_up(struct end *e)
{
	struct kit_packet p;

	e->out = (struct dp_srtp_stream){.roc = UINT32_MAX, .ssrc = SSRC};
	sent(e, &p, 65534);
	sent(e, &p, 65535);
	e->in = (struct dp_srtp_stream){.roc = UINT32_MAX, .ssrc = SSRC};
	assert_int_equal(received(e, &p), DP_SRTP_OK);
	kit_rtp(&p, SSRC, 0, 100);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_EXHAUSTED);
	assert_int_equal(received(e, &p), DP_SRTP_EXHAUSTED);
	e->out.rtcp_index = 0x7fffffff;
	p.len = 60;
	assert_int_equal(kit_one(dp_srtcp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_EXHAUSTED);
}

static void keys_are_used_up_after_2_to_the_48_packets(void **state)
{
	(void)state;
	for_all(used_up);
}

#define SSRCS 20000

/* security.md M5: whoever sends under new SSRCs without end takes no more memory than the streams that are kept. */
static void many_ssrcs(struct end *e)
{
	struct kit_packet p;
	size_t taken = 0;

	for (uint32_t i = 0; i < SSRCS; i++) {
		struct dp_srtp_stream out = {.ssrc = i + 1}, in = out;

		kit_rtp(&p, i + 1, 7, 20);
		assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &out, &p), DP_SRTP_OK);
		assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->rx, &in, &p), DP_SRTP_OK);
		dp_srtp_forget(e->srtp, e->tx, i + 1);
		dp_srtp_forget(e->srtp, e->rx, i + 1);
		if (i == SSRCS / 2)
			taken = mallinfo2().uordblks;
	}
	assert_int_equal(mallinfo2().uordblks, taken);
}

static void forgotten_ssrcs_take_no_memory(void **state)
{
	(void)state;
	for_all(many_ssrcs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forged_packet_moves_nothing),
		cmocka_unit_test(forged_packets_of_a_burst_do_not_disturb_the_others),
		cmocka_unit_test(a_duplicate_within_a_burst_is_a_replay),
		cmocka_unit_test(a_burst_may_leap_over_several_rounds),
		cmocka_unit_test(the_window_is_128_packets_also_across_a_wrap),
		cmocka_unit_test(streams_that_start_before_the_wrap_are_found),
		cmocka_unit_test(streams_that_start_before_the_wrap_are_found_in_a_burst),
		cmocka_unit_test(each_ssrc_has_its_own_round),
		cmocka_unit_test(no_index_is_sent_twice),
		cmocka_unit_test(keys_are_used_up_after_2_to_the_48_packets),
		cmocka_unit_test(forgotten_ssrcs_take_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
