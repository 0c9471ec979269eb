/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - the session descriptions of a simulated browser: its offer, and what it needs of the answer
 * (RFC 8829, RFC 9725; the server's side is control/sdp).
 */
#ifndef LOAD_SESSION_H
#define LOAD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/wire/sdp.h"

#define LOAD_SECTIONS_MAX WIRE_SDP_SECTIONS_MAX
#define LOAD_PT_AUDIO     111
#define LOAD_PT_VIDEO     96
#define LOAD_PT_RTX       97
#define LOAD_SCTP_PORT    5000
#define LOAD_MESSAGE_MAX  262144 /* of a data channel, either way */
#define LOAD_SDP_MAX      65536
#define LOAD_ICE_MAX      260 /* of a ufrag or password and its NUL: RFC 8839 s5.4 */

struct load_offer {
	bool sends; /* a publisher; else it receives */
	unsigned int audio, video; /* sections of each; audio comes first */
	bool data; /* one more section, the last: data channels */
	const char *ufrag, *pwd;
	const char *fingerprint; /* "sha-256 AA:…" */
	uint32_t ssrc[2]; /* sends: of audio, of video, whose RTX has the next one */
};

/* NUL-terminated; 0 when it does not fit. */
size_t load_offer_write(const struct load_offer *o, char *buf, size_t cap);

struct load_answer {
	char ufrag[LOAD_ICE_MAX], pwd[LOAD_ICE_MAX];
	struct wire_sdp_fingerprint fingerprint;
	struct en_ep server; /* the first UDP candidate of the family that was asked for */
	uint32_t sctp_port, message_max; /* of a data section */
	unsigned int section_n;
	struct {
		bool accepted; /* with the direction that the offer wants */
		uint8_t pt;
		uint32_t ssrc; /* what the server sends; 0: nothing said */
	} section[LOAD_SECTIONS_MAX];
};

/* NULL, or what is wrong with it: continues "the answer …". */
const char *load_answer_read(const char *sdp, size_t len, bool sends, uint8_t family, struct load_answer *ret_answer);

#endif
