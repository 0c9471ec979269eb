/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel.h - a hashed timer wheel over the slots of one pool.
 *
 * Time is counted in ticks of DP_TICK_MS, in 32 bits: 13.6 years of uptime. An
 * object has at most one timer. Re-arming to a later time only stores the
 * deadline: the object stays in its old slot and is moved when that slot comes
 * up (a refresh costs one store).
 */
#ifndef DP_WHEEL_H
#define DP_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/table/index.h"

#define DP_TICK_MS     100
#define DP_WHEEL_SLOTS 8192 /* 819 s; longer deadlines come round again */

static inline uint32_t dp_ticks(uint32_t seconds)
{
	return seconds * (1000 / DP_TICK_MS);
}

struct dp_wheel {
	uint32_t head[DP_WHEEL_SLOTS + 1]; /* the last: objects of a slot that is being worked off */
	uint32_t *next, *prev, *deadline; /* by object; deadline 0 = not armed */
	uint32_t size;
	uint32_t now; /* ticks, the last slot that was begun */
};

int dp_wheel_create(struct dp_wheel *w, const char *name, uint32_t size, uint32_t now, struct en_err *err);
void dp_wheel_destroy(struct dp_wheel *w);
/* Arm or re-arm; deadline > 0, in ticks. */
void dp_wheel_arm(struct dp_wheel *w, uint32_t idx, uint32_t deadline);
void dp_wheel_cancel(struct dp_wheel *w, uint32_t idx);
/* Work off what is due at `now`, touching at most `budget` objects (expired or
 * moved to a later slot); each expired object is disarmed before fn is called
 * (fn may re-arm it, or arm and cancel others). Returns how many were touched. */
unsigned int dp_wheel_advance(struct dp_wheel *w, uint32_t now, unsigned int budget,
			      void (*fn)(void *ctx, uint32_t idx), void *ctx);

#endif
