/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp.c - profiles, and the way to the chosen backend.
 *
 * Runs on:   the worker of a core.
 * Specs:     RFC 5764 s4.1.2, RFC 7714 s14.2 (profiles).
 */
#include "dataplane/srtp/srtp.h"

#include <string.h>

#include "dataplane/srtp/backend.h"
#include "dataplane/srtp/frame.h"

static const struct dp_srtp_profile profiles[] = {
	{.id = SHM_SRTP_CM_SHA1_80, .key_len = 16, .salt_len = 14, .tag_len = 10, .rtcp_tag_len = 10},
	/* RFC 5764 s4.1.2: the short tag is for RTP only */
	{.id = SHM_SRTP_CM_SHA1_32, .key_len = 16, .salt_len = 14, .tag_len = 4, .rtcp_tag_len = 10},
	{.id = SHM_SRTP_GCM_128, .key_len = 16, .salt_len = 12, .tag_len = 16, .rtcp_tag_len = 16, .aead = true},
	{.id = SHM_SRTP_GCM_256, .key_len = 32, .salt_len = 12, .tag_len = 16, .rtcp_tag_len = 16, .aead = true},
};

const struct dp_srtp_profile *dp_srtp_profile_find(uint32_t id)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (profiles[i].id == id)
			return &profiles[i];
	return NULL;
}

int dp_srtp_create(bool portable, struct dp_srtp **ret_srtp, struct en_err *err)
{
	return (portable ? &dp_srtp_libsrtp : &dp_srtp_ipsecmb)->create(ret_srtp, err);
}

void dp_srtp_destroy(struct dp_srtp *s)
{
	if (s)
		s->backend->destroy(s);
}

uint32_t dp_srtp_keys_size(void)
{
	uint32_t a = dp_srtp_ipsecmb.keys_size, b = dp_srtp_libsrtp.keys_size;

	return ((uint32_t)sizeof(struct dp_srtp_keys) + (a > b ? a : b) + 63) & ~63u;
}

bool dp_srtp_keys_set(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t profile, const uint8_t *master_key,
		      const uint8_t *master_salt, bool outbound)
{
	const struct dp_srtp_profile *p = dp_srtp_profile_find(profile);

	memset(k, 0, dp_srtp_keys_size());
	if (!p)
		return false;
	k->profile = p;
	k->outbound = outbound;
	if (!s->backend->keys_set(s, k, master_key, master_salt)) {
		k->profile = NULL;
		return false;
	}
	return true;
}

void dp_srtp_keys_clear(struct dp_srtp *s, struct dp_srtp_keys *k)
{
	if (!k->profile)
		return;
	s->backend->keys_clear(s, k);
	k->profile = NULL;
}

void dp_srtp_forget(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t ssrc)
{
	if (k->profile && s->backend->forget)
		s->backend->forget(s, k, ssrc);
}

uint32_t dp_srtp_overhead(const struct dp_srtp_keys *k)
{
	return k->profile ? k->profile->tag_len : 0;
}

uint32_t dp_srtcp_overhead(const struct dp_srtp_keys *k)
{
	return k->profile ? k->profile->rtcp_tag_len + DP_SRTCP_WORD : 0;
}

void dp_srtp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	s->backend->protect(s, job, n);
}

void dp_srtp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	s->backend->unprotect(s, job, n);
}

void dp_srtcp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	s->backend->rtcp_protect(s, job, n);
}

void dp_srtcp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	s->backend->rtcp_unprotect(s, job, n);
}
