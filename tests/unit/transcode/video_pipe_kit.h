/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_pipe_kit.h - a camera, a path that loses packets, a pipe, a screen: in virtual time, the same every time.
 *
 * The camera encodes a scene and sends it; each packet, each NACK and each PLI is LAG_MS under way. The screen has a
 * buffer and a decoder of its own, and knows by its timestamp which image of the scene it shows.
 */
#ifndef TESTS_UNIT_TRANSCODE_VIDEO_PIPE_KIT_H
#define TESTS_UNIT_TRANSCODE_VIDEO_PIPE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/video_packet.h"
#include "control/transcode/video_pipe.h"
#include "engine/wire/rtp.h"
#include "tests/unit/transcode/video_scene.h"

#define FILM_WIDTH  320
#define FILM_HEIGHT 180
#define GRAIN       2
#define LAG_MS      20
#define SENT_MAX    8192
#define FLYING_MAX  8192
#define TICKS       (CP_VIDEO_CLOCK / SCENE_RATE)
#define CAMERA_RATE 1000000
#define SCREEN_RATE 600000
#define SAFE        3 /* images from the start whose packets are not lost: the screen learns its timestamps */

enum flying_kind {
	FLYING_PACKET,
	FLYING_NACK,
	FLYING_PLI
};

struct flying {
	enum flying_kind kind;
	uint64_t due_us;
	uint16_t seq; /* PACKET: which one; NACK: for which */
};

struct camera {
	struct cp_video_encoder *encoder;
	struct cp_video_cutter cutter;
	struct canvas canvas;
	uint32_t images;
	uint32_t ssrc, ts;
	uint16_t first, seq;
	bool key_asked;
	uint32_t keys;
	struct {
		uint8_t bytes[CP_VIDEO_PACKET_MAX];
		uint32_t len;
	} sent[SENT_MAX]; /* by seq - first */
};

struct screen {
	struct cp_video_jitter *jitter;
	struct cp_video_decoder *decoder;
	struct canvas truth;
	bool any;
	uint32_t first_ts;
	uint32_t shown, last; /* last: image */
	uint32_t longest; /* gap between two of them, in images of the camera */
	double error, worst; /* worst: PSNR of an image */
	uint32_t width, height; /* of the last */
	uint32_t packets, bytes, keys;
	uint16_t seq;
};

struct sim {
	struct film film;
	struct cp_video_pipe *pipe;
	struct camera camera;
	struct screen screen;
	uint32_t loss; /* percent */
	uint32_t drop; /* so many packets that come next, */
	uint32_t dropped; /* and were */
	bool nacks, plis; /* the camera hears them */
	uint64_t random, now;
	struct flying flying[FLYING_MAX];
	uint32_t flying_n;
};

static inline uint32_t sim_random(struct sim *s)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(s->random >> 33);
}

static inline struct cp_video_encoder *kit_encoder(enum cp_video_kind kind, uint32_t bitrate)
{
	const struct cp_video_encoder_config c = {
		.kind = kind, .width = FILM_WIDTH, .height = FILM_HEIGHT, .bitrate = bitrate};
	struct cp_video_encoder *e;
	struct en_err err;

	assert_int_equal(cp_video_encoder_create(&c, &e, &err), 0);
	return e;
}

static inline struct cp_video_decoder *kit_decoder(enum cp_video_kind kind)
{
	const struct cp_video_decoder_config c = {.kind = kind};
	struct cp_video_decoder *d;
	struct en_err err;

	assert_int_equal(cp_video_decoder_create(&c, &d, &err), 0);
	return d;
}

/* config: its formats' kinds count, and its limits. */
static inline struct sim *sim_open(const struct cp_video_pipe_config *config)
{
	struct cp_video_pipe_config c = *config;
	struct sim *s = calloc(1, sizeof(*s));
	struct en_err err;

	assert_non_null(s);
	c.in.pt = 96;
	c.out.pt = 98;
	c.ssrc = 4711;
	assert_int_equal(cp_video_pipe_create(&c, &s->pipe, &err), 0);
	s->film = film_make(FILM_WIDTH, FILM_HEIGHT);
	s->camera.encoder = kit_encoder(c.in.kind, CAMERA_RATE);
	s->camera.cutter = (struct cp_video_cutter){.kind = c.in.kind, .most = CP_VIDEO_PACKET_MAX - WIRE_RTP_HDR_LEN};
	s->camera.canvas = canvas_make(FILM_WIDTH, FILM_HEIGHT);
	s->camera.ssrc = 77;
	s->camera.first = s->camera.seq = 65000;
	s->camera.ts = UINT32_MAX - 10 * TICKS;
	s->screen.jitter = cp_video_jitter_create(c.out.kind);
	s->screen.decoder = kit_decoder(c.out.kind);
	s->screen.truth = canvas_make(FILM_WIDTH, FILM_HEIGHT);
	s->screen.worst = 99;
	s->now = 1000000;
	s->nacks = s->plis = true;
	return s;
}

static inline void sim_close(struct sim *s)
{
	cp_video_pipe_destroy(s->pipe);
	film_free(&s->film);
	cp_video_encoder_destroy(s->camera.encoder);
	canvas_free(&s->camera.canvas);
	cp_video_jitter_destroy(s->screen.jitter);
	cp_video_decoder_destroy(s->screen.decoder);
	canvas_free(&s->screen.truth);
	free(s);
}

static inline void fly(struct sim *s, enum flying_kind kind, uint16_t seq)
{
	assert_true(s->flying_n < FLYING_MAX);
	s->flying[s->flying_n++] = (struct flying){.kind = kind, .due_us = s->now + LAG_MS * 1000, .seq = seq};
}

/* --- the camera ----------------------------------------------------------------------- */

static inline void camera_send(struct sim *s, uint16_t seq)
{
	if (s->drop) {
		s->drop--;
		s->dropped++;
	} else if (s->camera.images < SAFE || sim_random(s) % 100 >= s->loss) {
		fly(s, FLYING_PACKET, seq);
	}
}

static inline void camera_shoot(struct sim *s)
{
	struct camera *c = &s->camera;
	struct wire_rtp h = {.pt = 96, .ssrc = c->ssrc, .ts = c->ts};
	struct cp_video_coded coded;
	uint32_t len;

	film_draw(&s->film, &c->canvas, c->images, GRAIN);
	if (cp_video_encode(c->encoder, &c->canvas.image, (uint64_t)c->images * TICKS, c->key_asked, &coded)) {
		c->key_asked &= !coded.key;
		c->keys += coded.key;
		cp_video_cut(&c->cutter, coded.bytes, coded.len, coded.key, FILM_WIDTH, FILM_HEIGHT);
		do {
			uint32_t at = (uint16_t)(c->seq - c->first);

			assert_true(at < SENT_MAX);
			len = cp_video_cut_next(&c->cutter, c->sent[at].bytes + WIRE_RTP_HDR_LEN, &h.marker);
			h.seq = c->seq++;
			wire_rtp_build(c->sent[at].bytes, &h);
			c->sent[at].len = len + WIRE_RTP_HDR_LEN;
			camera_send(s, h.seq);
		} while (!h.marker);
	}
	c->images++;
	c->ts += TICKS;
}

/* --- the screen ------------------------------------------------------------------------- */

static inline void screen_show(struct sim *s, const struct cp_video_picture *p, const struct cp_video_image *image)
{
	struct screen *x = &s->screen;
	uint32_t n = (p->ts - x->first_ts) / TICKS;
	double psnr;

	assert_int_equal((p->ts - x->first_ts) % TICKS, 0);
	assert_true(x->shown == 0 || n > x->last);
	if (x->shown && n - x->last > x->longest)
		x->longest = n - x->last;
	x->last = n;
	x->shown++;
	x->width = image->width;
	x->height = image->height;
	if (image->width != FILM_WIDTH)
		return;
	film_draw(&s->film, &x->truth, n, GRAIN);
	x->error += image_error(image, &x->truth.image);
	psnr = image_psnr(image, &x->truth.image);
	x->worst = psnr < x->worst ? psnr : x->worst;
}

static inline void screen_take(void *arg, const uint8_t *rtp, uint32_t len)
{
	struct sim *s = arg;
	struct screen *x = &s->screen;
	struct cp_video_in in;
	struct wire_rtp h;

	assert_true(wire_rtp_parse(rtp, len, &h));
	assert_true(h.pt == 98 && h.ssrc == 4711 && len <= CP_VIDEO_PACKET_MAX);
	if (x->any)
		assert_int_equal(h.seq, (uint16_t)(x->seq + 1));
	else
		x->first_ts = h.ts;
	x->any = true;
	x->seq = h.seq;
	x->packets++;
	x->bytes += len;
	in = (struct cp_video_in){
		.ssrc = h.ssrc,
		.seq = h.seq,
		.ts = h.ts,
		.marker = h.marker,
		.payload = rtp + h.payload_off,
		.len = h.payload_len,
		.arrival_us = s->now,
	};
	assert_int_equal(cp_video_jitter_put(x->jitter, &in), CP_VIDEO_TAKEN);
}

static inline void screen_look(struct sim *s)
{
	struct cp_video_picture p;
	struct cp_video_image image;

	while (cp_video_jitter_next(s->screen.jitter, &p)) {
		assert_int_equal(cp_video_decode(s->screen.decoder, &p, &image), CP_VIDEO_SHOWN);
		s->screen.keys += p.key;
		screen_show(s, &p, &image);
	}
}

static inline double screen_psnr(const struct sim *s)
{
	return psnr_of(s->screen.error, FILM_WIDTH, FILM_HEIGHT, s->screen.shown);
}

/* --- between them -------------------------------------------------------------------------- */

static inline void land_one(struct sim *s, const struct flying *f)
{
	uint32_t at = (uint16_t)(f->seq - s->camera.first);

	if (f->kind == FLYING_PACKET)
		cp_video_pipe_put(s->pipe, s->camera.sent[at].bytes, s->camera.sent[at].len, s->now);
	else if (f->kind == FLYING_NACK)
		camera_send(s, f->seq);
	else
		s->camera.key_asked = true;
}

static inline void land_due(struct sim *s)
{
	uint32_t kept = 0, n = s->flying_n;
	static struct flying due[FLYING_MAX];
	uint32_t due_n = 0;

	for (uint32_t i = 0; i < n; i++)
		if (s->flying[i].due_us <= s->now)
			due[due_n++] = s->flying[i];
		else
			s->flying[kept++] = s->flying[i];
	s->flying_n = kept;
	for (uint32_t i = 0; i < due_n; i++)
		land_one(s, &due[i]);
}

static inline void tell_camera(struct sim *s)
{
	uint16_t seq[64];
	uint32_t n = cp_video_pipe_missing(s->pipe, s->now, seq, 64);

	for (uint32_t i = 0; s->nacks && i < n; i++)
		fly(s, FLYING_NACK, seq[i]);
	if (cp_video_pipe_wants_key(s->pipe, s->now) && s->plis)
		fly(s, FLYING_PLI, 0);
}

/* n images more of the camera. */
static inline void sim_run(struct sim *s, uint32_t n)
{
	uint32_t end = s->camera.images + n;

	while (s->camera.images < end) {
		if (s->now >= 1000000 + (uint64_t)s->camera.images * 1000000 / SCENE_RATE)
			camera_shoot(s);
		land_due(s);
		cp_video_pipe_tick(s->pipe, s->now, screen_take, s);
		screen_look(s);
		tell_camera(s);
		s->now += 10000;
	}
}

static inline struct cp_video_pipe_stats sim_stats(const struct sim *s)
{
	struct cp_video_pipe_stats t;

	cp_video_pipe_stats(s->pipe, &t);
	return t;
}

/* The same codecs one after the other, image by image, without packets: what a pipe can give at best. */
static inline double direct_psnr(enum cp_video_kind from, enum cp_video_kind to, uint32_t images)
{
	struct cp_video_encoder *a = kit_encoder(from, CAMERA_RATE), *b = kit_encoder(to, SCREEN_RATE);
	struct cp_video_decoder *da = kit_decoder(from), *db = kit_decoder(to);
	struct canvas in = canvas_make(FILM_WIDTH, FILM_HEIGHT);
	struct film film = film_make(FILM_WIDTH, FILM_HEIGHT);
	double error = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < images; i++) {
		struct cp_video_coded coded;
		struct cp_video_picture p = {.layer_n = 1};
		struct cp_video_image image;

		film_draw(&film, &in, i, GRAIN);
		if (!cp_video_encode(a, &in.image, (uint64_t)i * TICKS, false, &coded))
			continue;
		p.bytes = coded.bytes;
		p.len = p.layer_end[0] = coded.len;
		assert_int_equal(cp_video_decode(da, &p, &image), CP_VIDEO_SHOWN);
		if (!cp_video_encode(b, &image, (uint64_t)i * TICKS, false, &coded))
			continue;
		p.bytes = coded.bytes;
		p.len = p.layer_end[0] = coded.len;
		assert_int_equal(cp_video_decode(db, &p, &image), CP_VIDEO_SHOWN);
		error += image_error(&image, &in.image);
		n++;
	}
	cp_video_encoder_destroy(a);
	cp_video_encoder_destroy(b);
	cp_video_decoder_destroy(da);
	cp_video_decoder_destroy(db);
	canvas_free(&in);
	film_free(&film);
	return psnr_of(error, FILM_WIDTH, FILM_HEIGHT, n);
}

#endif
