/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names.c - the words for drops, counters and gauges, from their .def files.
 *
 * Invariants
 *   N1  one row an entry, in the order of the enum: the index is the value.
 *   N2  the short name of a drop is its identifier in lower case without
 *       "drop_", made by the compiler: nothing is listed twice.
 */
#include "engine/shm/region.h"

#define DROP_PREFIX_LEN (sizeof("DROP_") - 1)

/* Character i of the short name, 0 behind the end. */
#define RAW(s, i)     ((s)[(i) + DROP_PREFIX_LEN < sizeof(s) ? (i) + DROP_PREFIX_LEN : sizeof(s) - 1])
#define LOWER(s, i)   (char)(RAW(s, i) >= 'A' && RAW(s, i) <= 'Z' ? RAW(s, i) + ('a' - 'A') : RAW(s, i))
#define LOWER4(s, i)  LOWER(s, i), LOWER(s, (i) + 1), LOWER(s, (i) + 2), LOWER(s, (i) + 3)
#define LOWER16(s, i) LOWER4(s, i), LOWER4(s, (i) + 4), LOWER4(s, (i) + 8), LOWER4(s, (i) + 12)

#define SHORT_MAX 33

#define DROP(id, node, text)                                                                                           \
	_Static_assert(sizeof(#id) - DROP_PREFIX_LEN < SHORT_MAX, "short names hold 32 characters");
#include "engine/shm/drop.def"
#undef DROP

static const char drop_short[DROP_N][SHORT_MAX] = {
#define DROP(id, node, text) [id] = {LOWER16(#id, 0), LOWER16(#id, 16), 0},
#include "engine/shm/drop.def"
#undef DROP
};

const struct shm_name shm_drop_names[DROP_N] = {
#define DROP(drop, node, what) [drop] = {.id = #drop, .group = node, .name = drop_short[drop], .text = what},
#include "engine/shm/drop.def"
#undef DROP
};

const struct shm_name shm_counter_names[CTR_N] = {
#define COUNTER(ctr, dotted, unit, what) [ctr] = {.id = #ctr, .group = unit, .name = dotted, .text = what},
#include "engine/shm/counters.def"
#undef COUNTER
};

const struct shm_name shm_gauge_names[GAUGE_N] = {
#define GAUGE(gauge, dotted, what) [gauge] = {.id = #gauge, .group = "present", .name = dotted, .text = what},
#include "engine/shm/gauges.def"
#undef GAUGE
};
