/* SPDX-License-Identifier: BSD-3-Clause */
/* filter.h - does a frame match what a trace or capture asked for? */
#ifndef DP_FILTER_H
#define DP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/shm/ctl.h"

#define DP_FILTER_BYTES     192 /* of the frame are enough to decide */
#define DP_FILTER_PROTO_ARP 255 /* struct shm_filter.proto */

/*
 * bytes: the start of a frame (at_l3: of an IP packet), as many as there are
 * up to DP_FILTER_BYTES. Fields of the filter about drops and cores are the
 * caller's. What is too short or not IP matches only a filter that takes everything.
 */
bool dp_filter_match(const struct shm_filter *f, const void *bytes, size_t len, bool at_l3);

#endif
