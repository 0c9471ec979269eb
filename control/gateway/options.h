/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.h - what the dictionary of an ng command asks for.
 *
 * One thing can be said in many ways, all of which mean the same here; names in any letter case, with blanks,
 * hyphens or underscores (a word's value keeps its spelling):
 *
 *   own key            {"rtcp-mux":["offer"], "ICE":"force", "codec":{"transcode":["PCMU"]}, "strict source":1}
 *   word in flags      {"flags":["rtcp-mux-offer", "ICE=force", "codec-transcode-PCMU", "strict source"]}
 *   words in one text  {"rtpp_flags":"rtcp-mux-offer ICE=force codec=[transcode=[PCMU]] strict-source"}
 *
 * Of two that contradict each other the later counts. The identity of the call, the command and the SDP are taken from
 * own keys alone: a script's words do not reach them (Kamailio leaves its own "via-branch=auto" among the words).
 *
 * Runs on:   any thread, on what the caller owns.
 * Specs:     reference: media.md §1.2, tier 1.
 */
#ifndef CP_GW_OPTIONS_H
#define CP_GW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "engine/base/addr.h"
#include "engine/base/log.h"

#define CP_GW_ID_MAX       255 /* bytes of call-id, tags, via-branch, labels */
#define CP_GW_NAME_MAX     255 /* of names of interfaces, codecs, suites */
#define CP_GW_METADATA_MAX 4096
#define CP_GW_LIST_MAX     32 /* what comes more is among the unknown */
#define CP_GW_UNKNOWN_MAX  8
#define CP_GW_UNKNOWN_LEN  48

/* Each is 0 when nothing was said: the default is then the gateway's to choose. */
enum cp_gw_transport {
	CP_GW_TRANSPORT_UNSAID,
	CP_GW_TRANSPORT_AVP, /* RTP/AVP … */
	CP_GW_TRANSPORT_SAVP,
	CP_GW_TRANSPORT_AVPF,
	CP_GW_TRANSPORT_SAVPF,
	CP_GW_TRANSPORT_DTLS_SAVP, /* UDP/TLS/RTP/SAVP */
	CP_GW_TRANSPORT_DTLS_SAVPF,
	CP_GW_TRANSPORT_ACCEPT, /* in an answer: whatever the far end answered */
	CP_GW_TRANSPORT_N
};

enum cp_gw_ice_wish {
	CP_GW_ICE_UNSAID,
	CP_GW_ICE_DEFAULT,
	CP_GW_ICE_REMOVE,
	CP_GW_ICE_FORCE,
	CP_GW_ICE_FORCE_RELAY,
	CP_GW_ICE_OPTIONAL,
};

enum cp_gw_ice_lite {
	CP_GW_ICE_LITE_UNSAID,
	CP_GW_ICE_LITE_OFF,
	CP_GW_ICE_LITE_FORWARD, /* towards the one who gets this description */
	CP_GW_ICE_LITE_BACKWARD,
	CP_GW_ICE_LITE_BOTH,
};

enum cp_gw_dtls {
	CP_GW_DTLS_UNSAID,
	CP_GW_DTLS_OFF,
	CP_GW_DTLS_PASSIVE,
	CP_GW_DTLS_ACTIVE,
};

enum cp_gw_fingerprint {
	CP_GW_FINGERPRINT_UNSAID,
	CP_GW_FINGERPRINT_SHA1,
	CP_GW_FINGERPRINT_SHA224,
	CP_GW_FINGERPRINT_SHA256,
	CP_GW_FINGERPRINT_SHA384,
	CP_GW_FINGERPRINT_SHA512,
};

enum cp_gw_address {
	CP_GW_ADDRESS_UNSAID,
	CP_GW_ADDRESS_TRUST, /* what the SDP says */
	CP_GW_ADDRESS_SIP_SOURCE, /* received_from */
};

enum cp_gw_learning {
	CP_GW_LEARNING_UNSAID,
	CP_GW_LEARNING_OFF,
	CP_GW_LEARNING_IMMEDIATE,
	CP_GW_LEARNING_DELAYED,
	CP_GW_LEARNING_HEURISTIC,
};

/* Answers to a question of yes and no. */
enum cp_gw_choice {
	CP_GW_UNSAID,
	CP_GW_NO,
	CP_GW_YES,
};

/* options.flags */
#define CP_GW_TRICKLE_ICE         (1u << 0)
#define CP_GW_GENERATE_MID        (1u << 1)
#define CP_GW_STRICT_SOURCE       (1u << 2)
#define CP_GW_MEDIA_HANDOVER      (1u << 3)
#define CP_GW_NO_RTCP_ATTRIBUTE   (1u << 4)
#define CP_GW_FULL_RTCP_ATTRIBUTE (1u << 5)
#define CP_GW_ORIGINAL_SENDRECV   (1u << 6)
#define CP_GW_LOOP_PROTECT        (1u << 7)
#define CP_GW_STRIP_EXTMAP        (1u << 8)
#define CP_GW_SINGLE_CODEC        (1u << 9)
#define CP_GW_ALWAYS_TRANSCODE    (1u << 10)
#define CP_GW_FATAL               (1u << 11) /* delete: an unknown call is an error */
#define CP_GW_FAST                (1u << 12)
#define CP_GW_MATCH_TO_TAG        (1u << 13) /* delete: the word "to-tag" */
#define CP_GW_ALL                 (1u << 14) /* block media and the like: for everyone */
#define CP_GW_RESET               (1u << 15)
#define CP_GW_LOAD_LIMIT          (1u << 16) /* supports: the result "load limit" is understood */
#define CP_GW_FRAGMENT            (1u << 17) /* the sdp is a fragment: trickled candidates */
#define CP_GW_WEBRTC              (1u << 18) /* the shortcut was used; what it stands for is set as well */

/* options.rtcp_mux */
#define CP_GW_MUX_OFFER   (1u << 0)
#define CP_GW_MUX_REQUIRE (1u << 1)
#define CP_GW_MUX_DEMUX   (1u << 2)
#define CP_GW_MUX_ACCEPT  (1u << 3)
#define CP_GW_MUX_REJECT  (1u << 4)

/* options.bundle */
#define CP_GW_BUNDLE_ACCEPT  (1u << 0)
#define CP_GW_BUNDLE_OFFER   (1u << 1)
#define CP_GW_BUNDLE_REQUIRE (1u << 2)
#define CP_GW_BUNDLE_REJECT  (1u << 3)

/* options.sdes */
#define CP_GW_SDES_OFF   (1u << 0)
#define CP_GW_SDES_NONEW (1u << 1)

/* options.replace */
#define CP_GW_REPLACE_ORIGIN             (1u << 0)
#define CP_GW_REPLACE_SESSION_CONNECTION (1u << 1)
#define CP_GW_REPLACE_SDP_VERSION        (1u << 2)
#define CP_GW_REPLACE_USERNAME           (1u << 3)
#define CP_GW_REPLACE_SESSION_NAME       (1u << 4)
#define CP_GW_REPLACE_ZERO_ADDRESS       (1u << 5)
#define CP_GW_REPLACE_FORCE_INCREMENT    (1u << 6) /* a new version although nothing changed */

struct cp_gw_list {
	const char *item[CP_GW_LIST_MAX];
	uint32_t n;
};

/* Texts are NUL-terminated, point into `dict` or `made` (or are constants), and are NULL when not said; never "". */
struct cp_gw_options {
	json_t *dict,
		*made; /* references of ours: the dictionary, and texts that did not stand in it as they are needed */

	const char *command, *sdp;
	const char *call_id, *from_tag, *to_tag, *via_branch;
	const char *label, *set_label, *to_label;
	const char *metadata;
	const char *room; /* our own: an offer is answered by the room of that name */

	uint32_t flags; /* CP_GW_TRICKLE_ICE … */
	uint32_t rtcp_mux, bundle, sdes, replace; /* CP_GW_MUX_…, CP_GW_BUNDLE_…, CP_GW_SDES_…, CP_GW_REPLACE_… */
	uint8_t transport; /* enum cp_gw_transport */
	uint8_t ice, ice_lite; /* enum cp_gw_ice_wish, cp_gw_ice_lite */
	uint8_t dtls, dtls_reverse; /* enum cp_gw_dtls; reverse: towards the sender of this description */
	uint8_t fingerprint; /* enum cp_gw_fingerprint */
	uint8_t address; /* enum cp_gw_address */
	uint8_t learning; /* enum cp_gw_learning */
	uint8_t asymmetric, port_latching, record_call; /* enum cp_gw_choice */
	uint8_t family; /* enum en_family of the addresses that we write */
	uint32_t plain_words; /* CP_GW_WORD_…: "RTP", "AVPF" and the like of old scripts; they end in `transport` */

	struct en_addr media_address, received_from; /* family EN_AF_NONE: not said */
	struct cp_gw_list direction; /* at most two: the interface of the sender, of the receiver */
	const char *media_address_text, *received_from_text; /* as they came, whether addresses or not */
	struct cp_gw_list sdes_no, sdes_only;
	struct cp_gw_list strip, offer, except, transcode, mask, accept, consume, set; /* of codecs */
	int32_t ptime, ptime_reverse; /* milliseconds; -1: not said */
	int32_t tos; /* 0..255; -1: not said, or said to stay */
	int32_t delete_delay; /* seconds; -1: not said */

	/* What is not known, or has a value that is not: for a warning, never an error. Printable, cut short. */
	char unknown[CP_GW_UNKNOWN_MAX][CP_GW_UNKNOWN_LEN];
	uint32_t unknown_n; /* may exceed what unknown[] holds */
};

#define CP_GW_NEEDS_CALL_ID  (1u << 0)
#define CP_GW_NEEDS_FROM_TAG (1u << 1)
#define CP_GW_NEEDS_TO_TAG   (1u << 2)
#define CP_GW_NEEDS_SDP      (1u << 3)

/*
 * dict: an object within the limits of bencode.h, of which a reference is taken. Returns 0: *ret_options is to be
 * given to cp_gw_options_fini(). Else -1 with nothing to release: something that `needs` (CP_GW_NEEDS_…) names is
 * missing, an identity is no text, a text is too long, or rtpp_flags have too many words; the sentence names it.
 */
int cp_gw_options_read(json_t *dict, uint32_t needs, struct cp_gw_options *ret_options, struct en_err *err);
void cp_gw_options_fini(struct cp_gw_options *o);

/* "unknown: X, Y and 3 more" for the warning of a reply; false, and an empty text, when all was understood. */
bool cp_gw_options_warning(const struct cp_gw_options *o, char *ret_text, size_t cap);

/* "RTP/AVP"; NULL for _UNSAID and _ACCEPT. */
const char *cp_gw_transport_name(enum cp_gw_transport transport);

/* A key of a command's own (file, code, duration …) in whatever spelling: "start-pos" finds "Start Pos". NULL: none. */
const json_t *cp_gw_key(const json_t *dict, const char *name);

#endif
