/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.h - when a packet may leave for its receiver. A key frame of sixty packets that leaves at line rate overflows
 * the shallow queues on its way; spread over some tens of milliseconds it does not.
 *
 * Each receiver has a bucket: [media] pace-burst packets at once, refilled at 2.5 times the rate that it was sent of
 * late, [media] pace-rate at least. The time of leaving is known when the packet's header is written, which can so
 * tell the truth about it; what is to wait goes to node pace, which lets it go at that time.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   P1  packets of one receiver that wait, and those behind them, leave in the order in which they were made. Audio
 *       and RTCP do not wait; they are counted.
 *   P2  nothing waits longer than DP_PACE_LONGEST_NS: the fuller the bucket's debt, the less a packet adds to it.
 *   P3  at most DP_PACE_WAITING packets wait for one receiver (DROP_PACE_FULL), DP_PACE_ALL on a core: beyond
 *       that a receiver gets its packets unpaced.
 */
#ifndef DP_PACE_H
#define DP_PACE_H

#include "dataplane/media/media.h"

#define DP_PACE_LONGEST_NS (250 * DP_NS_MS)
#define DP_PACE_MEASURE_NS (100 * DP_NS_MS) /* over which the rate is measured */
#define DP_PACE_MEASURE    (512u * 1024) /* bytes that end the time early: more than a key frame's */
#define DP_PACE_WAITING    1024
#define DP_PACE_ALL        3072 /* of the buffers of world->media_pool */
#define DP_PACE_OVERHEAD   80 /* headers and tag of a packet, beside its payload */

/* Of a receiver; all zero: nothing was sent to it yet. */
struct dp_pace {
	uint64_t busy_ns; /* until when what was sent would occupy a link of the rate */
	uint64_t due_ns; /* when the last that waits, or is on its way to do so, leaves */
	uint64_t measure_ns; /* since when bytes are counted */
	uint32_t measured; /* bytes */
	uint32_t ns_per_kib; /* the rate; 0: no limit */
	uint32_t burst_ns; /* how far busy_ns may lie ahead */
	uint32_t promised; /* low bits of the time of dp_pace_later(): those packets are still on their way */
	uint16_t waiting_n : 15;
	uint16_t chained : 1;
	uint16_t number; /* transport-wide: of the next packet */
	uint32_t next; /* chain of those that something waits for, and of those whose turn to leave it has not come */
	struct rte_mbuf *first, *last; /* that wait, by dp_pkt.next */
};
_Static_assert(sizeof(struct dp_pace) == 64, "one cache line");

struct dp_paces {
	struct dp_pace *of; /* by session */
	uint32_t session_n, first; /* chain; DP_NONE: nobody */
	uint32_t waiting_n; /* packets */
	uint32_t burst; /* bytes */
	uint64_t floor_bps; /* 0: no pacing */
	uint64_t next_ns; /* when something is due, while something waits */
};

/* session_n: places of md->session. */
int dp_pace_create(const struct conf_media *conf, uint32_t session_n, struct dp_paces **ret_paces, struct en_err *err);
void dp_pace_destroy(struct dp_paces *ps); /* NULL: nothing. With what waits. */

void dp_pace_measure(struct dp_paces *ps, struct dp_pace *p, uint64_t now_ns);
uint64_t dp_pace_later(struct dp_pace *p, uint32_t len, uint64_t now_ns);

/* The receiver's bucket as of now, the packet counted towards its rate. */
static inline struct dp_pace *dp_pace_now(struct dp_paces *ps, uint32_t session, uint32_t len, uint64_t now_ns)
{
	struct dp_pace *p = &ps->of[session];

	p->measured += len;
	if (unlikely(now_ns - p->measure_ns >= DP_PACE_MEASURE_NS || p->measured >= DP_PACE_MEASURE))
		dp_pace_measure(ps, p, now_ns);
	if (p->busy_ns < now_ns)
		p->busy_ns = now_ns;
	return p;
}

static inline void dp_pace_occupy(struct dp_pace *p, uint32_t len)
{
	p->busy_ns += (uint64_t)len * p->ns_per_kib >> 10;
}

/* When a packet of so many bytes may leave: 0 at once, else dp_pkt.due_ns, for dp_pace_hold(). */
static inline uint64_t dp_pace_when(struct dp_paces *ps, uint32_t session, uint32_t len, uint64_t now_ns)
{
	struct dp_pace *p = dp_pace_now(ps, session, len, now_ns);

	if (unlikely(p->waiting_n || p->promised == (uint32_t)now_ns || p->busy_ns > now_ns + p->burst_ns))
		return dp_pace_later(p, len, now_ns);
	dp_pace_occupy(p, len);
	return 0;
}

/* The same for what does not wait: audio, RTCP. */
static inline void dp_pace_spend(struct dp_paces *ps, uint32_t session, uint32_t len, uint64_t now_ns)
{
	struct dp_pace *p = dp_pace_now(ps, session, len, now_ns);

	if (likely(p->busy_ns <= now_ns + p->burst_ns))
		dp_pace_occupy(p, len);
}

/* The packet waits: complete, at its IP header, with pkt->session and due_ns. */
void dp_pace_hold(struct dp_core *c, struct rte_mbuf *m);
/* What is due goes to the outbox. Once a step. */
void dp_pace_release(struct dp_core *c);
/* The receiver has ended, or has no path: what waits for it is dropped. */
void dp_pace_forget(struct dp_core *c, uint32_t session);

static inline uint32_t dp_pace_waiting(const struct dp_core *c)
{
	return c->media ? c->media->paces->waiting_n : 0;
}

#endif
