/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame.h - where things lie in SRTP and SRTCP packets, and their IVs.
 *
 *   SRTP   header | payload* | tag                         AES-CM: the tag covers all and the ROC
 *   SRTCP  header (8) | rest* | E, index | tag             AES-CM
 *          header (8) | rest* | tag | E, index             AEAD (RFC 7714 s9.2)        *: encrypted
 *
 * Lengths that do not fit together are DP_SRTP_SHORT before anything is read by them.
 */
#ifndef DP_SRTP_FRAME_H
#define DP_SRTP_FRAME_H

#include <endian.h>

#include "dataplane/srtp/backend.h"
#include "engine/base/bytes.h"

#define DP_RTP_FIXED    12
#define DP_RTCP_FIXED   8
#define DP_SRTCP_WORD   4 /* E and index */
#define DP_SRTP_LEN_MAX 0xfe00 /* the libraries count in 16 bits */

static inline bool dp_srtp_usable(const struct dp_srtp_job *j, bool outbound)
{
	return j->keys->profile && j->keys->outbound == outbound;
}

/* Header, payload and `tail` bytes fit, and header_len is what the header itself says (RFC 3550 s5.1, s5.3.1). */
static inline bool dp_srtp_rtp_shape(const struct dp_srtp_job *j, uint32_t tail)
{
	const uint8_t *h = j->dst;
	uint32_t len;

	if (j->len > DP_SRTP_LEN_MAX || j->header_len < DP_RTP_FIXED || j->len < tail || j->len - tail < j->header_len)
		return false;
	len = DP_RTP_FIXED + 4u * (h[0] & 0x0f);
	if (h[0] & 0x10) {
		if (len + 4 > j->header_len)
			return false;
		len += 4 + 4u * en_load16(h + len + 2);
	}
	return len == j->header_len;
}

static inline bool dp_srtp_rtcp_shape(const struct dp_srtp_job *j, uint32_t tail)
{
	return j->len <= DP_SRTP_LEN_MAX && j->len >= DP_RTCP_FIXED + tail;
}

static inline uint16_t dp_srtp_rtp_seq(const struct dp_srtp_job *j)
{
	return en_load16(j->dst + 2);
}

static inline uint32_t dp_srtp_rtp_ssrc(const struct dp_srtp_job *j)
{
	return en_load32(j->dst + 8);
}

static inline uint32_t dp_srtp_rtcp_ssrc(const struct dp_srtp_job *j)
{
	return en_load32(j->dst + 4);
}

/* Where a protected RTCP packet has E and index. */
static inline uint32_t dp_srtp_rtcp_word_at(const struct dp_srtp_profile *p, uint32_t len)
{
	return len - DP_SRTCP_WORD - (p->aead ? 0 : p->rtcp_tag_len);
}

/* A session salt as two big numbers: 14 bytes and two zero ones (AES-CM), or 12 bytes and four (AEAD). */
struct dp_srtp_salt {
	uint64_t hi, lo;
};

static inline struct dp_srtp_salt dp_srtp_salt_of(const uint8_t *salt, uint32_t len)
{
	uint8_t whole[16] = {0};

	memcpy(whole, salt, len);
	return (struct dp_srtp_salt){.hi = en_load64(whole), .lo = en_load64(whole + 8)};
}

/*
 * An IV as one store of 16 bytes: the library loads it as one right afterwards. From two stores the processor could
 * not forward it, and the load would wait until both, and all before them, are done.
 */
typedef uint64_t dp_srtp_iv __attribute__((vector_size(16)));

/* RFC 3711 s4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (i * 2^16); SRTCP alike with its index. */
static inline dp_srtp_iv dp_srtp_iv_cm(struct dp_srtp_salt salt, uint32_t ssrc, uint64_t index)
{
	return (dp_srtp_iv){htobe64(salt.hi ^ ssrc), htobe64(salt.lo ^ index << 16)};
}

/* RFC 7714 s8.1, s9.1: salt XOR (00 00 | SSRC | 48-bit index); SRTCP: 00 00 | SSRC | 00 00 | index. 12 bytes of it. */
static inline dp_srtp_iv dp_srtp_iv_aead(struct dp_srtp_salt salt, uint32_t ssrc, uint64_t index)
{
	return (dp_srtp_iv){htobe64(salt.hi ^ ((uint64_t)ssrc << 16 | index >> 32)), htobe64(salt.lo ^ index << 32)};
}

#endif
