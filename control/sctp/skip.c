/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * skip.c - which TSNs came, and what FORWARD-TSN makes of them.
 *
 * Specs: RFC 9260 s3.3.1; RFC 3758 s3.2.
 */
#include "control/sctp/skip.h"

#include <string.h>

#include "control/sctp/chunk.h"

enum { /* of a DATA chunk; SEEN is ours */
	END = 0x01,
	BEGINNING = 0x02,
	UNORDERED = 0x04,
	SEEN = 0x80
};

static uint8_t *at(struct cp_sctp_skip *k, uint32_t tsn)
{
	return &k->seen[tsn % CP_SCTP_SKIP_TSNS];
}

static bool is_remembered(const struct cp_sctp_skip *k, uint32_t tsn)
{
	return k->any && k->top - tsn < CP_SCTP_SKIP_TSNS;
}

static void came(struct cp_sctp_skip *k, uint32_t tsn, uint8_t flags)
{
	uint32_t ahead = tsn - k->top;

	if (!k->any) {
		k->any = true;
		k->top = tsn;
	} else if (ahead >= 0x80000000) {
		if (!is_remembered(k, tsn))
			return;
	} else if (ahead >= CP_SCTP_SKIP_TSNS) {
		memset(k->seen, 0, sizeof(k->seen));
		k->top = tsn;
	} else {
		while (k->top != tsn)
			*at(k, ++k->top) = 0;
	}
	*at(k, tsn) = SEEN | (flags & (END | BEGINNING | UNORDERED));
}

/* The first TSN of the message that has begun to come, unordered, and goes on behind this one; else the TSN behind it.
 */
static uint32_t beginning_of(struct cp_sctp_skip *k, uint32_t tsn)
{
	uint32_t first = tsn;

	if (!is_remembered(k, tsn) || (*at(k, tsn) & (SEEN | UNORDERED | END)) != (SEEN | UNORDERED))
		return tsn + 1;
	if (is_remembered(k, tsn + 1) && *at(k, tsn + 1) & BEGINNING)
		return tsn + 1;
	while ((*at(k, first) & (SEEN | BEGINNING)) == SEEN && is_remembered(k, first - 1))
		first--;
	return *at(k, first) & BEGINNING ? first : tsn + 1;
}

/* The number that the stack shall see. */
static uint32_t forward(struct cp_sctp_skip *k, uint32_t tsn, uint64_t now_ms)
{
	uint32_t first = beginning_of(k, tsn);

	if (first == tsn + 1)
		return tsn;
	if (!k->held_ms || k->held != tsn) {
		k->held = tsn;
		k->held_ms = now_ms;
	}
	return now_ms - k->held_ms < CP_SCTP_SKIP_MS ? first - 1 : tsn;
}

const uint8_t *cp_sctp_skip_look(struct cp_sctp_skip *k, const uint8_t *packet, uint32_t len, uint64_t now_ms,
				 uint8_t *copy)
{
	const uint8_t *seen = packet;
	struct en_reader r = cp_sctp_chunks(packet, len);
	struct cp_sctp_tlv chunk;

	while (cp_sctp_tlv_next(&r, &chunk)) {
		uint32_t tsn, to;

		if (chunk.len < 8)
			continue;
		tsn = en_load32(chunk.at + 4);
		if (chunk.at[0] == CP_SCTP_DATA) {
			came(k, tsn, chunk.at[1]);
		} else if (chunk.at[0] == CP_SCTP_FORWARD_TSN && (to = forward(k, tsn, now_ms)) != tsn) {
			if (seen == packet)
				seen = memcpy(copy, packet, len);
			en_store32(copy + (chunk.at - packet) + 4, to);
		}
	}
	return seen;
}
