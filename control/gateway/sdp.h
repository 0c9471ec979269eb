/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp.h - descriptions as a gateway sees them: read what one side says, write what the other side shall see.
 *
 * An offer or answer is read into a struct cp_gw_sdp. To pass it on, the caller says per section how our own end shall
 * look there (struct cp_gw_face) and the text is written anew: lines that the transport consists of are ours, codec
 * lines are those of the face's codecs, and every other line is passed on byte by byte, in its place.
 *
 *   text of A -> cp_gw_sdp_read() -> struct cp_gw_sdp --+
 *                                                       +-> cp_gw_sdp_write() -> text for B
 *   what B shall see of us: struct cp_gw_face, one a section
 *
 * Runs on:   anyone; no state, no I/O.
 * Ownership: nothing is copied: every wire_text points into the text that was read, which must outlive the struct. The
 *            struct is some 150 KB: keep texts, not structs.
 * Specs:     RFC 8866, RFC 3264; RFC 3605 (a=rtcp), RFC 5761 (rtcp-mux), RFC 8839 (ICE), RFC 8842 (DTLS),
 *            RFC 4568 (a=crypto), RFC 9143 (BUNDLE); the rules of an rtpengine: reference/media.md s1.2.
 */
#ifndef CP_GW_SDP_H
#define CP_GW_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/dtls/dtls.h"
#include "control/gateway/sdes.h"
#include "control/sdp/negotiate.h" /* CP_DIR_* */
#include "engine/base/addr.h"
#include "engine/base/log.h"
#include "engine/wire/sdp.h"

#define CP_GW_SECTIONS_MAX   32
#define CP_GW_CODECS_MAX     64 /* payload types of a section; Chromium's video has 23 */
#define CP_GW_CANDIDATES_MAX 16 /* the first of them; what follows is not read */
#define CP_GW_CRYPTOS_MAX    8
#define CP_GW_GROUPS_MAX     4

enum cp_gw_proto {
	CP_GW_PROTO_OTHER, /* for a face: as it is */
	CP_GW_PROTO_AVP, /* RTP/AVP */
	CP_GW_PROTO_AVPF,
	CP_GW_PROTO_SAVP, /* RTP/SAVP: keys by a=crypto, with some devices by DTLS */
	CP_GW_PROTO_SAVPF,
	CP_GW_PROTO_DTLS_SAVP, /* UDP/TLS/RTP/SAVP */
	CP_GW_PROTO_DTLS_SAVPF,
	CP_GW_PROTO_SCTP, /* UDP/DTLS/SCTP, and DTLS/SCTP of old */
	CP_GW_PROTO_N
};

/* "RTP/AVP" …; NULL for OTHER. */
const char *cp_gw_proto_name(enum cp_gw_proto p);
/* By name without regard to case; OTHER: not one of these. */
enum cp_gw_proto cp_gw_proto_parse(struct wire_text name);
bool cp_gw_proto_is_rtp(enum cp_gw_proto p);
bool cp_gw_proto_is_secure(enum cp_gw_proto p); /* SAVP or SAVPF, however it gets its keys */
bool cp_gw_proto_is_dtls(enum cp_gw_proto p); /* by its name */
bool cp_gw_proto_has_feedback(enum cp_gw_proto p); /* AVPF, SAVPF (RFC 4585) */

/* A payload type. */
struct cp_gw_codec {
	struct wire_text name; /* empty: neither a=rtpmap nor RFC 3551 knows it */
	struct wire_text fmtp; /* empty: none */
	uint32_t clock;
	uint8_t pt, channels;
	bool added; /* for a face: not of the text; a=rtpmap and a=fmtp are written from the above, */
	bool feedback; /* and where the profile has it: nack, nack pli, ccm fir (RFC 4585, RFC 5104) */
};

/* Whether it only carries another one: rtx (apt=, RFC 4588), red (111/111, RFC 2198; nothing: any). It goes where that
 * one goes. */
bool cp_gw_codec_carries(const struct cp_gw_codec *c, uint8_t *ret_pt);

enum cp_gw_setup {
	CP_GW_SETUP_NONE,
	CP_GW_SETUP_ACTPASS,
	CP_GW_SETUP_ACTIVE,
	CP_GW_SETUP_PASSIVE,
	CP_GW_SETUP_HOLDCONN,
};

struct cp_gw_ice {
	struct wire_text ufrag, pwd; /* empty: no ICE */
	bool lite, trickle, complete; /* complete: a=end-of-candidates */
	unsigned int candidate_n;
	struct wire_candidate candidate[CP_GW_CANDIDATES_MAX];
};

/* A media section; what it does not say it has from the session's part. */
struct cp_gw_section {
	struct wire_text kind, mid; /* mid: empty when none */
	uint8_t proto; /* enum cp_gw_proto */
	uint8_t dir; /* CP_DIR_*: what its sender does; with `hold` it does not receive */
	uint8_t setup; /* enum cp_gw_setup */
	uint16_t port;
	bool rejected; /* port 0 and not bundle-only */
	bool bundle_only, rtcp_mux, rtcp_mux_only, rtcp_rsize;
	bool own_connection; /* has a c= line of its own */
	bool hold; /* the zero address, and no ICE that would bring others: RFC 2543's way to put on hold */
	int bundle; /* index of its BUNDLE group; -1: in none */
	struct en_addr addr; /* of c=; family 0: a name, or none */
	bool has_rtcp; /* a=rtcp is there */
	struct en_ep rtcp; /* as a=rtcp says, or else the port above RTP's; what holds without rtcp-mux */
	unsigned int codec_n; /* in the order of the m= line */
	struct cp_gw_codec codec[CP_GW_CODECS_MAX];
	uint32_t ptime, maxptime; /* ms; 0: not said */
	struct cp_gw_ice ice;
	unsigned int fingerprint_n; /* of hashes that are still trusted */
	struct cp_fingerprint fingerprint[CP_FINGERPRINTS_MAX];
	unsigned int crypto_n; /* those that we can use, in their order */
	struct cp_gw_crypto crypto[CP_GW_CRYPTOS_MAX];
};

struct cp_gw_group {
	unsigned int n;
	uint8_t section[CP_GW_SECTIONS_MAX];
};

struct cp_gw_sdp {
	struct wire_text username, session_id, version; /* o= */
	struct wire_text name; /* s= */
	struct wire_text loop_id; /* a=rtpengine: of the session's part; empty: none */
	struct en_addr addr; /* of the session's c=; family 0: none */
	unsigned int section_n;
	struct cp_gw_section section[CP_GW_SECTIONS_MAX];
	unsigned int group_n;
	struct cp_gw_group group[CP_GW_GROUPS_MAX]; /* a=group:BUNDLE, in its order */
	struct wire_sdp cut; /* the text, for writing */
};

/*
 * Read a description. -EINVAL with "line N: …" in the user's words: broken syntax, too many sections or payload types,
 * an attribute that we use and cannot read. Candidates and crypto lines of kinds that we do not know are passed over.
 */
int cp_gw_sdp_read(const char *text, size_t len, struct cp_gw_sdp *ret_sdp, struct en_err *err);

/* The section whose transport counts for section i: the first of its BUNDLE group that is not rejected (RFC 9143
 * s7.1.3), else itself. Before an answer bundles, it is only an offer. */
unsigned int cp_gw_transport_of(const struct cp_gw_sdp *sdp, unsigned int i);

enum cp_gw_rtcp_attr {
	CP_GW_RTCP_NONE, /* no a=rtcp */
	CP_GW_RTCP_PORT, /* a=rtcp:PORT */
	CP_GW_RTCP_FULL, /* a=rtcp:PORT IN IP4 ADDRESS */
};

#define CP_GW_DIR_AS_IS 4 /* for a face's dir: direction lines are passed on */

/* What the other side shall see of us in a section. Texts must be free of line ends; they are the caller's. */
struct cp_gw_face {
	struct en_ep rtp; /* port 0: the section is rejected and keeps its place */
	uint16_t rtcp_port; /* for a=rtcp; RTP's own when muxed; 0: no a=rtcp */
	uint8_t rtcp_attr; /* enum cp_gw_rtcp_attr */
	bool rtcp_mux; /* write the line */
	uint8_t proto; /* enum cp_gw_proto; feedback lines go where it knows none */
	uint8_t dir; /* CP_DIR_*, or CP_GW_DIR_AS_IS */
	bool bundled; /* in the one a=group:BUNDLE that is written; needs a mid */
	bool sources; /* pass on whose streams and which: ssrc, ssrc-group, msid, rid, simulcast */
	bool no_ssrc; /* but nothing of SSRCs: they may be ours */
	bool extmap; /* pass on header extensions */
	struct wire_text mid; /* empty: no a=mid */
	uint32_t ptime; /* 0: as it is */
	/* the codecs, in the order to be written; 0: as they are */
	unsigned int codec_n;
	const struct cp_gw_codec *codec;
	/* ICE; ufrag NULL: none. Lite stands in the session's part as soon as one face has it */
	const char *ufrag, *pwd;
	bool ice_lite, ice_trickle, ice_complete;
	unsigned int candidate_n;
	const struct wire_candidate *candidate;
	/* DTLS; fingerprint NULL: none */
	const char *fingerprint; /* "sha-256 AA:…" */
	uint8_t setup; /* enum cp_gw_setup */
	/* SDES */
	unsigned int crypto_n;
	const struct cp_gw_crypto *crypto;
	bool crypto_pad;
};

/* What the session's part shall say beside c=, which is always ours. All zero: as it is. */
struct cp_gw_cover {
	struct wire_text username, session_id; /* of o=: what this side saw first; empty: as it is */
	bool replace_version;
	uint64_t version; /* rises when the text changed: write with the last one, compare with the last text, then
			     again */
	struct en_addr origin; /* address in o=; family 0: as it is */
	struct wire_text name; /* s=; empty: as it is */
	bool zero_address; /* replace the zero address of a section on hold, too */
	struct wire_text loop_id; /* a=rtpengine: line that marks the text as processed; empty: none */
};

/* A face that passes on everything but transport: what is left to fill in is rtp, rtcp_port and keys. */
void cp_gw_face_plain(const struct cp_gw_section *s, struct cp_gw_face *ret_face);

/*
 * Write the text that the other side gets; face: one for each section. NUL-terminated; returns the length without it,
 * or -ENOSPC when it does not fit.
 */
int cp_gw_sdp_write(const struct cp_gw_sdp *from, const struct cp_gw_cover *cover, const struct cp_gw_face *face,
		    char *buf, size_t cap);

#endif
