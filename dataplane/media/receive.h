/* SPDX-License-Identifier: BSD-3-Clause */
/* receive.h - an authenticated RTP packet of a session: whose it is, and what there is to forward of it. */
#ifndef DP_RECEIVE_H
#define DP_RECEIVE_H

#include "dataplane/media/rewrite.h"

enum dp_verdict {
	DP_RECEIVED_FORWARD, /* to the routes of the track; payload_len 0: close up their numbers */
	DP_RECEIVED_DONE, /* nothing to forward: a probe, a duplicate, another layer */
	DP_RECEIVED_BAD, /* .drop says why */
};

struct dp_received {
	struct dp_rtp rtp; /* numbered as the stream that is forwarded, without padding */
	uint32_t track, stream;
	uint32_t clock; /* Hz */
	enum shm_drop drop;
};

/* bytes: the decrypted packet of stream `stream`; an RTX packet is turned into the original there. */
enum dp_verdict dp_receive(struct dp_core *c, uint32_t stream, uint8_t *bytes, uint32_t len, struct dp_received *ret);

#endif
