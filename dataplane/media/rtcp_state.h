/* SPDX-License-Identifier: BSD-3-Clause */
/* rtcp_state.h - what the files of RTCP and of resending keep on a core (struct dp_rtcp). */
#ifndef DP_RTCP_STATE_H
#define DP_RTCP_STATE_H

#include "dataplane/media/resend.h"
#include "dataplane/media/rtcp.h"
#include "engine/base/clock.h"

#define DP_RTCP_HINTS       4096
#define DP_RTCP_SR_STALE_NS (UINT64_C(30000) * DP_NS_MS) /* a sender report older than this says nothing of now */

/*
 * The clock that a session's sender reports tell, against ours: one for all its streams, so that
 * what it sends together is reported together whatever each report's way took.
 */
struct dp_sender_clock {
	uint32_t generation; /* of the session that it was heard from */
	uint32_t zero;
	int64_t mono_minus; /* ours (monotonic) less the sender's, ns */
};

struct dp_rtcp {
	uint64_t wall_minus_mono; /* ns; 0: not told yet */
	struct dp_sender_clock *clock; /* by session */
	uint32_t hint[DP_RTCP_HINTS]; /* by session and SSRC: a route that may be the one */
	struct dp_resent resent[DP_RESEND_SLOTS];
};

/* A sender report with this NTP time came from a session just now. */
void dp_rtcp_clock_heard(struct dp_core *c, uint32_t session, uint64_t ntp);
/* What RTP timestamp of the stream is now, by its last sender report; false: there is none to go by. */
bool dp_rtcp_rtp_now(const struct dp_core *c, const struct dp_stream *st, uint32_t *ret_rtp);

#endif
