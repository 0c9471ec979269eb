/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * raw.h - what an answer must repeat of an offer, beside what the rest of the
 * process wants to know of it (negotiate.h); and what the files of this folder share.
 */
#ifndef CP_SDP_RAW_H
#define CP_SDP_RAW_H

#include "control/sdp/negotiate.h"
#include "engine/wire/sdp.h"

#define CP_FMTP_MAX 128

/* The data section of drafts before RFC 8841, which aiortc still writes: "m=application 9 DTLS/SCTP 5000". */
#define CP_PROTO_OLD_SCTP "DTLS/SCTP"

/* a=rtcp-fb of a payload type */
#define CP_FB_NACK 1u
#define CP_FB_PLI  2u
#define CP_FB_FIR  4u
#define CP_FB_REMB 8u
#define CP_FB_TWCC 16u

struct cp_raw_section {
	char media[16], format[32]; /* of the m= line: kind, and the first format for a refusal */
	uint8_t fb[SHM_PTS_MAX]; /* CP_FB_* of each of pt[] */
	char fmtp[SHM_PTS_MAX][CP_FMTP_MAX]; /* our a=fmtp of each; empty: none */
};

struct cp_offer_raw {
	unsigned int bundle_n;
	uint8_t bundle[CP_SECTIONS_MAX]; /* sections in the order of the BUNDLE group */
	struct cp_raw_section section[CP_SECTIONS_MAX];
};

/* Header extensions by enum shm_ext. */
const char *cp_ext_uri(enum shm_ext ext);

/* A section of the offer; `dir` is what the session level says (CP_DIR_*). 0, or -EINVAL with err. */
int cp_section_read(const struct wire_sdp_media *m, uint8_t dir, struct cp_offer_section *ret_section,
		    struct cp_raw_section *ret_raw, struct en_err *err);

/* "line N: a=NAME cannot be read: \"VALUE\"" */
int cp_sdp_bad(struct en_err *err, const struct wire_sdp_attr *a, const char *why);
/* a=sendrecv … as CP_DIR_*; false when the name is no direction. */
bool cp_dir_parse(struct wire_text name, uint8_t *ret_dir);
const char *cp_dir_name(uint8_t dir);

#endif
