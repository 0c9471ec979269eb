/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipsecmb_cm.c - AES_CM_128_HMAC_SHA1_80 and _32 with libipsec-mb, many packets a call.
 *
 * Protecting enciphers a batch, then hashes it. Unprotecting hashes a batch as
 * the streams stood at its start, then judges packet after packet in order; a
 * packet whose ROC comes out differently once those before it are judged is
 * hashed again by itself. What passed is deciphered as a batch.
 *
 * The ROC that the tag covers (RFC 3711 s4.2) is written where the tag goes, or
 * came from; a tag that turns out wrong is put back.
 *
 * Runs on:   the worker of a core.
 * Specs:     RFC 3711 s3.3, s3.4, s4.1.1, s4.2; RFC 2104.
 */
#include "dataplane/srtp/ipsecmb.h"
#include "dataplane/srtp/replay.h"
#include "engine/base/consttime.h"

#define ROC 4

static void half_block(struct ipsecmb *m, const uint8_t *key, uint8_t pad, uint8_t ret_state[IPSECMB_SHA1])
{
	uint8_t block[64];

	memset(block, pad, sizeof(block));
	for (unsigned int i = 0; i < IPSECMB_SHA1; i++)
		block[i] ^= key[i];
	IMB_SHA1_ONE_BLOCK(m->mgr, block, ret_state);
	en_wipe(block, sizeof(block));
}

void dp_ipsecmb_cm_keys(struct ipsecmb *m, struct ipsecmb_cm_keys *k, const uint8_t *key, const uint8_t *auth,
			const uint8_t *salt)
{
	uint8_t unused[sizeof(k->aes)] __attribute__((aligned(16)));

	IMB_AES_KEYEXP_128(m->mgr, key, k->aes, unused);
	en_wipe(unused, sizeof(unused));
	half_block(m, auth, 0x36, k->ipad);
	half_block(m, auth, 0x5c, k->opad);
	k->salt = dp_srtp_salt_of(salt, 14);
}

static void lib_init(IMB_JOB *b)
{
	*b = (IMB_JOB){
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.key_len_in_bytes = IMB_KEY_128_BYTES,
		.iv_len_in_bytes = 16,
		.hash_alg = IMB_AUTH_HMAC_SHA_1,
		.auth_tag_output_len_in_bytes = IPSECMB_SHA1, /* 1.3 knows 12 and 20 only: cut by us */
	};
}

void dp_ipsecmb_cm_init(struct ipsecmb *m)
{
	for (unsigned int i = 0; i < IPSECMB_BATCH; i++) {
		lib_init(&m->lib[i]);
		m->lib[i].auth_tag_output = m->slot[i].tag;
	}
	lib_init(&m->again);
}

/* The tag over the first len bytes of a packet. */
static void want_hash(IMB_JOB *b, const struct ipsecmb_cm_keys *k, const uint8_t *packet, uint32_t len)
{
	b->src = packet;
	b->msg_len_to_hash_in_bytes = len;
	b->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
	b->u.HMAC._hashed_auth_key_xor_opad = k->opad;
}

/*
 * The library reads what it enciphers at an offset from b->src, which is where it hashes: the packet that is being
 * made. Text that lies elsewhere is a matter of the offset too; that it wraps does not disturb the sum.
 */
static void want_cipher(IMB_JOB *b, const struct ipsecmb_cm_keys *k, const uint8_t *packet, const uint8_t *text,
			uint8_t *dst, uint32_t len)
{
	b->src = packet;
	b->cipher_start_src_offset_in_bytes = (uint64_t)((uintptr_t)text - (uintptr_t)packet);
	b->dst = dst;
	b->msg_len_to_cipher_in_bytes = len;
	b->enc_keys = k->aes;
}

static void hash(struct ipsecmb *m, IMB_JOB *b, unsigned int n)
{
	IMB_SUBMIT_HASH_BURST_NOCHECK(m->mgr, b, n, IMB_AUTH_HMAC_SHA_1);
}

static void cipher(struct ipsecmb *m, unsigned int n)
{
	IMB_SUBMIT_CIPHER_BURST_NOCHECK(m->mgr, m->lib, n, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
}

/* --- protecting ----------------------------------------------------------------- */

void dp_ipsecmb_cm_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint64_t index)
{
	const struct ipsecmb_cm_keys *k = &ipsecmb_keys_of(j)->cm[0];
	struct ipsecmb_slot *slot = &m->slot[m->n];
	IMB_JOB *b = &m->lib[m->n++];

	slot->job = j;
	slot->tag_len = j->keys->profile->tag_len;
	slot->iv = dp_srtp_iv_cm(k->salt, dp_srtp_rtp_ssrc(j), index);
	b->iv = (const uint8_t *)&slot->iv;
	want_cipher(b, k, j->dst, j->src, j->dst + j->header_len, j->len - j->header_len);
	en_store32(j->dst + j->len, (uint32_t)(index >> 16));
	want_hash(b, k, j->dst, j->len + ROC);
	if (m->n == IPSECMB_BATCH)
		dp_ipsecmb_cm_protect_finish(m);
}

void dp_ipsecmb_cm_rtcp_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint32_t index)
{
	const struct ipsecmb_cm_keys *k = &ipsecmb_keys_of(j)->cm[1];
	struct ipsecmb_slot *slot = &m->slot[m->n];
	IMB_JOB *b = &m->lib[m->n++];
	uint8_t *text = j->dst + DP_RTCP_FIXED;

	slot->job = j;
	slot->tag_len = j->keys->profile->rtcp_tag_len;
	slot->iv = dp_srtp_iv_cm(k->salt, dp_srtp_rtcp_ssrc(j), index);
	b->iv = (const uint8_t *)&slot->iv;
	want_cipher(b, k, j->dst, text, text, j->len - DP_RTCP_FIXED);
	en_store32(j->dst + j->len, DP_SRTCP_E | index);
	j->len += DP_SRTCP_WORD;
	want_hash(b, k, j->dst, j->len);
	if (m->n == IPSECMB_BATCH)
		dp_ipsecmb_cm_protect_finish(m);
}

void dp_ipsecmb_cm_protect_finish(struct ipsecmb *m)
{
	cipher(m, m->n);
	hash(m, m->lib, m->n);
	for (unsigned int i = 0; i < m->n; i++) {
		struct ipsecmb_slot *slot = &m->slot[i];

		memcpy(slot->job->dst + slot->job->len, slot->tag, slot->tag_len);
		slot->job->len += slot->tag_len;
	}
	m->n = 0;
}

/* --- unprotecting --------------------------------------------------------------- */

static bool tag_is_right(const struct ipsecmb_slot *slot)
{
	return en_ct_eq(slot->tag, slot->came, slot->tag_len);
}

void dp_ipsecmb_cm_unprotect(struct ipsecmb *m, struct dp_srtp_job *j)
{
	const struct ipsecmb_cm_keys *k = &ipsecmb_keys_of(j)->cm[0];
	struct ipsecmb_slot *slot = &m->slot[m->n];
	uint32_t tag_len = j->keys->profile->tag_len, len = j->len - tag_len;

	slot->job = j;
	slot->tag_len = tag_len;
	slot->index = dp_srtp_index(j->stream, dp_srtp_rtp_seq(j));
	memcpy(slot->came, j->dst + len, tag_len);
	en_store32(j->dst + len, (uint32_t)(slot->index >> 16));
	want_hash(&m->lib[m->n++], k, j->dst, len + ROC);
	if (m->n == IPSECMB_BATCH)
		dp_ipsecmb_cm_unprotect_finish(m);
}

/* Hash one packet anew, as of this index. */
static bool is_right_as(struct ipsecmb *m, struct ipsecmb_slot *slot, uint64_t index)
{
	struct dp_srtp_job *j = slot->job;
	uint32_t len = j->len - slot->tag_len;

	slot->index = index;
	en_store32(j->dst + len, (uint32_t)(index >> 16));
	m->again.auth_tag_output = slot->tag;
	want_hash(&m->again, &ipsecmb_keys_of(j)->cm[0], j->dst, len + ROC);
	hash(m, &m->again, 1);
	return tag_is_right(slot);
}

/* RFC 3711 s3.3 steps 2 to 5 for the next packet in order, and the commit of steps 5 and 7. */
static enum dp_srtp_status settle(struct ipsecmb *m, struct ipsecmb_slot *slot)
{
	struct dp_srtp_stream *st = slot->job->stream;
	uint64_t index = dp_srtp_index(st, dp_srtp_rtp_seq(slot->job));
	enum dp_srtp_status status = dp_srtp_judge(st, index);
	bool right;

	if (status)
		return status;
	right = index == slot->index ? tag_is_right(slot) : is_right_as(m, slot, index);
	if (!right && dp_srtp_may_have_wrapped(st, index)) {
		index += 0x10000;
		right = is_right_as(m, slot, index);
	}
	if (!right)
		return DP_SRTP_AUTH;
	dp_srtp_commit(st, index);
	return DP_SRTP_OK;
}

/* Put what passed in the row of the library's jobs to be deciphered. */
static void decipher(struct ipsecmb *m, unsigned int i, const struct ipsecmb_slot *slot,
		     const struct ipsecmb_cm_keys *k, uint32_t header_len)
{
	struct dp_srtp_job *j = slot->job;
	uint8_t *text = j->dst + header_len;

	m->lib[i].iv = (const uint8_t *)&slot->iv;
	want_cipher(&m->lib[i], k, j->dst, text, text, j->len - header_len);
}

void dp_ipsecmb_cm_unprotect_finish(struct ipsecmb *m)
{
	unsigned int passed = 0;

	hash(m, m->lib, m->n);
	for (unsigned int i = 0; i < m->n; i++) {
		struct ipsecmb_slot *slot = &m->slot[i];
		struct dp_srtp_job *j = slot->job;
		const struct ipsecmb_cm_keys *k = &ipsecmb_keys_of(j)->cm[0];

		j->status = settle(m, slot);
		if (j->status) {
			memcpy(j->dst + j->len - slot->tag_len, slot->came, slot->tag_len);
			continue;
		}
		j->len -= slot->tag_len;
		slot->iv = dp_srtp_iv_cm(k->salt, dp_srtp_rtp_ssrc(j), slot->index);
		decipher(m, passed++, slot, k, j->header_len);
	}
	cipher(m, passed);
	m->n = 0;
}

void dp_ipsecmb_cm_rtcp_unprotect(struct ipsecmb *m, struct dp_srtp_job *j)
{
	struct ipsecmb_slot *slot = &m->slot[m->n];
	uint32_t tag_len = j->keys->profile->rtcp_tag_len, len = j->len - tag_len;

	slot->job = j;
	slot->tag_len = tag_len;
	memcpy(slot->came, j->dst + len, tag_len);
	want_hash(&m->lib[m->n++], &ipsecmb_keys_of(j)->cm[1], j->dst, len);
	if (m->n == IPSECMB_BATCH)
		dp_ipsecmb_cm_rtcp_unprotect_finish(m);
}

void dp_ipsecmb_cm_rtcp_unprotect_finish(struct ipsecmb *m)
{
	unsigned int passed = 0;

	hash(m, m->lib, m->n);
	for (unsigned int i = 0; i < m->n; i++) {
		struct ipsecmb_slot *slot = &m->slot[i];
		struct dp_srtp_job *j = slot->job;
		const struct ipsecmb_cm_keys *k = &ipsecmb_keys_of(j)->cm[1];
		uint32_t len = j->len - slot->tag_len - DP_SRTCP_WORD, word = en_load32(j->dst + len);

		j->status = dp_srtcp_judge(j->stream, word);
		if (!j->status && !tag_is_right(slot))
			j->status = DP_SRTP_AUTH;
		if (j->status)
			continue;
		word &= DP_SRTCP_INDEX_MAX;
		dp_srtcp_commit(j->stream, word);
		j->len = len;
		slot->iv = dp_srtp_iv_cm(k->salt, dp_srtp_rtcp_ssrc(j), word);
		decipher(m, passed++, slot, k, DP_RTCP_FIXED);
	}
	cipher(m, passed);
	m->n = 0;
}
