/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chunk.h - the chunks of an SCTP packet, and the parameters (or causes) of a chunk: both are a type, a length and a
 * value, and padding to four that the length does not count.
 *
 * Specs: RFC 9260 s3.1, s3.2, s3.2.1.
 */
#ifndef CP_SCTP_CHUNK_H
#define CP_SCTP_CHUNK_H

#include "engine/base/bytes.h"

#define CP_SCTP_HEADER 12 /* of a packet */

enum cp_sctp_chunk_type {
	CP_SCTP_DATA = 0x00,
	CP_SCTP_INIT = 0x01,
	CP_SCTP_INIT_ACK = 0x02,
	CP_SCTP_SACK = 0x03,
	CP_SCTP_HEARTBEAT = 0x04,
	CP_SCTP_HEARTBEAT_ACK = 0x05,
	CP_SCTP_ABORT = 0x06,
	CP_SCTP_ERROR = 0x09,
	CP_SCTP_ECNE = 0x0c,
	CP_SCTP_CWR = 0x0d,
	CP_SCTP_AUTH = 0x0f,
	CP_SCTP_NR_SACK = 0x10,
	CP_SCTP_ASCONF_ACK = 0x80,
	CP_SCTP_PKTDROP = 0x81,
	CP_SCTP_RE_CONFIG = 0x82,
	CP_SCTP_FORWARD_TSN = 0xc0,
	CP_SCTP_ASCONF = 0xc1
};

struct cp_sctp_tlv {
	const uint8_t *at;
	uint32_t len; /* as it says: with its header of four, without padding */
};

/* For cp_sctp_tlv_next(): of a packet, the chunks. Not ok: shorter than the header. */
static inline struct en_reader cp_sctp_chunks(const uint8_t *packet, size_t len)
{
	struct en_reader r = en_reader(packet, len);

	en_take(&r, CP_SCTP_HEADER);
	return r;
}

/* What stands behind `at` bytes of it: a chunk's parameters. Not ok: it is shorter than that. */
static inline struct en_reader cp_sctp_tlv_rest(const struct cp_sctp_tlv *t, uint32_t at)
{
	struct en_reader r = en_reader(t->at, t->len);

	en_take(&r, at);
	return r;
}

/* False: the end, or (not ok) the next does not fit. The last one's padding may be missing: it is the chunk's, or
 * nobody's. */
static inline bool cp_sctp_tlv_next(struct en_reader *r, struct cp_sctp_tlv *ret_tlv)
{
	const uint8_t *at = r->p;
	uint32_t len, pad;

	if (!en_left(r))
		return false;
	en_get16(r);
	len = en_get16(r);
	if (len < 4)
		r->ok = false;
	if (!r->ok || !en_take(r, len - 4))
		return false;
	pad = (4 - len % 4) % 4;
	en_take(r, pad < en_left(r) ? pad : en_left(r));
	*ret_tlv = (struct cp_sctp_tlv){at, len};
	return true;
}

#endif
