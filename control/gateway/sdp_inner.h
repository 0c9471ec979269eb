/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_inner.h - what the files sdp_*.c of this folder share.
 */
#ifndef CP_GW_SDP_INNER_H
#define CP_GW_SDP_INNER_H

#include "control/gateway/sdp.h"

/* Payload type -> its index in codec[] and 1; 0: not in the m= line. */
struct cp_gw_pts {
	uint8_t at[WIRE_SDP_PT_MAX + 1];
};

/* sdp_codec.c: the formats of an m= line; false: more than CP_GW_CODECS_MAX. Then what a=rtpmap and a=fmtp say of them;
 * false: cannot be read. */
bool cp_gw_codecs_begin(struct wire_text formats, struct cp_gw_section *s, struct cp_gw_pts *ret_pts);
bool cp_gw_codecs_rtpmap(struct cp_gw_section *s, const struct cp_gw_pts *pts, struct wire_text value);
bool cp_gw_codecs_fmtp(struct cp_gw_section *s, const struct cp_gw_pts *pts, struct wire_text value);

/* sdp_section.c: the session's part as far as sections have it from there; a section, which begins as that. 0, or
 * -EINVAL with err. */
int cp_gw_common_read(const struct wire_sdp *cut, struct cp_gw_section *ret_common, struct en_err *err);
int cp_gw_section_read(const struct wire_sdp_media *m, const struct cp_gw_section *common,
		       struct cp_gw_section *ret_section, struct en_err *err);

/* sdp_read.c: the value of a c= line; family 0: a name or not to be read. */
void cp_gw_connection(struct wire_text value, struct en_addr *ret_addr);

/* sdp_keep.c: which lines of the far side are passed on. */
bool cp_gw_is_transport(struct wire_text attribute); /* never */
bool cp_gw_is_source(struct wire_text attribute); /* with cp_gw_face.sources */
bool cp_gw_is_ssrc(struct wire_text attribute); /* of these: without cp_gw_face.no_ssrc */
bool cp_gw_is_extmap(struct wire_text attribute); /* with cp_gw_face.extmap */

/* sdp_lines.c, sdp_own.c: what a section is written with. */
struct cp_gw_writing {
	struct en_writer *w;
	const struct cp_gw_section *s; /* as it was read */
	const struct cp_gw_face *f;
	const struct cp_gw_cover *cover;
	const struct en_addr *session_addr; /* written in the session's part; family 0: none */
	bool live; /* the face has a port */
	bool has_c, has_mid, has_dir, has_rtcp, has_mux, has_ptime; /* lines that are written already */
};

void cp_gw_put_line(struct en_writer *w, struct wire_text line);
/* The address to tell for a section: ours, or zero where the far side's is and shall stay. */
struct en_addr cp_gw_told_addr(const struct cp_gw_section *s, const struct cp_gw_face *f,
			       const struct cp_gw_cover *cover);
void cp_gw_put_connection(struct en_writer *w, const struct en_addr *addr);

/* sdp_lines.c: one section. */
void cp_gw_section_write(struct cp_gw_writing *x, const struct wire_sdp_media *m);

/* sdp_own.c: lines that are ours; each at most once. */
void cp_gw_own_mid(struct cp_gw_writing *x);
void cp_gw_own_dir(struct cp_gw_writing *x);
void cp_gw_own_rtcp(struct cp_gw_writing *x);
void cp_gw_own_mux(struct cp_gw_writing *x);
void cp_gw_own_ptime(struct cp_gw_writing *x);
void cp_gw_own_codecs(struct cp_gw_writing *x);
/* What has had no place yet, and keys, ICE, DTLS. */
void cp_gw_own_rest(struct cp_gw_writing *x);

#endif
