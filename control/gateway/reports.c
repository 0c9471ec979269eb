/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reports.c - RTCP of transcoded streams: each side has the gateway for its far end (report.h).
 *
 * Runs on:   the control loop.
 * Specs:     RFC 7667 s3.2.1.3 (a translator of media makes reports of its own).
 */
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
	(void)cp_report_read(&leg->report, bytes, len, en_mono_ns(), en_wall_ns());
}
