/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fanout_bare.c - as many packets as the walk makes, of the same size, under keys of as many receivers: the library's
 * primitive alone, and dp_srtp_protect().
 *
 * Both write into the same buffers, which lie as those of the walk do, from payloads in one buffer of each room.
 */
#include <stdlib.h>
#include <string.h>

#include <intel-ipsec-mb.h>
#include <rte_cycles.h>

#include "engine/base/bytes.h"
#include "engine/wire/rtp_ext.h"
#include "perf/micro/fanout_bed.h"

#define STRIDE 2432 /* of the media pool's buffers: 38 lines */
#define HEADER 24 /* what forward writes here: 12 bytes, extension head, 8 bytes of elements */
#define CALL   64

struct bare { /* of one receiver: the library's own view */
	uint8_t aes[15 * 16] __attribute__((aligned(16)));
	uint8_t unused[15 * 16] __attribute__((aligned(16)));
	uint8_t ipad[20], opad[20];
	struct gcm_key_data gcm __attribute__((aligned(64))); /* the library's header forgets to say so */
};

static struct micro_fanout_options opt;
static IMB_MGR *mgr;
static struct gcm_context_data ctx;
static struct bare *bare;
static struct dp_srtp *srtp;
static uint8_t *keys, *out, *payload;
static struct dp_srtp_stream *stream;
static uint16_t *seq;
static struct dp_srtp_job *job;
static IMB_JOB *lib;
static uint8_t iv[16], tag[CALL][20];
static unsigned int receivers;

static void *room_for(size_t n, size_t size)
{
	void *p = aligned_alloc(64, (n * size + 63) & ~(size_t)63);

	if (!p)
		micro_die("out of memory");
	memset(p, 0, n * size);
	return p;
}

static struct dp_srtp_keys *keys_at(unsigned int i)
{
	return (struct dp_srtp_keys *)(void *)(keys + (size_t)i * dp_srtp_keys_size());
}

static void make_receiver(unsigned int i)
{
	struct shm_msg_keys k;

	fanout_material(&opt, i, &k);
	IMB_AES_KEYEXP_128(mgr, k.tx_key, bare[i].aes, bare[i].unused);
	IMB_AES128_GCM_PRE(mgr, k.tx_key, &bare[i].gcm);
	if (!dp_srtp_keys_set(srtp, keys_at(i), opt.profile, k.tx_key, k.tx_salt, true))
		micro_die("SRTP profile %u", opt.profile);
	stream[i].ssrc = 0x5000 + i;
}

void fanout_bare_open(const struct micro_fanout_options *o)
{
	unsigned int most = o->burst * o->receivers;
	struct en_err err;

	opt = *o;
	receivers = o->rooms * o->receivers;
	mgr = alloc_mb_mgr(0);
	if (!mgr || dp_srtp_create(false, &srtp, &err) != 0)
		micro_die("out of memory");
	init_mb_mgr_auto(mgr, NULL);
	bare = room_for(receivers, sizeof(*bare));
	keys = room_for(receivers, dp_srtp_keys_size());
	stream = room_for(receivers, sizeof(*stream));
	seq = room_for(receivers, sizeof(*seq));
	out = room_for(most, STRIDE);
	payload = room_for(o->burst, STRIDE);
	job = room_for(most, sizeof(*job));
	lib = room_for(CALL, sizeof(*lib));
	for (unsigned int i = 0; i < receivers; i++)
		make_receiver(i);
}

void fanout_bare_close(void)
{
	for (unsigned int i = 0; i < receivers; i++)
		dp_srtp_keys_clear(srtp, keys_at(i));
	dp_srtp_destroy(srtp);
	free_mb_mgr(mgr);
	free(bare);
	free(keys);
	free(stream);
	free(seq);
	free(out);
	free(payload);
	free(job);
	free(lib);
}

/* Copy i of a step is for receiver i % receivers of packet i / receivers, and that one's room. */
static unsigned int receiver_of(unsigned int i)
{
	unsigned int packet = i / opt.receivers;

	return packet % opt.rooms * opt.receivers + i % opt.receivers;
}

static uint8_t *packet(unsigned int i)
{
	return out + (size_t)i * STRIDE;
}

static const uint8_t *text(unsigned int i)
{
	return payload + (size_t)(i / opt.receivers) * STRIDE;
}

static void headers(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct dp_srtp_job *j = &job[i];
		unsigned int r = receiver_of(i);
		uint8_t *p = packet(i);

		p[0] = 0x90;
		p[1] = FANOUT_PT_OUT;
		en_store16(p + 2, seq[r]++);
		en_store32(p + 8, stream[r].ssrc);
		en_store16(p + 12, WIRE_EXT_ONE_BYTE);
		en_store16(p + 14, (HEADER - 16) / 4);
		*j = (struct dp_srtp_job){.keys = keys_at(r),
					  .stream = &stream[r],
					  .src = text(i),
					  .dst = p,
					  .header_len = HEADER,
					  .len = HEADER + opt.payload};
	}
}

static uint64_t gcm(unsigned int n)
{
	uint64_t t0 = rte_rdtsc_precise();

	for (unsigned int i = 0; i < n; i++) {
		const struct dp_srtp_job *j = &job[i]; /* where it lies; no division while the clock runs */
		const struct bare *k = &bare[j->stream - stream];

		IMB_AES128_GCM_ENC(mgr, &k->gcm, &ctx, j->dst + HEADER, j->src, opt.payload, iv, j->dst, HEADER,
				   j->dst + HEADER + opt.payload, 16);
	}
	return rte_rdtsc_precise() - t0;
}

static void describe(IMB_JOB *j, const struct dp_srtp_job *what, unsigned int slot)
{
	const struct bare *k = &bare[what->stream - stream];

	*j = (IMB_JOB){
		.enc_keys = k->aes,
		.key_len_in_bytes = 16,
		.src = what->src,
		.dst = what->dst + HEADER,
		.msg_len_to_cipher_in_bytes = opt.payload,
		.iv = iv,
		.iv_len_in_bytes = 16,
		.cipher_mode = IMB_CIPHER_CNTR,
		.cipher_direction = IMB_DIR_ENCRYPT,
		.auth_tag_output = tag[slot],
		.auth_tag_output_len_in_bytes = 20,
		.u.HMAC = {._hashed_auth_key_xor_ipad = k->ipad, ._hashed_auth_key_xor_opad = k->opad},
	};
}

static uint64_t cm(unsigned int n)
{
	uint64_t cycles = 0;

	for (unsigned int i = 0; i < n; i += CALL) {
		unsigned int k = RTE_MIN(n - i, (unsigned int)CALL);
		uint64_t t0;

		for (unsigned int c = 0; c < k; c++)
			describe(&lib[c], &job[i + c], c);
		t0 = rte_rdtsc_precise();
		IMB_SUBMIT_CIPHER_BURST_NOCHECK(mgr, lib, k, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
		cycles += rte_rdtsc_precise() - t0;
		for (unsigned int c = 0; c < k; c++) {
			lib[c].src = job[i + c].dst;
			lib[c].hash_start_src_offset_in_bytes = 0;
			lib[c].msg_len_to_hash_in_bytes = HEADER + opt.payload + 4;
			lib[c].hash_alg = IMB_AUTH_HMAC_SHA_1;
		}
		t0 = rte_rdtsc_precise();
		IMB_SUBMIT_HASH_BURST_NOCHECK(mgr, lib, k, IMB_AUTH_HMAC_SHA_1);
		cycles += rte_rdtsc_precise() - t0;
	}
	return cycles;
}

uint64_t fanout_bare(unsigned int n)
{
	headers(n);
	return opt.profile == SHM_SRTP_GCM_128 ? gcm(n) : cm(n);
}

uint64_t fanout_protect(unsigned int n)
{
	uint64_t t0;

	headers(n);
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < n; i += CALL)
		dp_srtp_protect(srtp, job + i, RTE_MIN(n - i, (unsigned int)CALL));
	t0 = rte_rdtsc_precise() - t0;
	for (unsigned int i = 0; i < n; i++)
		if (job[i].status != DP_SRTP_OK)
			micro_die("SRTP job %u: status %d", i, (int)job[i].status);
	return t0;
}
