/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source.h - what a section says of the streams in it: SSRCs with their retransmissions, and the rids of simulcast.
 */
#ifndef CP_SOURCE_H
#define CP_SOURCE_H

#include "control/sdp/raw.h"

#define CP_SSRCS_SEEN 32
#define CP_RIDS_SEEN  16

struct cp_source_ssrc {
	uint32_t ssrc, rtx; /* rtx: of the FID group that it leads */
	bool repair; /* the second of a group */
};

/* Zero it before the first line. What is beyond the limits is left out: its packets are found by mid and rid. */
struct cp_sources {
	unsigned int ssrc_n, rid_n;
	struct cp_source_ssrc ssrc[CP_SSRCS_SEEN];
	struct wire_text rid[CP_RIDS_SEEN]; /* a=rid … send */
	struct wire_text simulcast; /* the list behind a=simulcast:send */
};

void cp_source_add(struct cp_sources *sources, uint32_t ssrc);
/* a=ssrc-group, a=rid; false: cannot be read. */
bool cp_source_group(struct cp_sources *sources, struct wire_text value);
bool cp_source_rid(struct cp_sources *sources, struct wire_text value);
/* All lines were read: into the section. */
void cp_source_keep(const struct cp_sources *sources, struct cp_offer_section *s);

#endif
