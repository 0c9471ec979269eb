/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log.c - one line a record on stderr.
 *
 *   turnpike-dataplane 2025-11-22T08:09:00Z warn port: text
 *
 * Runs on:   any thread but a worker inside the graph walk.
 *
 * Invariants
 *   a record is one write(2): records of several threads never mix;
 *   bytes outside printable ASCII, and the backslash itself, come out as \xNN:
 *   foreign text can neither begin a line nor drive a terminal, and what it
 *   was can be read back.
 */
#include "engine/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"

#define TEXT_MAX   1024 /* longer texts are cut and end in "..." */
#define NAME_LEN   32
#define PREFIX_MAX 128

static enum en_log_level max_level = EN_LOG_INFO;
static char log_name[NAME_LEN] = "turnpike";

static const char *const level_names[] = {
	[EN_LOG_ERROR] = "error",
	[EN_LOG_WARN] = "warn",
	[EN_LOG_INFO] = "info",
	[EN_LOG_DEBUG] = "debug",
};

void en_log_set_level(enum en_log_level level)
{
	__atomic_store_n(&max_level, level, __ATOMIC_RELAXED);
}

void en_log_set_level_word(const char *word)
{
	for (unsigned int i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
		if (strcmp(word, level_names[i]) == 0)
			en_log_set_level((enum en_log_level)i);
}

void en_log_set_name(const char *name)
{
	snprintf(log_name, sizeof(log_name), "%s", name);
}

/* out holds 4 * strlen(text). Returns the bytes written. */
static size_t escape(const char *text, char *out)
{
	static const char hex[] = "0123456789abcdef";
	char *o = out;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			*o++ = (char)c;
			continue;
		}
		*o++ = '\\';
		*o++ = 'x';
		*o++ = hex[c >> 4];
		*o++ = hex[c & 15];
	}
	return (size_t)(o - out);
}

static size_t put_prefix(char *out, enum en_log_level level, const char *area)
{
	time_t now = (time_t)en_wall_s();
	char when[32];
	struct tm tm;
	int n;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(out, PREFIX_MAX, "%s %s %s %.32s: ", log_name, when, level_names[level], area);
	return n < PREFIX_MAX ? (size_t)n : PREFIX_MAX - 1;
}

void en_log(enum en_log_level level, const char *area, const char *fmt, ...)
{
	char line[PREFIX_MAX + 4 * TEXT_MAX + 1];
	char text[TEXT_MAX];
	ssize_t written;
	size_t n;
	va_list ap;
	int len;

	if (level > __atomic_load_n(&max_level, __ATOMIC_RELAXED))
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	n = put_prefix(line, level, area);
	n += escape(text, line + n);
	line[n++] = '\n';
	written = write(STDERR_FILENO, line, n);
	(void)written; /* there is nowhere to say that stderr is gone */
}

int en_fail(struct en_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code < 0 ? code : -1;
}
