/* SPDX-License-Identifier: BSD-3-Clause */
/* loss_test.c - packets that do not come: concealment, in-band FEC, fading, and the way back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/transcode/conceal.h"
#include "tests/unit/transcode/codec_kit.h"

#define PACKETS 100
#define EVERY   10 /* one in so many is lost */

enum remedy {
	NOTHING,
	CONCEAL,
	FEC
};

struct heard {
	double correlation, energy; /* of what replaced the lost packets, against what would have been there */
};

/* All packets of 20 ms decoded, or all but some: what is heard. */
static int16_t *decoded(const struct cp_codec *c, const struct kit_packet *p, uint32_t each, enum remedy remedy)
{
	int16_t *out = samples_new((PACKETS * each + CP_CODEC_FRAME_MAX) * c->channels);
	struct cp_decoder *d = decoder_of(c);

	for (uint32_t i = 0; i < PACKETS; i++) {
		int16_t *at = out + i * each * c->channels;

		if (remedy == NOTHING || i % EVERY != EVERY - 1 || i + 1 == PACKETS)
			assert_int_equal(cp_decode(d, p[i].bytes, p[i].len, at), each);
		else if (remedy == FEC)
			cp_decode_lost(d, p[i + 1].bytes, p[i + 1].len, at, each);
		else
			cp_decode_lost(d, NULL, 0, at, each);
	}
	cp_decoder_destroy(d);
	return out;
}

static struct heard compare(const int16_t *whole, const int16_t *mended, uint32_t each)
{
	double cross = 0, then = 0, now = 0;
	struct heard h;

	for (uint32_t i = EVERY - 1; i + 1 < PACKETS; i += EVERY) {
		for (uint32_t k = i * each; k < (i + 1) * each; k++) {
			cross += (double)whole[k] * mended[k];
			then += (double)whole[k] * whole[k];
			now += (double)mended[k] * mended[k];
		}
	}
	h.correlation = cross / sqrt(then * now);
	h.energy = now / then;
	return h;
}

static struct heard mended(const struct cp_codec *c, enum remedy remedy)
{
	uint32_t rate = cp_codec_rate(c), each = rate / 50;
	int16_t *in = speech_channels_new(each * PACKETS, rate, c->channels), *whole, *out;
	struct kit_packet *p = packets_of(c, in, PACKETS, each);
	struct heard h;

	whole = decoded(c, p, each, NOTHING);
	out = decoded(c, p, each, remedy);
	h = compare(whole, out, each * c->channels);
	print_message("%s/%u/%u %s: correlation %.3f, energy %.2f\n", cp_codec_name(c->kind), rate, c->channels,
		      remedy == FEC ? "FEC" : "concealed", h.correlation, h.energy);
	packets_free(p, PACKETS);
	free(in);
	free(whole);
	free(out);
	return h;
}

static void one_lost_packet_is_hardly_heard(void **state)
{
	const struct cp_codec *const all[] = {&pcmu, &pcma, &g722, &l16, &opus};
	struct cp_codec wide = l16;

	(void)state;
	for (unsigned int i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct heard h = mended(all[i], CONCEAL);

		assert_true(h.correlation > (all[i] == &opus ? 0.5 : 0.6));
		assert_true(h.energy > 0.6 && h.energy < 1.5);
	}
	wide.clock = 16000;
	wide.channels = 2;
	assert_true(mended(&wide, CONCEAL).correlation > 0.6);
}

static void fec_is_better_than_concealment(void **state)
{
	struct cp_codec c = opus;
	struct heard concealed, fec;

	(void)state;
	c.fec = true;
	c.loss = 20;
	for (c.channels = 1; c.channels <= 2; c.channels++) {
		concealed = mended(&c, CONCEAL);
		fec = mended(&c, FEC);
		assert_true(fec.correlation > 0.8 && fec.correlation > concealed.correlation + 0.1);
	}
	c.channels = 1;
	c.pcm_rate = 8000;
	assert_true(mended(&c, FEC).correlation > 0.8);
}

static void nothing_for_long_fades_to_silence(void **state)
{
	const struct cp_codec *const all[] = {&pcmu, &g722, &l16};

	(void)state;
	for (unsigned int i = 0; i < sizeof(all) / sizeof(*all); i++) {
		uint32_t rate = cp_codec_rate(all[i]), each = rate / 50;
		int16_t *in = speech_new(each * 10, rate), out[CP_CODEC_FRAME_MAX];
		struct kit_packet *p = packets_of(all[i], in, 10, each);
		struct cp_decoder *d = decoder_of(all[i]);
		double before = 1e20;

		for (unsigned int k = 0; k < 10; k++)
			cp_decode(d, p[k].bytes, p[k].len, out);
		for (unsigned int k = 0; k < 10; k++) {
			double now;

			cp_decode_lost(d, NULL, 0, out, each);
			now = energy_of(out, each);
			assert_true(now <= before * 1.2);
			assert_true(k < 4 || now < 1);
			before = now;
		}
		assert_int_equal(cp_decode(d, p[9].bytes, p[9].len, out), each);
		assert_true(energy_of(out, each) > 1000);
		cp_decoder_destroy(d);
		packets_free(p, 10);
		free(in);
	}
}

/* Every other packet of 10 ms lost: what was played instead is part of what the next gap is filled from. */
static void gap_upon_gap_is_filled(void **state)
{
	struct cp_conceal *c = cp_conceal_create(8000, 1);
	int16_t x[4000], y[4000];
	double is;

	(void)state;
	for (uint32_t i = 0; i < 4000; i++)
		x[i] = y[i] = (int16_t)lrint(8000 * sin(2 * M_PI * 171.3 * i / 8000));
	for (uint32_t i = 0; i < 50; i++) {
		if (i > 5 && i % 2)
			cp_conceal_lost(c, y + i * 80, 80);
		else
			cp_conceal_good(c, y + i * 80, 80);
	}
	is = correlation_of(x, y, 4000);
	print_message("a tone of which every other packet is lost: correlation %.3f\n", is);
	assert_true(is > 0.95);
	cp_conceal_destroy(c);
}

static void opus_fades_too(void **state)
{
	int16_t *in = speech_new(960 * 10, 48000), out[CP_CODEC_FRAME_MAX];
	struct kit_packet *p = packets_of(&opus, in, 10, 960);
	struct cp_decoder *d = decoder_of(&opus);
	double first, last;

	(void)state;
	for (unsigned int k = 0; k < 10; k++)
		cp_decode(d, p[k].bytes, p[k].len, out);
	cp_decode_lost(d, NULL, 0, out, 960);
	first = energy_of(out, 960);
	for (unsigned int k = 0; k < 25; k++)
		cp_decode_lost(d, NULL, 0, out, 960);
	last = energy_of(out, 960);
	print_message("opus after 500 ms without a packet: %.1f dB\n", 10 * log10(last / first));
	assert_true(last < first / 100);
	for (unsigned int k = 0; k < 50; k++)
		cp_decode_lost(d, NULL, 0, out, 960);
	assert_true(energy_of(out, 960) < 1);
	assert_int_equal(cp_decode(d, p[9].bytes, p[9].len, out), 960);
	assert_true(energy_of(out, 960) > 1000);
	cp_decoder_destroy(d);
	packets_free(p, 10);
	free(in);
}

/* A voice of one low tone that grows louder: no step is much larger than its own, neither where the gap begins, nor
 * between repetitions, nor where it ends. */
static void concealment_does_not_click(void **state)
{
	const uint32_t n = 8000, lost = 4000, rates[] = {8000, 16000, 48000};

	(void)state;
	for (unsigned int k = 0; k < 3; k++) {
		struct cp_conceal *c = cp_conceal_create(rates[k], 1);
		int16_t *x = samples_new(n), *y = samples_new(n);
		uint32_t gap = rates[k] * 6 / 100;
		int own = 0, worst = 0;

		for (uint32_t i = 0; i < n; i++) {
			double t = (double)i / rates[k];

			x[i] = (int16_t)lrint((4000 + 8000.0 * i / n) * sin(2 * M_PI * 153.7 * t));
		}
		memcpy(y, x, n * sizeof(*x));
		cp_conceal_good(c, y, lost);
		cp_conceal_lost(c, y + lost, gap);
		cp_conceal_good(c, y + lost + gap, n - lost - gap);
		for (uint32_t i = 1; i < n; i++) {
			own = abs(x[i] - x[i - 1]) > own ? abs(x[i] - x[i - 1]) : own;
			worst = abs(y[i] - y[i - 1]) > worst ? abs(y[i] - y[i - 1]) : worst;
		}
		print_message("%u Hz: largest step %d, with a gap mended %d\n", rates[k], own, worst);
		assert_true(worst <= own * 5 / 4);
		cp_conceal_destroy(c);
		free(x);
		free(y);
	}
}

/* Whatever is asked for is filled, also before any packet came, also what is no multiple of 2.5 ms or very long. */
static void any_length_is_filled(void **state)
{
	const struct cp_codec *const all[] = {&pcmu, &g722, &l16, &opus};
	static const uint32_t lengths[] = {1, 7, 119, 120, 121, 959, 961, 5760, 5761, 20000};

	(void)state;
	for (unsigned int i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct cp_decoder *d = decoder_of(all[i]);

		for (unsigned int k = 0; k < sizeof(lengths) / sizeof(*lengths); k++) {
			int16_t *out = samples_new(lengths[k]);

			memset(out, 0x55, lengths[k] * sizeof(*out));
			cp_decode_lost(d, (const uint8_t *)"\xff\xff", 2, out, lengths[k]);
			for (uint32_t s = 0; s < lengths[k]; s++)
				assert_true(abs(out[s]) < 100);
			free(out);
		}
		cp_decode_lost(d, NULL, 0, NULL, 0);
		cp_decoder_destroy(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_lost_packet_is_hardly_heard),
		cmocka_unit_test(fec_is_better_than_concealment),
		cmocka_unit_test(nothing_for_long_fades_to_silence),
		cmocka_unit_test(gap_upon_gap_is_filled),
		cmocka_unit_test(opus_fades_too),
		cmocka_unit_test(concealment_does_not_click),
		cmocka_unit_test(any_length_is_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
