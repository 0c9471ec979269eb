/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kind_scalar.c - options with one value: numbers, flags, words, texts.
 *
 * Not here:  lists (kind_list.c), what TURN alone has (kind_turn.c), rules
 *            between options (check.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/opaque.h"
#include "engine/conf/nearest.h"
#include "engine/conf/option.h"

#define WORDS_MAX 8

int conf_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > (UINT64_MAX - 9) / 10)
			return -1;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	if (value < min || value > max)
		return -1;
	*ret_value = value;
	return 0;
}

static int number_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	unsigned int value;
	uint64_t wide;

	if (conf_number(text, o->min, o->max, &wide) != 0)
		return en_fail(err, -1, "write a number from %llu to %llu%s%s", (unsigned long long)o->min,
			       (unsigned long long)o->max, o->unit[0] ? " " : "", o->unit);
	value = (unsigned int)wide;
	memcpy(conf_at(base, o->field), &value, sizeof(value));
	return 0;
}

static bool number_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	unsigned int value;

	memcpy(&value, conf_at_ro(base, o->field), sizeof(value));
	snprintf(buf, cap, "%u", value);
	return i == 0;
}

const struct conf_kind conf_kind_number = {
	.form = "N",
	.json = CONF_JSON_INTEGER,
	.set = number_set,
	.get = number_get,
};

static int flag_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*(bool *)conf_at(base, o->field) = i & 1;
			return 0;
		}
	}
	return en_fail(err, -1, "write on or off");
}

static bool flag_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s", *(const bool *)conf_at_ro(base, o->field) ? "on" : "off");
	return i == 0;
}

const struct conf_kind conf_kind_flag = {
	.form = "on|off",
	.json = CONF_JSON_BOOLEAN,
	.set = flag_set,
	.get = flag_get,
};

/* Any text that fits: no control characters, so that it can be printed back. */
static int text_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	size_t len = strlen(text);

	if (len >= o->size)
		return en_fail(err, -1, "at most %zu characters fit", o->size - 1);
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return en_fail(err, -1, "control characters are not allowed");
	}
	memcpy(conf_at(base, o->field), text, len + 1);
	return 0;
}

static bool text_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s", (const char *)conf_at_ro(base, o->field));
	return i == 0;
}

const struct conf_kind conf_kind_text = {
	.form = "TEXT",
	.may_be_empty = true,
	.set = text_set,
	.get = text_get,
};

static int name_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	if (text[strspn(text, good)])
		return en_fail(err, -1, "a name has letters, digits, '-', '_' and '.' only");
	return text_set(o, base, text, err);
}

const struct conf_kind conf_kind_name = {
	.form = "NAME",
	.set = name_set,
	.get = text_get,
};

/* Word i of "a|b|c"; false behind the last. */
static bool nth_word(const char *words, unsigned int i, char *buf, size_t cap)
{
	size_t len;

	for (; i > 0; i--) {
		words = strchr(words, '|');
		if (!words)
			return false;
		words++;
	}
	len = strcspn(words, "|");
	snprintf(buf, cap, "%.*s", (int)len, words);
	return true;
}

/* Index of the word, or -1 with the choices and the nearest. */
static int find_word(const struct conf_option *o, const char *text, struct en_err *err)
{
	char word[WORDS_MAX][16];
	const char *list[WORDS_MAX], *near;
	unsigned int n = 0;

	while (n < WORDS_MAX && nth_word(o->words, n, word[n], sizeof(word[n]))) {
		if (strcmp(word[n], text) == 0)
			return (int)n;
		list[n] = word[n];
		n++;
	}
	near = conf_nearest(text, list, n);
	if (near)
		return en_fail(err, -1, "it is one of %s; did you mean '%s'?", o->words, near);
	return en_fail(err, -1, "it is one of %s", o->words);
}

static int choice_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	int i = find_word(o, text, err);

	if (i < 0)
		return -1;
	if (o->size == sizeof(bool))
		*(bool *)conf_at(base, o->field) = i != 0;
	else
		memcpy(conf_at(base, o->field), &i, sizeof(i));
	return 0;
}

static bool choice_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	unsigned int value = 0;

	if (o->size == sizeof(bool))
		value = *(const bool *)conf_at_ro(base, o->field);
	else
		memcpy(&value, conf_at_ro(base, o->field), sizeof(value));
	return i == 0 && nth_word(o->words, value, buf, cap);
}

const struct conf_kind conf_kind_choice = {
	.form = "WORD",
	.set = choice_set,
	.get = choice_get,
};
_Static_assert(sizeof(enum conf_idle) == sizeof(int), "choice_set() stores an int");

static int word_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	return find_word(o, text, err) < 0 ? -1 : text_set(o, base, text, err);
}

const struct conf_kind conf_kind_word = {
	.form = "WORD",
	.set = word_set,
	.get = text_get,
};

static int opaque_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	char prepared[CONF_VALUE_MAX];

	if (en_opaque(text, prepared, sizeof(prepared)) < 0)
		return en_fail(err, -1, "it has characters that RFC 8265 OpaqueString does not allow");
	return text_set(o, base, prepared, err);
}

const struct conf_kind conf_kind_opaque = {
	.form = "TEXT",
	.set = opaque_set,
	.get = text_get,
};

static int endpoint_text_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct en_ep ep;

	if (*text && en_ep_parse(text, &ep) != 0)
		return en_fail(err, -1, "write ADDRESS:PORT, for example 127.0.0.1:8080 or [::1]:8080");
	return text_set(o, base, text, err);
}

const struct conf_kind conf_kind_endpoint_text = {
	.form = "ADDRESS:PORT",
	.may_be_empty = true,
	.set = endpoint_text_set,
	.get = text_get,
};

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "xx:xx:xx:xx:xx:xx" and nothing else. */
static int parse_mac(const char *text, uint8_t ret_mac[6])
{
	if (strlen(text) != 17)
		return -1;
	for (unsigned int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -1;
		ret_mac[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int mac_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	static const uint8_t none[6];
	uint8_t mac[6];

	if (parse_mac(text, mac) != 0)
		return en_fail(err, -1, "write six hexadecimal bytes, for example 02:00:5e:10:00:01");
	if ((mac[0] & 1) || memcmp(mac, none, sizeof(mac)) == 0)
		return en_fail(err, -1, "it is not the address of one host (a multicast address or all zero)");
	memcpy(conf_at(base, o->field), mac, sizeof(mac));
	return 0;
}

static bool mac_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	static const uint8_t none[6];
	const uint8_t *m = conf_at_ro(base, o->field);

	if (i > 0 || memcmp(m, none, sizeof(none)) == 0)
		return false;
	snprintf(buf, cap, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	return true;
}

const struct conf_kind conf_kind_mac = {
	.form = "XX:XX:XX:XX:XX:XX",
	.set = mac_set,
	.get = mac_get,
};
