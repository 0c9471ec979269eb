/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace_print.h - one packet's way through the graph, as text or JSON.
 */
#ifndef CMD_TRACE_PRINT_H
#define CMD_TRACE_PRINT_H

#include <stdio.h>

#include "engine/shm/region.h"
#include "engine/shm/tap.h"

#define TRACE_STEPS_MAX 32
#define TRACE_DROPPED   255 /* shm_tap_step.edge */
#define TRACE_CONSUMED  254

struct trace_packet {
	uint64_t id;
	uint64_t last_seen_ms; /* when its last step was read */
	unsigned int step_n;
	struct shm_tap_step step[TRACE_STEPS_MAX];
};

/* Steps sorted by time. number counts printed packets from 1. */
void trace_print_text(const struct shm_region *r, struct trace_packet *p, unsigned long long number, FILE *out);
void trace_print_json(const struct shm_region *r, struct trace_packet *p, FILE *out);

#endif
