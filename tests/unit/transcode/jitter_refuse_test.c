/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_refuse_test.c - what a jitter buffer does not take: things broken, floods, more than there is room for.
 */
#include "tests/unit/transcode/jitter_kit.h"

#include "control/transcode/jitter_store.h"

/* 40 packets beside the real one: any at all; ahead in both; in a row 4 s ahead; close to the real ones. */
static void flood(struct sim *s, int kind)
{
	for (uint32_t k = 0; k < 40; k++) {
		uint32_t r = random32(&s->random), ssrc = kind == 0 && r % 2 ? r : s->ssrc;
		const uint32_t seq[] = {r, 100 + r % 2900, 200 + k, r % 50};
		const uint32_t ts[] = {r * 77, r % 400000 + 16000, 32000 + k * 160, r % 8000};

		put_silence(s->j, ssrc, (uint16_t)(s->seq0 + s->sent + seq[kind]),
			    (uint32_t)(s->ts0 + s->sent * 160 + ts[kind]), s->ticks * 10000);
	}
}

/* What is real is played, but where somebody knows its numbers; memory is what it was. */
static void floods(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct sim s;
		struct cp_jitter_stats t;

		sim_open(&s, CP_CODEC_PCMU, 1, 20);
		sim_run(&s, 2);
		for (int i = 0; i < 500; i++) {
			flood(&s, kind);
			sim_run(&s, 0.02);
		}
		t = sim_stats(&s);
		print_message("flood %d: %" PRIu64 " of %" PRIu64 " taken, concealed %.1f %%, waiting %u ms\n", kind,
			      t.verdict[CP_JITTER_TAKEN], t.received, 100 * t.concealment, t.waiting_ms);
		assert_int_equal(t.played, 8000 * 12);
		assert_true(t.waiting_ms < 128 * 120);
		assert_true(kind == 3 || t.concealment < 0.02);
		/* and when it is over, all is well */
		sim_run(&s, 20);
		t = sim_stats(&s);
		sim_run(&s, 5);
		assert_int_equal(sim_stats(&s).concealed, t.concealed);
		assert_true(sim_stats(&s).delay_ms < 60);
		sim_close(&s);
	}
}

static void refusals(void **state)
{
	struct sim s;
	uint8_t broken[320] = {0xff, 0x7f};
	struct cp_jitter_in in = {.ssrc = 1, .seq = 10, .ts = 1000, .payload = broken, .len = 320};

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	in.codec = 1;
	assert_int_equal(cp_jitter_put(s.j, &in), CP_JITTER_CODEC);
	in.codec = 0;
	in.len = 0;
	assert_int_equal(cp_jitter_put(s.j, &in), CP_JITTER_BROKEN);
	in.len = 3;
	assert_int_equal(cp_jitter_put(s.j, &in), CP_JITTER_BROKEN);
	in.len = CP_CODEC_BYTES_MAX + 2;
	assert_int_equal(cp_jitter_put(s.j, &in), CP_JITTER_BROKEN);
	sim_close(&s);
}

static void out_of_place(void **state)
{
	struct sim s;
	uint8_t broken[320] = {0xff, 0x7f};
	struct cp_jitter_in in = {.ssrc = 1, .seq = 10, .ts = 1000, .payload = broken, .len = 320};
	int16_t pcm[CP_JITTER_BLOCK_MAX];

	(void)state;
	sim_open(&s, CP_CODEC_PCMU, 1, 20);
	assert_int_equal(cp_jitter_get(s.j, 0, pcm).sound, CP_JITTER_SILENCE);
	assert_int_equal(cp_jitter_put(s.j, &in), CP_JITTER_TAKEN);
	assert_int_equal(put_silence(s.j, 1, 10, 1000, 0), CP_JITTER_DUPLICATE);
	assert_int_equal(put_silence(s.j, 1, 11, 1000, 0), CP_JITTER_ORDER);
	assert_int_equal(put_silence(s.j, 1, 13, 1320, 1), CP_JITTER_TAKEN);
	assert_int_equal(put_silence(s.j, 1, 12, 1400, 2), CP_JITTER_ORDER);
	assert_int_equal(put_silence(s.j, 1, 14, 1320 + 8000, 2), CP_JITTER_FAR);
	for (uint64_t now = 0; now < 60000; now += 10000)
		cp_jitter_get(s.j, now, pcm);
	assert_int_equal(put_silence(s.j, 1, 9, 840, 60000), CP_JITTER_LATE);
	/* the broken one was decoded, and concealed */
	assert_int_equal(sim_stats(&s).verdict[CP_JITTER_BROKEN], 1);
	assert_string_equal(cp_jitter_verdict_name(CP_JITTER_EXCESS), "excess");
	sim_close(&s);
}

static void creation_says_what_is_wrong(void **state)
{
	struct cp_codec codec = {.kind = CP_CODEC_L16, .clock = 11025, .channels = 1};
	struct cp_jitter_config config = {.codec = &codec, .codecs = 1, .min_ms = 10, .max_ms = 200};
	struct cp_jitter *j;
	struct en_err err;

	(void)state;
	assert_int_equal(cp_jitter_create(&config, &j, &err), -EINVAL);
	codec.clock = 96000;
	assert_int_equal(cp_jitter_create(&config, &j, &err), -EINVAL);
	codec.clock = 44100;
	codec.channels = 3;
	assert_int_equal(cp_jitter_create(&config, &j, &err), -EINVAL);
	codec.channels = 2;
	config.max_ms = 5;
	assert_int_equal(cp_jitter_create(&config, &j, &err), -EINVAL);
	config.max_ms = 2000;
	fake_refuse = -ENOMEM;
	assert_int_equal(cp_jitter_create(&config, &j, &err), -ENOMEM);
	fake_refuse = 0;
	assert_int_equal(cp_jitter_create(&config, &j, &err), 0);
	cp_jitter_destroy(j);
	cp_jitter_destroy(NULL);
}

static enum cp_jitter_stored store(struct cp_jitter_store *s, uint16_t seq, uint32_t len, uint32_t *ret_lost)
{
	struct cp_jitter_packet p = {.ts = seq * 10, .duration = 10, .seq = seq, .len = len};
	uint8_t payload[CP_CODEC_BYTES_MAX];

	memset(payload, seq, sizeof(payload));
	*ret_lost = 0;
	return cp_jitter_store_put(s, &p, payload, ret_lost);
}

/* The nearest stay. */
static void a_full_store(void **state)
{
	struct cp_jitter_store *s = cp_jitter_store_create(4, 2000);
	uint8_t payload[CP_CODEC_BYTES_MAX], expected[CP_CODEC_BYTES_MAX];
	uint32_t lost;

	(void)state;
	for (uint16_t seq = 10; seq < 14; seq++)
		assert_int_equal(store(s, seq, 321, &lost), CP_JITTER_STORED);
	assert_int_equal(store(s, 14, 1, &lost), CP_JITTER_STORE_FULL);
	assert_int_equal(store(s, 12, 1, &lost), CP_JITTER_STORE_CLASH);
	assert_int_equal(store(s, 9, 321, &lost), CP_JITTER_STORED_FOR);
	assert_int_equal(lost, 1);
	assert_int_equal(cp_jitter_store_last(s)->seq, 12);
	/* 13 pieces are all: 4 of 3 leave one */
	assert_int_equal(store(s, 8, 1460, &lost), CP_JITTER_STORED_FOR);
	assert_int_equal(lost, 3);
	assert_int_equal(cp_jitter_store_duration(s), 20);
	cp_jitter_store_read(s, cp_jitter_store_head(s), payload);
	memset(expected, 8, sizeof(expected));
	assert_memory_equal(payload, expected, 1460);
	cp_jitter_store_drop(s);
	cp_jitter_store_read(s, cp_jitter_store_head(s), payload);
	memset(expected, 9, sizeof(expected));
	assert_memory_equal(payload, expected, 321);
	cp_jitter_store_drop(s);
	cp_jitter_store_drop(s);
	assert_null(cp_jitter_store_head(s));
	assert_int_equal(cp_jitter_store_duration(s), 0);
	cp_jitter_store_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floods),       cmocka_unit_test(refusals),
		cmocka_unit_test(out_of_place), cmocka_unit_test(creation_says_what_is_wrong),
		cmocka_unit_test(a_full_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
