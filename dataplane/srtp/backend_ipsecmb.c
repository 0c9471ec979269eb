/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backend_ipsecmb.c - the fast backend: Intel's multi-buffer library, called directly.
 *
 * Runs on:   the worker of a core; one IMB_MGR for each.
 * Invariants
 *   B1  no call leaves a job on its way.
 * Not here:  AES-CM (ipsecmb_cm.c), AES-GCM (ipsecmb_gcm.c).
 */
#include <stdlib.h>

#include "dataplane/srtp/ipsecmb.h"
#include "dataplane/srtp/kdf.h"
#include "dataplane/srtp/replay.h"
#include "engine/base/consttime.h"

/* jobs ahead: their streams and keys are random lines */
#define FAR  8
#define NEAR 4

static struct ipsecmb *of(struct dp_srtp *s)
{
	return (struct ipsecmb *)s;
}

static int create(struct dp_srtp **ret_srtp, struct en_err *err)
{
	struct ipsecmb *m;

	if (posix_memalign((void **)&m, 64, sizeof(*m)))
		return en_fail(err, -1, "out of memory for SRTP");
	memset(m, 0, sizeof(*m));
	m->base.backend = &dp_srtp_ipsecmb;
	m->mgr = alloc_mb_mgr(0);
	if (!m->mgr) {
		free(m);
		return en_fail(err, -1, "out of memory for SRTP");
	}
	init_mb_mgr_auto(m->mgr, NULL);
	if (imb_get_errno(m->mgr)) {
		en_fail(err, -1, "libipsec-mb does not work here: %s", imb_get_strerror(imb_get_errno(m->mgr)));
		free_mb_mgr(m->mgr);
		free(m);
		return -1;
	}
	dp_ipsecmb_cm_init(m);
	*ret_srtp = &m->base;
	return 0;
}

static void destroy(struct dp_srtp *s)
{
	struct ipsecmb *m = of(s);

	free_mb_mgr(m->mgr);
	en_wipe(m, sizeof(*m));
	free(m);
}

/* Counter mode over zeros, under the master key: the pseudo-random function of key derivation. */
struct prf {
	struct ipsecmb *m;
	uint8_t aes[15 * 16] __attribute__((aligned(16)));
	uint32_t key_len;
};

static void keystream(void *aes, const uint8_t iv[16], uint8_t *ret_stream, uint32_t len)
{
	struct prf *prf = aes;
	IMB_JOB b = {
		.enc_keys = prf->aes,
		.key_len_in_bytes = prf->key_len,
		.src = ret_stream,
		.dst = ret_stream,
		.msg_len_to_cipher_in_bytes = len,
		.iv = iv,
		.iv_len_in_bytes = 16,
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.hash_alg = IMB_AUTH_NULL,
	};

	memset(ret_stream, 0, len);
	IMB_SUBMIT_CIPHER_BURST_NOCHECK(prf->m->mgr, &b, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
					(IMB_KEY_SIZE_BYTES)prf->key_len);
}

static void prf_init(struct prf *prf, const uint8_t *master_key)
{
	uint8_t unused[sizeof(prf->aes)] __attribute__((aligned(16)));

	if (prf->key_len == 32)
		IMB_AES_KEYEXP_256(prf->m->mgr, master_key, prf->aes, unused);
	else
		IMB_AES_KEYEXP_128(prf->m->mgr, master_key, prf->aes, unused);
	en_wipe(unused, sizeof(unused));
}

void dp_ipsecmb_session_keys(struct dp_srtp *s, struct dp_srtp_keys *k, bool rtcp,
			     const struct dp_srtp_session_keys *session)
{
	struct ipsecmb_keys *own = (struct ipsecmb_keys *)(void *)k->own;

	if (k->profile->aead)
		dp_ipsecmb_gcm_keys(of(s), &own->gcm[rtcp], k->profile, session->key, session->salt);
	else
		dp_ipsecmb_cm_keys(of(s), &own->cm[rtcp], session->key, session->auth, session->salt);
}

static bool keys_set(struct dp_srtp *s, struct dp_srtp_keys *k, const uint8_t *master_key, const uint8_t *master_salt)
{
	struct prf prf = {.m = of(s), .key_len = k->profile->key_len};
	struct dp_srtp_session_keys session;

	prf_init(&prf, master_key);
	for (unsigned int rtcp = 0; rtcp < 2; rtcp++) {
		dp_srtp_derive(k->profile, master_salt, rtcp, keystream, &prf, &session);
		dp_ipsecmb_session_keys(s, k, rtcp, &session);
	}
	en_wipe(&session, sizeof(session));
	en_wipe(&prf, sizeof(prf));
	return true;
}

static void keys_clear(struct dp_srtp *s, struct dp_srtp_keys *k)
{
	(void)s;
	en_wipe(k->own, sizeof(struct ipsecmb_keys));
}

/*
 * What packets are going to need from memory: first where the keys are and the stream, then the keys themselves. Of
 * GCM's that is round keys, and the last of the powers of its hash key, as many as 200 bytes take.
 */
static void look_ahead(const struct dp_srtp_job *job, unsigned int i, unsigned int n, bool rtcp)
{
	const struct dp_srtp_keys *k;
	const uint8_t *p;

	if (i + FAR < n) {
		__builtin_prefetch(job[i + FAR].keys);
		__builtin_prefetch(job[i + FAR].stream, 1);
	}
	if (i + NEAR >= n)
		return;
	k = job[i + NEAR].keys;
	p = k->own;
	if (k->profile && k->profile->aead) {
		p += rtcp * sizeof(struct ipsecmb_gcm_keys);
		for (unsigned int at = sizeof(struct ipsecmb_gcm_keys) - 256; at < sizeof(struct ipsecmb_gcm_keys);
		     at += 64)
			__builtin_prefetch(p + at);
	} else {
		p += rtcp * sizeof(struct ipsecmb_cm_keys);
		__builtin_prefetch(p + 192);
	}
	__builtin_prefetch(p);
	__builtin_prefetch(p + 64);
	__builtin_prefetch(p + 128);
}

static void protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	struct ipsecmb *m = of(s);

	for (unsigned int i = 0; i < n; i++) {
		struct dp_srtp_job *j = &job[i];
		uint64_t index;

		look_ahead(job, i, n, false);
		j->status = DP_SRTP_SHORT;
		if (!dp_srtp_usable(j, true) || !dp_srtp_rtp_shape(j, 0))
			continue;
		j->status = dp_srtp_send(j->stream, dp_srtp_rtp_seq(j), &index);
		if (j->status)
			continue;
		if (j->keys->profile->aead)
			dp_ipsecmb_gcm_protect(m, j, index);
		else
			dp_ipsecmb_cm_protect(m, j, index);
	}
	dp_ipsecmb_cm_protect_finish(m);
}

static void unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	struct ipsecmb *m = of(s);

	for (unsigned int i = 0; i < n; i++) {
		struct dp_srtp_job *j = &job[i];

		look_ahead(job, i, n, false);
		j->status = DP_SRTP_SHORT;
		if (!dp_srtp_usable(j, false) || !dp_srtp_rtp_shape(j, j->keys->profile->tag_len))
			continue;
		if (j->keys->profile->aead)
			j->status = dp_ipsecmb_gcm_unprotect(m, j);
		else
			dp_ipsecmb_cm_unprotect(m, j);
	}
	dp_ipsecmb_cm_unprotect_finish(m);
}

static void rtcp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	struct ipsecmb *m = of(s);

	for (unsigned int i = 0; i < n; i++) {
		struct dp_srtp_job *j = &job[i];
		uint32_t index;

		look_ahead(job, i, n, true);
		j->status = DP_SRTP_SHORT;
		if (!dp_srtp_usable(j, true) || !dp_srtp_rtcp_shape(j, 0))
			continue;
		j->status = DP_SRTP_EXHAUSTED;
		if (!dp_srtcp_next(j->stream, &index))
			continue;
		j->status = DP_SRTP_OK;
		if (j->keys->profile->aead)
			dp_ipsecmb_gcm_rtcp_protect(m, j, index);
		else
			dp_ipsecmb_cm_rtcp_protect(m, j, index);
	}
	dp_ipsecmb_cm_protect_finish(m);
}

static void rtcp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	struct ipsecmb *m = of(s);

	for (unsigned int i = 0; i < n; i++) {
		struct dp_srtp_job *j = &job[i];

		look_ahead(job, i, n, true);
		j->status = DP_SRTP_SHORT;
		if (!dp_srtp_usable(j, false) || !dp_srtp_rtcp_shape(j, dp_srtcp_overhead(j->keys)))
			continue;
		if (j->keys->profile->aead)
			j->status = dp_ipsecmb_gcm_rtcp_unprotect(m, j);
		else
			dp_ipsecmb_cm_rtcp_unprotect(m, j);
	}
	dp_ipsecmb_cm_rtcp_unprotect_finish(m);
}

const struct dp_srtp_backend dp_srtp_ipsecmb = {
	.name = "libipsec-mb",
	.keys_size = sizeof(struct ipsecmb_keys),
	.create = create,
	.destroy = destroy,
	.keys_set = keys_set,
	.keys_clear = keys_clear,
	.protect = protect,
	.unprotect = unprotect,
	.rtcp_protect = rtcp_protect,
	.rtcp_unprotect = rtcp_unprotect,
};
