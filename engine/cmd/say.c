/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * say.c - sentences for people, and foreign text made harmless.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/cmd/cmd.h"

int cmd_say(int status, const char *command, const char *fmt, ...)
{
	char text[1024], safe[4 * sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "turnpike %s: %s\n", command, cmd_escape(text, safe, sizeof(safe)));
	return status;
}

const char *cmd_escape(const char *text, char *buf, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = c >= ' ' && c < 0x7f && c != '\\';

		if (at + (plain ? 1 : 4) >= cap)
			break;
		if (plain) {
			buf[at++] = (char)c;
			continue;
		}
		buf[at++] = '\\';
		buf[at++] = 'x';
		buf[at++] = hex[c >> 4];
		buf[at++] = hex[c & 15];
	}
	buf[at] = '\0';
	return buf;
}
