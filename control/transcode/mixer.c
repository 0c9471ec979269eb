/* SPDX-License-Identifier: BSD-3-Clause */
/* mixer.c - voices, and their sum (mixer.h). */
#include "control/transcode/mixer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOUDEST    30000 /* of the sum, when it is turned down */
#define UP_A_BLOCK 0.01f /* of the gain: a second from nothing to all */

struct voice {
	struct cp_jitter *jitter; /* NULL: nobody's */
	uint32_t ssrc;
	uint64_t heard_us;
};

struct cp_mixer {
	struct cp_jitter_config config;
	struct cp_codec codec[CP_JITTER_CODECS];
	uint32_t rate;
	struct voice voice[CP_MIXER_VOICES];
	float gain; /* 0 to 1 */
	struct cp_jitter_stats past; /* of voices that have ended */
	uint64_t refused; /* packets of voices too many */
};

int cp_mixer_create(const struct cp_jitter_config *config, struct cp_mixer **ret_mixer, struct en_err *err)
{
	struct cp_jitter *probe;
	struct cp_mixer *m;
	int rc = cp_jitter_create(config, &probe, err);

	if (rc)
		return rc;
	cp_jitter_destroy(probe);
	for (uint32_t i = 0; i < config->codecs; i++)
		if (config->codec[i].channels != 1 ||
		    cp_codec_rate(&config->codec[i]) != cp_codec_rate(&config->codec[0]))
			return en_fail(err, -EINVAL, "voices of several rates or channels");
	m = calloc(1, sizeof(*m));
	if (!m)
		return en_fail(err, -ENOMEM, "no memory for a mixer");
	memcpy(m->codec, config->codec, config->codecs * sizeof(m->codec[0]));
	m->config = *config;
	m->config.codec = m->codec;
	m->rate = cp_codec_rate(&m->codec[0]);
	m->gain = 1;
	*ret_mixer = m;
	return 0;
}

/* --- voices --------------------------------------------------------------------------- */

static void add_counters(struct cp_jitter_stats *sum, const struct cp_jitter_stats *s)
{
	sum->received += s->received;
	for (unsigned int i = 0; i < CP_JITTER_VERDICTS; i++)
		sum->verdict[i] += s->verdict[i];
	sum->restarts += s->restarts;
	sum->lost += s->lost;
	sum->played += s->played;
	sum->silent += s->silent;
	sum->concealed += s->concealed;
	sum->concealed_events += s->concealed_events;
	sum->cut += s->cut;
	sum->cuts += s->cuts;
	sum->added += s->added;
	sum->adds += s->adds;
	sum->fec += s->fec;
}

static void end_voice(struct cp_mixer *m, struct voice *v)
{
	struct cp_jitter_stats s;

	if (!v->jitter)
		return;
	cp_jitter_stats(v->jitter, &s);
	add_counters(&m->past, &s);
	cp_jitter_destroy(v->jitter);
	v->jitter = NULL;
}

void cp_mixer_destroy(struct cp_mixer *m)
{
	for (unsigned int i = 0; m && i < CP_MIXER_VOICES; i++)
		end_voice(m, &m->voice[i]);
	free(m);
}

/* X1; NULL: all speak. */
static struct voice *free_place(struct cp_mixer *m, uint64_t now_us)
{
	struct voice *oldest = &m->voice[0];

	for (unsigned int i = 0; i < CP_MIXER_VOICES; i++) {
		struct voice *v = &m->voice[i];

		if (!v->jitter)
			return v;
		if (v->heard_us < oldest->heard_us)
			oldest = v;
	}
	if (now_us - oldest->heard_us < CP_MIXER_YIELD_US)
		return NULL;
	end_voice(m, oldest);
	return oldest;
}

static struct voice *voice_of(struct cp_mixer *m, uint32_t ssrc, uint64_t now_us)
{
	struct voice *v;
	struct en_err err;

	for (unsigned int i = 0; i < CP_MIXER_VOICES; i++)
		if (m->voice[i].jitter && m->voice[i].ssrc == ssrc)
			return &m->voice[i];
	v = free_place(m, now_us);
	if (!v || cp_jitter_create(&m->config, &v->jitter, &err) != 0)
		return NULL;
	v->ssrc = ssrc;
	return v;
}

enum cp_jitter_verdict cp_mixer_put(struct cp_mixer *m, const struct cp_jitter_in *in)
{
	struct voice *v = voice_of(m, in->ssrc, in->arrival_us);

	if (!v) {
		m->refused++;
		return CP_JITTER_FULL;
	}
	v->heard_us = in->arrival_us;
	return cp_jitter_put(v->jitter, in);
}

/* --- their sum ------------------------------------------------------------------------- */

/* Down at once when it must be, up slowly; over the block from one to the other, so that it does not click. */
static void turn(struct cp_mixer *m, const int32_t *sum, uint32_t n, int16_t *pcm)
{
	float from = m->gain, to = m->gain + UP_A_BLOCK > 1 ? 1 : m->gain + UP_A_BLOCK;
	int32_t peak = 0;

	for (uint32_t i = 0; i < n; i++)
		peak = abs(sum[i]) > peak ? abs(sum[i]) : peak;
	if ((float)peak * to > LOUDEST)
		to = LOUDEST / (float)peak;
	if (to < from && (float)peak * from > INT16_MAX)
		from = to; /* there is no time for a slope */
	for (uint32_t i = 0; i < n; i++) {
		float v = (float)sum[i] * (from + (to - from) * (float)i / (float)n);

		pcm[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
	}
	m->gain = to;
}

struct cp_jitter_block cp_mixer_get(struct cp_mixer *m, uint64_t now_us, int16_t *pcm)
{
	struct cp_jitter_block all = {
		.rate = m->rate, .channels = 1, .samples = m->rate / 100, .sound = CP_JITTER_SILENCE};
	int32_t sum[CP_JITTER_BLOCK_MAX] = {0};

	for (unsigned int i = 0; i < CP_MIXER_VOICES; i++) {
		struct voice *v = &m->voice[i];
		struct cp_jitter_block b;

		if (!v->jitter)
			continue;
		if (now_us > v->heard_us && now_us - v->heard_us >= CP_MIXER_GONE_US) {
			end_voice(m, v);
			continue;
		}
		b = cp_jitter_get(v->jitter, now_us, pcm);
		if (b.sound > all.sound)
			all.sound = b.sound;
		for (uint32_t k = 0; k < b.samples && k < all.samples; k++)
			sum[k] += pcm[k];
	}
	turn(m, sum, all.samples, pcm);
	return all;
}

/* --- what there was ----------------------------------------------------------------------- */

void cp_mixer_stats(const struct cp_mixer *m, struct cp_jitter_stats *ret_stats)
{
	uint64_t sound;

	*ret_stats = m->past;
	for (unsigned int i = 0; i < CP_MIXER_VOICES; i++) {
		struct cp_jitter_stats s;

		if (!m->voice[i].jitter)
			continue;
		cp_jitter_stats(m->voice[i].jitter, &s);
		add_counters(ret_stats, &s);
		ret_stats->delay_ms = s.delay_ms > ret_stats->delay_ms ? s.delay_ms : ret_stats->delay_ms;
		ret_stats->target_ms = s.target_ms > ret_stats->target_ms ? s.target_ms : ret_stats->target_ms;
		ret_stats->waiting_ms = s.waiting_ms > ret_stats->waiting_ms ? s.waiting_ms : ret_stats->waiting_ms;
		ret_stats->jitter_ms = s.jitter_ms > ret_stats->jitter_ms ? s.jitter_ms : ret_stats->jitter_ms;
	}
	ret_stats->received += m->refused;
	ret_stats->verdict[CP_JITTER_FULL] += m->refused;
	sound = ret_stats->played - ret_stats->silent;
	ret_stats->concealment = sound ? (double)ret_stats->concealed / (double)sound : 0;
}

unsigned int cp_mixer_voices(const struct cp_mixer *m)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < CP_MIXER_VOICES; i++)
		n += m->voice[i].jitter != NULL;
	return n;
}
