/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp.h - protecting RTP: the engine's way, the bare primitive of its library, libsrtp2. */
#ifndef PERF_MICRO_SRTP_H
#define PERF_MICRO_SRTP_H

#ifdef __cplusplus
extern "C" {
#endif

enum micro_srtp_way {
	MICRO_SRTP_OURS, /* dp_srtp_protect, in place */
	MICRO_SRTP_OURS_APART, /* the same, the payload from elsewhere: one for all receivers */
	MICRO_SRTP_BURST, /* libipsec-mb alone, everything prepared: its synchronous bursts; GCM: direct calls */
	MICRO_SRTP_JOBS, /* the same through its job queue, cipher and hash in one job; GCM: direct calls */
	MICRO_SRTP_LIBSRTP, /* srtp_protect of libsrtp2 */
	MICRO_SRTP_UNPROTECT, /* dp_srtp_unprotect */
	MICRO_SRTP_LIBSRTP_UNPROTECT,
};

struct micro_srtp_options {
	enum micro_srtp_way way;
	unsigned int profile; /* enum shm_srtp_profile */
	unsigned int streams; /* each with keys of its own; packets take turns */
	unsigned int len; /* of the RTP packet, 12 bytes of header with it */
	unsigned int burst; /* packets a call */
};

#define MICRO_SRTP_PACKETS 1024u

void micro_srtp_open(const struct micro_srtp_options *o);
/* MICRO_SRTP_PACKETS packets; cycles a packet. */
double micro_srtp_round(void);
void micro_srtp_close(void);

#ifdef __cplusplus
}
#endif

#endif
