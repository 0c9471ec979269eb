/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resample.c - speexdsp's resampler; equal rates are copied.
 */
#include "control/transcode/resample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <speex/speex_resampler.h>

struct cp_resampler {
	SpeexResamplerState *lib; /* NULL: the rates are equal */
	uint32_t from, to, channels;
};

static int refusal(int rc)
{
	return rc == RESAMPLER_ERR_ALLOC_FAILED ? -ENOMEM : -EINVAL;
}

int cp_resampler_create(uint32_t from, uint32_t to, uint32_t channels, int quality, struct cp_resampler **ret_resampler)
{
	struct cp_resampler *r;
	int rc = 0;

	if (from < 8000 || from > 48000 || to < 8000 || to > 48000 || channels < 1 || channels > 2)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->from = from;
	r->to = to;
	r->channels = channels;
	if (from != to)
		r->lib = speex_resampler_init(channels, from, to, quality, &rc);
	if (from != to && !r->lib) {
		free(r);
		return refusal(rc);
	}
	*ret_resampler = r;
	return 0;
}

void cp_resampler_destroy(struct cp_resampler *r)
{
	if (!r)
		return;
	if (r->lib)
		speex_resampler_destroy(r->lib);
	free(r);
}

uint32_t cp_resampler_room(const struct cp_resampler *r, uint32_t n)
{
	return r->lib ? (uint32_t)(((uint64_t)n * r->to + r->from - 1) / r->from) + 1 : n;
}

uint32_t cp_resample(struct cp_resampler *r, const int16_t *in, uint32_t n, int16_t *out, uint32_t cap)
{
	uint32_t out_n = 0;

	if (cap < cp_resampler_room(r, n))
		return 0;
	if (!r->lib) {
		memcpy(out, in, n * r->channels * sizeof(*out));
		return n;
	}
	while (n) {
		spx_uint32_t took = n, gave = cap - out_n;

		if (speex_resampler_process_interleaved_int(r->lib, in, &took, out + out_n * r->channels, &gave))
			break;
		if (!took && !gave) /* it has all that it wants: cannot be, with that room */
			break;
		in += took * r->channels;
		n -= took;
		out_n += gave;
	}
	return out_n;
}

uint32_t cp_resampler_delay(const struct cp_resampler *r)
{
	return r->lib ? (uint32_t)speex_resampler_get_output_latency(r->lib) : 0;
}

void cp_stereo_to_mono(const int16_t *in, uint32_t n, int16_t *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = (int16_t)((in[2 * i] + in[2 * i + 1]) / 2);
}

void cp_mono_to_stereo(const int16_t *in, uint32_t n, int16_t *out)
{
	while (n--) {
		int16_t v = in[n];

		out[2 * n] = v;
		out[2 * n + 1] = v;
	}
}
