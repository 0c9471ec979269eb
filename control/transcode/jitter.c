/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter.c - a jitter buffer's life and counters.
 *
 * Not here: which packets are taken (jitter_put.c), what is played (jitter_get.c), when (jitter_adapt.c), the samples
 * (jitter_pcm.c).
 */
#include "control/transcode/jitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/transcode/jitter_inner.h"

#define PACKETS    128
#define RATE_MIN   8000
#define RATE_MAX   48000
#define STRETCH_MS 70 /* room beside a frame: history, what stretching looks at and puts in, a block */

static const char *const names[CP_JITTER_VERDICTS] = {
	[CP_JITTER_TAKEN] = "taken",         [CP_JITTER_CODEC] = "codec", [CP_JITTER_BROKEN] = "broken",
	[CP_JITTER_DUPLICATE] = "duplicate", [CP_JITTER_LATE] = "late",   [CP_JITTER_FAR] = "far",
	[CP_JITTER_ORDER] = "order",         [CP_JITTER_FULL] = "full",   [CP_JITTER_EXCESS] = "excess",
};

const char *cp_jitter_verdict_name(enum cp_jitter_verdict v)
{
	return (unsigned int)v < CP_JITTER_VERDICTS ? names[v] : "?";
}

static int check_codec(const struct cp_codec *c, struct en_err *err)
{
	uint32_t rate = cp_codec_rate(c);

	if (rate < RATE_MIN || rate > RATE_MAX || rate % 100)
		return en_fail(err, -EINVAL, "a jitter buffer plays 8000 to 48000 Hz in steps of 100, not %u", rate);
	if (c->clock == 0 || (rate % c->clock && c->clock % rate))
		return en_fail(err, -EINVAL, "%s: an RTP clock of %u Hz does not fit %u Hz", cp_codec_name(c->kind),
			       c->clock, rate);
	if (c->channels < 1 || c->channels > 2)
		return en_fail(err, -EINVAL, "%u channels: a jitter buffer plays 1 or 2", c->channels);
	return 0;
}

static int create_codecs(struct cp_jitter *j, const struct cp_jitter_config *config, struct en_err *err)
{
	for (uint32_t i = 0; i < config->codecs; i++) {
		int rc = check_codec(&config->codec[i], err);

		if (rc < 0)
			return rc;
		j->codec[i] = config->codec[i];
		rc = cp_decoder_create(&j->codec[i], &j->decoder[i], err);
		if (rc < 0)
			return rc;
		j->codecs++;
	}
	return 0;
}

static int create_room(struct cp_jitter *j, const struct cp_jitter_config *config, struct en_err *err)
{
	uint32_t rate = 0, channels = 1, packets = config->packets ? config->packets : PACKETS;

	for (uint32_t i = 0; i < j->codecs; i++) {
		if (cp_codec_rate(&j->codec[i]) > rate)
			rate = cp_codec_rate(&j->codec[i]);
		if (j->codec[i].channels > channels)
			channels = j->codec[i].channels;
	}
	j->pcm_max = rate * STRETCH_MS / 1000 + CP_CODEC_FRAME_MAX;
	j->pcm = calloc((size_t)j->pcm_max * channels, sizeof(*j->pcm));
	j->store = cp_jitter_store_create(packets, config->bytes ? config->bytes : packets * CP_JITTER_PIECE);
	return j->pcm && j->store ? 0 : en_fail(err, -ENOMEM, "no memory for a jitter buffer");
}

int cp_jitter_create(const struct cp_jitter_config *config, struct cp_jitter **ret_jitter, struct en_err *err)
{
	struct cp_jitter *j;
	int rc;

	if (config->codecs < 1 || config->codecs > CP_JITTER_CODECS || config->min_ms > config->max_ms ||
	    config->max_ms > CP_DELAY_MAX_MS || config->packets > 4096)
		return en_fail(err, -EINVAL, "jitter buffer: codecs, delays or packets are out of bounds");
	j = calloc(1, sizeof(*j));
	if (!j)
		return en_fail(err, -ENOMEM, "no memory for a jitter buffer");
	rc = create_codecs(j, config, err);
	if (rc == 0)
		rc = create_room(j, config, err);
	if (rc < 0) {
		cp_jitter_destroy(j);
		return rc;
	}
	j->max_ms = config->max_ms;
	j->clock = j->codec[0].clock;
	cp_delay_init(&j->delay, config->min_ms, config->max_ms);
	cp_jitter_pcm_use(j, 0);
	*ret_jitter = j;
	return 0;
}

void cp_jitter_destroy(struct cp_jitter *j)
{
	if (!j)
		return;
	for (uint32_t i = 0; i < j->codecs; i++)
		cp_decoder_destroy(j->decoder[i]);
	cp_jitter_store_destroy(j->store);
	free(j->pcm);
	free(j);
}

void cp_jitter_stats(const struct cp_jitter *j, struct cp_jitter_stats *ret_stats)
{
	uint64_t spoken;

	*ret_stats = j->stats;
	ret_stats->lost = j->lost_before + (j->expected > j->come ? j->expected - j->come : 0);
	/* what nobody knows yet: nothing came, so nobody spoke */
	ret_stats->silent += j->stalled;
	spoken = ret_stats->played > ret_stats->silent ? ret_stats->played - ret_stats->silent : 0;
	ret_stats->concealment = spoken ? (double)ret_stats->concealed / (double)spoken : 0;
	ret_stats->delay_ms = j->has_late && j->late_us > 0 ? (uint32_t)(j->late_us / 1000) : 0;
	ret_stats->target_ms = (uint32_t)(j->delay.target_us / 1000);
	ret_stats->waiting_ms = (uint32_t)(cp_jitter_ready(j) * UINT64_C(1000) / j->shape.rate +
					   cp_jitter_store_duration(j->store) * 1000 / j->clock);
	ret_stats->jitter_ms = j->delay.jitter_us / 1000;
}
