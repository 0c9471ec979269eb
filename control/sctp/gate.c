/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate.c - chunk by chunk: length, type, parameters.
 *
 * Specs: RFC 9260 s3.2, s3.2.1, s3.3; RFC 6525 s3.1.
 */
#include "control/sctp/gate.h"

#include "control/sctp/chunk.h"

static bool is_off(uint8_t type)
{
	switch (type) {
	case CP_SCTP_ECNE:
	case CP_SCTP_CWR:
	case CP_SCTP_AUTH:
	case CP_SCTP_NR_SACK:
	case CP_SCTP_ASCONF_ACK:
	case CP_SCTP_PKTDROP:
	case CP_SCTP_ASCONF:
		return true;
	default:
		return false;
	}
}

/* Where the parameters (or causes) of a chunk begin; 0: it has none. */
static uint32_t parameters_at(uint8_t type)
{
	switch (type) {
	case CP_SCTP_INIT:
	case CP_SCTP_INIT_ACK:
		return 20;
	case CP_SCTP_HEARTBEAT:
	case CP_SCTP_HEARTBEAT_ACK:
	case CP_SCTP_ABORT:
	case CP_SCTP_ERROR:
	case CP_SCTP_RE_CONFIG:
		return 4;
	default:
		return 0;
	}
}

static bool parameters_fit(struct en_reader r)
{
	struct cp_sctp_tlv parameter;

	while (cp_sctp_tlv_next(&r, &parameter))
		;
	return r.ok;
}

static bool chunk_is_welcome(const struct cp_sctp_tlv *chunk, bool up, enum cp_refusal *ret_why)
{
	uint8_t type = chunk->at[0];
	uint32_t at = parameters_at(type);

	if (is_off(type)) {
		*ret_why = CP_REFUSAL_EXTENSION;
		return false;
	}
	if (up && (type == CP_SCTP_INIT || type == CP_SCTP_INIT_ACK)) {
		*ret_why = CP_REFUSAL_INIT;
		return false;
	}
	*ret_why = CP_REFUSAL_CHUNK;
	return !at || parameters_fit(cp_sctp_tlv_rest(chunk, at));
}

bool cp_sctp_gate_lets_in(const uint8_t *packet, uint32_t len, bool up, enum cp_refusal *ret_why)
{
	struct en_reader r = cp_sctp_chunks(packet, len);
	struct cp_sctp_tlv chunk;

	if (!r.ok) {
		*ret_why = CP_REFUSAL_LENGTH;
		return false;
	}
	while (cp_sctp_tlv_next(&r, &chunk)) {
		if (!chunk_is_welcome(&chunk, up, ret_why))
			return false;
	}
	*ret_why = CP_REFUSAL_CHUNK;
	return r.ok;
}
