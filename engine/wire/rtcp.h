/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp.h - RTCP: the packets of a compound, what stands in them, and how they are written.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|  count  |      type     |  length in words, less one    |
 * |  body: `len` bytes, without padding (often: sender SSRC, …)   |
 *
 * Reading: wire_rtcp_check() once, then wire_rtcp_next() from packet to packet, then the reader
 * of the packet's type, which checks that the body holds what it reads (a packet may be its four bytes only).
 * Writing: wire_rtcp_put_*() append to a sticky writer; w->ok at the end says whether all did fit.
 *
 * Specs:  RFC 3550 s6; RFC 3611 (XR); RFC 4585 (feedback); RFC 5104 s4.3.1 (FIR);
 *         RFC 5506 (a compound may begin with any packet); draft-alvestrand-rmcat-remb-03.
 *         Transport-wide feedback has a file of its own: rtcp_twcc.h.
 */
#ifndef WIRE_RTCP_H
#define WIRE_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

#define WIRE_RTCP_HDR_LEN    4
#define WIRE_RTCP_REPORT_LEN 24
#define WIRE_RTCP_COUNT_MAX  31 /* of report blocks, SDES chunks, BYE sources in one packet */
#define WIRE_RTCP_CNAME_MAX  255

enum wire_rtcp_type {
	WIRE_RTCP_SR = 200,
	WIRE_RTCP_RR,
	WIRE_RTCP_SDES,
	WIRE_RTCP_BYE,
	WIRE_RTCP_APP,
	WIRE_RTCP_RTPFB, /* count: WIRE_RTPFB_* */
	WIRE_RTCP_PSFB, /* count: WIRE_PSFB_* */
	WIRE_RTCP_XR,
};

enum {
	WIRE_RTPFB_NACK = 1,
	WIRE_RTPFB_TWCC = 15,
	WIRE_PSFB_PLI = 1,
	WIRE_PSFB_FIR = 4,
	WIRE_PSFB_AFB = 15, /* REMB is one */
	WIRE_SDES_CNAME = 1,
	WIRE_XR_RRTR = 4,
	WIRE_XR_DLRR = 5,
};

/* --- reading ------------------------------------------------------------ */

struct wire_rtcp {
	uint8_t type, count;
	const uint8_t *body;
	uint32_t len;
};

struct wire_rtcp_walk {
	const uint8_t *p, *end;
};

/* RFC 3550 A.2: packets of version 2 whose lengths add up to the compound, padding in the last only. */
bool wire_rtcp_check(const void *data, size_t len);
struct wire_rtcp_walk wire_rtcp_walk(const void *data, size_t len);
/* The next packet; false: there is none, or what is left is none. */
bool wire_rtcp_next(struct wire_rtcp_walk *w, struct wire_rtcp *ret_pkt);

struct wire_sr {
	uint32_t ssrc;
	uint64_t ntp; /* seconds since 1900 << 32 | fraction */
	uint32_t rtp, packets, octets;
};

struct wire_report {
	uint32_t ssrc; /* about whom */
	uint8_t fraction; /* lost since the report before, of 256 */
	int32_t lost; /* cumulative, 24 bits with sign */
	uint32_t ext_seq, jitter;
	uint32_t lsr, dlsr; /* middle of the NTP time of the last SR; since then, in 1/65536 s */
};

bool wire_rtcp_sr(const struct wire_rtcp *pkt, struct wire_sr *ret_sr);
/* Report block i of an SR or RR; false: there is none. */
bool wire_rtcp_report(const struct wire_rtcp *pkt, unsigned int i, struct wire_report *ret_report);
/* The SSRC that a body begins with: SR, RR, feedback, XR. */
bool wire_rtcp_sender(const struct wire_rtcp *pkt, uint32_t *ret_ssrc);
/* Source i of a BYE. */
bool wire_rtcp_bye(const struct wire_rtcp *pkt, unsigned int i, uint32_t *ret_ssrc);
/* The CNAME that an SDES gives to an SSRC; false: none. Not NUL-terminated. */
bool wire_rtcp_cname(const struct wire_rtcp *pkt, uint32_t ssrc, const uint8_t **ret_cname, uint8_t *ret_len);

/* RTPFB and PSFB: RFC 4585 s6.1 */
struct wire_fb {
	uint32_t sender, media;
	const uint8_t *fci;
	uint32_t fci_len;
};
bool wire_rtcp_fb(const struct wire_rtcp *pkt, struct wire_fb *ret_fb);

/* The sequence numbers of a generic NACK (RFC 4585 s6.2.1), in their order. Zeroed: at the start. */
struct wire_nack_walk {
	uint32_t at;
	uint16_t pid, mask;
};
bool wire_nack_next(const struct wire_fb *fb, struct wire_nack_walk *w, uint16_t *ret_seq);

/* Entry i of a FIR. */
bool wire_fir(const struct wire_fb *fb, unsigned int i, uint32_t *ret_ssrc, uint8_t *ret_seq);

struct wire_remb {
	uint64_t bps;
	unsigned int ssrc_n;
	const uint8_t *ssrc; /* ssrc_n * 4 bytes: wire_remb_ssrc() */
};
bool wire_remb(const struct wire_fb *fb, struct wire_remb *ret_remb);
static inline uint32_t wire_remb_ssrc(const struct wire_remb *r, unsigned int i)
{
	return en_load32(r->ssrc + (size_t)i * 4);
}

/* Blocks of an XR (RFC 3611 s3). Zeroed: at the start. */
struct wire_xr {
	uint8_t type;
	const uint8_t *body;
	uint32_t len;
};
struct wire_xr_walk {
	uint32_t at;
};
bool wire_xr_next(const struct wire_rtcp *pkt, struct wire_xr_walk *w, struct wire_xr *ret_xr);
bool wire_xr_rrtr(const struct wire_xr *xr, uint64_t *ret_ntp);

struct wire_dlrr {
	uint32_t ssrc, lrr, dlrr;
};
bool wire_xr_dlrr(const struct wire_xr *xr, unsigned int i, struct wire_dlrr *ret_dlrr);

/* --- writing ------------------------------------------------------------ */

/* At most WIRE_RTCP_COUNT_MAX blocks, SSRCs; a CNAME of at most WIRE_RTCP_CNAME_MAX bytes; else w->ok is false. */
void wire_rtcp_put_sr(struct en_writer *w, const struct wire_sr *sr, const struct wire_report *report, unsigned int n);
void wire_rtcp_put_rr(struct en_writer *w, uint32_t ssrc, const struct wire_report *report, unsigned int n);
/* One CNAME for n SSRCs. */
void wire_rtcp_put_cname(struct en_writer *w, const uint32_t *ssrc, unsigned int n, const char *cname);
void wire_rtcp_put_bye(struct en_writer *w, const uint32_t *ssrc, unsigned int n);
void wire_rtcp_put_pli(struct en_writer *w, uint32_t sender, uint32_t media);
/* RFC 5104 s4.3.1: the media SSRC of a FIR is 0; `seq` grows by one with every new request. */
void wire_rtcp_put_fir(struct en_writer *w, uint32_t sender, uint32_t ssrc, uint8_t seq);
/* In ascending order on the circle of sequence numbers; 17 in a row take four bytes. */
void wire_rtcp_put_nack(struct en_writer *w, uint32_t sender, uint32_t media, const uint16_t *seq, unsigned int n);
/* The rate is rounded down to what 18 bits of mantissa hold. At most 255 SSRCs. */
void wire_rtcp_put_remb(struct en_writer *w, uint32_t sender, uint64_t bps, const uint32_t *ssrc, unsigned int n);
void wire_rtcp_put_rrtr(struct en_writer *w, uint32_t sender, uint64_t ntp);
void wire_rtcp_put_dlrr(struct en_writer *w, uint32_t sender, const struct wire_dlrr *dlrr, unsigned int n);

/* For the writers of other packets: the head with its length still open, and the length. */
uint8_t *wire_rtcp_begin(struct en_writer *w, unsigned int count, enum wire_rtcp_type type);
void wire_rtcp_end(struct en_writer *w, uint8_t *head);

/* Nanoseconds since 1970 as NTP time. */
static inline uint64_t wire_ntp(uint64_t unix_ns)
{
	uint64_t s = unix_ns / UINT64_C(1000000000), ns = unix_ns % UINT64_C(1000000000);

	return (s + UINT64_C(2208988800)) << 32 | (ns << 32) / UINT64_C(1000000000);
}

/* The middle 32 bits: what LSR, LRR, DLSR and DLRR are made of, units of 1/65536 s. */
static inline uint32_t wire_ntp_mid(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

#endif
