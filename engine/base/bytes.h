/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bytes.h - the one bounds-checked cursor. Every parser reads through
 * en_reader, every builder writes through en_writer.
 *
 * Both are sticky: after the first failure `ok` is false, reads return 0 and
 * writes do nothing, so a parser may read a whole header and test once.
 * Loads are byte-wise: any alignment is right.
 */
#ifndef EN_BYTES_H
#define EN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t en_load16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t en_load32(const uint8_t *p)
{
	return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline uint64_t en_load64(const uint8_t *p)
{
	return ((uint64_t)en_load32(p) << 32) | en_load32(p + 4);
}

static inline void en_store16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void en_store32(uint8_t *p, uint32_t v)
{
	en_store16(p, (uint16_t)(v >> 16));
	en_store16(p + 2, (uint16_t)v);
}

static inline void en_store64(uint8_t *p, uint64_t v)
{
	en_store32(p, (uint32_t)(v >> 32));
	en_store32(p + 4, (uint32_t)v);
}

struct en_reader {
	const uint8_t *p; /* next byte */
	const uint8_t *end; /* one past the last */
	bool ok;
};

static inline struct en_reader en_reader(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct en_reader){.p = p, .end = p + len, .ok = true};
}

static inline size_t en_left(const struct en_reader *r)
{
	return r->ok ? (size_t)(r->end - r->p) : 0;
}

/* Take n bytes; NULL and not ok when fewer are left. */
static inline const uint8_t *en_take(struct en_reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (!r->ok || (size_t)(r->end - r->p) < n) {
		r->ok = false;
		return NULL;
	}
	r->p += n;
	return p;
}

static inline uint8_t en_get8(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t en_get16(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 2);

	return p ? en_load16(p) : 0;
}

static inline uint32_t en_get32(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 4);

	return p ? en_load32(p) : 0;
}

static inline uint64_t en_get64(struct en_reader *r)
{
	const uint8_t *p = en_take(r, 8);

	return p ? en_load64(p) : 0;
}

struct en_writer {
	uint8_t *start;
	uint8_t *p; /* next byte */
	uint8_t *end; /* one past the last that may be written */
	bool ok;
};

static inline struct en_writer en_writer(void *data, size_t cap)
{
	uint8_t *p = data;

	return (struct en_writer){.start = p, .p = p, .end = p + cap, .ok = true};
}

static inline size_t en_written(const struct en_writer *w)
{
	return (size_t)(w->p - w->start);
}

/* Room for n bytes, to be filled by the caller; NULL and not ok when full. */
static inline uint8_t *en_room(struct en_writer *w, size_t n)
{
	uint8_t *p = w->p;

	if (!w->ok || (size_t)(w->end - w->p) < n) {
		w->ok = false;
		return NULL;
	}
	w->p += n;
	return p;
}

static inline void en_put8(struct en_writer *w, uint8_t v)
{
	uint8_t *p = en_room(w, 1);

	if (p)
		p[0] = v;
}

static inline void en_put16(struct en_writer *w, uint16_t v)
{
	uint8_t *p = en_room(w, 2);

	if (p)
		en_store16(p, v);
}

static inline void en_put32(struct en_writer *w, uint32_t v)
{
	uint8_t *p = en_room(w, 4);

	if (p)
		en_store32(p, v);
}

static inline void en_put64(struct en_writer *w, uint64_t v)
{
	uint8_t *p = en_room(w, 8);

	if (p)
		en_store64(p, v);
}

static inline void en_put(struct en_writer *w, const void *data, size_t n)
{
	uint8_t *p = en_room(w, n);

	if (p && n)
		memcpy(p, data, n);
}

static inline void en_put_zero(struct en_writer *w, size_t n)
{
	uint8_t *p = en_room(w, n);

	if (p && n)
		memset(p, 0, n);
}

#endif
