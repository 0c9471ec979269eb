/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp.h - RTCP of a core's sessions, beside what media.h has: it is terminated here. Receivers report to us, we
 * report to them and to the publishers; key frames and lost packets are asked for on the receivers' behalf.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   R1  everything in here is from a packet that was authenticated as its session's (srtp_in), and says
 *       something of that session's own streams and routes only;
 *   R2  what a session can make us send is bounded: key-frame requests by time (DP_KEYFRAME_NS), packets sent again
 *       by bytes a second and times each (resend.h), the rest by one answer a packet.
 */
#ifndef DP_RTCP_H
#define DP_RTCP_H

#include "dataplane/media/media.h"

#define DP_RTCP_NS         (UINT64_C(1000) * DP_NS_MS) /* between the reports of a session */
#define DP_KEYFRAME_NS     (UINT64_C(500) * DP_NS_MS) /* between key-frame requests to the publisher of a track */
#define DP_KEYFRAME_ASK_NS (UINT64_C(250) * DP_NS_MS) /* between those that are taken from one receiver */
#define DP_REMB_BPS        UINT64_C(5000000)
#define DP_RTCP_MAX        1200 /* bytes of a compound that is made here, before protection */

/* session_n: places of md->session. */
int dp_rtcp_create(uint32_t session_n, struct dp_rtcp **ret_rtcp, struct en_err *err);
void dp_rtcp_destroy(struct dp_rtcp *r); /* NULL: nothing */

/* Key frames. A track wants one: asked for at once, or as soon as DP_KEYFRAME_NS have passed (dp_rtcp_keyframe()). */
void dp_rtcp_ask(struct dp_core *c, uint32_t track);
/* Send the request of a track that is wanted (track.ask) and due; what dp_track_due() is to call. */
void dp_rtcp_keyframe(struct dp_core *c, uint32_t track);

/* The wall clock that our reports tell, as NTP time: as even as the monotonic one, because it hangs on that. */
uint64_t dp_rtcp_ntp(struct dp_core *c);
/* The route to a session that sends with this SSRC; DP_NONE: none. `budget`: searches that may be long, left. */
uint32_t dp_rtcp_route(struct dp_media *md, uint32_t session, uint32_t ssrc, unsigned int *budget);

#endif
