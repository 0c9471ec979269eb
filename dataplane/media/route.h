/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.h - a track to one receiver: which number and time a packet gets there.
 *
 *   in of stream A   100 101 102 [pad] 104      in of stream B   7  8
 *   out               51  52  53        54                      55 56
 *                    `- seq_delta -49 -'`-50-'                  `- 48 -'
 *
 * Each stretch with one delta is remembered (DP_ROUTE_PASTS of them), for packets that come late
 * and for NACKs, which name outgoing numbers.
 */
#ifndef DP_MEDIA_ROUTE_H
#define DP_MEDIA_ROUTE_H

#include "dataplane/media/rewrite.h"

/* Where a packet stands in the route's numbering. */
struct dp_placed {
	uint16_t seq;
	uint32_t ts;
};

/*
 * The number and time of a packet of stream `idx`. When the route carries another stream, or none, it changes
 * over to this one with this packet. False: it is from before the route began with this stream. clock: Hz.
 */
bool dp_route_place(struct dp_media *md, struct dp_media_route *r, uint32_t idx, const struct wire_rtp *h,
		    uint32_t clock, struct dp_placed *ret_at);
/*
 * A packet that is not to be forwarded (padding only): the numbers close up behind it. False: too late for that,
 * later ones were sent already; forward it empty, or a gap stays.
 */
bool dp_route_close_up(const struct dp_media *md, struct dp_media_route *r, uint32_t idx, uint16_t seq);
/* Backwards: the stream and its number that went out as `out`. False: not known (any more). */
bool dp_route_origin(const struct dp_media *md, const struct dp_media_route *r, uint16_t out, uint32_t *ret_ssrc,
		     uint16_t *ret_seq, uint32_t *ret_ts_delta);

/* The receiver's payload type for the track's; NULL: it does not take that one. */
static inline const struct shm_route_pt *dp_route_pt(const struct dp_media_route *r, uint8_t pt)
{
	for (uint32_t i = 0; i < r->set.pt_n; i++)
		if (r->set.pt[i].in == pt)
			return &r->set.pt[i];
	return NULL;
}

/* Can anything be sent to this session? (W1: its path was nominated by an authenticated check.) */
static inline bool dp_session_can_send(const struct dp_session *s)
{
	return s->keyed && s->state == SHM_SESSION_CONNECTED && s->remote.addr.family != EN_AF_NONE;
}

/* Take a route out of its chains and free its place. */
void dp_route_free(struct dp_media *md, uint32_t idx);

#endif
