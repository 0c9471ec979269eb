/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe.c - a pipe's life, packets in by payload type, packets out at every ptime.
 *
 * Invariants
 *   P1  ts is that of the sound being collected, and goes on whatever is sent: a pause (DTX) and events take time too.
 *
 * Specs:     RFC 3550 s5.1; RFC 3551 s4.1 (marker); RFC 4733 s2.5.1.2.
 * Not here:  rates and channels (pipe_sound.c), keys (pipe_event.c, pipe_tone.c).
 */
#include "control/transcode/pipe_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/wire/rtp.h"
#include "engine/wire/rtp_ext.h"

#define PTIME     20
#define PTIME_MAX 120
#define MIN_MS    20
#define MAX_MS    500
#define LEVEL_LEN 8 /* the extension's head, an element of one byte, padding */
#define QUIET     50 /* -dBov: what is below is no voice */

static int check_events(int pt, uint32_t clock, struct en_err *err)
{
	if (pt < -1 || pt > 127 || (pt >= 0 && (clock < 8000 || clock > 48000 || clock % 1000)))
		return en_fail(err, -EINVAL, "telephone-event/%u as payload type %d", clock, pt);
	return 0;
}

static int check(const struct cp_pipe_config *c, struct en_err *err)
{
	int rc;

	if (c->in_n < 1 || c->in_n > CP_PIPE_FORMATS)
		return en_fail(err, -EINVAL, "a pipe takes 1 to %d formats, not %u", CP_PIPE_FORMATS, c->in_n);
	if (c->level_ext > 14)
		return en_fail(err, -EINVAL, "a header extension of id %u", c->level_ext);
	if (c->ptime_ms % 10 || c->ptime_ms > PTIME_MAX)
		return en_fail(err, -EINVAL, "packets of %u ms: multiples of 10 up to 120 can be had", c->ptime_ms);
	for (uint32_t i = 0; i < c->in_n; i++)
		if (c->in[i].pt > 127)
			return en_fail(err, -EINVAL, "payload type %u", c->in[i].pt);
	if (c->out.pt > 127 || c->out_cn_pt > 127)
		return en_fail(err, -EINVAL, "payload type %u", c->out.pt > 127 ? c->out.pt : c->out_cn_pt);
	if (c->in[0].codec.kind == CP_CODEC_CN || c->out.codec.kind == CP_CODEC_CN)
		return en_fail(err, -EINVAL, "comfort noise alone");
	rc = check_events(c->in_event_pt, c->in_event_clock, err);
	return rc ? rc : check_events(c->out_event_pt, c->out_event_clock, err);
}

/* Opus runs at what the other side needs. */
static void narrow(struct cp_codec *c, uint32_t rate, uint32_t channels)
{
	if (c->kind != CP_CODEC_OPUS)
		return;
	if (c->pcm_rate == 0)
		c->pcm_rate = rate <= 8000    ? 8000
			      : rate <= 12000 ? 12000
			      : rate <= 16000 ? 16000
			      : rate <= 24000 ? 24000
					      : 48000;
	if (channels < c->channels)
		c->channels = channels;
}

/* Noise has the rate of the sound that it stands for: the decoder is changed without a seam. */
static void settle_noise(struct cp_pipe_config *c)
{
	const struct cp_codec *sound = &c->in[0].codec;

	for (uint32_t i = 1; i < c->in_n; i++)
		if (c->in[i].codec.kind == CP_CODEC_CN && c->in[i].codec.clock == sound->clock)
			c->in[i].codec.pcm_rate = cp_codec_rate(sound);
}

static void settle(struct cp_pipe_config *c)
{
	uint32_t rate = 0, channels = 1;

	for (uint32_t i = 0; i < c->in_n; i++) {
		if (c->in[i].codec.kind == CP_CODEC_CN)
			continue;
		if (cp_codec_rate(&c->in[i].codec) > rate)
			rate = cp_codec_rate(&c->in[i].codec);
		if (c->in[i].codec.channels > channels)
			channels = c->in[i].codec.channels;
	}
	narrow(&c->out.codec, rate, channels);
	for (uint32_t i = 0; i < c->in_n; i++)
		narrow(&c->in[i].codec, cp_codec_rate(&c->out.codec), c->out.codec.channels);
	settle_noise(c);
	if (!c->ptime_ms)
		c->ptime_ms = PTIME;
	if (!c->min_ms)
		c->min_ms = MIN_MS;
	if (!c->max_ms)
		c->max_ms = MAX_MS;
}

static int create_sound(struct cp_pipe *p, struct en_err *err)
{
	const struct cp_codec *out = &p->config.out.codec;
	int rc = cp_encoder_create(out, &p->encoder, err);

	if (rc)
		return rc;
	p->rate = cp_codec_rate(out);
	p->channels = out->channels;
	if (p->rate % 100 || out->clock % 100)
		return en_fail(err, -EINVAL, "%s/%u: 10 ms are no whole number of samples", cp_codec_name(out->kind),
			       out->clock);
	p->blocks = p->config.ptime_ms / 10;
	p->frame = p->rate / 100 * p->blocks;
	p->ticks = out->clock / 100 * p->blocks;
	if (!cp_encoder_takes(p->encoder, p->frame))
		return en_fail(err, -EINVAL, "%s in packets of %u ms", cp_codec_name(out->kind), p->config.ptime_ms);
	p->pcm = calloc(((size_t)p->frame + 2 * (p->rate / 100)) * p->channels, sizeof(*p->pcm));
	return p->pcm ? 0 : en_fail(err, -ENOMEM, "no memory for a pipe");
}

static int create_jitter(struct cp_pipe *p, struct en_err *err)
{
	struct cp_codec codec[CP_PIPE_FORMATS];
	struct cp_jitter_config config = {
		.codec = codec,
		.codecs = p->config.in_n,
		.min_ms = p->config.min_ms,
		.max_ms = p->config.max_ms,
	};

	_Static_assert(CP_PIPE_FORMATS <= CP_JITTER_CODECS, "an index of a format is one of a codec");
	for (uint32_t i = 0; i < p->config.in_n; i++)
		codec[i] = p->config.in[i].codec;
	return p->config.mix ? cp_mixer_create(&config, &p->mixer, err) : cp_jitter_create(&config, &p->jitter, err);
}

static int create_events(struct cp_pipe *p, struct en_err *err)
{
	if (!cp_pipe_tone_open(p))
		return en_fail(err, -ENOMEM, "no memory for a pipe");
	if (p->config.in_event_pt < 0 || p->config.out_event_pt >= 0)
		return 0;
	p->generator = cp_tone_generator_create();
	return p->generator ? 0 : en_fail(err, -ENOMEM, "no memory for a pipe");
}

int cp_pipe_create(const struct cp_pipe_config *config, struct cp_pipe **ret_pipe, struct en_err *err)
{
	int rc = check(config, err);
	struct cp_pipe *p;

	if (rc)
		return rc;
	p = calloc(1, sizeof(*p));
	if (!p)
		return en_fail(err, -ENOMEM, "no memory for a pipe");
	p->config = *config;
	cp_echo_get(p->config.in_echo);
	cp_echo_get(p->config.out_echo);
	settle(&p->config);
	rc = create_sound(p, err);
	if (rc == 0)
		rc = create_jitter(p, err);
	if (rc == 0)
		rc = create_events(p, err);
	if (rc) {
		cp_pipe_destroy(p);
		return rc;
	}
	/* RFC 3550 s5.1: random; in the lower half, so that loss of the first packets does not look like a wrap to
	 * SRTP (RFC 3711 s3.3.1) */
	p->seq = en_random32() & 0x7fff;
	p->ts = en_random32();
	p->marker = true;
	*ret_pipe = p;
	return 0;
}

void cp_pipe_destroy(struct cp_pipe *p)
{
	if (!p)
		return;
	cp_jitter_destroy(p->jitter);
	cp_mixer_destroy(p->mixer);
	cp_pipe_voice_close(p);
	cp_encoder_destroy(p->encoder);
	cp_resampler_destroy(p->voice.resampler);
	cp_resampler_destroy(p->tones.resampler);
	cp_resampler_destroy(p->listening.resampler);
	cp_tone_generator_destroy(p->generator);
	cp_tone_detector_destroy(p->detector);
	free(p->pcm);
	free(p);
}

/* --- in ------------------------------------------------------------------ */

static void put_sound(struct cp_pipe *p, const struct wire_rtp *rtp, const uint8_t *payload, uint64_t now_us)
{
	struct cp_jitter_in in = {
		.ssrc = rtp->ssrc,
		.seq = rtp->seq,
		.ts = rtp->ts,
		.payload = payload,
		.len = rtp->payload_len,
		.arrival_us = now_us,
	};

	for (uint32_t i = 0; i < p->config.in_n; i++)
		if (p->config.in[i].pt == rtp->pt) {
			in.codec = (uint8_t)i;
			if (p->mixer)
				cp_mixer_put(p->mixer, &in);
			else
				cp_jitter_put(p->jitter, &in);
			return;
		}
	p->stats.refused++;
}

void cp_pipe_put(struct cp_pipe *p, const uint8_t *rtp, uint32_t len, uint64_t now_us)
{
	struct wire_rtp h;

	p->stats.packets_in++;
	if (!wire_rtp_parse(rtp, len, &h) || !wire_rtp_unpad(rtp, &h))
		p->stats.refused++;
	else if (h.pt == p->config.in_event_pt)
		cp_pipe_event_put(p, h.ssrc, h.ts, rtp + h.payload_off, h.payload_len, now_us);
	else
		put_sound(p, &h, rtp + h.payload_off, now_us);
}

/* --- out ----------------------------------------------------------------- */

static uint32_t write_packet(struct cp_pipe *p, uint8_t pt, bool marker, uint32_t ts, uint32_t len, uint8_t *ret_rtp)
{
	struct wire_rtp h = {.pt = pt, .marker = marker, .seq = p->seq++, .ts = ts, .ssrc = p->config.ssrc};

	wire_rtp_build(ret_rtp, &h);
	p->stats.packets_out++;
	return WIRE_RTP_HDR_LEN + len;
}

/* Where sound begins in a packet. */
static uint32_t sound_at(const struct cp_pipe *p)
{
	return WIRE_RTP_HDR_LEN + (p->config.level_ext ? LEVEL_LEN : 0);
}

/* How loud it is, between a header that is there and the sound; bytes that it takes. */
static uint32_t write_level(const struct cp_pipe *p, uint8_t *rtp)
{
	uint8_t level;
	const struct wire_ext ext = {.id = p->config.level_ext, .len = 1, .value = &level};
	struct en_writer w = en_writer(rtp + WIRE_RTP_HDR_LEN, LEVEL_LEN);

	if (!p->config.level_ext)
		return 0;
	level = cp_pipe_level(p);
	if (level < QUIET)
		level |= 0x80; /* RFC 6464 s3: voice */
	wire_ext_build(&w, &ext, 1);
	rtp[0] |= 0x10;
	return LEVEL_LEN;
}

/* What is due for the sound of p->ts. */
static uint32_t write_due(struct cp_pipe *p, uint8_t *ret_rtp)
{
	struct cp_telephone_packet event;
	bool marker = p->marker;
	int len;

	if (cp_pipe_event_next(p, &event)) {
		memcpy(ret_rtp + WIRE_RTP_HDR_LEN, event.payload, sizeof(event.payload));
		return write_packet(p, (uint8_t)p->config.out_event_pt, event.marker, event.timestamp,
				    sizeof(event.payload), ret_rtp);
	}
	if (cp_pipe_silence_is_told(p)) {
		p->marker = true;
		if (!cp_pipe_silence_next(p, ret_rtp + WIRE_RTP_HDR_LEN))
			return 0;
		return write_packet(p, p->config.out_cn_pt, false, p->ts, 1, ret_rtp);
	}
	len = cp_encode(p->encoder, p->pcm, p->frame, ret_rtp + sound_at(p));
	/* RFC 3551 s4.1: the first packet after a silence in which none were sent is marked */
	p->marker = len <= 0;
	if (len <= 0)
		return 0;
	return write_packet(p, p->config.out.pt, marker, p->ts, (uint32_t)len, ret_rtp) + write_level(p, ret_rtp);
}

uint32_t cp_pipe_tick(struct cp_pipe *p, uint64_t now_us, uint8_t *ret_rtp)
{
	int16_t pcm[CP_JITTER_BLOCK_MAX];
	struct cp_jitter_block b =
		p->mixer ? cp_mixer_get(p->mixer, now_us, pcm) : cp_jitter_get(p->jitter, now_us, pcm);
	uint32_t len;
	bool tone, speech;

	cp_pipe_tone_hear(p, pcm, b.rate, b.channels);
	cp_pipe_event_tick(p, now_us);
	speech = cp_pipe_voice_mend(p, pcm, b.rate, b.channels, now_us) && b.sound == CP_JITTER_SPEECH;
	tone = cp_pipe_event_tone(p, pcm);
	cp_pipe_silence_note(p, !tone && !speech);
	if (tone)
		cp_pipe_push(p, &p->tones, pcm, CP_TONE_RATE, 1);
	else
		cp_pipe_push(p, &p->voice, pcm, b.rate, b.channels);
	if (++p->block < p->blocks)
		return 0;
	p->block = 0;
	cp_pipe_fill(p);
	cp_pipe_voice_say(p, now_us);
	len = write_due(p, ret_rtp);
	cp_pipe_drop(p);
	p->ts += p->ticks;
	return len;
}

void cp_pipe_stats(const struct cp_pipe *p, struct cp_pipe_stats *ret_stats)
{
	*ret_stats = p->stats;
	if (p->mixer)
		cp_mixer_stats(p->mixer, &ret_stats->jitter);
	else
		cp_jitter_stats(p->jitter, &ret_stats->jitter);
	ret_stats->rate = cp_codec_rate(&p->config.in[0].codec);
}
