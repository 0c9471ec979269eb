/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_get.c - what is played next: a packet, something made up, a period less or more.
 *
 * The delay that counts is from the moment at which a sample could have been here at the earliest (the base transit,
 * jitter_delay.h) to its sound. It is measured at every block, smoothed, and kept between the target and LONG_US above
 * it. What the next sample is:
 *
 *   the next packet is there           decode it
 *   a later one is, none is missing    a pause of the sender: fill it
 *   a later one is, some are missing   conceal them, the last with the help of the one behind
 *   none is there                      conceal, and the timeline waits: it is not known yet what this is
 */
#include <stddef.h>

#include "control/transcode/jitter_inner.h"

#define LONG_US   20000 /* above the target: shorten */
#define SHORT_US  5000 /* below it: lengthen */
#define HURRY_US  100000 /* above it: shorten at every block, and where it may be heard */
#define URGENT_US 15000 /* below it: lengthen where it may be heard */
#define EXCESS_US 300000 /* above the greatest target: shortening takes too long */
#define REST_CUT  4 /* blocks between two pieces taken out, */
#define REST_ADD  9 /* or put in */
#define ALIKE     0.9f
#define SIMILAR   0.5f
#define SMOOTH    8

void cp_jitter_get_restart(struct cp_jitter *j)
{
	j->stats.silent += j->stalled;
	j->stalled = 0;
	j->playing = false;
	j->waited = 0;
	j->next = 0;
	j->has_late = false;
	j->seam = true;
}

static bool follows(const struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	return p->seq == (uint16_t)(j->last_seq + 1);
}

/* Its timestamp is where the timeline is, or nearly, for senders that do not count well. */
static bool is_next(const struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	int64_t gap = p->ts - j->next, slack = j->clock / 100;

	return gap == 0 || (follows(j, p) && gap >= -slack && gap <= slack);
}

/* The timeline is where the next packet begins. */
static void begin_at(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	j->next = p->ts;
	j->last_seq = (uint16_t)(p->seq - 1);
}

/* A run begins to sound when its first packet is as old as the delay shall be. */
static void start(struct cp_jitter *j, int64_t now)
{
	const struct cp_jitter_packet *p = cp_jitter_store_head(j->store);

	if (!p)
		return;
	if (now < cp_jitter_us(j, p->ts) + j->delay.base + j->delay.target_us && ++j->waited <= j->max_ms / 10 + 1)
		return;
	j->playing = true;
	begin_at(j, p);
}

/* The delay of the sample to be played next. */
static int64_t delay_of(const struct cp_jitter *j, int64_t now)
{
	int64_t ready = cp_jitter_ready(j) * INT64_C(1000000) / j->shape.rate;

	return now - cp_jitter_us(j, j->next) + ready - j->delay.base;
}

/* Another rate or channels: only when nothing of the old ones is left. False: not yet. */
static bool change_codec(struct cp_jitter *j, uint32_t codec)
{
	const struct cp_codec *a = &j->codec[j->using], *b = &j->codec[codec];

	if (j->using == codec)
		return true;
	if (cp_codec_rate(a) == cp_codec_rate(b) && a->channels == b->channels) {
		j->using = codec;
		j->seam = true;
		return true;
	}
	if (cp_jitter_ready(j) > 0)
		return false;
	cp_jitter_pcm_use(j, codec);
	return true;
}

static bool play(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	int64_t ts = p->ts;
	uint16_t seq = p->seq;

	if (!change_codec(j, p->codec))
		return false;
	j->next = ts + cp_jitter_pcm_decode(j);
	j->last_seq = seq;
	return true;
}

/* Decode ahead what is here in order, until `samples` are ready. */
static bool gather(struct cp_jitter *j, uint32_t samples)
{
	const struct cp_jitter_packet *p;

	while (cp_jitter_ready(j) < samples) {
		p = cp_jitter_store_head(j->store);
		if (!p || !is_next(j, p) || p->codec != j->using)
			return false;
		play(j, p);
	}
	return true;
}

static uint32_t samples_of(const struct cp_jitter *j, double us)
{
	double most = j->shape.rate * CP_STRETCH_MS / 1000.0, n = us * j->shape.rate / 1e6;

	return (uint32_t)(n < most ? n : most);
}

static void shorten(struct cp_jitter *j, double excess)
{
	bool hurry = excess > HURRY_US;
	uint32_t most = samples_of(j, excess), n;

	if (!gather(j, samples_of(j, 1e6) + most))
		return;
	n = cp_jitter_pcm_cut(j, most, hurry ? SIMILAR : ALIKE);
	j->late_us -= n * 1e6 / j->shape.rate;
	if (n)
		j->rest = hurry ? 0 : REST_CUT;
}

static void lengthen(struct cp_jitter *j, double excess)
{
	uint32_t most = samples_of(j, 1e6), n;

	gather(j, most);
	n = cp_jitter_pcm_add(j, most, excess < -URGENT_US ? SIMILAR : ALIKE);
	j->late_us += n * 1e6 / j->shape.rate;
	if (n)
		j->rest = REST_ADD;
}

/*
 * Far behind what could be played: leave the oldest packets out, down to the target, or the gap that the timeline
 * would be busy with.
 */
static void shed(struct cp_jitter *j, int64_t late)
{
	uint64_t keep = (uint64_t)j->delay.target_us * j->clock / 1000000, most = (uint64_t)j->max_ms * j->clock / 1000;
	const struct cp_jitter_packet *p = cp_jitter_store_head(j->store);

	if (!p || late < j->delay.max_us + EXCESS_US)
		return;
	if (cp_jitter_store_duration(j->store) <= most && p->ts <= j->next)
		return;
	while (cp_jitter_store_count(j->store) > 1 && cp_jitter_store_duration(j->store) > keep) {
		cp_jitter_store_drop(j->store);
		j->stats.verdict[CP_JITTER_EXCESS]++;
	}
	begin_at(j, cp_jitter_store_head(j->store));
	j->seam = true;
	j->has_late = false;
}

static void adapt(struct cp_jitter *j, int64_t now)
{
	double late = (double)delay_of(j, now), excess;

	if (j->stalled || j->codec[j->using].clock != j->clock)
		return;
	j->late_us = j->has_late ? j->late_us + (late - j->late_us) / SMOOTH : late;
	j->has_late = true;
	if (j->rest > 0) {
		j->rest--;
		return;
	}
	excess = j->late_us - (double)j->delay.target_us;
	if (excess > LONG_US)
		shorten(j, excess);
	else if (excess < -SHORT_US)
		lengthen(j, excess);
}

/* Now a packet tells what the wait was: its part of the gap was a pause or a loss, the rest delay. */
static void settle(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	uint64_t gap = p->ts > j->next ? (uint64_t)(p->ts - j->next) : 0, scale = cp_jitter_scale(j);
	uint64_t covered = j->stalled / scale < gap ? j->stalled / scale : gap;
	uint64_t silent = follows(j, p) ? covered * scale : 0, concealed = j->stalled - silent;

	j->next += (int64_t)covered;
	j->stalled = 0;
	j->stats.silent += silent;
	j->stats.concealed += concealed;
	if (concealed && !j->in_gap)
		j->stats.concealed_events++;
}

/* A later packet is here. */
static void bridge(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	uint64_t gap = (uint64_t)(p->ts - j->next), n = cp_jitter_block(j) / cp_jitter_scale(j);
	bool pause = follows(j, p), last = !pause && gap <= p->duration && p->codec == j->using;

	if (last)
		n = gap;
	else if (!pause && gap > p->duration && gap - p->duration < n)
		n = gap - p->duration;
	else if (gap < n)
		n = gap;
	j->next += (int64_t)n;
	cp_jitter_pcm_conceal(j, (uint32_t)n * cp_jitter_scale(j), last ? p : NULL,
			      pause ? CP_JITTER_SILENCE : CP_JITTER_CONCEALED);
}

/* Nothing is here. */
static void stall(struct cp_jitter *j)
{
	uint32_t n = cp_jitter_block(j) - cp_jitter_ready(j);
	uint64_t silent = j->stats.silent;

	cp_jitter_pcm_conceal(j, n, NULL, CP_JITTER_SILENCE);
	if (!j->playing)
		return;
	j->stats.silent = silent;
	j->stalled += n;
	j->made_as = CP_JITTER_CONCEALED;
}

/* More samples. */
static void step(struct cp_jitter *j)
{
	const struct cp_jitter_packet *p = j->playing ? cp_jitter_store_head(j->store) : NULL;

	if (!p) {
		stall(j);
		return;
	}
	if (j->stalled)
		settle(j, p);
	if (is_next(j, p)) {
		if (!play(j, p))
			cp_jitter_pcm_conceal(j, cp_jitter_block(j) - cp_jitter_ready(j), NULL, CP_JITTER_CONCEALED);
	} else if (p->ts < j->next) {
		cp_jitter_store_drop(j->store);
		j->stats.verdict[CP_JITTER_LATE]++;
	} else {
		bridge(j, p);
	}
}

struct cp_jitter_block cp_jitter_get(struct cp_jitter *j, uint64_t now_us, int16_t *pcm)
{
	int64_t now = cp_jitter_time(now_us);

	cp_jitter_pcm_tidy(j);
	if (j->any && !j->playing)
		start(j, now);
	if (j->playing && !j->stalled) {
		shed(j, delay_of(j, now));
		adapt(j, now);
	}
	while (cp_jitter_ready(j) < cp_jitter_block(j))
		step(j);
	return cp_jitter_pcm_take(j, pcm);
}
