/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h - RTCP of a stream that ends here: one far end, what it sends us and what we send it.
 *
 *   far end ── RTP, SR ──► heard(), read()        said() ◄── RTP that we made for it
 *           ◄── SR or RR, SDES ── write(), when due
 *
 * Runs on:   the control loop; no allocation, no clock of its own. now_ns: of any steady clock.
 * Specs:     RFC 3550 s6.2 (when), s6.4 (reports), s6.5.1 (CNAME); RFC 7022; RFC 4585 s6.3.1, RFC 5104 s4.3.1.
 */
#ifndef CP_REPORT_H
#define CP_REPORT_H

#include "engine/wire/rtp.h"
#include "engine/wire/rtp_source.h"

#define CP_REPORT_MAX     128 /* bytes of a report of ours */
#define CP_REPORT_NACKS   64
#define CP_REPORT_ASK_MAX (8 + 12 + 12 + 4 * CP_REPORT_NACKS)

struct cp_report {
	/* what comes */
	struct wire_rtp_source source;
	uint32_t heard_ssrc, heard_clock;
	/* what goes */
	uint32_t ssrc, clock; /* ours */
	uint32_t packets, octets, last_ts;
	uint64_t last_ns; /* when last_ts was sent; 0: nothing was */
	uint64_t due_ns;
	char cname[11];
	/* what it says of what goes */
	uint8_t fraction; /* lost, of 256, in its last interval */
	int32_t lost;
	uint32_t jitter; /* of our clock */
	uint32_t rtt_us; /* 0: not known */
};

/* heard_clock, clock: Hz of the RTP timestamps; ssrc: ours. */
void cp_report_begin(struct cp_report *r, uint32_t heard_clock, uint32_t ssrc, uint32_t clock, uint64_t now_ns);
void cp_report_heard(struct cp_report *r, const struct wire_rtp *h, uint64_t now_ns);
void cp_report_said(struct cp_report *r, const struct wire_rtp *h, uint64_t now_ns);
/* What a far end asks of us. */
struct cp_report_asks {
	bool key; /* PLI, FIR */
	uint64_t bps; /* REMB: at most so many bits a second; 0: it does not say */
	uint32_t nack_n;
	uint16_t nack[CP_REPORT_NACKS]; /* sequence numbers that it misses */
};

/* RTCP of the far end; broken or of others, it changes nothing. False: it asks for nothing. */
bool cp_report_read(struct cp_report *r, const uint8_t *bytes, uint32_t len, uint64_t now_ns, uint64_t wall_ns,
		    struct cp_report_asks *ret_asks);
/* What we ask of it: a key frame, and packets that are missing, of what it sends under that SSRC. Length of the
 * compound, 0: nothing. */
uint32_t cp_report_ask(const struct cp_report *r, uint32_t ssrc, bool key, const uint16_t *nack, uint32_t nack_n,
		       uint8_t ret_bytes[CP_REPORT_ASK_MAX]);
/* A compound when one is due (about every 5 s) and there is something to tell; its length, or 0. */
uint32_t cp_report_write(struct cp_report *r, uint64_t now_ns, uint64_t wall_ns, uint8_t ret_bytes[CP_REPORT_MAX]);

#endif
