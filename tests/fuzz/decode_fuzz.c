/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode_fuzz.c - payloads into a decoder of any codec.
 *
 * The first byte picks the codec: value % 5 the kind, bit 3 two channels, bits 4 to 6 a rate. Then a row of records:
 * kind, length (2 bytes, big endian), payload.
 *   kind & 1   a gap of (kind >> 3) * 37 samples before it, with this payload as the one behind the gap
 *   kind & 2   the same gap with nothing behind it
 *   kind & 4   what was decoded is encoded again
 *
 * Held besides memory safety: what samples() names comes or nothing does; never more than 120 ms.
 */
#include <stdlib.h>

#include "control/transcode/codec.h"
#include "engine/base/bytes.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int16_t pcm[CP_CODEC_FRAME_MAX * 2];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct cp_codec pick(uint8_t byte)
{
	static const uint32_t rates[] = {8000, 12000, 16000, 24000, 48000, 48000, 44100, 11025};
	struct cp_codec c = {.kind = byte % CP_CODEC_N, .clock = 8000, .channels = byte & 8 ? 2 : 1, .complexity = 0};
	uint32_t rate = rates[byte >> 4 & 7];

	if (c.kind == CP_CODEC_G722 || c.kind == CP_CODEC_CN)
		c.channels = 1;
	if (c.kind == CP_CODEC_L16)
		c.clock = rate;
	if (c.kind == CP_CODEC_OPUS) {
		c.clock = 48000;
		c.pcm_rate = rate % 1000 ? 0 : rate;
	}
	return c;
}

static void gap(struct cp_decoder *d, const struct cp_codec *c, uint32_t samples, const uint8_t *next, uint32_t len)
{
	int16_t *out = malloc(samples * c->channels * sizeof(*out) + 1);

	must(out);
	cp_decode_lost(d, next, len, out, samples);
	free(out);
}

static void feed(struct cp_decoder *d, struct cp_encoder *e, const struct cp_codec *c, uint8_t kind,
		 const uint8_t *payload, uint32_t len)
{
	uint32_t named = cp_decoder_samples(d, payload, len), got;
	uint8_t again[CP_CODEC_BYTES_MAX];

	if (kind & 3)
		gap(d, c, (uint32_t)(kind >> 3) * 37, kind & 1 ? payload : NULL, len);
	got = cp_decode(d, payload, len, pcm);
	must(got == 0 || got == named);
	must(named <= CP_CODEC_FRAME_MAX && named <= cp_codec_rate(c) * 120 / 1000);
	if (got && kind & 4)
		must(cp_encode(e, pcm, got, again) <= CP_CODEC_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);
	struct cp_codec c = pick(en_get8(&r));
	struct cp_decoder *d;
	struct cp_encoder *e;
	struct en_err err;

	must(cp_decoder_create(&c, &d, &err) == 0 && cp_encoder_create(&c, &e, &err) == 0);
	for (unsigned int n = 0; n < 64 && en_left(&r) >= 3; n++) {
		uint8_t kind = en_get8(&r);
		uint32_t len = en_get16(&r);
		struct exact x;

		if (len > en_left(&r))
			len = (uint32_t)en_left(&r);
		x = exact_copy(en_take(&r, len), len, len % 2);
		feed(d, e, &c, kind, x.data, len);
		exact_free(&x);
	}
	cp_decoder_destroy(d);
	cp_encoder_destroy(e);
	return 0;
}
