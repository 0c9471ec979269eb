/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * measure.h - how the legs of calls do: what the dataplane counts of each, what their pipes tell, what that is worth.
 *
 *   dataplane.sock ── rows of sessions, every 2 s ──► leg->measure ─┬─► API, metrics, `turnpike show calls`
 *   pool ── once a second ──► cp_pool_measure() ───────────────────┘
 *
 * Runs on:   the control loop; the socket is asked on a thread of libuv's pool.
 */
#ifndef CP_GW_MEASURE_H
#define CP_GW_MEASURE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct cp_gateway;
struct cp_gateway_stats;
struct cp_gw_leg;
struct cp_gw_measuring;

/* Of a leg, from the dataplane. */
struct cp_gw_measure {
	bool known;
	uint32_t jitter_us;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t expected, received; /* RTP that its side sent, by its sequence numbers; that came */
};

/* NULL: no memory. */
struct cp_gw_measuring *cp_gw_measuring_create(struct cp_gateway *g);
/* Runs the loop until the thread is back. NULL is fine. */
void cp_gw_measuring_destroy(struct cp_gw_measuring *m);
/* For the gateway's tick: asks the dataplane when it is time, and there are calls. */
void cp_gw_measuring_tick(struct cp_gw_measuring *m);

/* What is known of a leg, an object. */
json_t *cp_gw_measure_json(const struct cp_gw_leg *leg);
/* Of all legs, into stats. */
void cp_gw_measure_stats(const struct cp_gateway *g, struct cp_gateway_stats *stats);

#endif
