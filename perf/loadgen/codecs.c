/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs.c - what a CPU could do that had nothing but the codecs of transcoded calls to run: per call and 20 ms, an
 * opus packet decoded and written as G.711, and a G.711 packet read and encoded as opus. Calls take turns, as those of
 * a server do, so that each finds its codecs' state as cold as a server would.
 */
#include <stdlib.h>

#include <opus/opus.h>

#include "perf/loadgen/calls.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/stop.h"

#define FRAMES  500
#define STRIDE  7
#define BITRATE 32000 /* as control/transcode/opus.c has it */
#define PCM_MAX (LOAD_FRAME_48K * 2)

struct codecs {
	const struct load_options *o;
	uint32_t n, frame; /* calls; samples of 20 ms */
	OpusEncoder **encoder;
	OpusDecoder **decoder;
	int16_t *pcm; /* what is encoded, at the rate and with the channels of the options */
	struct load_sound sound;
	uint64_t bytes;
};

static bool open_pair(struct codecs *c, uint32_t i)
{
	const struct load_options *o = c->o;

	c->encoder[i] =
		opus_encoder_create((opus_int32)o->opus_rate, (int)o->opus_channels,
				    o->opus_channels == 1 ? OPUS_APPLICATION_VOIP : OPUS_APPLICATION_AUDIO, NULL);
	c->decoder[i] = opus_decoder_create((opus_int32)o->opus_rate, (int)o->opus_channels, NULL);
	if (!c->encoder[i] || !c->decoder[i])
		return false;
	opus_encoder_ctl(c->encoder[i], OPUS_SET_BITRATE(BITRATE));
	opus_encoder_ctl(c->encoder[i], OPUS_SET_COMPLEXITY((opus_int32)o->complexity));
	opus_encoder_ctl(c->encoder[i], OPUS_SET_INBAND_FEC(o->opus_channels == 1));
	opus_encoder_ctl(c->encoder[i], OPUS_SET_PACKET_LOSS_PERC(o->opus_channels == 1 ? 5 : 0));
	return true;
}

/* What G.711 carries, at the encoder's rate: how that is got there is not the codecs' cost. */
static bool make_pcm(struct codecs *c)
{
	uint32_t channels = c->o->opus_channels, each = c->frame / LOAD_FRAME ? c->frame / LOAD_FRAME : 1;
	size_t n = (size_t)FRAMES * c->frame;

	c->pcm = malloc(n * channels * sizeof(*c->pcm));
	for (size_t i = 0; c->pcm && i < n; i++) {
		size_t at = i * LOAD_FRAME / c->frame;
		int32_t here = c->sound.pcmu_heard[at],
			next = c->sound.pcmu_heard[at + 1 < (size_t)FRAMES * LOAD_FRAME ? at + 1 : at];

		for (uint32_t k = 0; k < channels; k++)
			c->pcm[i * channels + k] =
				(int16_t)(here + (next - here) * (int32_t)(i % each) / (int32_t)each);
	}
	return c->pcm;
}

static int open_codecs(struct codecs *c, struct en_err *err)
{
	if (load_sound_make(&c->sound, FRAMES, true, err) != 0)
		return -1;
	c->encoder = calloc(c->n, sizeof(*c->encoder));
	c->decoder = calloc(c->n, sizeof(*c->decoder));
	if (!c->encoder || !c->decoder || !make_pcm(c))
		return en_fail(err, -1, "no memory for %u calls", c->n);
	for (uint32_t i = 0; i < c->n; i++)
		if (!open_pair(c, i))
			return en_fail(err, -1, "libopus has no codec for that");
	return 0;
}

static void close_codecs(struct codecs *c)
{
	for (uint32_t i = 0; c->encoder && c->decoder && i < c->n; i++) {
		if (c->encoder[i])
			opus_encoder_destroy(c->encoder[i]);
		if (c->decoder[i])
			opus_decoder_destroy(c->decoder[i]);
	}
	free(c->encoder);
	free(c->decoder);
	free(c->pcm);
	load_sound_free(&c->sound);
}

/* 20 ms of one call. */
static bool turn(struct codecs *c, uint32_t call, uint32_t k)
{
	uint32_t at = (call * STRIDE + k) % FRAMES, channels = c->o->opus_channels, step = c->frame / LOAD_FRAME;
	const struct load_opus_frame *f = &c->sound.opus[at];
	uint8_t out[LOAD_OPUS_MAX * 4];
	int16_t pcm[PCM_MAX], narrow[LOAD_FRAME];
	int n = opus_decode(c->decoder[call], f->bytes, f->len, pcm, (int)c->frame, 0);
	opus_int32 len;

	for (unsigned int i = 0; i < LOAD_FRAME; i++)
		c->bytes += load_pcmu_encode(pcm[(size_t)(i * (step ? step : 1)) * channels]);
	for (unsigned int i = 0; i < LOAD_FRAME; i++)
		narrow[i] = load_pcmu_decode(c->sound.pcmu[(size_t)at * LOAD_FRAME + i]);
	c->bytes += (uint16_t)narrow[k % LOAD_FRAME];
	len = opus_encode(c->encoder[call], c->pcm + (size_t)at * c->frame * channels, (int)c->frame, out, sizeof(out));
	c->bytes += (uint64_t)len;
	return n == (int)c->frame && len > 0;
}

static int run(struct codecs *c, double *ret_calls, struct en_err *err)
{
	uint64_t begin = 0, now = load_now(), turns = 0, warm = now + (uint64_t)c->o->ms * 200000, end = 0;

	for (uint32_t k = 0; end == 0 || now < end; k++) {
		for (uint32_t i = 0; i < c->n; i++)
			if (!turn(c, i, k))
				return en_fail(err, -1, "libopus does not code that");
		now = load_now();
		if (end == 0 && now >= warm) { /* decoders know their streams, and so does the CPU */
			begin = now;
			end = now + (uint64_t)c->o->ms * 1000000;
		} else if (end) {
			turns += c->n;
		}
		if (load_stop_check(err) != 0)
			return -1;
	}
	*ret_calls = (double)turns * (double)LOAD_NS_PER_S / 50 / (double)(now - begin);
	return 0;
}

int load_codecs(const struct load_options *o, json_t *result, struct en_err *err)
{
	struct codecs c = {.o = o, .n = o->calls, .frame = o->opus_rate / 50};
	int rc = open_codecs(&c, err);

	load_progress_doing("codecs");
	for (unsigned int i = 0; rc == 0 && i < o->runs; i++) {
		double calls = 0;

		rc = run(&c, &calls, err);
		if (rc == 0) {
			json_array_append_new(json_object_get(result, "runs"), json_object());
			load_report_metric(result, "calls", "calls", "higher", calls);
			load_report_metric(result, "call_20ms", "us", "lower", 20000 / calls);
		}
	}
	close_codecs(&c);
	return rc;
}
