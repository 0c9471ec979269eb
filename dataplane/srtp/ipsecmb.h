/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ipsecmb.h - what the files of the libipsec-mb backend share.
 *
 * AES-CM with HMAC-SHA1 goes in batches (ipsecmb_cm.c): the SHA-1 lanes fill
 * with whatever packets there are, of any stream and key. AES-GCM is computed
 * packet after packet (ipsecmb_gcm.c): the library has no lanes for it.
 */
#ifndef DP_SRTP_IPSECMB_H
#define DP_SRTP_IPSECMB_H

#include <intel-ipsec-mb.h>

#include "dataplane/srtp/backend.h"
#include "dataplane/srtp/frame.h"

#define IPSECMB_BATCH 64 /* jobs on their way at once: four times the lanes of AVX-512 */
#define IPSECMB_SHA1  20

/* One direction, RTP or RTCP */
struct ipsecmb_cm_keys {
	uint8_t aes[11 * 16]; /* expanded */
	struct dp_srtp_salt salt;
	uint8_t ipad[IPSECMB_SHA1], opad[IPSECMB_SHA1]; /* SHA-1 states behind the first block of HMAC */
	uint8_t zero[24];
} __attribute__((aligned(64)));

struct ipsecmb_gcm_keys {
	struct gcm_key_data aes; /* 64-byte aligned: the library's header says so only when it builds itself */
	struct dp_srtp_salt salt;
} __attribute__((aligned(64)));

struct ipsecmb_keys {
	union {
		struct ipsecmb_cm_keys cm[2];
		struct ipsecmb_gcm_keys gcm[2];
	}; /* [0] RTP, [1] RTCP */
};

_Static_assert(sizeof(struct ipsecmb_cm_keys) == 256, "four lines a packet");

/* A job on its way */
struct ipsecmb_slot {
	dp_srtp_iv iv;
	uint8_t tag[IPSECMB_SHA1]; /* computed */
	uint8_t came[12]; /* in: the tag that the packet had */
	uint32_t tag_len;
	struct dp_srtp_job *job;
	uint64_t index; /* in: what the ROC was taken from */
} __attribute__((aligned(64)));

struct ipsecmb {
	struct dp_srtp base;
	IMB_MGR *mgr;
	struct gcm_context_data gcm __attribute__((aligned(64)));
	unsigned int n; /* jobs on their way */
	struct ipsecmb_slot slot[IPSECMB_BATCH];
	IMB_JOB lib[IPSECMB_BATCH]; /* the library's view of slot[] */
	IMB_JOB again; /* one that is hashed a second time */
};

static inline const struct ipsecmb_keys *ipsecmb_keys_of(const struct dp_srtp_job *j)
{
	return (const struct ipsecmb_keys *)(const void *)j->keys->own;
}

/* Keys that were derived already: for keys_set, and for the RFCs' vectors, which begin here. k->profile is set. */
struct dp_srtp_session_keys;
void dp_ipsecmb_session_keys(struct dp_srtp *s, struct dp_srtp_keys *k, bool rtcp,
			     const struct dp_srtp_session_keys *session);

/* What of IMB_JOB never changes. */
void dp_ipsecmb_cm_init(struct ipsecmb *m);
void dp_ipsecmb_cm_keys(struct ipsecmb *m, struct ipsecmb_cm_keys *k, const uint8_t *key, const uint8_t *auth,
			const uint8_t *salt);
void dp_ipsecmb_gcm_keys(struct ipsecmb *m, struct ipsecmb_gcm_keys *k, const struct dp_srtp_profile *p,
			 const uint8_t *key, const uint8_t *salt);

/* Take a job whose shape and index are right; at IPSECMB_BATCH jobs, and at the end, _finish. */
void dp_ipsecmb_cm_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint64_t index);
void dp_ipsecmb_cm_rtcp_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint32_t index);
void dp_ipsecmb_cm_protect_finish(struct ipsecmb *m);
/* These judge, in the order in which they were taken. */
void dp_ipsecmb_cm_unprotect(struct ipsecmb *m, struct dp_srtp_job *j);
void dp_ipsecmb_cm_unprotect_finish(struct ipsecmb *m);
void dp_ipsecmb_cm_rtcp_unprotect(struct ipsecmb *m, struct dp_srtp_job *j);
void dp_ipsecmb_cm_rtcp_unprotect_finish(struct ipsecmb *m);

void dp_ipsecmb_gcm_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint64_t index);
void dp_ipsecmb_gcm_rtcp_protect(struct ipsecmb *m, struct dp_srtp_job *j, uint32_t index);
enum dp_srtp_status dp_ipsecmb_gcm_unprotect(struct ipsecmb *m, struct dp_srtp_job *j);
enum dp_srtp_status dp_ipsecmb_gcm_rtcp_unprotect(struct ipsecmb *m, struct dp_srtp_job *j);

#endif
