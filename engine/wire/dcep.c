/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dcep.c - read and write DATA_CHANNEL_OPEN and DATA_CHANNEL_ACK.
 *
 * Runs on:   any thread.
 *
 * Invariants
 *   E1  a text that passes is UTF-8 without NUL: it may be closed by a NUL and printed;
 *   E2  what is built is parsed again as the same, and the other way round, but for a reliability parameter that a
 *       reliable channel must not have (it is ignored and written as 0).
 *
 * Specs:     RFC 8832 s5, s8.2; RFC 3629 s4.
 */
#include "engine/wire/dcep.h"

#define UNORDERED 0x80

/* Bytes of the character at p; 0: none. RFC 3629 s4, by the first byte: how many follow and what the second may be
 * (no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_char(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return p[0] != 0;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool text_is_good(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	while (len > 0) {
		size_t n = utf8_char(p, len);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static enum wire_dcep_error parse_open(struct en_reader *r, struct wire_dcep *m)
{
	uint8_t channel = en_get8(r);

	m->priority = en_get16(r);
	m->reliability = en_get32(r);
	m->label_len = en_get16(r);
	m->protocol_len = en_get16(r);
	m->label = (const char *)en_take(r, m->label_len);
	m->protocol = (const char *)en_take(r, m->protocol_len);
	if (!r->ok)
		return WIRE_DCEP_TRUNCATED;
	m->unordered = channel & UNORDERED;
	m->kind = channel & ~UNORDERED;
	if ((channel & ~UNORDERED) > WIRE_DCEP_TIMED)
		return WIRE_DCEP_BAD_CHANNEL;
	/* RFC 8832 s5.1 MUST: for reliable channels the parameter is ignored on receipt */
	if (m->kind == WIRE_DCEP_RELIABLE)
		m->reliability = 0;
	if (!text_is_good(m->label, m->label_len) || !text_is_good(m->protocol, m->protocol_len))
		return WIRE_DCEP_BAD_TEXT;
	return WIRE_DCEP_OK;
}

enum wire_dcep_error wire_dcep_parse(const uint8_t *data, size_t len, struct wire_dcep *ret_msg)
{
	struct en_reader r = en_reader(data, len);
	struct wire_dcep m = {.type = en_get8(&r)};
	enum wire_dcep_error e = WIRE_DCEP_OK;

	if (!r.ok)
		return WIRE_DCEP_TRUNCATED;
	if (m.type == WIRE_DCEP_OPEN)
		e = parse_open(&r, &m);
	else if (m.type != WIRE_DCEP_ACK)
		return WIRE_DCEP_BAD_TYPE;
	if (e != WIRE_DCEP_OK)
		return e;
	if (en_left(&r) > 0)
		return WIRE_DCEP_TRAILING;
	*ret_msg = m;
	return WIRE_DCEP_OK;
}

size_t wire_dcep_build(uint8_t *buf, size_t cap, const struct wire_dcep *msg)
{
	struct en_writer w = en_writer(buf, cap);

	en_put8(&w, msg->type);
	if (msg->type == WIRE_DCEP_OPEN) {
		if (!text_is_good(msg->label, msg->label_len) || !text_is_good(msg->protocol, msg->protocol_len))
			return 0;
		en_put8(&w, (uint8_t)(msg->kind | (msg->unordered ? UNORDERED : 0)));
		en_put16(&w, msg->priority);
		en_put32(&w, msg->kind == WIRE_DCEP_RELIABLE ? 0 : msg->reliability);
		en_put16(&w, msg->label_len);
		en_put16(&w, msg->protocol_len);
		en_put(&w, msg->label, msg->label_len);
		en_put(&w, msg->protocol, msg->protocol_len);
	}
	return w.ok ? en_written(&w) : 0;
}

const char *wire_dcep_error_name(enum wire_dcep_error e)
{
	static const char *const names[] = {
		[WIRE_DCEP_OK] = "ok",
		[WIRE_DCEP_TRUNCATED] = "truncated",
		[WIRE_DCEP_BAD_TYPE] = "unknown message type",
		[WIRE_DCEP_BAD_CHANNEL] = "unknown channel type",
		[WIRE_DCEP_TRAILING] = "trailing bytes",
		[WIRE_DCEP_BAD_TEXT] = "label or protocol is not UTF-8",
	};

	return (unsigned int)e < sizeof(names) / sizeof(names[0]) ? names[e] : "?";
}
