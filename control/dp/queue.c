/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.c - commands and packets that found their ring full, in order, bounded.
 *
 * Runs on:   the control loop.
 * Invariants
 *   Q1  a body is wiped when it leaves: it may hold keys.
 */
#include <stdlib.h>
#include <string.h>

#include "control/dp/queue.h"
#include "engine/base/consttime.h"

struct cp_queued {
	uint32_t type, len;
	union {
		struct shm_msg_session session;
		struct shm_msg_end end;
		struct shm_msg_keys keys;
		struct shm_msg_track track;
		struct shm_msg_route route;
		struct shm_msg_resync resync;
	} body;
};

bool cp_queue_put(struct cp_queue *q, uint32_t type, const void *body, uint32_t len)
{
	struct cp_queued *slot;

	if (q->n == CP_QUEUE_MAX || len > sizeof(slot->body))
		return false;
	if (!q->slot)
		q->slot = calloc(CP_QUEUE_MAX, sizeof(*q->slot));
	if (!q->slot)
		return false;
	slot = &q->slot[(q->at + q->n++) % CP_QUEUE_MAX];
	slot->type = type;
	slot->len = len;
	memcpy(&slot->body, body, len);
	return true;
}

unsigned int cp_queue_flush(struct cp_queue *q, struct shm_tx *tx)
{
	unsigned int n = 0;

	for (; q->n > 0; n++) {
		struct cp_queued *slot = &q->slot[q->at];

		if (!shm_tx_put(tx, slot->type, &slot->body, slot->len))
			break;
		en_wipe(slot, sizeof(*slot));
		q->at = (q->at + 1) % CP_QUEUE_MAX;
		q->n--;
	}
	return n;
}

void cp_queue_fini(struct cp_queue *q)
{
	if (q->slot)
		en_wipe(q->slot, CP_QUEUE_MAX * sizeof(*q->slot));
	free(q->slot);
	*q = (struct cp_queue){0};
}

/* --- packets ----------------------------------------------------------------------- */

struct cp_packet {
	STAILQ_ENTRY(cp_packet) next;
	struct shm_handle session;
	uint32_t len;
	uint8_t bytes[];
};

bool cp_packets_put(struct cp_packets *q, struct shm_handle session, const void *bytes, uint32_t len)
{
	struct cp_packet *p = q->n < CP_PACKETS_MAX && len <= SHM_PACKET_MAX ? malloc(sizeof(*p) + len) : NULL;

	if (!p)
		return false;
	p->session = session;
	p->len = len;
	memcpy(p->bytes, bytes, len);
	if (q->n++ == 0)
		STAILQ_INIT(&q->list); /* its owner was made of zeros */
	STAILQ_INSERT_TAIL(&q->list, p, next);
	return true;
}

static void drop_first(struct cp_packets *q)
{
	struct cp_packet *p = STAILQ_FIRST(&q->list);

	STAILQ_REMOVE_HEAD(&q->list, next);
	q->n--;
	free(p);
}

unsigned int cp_packets_flush(struct cp_packets *q, struct shm_tx *tx)
{
	unsigned int n = 0;

	for (; q->n > 0; n++) {
		const struct cp_packet *p = STAILQ_FIRST(&q->list);

		if (!shm_tx_put_packet(tx, SHM_MSG_INJECT, p->session, p->bytes, p->len))
			break;
		drop_first(q);
	}
	return n;
}

void cp_packets_fini(struct cp_packets *q)
{
	while (q->n > 0)
		drop_first(q);
}
