/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp.c - cut a session description into its parts and walk their attributes.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   W1  one pass over the text; every step takes at least a byte.
 *   W2  what wire_sdp_parse() let through, wire_sdp_next() can walk: no error is left to find there.
 *
 * Specs:     RFC 8866 s5, s9; RFC 8829 s5.8.
 * Not here:  what values mean (sdp_attr.c), what an offer asks for (control/sdp).
 */
#include "engine/wire/sdp.h"

#include <string.h>
#include <strings.h>

struct wire_text wire_text_cut(struct wire_text *t, char sep)
{
	const char *at = t->len ? memchr(t->p, sep, t->len) : NULL;
	struct wire_text head = {.p = t->p, .len = at ? (uint32_t)(at - t->p) : t->len};
	uint32_t taken = head.len + (at != NULL);

	if (taken) {
		t->p += taken;
		t->len -= taken;
	}
	return head;
}

struct wire_text wire_text_word(struct wire_text *t)
{
	while (t->len && *t->p == ' ') {
		t->p++;
		t->len--;
	}
	return wire_text_cut(t, ' ');
}

bool wire_text_is(struct wire_text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.p, word, t.len) == 0;
}

bool wire_text_is_nocase(struct wire_text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.p, word, t.len) == 0;
}

bool wire_text_eq(struct wire_text a, struct wire_text b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool wire_text_is_token(struct wire_text t)
{
	for (uint32_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (c <= ' ' || c > '~' || strchr("\"(),/:;<=>?@[\\]", c))
			return false;
	}
	return t.len > 0;
}

bool wire_text_u32(struct wire_text t, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;

	if (t.len == 0 || t.len > 10)
		return false;
	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(t.p[i] - '0');
	}
	if (value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

bool wire_text_copy(struct wire_text t, char *ret_copy, size_t cap)
{
	if (t.len >= cap)
		return false;
	if (t.len)
		memcpy(ret_copy, t.p, t.len);
	ret_copy[t.len] = 0;
	return true;
}

const char *wire_text_show(struct wire_text t, char *buf, size_t cap)
{
	size_t n = t.len < cap ? t.len : cap - 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = t.p[i] >= ' ' && t.p[i] <= '~' ? t.p[i] : '?';
	buf[n] = 0;
	if (n < t.len && n >= 3)
		memcpy(buf + n - 3, "...", 3);
	return buf;
}

/* The next line without its end. */
static enum wire_sdp_result take_line(struct en_reader *r, struct wire_text *ret_line)
{
	const uint8_t *nl = memchr(r->p, '\n', en_left(r));
	size_t n = nl ? (size_t)(nl - r->p) : en_left(r);
	const uint8_t *p = en_take(r, n + (nl != NULL));

	if (n && p[n - 1] == '\r')
		n--;
	*ret_line = (struct wire_text){.p = (const char *)p, .len = (uint32_t)n};
	return memchr(p, 0, n) || memchr(p, '\r', n) ? WIRE_SDP_BAD_BYTE : WIRE_SDP_OK;
}

static bool is_line(struct wire_text line, char type)
{
	return line.len >= 2 && line.p[0] == type && line.p[1] == '=';
}

static struct wire_text line_value(struct wire_text line)
{
	return (struct wire_text){.p = line.p + 2, .len = line.len - 2};
}

/* o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> */
static bool is_origin(struct wire_text value)
{
	unsigned int words = 0;

	while (wire_text_word(&value).len && words <= 6)
		words++;
	return words == 6;
}

/* m=<media> <port>[/<number of ports>] <proto> <fmt> ... */
static bool parse_media(struct wire_text value, struct wire_sdp_media *ret_media)
{
	struct wire_text port, number, first;
	uint32_t ignored;

	ret_media->kind = wire_text_word(&value);
	number = wire_text_word(&value);
	port = wire_text_cut(&number, '/');
	ret_media->proto = wire_text_word(&value);
	ret_media->formats = value;
	first = wire_text_word(&value);
	return wire_text_is_token(ret_media->kind) && ret_media->proto.len && first.len &&
	       wire_text_u32(port, 65535, &ret_media->port) && (!number.len || wire_text_u32(number, 65535, &ignored));
}

/* The first three lines: RFC 8866 s5, v= o= s= in this order. */
static enum wire_sdp_result check_start(struct wire_text line, uint32_t number)
{
	switch (number) {
	case 1:
		return wire_text_is(line, "v=0") ? WIRE_SDP_OK : WIRE_SDP_BAD_START;
	case 2:
		if (!is_line(line, 'o'))
			return WIRE_SDP_BAD_START;
		return is_origin(line_value(line)) ? WIRE_SDP_OK : WIRE_SDP_BAD_ORIGIN;
	case 3:
		return is_line(line, 's') ? WIRE_SDP_OK : WIRE_SDP_BAD_START;
	default:
		return WIRE_SDP_OK;
	}
}

static enum wire_sdp_result take_media(struct wire_sdp *sdp, struct wire_text line, uint32_t number,
				       const uint8_t *next)
{
	struct wire_sdp_media *m = &sdp->media[sdp->media_n];

	if (sdp->media_n == WIRE_SDP_SECTIONS_MAX)
		return WIRE_SDP_TOO_MANY_SECTIONS;
	if (!parse_media(line_value(line), m))
		return WIRE_SDP_BAD_MEDIA;
	m->line = number;
	m->part = (struct wire_sdp_part){.text.p = (const char *)next, .line = number + 1};
	sdp->media_n++;
	return WIRE_SDP_OK;
}

static enum wire_sdp_result parse_line(struct wire_sdp *sdp, struct en_reader *r, uint32_t number)
{
	struct wire_sdp_part *part = sdp->media_n ? &sdp->media[sdp->media_n - 1].part : &sdp->session;
	struct wire_text line;
	enum wire_sdp_result result = take_line(r, &line);

	if (result)
		return result;
	result = check_start(line, number);
	if (result)
		return result;
	if (line.len < 2 || line.p[0] < 'a' || line.p[0] > 'z' || line.p[1] != '=')
		return WIRE_SDP_BAD_LINE;
	if (line.p[0] == 'm')
		return take_media(sdp, line, number, r->p);
	part->text.len = (uint32_t)((const char *)r->p - part->text.p);
	return WIRE_SDP_OK;
}

/* Only line ends are left: some senders close with an empty line. */
static bool is_over(struct en_reader r)
{
	while (en_left(&r)) {
		uint8_t c = en_get8(&r);

		if (c != '\r' && c != '\n')
			return false;
	}
	return true;
}

enum wire_sdp_result wire_sdp_parse(const char *text, size_t len, struct wire_sdp *ret_sdp, uint32_t *ret_line)
{
	struct en_reader r = en_reader(text, len);
	enum wire_sdp_result result;

	*ret_line = 1;
	if (len > WIRE_SDP_MAX)
		return WIRE_SDP_TOO_LONG;
	ret_sdp->session = (struct wire_sdp_part){.text.p = text, .line = 1};
	ret_sdp->media_n = 0;
	for (uint32_t number = 1; en_left(&r); number++) {
		*ret_line = number;
		if ((*r.p == '\r' || *r.p == '\n') && is_over(r))
			return number > 3 ? WIRE_SDP_OK : WIRE_SDP_BAD_START;
		if (number > WIRE_SDP_LINES_MAX)
			return WIRE_SDP_TOO_MANY_LINES;
		result = parse_line(ret_sdp, &r, number);
		if (result)
			return result;
	}
	return *ret_line >= 3 ? WIRE_SDP_OK : WIRE_SDP_BAD_START;
}

const char *wire_sdp_result_text(enum wire_sdp_result r)
{
	static const char *const texts[WIRE_SDP_RESULT_N] = {
		[WIRE_SDP_OK] = "is right",
		[WIRE_SDP_TOO_LONG] = "begins a description of more than 128 KiB",
		[WIRE_SDP_TOO_MANY_LINES] = "is one line too many (8192 are read)",
		[WIRE_SDP_TOO_MANY_SECTIONS] = "is one media section too many (64 are read)",
		[WIRE_SDP_BAD_BYTE] = "has a NUL or a carriage return inside",
		[WIRE_SDP_BAD_LINE] = "is not of the form letter=value",
		[WIRE_SDP_BAD_START] = "is not what a description begins with: v=0, then o=, then s=",
		[WIRE_SDP_BAD_ORIGIN] = "is not an origin: o= and six words",
		[WIRE_SDP_BAD_MEDIA] = "is not m=<media> <port> <protocol> <format> ...",
	};

	return (unsigned int)r < WIRE_SDP_RESULT_N ? texts[r] : "cannot be read";
}

bool wire_sdp_next_line(struct wire_sdp_part *rest, struct wire_sdp_any *ret_line)
{
	while (rest->text.len) {
		struct wire_text line = wire_text_cut(&rest->text, '\n');

		rest->line++;
		if (line.len && line.p[line.len - 1] == '\r')
			line.len--;
		if (line.len < 2)
			continue;
		*ret_line = (struct wire_sdp_any){
			.type = line.p[0], .text = line, .value = line_value(line), .line = rest->line - 1};
		return true;
	}
	return false;
}

bool wire_sdp_attr(const struct wire_sdp_any *line, struct wire_sdp_attr *ret_attr)
{
	struct wire_text value = line->value;

	if (line->type != 'a')
		return false;
	ret_attr->name = wire_text_cut(&value, ':');
	ret_attr->value = value;
	ret_attr->line = line->line;
	return true;
}

bool wire_sdp_next(struct wire_sdp_part *rest, struct wire_sdp_attr *ret_attr)
{
	struct wire_sdp_any line;

	while (wire_sdp_next_line(rest, &line)) {
		if (wire_sdp_attr(&line, ret_attr))
			return true;
	}
	return false;
}
