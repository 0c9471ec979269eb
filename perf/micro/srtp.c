/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp.c - MICRO_SRTP_PACKETS RTP packets of many streams, protected in one of several ways.
 *
 * All ways work on the same buffers in the same order. What a round needs
 * beforehand (headers with the next sequence numbers, the bare primitive's job
 * descriptions, packets to unprotect) is done before the clock starts.
 */
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <rte_cycles.h>
#include <srtp2/srtp.h>

#include "dataplane/srtp/srtp.h"
#include "engine/base/bytes.h"
#include "perf/micro/micro.h"
#include "perf/micro/srtp.h"

#define STRIDE                                                                                                         \
	2368 /* an odd number of lines, as the pool of the dataplane has: no two packets compete for the same sets */
#define HEADER    12
#define BURST_MAX 128

struct bare { /* of one stream: the library's own view */
	uint8_t aes[15 * 16] __attribute__((aligned(16)));
	uint8_t unused[15 * 16] __attribute__((aligned(16)));
	uint8_t ipad[20], opad[20];
	struct gcm_key_data gcm __attribute__((aligned(64))); /* the library's header forgets to say so */
};

static struct {
	struct micro_srtp_options o;
	bool gcm;
	unsigned int first; /* the stream of packet 0 */
	unsigned int stream_of[MICRO_SRTP_PACKETS]; /* in this round: no division while the clock runs */
	uint16_t *seq;
	uint8_t *packets, *payload; /* MICRO_SRTP_PACKETS of STRIDE; one payload */
	struct dp_srtp *srtp;
	uint8_t *tx, *rx; /* struct dp_srtp_keys of each stream */
	struct dp_srtp_stream *out, *in;
	struct dp_srtp_job *job;
	srtp_t *theirs_tx, *theirs_rx;
	IMB_MGR *mgr;
	struct bare *bare;
	IMB_JOB *lib;
	uint8_t iv[16], tag[BURST_MAX][20];
	struct gcm_context_data gcm_ctx;
} b;

static void *room(size_t n, size_t size)
{
	void *p = aligned_alloc(64, (n * size + 63) & ~(size_t)63);

	if (!p)
		micro_die("out of memory");
	memset(p, 0, n * size);
	return p;
}

static uint8_t *packet(unsigned int i)
{
	return b.packets + (size_t)i * STRIDE;
}

static unsigned int stream(unsigned int i)
{
	return (b.first + i) % b.o.streams;
}

static struct dp_srtp_keys *keys(uint8_t *all, unsigned int at)
{
	return (struct dp_srtp_keys *)(void *)(all + (size_t)at * dp_srtp_keys_size());
}

static void material(unsigned int at, uint8_t key[SHM_SRTP_KEY], uint8_t salt[SHM_SRTP_SALT])
{
	memset(key, 0x5a, SHM_SRTP_KEY);
	memset(salt, 0xa5, SHM_SRTP_SALT);
	en_store32(key, at + 1);
}

static void open_ours(void)
{
	uint8_t key[SHM_SRTP_KEY], salt[SHM_SRTP_SALT];
	struct en_err err;

	if (dp_srtp_create(false, &b.srtp, &err))
		micro_die("%s", err.text);
	b.tx = room(b.o.streams, dp_srtp_keys_size());
	b.rx = room(b.o.streams, dp_srtp_keys_size());
	for (unsigned int i = 0; i < b.o.streams; i++) {
		material(i, key, salt);
		if (!dp_srtp_keys_set(b.srtp, keys(b.tx, i), b.o.profile, key, salt, true) ||
		    !dp_srtp_keys_set(b.srtp, keys(b.rx, i), b.o.profile, key, salt, false))
			micro_die("SRTP profile %u", b.o.profile);
	}
}

static srtp_t session(const uint8_t *key, const uint8_t *salt, srtp_ssrc_type_t direction)
{
	srtp_profile_t profile = (srtp_profile_t)b.o.profile;
	uint8_t both[SHM_SRTP_KEY + SHM_SRTP_SALT];
	srtp_policy_t policy = {.ssrc.type = direction, .key = both, .window_size = DP_SRTP_WINDOW};
	uint32_t key_len = srtp_profile_get_master_key_length(profile);
	srtp_t s;

	memcpy(both, key, key_len);
	memcpy(both + key_len, salt, SHM_SRTP_SALT);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
	if (srtp_create(&s, &policy) != srtp_err_status_ok)
		micro_die("libsrtp2 refuses");
	return s;
}

static void open_libsrtp(void)
{
	uint8_t key[SHM_SRTP_KEY], salt[SHM_SRTP_SALT];

	srtp_init();
	b.theirs_tx = room(b.o.streams, sizeof(srtp_t));
	b.theirs_rx = room(b.o.streams, sizeof(srtp_t));
	for (unsigned int i = 0; i < b.o.streams; i++) {
		material(i, key, salt);
		b.theirs_tx[i] = session(key, salt, ssrc_any_outbound);
		b.theirs_rx[i] = session(key, salt, ssrc_any_inbound);
	}
}

static void open_bare(void)
{
	uint8_t key[SHM_SRTP_KEY], salt[SHM_SRTP_SALT];

	b.mgr = alloc_mb_mgr(0);
	if (!b.mgr)
		micro_die("out of memory");
	init_mb_mgr_auto(b.mgr, NULL);
	b.bare = room(b.o.streams, sizeof(struct bare));
	b.lib = room(BURST_MAX, sizeof(IMB_JOB));
	for (unsigned int i = 0; i < b.o.streams; i++) {
		material(i, key, salt);
		IMB_AES_KEYEXP_128(b.mgr, key, b.bare[i].aes, b.bare[i].unused);
		if (b.o.profile == SHM_SRTP_GCM_256)
			IMB_AES256_GCM_PRE(b.mgr, key, &b.bare[i].gcm);
		else
			IMB_AES128_GCM_PRE(b.mgr, key, &b.bare[i].gcm);
	}
}

void micro_srtp_open(const struct micro_srtp_options *o)
{
	b.o = *o;
	b.gcm = o->profile == SHM_SRTP_GCM_128 || o->profile == SHM_SRTP_GCM_256;
	b.seq = room(o->streams, sizeof(*b.seq));
	b.packets = room(MICRO_SRTP_PACKETS, STRIDE);
	b.payload = room(1, STRIDE);
	b.out = room(o->streams, sizeof(*b.out));
	b.in = room(o->streams, sizeof(*b.in));
	b.job = room(MICRO_SRTP_PACKETS, sizeof(*b.job));
	open_ours();
	if (o->way == MICRO_SRTP_LIBSRTP || o->way == MICRO_SRTP_LIBSRTP_UNPROTECT)
		open_libsrtp();
	if (o->way == MICRO_SRTP_BURST || o->way == MICRO_SRTP_JOBS)
		open_bare();
}

void micro_srtp_close(void)
{
	for (unsigned int i = 0; i < b.o.streams; i++) {
		dp_srtp_keys_clear(b.srtp, keys(b.tx, i));
		dp_srtp_keys_clear(b.srtp, keys(b.rx, i));
		if (b.theirs_tx) {
			srtp_dealloc(b.theirs_tx[i]);
			srtp_dealloc(b.theirs_rx[i]);
		}
	}
	dp_srtp_destroy(b.srtp);
	if (b.mgr)
		free_mb_mgr(b.mgr);
	free(b.seq);
	free(b.tx);
	free(b.rx);
	free(b.theirs_tx);
	free(b.theirs_rx);
	free(b.bare);
	free(b.lib);
	free(b.packets);
	free(b.payload);
	free(b.out);
	free(b.in);
	free(b.job);
	memset(&b, 0, sizeof(b));
}

/* --- what a round needs ------------------------------------------------------------ */

static void headers(void)
{
	b.first = stream(MICRO_SRTP_PACKETS);
	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++) {
		uint8_t *p = packet(i);

		b.stream_of[i] = stream(i);
		p[0] = 0x80;
		p[1] = 96;
		en_store16(p + 2, ++b.seq[stream(i)]);
		en_store32(p + 8, 1 + stream(i));
	}
}

static void jobs(bool apart)
{
	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++)
		b.job[i] = (struct dp_srtp_job){.keys = keys(b.tx, stream(i)),
						.stream = &b.out[stream(i)],
						.src = apart ? b.payload : packet(i) + HEADER,
						.dst = packet(i),
						.header_len = HEADER,
						.len = b.o.len};
}

static void jobs_in(void)
{
	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++) {
		b.job[i].keys = keys(b.rx, stream(i));
		b.job[i].stream = &b.in[stream(i)];
	}
}

static void check(void)
{
	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++)
		if (b.job[i].status != DP_SRTP_OK)
			micro_die("SRTP job %u: status %d", i, (int)b.job[i].status);
}

/* --- the ways ------------------------------------------------------------------------ */

static uint64_t ours(void (*call)(struct dp_srtp *, struct dp_srtp_job *, unsigned int))
{
	uint64_t t0 = rte_rdtsc_precise(), t1;

	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i += b.o.burst)
		call(b.srtp, b.job + i, b.o.burst);
	t1 = rte_rdtsc_precise();
	check();
	return t1 - t0;
}

static uint64_t theirs(bool unprotect)
{
	srtp_err_status_t e = srtp_err_status_ok;
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++) {
		int len = (int)(unprotect ? b.job[i].len : b.o.len);

		e |= unprotect ? srtp_unprotect(b.theirs_rx[b.stream_of[i]], packet(i), &len)
			       : srtp_protect(b.theirs_tx[b.stream_of[i]], packet(i), &len);
	}
	t0 = rte_rdtsc_precise() - t0;
	if (e)
		micro_die("libsrtp2: error %d", (int)e);
	return t0;
}

static void describe(IMB_JOB *j, unsigned int i, unsigned int slot)
{
	const struct bare *k = &b.bare[b.stream_of[i]];

	*j = (IMB_JOB){
		.enc_keys = k->aes,
		.key_len_in_bytes = 16,
		.src = packet(i),
		.dst = packet(i) + HEADER,
		.cipher_start_src_offset_in_bytes = HEADER,
		.msg_len_to_cipher_in_bytes = b.o.len - HEADER,
		.msg_len_to_hash_in_bytes = b.o.len + 4,
		.iv = b.iv,
		.iv_len_in_bytes = 16,
		.auth_tag_output = b.tag[slot],
		.auth_tag_output_len_in_bytes = 20,
		.u.HMAC = {._hashed_auth_key_xor_ipad = k->ipad, ._hashed_auth_key_xor_opad = k->opad},
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.hash_alg = IMB_AUTH_HMAC_SHA_1,
		.chain_order = IMB_ORDER_CIPHER_HASH,
	};
}

static uint64_t bare_bursts(void)
{
	uint64_t cycles = 0;

	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i += b.o.burst) {
		uint64_t t0;

		for (unsigned int k = 0; k < b.o.burst; k++)
			describe(&b.lib[k], i + k, k);
		t0 = rte_rdtsc_precise();
		IMB_SUBMIT_CIPHER_BURST_NOCHECK(b.mgr, b.lib, b.o.burst, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
						IMB_KEY_128_BYTES);
		IMB_SUBMIT_HASH_BURST_NOCHECK(b.mgr, b.lib, b.o.burst, IMB_AUTH_HMAC_SHA_1);
		cycles += rte_rdtsc_precise() - t0;
	}
	return cycles;
}

static uint64_t bare_jobs(void)
{
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i += b.o.burst) {
		for (unsigned int k = 0; k < b.o.burst; k++) {
			describe(IMB_GET_NEXT_JOB(b.mgr), i + k, k);
			for (IMB_JOB *j = IMB_SUBMIT_JOB_NOCHECK(b.mgr); j; j = IMB_GET_COMPLETED_JOB(b.mgr))
				;
		}
		while (IMB_FLUSH_JOB(b.mgr))
			;
	}
	return rte_rdtsc_precise() - t0;
}

static uint64_t bare_gcm(void)
{
	bool wide = b.o.profile == SHM_SRTP_GCM_256;
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < MICRO_SRTP_PACKETS; i++) {
		const struct gcm_key_data *k = &b.bare[b.stream_of[i]].gcm;
		uint8_t *p = packet(i), *text = p + HEADER;

		if (wide)
			IMB_AES256_GCM_ENC(b.mgr, k, &b.gcm_ctx, text, text, b.o.len - HEADER, b.iv, p, HEADER,
					   p + b.o.len, 16);
		else
			IMB_AES128_GCM_ENC(b.mgr, k, &b.gcm_ctx, text, text, b.o.len - HEADER, b.iv, p, HEADER,
					   p + b.o.len, 16);
	}
	return rte_rdtsc_precise() - t0;
}

static uint64_t once(void)
{
	jobs(b.o.way == MICRO_SRTP_OURS_APART);
	switch (b.o.way) {
	case MICRO_SRTP_BURST:
		return b.gcm ? bare_gcm() : bare_bursts();
	case MICRO_SRTP_JOBS:
		return b.gcm ? bare_gcm() : bare_jobs();
	case MICRO_SRTP_LIBSRTP:
		return theirs(false);
	case MICRO_SRTP_UNPROTECT:
		ours(dp_srtp_protect);
		jobs_in();
		return ours(dp_srtp_unprotect);
	case MICRO_SRTP_LIBSRTP_UNPROTECT:
		ours(dp_srtp_protect);
		return theirs(true);
	default:
		return ours(dp_srtp_protect);
	}
}

double micro_srtp_round(void)
{
	headers();
	return (double)once() / MICRO_SRTP_PACKETS;
}
