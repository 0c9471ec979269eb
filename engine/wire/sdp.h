/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp.h - session descriptions: text to sections and attributes, and lines to text
 * (RFC 8866; the attributes that WebRTC uses, RFC 8829).
 *
 * A description is cut once into the session's part and one part per m= line;
 * attributes are then read part by part. Nothing is copied: every wire_text points into
 * the text that was parsed, which must outlive it.
 *
 *   v=0                                  session part
 *   o=- 123 2 IN IP4 127.0.0.1
 *   s=-
 *   a=group:BUNDLE 0 1                   attribute: name "group", value "BUNDLE 0 1"
 *   m=audio 9 UDP/TLS/RTP/SAVPF 111      media: kind, port, proto, formats; its part follows
 *   a=mid:0
 *   m=video ...
 */
#ifndef WIRE_SDP_H
#define WIRE_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/bytes.h"

#define WIRE_SDP_MAX          131072 /* bytes */
#define WIRE_SDP_LINES_MAX    8192
#define WIRE_SDP_SECTIONS_MAX 64

/* A piece of the text; not NUL-terminated. */
struct wire_text {
	const char *p;
	uint32_t len;
};

/* What is left of t up to `sep` or its end; *t moves behind the separator. */
struct wire_text wire_text_cut(struct wire_text *t, char sep);
/* The next word; blanks in front of it are skipped. Empty when there is none. */
struct wire_text wire_text_word(struct wire_text *t);
bool wire_text_is(struct wire_text t, const char *word);
bool wire_text_is_nocase(struct wire_text t, const char *word);
bool wire_text_eq(struct wire_text a, struct wire_text b);
/* One or more token-chars (RFC 8866 s9). */
bool wire_text_is_token(struct wire_text t);
/* Decimal digits only. False when there is anything else or it is above max. */
bool wire_text_u32(struct wire_text t, uint32_t max, uint32_t *ret_value);
/* NUL-terminated copy; false when cap bytes do not hold it. */
bool wire_text_copy(struct wire_text t, char *ret_copy, size_t cap);
/* The same for people: cut short where cap ends, anything but printable ASCII as '?'. Returns buf. */
const char *wire_text_show(struct wire_text t, char *buf, size_t cap);

/* The lines of the session or of a section. */
struct wire_sdp_part {
	struct wire_text text;
	uint32_t line; /* number of its first line, from 1 */
};

struct wire_sdp_media {
	struct wire_text kind, proto, formats; /* formats: at least one word */
	uint32_t port;
	uint32_t line; /* of the m= line */
	struct wire_sdp_part part;
};

struct wire_sdp {
	struct wire_sdp_part session;
	unsigned int media_n;
	struct wire_sdp_media media[WIRE_SDP_SECTIONS_MAX];
};

enum wire_sdp_result {
	WIRE_SDP_OK,
	WIRE_SDP_TOO_LONG,
	WIRE_SDP_TOO_MANY_LINES,
	WIRE_SDP_TOO_MANY_SECTIONS,
	WIRE_SDP_BAD_BYTE, /* NUL, or CR without LF */
	WIRE_SDP_BAD_LINE, /* not <letter>=<value> */
	WIRE_SDP_BAD_START, /* not v=0, o=, s= */
	WIRE_SDP_BAD_ORIGIN,
	WIRE_SDP_BAD_MEDIA,
	WIRE_SDP_RESULT_N
};

/* Lines end with CR LF or LF. *ret_line: the line that does not fit; ret_sdp is undefined then. */
enum wire_sdp_result wire_sdp_parse(const char *text, size_t len, struct wire_sdp *ret_sdp, uint32_t *ret_line);
/* "is not of the form …": continues a sentence that begins with the line. */
const char *wire_sdp_result_text(enum wire_sdp_result r);

/* Any line of a part, for those who pass it on. */
struct wire_sdp_any {
	char type; /* the letter before '=' */
	struct wire_text text, value; /* the line without its end; what is behind '=' */
	uint32_t line;
};
bool wire_sdp_next_line(struct wire_sdp_part *rest, struct wire_sdp_any *ret_line);

/* Attributes of a part, in order: struct wire_sdp_part it = media->part; while (wire_sdp_next(&it, &attr)) … */
struct wire_sdp_attr {
	struct wire_text name, value; /* value: empty for a flag */
	uint32_t line;
};
bool wire_sdp_next(struct wire_sdp_part *rest, struct wire_sdp_attr *ret_attr);
/* A line as an attribute; false: it is of another type. */
bool wire_sdp_attr(const struct wire_sdp_any *line, struct wire_sdp_attr *ret_attr);

/* Values of attributes (sdp_attr.c). Each returns false, with ret_x undefined, when the value is not one. */

#define WIRE_SDP_PT_MAX 127
#define WIRE_SDP_PT_ALL 255 /* a=rtcp-fb:* */

struct wire_sdp_rtpmap { /* a=rtpmap:111 opus/48000/2 */
	uint8_t pt;
	struct wire_text name;
	uint32_t clock, channels; /* channels: 1 when not said */
};
bool wire_sdp_rtpmap(struct wire_text value, struct wire_sdp_rtpmap *ret_map);

/* a=fmtp:96 apt=97;x=y, a=rtcp-fb:96 nack pli: payload type, and the rest in *ret_params */
bool wire_sdp_fmtp(struct wire_text value, uint8_t *ret_pt, struct wire_text *ret_params);
bool wire_sdp_rtcp_fb(struct wire_text value, uint8_t *ret_pt, struct wire_text *ret_params);
/* The value of "name=value" among ';'-separated parameters; names without regard to case. */
bool wire_sdp_param(struct wire_text params, const char *name, struct wire_text *ret_value);
/* The same as a number; `missing` when it is not there or is not one. */
uint32_t wire_sdp_param_u32(struct wire_text params, const char *name, uint32_t missing);

struct wire_sdp_extmap { /* a=extmap:3/sendonly URI attributes */
	uint32_t id;
	struct wire_text direction, uri; /* direction: empty when not said */
};
bool wire_sdp_extmap(struct wire_text value, struct wire_sdp_extmap *ret_map);

struct wire_sdp_ssrc { /* a=ssrc:1234 cname:x */
	uint32_t ssrc;
	struct wire_text name, value;
};
bool wire_sdp_ssrc(struct wire_text value, struct wire_sdp_ssrc *ret_ssrc);

struct wire_sdp_fingerprint { /* a=fingerprint:sha-256 AA:BB:… */
	char hash[16]; /* lower case */
	uint8_t digest[64];
	uint32_t len;
};
bool wire_sdp_fingerprint(struct wire_text value, struct wire_sdp_fingerprint *ret_fingerprint);

struct wire_sdp_rid { /* a=rid:h send pt=96 */
	struct wire_text id;
	bool send;
};
bool wire_sdp_rid(struct wire_text value, struct wire_sdp_rid *ret_rid);
/* a=simulcast:send h;m;l recv …: the list behind "send", empty when there is none. */
bool wire_sdp_simulcast(struct wire_text value, struct wire_text *ret_send);
/* The next layer of such a list: the first of its alternatives, without the sign of a paused one. */
bool wire_sdp_simulcast_next(struct wire_text *list, struct wire_text *ret_rid);

/* Writing (sdp_build.c). A line and its CR LF; not ok when it does not fit. */
void wire_sdp_line(struct en_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Candidates (candidate.c): a=candidate:1 1 udp 2130706431 192.0.2.1 3480 typ host (RFC 8839 s5.1). */
enum wire_candidate_type {
	WIRE_CANDIDATE_HOST,
	WIRE_CANDIDATE_SRFLX,
	WIRE_CANDIDATE_PRFLX,
	WIRE_CANDIDATE_RELAY,
};

struct wire_candidate {
	char foundation[33];
	uint8_t type; /* enum wire_candidate_type */
	bool udp;
	uint32_t component, priority;
	struct en_ep ep; /* family 0: a name (mDNS), not an address */
};
/* The value behind "candidate:"; false for what is not one, and for types that nobody knows. */
bool wire_candidate_parse(struct wire_text value, struct wire_candidate *ret_candidate);
/* RFC 8445 s5.1.2.1, for component 1; preference: 65535 for the best local address. */
uint32_t wire_candidate_priority(enum wire_candidate_type type, uint16_t preference);
/* Of one of several addresses of ours, for component 1; i: its place, the first is preferred. A foundation of its own
 * for each (RFC 8445 s5.1.1.3). */
struct wire_candidate wire_candidate_host(const struct en_ep *ep, unsigned int i);
void wire_candidate_line(struct en_writer *w, const struct wire_candidate *c);

#endif
