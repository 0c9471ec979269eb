/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold.c - RE-CONFIG chunks out of packets, and back when it is their time.
 *
 * Specs: RFC 6525 s3.1, s4.1; RFC 9260 s3.3.4.
 */
#include "control/sctp/hold.h"

#include <stdlib.h>
#include <string.h>

#include "control/sctp/chunk.h"

#define OUTGOING 13 /* Outgoing SSN Reset Request: type, length, its number, the response's, last TSN, streams */
#define FIXED    16

void cp_sctp_hold_fini(struct cp_sctp_hold *h)
{
	free(h->packet);
	h->packet = NULL;
}

static bool is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* Whether it is a RE-CONFIG chunk that asks for a reset behind what we acknowledged; the last TSN of these. */
static bool is_early(const struct cp_sctp_hold *h, const struct cp_sctp_tlv *chunk, uint32_t *ret_tsn)
{
	struct en_reader r = cp_sctp_tlv_rest(chunk, 4);
	struct cp_sctp_tlv parameter;
	bool early = false;

	if (chunk->at[0] != CP_SCTP_RE_CONFIG || !h->any)
		return false;
	while (cp_sctp_tlv_next(&r, &parameter)) {
		uint32_t tsn;

		if (en_load16(parameter.at) != OUTGOING || parameter.len < FIXED)
			continue;
		tsn = en_load32(parameter.at + 12);
		if (!is_after(tsn, h->sacked))
			continue;
		if (!early || is_after(tsn, *ret_tsn))
			*ret_tsn = tsn;
		early = true;
	}
	return early;
}

/* False: no memory; then the stack gets it as it comes. */
static bool keep(struct cp_sctp_hold *h, const uint8_t *packet, const struct cp_sctp_tlv *chunk, uint32_t tsn)
{
	uint8_t *kept = malloc(CP_SCTP_HEADER + chunk->len);

	if (!kept)
		return false;
	memcpy(kept, packet, CP_SCTP_HEADER);
	memcpy(kept + CP_SCTP_HEADER, chunk->at, chunk->len);
	free(h->packet);
	h->packet = kept;
	h->len = CP_SCTP_HEADER + chunk->len;
	h->tsn = tsn;
	return true;
}

const uint8_t *cp_sctp_hold_look(struct cp_sctp_hold *h, const uint8_t *packet, uint32_t *len, uint8_t *copy)
{
	struct en_reader r = cp_sctp_chunks(packet, *len);
	struct cp_sctp_tlv chunk;
	uint32_t tsn = 0;

	while (cp_sctp_tlv_next(&r, &chunk)) {
		uint32_t at = (uint32_t)(chunk.at - packet), rest = (uint32_t)en_left(&r);

		if (!is_early(h, &chunk, &tsn) || !keep(h, packet, &chunk, tsn))
			continue;
		if (packet != copy)
			packet = memcpy(copy, packet, *len);
		memmove(copy + at, copy + *len - rest, rest);
		*len = at + rest;
		r = en_reader(copy + at, rest);
	}
	return packet;
}

void cp_sctp_hold_sacked(struct cp_sctp_hold *h, uint32_t tsn)
{
	if (!h->any || is_after(tsn, h->sacked))
		h->sacked = tsn;
	h->any = true;
}

uint8_t *cp_sctp_hold_take(struct cp_sctp_hold *h, uint32_t *ret_len)
{
	uint8_t *packet = h->packet;

	if (!packet || is_after(h->tsn, h->sacked))
		return NULL;
	h->packet = NULL;
	*ret_len = h->len;
	return packet;
}
