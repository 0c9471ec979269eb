/* SPDX-License-Identifier: BSD-3-Clause */
/* kit.h - what the SRTP tests share: both backends, keys, jobs of one packet, hexadecimal text. */
#ifndef TESTS_UNIT_SRTP_KIT_H
#define TESTS_UNIT_SRTP_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/srtp/srtp.h"
#include "engine/base/bytes.h"

#define KIT_PACKET 2048

static const uint32_t kit_profiles[] = {SHM_SRTP_CM_SHA1_80, SHM_SRTP_CM_SHA1_32, SHM_SRTP_GCM_128, SHM_SRTP_GCM_256};
#define KIT_PROFILES 4

/* One backend: [0] libipsec-mb, [1] libsrtp2; keys of each profile both ways. */
struct kit {
	struct dp_srtp *srtp;
	struct dp_srtp_keys *tx[KIT_PROFILES], *rx[KIT_PROFILES];
};

struct kit_packet {
	uint8_t bytes[KIT_PACKET];
	uint32_t len;
};

static inline uint32_t kit_hex(const char *text, uint8_t *out)
{
	uint32_t n = (uint32_t)strlen(text) / 2;

	for (uint32_t i = 0; i < n; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

static inline struct dp_srtp_keys *kit_keys(struct dp_srtp *s, uint32_t profile, const uint8_t *key,
					    const uint8_t *salt, bool outbound)
{
	struct dp_srtp_keys *k = aligned_alloc(64, dp_srtp_keys_size());

	assert_non_null(k);
	assert_true(dp_srtp_keys_set(s, k, profile, key, salt, outbound));
	return k;
}

static inline struct dp_srtp *kit_srtp(bool portable)
{
	struct en_err err;
	struct dp_srtp *s = NULL;

	assert_int_equal(dp_srtp_create(portable, &s, &err), 0);
	return s;
}

/* What one end sends the other receives: same keys both ways. */
static inline void kit_start(struct kit *kit, bool portable)
{
	uint8_t key[SHM_SRTP_KEY], salt[SHM_SRTP_SALT];

	kit->srtp = kit_srtp(portable);
	for (unsigned int p = 0; p < KIT_PROFILES; p++) {
		memset(key, (int)(0x10 + p), sizeof(key));
		memset(salt, (int)(0xa0 + p), sizeof(salt));
		kit->tx[p] = kit_keys(kit->srtp, kit_profiles[p], key, salt, true);
		kit->rx[p] = kit_keys(kit->srtp, kit_profiles[p], key, salt, false);
	}
}

static inline void kit_stop(struct kit *kit)
{
	for (unsigned int p = 0; p < KIT_PROFILES; p++) {
		dp_srtp_keys_clear(kit->srtp, kit->tx[p]);
		dp_srtp_keys_clear(kit->srtp, kit->rx[p]);
		free(kit->tx[p]);
		free(kit->rx[p]);
	}
	dp_srtp_destroy(kit->srtp);
}

/* An RTP packet without CSRCs and extension. */
static inline void kit_rtp(struct kit_packet *p, uint32_t ssrc, uint16_t seq, uint32_t payload)
{
	memset(p->bytes, (int)seq, sizeof(p->bytes));
	p->bytes[0] = 0x80;
	p->bytes[1] = 96;
	en_store16(p->bytes + 2, seq);
	en_store32(p->bytes + 4, seq * 960u);
	en_store32(p->bytes + 8, ssrc);
	p->len = 12 + payload;
}

/* What a receiver of this packet has to know of its header. */
static inline uint32_t kit_header_len(const uint8_t *rtp)
{
	uint32_t len = 12 + 4u * (rtp[0] & 15);

	return rtp[0] & 0x10 ? len + 4 + 4u * en_load16(rtp + len + 2) : len;
}

static inline struct dp_srtp_job kit_job(const struct dp_srtp_keys *k, struct dp_srtp_stream *st, struct kit_packet *p)
{
	uint32_t header = kit_header_len(p->bytes);

	return (struct dp_srtp_job){.keys = k,
				    .stream = st,
				    .src = header < KIT_PACKET ? p->bytes + header
							       : NULL, /* forged ones say anything */
				    .dst = p->bytes,
				    .header_len = header,
				    .len = p->len};
}

typedef void (*kit_call_fn)(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);

/* One packet by itself. */
static inline enum dp_srtp_status kit_one(kit_call_fn call, struct dp_srtp *s, const struct dp_srtp_keys *k,
					  struct dp_srtp_stream *st, struct kit_packet *p)
{
	struct dp_srtp_job j = kit_job(k, st, p);

	call(s, &j, 1);
	p->len = j.len;
	return j.status;
}

#endif
