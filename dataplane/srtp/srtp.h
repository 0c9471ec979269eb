/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srtp.h - SRTP and SRTCP (RFC 3711, 6188, 7714): many packets at a time.
 *
 * Runs on:   the worker of a core; one struct dp_srtp for each core.
 * Invariants
 *   K1  a stream's state (ROC, replay window, SRTCP index) moves only after the tag of a packet was right.
 *   K2  jobs of one call are judged in their order: a duplicate within a burst is a replay.
 *   K3  protecting out of place writes dst only and reads src only.
 *   K4  no secret is compared except in constant time; keys are wiped when they end.
 *   K5  two backends, the same results: libipsec-mb (many jobs in flight), libsrtp2 (portable).
 * No DPDK here.
 */
#ifndef DP_SRTP_H
#define DP_SRTP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/log.h"
#include "engine/shm/msg.h"

#define DP_SRTP_TAG_MAX    16 /* a protected RTP packet is longer by at most this */
#define DP_SRTCP_EXTRA_MAX 20 /* SRTCP: tag and E|index */
#define DP_SRTP_WINDOW     128 /* packets of the replay window */

struct dp_srtp; /* a core's: the backend's working memory */
struct dp_srtp_keys; /* of one direction of one session: derived keys, expanded */

/* Of one SSRC in one direction. Zeroed: new. ssrc is set by whoever makes it. */
struct dp_srtp_stream {
	uint32_t ssrc;
	bool started, rtcp_started;
	uint16_t seq; /* highest that was authenticated (in); last sent (out) */
	uint32_t roc;
	uint32_t rtcp_index; /* highest authenticated (in); last sent (out) */
	uint64_t window[DP_SRTP_WINDOW / 64], rtcp_window[DP_SRTP_WINDOW / 64]; /* bit 0: seq itself */
};

enum dp_srtp_status {
	DP_SRTP_OK,
	DP_SRTP_SHORT, /* shorter than its header, tag and what it says of itself; or the keys are not for this */
	DP_SRTP_REPLAY, /* seen, or older than the window; out: sent already, or older than the window */
	DP_SRTP_AUTH, /* tag wrong; RTCP that is not encrypted */
	DP_SRTP_EXHAUSTED, /* 2^48 packets or (out) 2^31 RTCP packets: new keys are needed */
};

struct dp_srtp_job {
	const struct dp_srtp_keys *keys;
	struct dp_srtp_stream *stream;
	/*
	 * RTP, both ways: header_len counts CSRCs and extension, what is authenticated but not encrypted; the header
	 * has to say the same of itself. RTCP: unused.
	 */
	const uint8_t *src; /* the payload behind the header; in place: dst + header_len */
	uint8_t *dst; /* the packet; its header stands there. RTCP and unprotect: the packet, in place */
	uint32_t header_len;
	uint32_t len; /* in: of header and payload (protect), of the whole packet (unprotect); out: of the result */
	enum dp_srtp_status status; /* out */
};

/* portable: libsrtp2. */
int dp_srtp_create(bool portable, struct dp_srtp **ret_srtp, struct en_err *err);
void dp_srtp_destroy(struct dp_srtp *s);

/* Room of one struct dp_srtp_keys in bytes (tables hold them in place, 64-byte aligned). */
uint32_t dp_srtp_keys_size(void);
/* Derive and expand (RFC 3711 s4.3, RFC 6188, RFC 7714 s11). False: a profile that is not known. May allocate
 * (libsrtp): not for the packet path. `outbound`: for protecting. Keys that were set before are to be cleared first. */
bool dp_srtp_keys_set(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t profile, const uint8_t *master_key,
		      const uint8_t *master_salt, bool outbound);
void dp_srtp_keys_clear(struct dp_srtp *s, struct dp_srtp_keys *k);
/* A stream of this SSRC under these keys is over: whatever the backend keeps of it goes. */
void dp_srtp_forget(struct dp_srtp *s, struct dp_srtp_keys *k, uint32_t ssrc);
/* Bytes that protecting adds to an RTP, an RTCP packet (without MKI). */
uint32_t dp_srtp_overhead(const struct dp_srtp_keys *k);
uint32_t dp_srtcp_overhead(const struct dp_srtp_keys *k);

/*
 * Any number of jobs, of any streams and keys; the more in a call, the better (32 and more fill the lanes). Results are
 * in job[].status. Buffers hold the overhead too. Of a packet that is refused len is as it was; its text and tag may
 * be garbage when the tag was wrong.
 *
 * No index is sent twice: what is sent again is sent as it was kept protected, or as a new packet (RTX). The first
 * RTCP index is 1. In a stream of which nothing is known yet a packet of ROC 1 is found too.
 */
void dp_srtp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);
void dp_srtp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);
void dp_srtcp_protect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);
void dp_srtcp_unprotect(struct dp_srtp *s, struct dp_srtp_job *job, unsigned int n);

#endif
