/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backend.h - what a cryptographic library has to do for srtp.h.
 *
 * A backend takes jobs as they are and answers each with a status. What has to
 * be the same in all of them is shared: packet shapes and IVs (frame.h), index
 * estimation and replay windows (replay.h), key derivation (kdf.h).
 */
#ifndef DP_SRTP_BACKEND_H
#define DP_SRTP_BACKEND_H

#include "dataplane/srtp/srtp.h"

/* A protection profile in numbers (RFC 5764 s4.1.2, RFC 7714 s14.2). Lengths in bytes. */
struct dp_srtp_profile {
	uint32_t id; /* enum shm_srtp_profile */
	uint8_t key_len, salt_len; /* master and session alike */
	uint8_t tag_len, rtcp_tag_len;
	bool aead;
};

/* NULL: not known. */
const struct dp_srtp_profile *dp_srtp_profile_find(uint32_t id);

typedef void (*dp_srtp_jobs_fn)(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);

struct dp_srtp_backend {
	const char *name;
	uint32_t keys_size; /* of what it keeps behind struct dp_srtp_keys */
	int (*create)(struct dp_srtp **ret_srtp, struct en_err *err);
	void (*destroy)(struct dp_srtp *s);
	/* k->profile and k->outbound are set. False: the library would not. */
	bool (*keys_set)(struct dp_srtp *s, struct dp_srtp_keys *k, const uint8_t *master_key,
			 const uint8_t *master_salt);
	void (*keys_clear)(struct dp_srtp *s, struct dp_srtp_keys *k);
	void (*forget)(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t ssrc); /* NULL: keeps nothing of an SSRC */
	dp_srtp_jobs_fn protect, unprotect, rtcp_protect, rtcp_unprotect;
};

extern const struct dp_srtp_backend dp_srtp_ipsecmb, dp_srtp_libsrtp;

/* First member of what a backend creates. */
struct dp_srtp {
	const struct dp_srtp_backend *backend;
};

struct dp_srtp_keys {
	const struct dp_srtp_profile *profile; /* NULL: no keys */
	bool outbound;
	_Alignas(64) uint8_t own[]; /* the backend's */
};

_Static_assert(sizeof(struct dp_srtp_keys) == 64, "a line of its own");

#endif
