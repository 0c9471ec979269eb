/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * negotiate.h - what an offer asks for, in the words of this engine, and the
 * answer to it (RFC 8829 s5.3, RFC 9429; RFC 8843 BUNDLE; RFC 3264).
 *
 * Control is always the answerer: clients offer again when they want more. The text itself is wire/sdp.h's.
 *
 * Runs on:   the control loop. No state, no I/O.
 */
#ifndef CP_NEGOTIATE_H
#define CP_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/dtls/dtls.h"
#include "engine/base/addr.h"
#include "engine/shm/msg.h"
#include "engine/wire/sdp.h"

#define CP_SECTIONS_MAX   64
#define CP_RIDS_MAX       4
#define CP_CANDIDATES_MAX 16
#define CP_MSID_MAX       72 /* RFC 8830: ids have up to 64 characters */
#define CP_SDP_MAX        131072

enum cp_section_kind {
	CP_SECTION_OTHER,
	CP_SECTION_AUDIO,
	CP_SECTION_VIDEO,
	CP_SECTION_DATA
};

/* Directions as bits: what the side that is meant does. */
#define CP_DIR_SEND 1u
#define CP_DIR_RECV 2u

enum cp_setup {
	CP_SETUP_ACTPASS,
	CP_SETUP_ACTIVE,
	CP_SETUP_PASSIVE
};

/* A media section of an offer. */
struct cp_offer_section {
	char mid[SHM_MID_MAX];
	uint8_t kind; /* enum cp_section_kind */
	uint8_t dir; /* CP_DIR_*: what the *offerer* does */
	bool rejected; /* port 0 without bundle-only */
	bool rtcp_mux, rtcp_rsize;
	bool bundled; /* in the BUNDLE group that we accept */
	bool usable; /* may be accepted: not rejected, and we know its kind, protocol and one of its codecs */
	/* codecs that we take too, in our order of preference; pt[0] is what a sender shall use */
	uint32_t pt_n;
	struct shm_pt pt[SHM_PTS_MAX];
	bool nack[SHM_PTS_MAX], pli[SHM_PTS_MAX], remb[SHM_PTS_MAX], twcc[SHM_PTS_MAX]; /* a=rtcp-fb of each */
	uint8_t ext[SHM_EXT_N]; /* ids; 0: not offered, or not answered by us */
	uint32_t rid_n;
	char rid[CP_RIDS_MAX][SHM_MID_MAX]; /* a=rid … send, in the order of a=simulcast when there is one */
	bool simulcast;
	uint32_t ssrc_n;
	uint32_t ssrc[SHM_SSRCS_MAX], rtx_ssrc[SHM_SSRCS_MAX];
	char stream_id[CP_MSID_MAX], track_id[CP_MSID_MAX]; /* a=msid; empty when none */
	char proto[32]; /* as offered: given back */
	/* data */
	uint32_t sctp_port, max_message_size; /* 65536 when it does not say (RFC 8841) */
};

struct cp_offer {
	char ufrag[260], pwd[260]; /* theirs */
	uint32_t ice_lite; /* line that says so; 0: a full agent */
	bool trickle;
	unsigned int
		candidate_n; /* theirs, of the transport that counts; what is beyond CP_CANDIDATES_MAX is not read */
	struct wire_candidate candidate[CP_CANDIDATES_MAX];
	bool all_candidates; /* a=end-of-candidates */
	uint8_t setup; /* enum cp_setup */
	unsigned int fingerprint_n;
	struct cp_fingerprint fingerprint[CP_FINGERPRINTS_MAX];
	bool extmap_allow_mixed;
	unsigned int section_n;
	struct cp_offer_section section[CP_SECTIONS_MAX];
	/* internal to control/sdp: what the answer needs to repeat */
	struct cp_offer_raw *raw;
};

/*
 * Read an offer. -EINVAL with err in the user's words: no ufrag, password or fingerprint, no
 * BUNDLE of all accepted sections, no rtcp-mux, too many sections, broken syntax (with its line number) …
 * Free with cp_offer_free(), also after an error.
 */
int cp_offer_read(const char *sdp, size_t len, struct cp_offer *ret_offer, struct en_err *err);
void cp_offer_free(struct cp_offer *o);

/* What we do in a section. */
struct cp_answer_section {
	/* false: port 0, and so are sections that are not usable. The first section of the bundle is made
	 * inactive instead when others are accepted: browsers insist */
	bool accept;
	uint8_t codec; /* enum shm_codec to agree on (what the publisher sends); 0: that of pt[0] */
	uint8_t dir; /* CP_DIR_*: what *we* do; anded with what the offer allows */
	/* when we send: */
	char stream_id[CP_MSID_MAX], track_id[CP_MSID_MAX], cname[CP_MSID_MAX];
	uint32_t ssrc, rtx_ssrc; /* rtx_ssrc 0: none */
};

struct cp_answer {
	uint64_t session_id, version; /* o= line: stable id, version that rises */
	const char *ufrag, *pwd; /* ours */
	const char *fingerprint; /* "sha-256 AA:…" */
	bool ice_full; /* else a=ice-lite */
	bool active; /* a=setup:active, else passive */
	unsigned int candidate_n;
	struct en_ep candidate[CP_CANDIDATES_MAX]; /* host candidates, UDP */
	struct cp_answer_section section[CP_SECTIONS_MAX]; /* as many as the offer has */
};

/* The payload type that an answer with this codec (0: our choice) agrees on; NULL when the section lacks it. */
const struct shm_pt *cp_section_pt(const struct cp_offer_section *s, uint8_t codec);

/*
 * Write the answer: ice-lite or not, BUNDLE of what is accepted, rtcp-mux, rtcp-rsize, the codecs of offer.section[].pt
 * with their rtx and feedback, known extensions with the offer's ids, end-of-candidates. Of several codecs only one is
 * agreed on, with its rtx: all members of a room share it. NUL-terminated; returns the length
 * without it, or -ENOSPC.
 */
int cp_answer_write(const struct cp_offer *o, const struct cp_answer *a, char *buf, size_t cap);

#endif
