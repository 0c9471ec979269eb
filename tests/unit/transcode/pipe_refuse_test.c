/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_refuse_test.c - what a pipe does not take: broken packets, payload types nobody speaks, configs it cannot do. */
#include <errno.h>

#include "tests/harness/exact.h"
#include "tests/unit/transcode/pipe_kit.h"

static struct cp_pipe *pipe_of_two(void)
{
	struct cp_pipe_config config = config_of(&pcmu, &opus, true, true);

	config.in_n = 2;
	config.in[1] = (struct cp_pipe_format){.codec = opus, .pt = pt_of(&opus)};
	return pipe_of(&config);
}

static struct cp_pipe_stats stats_of(const struct cp_pipe *p)
{
	struct cp_pipe_stats stats;

	cp_pipe_stats(p, &stats);
	return stats;
}

static void put_exact(struct cp_pipe *p, const uint8_t *bytes, uint32_t len, uint64_t now)
{
	struct exact x = exact_copy(bytes, len, len % 3);

	cp_pipe_put(p, x.data, len, now);
	exact_free(&x);
}

/* A packet with everything that a header may have; its length. */
static uint32_t whole_packet(uint8_t *out, uint8_t pt, uint16_t seq, const uint8_t *payload, uint32_t len)
{
	static const uint8_t extra[] = {1, 2, 3, 4, 0xbe, 0xde, 0, 1, 0x10, 7, 0, 0};
	struct wire_rtp h = {.pt = pt, .padded = true, .extended = true, .csrc_n = 1, .seq = seq, .ts = seq * 160u};

	wire_rtp_build(out, &h);
	memcpy(out + WIRE_RTP_HDR_LEN, extra, sizeof(extra));
	memcpy(out + WIRE_RTP_HDR_LEN + sizeof(extra), payload, len);
	memset(out + WIRE_RTP_HDR_LEN + sizeof(extra) + len, 0, 4);
	out[WIRE_RTP_HDR_LEN + sizeof(extra) + len + 3] = 4;
	return WIRE_RTP_HDR_LEN + sizeof(extra) + len + 4;
}

/* Every packet is either refused or seen by the jitter buffer or the receiver of keys. */
static void every_truncation_is_survived(void **state)
{
	static const uint8_t payload[160] = {0x48, 5, 3, 0, 160};
	const uint8_t pts[] = {pt_of(&pcmu), pt_of(&opus), PT_EVENT, 13};
	struct cp_pipe *p = pipe_of_two();
	uint8_t bytes[256], rtp[CP_PIPE_PACKET_MAX];
	uint64_t now = BASE_US;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct cp_pipe_stats before = stats_of(p);
		uint32_t len = whole_packet(bytes, pts[i], (uint16_t)(1000 * i), payload, sizeof(payload));

		for (uint32_t n = 0; n <= len; n++, now += 10000) {
			put_exact(p, bytes, n, now);
			cp_pipe_tick(p, now, rtp);
		}
		assert_int_equal(stats_of(p).packets_in, before.packets_in + len + 1);
		assert_true(stats_of(p).refused - before.refused >= 24);
		if (pts[i] == 13)
			assert_int_equal(stats_of(p).refused, before.refused + len + 1);
	}
	cp_pipe_destroy(p);
}

static void random_bytes_are_survived(void **state)
{
	struct cp_pipe *p = pipe_of_two();
	uint8_t bytes[256], rtp[CP_PIPE_PACKET_MAX];
	uint64_t random = 5, now = BASE_US;
	struct cp_pipe_stats stats;
	uint32_t out = 0;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		const uint8_t pts[] = {pt_of(&pcmu), pt_of(&opus), PT_EVENT, (uint8_t)random};
		uint32_t len = pipe_random(&random) % sizeof(bytes);

		for (uint32_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)pipe_random(&random);
		if (i % 8) { /* as a header should be */
			bytes[0] = (uint8_t)(0x80 | (i % 16 == 1 ? bytes[0] & 0x3f : 0));
			bytes[1] = pts[i % 4];
			memset(bytes + 8, 0, 4);
		}
		put_exact(p, bytes, len, now);
		now += i % 2 ? 10000 : 0;
		out += i % 2 ? cp_pipe_tick(p, now, rtp) > 0 : 0;
	}
	stats = stats_of(p);
	print_message("random: %llu refused, %llu to the jitter buffer, %llu keys, %llu keys lost\n",
		      (unsigned long long)stats.refused, (unsigned long long)stats.jitter.received,
		      (unsigned long long)stats.events, (unsigned long long)stats.events_lost);
	assert_int_equal(out, 5000);
	assert_int_equal(stats.packets_in, 20000);
	assert_true(stats.refused > 1000 && stats.jitter.received > 1000);
	cp_pipe_destroy(p);
}

/* After all that it is a pipe still. */
static void a_pipe_recovers(void **state)
{
	struct cp_pipe_config config = config_of(&pcmu, &pcma, true, false);
	struct cp_pipe *p = pipe_of(&config);
	int16_t *speech = speech_new(8000 * 4, 8000);
	uint8_t bytes[64];
	uint64_t random = 9;
	struct listener l;
	struct sender s;
	double ms, is;

	(void)state;
	for (uint32_t i = 0; i < 2000; i++) {
		for (uint32_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)pipe_random(&random);
		bytes[0] = 0x80;
		bytes[1] = i % 2 ? pt_of(&pcmu) : PT_EVENT;
		put_exact(p, bytes, sizeof(bytes), BASE_US / 2);
	}
	for (uint32_t i = 0; i < 1000; i++) /* what it took for keys is told, and it ends */
		cp_pipe_tick(p, BASE_US / 2 + i * 100, (uint8_t[CP_PIPE_PACKET_MAX]){0});
	sender_open(&s, &pcmu, speech);
	listener_open(&l, &pcma, 20, 4);
	run(&s, p, NULL, &l, 4);
	is = likeness(speech + 8000, l.out + 8000, 24000, 8000, &ms);
	print_message("after a flood: likeness %.3f, late by %.1f ms\n", is, ms);
	assert_true(is > 0.85);
	listener_close(&l);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(p);
	free(speech);
}

static void refused(const struct cp_pipe_config *config, const char *why)
{
	struct cp_pipe *p;
	struct en_err err;

	assert_int_equal(cp_pipe_create(config, &p, &err), -EINVAL);
	if (!strstr(err.text, why))
		fail_msg("%s: it is not about %s", err.text, why);
}

static void creation_says_what_is_wrong(void **state)
{
	const struct cp_pipe_config good = config_of(&pcmu, &opus, true, true);
	struct cp_pipe_config c = good;

	(void)state;
	for (c.in_n = 0; c.in_n < 20; c.in_n += CP_PIPE_FORMATS + 1)
		refused(&c, "formats");
	c = good;
	c.ptime_ms = 25;
	refused(&c, "25 ms");
	c.ptime_ms = 130;
	refused(&c, "130 ms");
	c = good;
	c.out_event_clock = 8500;
	refused(&c, "telephone-event");
	c = good;
	c.in_event_pt = 128;
	refused(&c, "telephone-event");
	c = good;
	c.in[0].pt = 200;
	refused(&c, "payload type");
	cp_pipe_destroy(NULL);
}

static void creation_says_which_codec_does_not_fit(void **state)
{
	const struct cp_codec wide = {.kind = CP_CODEC_L16, .clock = 48000, .channels = 2};
	const struct cp_codec odd = {.kind = CP_CODEC_L16, .clock = 22050, .channels = 1};
	struct cp_pipe_config c = config_of(&pcmu, &opus, false, false);

	(void)state;
	c.ptime_ms = 30;
	refused(&c, "opus in packets of 30 ms");
	c.ptime_ms = 20;
	c.out.codec.clock = 8000;
	refused(&c, "48000");
	c = config_of(&pcmu, &wide, false, false);
	refused(&c, "L16 in packets of 20 ms");
	c = config_of(&pcmu, &odd, false, false);
	refused(&c, "whole number");
	c = config_of(&odd, &pcmu, false, false);
	refused(&c, "22050");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_survived),
		cmocka_unit_test(random_bytes_are_survived),
		cmocka_unit_test(a_pipe_recovers),
		cmocka_unit_test(creation_says_what_is_wrong),
		cmocka_unit_test(creation_says_which_codec_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
