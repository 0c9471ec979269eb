/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter.c - a buffer's life; which packets are this run's, and their places.
 *
 * Invariants
 *   V1  a packet is refused before it changes anything but a counter and the stranger's place.
 *   V2  top - first < CP_VIDEO_WINDOW: what is too far behind is given up for what is new.
 *   V3  a run is left for two packets in a row of another, not for one.
 *
 * Specs:     RFC 3550 A.1.
 */
#include "control/transcode/video_jitter_inner.h"

#include <stdlib.h>
#include <string.h>

#define RTT_US   100000
#define MISORDER 256 /* what is further behind is no packet that was under way for long */

struct cp_video_jitter *cp_video_jitter_create(enum cp_video_kind kind)
{
	struct cp_video_jitter *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->kind = kind;
	j->rtt_us = RTT_US;
	j->top = -1;
	return j;
}

static void slot_clear(struct cp_video_slot *s)
{
	free(s->bytes);
	*s = (struct cp_video_slot){.state = CP_VIDEO_EMPTY};
}

void cp_video_jitter_destroy(struct cp_video_jitter *j)
{
	if (!j)
		return;
	for (uint32_t i = 0; i < CP_VIDEO_WINDOW; i++)
		slot_clear(&j->slot[i]);
	free(j->picture);
	free(j);
}

void cp_video_advance(struct cp_video_jitter *j, int64_t seq, bool used)
{
	for (; j->first < seq && j->first <= j->top; j->first++) {
		struct cp_video_slot *s = cp_video_slot(j, j->first);

		if (s->state == CP_VIDEO_MISSING) {
			j->missing--;
			j->stats.lost++;
		} else {
			j->stats.waiting--;
			j->stats.skipped += s->state == CP_VIDEO_FULL && !used;
		}
		slot_clear(s);
	}
}

void cp_video_jitter_need_key(struct cp_video_jitter *j)
{
	j->searching = true;
	j->changed = true; /* one may be there */
	j->key_came_us = 0; /* it was no help */
}

/* --- packets --------------------------------------------------------------------------- */

/* seq: its first packet's, which may have been taken for a stray one: it can be asked for. */
static void begin(struct cp_video_jitter *j, const struct cp_video_in *in, uint16_t seq)
{
	if (j->any)
		j->stats.restarts++;
	cp_video_advance(j, j->top + 1, false);
	j->any = true;
	j->ssrc = in->ssrc;
	j->first = seq;
	j->top = j->first - 1;
	j->searching = true;
	j->restarted = true;
	j->has_stranger = false;
	j->key_came_us = j->key_asked_us = 0;
}

/* RFC 3550 A.1: "Two sequential packets -- assume that the other side restarted without telling us". */
static bool is_new_run(struct cp_video_jitter *j, const struct cp_video_in *in)
{
	bool follows = j->has_stranger && j->stranger_ssrc == in->ssrc && in->seq == (uint16_t)(j->stranger_seq + 1);

	j->has_stranger = true;
	j->stranger_ssrc = in->ssrc;
	j->stranger_seq = in->seq;
	return follows;
}

/* Those between top and `seq` are missed, which comes out of the window's beginning when it is too far. */
static void grow(struct cp_video_jitter *j, int64_t seq, uint64_t now_us)
{
	if (seq - j->first >= CP_VIDEO_WINDOW) {
		cp_video_advance(j, seq - CP_VIDEO_WINDOW + 1, false);
		j->searching = true;
	}
	while (++j->top < seq) {
		*cp_video_slot(j, j->top) = (struct cp_video_slot){.state = CP_VIDEO_MISSING, .since_us = now_us};
		j->missing++;
		j->stats.missed++;
	}
}

static bool fill(struct cp_video_slot *s, const struct cp_video_in *in, const struct cp_video_piece *p)
{
	uint8_t *bytes = in->len ? malloc(p->len) : NULL;

	if (in->len && !bytes)
		return false;
	*s = (struct cp_video_slot){.state = CP_VIDEO_FILLER, .since_us = in->arrival_us, .ts = in->ts};
	if (!in->len)
		return true;
	memcpy(bytes, in->payload + p->off, p->len);
	s->state = CP_VIDEO_FULL;
	s->marker = in->marker;
	s->bytes = bytes;
	s->len = p->len;
	s->begin = p->begin;
	s->end = p->end;
	s->key = p->key;
	return true;
}

/* A packet of the run. */
static enum cp_video_verdict take(struct cp_video_jitter *j, int64_t seq, const struct cp_video_in *in,
				  const struct cp_video_piece *p)
{
	struct cp_video_slot *s, filled;

	if (!fill(&filled, in, p))
		return CP_VIDEO_NO_MEMORY;
	if (seq > j->top) {
		grow(j, seq, in->arrival_us);
	} else {
		j->missing--;
		j->stats.found++;
	}
	s = cp_video_slot(j, seq);
	*s = filled;
	if (s->key)
		j->key_came_us = in->arrival_us;
	j->stats.waiting++;
	j->changed = true;
	j->has_stranger = false;
	return CP_VIDEO_TAKEN;
}

static int64_t unwrapped(const struct cp_video_jitter *j, uint16_t seq)
{
	return j->top + (int16_t)(seq - (uint16_t)j->top);
}

static enum cp_video_verdict judge(struct cp_video_jitter *j, const struct cp_video_in *in)
{
	struct cp_video_piece p = {.len = 0};
	int64_t seq;

	if (in->len > CP_VIDEO_PAYLOAD_MAX || (in->len && !cp_video_depacket(j->kind, in->payload, in->len, &p)))
		return CP_VIDEO_BROKEN;
	if (!j->any)
		begin(j, in, in->seq);
	seq = unwrapped(j, in->seq);
	if (in->ssrc != j->ssrc || seq - j->top >= CP_VIDEO_WINDOW || seq < j->first - MISORDER) {
		if (!is_new_run(j, in))
			return CP_VIDEO_FAR;
		begin(j, in, (uint16_t)(in->seq - 1));
		seq = unwrapped(j, in->seq);
	}
	if (seq < j->first)
		return CP_VIDEO_LATE;
	if (seq <= j->top && cp_video_slot(j, seq)->state != CP_VIDEO_MISSING)
		return CP_VIDEO_DUPLICATE;
	return take(j, seq, in, &p);
}

enum cp_video_verdict cp_video_jitter_put(struct cp_video_jitter *j, const struct cp_video_in *in)
{
	enum cp_video_verdict v = judge(j, in);

	j->stats.received++;
	j->stats.verdict[v]++;
	return v;
}

void cp_video_jitter_stats(const struct cp_video_jitter *j, struct cp_video_jitter_stats *ret_stats)
{
	*ret_stats = j->stats;
}
