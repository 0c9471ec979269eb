/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send.h - what a walk of the graph is to send to receivers: forward decides it, srtp_out makes packets of it.
 *
 * Between the two nodes only the packets that came in travel, each naming its fan; the copies do not exist yet. So
 * each copy is made, encrypted and summed while its bytes are in the nearest cache.
 *
 * Runs on:   the worker of the core, within one graph walk.
 * Invariants
 *   S1  empty between walks: forward comes before srtp_out in each, which takes all there is.
 */
#ifndef DP_SEND_H
#define DP_SEND_H

#include "dataplane/media/rewrite.h"

#define DP_FANS_MAX  2048 /* received packets of a walk that go to anybody */
#define DP_SENDS_MAX 16384 /* copies of a walk; the media pool of a few cores has no more */

struct dp_send {
	uint32_t route, ts;
	uint16_t seq;
	uint8_t pt;
	bool marker;
};

struct dp_fan {
	const uint8_t *payload; /* in the packet that came in */
	uint32_t len;
	uint32_t first, n; /* in dp_sends.send */
	uint32_t trace; /* as the packet's */
	bool waits; /* when a receiver was sent much (pace.h); audio does not */
	struct dp_rtp_told told;
};

struct dp_sends {
	uint32_t fan_n, send_n;
	struct dp_fan fan[DP_FANS_MAX];
	struct dp_send send[DP_SENDS_MAX];
};

#endif
