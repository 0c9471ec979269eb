/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quota.h - allocations by subject over all cores, and in total.
 * The one structure of the TURN server that several cores write: touched when
 * an allocation is made or ends, never for data.
 */
#ifndef DP_TURN_QUOTA_H
#define DP_TURN_QUOTA_H

#include "dataplane/turn/turn.h"

/* Quotas of 0 mean none. */
int dp_quota_create(const struct conf_turn *c, struct dp_quota **ret_quota, struct en_err *err);
void dp_quota_destroy(struct dp_quota *q);
/* 0, or the error code: 486 (this subject's), 508 (the total, or the table is full). */
unsigned int dp_quota_take(struct dp_quota *q, uint64_t subject);
void dp_quota_release(struct dp_quota *q, uint64_t subject);
/* A port that the subject has used begins to rest, or is reserved for it; only while it holds an allocation. */
void dp_quota_idle(struct dp_quota *q, uint64_t subject);
/* That port is free again, or in use. */
void dp_quota_idle_end(struct dp_quota *q, uint64_t subject);

#endif
