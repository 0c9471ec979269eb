/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_adapt.c - keep the delay where it shall be, a period less or more at a time.
 *
 * The delay that counts is from the moment at which a sample could have been here at the earliest (the base transit,
 * jitter_delay.h) to its sound. It is measured at every block, smoothed, and kept between the target, less the guard,
 * and LONG_US above it.
 */
#include "control/transcode/jitter_inner.h"

#define LONG_US   20000 /* above the target: shorten */
#define HURRY_US  100000 /* above it: shorten at every block, and where it may be heard */
#define EXCESS_US 300000 /* above the greatest target: shortening takes too long */
#define CLOCK_US  INT64_C(10000000) /* neither way more: a clock gone mad is forgotten soon */
#define REST_CUT  4 /* blocks between two pieces taken out, */
#define REST_ADD  9 /* or put in */
#define ALIKE     0.9f
#define SIMILAR   0.5f
#define PATIENCE  200 /* blocks of looking for a better place, at each level */
#define SMOOTH    8

/* The delay of the sample to be played next. */
static int64_t delay_of(const struct cp_jitter *j, int64_t now)
{
	int64_t ready = cp_jitter_ready(j) * INT64_C(1000000) / j->shape.rate;
	int64_t delay = now - cp_jitter_us(j, j->next) + ready - j->delay.base;

	return delay < -CLOCK_US ? -CLOCK_US : delay > CLOCK_US ? CLOCK_US : delay;
}

static uint32_t samples_of(const struct cp_jitter *j, double us)
{
	double most = j->shape.rate * CP_STRETCH_MS / 1000.0, n = us * j->shape.rate / 1e6;

	return (uint32_t)(n < most ? n : most);
}

/* How alike pieces have to be now. Noise is never: what nobody hears at once shall not add up to an underrun. */
static float least(const struct cp_jitter *j, bool hurry)
{
	if (j->vain >= 2 * PATIENCE)
		return -1;
	return hurry || j->vain >= PATIENCE ? SIMILAR : ALIKE;
}

static void stretched(struct cp_jitter *j, bool done, uint32_t rest)
{
	if (done)
		j->rest = rest;
	j->vain = done ? 0 : j->vain + 1;
}

static void shorten(struct cp_jitter *j, double excess)
{
	bool hurry = excess > HURRY_US;
	uint32_t most = samples_of(j, excess), n;

	if (!cp_jitter_gather(j, samples_of(j, 1e6) + most))
		return;
	n = cp_jitter_pcm_cut(j, most, least(j, hurry));
	j->late_us -= n * 1e6 / j->shape.rate;
	stretched(j, n > 0, hurry ? 0 : REST_CUT);
}

static void lengthen(struct cp_jitter *j)
{
	uint32_t most = samples_of(j, 1e6), n;

	cp_jitter_gather(j, most);
	n = cp_jitter_pcm_add(j, most, least(j, false));
	j->late_us += n * 1e6 / j->shape.rate;
	stretched(j, n > 0, REST_ADD);
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
	cp_jitter_begin_at(j, cp_jitter_store_head(j->store));
	j->before = j->using;
	j->seam = true;
	j->has_late = false;
}

void cp_jitter_adapt(struct cp_jitter *j, int64_t now)
{
	double late, excess;

	shed(j, delay_of(j, now));
	if (j->codec[j->using].clock != j->clock)
		return;
	late = (double)delay_of(j, now);
	j->late_us = j->has_late ? j->late_us + (late - j->late_us) / SMOOTH : late;
	j->has_late = true;
	if (j->rest > 0) {
		j->rest--;
		return;
	}
	excess = j->late_us - (double)j->delay.target_us;
	if (excess > LONG_US)
		shorten(j, excess);
	else if (excess < -CP_DELAY_GUARD_US)
		lengthen(j);
	else
		j->vain = 0;
}
