/* SPDX-License-Identifier: BSD-3-Clause */
/* pipe_noise_test.c - comfort noise (RFC 3389): a sender's is heard, and a far side that speaks it is told silence by
 * it. */
#include <errno.h>

#include "tests/unit/transcode/pipe_kit.h"

#define PT_CN    13
#define LEVEL    40 /* -dBov */
#define NOISE_MS 200 /* between two packets of it */
#define FULL     32767.0
#define PAUSE_S  2
#define TALK_S   1
#define SECONDS  (2 * TALK_S + PAUSE_S)

static const struct cp_codec cn = {.kind = CP_CODEC_CN, .clock = 8000, .channels = 1};

static struct cp_pipe_config noisy(const struct cp_codec *in, const struct cp_codec *out, bool out_too)
{
	struct cp_pipe_config config = config_of(in, out, false, false);

	config.in_n = 2;
	config.in[1] = (struct cp_pipe_format){.codec = cn, .pt = PT_CN};
	config.out_cn_pt = out_too ? PT_CN : 0;
	return config;
}

/* Speech, then comfort noise, then speech: what comes out of each tick goes to `heard`. */
struct talk {
	struct sender s;
	struct cp_pipe *p;
	uint64_t now;
	void (*heard)(void *arg, const uint8_t *rtp, uint32_t len);
	void *arg;
};

static void send_noise(struct sender *s, uint64_t now)
{
	uint8_t bytes[WIRE_RTP_HDR_LEN + 1] = {[WIRE_RTP_HDR_LEN] = LEVEL};

	wire_rtp_build(bytes, &(struct wire_rtp){.pt = PT_CN, .seq = s->seq++, .ts = s->ts, .ssrc = 77});
	fly(s, bytes, sizeof(bytes), now);
}

static void pass(struct talk *t, uint32_t seconds, bool speech)
{
	uint32_t ticks = seconds * 100;
	uint8_t rtp[CP_PIPE_PACKET_MAX];

	for (uint32_t i = 0; i < ticks; i++, t->now += 10000) {
		if (speech && i % 2 == 0) {
			send_one(&t->s, t->now);
		} else if (!speech && i % 2 == 0) {
			if (i * 10 % NOISE_MS == 0)
				send_noise(&t->s, t->now);
			t->s.ts += t->s.codec.clock / 50;
		}
		deliver(&t->s, t->p, t->now + 3000);
		t->heard(t->arg, rtp, cp_pipe_tick(t->p, t->now + 3000, rtp));
	}
}

static void talk(const struct cp_codec *in, struct cp_pipe *p, void (*heard)(void *, const uint8_t *, uint32_t),
		 void *arg)
{
	int16_t *speech = speech_new(cp_codec_rate(in) * SECONDS, cp_codec_rate(in));
	struct talk t = {.p = p, .now = BASE_US, .heard = heard, .arg = arg};

	sender_open(&t.s, in, speech);
	pass(&t, TALK_S, true);
	pass(&t, PAUSE_S, false);
	pass(&t, TALK_S, true);
	cp_encoder_destroy(t.s.encoder);
	free(speech);
}

static void heard_by(void *arg, const uint8_t *rtp, uint32_t len)
{
	hear(arg, rtp, len);
}

static double dbov(const struct listener *l, double from_s, double to_s)
{
	uint32_t rate = cp_codec_rate(&l->codec), n = (uint32_t)((to_s - from_s) * rate);

	return 10 * log10(energy_of(l->out + (uint32_t)(from_s * rate), n) / n / (FULL * FULL));
}

/* hear() asserts a packet at each ptime. */
static void comfort_noise_is_heard(void **state)
{
	const struct cp_codec *const pairs[][2] = {{&pcmu, &pcma}, {&g722, &pcmu}, {&pcma, &opus}};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct cp_pipe_config config = noisy(pairs[i][0], pairs[i][1], false);
		struct cp_pipe *p = pipe_of(&config);
		struct cp_pipe_stats stats;
		struct listener l;
		double pause;

		listener_open(&l, pairs[i][1], 20, SECONDS);
		talk(pairs[i][0], p, heard_by, &l);
		cp_pipe_stats(p, &stats);
		pause = dbov(&l, TALK_S + 0.15, TALK_S + PAUSE_S - 0.05);
		print_message("%s to %s: speech at %.1f dBov, noise of -%d dBov at %.1f, speech at %.1f\n",
			      cp_codec_name(pairs[i][0]->kind), cp_codec_name(pairs[i][1]->kind), dbov(&l, 0.2, 0.9),
			      LEVEL, pause, dbov(&l, TALK_S + PAUSE_S + 0.2, SECONDS));
		/* white noise of 16 kHz loses half of it towards 8 kHz; opus keeps the louder part of it */
		assert_true(fabs(pause + LEVEL) < 4.5);
		assert_true(dbov(&l, TALK_S + PAUSE_S + 0.2, SECONDS) > -25);
		assert_int_equal(stats.refused, 0);
		assert_int_equal(stats.jitter.lost, 0);
		assert_int_equal(stats.jitter.concealed, 0);
		assert_true(stats.jitter.silent > stats.jitter.played / 3);
		listener_close(&l);
		cp_pipe_destroy(p);
	}
}

struct told {
	uint32_t sound, noise, markers, ticks;
	bool any, was_noise;
	uint16_t seq;
	uint32_t ts0, first_tick;
	uint8_t level;
};

static void note(void *arg, const uint8_t *rtp, uint32_t len)
{
	struct told *t = arg;
	struct wire_rtp h;

	t->ticks++;
	if (!len)
		return;
	assert_true(wire_rtp_parse(rtp, len, &h));
	if (!t->any) {
		t->ts0 = h.ts;
		t->first_tick = t->ticks;
	} else {
		assert_int_equal(h.seq, (uint16_t)(t->seq + 1));
	}
	assert_int_equal(h.ts - t->ts0, (t->ticks - t->first_tick) * 80);
	if (h.pt == PT_CN) {
		assert_int_equal(len, WIRE_RTP_HDR_LEN + 1);
		t->level = rtp[WIRE_RTP_HDR_LEN];
		t->noise++;
	} else {
		assert_int_equal(h.marker, !t->any || t->was_noise);
		t->sound++;
	}
	t->markers += h.marker;
	t->was_noise = h.pt == PT_CN;
	t->any = true;
	t->seq = h.seq;
}

static void silence_is_told_as_comfort_noise(void **state)
{
	struct cp_pipe_config config = noisy(&pcmu, &pcma, true);
	struct cp_pipe *p = pipe_of(&config);
	struct told t = {.ticks = 0};

	(void)state;
	talk(&pcmu, p, note, &t);
	print_message("%u s of speech and %u s of pause: %u packets of sound, %u of noise, the last of -%u dBov\n",
		      2 * TALK_S, PAUSE_S, t.sound, t.noise, t.level);
	assert_in_range(t.sound, 2 * TALK_S * 50 - 5, 2 * TALK_S * 50 + 10);
	assert_in_range(t.noise, 2, 12);
	assert_in_range(t.level, LEVEL - 2, LEVEL + 2);
	cp_pipe_destroy(p);
}

static void noise_alone_is_no_pipe(void **state)
{
	struct cp_pipe_config config = config_of(&cn, &pcma, false, false);
	struct cp_pipe *p;
	struct en_err err;

	(void)state;
	assert_int_equal(cp_pipe_create(&config, &p, &err), -EINVAL);
	config = config_of(&pcma, &cn, false, false);
	assert_int_equal(cp_pipe_create(&config, &p, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comfort_noise_is_heard),
		cmocka_unit_test(silence_is_told_as_comfort_noise),
		cmocka_unit_test(noise_alone_is_no_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
