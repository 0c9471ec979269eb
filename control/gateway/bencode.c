/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bencode.c - read by descent with a depth limit and a budget of values.
 *
 * Specs: BEP 3 "bencoding", but for the order of keys, which no SIP proxy keeps (media.md §1.1).
 */
#include "control/gateway/bencode.h"

#include <limits.h>

struct reading {
	struct en_reader r;
	const uint8_t *start;
	unsigned int depth, values;
	struct en_err *err;
};

static json_t *read_value(struct reading *in);

static size_t offset(const struct reading *in)
{
	return (size_t)(in->r.p - in->start);
}

static json_t *refuse(struct reading *in, size_t at, const char *what)
{
	en_fail(in->err, -1, "bencode: %s at byte %zu", what, at);
	return NULL;
}

/* The next byte, left where it is; 0, which begins nothing, at the end. */
static uint8_t peek(const struct reading *in)
{
	struct en_reader ahead = in->r;

	return en_get8(&ahead);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool read_length(struct reading *in, size_t *ret_len)
{
	size_t at = offset(in), len = 0;

	while (is_digit(peek(in))) {
		len = len * 10 + (size_t)(en_get8(&in->r) - '0');
		if (len > INT_MAX) {
			refuse(in, at, "a string of impossible length");
			return false;
		}
	}
	if (en_get8(&in->r) != ':') {
		refuse(in, at, "a length without its ':'");
		return false;
	}
	*ret_len = len;
	return true;
}

/* NULL: the sentence is in in->err. */
static const char *read_bytes(struct reading *in, size_t *ret_len)
{
	size_t at = offset(in), left;
	const uint8_t *p;

	if (!read_length(in, ret_len))
		return NULL;
	left = en_left(&in->r);
	p = en_take(&in->r, *ret_len);
	if (!p) {
		en_fail(in->err, -1, "bencode: a string of %zu bytes at byte %zu, but only %zu are left", *ret_len, at,
			left);
		return NULL;
	}
	if (memchr(p, 0, *ret_len)) {
		refuse(in, at, "a string that contains NUL");
		return NULL;
	}
	return (const char *)p;
}

static json_t *read_string(struct reading *in)
{
	const char *p;
	size_t len;

	p = read_bytes(in, &len);
	return p ? json_stringn_nocheck(p, len) : NULL;
}

static json_t *read_integer(struct reading *in)
{
	size_t at = offset(in);
	bool negative, overflow = false;
	int64_t value = 0;

	en_get8(&in->r);
	negative = peek(in) == '-';
	if (negative)
		en_get8(&in->r);
	if (!is_digit(peek(in)))
		return refuse(in, at, "an integer without digits");
	while (is_digit(peek(in))) {
		int digit = en_get8(&in->r) - '0';

		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_add_overflow(value, negative ? -digit : digit, &value);
	}
	if (overflow)
		return refuse(in, at, "an integer of more than 64 bits");
	if (en_get8(&in->r) != 'e')
		return refuse(in, at, "an integer without its 'e'");
	return json_integer(value);
}

static json_t *read_list(struct reading *in)
{
	json_t *list = json_array(), *value;
	size_t at = offset(in);

	en_get8(&in->r);
	while (peek(in) != 'e') {
		value = en_left(&in->r) ? read_value(in) : refuse(in, at, "a list without its 'e'");
		if (!value || json_array_append_new(list, value)) {
			json_decref(list);
			return NULL;
		}
	}
	en_get8(&in->r);
	return list;
}

static bool is_key(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return len <= CP_BENCODE_KEY_MAX;
}

/* Some proxies write a list in several pieces, each with the key again: they add up. Takes `value`. */
static bool add_pair(json_t *dict, const char *key, json_t *value)
{
	json_t *before = json_object_get(dict, key);
	bool ok;

	if (!json_is_array(before) || !json_is_array(value))
		return json_object_set_new_nocheck(dict, key, value) == 0;
	ok = json_array_extend(before, value) == 0;
	json_decref(value);
	return ok;
}

static bool read_pair(struct reading *in, json_t *dict)
{
	char key[CP_BENCODE_KEY_MAX + 1];
	size_t at = offset(in), len;
	json_t *value;
	const char *p;

	if (!is_digit(peek(in))) {
		refuse(in, at, en_left(&in->r) ? "a key that is no string" : "the end within a dictionary");
		return false;
	}
	p = read_bytes(in, &len);
	if (!p)
		return false;
	if (!is_key(p, len)) {
		refuse(in, at, "a key that is not printable ASCII, or longer than 255 bytes,");
		return false;
	}
	memcpy(key, p, len);
	key[len] = '\0';
	value = read_value(in);
	return value && add_pair(dict, key, value);
}

static json_t *read_dict(struct reading *in)
{
	json_t *dict = json_object();

	en_get8(&in->r);
	while (peek(in) != 'e') {
		if (!read_pair(in, dict)) {
			json_decref(dict);
			return NULL;
		}
	}
	en_get8(&in->r);
	return dict;
}

static json_t *read_nested(struct reading *in)
{
	json_t *json;

	if (in->depth == CP_BENCODE_DEPTH_MAX)
		return refuse(in, offset(in), "too many lists and dictionaries in one another");
	in->depth++;
	json = peek(in) == 'l' ? read_list(in) : read_dict(in);
	in->depth--;
	return json;
}

static json_t *read_value(struct reading *in)
{
	uint8_t c = peek(in);

	if (++in->values > CP_BENCODE_VALUES_MAX)
		return refuse(in, offset(in), "too many values");
	if (is_digit(c))
		return read_string(in);
	if (c == 'i')
		return read_integer(in);
	if (c == 'l' || c == 'd')
		return read_nested(in);
	return refuse(in, offset(in), en_left(&in->r) ? "neither string, integer, list nor dictionary" : "the end");
}

int cp_bencode_read(const void *data, size_t len, json_t **ret_json, struct en_err *err)
{
	struct reading in = {.r = en_reader(data, len), .start = data, .err = err};
	json_t *json;

	en_fail(err, -1, "bencode: no memory");
	json = read_value(&in);
	if (json && en_left(&in.r)) {
		json_decref(json);
		json = refuse(&in, offset(&in), "more behind the value,");
	}
	if (!json)
		return -1;
	err->text[0] = '\0';
	*ret_json = json;
	return 0;
}

struct judging {
	unsigned int values;
	const char *why;
};

static void judge_value(struct judging *j, const json_t *json, unsigned int depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if (++j->values > CP_BENCODE_VALUES_MAX)
		j->why = "has too many values";
	if (json_is_real(json) || json_is_null(json))
		j->why = "has a value that is neither string, integer, boolean, list nor dictionary";
	if (!depth && (json_is_array(json) || json_is_object(json)))
		j->why = "has too many lists and dictionaries in one another";
	json_array_foreach(json, i, value)
	{
		if (j->why)
			return;
		judge_value(j, value, depth - 1);
	}
	json_object_foreach((json_t *)json, key, value)
	{
		if (!is_key(key, strlen(key)))
			j->why = "has a key that is not printable ASCII, or longer than 255 bytes";
		if (j->why)
			return;
		judge_value(j, value, depth - 1);
	}
}

int cp_bencode_judge(const json_t *json, struct en_err *err)
{
	struct judging j = {0};

	judge_value(&j, json, CP_BENCODE_DEPTH_MAX);
	return j.why ? en_fail(err, -1, "the message %s", j.why) : 0;
}
