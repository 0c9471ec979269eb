/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipsecmb_gcm.c - AEAD_AES_128_GCM and AEAD_AES_256_GCM with libipsec-mb, a packet a call.
 *
 * Runs on:   the worker of a core.
 * Invariants
 *   G1  a packet whose tag is wrong is given back as it came: no byte that nobody vouches for is left decrypted.
 * Specs:     RFC 7714 s8 (SRTP), s9 (SRTCP; s9.2: E is set, always).
 */
#include "dataplane/srtp/ipsecmb.h"
#include "dataplane/srtp/replay.h"
#include "engine/base/consttime.h"

#define TAG 16

/* One sealing or opening: text from src to dst, the tag to ret_tag. */
struct piece {
	const struct ipsecmb_gcm_keys *keys;
	const uint8_t *src, *aad;
	uint8_t *dst;
	uint32_t len, aad_len;
	dp_srtp_iv iv;
	bool wide; /* 256 bits */
};

void dp_ipsecmb_gcm_keys(struct ipsecmb *m, struct ipsecmb_gcm_keys *k, const struct dp_srtp_profile *p,
			 const uint8_t *key, const uint8_t *salt)
{
	if (p->key_len == 32)
		IMB_AES256_GCM_PRE(m->mgr, key, &k->aes);
	else
		IMB_AES128_GCM_PRE(m->mgr, key, &k->aes);
	k->salt = dp_srtp_salt_of(salt, p->salt_len);
}

static void seal(struct ipsecmb *m, const struct piece *p, uint8_t ret_tag[TAG])
{
	if (p->wide)
		IMB_AES256_GCM_ENC(m->mgr, &p->keys->aes, &m->gcm, p->dst, p->src, p->len, (const uint8_t *)&p->iv,
				   p->aad, p->aad_len, ret_tag, TAG);
	else
		IMB_AES128_GCM_ENC(m->mgr, &p->keys->aes, &m->gcm, p->dst, p->src, p->len, (const uint8_t *)&p->iv,
				   p->aad, p->aad_len, ret_tag, TAG);
}

/* In place. False: the tag is wrong; the text is what it was. */
static bool open(struct ipsecmb *m, const struct piece *p, const uint8_t tag[TAG])
{
	uint8_t ours[TAG];

	if (p->wide)
		IMB_AES256_GCM_DEC(m->mgr, &p->keys->aes, &m->gcm, p->dst, p->src, p->len, (const uint8_t *)&p->iv,
				   p->aad, p->aad_len, ours, TAG);
	else
		IMB_AES128_GCM_DEC(m->mgr, &p->keys->aes, &m->gcm, p->dst, p->src, p->len, (const uint8_t *)&p->iv,
				   p->aad, p->aad_len, ours, TAG);
	if (en_ct_eq(ours, tag, TAG))
		return true;
	seal(m, p, ours);
	return false;
}

static struct piece rtp_piece(const struct dp_srtp_job *j)
{
	return (struct piece){
		.keys = &ipsecmb_keys_of(j)->gcm[0],
		.src = j->dst + j->header_len,
		.dst = j->dst + j->header_len,
		.len = j->len - j->header_len,
		.aad = j->dst,
		.aad_len = j->header_len,
		.wide = j->keys->profile->key_len == 32,
	};
}

void dp_ipsecmb_gcm_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint64_t index)
{
	const struct ipsecmb_gcm_keys *k = &ipsecmb_keys_of(j)->gcm[0];
	dp_srtp_iv iv = dp_srtp_iv_aead(k->salt, dp_srtp_rtp_ssrc(j), index);
	uint32_t len = j->len;

	j->len = len + TAG;
	(j->keys->profile->key_len == 32 ? m->mgr->gcm256_enc : m->mgr->gcm128_enc)(
		&k->aes, &m->gcm, j->dst + j->header_len, j->src, len - j->header_len, (const uint8_t *)&iv, j->dst,
		j->header_len, j->dst + len, TAG);
}

enum dp_srtp_status dp_ipsecmb_gcm_unprotect(struct ipsecmb *m, struct dp_srtp_job *j)
{
	struct piece p = rtp_piece(j);
	uint64_t index = dp_srtp_index(j->stream, dp_srtp_rtp_seq(j));
	enum dp_srtp_status status = dp_srtp_judge(j->stream, index);
	uint32_t ssrc = dp_srtp_rtp_ssrc(j);
	bool right;

	if (status)
		return status;
	p.len -= TAG;
	p.iv = dp_srtp_iv_aead(p.keys->salt, ssrc, index);
	right = open(m, &p, p.dst + p.len);
	if (!right && dp_srtp_may_have_wrapped(j->stream, index)) {
		index += 0x10000;
		p.iv = dp_srtp_iv_aead(p.keys->salt, ssrc, index);
		right = open(m, &p, p.dst + p.len);
	}
	if (!right)
		return DP_SRTP_AUTH;
	dp_srtp_commit(j->stream, index);
	j->len -= TAG;
	return DP_SRTP_OK;
}

/* RFC 7714 s9.2: authenticated are the first 8 bytes and, behind them, E and index */
static struct piece rtcp_piece(const struct dp_srtp_job *j, uint32_t len, uint32_t word,
			       uint8_t aad[DP_RTCP_FIXED + DP_SRTCP_WORD])
{
	struct piece p = {
		.keys = &ipsecmb_keys_of(j)->gcm[1],
		.src = j->dst + DP_RTCP_FIXED,
		.dst = j->dst + DP_RTCP_FIXED,
		.len = len - DP_RTCP_FIXED,
		.aad = aad,
		.aad_len = DP_RTCP_FIXED + DP_SRTCP_WORD,
		.wide = j->keys->profile->key_len == 32,
	};

	memcpy(aad, j->dst, DP_RTCP_FIXED);
	en_store32(aad + DP_RTCP_FIXED, word);
	p.iv = dp_srtp_iv_aead(p.keys->salt, dp_srtp_rtcp_ssrc(j), word & DP_SRTCP_INDEX_MAX);
	return p;
}

void dp_ipsecmb_gcm_rtcp_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint32_t index)
{
	uint8_t aad[DP_RTCP_FIXED + DP_SRTCP_WORD];
	struct piece p = rtcp_piece(j, j->len, DP_SRTCP_E | index, aad);

	seal(m, &p, j->dst + j->len);
	en_store32(j->dst + j->len + TAG, DP_SRTCP_E | index);
	j->len += TAG + DP_SRTCP_WORD;
}

enum dp_srtp_status dp_ipsecmb_gcm_rtcp_unprotect(struct ipsecmb *m, struct dp_srtp_job *j)
{
	uint8_t aad[DP_RTCP_FIXED + DP_SRTCP_WORD];
	uint32_t len = j->len - DP_SRTCP_WORD - TAG;
	uint32_t word = en_load32(j->dst + len + TAG);
	enum dp_srtp_status status = dp_srtcp_judge(j->stream, word);
	struct piece p = rtcp_piece(j, len, word, aad);

	if (status)
		return status;
	if (!open(m, &p, j->dst + len))
		return DP_SRTP_AUTH;
	dp_srtcp_commit(j->stream, word & DP_SRTCP_INDEX_MAX);
	j->len = len;
	return DP_SRTP_OK;
}
