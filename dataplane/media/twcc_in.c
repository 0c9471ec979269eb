/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * twcc_in.c - what receivers' transport-wide feedback says: how many packets did not come, and how much longer than the
 * shortest way they take now, which is how long they wait in queues on the path.
 *
 * Runs on:   the worker of the core, inside the graph walk.
 * Writes:    the session's dp_twcc_out.
 * Invariants
 *   B1  a number counts once, whatever the feedback says of it how often: as lost until it is told to have come.
 * Numbers that were not sent of late are passed over.
 *
 * Specs:     draft-holmer-rmcat-transport-wide-cc-extensions-01 s3.1.
 * Not here:  an estimate of what the path carries.
 */
#include "dataplane/media/twcc.h"

#define LEAST_NS (30000 * DP_NS_MS) /* the shortest way of longer ago is forgotten: clocks drift, paths change */
#define SMOOTH   16

/* When a number left; 0: it was not sent of late, or is settled. */
static uint32_t *sent(struct dp_media *md, uint32_t session, uint16_t seq)
{
	uint16_t ago = (uint16_t)(md->paces->of[session].number - seq);
	uint32_t *us = &md->twcc->out[session].us[seq % DP_TWCC_SENT];

	return ago >= 1 && ago <= DP_TWCC_SENT && (*us & DP_TWCC_WAITS) ? us : NULL;
}

static bool is_less(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* way_us: arrival by the receiver's clock less sending by ours, so of any value; differences count. */
static void took(struct dp_twcc_out *o, uint32_t way_us, uint64_t now_ns)
{
	uint32_t least;

	if (!o->started || now_ns - o->least_ns >= LEAST_NS) {
		o->least_before_us = o->started ? o->least_us : way_us;
		o->least_us = way_us;
		o->least_ns = now_ns;
		o->started = true;
	}
	if (is_less(way_us, o->least_us))
		o->least_us = way_us;
	least = is_less(o->least_before_us, o->least_us) ? o->least_before_us : o->least_us;
	o->delay_us += ((way_us - least) / SMOOTH) - o->delay_us / SMOOTH;
}

static void one(struct dp_core *c, uint32_t session, const struct wire_twcc_packet *p, uint32_t came_us)
{
	struct dp_twcc_out *o = &c->media->twcc->out[session];
	uint32_t *us = sent(c->media, session, p->seq);

	if (!us)
		return;
	if (p->came) {
		took(o, came_us - *us, c->now_ns);
		o->lost -= (*us & DP_TWCC_LOST) != 0;
		o->came++;
		dp_count(c, CTR_TWCC_CAME);
		*us = 0;
	} else if (!(*us & DP_TWCC_LOST)) {
		*us |= DP_TWCC_LOST;
		o->lost++;
		dp_count(c, CTR_TWCC_LOST);
	}
}

void dp_twcc_told(struct dp_core *c, uint32_t session, const struct wire_fb *fb, unsigned int *budget)
{
	struct wire_twcc_walk w = {0};
	struct wire_twcc_packet p;
	struct wire_twcc t;
	uint32_t at_us;

	if (!wire_twcc(fb, &t))
		return;
	dp_count(c, CTR_TWCC_RECEIVED);
	at_us = (uint32_t)t.ref * (uint32_t)(WIRE_TWCC_REF_NS / 1000);
	for (; *budget && wire_twcc_next(&t, &w, &p); --*budget) {
		at_us += (uint32_t)(p.delta * (int)(WIRE_TWCC_TICK_NS / 1000));
		one(c, session, &p, at_us);
	}
}
