/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.h - commands and packets that found their ring full, in order, bounded.
 *
 * Runs on:   the control loop.
 */
#ifndef CP_QUEUE_H
#define CP_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "engine/shm/lane.h"

#define CP_QUEUE_MAX   4096
#define CP_PACKETS_MAX 4096 /* at 1 200 bytes: 5 MB */

struct cp_queue {
	struct cp_queued *slot; /* made when first needed */
	uint32_t at, n;
};

/* Packets for sessions, in order. */
struct cp_packets {
	STAILQ_HEAD(, cp_packet) list;
	uint32_t n;
};

/* A message of one body that msg.def knows. False: full, or no memory. */
bool cp_queue_put(struct cp_queue *q, uint32_t type, const void *body, uint32_t len);
/* Into the ring, as many as it takes. How many. */
unsigned int cp_queue_flush(struct cp_queue *q, struct shm_tx *tx);
/* Wipes what is left. */
void cp_queue_fini(struct cp_queue *q);

/* Likewise. False: too many, too long, or no memory. */
bool cp_packets_put(struct cp_packets *q, struct shm_handle session, const void *bytes, uint32_t len);
unsigned int cp_packets_flush(struct cp_packets *q, struct shm_tx *tx);
void cp_packets_fini(struct cp_packets *q);

#endif
