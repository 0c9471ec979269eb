/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold.c - RE-CONFIG chunks out of packets, and back when it is their time.
 *
 * Specs: RFC 6525 s3.1, s4.1; RFC 9260 s3.3.4.
 */
#include "control/sctp/hold.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"

#define HEADER    12
#define RE_CONFIG 0x82
#define OUTGOING  13 /* Outgoing SSN Reset Request: type, length, its number, the response's, last TSN, streams */
#define FIXED     16

void cp_sctp_hold_fini(struct cp_sctp_hold *h)
{
	free(h->packet);
	h->packet = NULL;
}

static bool is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* Whether a RE-CONFIG chunk asks for a reset behind what we acknowledged; the TSN. Its parameters fit (gate.c). */
static bool is_early(const struct cp_sctp_hold *h, const uint8_t *chunk, uint32_t len, uint32_t *ret_tsn)
{
	struct en_reader r = en_reader(chunk + 4, len - 4);
	bool early = false;

	while (h->any && en_left(&r) >= 4) {
		const uint8_t *parameter = r.p;
		uint16_t type = en_get16(&r);
		uint32_t n = en_get16(&r), pad = (4 - n % 4) % 4;

		if (n < 4 || n - 4 > en_left(&r))
			break;
		en_take(&r, n - 4);
		en_take(&r, pad < en_left(&r) ? pad : en_left(&r));
		if (type != OUTGOING || n < FIXED || !is_after(en_load32(parameter + 12), h->sacked))
			continue;
		if (!early || is_after(en_load32(parameter + 12), *ret_tsn))
			*ret_tsn = en_load32(parameter + 12);
		early = true;
	}
	return early;
}

/* False: no memory; then the stack gets it as it comes. */
static bool keep(struct cp_sctp_hold *h, const uint8_t *packet, const uint8_t *chunk, uint32_t len, uint32_t tsn)
{
	uint8_t *kept = malloc(HEADER + len);

	if (!kept)
		return false;
	memcpy(kept, packet, HEADER);
	memcpy(kept + HEADER, chunk, len);
	free(h->packet);
	h->packet = kept;
	h->len = HEADER + len;
	h->tsn = tsn;
	return true;
}

const uint8_t *cp_sctp_hold_look(struct cp_sctp_hold *h, const uint8_t *packet, uint32_t *len, uint8_t *copy)
{
	for (uint32_t i = HEADER; i < *len && *len - i >= 4;) {
		uint32_t n = en_load16(packet + i + 2), whole = (n + 3) & ~3u, tsn;

		if (n < 4)
			break; /* not let in */
		if (whole > *len - i)
			whole = *len - i; /* the last one's padding may be missing */
		if (packet[i] != RE_CONFIG || !is_early(h, packet + i, n, &tsn) ||
		    !keep(h, packet, packet + i, n, tsn)) {
			i += whole;
			continue;
		}
		if (packet != copy)
			packet = memcpy(copy, packet, *len);
		memmove(copy + i, copy + i + whole, *len - i - whole);
		*len -= whole;
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
