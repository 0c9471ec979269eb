/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter_kit.h - a sender of pictures whose bytes are a function of their number, and a buffer that must give
 * back just these.
 */
#ifndef TESTS_UNIT_TRANSCODE_VIDEO_JITTER_KIT_H
#define TESTS_UNIT_TRANSCODE_VIDEO_JITTER_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/video_jitter.h"
#include "control/transcode/video_packet.h"

#define SCENE_PACKETS 4096
#define SCENE_MOST    100 /* bytes of a payload */
#define STEP          3000 /* of the timestamp: 30 pictures a second */

struct scene_packet {
	struct cp_video_in in;
	uint8_t payload[SCENE_MOST];
	uint32_t picture;
};

struct scene {
	enum cp_video_kind kind;
	struct cp_video_jitter *j;
	struct cp_video_cutter cutter;
	uint32_t ssrc, ts;
	uint16_t seq;
	uint32_t made; /* pictures */
	bool unmarked; /* a sender that does not mark ends */
	struct scene_packet packet[SCENE_PACKETS];
	uint32_t n;
	uint64_t now;
};

static inline uint32_t picture_len(uint32_t i)
{
	return 20 + i * 37 % 400;
}

static inline uint8_t picture_byte(enum cp_video_kind kind, uint32_t i, bool key, uint32_t at)
{
	if (at == 0)
		return kind == CP_VIDEO_VP8 ? !key : key ? 0x82 : 0x86;
	return (uint8_t)(i * 31 + at);
}

static inline struct scene *scene_open(enum cp_video_kind kind)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->kind = kind;
	s->j = cp_video_jitter_create(kind);
	assert_non_null(s->j);
	s->cutter = (struct cp_video_cutter){.kind = kind, .most = SCENE_MOST};
	s->ssrc = 7;
	s->now = 1000000;
	return s;
}

static inline void scene_close(struct scene *s)
{
	cp_video_jitter_destroy(s->j);
	free(s);
}

static inline struct scene_packet *scene_add(struct scene *s)
{
	struct scene_packet *p = &s->packet[s->n++];

	assert_true(s->n <= SCENE_PACKETS);
	*p = (struct scene_packet){.in = {.ssrc = s->ssrc, .seq = s->seq++, .ts = s->ts}, .picture = s->made};
	p->in.payload = p->payload;
	return p;
}

/* The next picture's packets, at the end of the list; the index of its first. */
static inline uint32_t scene_make(struct scene *s, bool key)
{
	uint8_t bytes[512];
	uint32_t len = picture_len(s->made), from = s->n;
	bool last = false;

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = picture_byte(s->kind, s->made, key, i);
	cp_video_cut(&s->cutter, bytes, len, key, 16, 16);
	while (!last) {
		struct scene_packet *p = scene_add(s);

		p->in.len = cp_video_cut_next(&s->cutter, p->payload, &last);
		p->in.marker = last && !s->unmarked;
	}
	s->made++;
	s->ts += STEP;
	return from;
}

static inline enum cp_video_verdict scene_put(struct scene *s, uint32_t i)
{
	s->packet[i].in.arrival_us = s->now;
	return cp_video_jitter_put(s->j, &s->packet[i].in);
}

/* All that was made and not put yet: from i on. */
static inline void scene_put_from(struct scene *s, uint32_t i)
{
	for (; i < s->n; i++)
		assert_int_equal(scene_put(s, i), CP_VIDEO_TAKEN);
}

/* The next one that comes out must be picture i, whole. */
static inline struct cp_video_picture expect_picture(struct scene *s, uint32_t i, bool key)
{
	struct cp_video_picture p;

	assert_true(cp_video_jitter_next(s->j, &p));
	assert_int_equal(p.key, key);
	assert_int_equal(p.len, picture_len(i));
	for (uint32_t at = 0; at < p.len; at++)
		assert_int_equal(p.bytes[at], picture_byte(s->kind, i, key, at));
	assert_true(p.layer_n == 1 && p.layer_end[0] == p.len);
	return p;
}

static inline void expect_none(struct scene *s)
{
	struct cp_video_picture p;

	assert_false(cp_video_jitter_next(s->j, &p));
}

static inline struct cp_video_jitter_stats stats_of(struct scene *s)
{
	struct cp_video_jitter_stats t;

	cp_video_jitter_stats(s->j, &t);
	return t;
}

#endif
