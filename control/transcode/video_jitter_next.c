/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter_next.c - pictures that are whole, and can be decoded after those that came out.
 *
 * Invariants
 *   X1  while not searching, first is where a picture begins: pictures follow each other without a gap.
 *   X2  while searching, nothing comes out but a key frame.
 *
 * Specs:     RFC 7741 s4.1, RFC 9628 s4.1: the marker ends a picture, and all its packets have one timestamp.
 */
#include "control/transcode/video_jitter_inner.h"

#include <stdlib.h>
#include <string.h>

/* A picture's slots: from its first to its last one. */
struct span {
	int64_t from, to;
	uint32_t len;
};

static bool begins_other(struct cp_video_jitter *j, int64_t seq, uint32_t ts)
{
	const struct cp_video_slot *s = cp_video_slot(j, seq);

	return seq <= j->top && s->state == CP_VIDEO_FULL && s->begin && s->ts != ts;
}

/* Some senders do not mark the end: there the next picture's beginning tells it. */
static bool find_end(struct cp_video_jitter *j, struct span *x)
{
	uint32_t ts = cp_video_slot(j, x->from)->ts;

	x->len = 0;
	for (x->to = x->from; x->to <= j->top; x->to++) {
		const struct cp_video_slot *s = cp_video_slot(j, x->to);

		if (s->state == CP_VIDEO_MISSING || s->ts != ts)
			return false;
		x->len += s->len;
		if (s->marker || begins_other(j, x->to + 1, ts))
			return true;
	}
	return false;
}

static bool room_for(struct cp_video_jitter *j, uint32_t len)
{
	uint8_t *p;

	if (len <= j->picture_room)
		return true;
	p = realloc(j->picture, len);
	if (!p)
		return false;
	j->picture = p;
	j->picture_room = len;
	return true;
}

/* RFC 9628 s4.2: E ends a layer's frame. What is behind the last one that fits counts to it. */
static void end_layer(struct cp_video_picture *p)
{
	if (p->layer_n == CP_VIDEO_LAYERS)
		p->layer_n--;
	p->layer_end[p->layer_n++] = p->len;
}

/* False: no memory; it is lost, and what follows it. */
static bool take_out(struct cp_video_jitter *j, const struct span *x, struct cp_video_picture *ret_picture)
{
	const struct cp_video_slot *s = cp_video_slot(j, x->from);
	struct cp_video_picture p = {.ts = s->ts, .key = s->key};
	bool ok = room_for(j, x->len);

	for (int64_t i = x->from; ok && i <= x->to; i++) {
		s = cp_video_slot(j, i);
		if (s->len)
			memcpy(j->picture + p.len, s->bytes, s->len);
		p.len += s->len;
		if (s->end)
			end_layer(&p);
	}
	if (ok && (p.layer_n == 0 || p.layer_end[p.layer_n - 1] < p.len))
		end_layer(&p);
	cp_video_advance(j, x->from, false);
	cp_video_advance(j, x->to + 1, ok);
	j->searching = !ok;
	if (!ok)
		return false;
	p.bytes = j->picture;
	p.restart = j->restarted;
	j->restarted = false;
	j->stats.pictures++;
	j->stats.keys += p.key;
	*ret_picture = p;
	return true;
}

/* The last key frame that is whole: what is before it is of no more use. */
static bool find_key(struct cp_video_jitter *j, struct span *ret_span)
{
	bool found = false;

	for (int64_t i = j->first; i <= j->top; i++) {
		const struct cp_video_slot *s = cp_video_slot(j, i);
		struct span x = {.from = i};

		if (s->state != CP_VIDEO_FULL || !s->key || !find_end(j, &x))
			continue;
		*ret_span = x;
		found = true;
		i = x.to;
	}
	return found;
}

static void skip_fillers(struct cp_video_jitter *j)
{
	while (j->first <= j->top && cp_video_slot(j, j->first)->state == CP_VIDEO_FILLER)
		cp_video_advance(j, j->first + 1, true);
}

static bool find(struct cp_video_jitter *j, struct span *ret_span)
{
	const struct cp_video_slot *s;

	if (!j->searching) {
		skip_fillers(j);
		s = cp_video_slot(j, j->first);
		*ret_span = (struct span){.from = j->first};
		if (j->first <= j->top && s->state == CP_VIDEO_FULL && s->begin && find_end(j, ret_span))
			return true;
		if (j->first <= j->top && s->state == CP_VIDEO_FULL && !s->begin)
			j->searching = true; /* the sender's numbers contradict its frames */
	}
	return find_key(j, ret_span);
}

bool cp_video_jitter_next(struct cp_video_jitter *j, struct cp_video_picture *ret_picture)
{
	struct span x;

	if (!j->changed)
		return false;
	if (find(j, &x))
		return take_out(j, &x, ret_picture);
	j->changed = false;
	return false;
}
