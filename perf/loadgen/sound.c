/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sound.c - the signal, and its codecs.
 *
 * Specs:     ITU-T G.711 (µ-law: 14 bits to a sign, a segment of three bits and four bits within it); RFC 7587.
 */
#include "perf/loadgen/sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

#define RATE      48000
#define DECIMATE  6
#define TAPS      145 /* of the low-pass before it */
#define SYLLABLE  8640 /* samples: 180 ms */
#define VOICED    6240 /* of it, the rest is hiss */
#define BITRATE   32000 /* of speech, as browsers send it */
#define LOUD      9000.0
#define ULAW_BIAS 33
#define ULAW_CLIP 8158

/* --- G.711 --------------------------------------------------------------------------- */

uint8_t load_pcmu_encode(int16_t sample)
{
	int v = sample >> 2, sign = v < 0 ? 0x80 : 0, segment = 0;

	v = v < 0 ? -v : v;
	v = (v > ULAW_CLIP ? ULAW_CLIP : v) + ULAW_BIAS;
	while (v >> (segment + 6))
		segment++;
	return (uint8_t) ~(sign | segment << 4 | (v >> (segment + 1) & 0x0f));
}

int16_t load_pcmu_decode(uint8_t code)
{
	int v = ~code & 0xff, segment = v >> 4 & 7, size = ((v & 0x0f) << 1 | ULAW_BIAS) << segment;

	size -= ULAW_BIAS;
	return (int16_t)((v & 0x80 ? -size : size) * 4);
}

/* --- the signal ---------------------------------------------------------------------- */

struct formant {
	double y1, y2;
};

/* A resonance of two poles. */
static double resonate(struct formant *f, double x, double hz, double width)
{
	double r = exp(-M_PI * width / RATE), c = 2 * r * cos(2 * M_PI * hz / RATE);
	double y = (1 - r) * x + c * f->y1 - r * r * f->y2;

	f->y2 = f->y1;
	f->y1 = y;
	return y;
}

static double noise(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (double)(int32_t)*seed / 2147483648.0;
}

static void speak(double *x, size_t n)
{
	struct formant f[3] = {0};
	uint32_t seed = 20;
	double phase = 0;

	for (size_t i = 0; i < n; i++) {
		double t = (double)i / RATE, at = (double)(i % SYLLABLE), voice = at < VOICED;
		double hz = 150 + 45 * sin(2 * M_PI * 0.37 * t) + 25 * sin(2 * M_PI * 2.3 * t);
		double level = 0.35 + 0.65 * sin(M_PI * (at + 1) / SYLLABLE),
		       source = noise(&seed) * (voice ? 0.6 : 1.2);

		phase += hz / RATE;
		if (phase >= 1) {
			phase -= 1;
			source += voice ? 14 : 0;
		}
		x[i] = level * (resonate(&f[0], source, 500 + 220 * sin(2 * M_PI * 1.1 * t), 90) * 3 +
				resonate(&f[1], source, 1500 + 450 * sin(2 * M_PI * 0.7 * t), 130) * 2 +
				resonate(&f[2], source, 2600 + 300 * sin(2 * M_PI * 1.9 * t), 200) + 0.02 * source);
	}
}

static void level_out(const double *x, size_t n, int16_t *pcm)
{
	double sum = 0, gain;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	gain = LOUD / 3 / sqrt(sum / (double)n);
	for (size_t i = 0; i < n; i++) {
		double v = x[i] * gain;

		pcm[i] = (int16_t)(v > 32000 ? 32000 : v < -32000 ? -32000 : v);
	}
}

/* To 8 kHz: a windowed sinc that ends at 3.4 kHz. */
static void narrow(const int16_t *in, size_t out_n, int16_t *out)
{
	double tap[TAPS];
	long n = (long)out_n * DECIMATE;

	for (int k = 0; k < TAPS; k++) {
		double x = k - TAPS / 2, c = 2 * 3400.0 / RATE;

		tap[k] = (x == 0 ? c : sin(M_PI * c * x) / (M_PI * x)) * (0.54 + 0.46 * cos(2 * M_PI * x / TAPS));
	}
	for (long i = 0; i < (long)out_n; i++) {
		double sum = 0;

		for (int k = 0; k < TAPS; k++) {
			long at = i * DECIMATE + k - TAPS / 2;

			sum += at >= 0 && at < n ? tap[k] * in[at] : 0;
		}
		out[i] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
	}
}

/* --- encoded ------------------------------------------------------------------------- */

static int make_pcmu(struct load_sound *s, struct en_err *err)
{
	size_t n = (size_t)s->frames * LOAD_FRAME;

	s->pcmu = malloc(n);
	s->pcmu_heard = malloc(n * sizeof(*s->pcmu_heard));
	if (!s->pcmu || !s->pcmu_heard)
		return en_fail(err, -1, "no memory for sound");
	narrow(s->pcm48, n, s->pcmu_heard);
	for (size_t i = 0; i < n; i++) {
		s->pcmu[i] = load_pcmu_encode(s->pcmu_heard[i]);
		s->pcmu_heard[i] = load_pcmu_decode(s->pcmu[i]);
	}
	return 0;
}

/* As a browser encodes a voice: the whole band, in-band FEC. */
static bool encode(struct load_sound *s, OpusEncoder *e, OpusDecoder *d)
{
	opus_encoder_ctl(e, OPUS_SET_BITRATE(BITRATE));
	opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(9));
	opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(1));
	for (uint32_t i = 0; i < s->frames; i++) {
		struct load_opus_frame *f = &s->opus[i];
		int len =
			opus_encode(e, s->pcm48 + (size_t)i * LOAD_FRAME_48K, LOAD_FRAME_48K, f->bytes, LOAD_OPUS_MAX);

		if (len <= 0 ||
		    opus_decode(d, f->bytes, len, s->opus_heard + (size_t)i * LOAD_FRAME, LOAD_FRAME, 0) != LOAD_FRAME)
			return false;
		f->len = (uint16_t)len;
	}
	return true;
}

static int make_opus(struct load_sound *s, struct en_err *err)
{
	OpusEncoder *e = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, NULL);
	OpusDecoder *d = opus_decoder_create(RATE / DECIMATE, 1, NULL);
	bool ok = false;

	s->opus = calloc(s->frames, sizeof(*s->opus));
	s->opus_heard = malloc((size_t)s->frames * LOAD_FRAME * sizeof(*s->opus_heard));
	if (e && d && s->opus && s->opus_heard)
		ok = encode(s, e, d);
	if (e)
		opus_encoder_destroy(e);
	if (d)
		opus_decoder_destroy(d);
	return ok ? 0 : en_fail(err, -1, "cannot encode sound with libopus");
}

int load_sound_make(struct load_sound *s, uint32_t frames, bool opus, struct en_err *err)
{
	size_t n = (size_t)frames * LOAD_FRAME_48K;
	double *x = malloc(n * sizeof(*x));

	*s = (struct load_sound){.frames = frames};
	s->pcm48 = malloc(n * sizeof(*s->pcm48));
	if (!x || !s->pcm48) {
		free(x);
		return en_fail(err, -1, "no memory for %u frames of sound", frames);
	}
	speak(x, n);
	level_out(x, n, s->pcm48);
	free(x);
	if (make_pcmu(s, err) != 0)
		return -1;
	return opus ? make_opus(s, err) : 0;
}

void load_sound_free(struct load_sound *s)
{
	free(s->pcmu);
	free(s->pcmu_heard);
	free(s->opus);
	free(s->opus_heard);
	free(s->pcm48);
	*s = (struct load_sound){0};
}

/* --- compared ------------------------------------------------------------------------ */

double load_sound_alike(const int16_t *a, const int16_t *b, size_t n)
{
	float ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < n; i++) {
		ab += (float)a[i] * b[i];
		aa += (float)a[i] * a[i];
		bb += (float)b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}

double load_sound_power(const int16_t *a, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)a[i] * a[i];
	return n ? sum / (double)n : 0;
}
