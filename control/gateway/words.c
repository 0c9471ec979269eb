/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * words.c - by descent into brackets.
 */
#include "control/gateway/words.h"

struct cutting {
	struct en_reader r;
	unsigned int words;
	struct en_err *err;
};

static uint8_t peek(const struct cutting *c)
{
	struct en_reader ahead = c->r;

	return en_get8(&ahead);
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

/* Up to a blank, a closing bracket, or the '=' in front of an opening one. */
static size_t word_len(const struct cutting *c)
{
	struct en_reader ahead = c->r;
	size_t len = 0;
	uint8_t b, before = 0;

	while (en_left(&ahead)) {
		b = en_get8(&ahead);
		if (is_blank(b) || b == ']')
			break;
		if (b == '[' && before == '=')
			return len - 1;
		before = b;
		len++;
	}
	return len;
}

static json_t *cut(struct cutting *c, unsigned int depth);

/* name=[ … ]: the reader stands at the '='. */
static json_t *cut_nested(struct cutting *c, const uint8_t *name, size_t len, unsigned int depth)
{
	json_t *pair, *key, *list;

	if (!depth) {
		en_fail(c->err, -1, "rtpp_flags have too many brackets in one another");
		return NULL;
	}
	en_take(&c->r, 2);
	list = cut(c, depth - 1);
	if (!list)
		return NULL;
	if (peek(c) == ']')
		en_get8(&c->r);
	pair = json_object();
	key = json_stringn_nocheck((const char *)name, len);
	if (!key || json_object_set_new_nocheck(pair, json_string_value(key), list)) {
		json_decref(pair);
		pair = NULL;
	}
	json_decref(key);
	return pair;
}

static json_t *cut_word(struct cutting *c, unsigned int depth)
{
	size_t len = word_len(c);
	const uint8_t *p = en_take(&c->r, len);

	if (++c->words > CP_BENCODE_VALUES_MAX) {
		en_fail(c->err, -1, "rtpp_flags have more than %d words", CP_BENCODE_VALUES_MAX);
		return NULL;
	}
	if (peek(c) == '=')
		return cut_nested(c, p, len, depth);
	return json_stringn_nocheck((const char *)p, len);
}

/* To the bracket that closes, or to the end. */
static json_t *cut(struct cutting *c, unsigned int depth)
{
	json_t *list = json_array();

	while (en_left(&c->r) && (peek(c) != ']' || depth == CP_BENCODE_DEPTH_MAX)) {
		if (is_blank(peek(c)) || peek(c) == ']') {
			en_get8(&c->r);
			continue;
		}
		if (json_array_append_new(list, cut_word(c, depth))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *cp_gw_words(const char *text, size_t len, struct en_err *err)
{
	struct cutting c = {.r = en_reader(text, len), .err = err};

	en_fail(err, -1, "rtpp_flags: no memory");
	return cut(&c, CP_BENCODE_DEPTH_MAX);
}
