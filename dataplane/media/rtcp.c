/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp.c - what the RTCP of a core's sessions has in common: clocks, and whose SSRC it is.
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Writes:    its own memory only.
 */
#include "dataplane/media/rtcp_state.h"

#include <stdlib.h>

#include "engine/wire/rtcp.h"

#define SENDER_CLOCK_JUMP (5 * INT64_C(1000000000)) /* a sender whose clock was set */

int dp_rtcp_create(uint32_t session_n, struct dp_rtcp **ret_rtcp, struct en_err *err)
{
	struct dp_rtcp *r = calloc(1, sizeof(*r));

	*ret_rtcp = NULL;
	if (!r)
		return en_fail(err, -1, "no memory for RTCP");
	r->clock = calloc(session_n, sizeof(*r->clock));
	if (!r->clock) {
		free(r);
		return en_fail(err, -1, "no memory for RTCP");
	}
	for (unsigned int i = 0; i < DP_RTCP_HINTS; i++)
		r->hint[i] = DP_NONE;
	for (unsigned int i = 0; i < DP_RESEND_SLOTS; i++)
		r->resent[i].route = DP_NONE;
	*ret_rtcp = r;
	return 0;
}

void dp_rtcp_destroy(struct dp_rtcp *r)
{
	if (!r)
		return;
	free(r->clock);
	free(r);
}

/* --- clocks ----------------------------------------------------------------------- */

uint64_t dp_rtcp_ntp(struct dp_core *c)
{
	struct dp_rtcp *r = c->media->rtcp;

	/* fixed once: a wall clock that is set later must not tear what receivers synchronise by */
	if (r->wall_minus_mono == 0)
		r->wall_minus_mono = c->wall_s * EN_NS_PER_S - c->now_ns;
	return wire_ntp(c->now_ns + r->wall_minus_mono);
}

static int64_t ntp_ns(uint64_t ntp)
{
	return (int64_t)((ntp >> 32) * EN_NS_PER_S + ((ntp & UINT32_MAX) * EN_NS_PER_S >> 32));
}

void dp_rtcp_clock_heard(struct dp_core *c, uint32_t session, uint64_t ntp)
{
	struct dp_sender_clock *k = &c->media->rtcp->clock[session];
	uint32_t generation = c->media->session[session].generation;
	int64_t now = (int64_t)c->now_ns - ntp_ns(ntp), ahead = now - k->mono_minus;

	if (k->generation != generation || ahead > SENDER_CLOCK_JUMP || ahead < -SENDER_CLOCK_JUMP) {
		*k = (struct dp_sender_clock){.generation = generation, .mono_minus = now};
		return;
	}
	/* the report that was under way for the shortest time tells best */
	k->mono_minus += ahead < 0 ? ahead / 4 : ahead / 32;
}

bool dp_rtcp_rtp_now(const struct dp_core *c, const struct dp_stream *st, uint32_t *ret_rtp)
{
	const struct dp_sender_clock *k = &c->media->rtcp->clock[st->session];
	int64_t since;

	if (!st->source.sr_ns || !st->clock || k->generation != c->media->session[st->session].generation ||
	    c->now_ns - st->source.sr_ns > DP_RTCP_SR_STALE_NS)
		return false;
	since = (int64_t)c->now_ns - k->mono_minus - ntp_ns(st->source.sr_ntp);
	/* streams of one sender whose reports tell clocks apart by more tell nothing */
	if (since > SENDER_CLOCK_JUMP * 8 || since < -SENDER_CLOCK_JUMP)
		return false;
	*ret_rtp = st->source.sr_rtp + (uint32_t)(since / 1000 * st->clock / 1000000);
	return true;
}

/* --- whose SSRC it is --------------------------------------------------------------- */

static bool sends(const struct dp_media_route *r, uint32_t session, uint32_t ssrc)
{
	return r->generation && r->session == session && r->set.ssrc == ssrc;
}

uint32_t dp_rtcp_route(struct dp_media *md, uint32_t session, uint32_t ssrc, unsigned int *budget)
{
	uint32_t *hint = &md->rtcp->hint[(ssrc ^ session * UINT32_C(2654435761)) % DP_RTCP_HINTS];

	if (*hint < md->route_n && sends(&md->route[*hint], session, ssrc))
		return *hint;
	if (*budget == 0)
		return DP_NONE;
	--*budget;
	for (uint32_t i = md->session[session].first_route; i != DP_NONE; i = md->route[i].next_of_session) {
		if (!sends(&md->route[i], session, ssrc))
			continue;
		*hint = i;
		return i;
	}
	return DP_NONE;
}
