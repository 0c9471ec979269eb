/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.h - a tap on the workers: what each node decided about chosen packets,
 * and the packets themselves. Nothing of this runs while core->tap is NULL.
 */
#ifndef DP_TRACE_H
#define DP_TRACE_H

#include "dataplane/core.h"
#include "engine/shm/ctl.h"

/* Made by housekeeping for one connection, lent to every core by a note. */
struct dp_tap {
	uint32_t kind; /* SHM_TAP_* bits */
	uint32_t snaplen;
	struct shm_filter filter;
	_Atomic uint64_t left; /* packets still to take; UINT64_MAX: no limit */
	_Atomic uint32_t users; /* cores that still hold it */
	struct shm_tap *shm;
	uint64_t shm_size;
	_Atomic uint32_t next_id;
};

/* rx calls this once a packet when core->tap is set: marks it for
 * tracing (pkt->trace) and copies it out if the filter wants it. */
void dp_trace_in(struct dp_core *core, struct rte_mbuf *m);
/* A node's decision. m NULL: consumed. */
void dp_trace_step(struct dp_core *core, uint32_t node, uint32_t id, uint16_t edge, struct rte_mbuf *m);
/* The drop node calls this for each packet when core->tap is set. */
void dp_trace_drop(struct dp_core *core, struct rte_mbuf *m);
/* tx calls this for each traced packet when core->tap is set (kind PACKETS: direction sent). */
void dp_trace_out(struct dp_core *core, struct rte_mbuf *m);

/* A node explains itself; only when pkt->trace is set. */
#define dp_say(core, ...) snprintf((core)->text, sizeof((core)->text), __VA_ARGS__)

#endif
