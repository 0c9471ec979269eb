/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_event_test.c - keys through pipes: as events, each once and in its time; as tones, where events are not spoken.
 */
#include "control/transcode/tone.h"
#include "tests/unit/transcode/pipe_kit.h"

#define KEYS    "159*#0D7"
#define SECONDS 4 /* 400 ms a key, and some */

/* Keys of a sender of `in` to a listener of `out`. */
static void pass_keys(const struct cp_codec *in, const struct cp_codec *out, bool event_out, uint32_t lose,
		      struct listener *l, struct cp_pipe_stats *ret_stats)
{
	struct cp_pipe_config config = config_of(in, out, true, event_out);
	int16_t *speech = speech_new(cp_codec_rate(in) * SECONDS, cp_codec_rate(in));
	struct cp_pipe *p = pipe_of(&config);
	struct sender s;

	if (!event_out) /* tones are looked for in what remains */
		memset(speech, 0, cp_codec_rate(in) * SECONDS * sizeof(*speech));
	sender_open(&s, in, speech);
	s.keys = KEYS;
	s.lose_percent = lose;
	s.jitter_us = lose ? 30000 : 0;
	listener_open(l, out, 20, SECONDS);
	l->event_pt = event_out ? PT_EVENT : -1;
	run(&s, p, NULL, l, SECONDS);
	cp_pipe_stats(p, ret_stats);
	cp_encoder_destroy(s.encoder);
	cp_pipe_destroy(p);
	free(speech);
}

/* The last key is up after 3.2 s: what is said then is heard, and no later than before. */
static void assert_speech_goes_on(const struct listener *l, double least)
{
	uint32_t rate = cp_codec_rate(&l->codec), from = rate / 10 * 33;
	int16_t *wanted = speech_new(rate * SECONDS, rate);
	double ms, is = likeness(wanted + from, l->out + from, rate * SECONDS - from, rate, &ms);

	print_message("  speech after it: likeness %.3f, late by %.1f ms\n", is, ms);
	assert_true(is > least);
	assert_true(ms < 120);
	free(wanted);
}

static void keys_pass_once(void **state)
{
	const struct cp_codec *const pairs[][2] = {{&pcmu, &opus}, {&opus, &pcmu}, {&g722, &pcma}, {&opus, &opus}};

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		const struct cp_codec *in = pairs[i / 2][0], *out = pairs[i / 2][1];
		struct cp_pipe_stats stats;
		struct listener l;

		pass_keys(in, out, true, i % 2 ? 10 : 0, &l, &stats);
		print_message("%s to %s%s: %s, %u event packets\n", cp_codec_name(in->kind), cp_codec_name(out->kind),
			      i % 2 ? " over a bad path" : "", l.keys, l.event_packets);
		assert_string_equal(l.keys, KEYS);
		assert_int_equal(l.ended, strlen(KEYS));
		assert_int_equal(l.ends, 3 * strlen(KEYS));
		assert_int_equal(stats.events, strlen(KEYS));
		assert_int_equal(stats.events_lost + stats.refused, 0);
		/* 100 ms each */
		assert_true(cp_telephone_receiver_duration(&l.receiver) >= out->clock * 80 / 1000);
		assert_true(cp_telephone_receiver_duration(&l.receiver) <= out->clock * 140 / 1000);
		assert_speech_goes_on(&l, i % 2 ? 0.65 : 0.85);
		listener_close(&l);
	}
}

struct ear {
	char keys[64];
	uint32_t n, ups;
};

static void on_key(void *arg, char key, int level)
{
	struct ear *e = arg;

	(void)level;
	if (key)
		e->keys[e->n++ % (sizeof(e->keys) - 1)] = key;
	else
		e->ups++;
}

static void keys_become_tones(void **state)
{
	const struct cp_codec *const out[] = {&pcmu, &pcma, &g722, &opus};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct cp_pipe_stats stats;
		struct listener l;
		struct ear e = {.n = 0};
		struct cp_tone_detector *d = cp_tone_detector_create(on_key, &e);
		uint32_t by = cp_codec_rate(out[i]) / 8000;
		int16_t *heard;

		pass_keys(i % 2 ? &pcmu : &opus, out[i], false, 0, &l, &stats);
		heard = thinned(l.out, l.out_n, by);
		cp_tone_hear(d, heard, l.out_n / by);
		print_message("tones in %s: %s\n", cp_codec_name(out[i]->kind), e.keys);
		assert_string_equal(e.keys, KEYS);
		assert_int_equal(e.ups, e.n);
		assert_int_equal(l.event_packets, 0);
		cp_tone_detector_destroy(d);
		listener_close(&l);
		free(heard);
	}
}

static void put_key(struct cp_pipe *p, uint16_t seq, uint32_t ts, const struct cp_telephone_event *e, uint64_t now)
{
	uint8_t rtp[WIRE_RTP_HDR_LEN + CP_TELEPHONE_EVENT_BYTES];

	wire_rtp_build(rtp, &(struct wire_rtp){.pt = PT_EVENT, .seq = seq, .ts = ts, .ssrc = 9});
	cp_telephone_event_build(e, rtp + WIRE_RTP_HDR_LEN);
	cp_pipe_put(p, rtp, sizeof(rtp), now);
}

static void listen_on(struct cp_pipe *p, struct listener *l, uint64_t *now, uint32_t ticks)
{
	uint8_t rtp[CP_PIPE_PACKET_MAX];

	for (; ticks > 0; ticks--, *now += 10000)
		hear(l, rtp, cp_pipe_tick(p, *now, rtp));
}

/* Its end never comes: it ends by itself. A key of which only the end came is a key. */
static void lost_packets_do_not_hold_a_key(void **state)
{
	struct cp_pipe_config config = config_of(&pcmu, &opus, true, true);
	struct cp_pipe *p = pipe_of(&config);
	struct listener l;
	uint64_t now = BASE_US;

	(void)state;
	listener_open(&l, &opus, 20, SECONDS);
	l.event_pt = PT_EVENT;
	put_key(p, 1, 1000, &(struct cp_telephone_event){.event = 5, .duration = 160}, now);
	listen_on(p, &l, &now, 100);
	assert_string_equal(l.keys, "5");
	assert_int_equal(l.ended, 1);
	put_key(p, 2, 20000, &(struct cp_telephone_event){.event = 6, .end = true, .duration = 800}, now);
	listen_on(p, &l, &now, 100);
	assert_string_equal(l.keys, "56");
	assert_int_equal(l.ended, 2);
	assert_int_equal(cp_telephone_receiver_duration(&l.receiver), 4800);
	listener_close(&l);
	cp_pipe_destroy(p);
}

/* Three seconds are more than a duration holds at 48000: several segments (s2.5.1.3), one press. */
static void a_long_press_is_one(void **state)
{
	struct cp_pipe_config config = config_of(&pcmu, &opus, true, true);
	struct cp_pipe *p = pipe_of(&config);
	struct listener l;
	uint64_t now = BASE_US;

	(void)state;
	listener_open(&l, &opus, 20, SECONDS);
	l.event_pt = PT_EVENT;
	for (uint16_t i = 1; i <= 150; i++) {
		put_key(p, i, 1000, &(struct cp_telephone_event){.event = 5, .end = i == 150, .duration = i * 160},
			now);
		listen_on(p, &l, &now, 2);
	}
	listen_on(p, &l, &now, 50);
	assert_string_equal(l.keys, "5");
	assert_int_equal(l.ended, 1);
	print_message("3000 ms became %u ms\n", cp_telephone_receiver_duration(&l.receiver) / 48);
	assert_int_equal(cp_telephone_receiver_duration(&l.receiver), 3 * 48000);
	listener_close(&l);
	cp_pipe_destroy(p);
}

/* Ten at once: eight wait and are told one after the other, two are lost and counted; a fax tone is no key. */
static void a_burst_of_keys_is_bounded(void **state)
{
	struct cp_pipe_config config = config_of(&pcmu, &opus, true, true);
	struct cp_pipe_stats stats;
	struct cp_pipe *p = pipe_of(&config);
	struct listener l;
	uint64_t now = BASE_US;

	(void)state;
	listener_open(&l, &opus, 20, 8);
	l.event_pt = PT_EVENT;
	for (uint8_t i = 0; i < 10; i++)
		put_key(p, i, 1000u * i, &(struct cp_telephone_event){.event = i, .end = true, .duration = 65535}, now);
	put_key(p, 11, 20000, &(struct cp_telephone_event){.event = 36, .duration = 160}, now);
	listen_on(p, &l, &now, 600);
	cp_pipe_stats(p, &stats);
	assert_string_equal(l.keys, "01234567");
	assert_int_equal(l.ended, 8);
	assert_int_equal(stats.events, 8);
	assert_int_equal(stats.events_lost, 2);
	assert_int_equal(stats.refused, 1);
	listener_close(&l);
	cp_pipe_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_pass_once),
		cmocka_unit_test(keys_become_tones),
		cmocka_unit_test(lost_packets_do_not_hold_a_key),
		cmocka_unit_test(a_long_press_is_one),
		cmocka_unit_test(a_burst_of_keys_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
