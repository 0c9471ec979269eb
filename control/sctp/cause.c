/* SPDX-License-Identifier: BSD-3-Clause */
/* cause.c - the reason in an ABORT. */
#include "control/sctp/cause.h"

#include <stdio.h>

#include "control/sctp/chunk.h"

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
	struct en_reader r = cp_sctp_chunks(packet, len);
	struct cp_sctp_tlv chunk;

	ret_text[0] = '\0';
	while (cp_sctp_tlv_next(&r, &chunk)) {
		if (chunk.at[0] == CP_SCTP_ABORT) {
			read_cause(cp_sctp_tlv_rest(&chunk, 4), ret_text);
			return;
		}
	}
}
