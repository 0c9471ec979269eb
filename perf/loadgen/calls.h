/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * calls.h - calls of a SIP proxy through a media gateway: set up by the ng protocol, with both phones of each here.
 *
 *   load_calls ── the proxy's end (ng.h), all calls
 *     └─ load_leg ── a phone: two of each call, side A offers and side B answers
 *
 * Leg l is of call l / 2 and side l % 2; what leg l says, leg l ^ 1 hears. Side A is the one with keys (SRTP by SDES)
 * or with opus, side B always a plain phone with PCMU. Everything else lies by arithmetic: addresses, ports.
 *
 * Runs on:   the generator's thread.
 */
#ifndef LOAD_CALLS_H
#define LOAD_CALLS_H

#include "dataplane/srtp/srtp.h"
#include "perf/loadgen/bed.h"
#include "perf/loadgen/ng.h"
#include "perf/loadgen/sound.h"

#define LOAD_PT_PCMU   0
#define LOAD_PT_OPUS   96
#define LOAD_LEG_PORTS 25000 /* of one address: even ones from LOAD_CLIENT_PORT on */

struct load_leg {
	struct en_ep local, server; /* server: where this leg sends, and what it hears comes from */
	uint8_t pt; /* of what it says and hears */
	bool heard;
	uint16_t seq, last; /* of the next packet out; highest that came in */
	uint32_t ts, ssrc, heard_ssrc;
	struct dp_srtp_keys *tx, *rx; /* NULL: in the clear */
	struct dp_srtp_stream tx_stream, rx_stream;
};

struct load_calls {
	const struct load_options *o;
	struct load_ng ng;
	bool resolved;
	char name[32]; /* of the calls, in front of their numbers: another one each time */
	uint32_t generation; /* another one each time that all are set up anew */
	struct load_leg *leg;
	uint32_t cap, up; /* calls: room for, set up */
	uint32_t heard; /* legs that something came to */
	uint64_t said, taken; /* packets since a trial was last prepared; taken: where they belong */
	uint64_t setup_ns; /* of all together, the last time */
	struct load_hist setup; /* offer to the answer's answer */
	struct load_sound sound;

	struct dp_srtp *srtp; /* NULL: nobody has keys */
	uint8_t *keys; /* two of each call */
	/* built and not sealed yet */
	struct rte_mbuf *out[LOAD_BURST_MAX];
	struct dp_srtp_job job[LOAD_BURST_MAX];
	struct load_leg *from[LOAD_BURST_MAX];
	unsigned int out_n;
};

/* --- calls.c */
/* Room for `cap` calls; the socket, not yet any call. */
int load_calls_create(struct load_bed *b, uint32_t cap, struct en_err *err);
void load_calls_close(struct load_bed *b);
/* `n` calls and no more, whatever there was before: set up from the first. */
int load_calls_set_up(struct load_bed *b, uint32_t n, struct en_err *err);
/* All are ended; what cannot be said is not waited for. */
void load_calls_end(struct load_calls *cs);
struct load_leg *load_calls_at(const struct load_calls *cs, const struct en_ep *local);
void load_calls_report(const struct load_bed *b, json_t *result);

/* --- calls_sdp.c: descriptions */
/* That of a leg: NUL-terminated, 0 when it does not fit. crypto: the line of its key, or NULL. */
size_t load_call_sdp_write(const struct load_leg *leg, const char *crypto, char *buf, size_t cap);
struct load_call_sdp {
	struct en_ep server;
	uint8_t pt;
	char crypto[128]; /* value of the first a=crypto that is of `profile`; "": none */
};
/* NULL, or what is wrong with it: continues "the gateway's description …". */
const char *load_call_sdp_read(const char *sdp, bool opus, uint16_t profile, struct load_call_sdp *ret_sdp);

/* --- calls_voice.c: opus on one side, PCMU on the other */
int load_voice(const struct load_options *o, json_t *result, struct en_err *err);
/* --- codecs.c: no server */
int load_codecs(const struct load_options *o, json_t *result, struct en_err *err);

#endif
