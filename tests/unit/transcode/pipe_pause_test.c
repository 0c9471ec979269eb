/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_pause_test.c - silence: before the first packet, in a sender's pauses (DTX), and towards an opus side with DTX.
 */
#include "tests/unit/transcode/pipe_kit.h"

static double loudness(const struct listener *l, uint32_t from_ms, uint32_t to_ms)
{
	uint32_t per_ms = cp_codec_rate(&l->codec) / 1000;

	return energy_of(l->out + from_ms * per_ms, (to_ms - from_ms) * per_ms) / ((to_ms - from_ms) * per_ms);
}

static void listen_on(struct cp_pipe *p, struct listener *l, uint64_t from_us, uint32_t ticks)
{
	uint8_t rtp[CP_PIPE_PACKET_MAX];

	for (uint32_t i = 0; i < ticks; i++)
		hear(l, rtp, cp_pipe_tick(p, from_us + i * UINT64_C(10000), rtp));
}

/* hear() asserts that a packet comes at each ptime all the while. */
static void silence_is_sent_when_nothing_comes(void **state)
{
	const struct cp_codec *const pairs[][2] = {{&pcmu, &opus}, {&opus, &pcma}, {&g722, &pcmu}};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		const struct cp_codec *in = pairs[i][0], *out = pairs[i][1];
		struct cp_pipe_config config = config_of(in, out, false, false);
		struct cp_pipe *p = pipe_of(&config);
		int16_t *speech = speech_new(cp_codec_rate(in), cp_codec_rate(in));
		struct listener l;
		struct sender s;

		listener_open(&l, out, 20, 4);
		sender_open(&s, in, speech);
		listen_on(p, &l, BASE_US - 1000000, 100);
		run(&s, p, NULL, &l, 1);
		listen_on(p, &l, BASE_US + 1003000, 200);
		print_message("%s to %s: before %.0f, speech %.0f, after %.0f a sample\n", cp_codec_name(in->kind),
			      cp_codec_name(out->kind), loudness(&l, 0, 1000), loudness(&l, 1200, 1900),
			      loudness(&l, 3400, 4000));
		assert_true(loudness(&l, 0, 1000) < 100);
		assert_true(loudness(&l, 1200, 1900) > 1e5);
		assert_true(loudness(&l, 3400, 4000) < 100);
		listener_close(&l);
		cp_encoder_destroy(s.encoder);
		cp_pipe_destroy(p);
		free(speech);
	}
}

/* Few packets while it is silent; numbers without gaps, times that go on, a marker where sound begins again. */
static void a_side_with_dtx_is_sent_less(void **state)
{
	struct cp_pipe_config config = config_of(&pcmu, &opus, false, false);
	uint8_t rtp[CP_PIPE_PACKET_MAX];
	struct wire_rtp h, last = {.pt = 0};
	uint32_t packets = 0, markers = 0;
	struct cp_pipe *p;

	(void)state;
	config.out.codec.dtx = true;
	p = pipe_of(&config);
	for (uint32_t t = 0; t < 1000; t++) {
		uint32_t len = cp_pipe_tick(p, BASE_US + t * UINT64_C(10000), rtp);

		if (!len)
			continue;
		assert_true(wire_rtp_parse(rtp, len, &h));
		if (packets++) {
			uint32_t since = h.ts - last.ts;

			assert_int_equal(h.seq, (uint16_t)(last.seq + 1));
			assert_true(since >= 960 && since % 960 == 0);
			assert_int_equal(h.marker, since > 960);
		}
		markers += h.marker;
		last = h;
	}
	print_message("10 s of silence: %u packets, %u of them with a marker\n", packets, markers);
	assert_true(packets < 150 && markers > 1);
	cp_pipe_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_sent_when_nothing_comes),
		cmocka_unit_test(a_side_with_dtx_is_sent_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
