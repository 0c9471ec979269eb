/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reports.c - RTCP of transcoded streams: each side has the gateway for its far end (report.h).
 *
 * Runs on:   the control loop.
 * Specs:     RFC 7667 s3.2.1.3 (a translator of media makes reports of its own).
 */
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/clock.h"

static void tell(struct cp_gw_leg *leg, uint64_t now_ns, uint64_t wall_ns)
{
	uint8_t bytes[CP_REPORT_MAX];
	uint32_t len = leg->inside ? 0 : cp_report_write(&leg->report, now_ns, wall_ns, bytes);

	if (len)
		(void)cp_gw_leg_made(leg, bytes, len);
}

void cp_gw_reports(struct cp_gateway *g)
{
	uint64_t now_ns = en_mono_ns(), wall_ns = en_wall_ns();
	struct cp_gw_call *c;

	TAILQ_FOREACH (c, &g->calls, of_gateway)
		for (unsigned int i = 0; i < c->stream_n; i++)
			for (unsigned int k = 0; k < CP_GW_SIDES && c->stream[i].pipe[0]; k++)
				tell(&c->stream[i].leg[k], now_ns, wall_ns);
}

void cp_gw_reported(struct cp_gw_leg *leg, const uint8_t *bytes, uint32_t len)
{
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	struct cp_report_asks asks;
	struct cp_pool_ask ask;

	if (!cp_report_read(&leg->report, bytes, len, en_mono_ns(), en_wall_ns(), &asks))
		return;
	ask = (struct cp_pool_ask){
		.key = asks.key,
		.has_bitrate = asks.bps > 0,
		.bitrate = asks.bps < UINT32_MAX ? (uint32_t)asks.bps : UINT32_MAX,
		.rtt_us = other->report.rtt_us,
		.nack_n = asks.nack_n,
	};
	_Static_assert(CP_REPORT_NACKS == CP_POOL_NACKS, "one list is the other");
	memcpy(ask.nack, asks.nack, asks.nack_n * sizeof(ask.nack[0]));
	cp_pool_ask(leg->stream->call->gateway->pool, leg->stream->pipe[other->side], &ask);
}

/* A pipe misses something of what comes from that leg. */
void cp_gw_on_want(void *from, const struct cp_pool_want *want)
{
	const struct cp_gw_leg *leg = from;
	uint8_t bytes[CP_REPORT_ASK_MAX];
	uint32_t len = cp_report_ask(&leg->report, want->ssrc, want->key, want->nack, want->nack_n, bytes);

	if (len && !leg->inside)
		(void)cp_gw_leg_made(leg, bytes, len);
}
