/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_get.c - what is played next, a packet or something made up:
 *
 *   the next packet is there           decode it
 *   a later one is, none is missing    a pause of the sender: fill it
 *   a later one is, some are missing   conceal them, the last with the help of the one behind
 *   none is there                      conceal, and the timeline waits: it is not known yet what this is
 */
#include <stddef.h>

#include "control/transcode/jitter_inner.h"

void cp_jitter_get_restart(struct cp_jitter *j)
{
	j->stats.silent += j->stalled;
	j->stalled = 0;
	j->playing = false;
	j->waited = 0;
	j->next = 0;
	j->has_late = false;
	j->before = j->using;
	j->seam = true;
}

static bool follows(const struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	return p->seq == (uint16_t)(j->last_seq + 1);
}

/* Its timestamp is where the timeline is, or nearly, for senders that do not count well. */
static bool is_next(const struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	int64_t gap = p->ts - j->next, block = j->clock / 100;

	return gap == 0 || (follows(j, p) && gap >= -block && gap <= block / 4);
}

void cp_jitter_begin_at(struct cp_jitter *j, const struct cp_jitter_packet *p)
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
	cp_jitter_begin_at(j, p);
}

/* Another rate or channels: only when nothing of the old ones is left. False: not yet. */
static bool change_codec(struct cp_jitter *j, uint32_t codec)
{
	const struct cp_codec *a = &j->codec[j->using], *b = &j->codec[codec];

	if (j->using == codec)
		return true;
	if (cp_codec_rate(a) == cp_codec_rate(b) && a->channels == b->channels) {
		j->before = j->using;
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

bool cp_jitter_gather(struct cp_jitter *j, uint32_t samples)
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

/* How much of the gap before it is of packets that did not come, as long as it is; the rest is a pause. */
static uint64_t lost_before(const struct cp_jitter *j, const struct cp_jitter_packet *p, uint64_t gap)
{
	uint64_t lost = (uint64_t)(uint16_t)(p->seq - j->last_seq - 1) * p->duration;

	return lost < gap ? lost : gap;
}

/* Now a packet tells what the wait was: its part of the gap was a pause, then a loss, the rest delay. */
static void settle(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	uint64_t gap = p->ts > j->next ? (uint64_t)(p->ts - j->next) : 0;
	uint64_t waited = cp_jitter_units_of(j, j->stalled), pause = gap - lost_before(j, p, gap);
	uint64_t covered = waited < gap ? waited : gap;
	uint64_t silent = cp_jitter_samples_of(j, covered < pause ? covered : pause), concealed = j->stalled - silent;

	j->next += (int64_t)covered;
	j->stalled = 0;
	j->stats.silent += silent;
	j->stats.concealed += concealed;
	if (concealed && !j->in_gap)
		j->stats.concealed_events++;
	j->in_gap |= concealed > 0;
}

/* A later packet is here. Block by block, but for the frame before it: what it says of that one is about all of it. */
static void bridge(struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	uint64_t gap = (uint64_t)(p->ts - j->next), n = cp_jitter_units_of(j, cp_jitter_block(j));
	uint64_t lost = lost_before(j, p, gap), most = gap;
	bool pause = gap > lost, last = !pause && gap <= p->duration && p->codec == j->using;

	if (pause)
		most = gap - lost;
	else if (gap > p->duration)
		most = gap - p->duration;
	else if (last)
		n = gap;
	if (n > most)
		n = most;
	j->next += (int64_t)n;
	cp_jitter_pcm_conceal(j, (uint32_t)cp_jitter_samples_of(j, n), last ? p : NULL,
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
	j->made_as = cp_jitter_is_noise(j) ? CP_JITTER_SILENCE : CP_JITTER_CONCEALED;
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
	if (j->playing && !j->stalled)
		cp_jitter_adapt(j, now);
	while (cp_jitter_ready(j) < cp_jitter_block(j))
		step(j);
	return cp_jitter_pcm_take(j, pcm);
}
