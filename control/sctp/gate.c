/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate.c - chunk by chunk: length, type, parameters.
 *
 * Specs: RFC 9260 s3.2, s3.2.1, s3.3; RFC 6525 s3.1.
 */
#include "control/sctp/gate.h"

#include <stddef.h>

#include "engine/base/bytes.h"

#define HEADER 12

enum {
	INIT = 0x01,
	INIT_ACK = 0x02,
	HEARTBEAT = 0x04,
	HEARTBEAT_ACK = 0x05,
	ABORT = 0x06,
	ERROR = 0x09,
	ECNE = 0x0c,
	CWR = 0x0d,
	AUTH = 0x0f,
	NR_SACK = 0x10,
	ASCONF_ACK = 0x80,
	PKTDROP = 0x81,
	RE_CONFIG = 0x82,
	ASCONF = 0xc1
};

static bool is_off(uint8_t type)
{
	switch (type) {
	case ECNE:
	case CWR:
	case AUTH:
	case NR_SACK:
	case ASCONF_ACK:
	case PKTDROP:
	case ASCONF:
		return true;
	default:
		return false;
	}
}

/* Where the parameters (or causes) of a chunk begin; 0: it has none. */
static uint32_t parameters_at(uint8_t type)
{
	switch (type) {
	case INIT:
	case INIT_ACK:
		return 20;
	case HEARTBEAT:
	case HEARTBEAT_ACK:
	case ABORT:
	case ERROR:
	case RE_CONFIG:
		return 4;
	default:
		return 0;
	}
}

/* RFC 9260 s3.2.1: the length counts the header of four, and not the padding. */
static bool parameters_fit(struct en_reader r)
{
	while (en_left(&r)) {
		uint32_t len;

		en_get16(&r);
		len = en_get16(&r);
		if (!r.ok || len < 4 || len - 4 > en_left(&r))
			return false;
		en_take(&r, len - 4);
		/* the last one's padding may be missing: it is the chunk's */
		if (en_left(&r) <= (4 - len % 4) % 4)
			return true;
		en_take(&r, (4 - len % 4) % 4);
	}
	return true;
}

static bool chunk_is_welcome(const uint8_t *chunk, uint32_t len, bool up, enum cp_refusal *ret_why)
{
	uint32_t at = parameters_at(chunk[0]);

	if (is_off(chunk[0])) {
		*ret_why = CP_REFUSAL_EXTENSION;
		return false;
	}
	if (up && (chunk[0] == INIT || chunk[0] == INIT_ACK)) {
		*ret_why = CP_REFUSAL_INIT;
		return false;
	}
	*ret_why = CP_REFUSAL_CHUNK;
	return !at || (len >= at && parameters_fit(en_reader(chunk + at, len - at)));
}

bool cp_sctp_gate_lets_in(const uint8_t *packet, uint32_t len, bool up, enum cp_refusal *ret_why)
{
	struct en_reader r = en_reader(packet, len);

	en_take(&r, HEADER);
	*ret_why = r.ok ? CP_REFUSAL_CHUNK : CP_REFUSAL_LENGTH;
	while (r.ok && en_left(&r)) {
		const uint8_t *chunk = r.p;
		uint32_t chunk_len;

		en_get16(&r);
		chunk_len = en_get16(&r);
		if (!r.ok || chunk_len < 4 || chunk_len - 4 > en_left(&r)) {
			*ret_why = CP_REFUSAL_CHUNK;
			return false;
		}
		if (!chunk_is_welcome(chunk, chunk_len, up, ret_why))
			return false;
		en_take(&r, chunk_len - 4);
		if (en_left(&r) <= (4 - chunk_len % 4) % 4)
			return true;
		en_take(&r, (4 - chunk_len % 4) % 4);
	}
	return r.ok;
}
