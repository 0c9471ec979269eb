/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backend_libsrtp.c - the portable backend: libsrtp2, a packet a call.
 *
 * libsrtp2 keeps a ROC, a window and an RTCP index for each SSRC by itself. The
 * stream of the job decides nevertheless: it is judged first, and libsrtp's is
 * brought to the same index where the two could differ (align()).
 *
 * Runs on:   the worker of a core.
 * Limits     (none of them in the way of a session that is set up, used and cleared)
 *   L1  libsrtp allocates when it sees an SSRC for the first time, and keeps it until it is told to forget it, or the
 *       keys are cleared.
 *   L2  the index of outgoing RTCP is libsrtp's: a stream that moves to other keys starts at 1 again.
 *   L3  a stream that began again from zero under the same keys is taken as new only if neither RTP nor RTCP of it
 *       was seen yet.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>

#include "dataplane/srtp/backend.h"
#include "dataplane/srtp/frame.h"
#include "dataplane/srtp/replay.h"
#include "engine/base/consttime.h"

struct portable {
	struct dp_srtp base;
	uint8_t again[DP_SRTP_LEN_MAX]; /* a packet that may be looked at twice: libsrtp leaves nothing of a forged one
					 */
};

struct portable_keys {
	srtp_t session;
	srtp_policy_t policy; /* without its pointer to the key */
	uint8_t key[SHM_SRTP_KEY + SHM_SRTP_SALT]; /* master key, master salt */
};

static struct portable_keys *keys_of(const struct dp_srtp_job *j)
{
	/* libsrtp's session behind the pointer changes, our keys do not */
	return (struct portable_keys *)(uintptr_t)j->keys->own;
}

static srtp_err_status_t started;

static void start(void)
{
	started = srtp_init();
}

static int create(struct dp_srtp **ret_srtp, struct en_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct portable *p;

	pthread_once(&once, start);
	if (started)
		return en_fail(err, -1, "libsrtp2 does not start: error %d", (int)started);
	p = calloc(1, sizeof(*p));
	if (!p)
		return en_fail(err, -1, "out of memory for SRTP");
	p->base.backend = &dp_srtp_libsrtp;
	*ret_srtp = &p->base;
	return 0;
}

static void destroy(struct dp_srtp *s)
{
	free(s);
}

static void set_policy(const struct dp_srtp_profile *profile, srtp_policy_t *p)
{
	switch (profile->id) {
	case SHM_SRTP_CM_SHA1_80:
		srtp_crypto_policy_set_rtp_default(&p->rtp);
		break;
	case SHM_SRTP_CM_SHA1_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&p->rtp);
		break;
	case SHM_SRTP_GCM_128:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		break;
	default:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(&p->rtp);
	}
	p->rtcp = p->rtp;
	if (!profile->aead)
		srtp_crypto_policy_set_rtcp_default(&p->rtcp);
	p->window_size = DP_SRTP_WINDOW;
	p->allow_repeat_tx = 1; /* judged by us */
}

static bool keys_set(struct dp_srtp *s, struct dp_srtp_keys *k, const uint8_t *master_key, const uint8_t *master_salt)
{
	struct portable_keys *own = (struct portable_keys *)(void *)k->own;
	const struct dp_srtp_profile *profile = k->profile;
	srtp_policy_t policy;

	(void)s;
	set_policy(profile, &own->policy);
	memcpy(own->key, master_key, profile->key_len);
	memcpy(own->key + profile->key_len, master_salt, profile->salt_len);
	policy = own->policy;
	policy.ssrc.type = k->outbound ? ssrc_any_outbound : ssrc_any_inbound;
	policy.key = own->key;
	if (srtp_create(&own->session, &policy) == srtp_err_status_ok)
		return true;
	en_wipe(own, sizeof(*own));
	return false;
}

static void keys_clear(struct dp_srtp *s, struct dp_srtp_keys *k)
{
	struct portable_keys *own = (struct portable_keys *)(void *)k->own;

	(void)s;
	srtp_dealloc(own->session);
	en_wipe(own, sizeof(*own));
}

static void forget(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t ssrc)
{
	struct portable_keys *own = (struct portable_keys *)(void *)k->own;

	(void)s;
	srtp_remove_stream(own->session, htonl(ssrc));
}

static enum dp_srtp_status status_of(srtp_err_status_t e)
{
	switch (e) {
	case srtp_err_status_ok:
		return DP_SRTP_OK;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
		return DP_SRTP_SHORT;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
		return DP_SRTP_REPLAY;
	case srtp_err_status_key_expired:
		return DP_SRTP_EXHAUSTED;
	default:
		return DP_SRTP_AUTH;
	}
}

/* --- libsrtp's idea of a stream ------------------------------------------------- */

struct aligned {
	uint32_t ssrc;
	bool forced; /* libsrtp was told the ROC for one packet */
	bool added; /* and the stream */
};

static bool knows(struct portable_keys *k, const struct dp_srtp_stream *st, uint32_t ssrc, uint32_t *ret_roc)
{
	if (srtp_get_stream_roc(k->session, ssrc, ret_roc) != srtp_err_status_ok)
		return false;
	if (st->started || st->rtcp_started)
		return true;
	/* one that had this SSRC before */
	srtp_remove_stream(k->session, htonl(ssrc));
	return false;
}

static bool add(struct portable_keys *k, uint32_t ssrc)
{
	srtp_policy_t policy = k->policy;

	policy.ssrc.type = ssrc_specific;
	policy.ssrc.value = ssrc;
	policy.key = k->key;
	return srtp_add_stream(k->session, &policy) == srtp_err_status_ok;
}

/*
 * See to it that libsrtp takes the next packet for the one of this index. From the same past it comes to the same
 * ROC; where its ROC is another one it is told. (ROC 0 cannot be told: 0 means "guess", and the guess is right.)
 */
static struct aligned align(struct portable_keys *k, const struct dp_srtp_stream *st, uint32_t ssrc, uint64_t index)
{
	struct aligned a = {.ssrc = ssrc};
	uint32_t roc = (uint32_t)(index >> 16), theirs = 0;
	bool known = knows(k, st, ssrc, &theirs);

	if (!roc || (known && roc == theirs))
		return a;
	if (!known)
		a.added = add(k, ssrc);
	a.forced = srtp_set_stream_roc(k->session, ssrc, roc) == srtp_err_status_ok;
	return a;
}

static void align_end(struct portable_keys *k, const struct aligned *a, bool ok)
{
	if (a->added && !ok)
		srtp_remove_stream(k->session, htonl(a->ssrc));
	else if (a->forced)
		srtp_set_stream_roc(k->session, a->ssrc, 0);
}

/* --- jobs ------------------------------------------------------------------------- */

static enum dp_srtp_status protect_one(struct dp_srtp_job *j)
{
	struct portable_keys *k = keys_of(j);
	enum dp_srtp_status status;
	struct aligned a;
	uint64_t index;
	int len = (int)j->len;

	if (!dp_srtp_usable(j, true) || !dp_srtp_rtp_shape(j, 0))
		return DP_SRTP_SHORT;
	index = dp_srtp_index(j->stream, dp_srtp_rtp_seq(j));
	status = dp_srtp_judge(j->stream, index);
	if (status)
		return status;
	if (j->src != j->dst + j->header_len)
		memmove(j->dst + j->header_len, j->src, j->len - j->header_len);
	a = align(k, j->stream, dp_srtp_rtp_ssrc(j), index);
	status = status_of(srtp_protect(k->session, j->dst, &len));
	align_end(k, &a, !status);
	if (status)
		return status;
	dp_srtp_commit(j->stream, index);
	j->len = (uint32_t)len;
	return DP_SRTP_OK;
}

static enum dp_srtp_status unprotect_as(struct dp_srtp_job *j, uint64_t index)
{
	struct portable_keys *k = keys_of(j);
	struct aligned a = align(k, j->stream, dp_srtp_rtp_ssrc(j), index);
	int len = (int)j->len;
	enum dp_srtp_status status = status_of(srtp_unprotect(k->session, j->dst, &len));

	align_end(k, &a, !status);
	if (status)
		return status;
	dp_srtp_commit(j->stream, index);
	j->len = (uint32_t)len;
	return DP_SRTP_OK;
}

static enum dp_srtp_status unprotect_one(struct portable *p, struct dp_srtp_job *j)
{
	enum dp_srtp_status status;
	uint64_t index;
	bool twice;

	if (!dp_srtp_usable(j, false) || !dp_srtp_rtp_shape(j, j->keys->profile->tag_len))
		return DP_SRTP_SHORT;
	index = dp_srtp_index(j->stream, dp_srtp_rtp_seq(j));
	status = dp_srtp_judge(j->stream, index);
	if (status)
		return status;
	twice = dp_srtp_may_have_wrapped(j->stream, index);
	if (twice)
		memcpy(p->again, j->dst, j->len);
	status = unprotect_as(j, index);
	if (status == DP_SRTP_AUTH && twice) {
		memcpy(j->dst, p->again, j->len);
		status = unprotect_as(j, index + 0x10000);
	}
	return status;
}

static enum dp_srtp_status rtcp_protect_one(struct dp_srtp_job *j)
{
	struct portable_keys *k = keys_of(j);
	enum dp_srtp_status status;
	uint32_t roc;
	int len = (int)j->len;

	if (!dp_srtp_usable(j, true) || !dp_srtp_rtcp_shape(j, 0))
		return DP_SRTP_SHORT;
	if (j->stream->rtcp_index >= DP_SRTCP_INDEX_MAX)
		return DP_SRTP_EXHAUSTED;
	knows(k, j->stream, dp_srtp_rtcp_ssrc(j), &roc);
	status = status_of(srtp_protect_rtcp(k->session, j->dst, &len));
	if (status)
		return status;
	j->len = (uint32_t)len;
	j->stream->rtcp_started = true;
	j->stream->rtcp_index = en_load32(j->dst + dp_srtp_rtcp_word_at(j->keys->profile, j->len)) & DP_SRTCP_INDEX_MAX;
	return DP_SRTP_OK;
}

static enum dp_srtp_status rtcp_unprotect_one(struct dp_srtp_job *j)
{
	struct portable_keys *k = keys_of(j);
	enum dp_srtp_status status;
	uint32_t roc, word;
	int len = (int)j->len;

	if (!dp_srtp_usable(j, false) || !dp_srtp_rtcp_shape(j, dp_srtcp_overhead(j->keys)))
		return DP_SRTP_SHORT;
	word = en_load32(j->dst + dp_srtp_rtcp_word_at(j->keys->profile, j->len));
	status = dp_srtcp_judge(j->stream, word);
	if (status)
		return status;
	knows(k, j->stream, dp_srtp_rtcp_ssrc(j), &roc);
	status = status_of(srtp_unprotect_rtcp(k->session, j->dst, &len));
	if (status)
		return status;
	dp_srtcp_commit(j->stream, word & DP_SRTCP_INDEX_MAX);
	j->len = (uint32_t)len;
	return DP_SRTP_OK;
}

static void protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	(void)s;
	for (unsigned int i = 0; i < n; i++)
		job[i].status = protect_one(&job[i]);
}

static void unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		job[i].status = unprotect_one((struct portable *)s, &job[i]);
}

static void rtcp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	(void)s;
	for (unsigned int i = 0; i < n; i++)
		job[i].status = rtcp_protect_one(&job[i]);
}

static void rtcp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n)
{
	(void)s;
	for (unsigned int i = 0; i < n; i++)
		job[i].status = rtcp_unprotect_one(&job[i]);
}

const struct dp_srtp_backend dp_srtp_libsrtp = {
	.name = "libsrtp2",
	.keys_size = sizeof(struct portable_keys),
	.create = create,
	.destroy = destroy,
	.keys_set = keys_set,
	.keys_clear = keys_clear,
	.forget = forget,
	.protect = protect,
	.unprotect = unprotect,
	.rtcp_protect = rtcp_protect,
	.rtcp_unprotect = rtcp_unprotect,
};
