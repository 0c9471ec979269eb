/* SPDX-License-Identifier: BSD-3-Clause */
/* cause.c - the reason in an ABORT. */
#include "control/sctp/cause.h"

#include <stdio.h>

#include "engine/base/bytes.h"

#define HEADER 12
#define ABORT  0x06

enum { /* causes whose value is a text, by convention */
	BY_USER = 12,
	PROTOCOL_VIOLATION = 13
};

static void read_cause(struct en_reader r, char *text)
{
	uint16_t code = en_get16(&r), len = en_get16(&r);
	int n;

	if (!r.ok)
		return;
	n = snprintf(text, CP_SCTP_CAUSE_MAX, "cause %u", code);
	if ((code != BY_USER && code != PROTOCOL_VIOLATION) || len <= 4 || len - 4u > en_left(&r))
		return;
	n += snprintf(text + n, CP_SCTP_CAUSE_MAX - (size_t)n, ", ");
	for (len = (uint16_t)(len - 4); len && n < CP_SCTP_CAUSE_MAX - 1; len--) {
		uint8_t c = en_get8(&r);

		text[n++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	text[n] = '\0';
}

void cp_sctp_cause(const uint8_t *packet, uint32_t len, char ret_text[CP_SCTP_CAUSE_MAX])
{
	struct en_reader r = en_reader(packet, len);

	ret_text[0] = '\0';
	en_take(&r, HEADER);
	while (r.ok && en_left(&r) >= 4) {
		uint8_t type = en_get8(&r);
		uint32_t chunk;

		en_get8(&r); /* flags */
		chunk = en_get16(&r);
		if (chunk < 4 || chunk - 4 > en_left(&r))
			return;
		if (type == ABORT) {
			read_cause(en_reader(r.p, chunk - 4), ret_text);
			return;
		}
		en_take(&r, chunk - 4);
		en_take(&r, en_left(&r) < (4 - chunk % 4) % 4 ? (uint32_t)en_left(&r) : (4 - chunk % 4) % 4);
	}
}
