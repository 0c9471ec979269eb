/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_text.c - figures and strings as people read them.
 *
 * Strings come from jansson, which lets only valid UTF-8 in; bytes that are
 * none are still handled one by one.
 */
#include "perf/loadgen/result_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Three significant digits; whole numbers without a fraction. */
static void digits(char *s, size_t len, double v)
{
	double a = fabs(v);

	if (a >= 99.95 || (v == floor(v) && a < 1000))
		snprintf(s, len, "%.0f", v);
	else if (a >= 9.995)
		snprintf(s, len, "%.1f", v);
	else if (a >= 0.0995)
		snprintf(s, len, "%.2f", v);
	else
		snprintf(s, len, "%.2g", v);
}

struct unit {
	double factor;
	const char *name;
};

/* `units` ascending and ended by a factor of 0; the first fits whatever is smaller. */
static struct load_text scaled(double v, const struct unit *units)
{
	const struct unit *u = units;
	struct load_text t;
	char number[40];

	if (!isfinite(v))
		return (struct load_text){"-"};
	/* 999.5 would be written 1000 */
	while (u[1].factor != 0 && fabs(v) >= u[1].factor * 0.9995)
		u++;
	if (u != units && fabs(v) / u->factor < 99.95)
		snprintf(number, sizeof(number), fabs(v) / u->factor < 9.995 ? "%.2f" : "%.1f", v / u->factor);
	else
		digits(number, sizeof(number), v / u->factor);
	snprintf(t.s, sizeof(t.s), "%s%s%s", number, u->name[0] ? " " : "", u->name);
	return t;
}

struct load_text load_text_count(double v)
{
	static const struct unit si[] = {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {0, NULL}};

	return scaled(v, si);
}

struct load_text load_text_whole(double v)
{
	struct load_text t = {"-"};

	if (isfinite(v))
		snprintf(t.s, sizeof(t.s), "%.0f", v);
	return t;
}

struct load_text load_text_time(double us)
{
	static const struct unit times[] = {{1, "µs"}, {1e3, "ms"}, {1e6, "s"}, {0, NULL}};

	return scaled(us, times);
}

struct load_text load_text_value(double v, const char *unit)
{
	return strcmp(unit, "us") == 0 ? load_text_time(v) : load_text_count(v);
}

struct load_text load_text_value_unit(double v, const char *unit)
{
	struct load_text t = load_text_value(v, unit);
	char both[2 * LOAD_TEXT_MAX];

	if (unit[0] == '\0' || strcmp(unit, "us") == 0 || !isfinite(v))
		return t;
	snprintf(both, sizeof(both), "%s %s", t.s, load_text_fit(unit, 24).s);
	return load_text_fit(both, 40);
}

struct load_text load_text_share(double share)
{
	struct load_text t;
	double percent = share * 100;

	if (!isfinite(share))
		return (struct load_text){"-"};
	if (fabs(percent) >= 9.95)
		snprintf(t.s, sizeof(t.s), "%.0f %%", percent);
	else
		snprintf(t.s, sizeof(t.s), "%.2g %%", percent);
	return t;
}

struct load_text load_text_limit(double loss_limit)
{
	char s[LOAD_TEXT_MAX + 8];

	if (loss_limit == 0)
		return (struct load_text){"no loss"};
	snprintf(s, sizeof(s), "%s loss", load_text_share(loss_limit).s);
	return load_text_fit(s, 40);
}

struct load_text load_text_json(const json_t *value)
{
	struct load_text t;
	char *dump;

	if (json_is_string(value))
		return load_text_fit(json_string_value(value), LOAD_TEXT_MAX / 4 * 3);
	if (json_is_real(value)) {
		snprintf(t.s, sizeof(t.s), "%.10g", json_real_value(value));
		return t;
	}
	if (json_is_boolean(value))
		return load_text_fit(json_is_true(value) ? "yes" : "no", 8);
	dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	t = load_text_fit(dump ? dump : "-", LOAD_TEXT_MAX / 4 * 3);
	free(dump);
	return t;
}

/* Bytes of the character at `s` (1..4), never beyond the end of the string. */
static size_t char_len(const char *s)
{
	unsigned char c = (unsigned char)s[0];
	size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	size_t n = 1;

	while (n < want && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool is_control(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	return c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0);
}

unsigned int load_text_columns(const char *s)
{
	unsigned int n = 0;

	for (; *s; s += char_len(s))
		n++;
	return n;
}

struct load_text load_text_fit(const char *s, unsigned int columns)
{
	struct load_text t = {""};
	size_t n = 0;

	if (s == NULL)
		return t;
	for (bool cut = load_text_columns(s) > columns; *s && columns > 0; columns--) {
		size_t len = char_len(s);

		/* room for this character, "..." and the end */
		if (n + len + 4 > sizeof(t.s) || (cut && columns <= 3)) {
			memcpy(t.s + n, "...", 4);
			return t;
		}
		if (is_control(s))
			t.s[n++] = '?';
		else
			memcpy(t.s + n, s, len), n += len;
		s += len;
	}
	t.s[n] = '\0';
	return t;
}

void load_text_print(const char *s, FILE *out)
{
	for (; *s; s += char_len(s)) {
		if (is_control(s))
			putc('?', out);
		else
			fwrite(s, 1, char_len(s), out);
	}
}

void load_text_pad(const char *s, int width, FILE *out)
{
	int blanks = abs(width) - (int)load_text_columns(s);

	if (blanks < 0)
		blanks = 0;
	fprintf(out, "%*s%s%*s", width > 0 ? blanks : 0, "", s, width < 0 ? blanks : 0, "");
}
