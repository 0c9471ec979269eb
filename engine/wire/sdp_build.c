/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_build.c - lines of a session description.
 *
 * Runs on:   anyone; no state.
 * Specs:     RFC 8866 s5: lines end with CR LF.
 */
#include <stdarg.h>
#include <stdio.h>

#include "engine/wire/sdp.h"

void wire_sdp_line(struct en_writer *w, const char *fmt, ...)
{
	size_t room = w->ok ? (size_t)(w->end - w->p) : 0;
	va_list args;
	int n;

	va_start(args, fmt);
	n = room ? vsnprintf((char *)w->p, room, fmt, args) : -1;
	va_end(args);
	if (n < 0 || (size_t)n + 2 > room) {
		w->ok = false;
		return;
	}
	w->p += n;
	en_put(w, "\r\n", 2);
}
