/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane.h - the shared memory between control and dataplane: one lane a core.
 *
 *   memfd, made by the dataplane, handed out over the control socket (ctl.h):
 *   | struct shm_lanes: magic, version, sizes | lane 0 | lane 1 | ...
 *   lane: | up: struct shm_ring, slots | down: struct shm_ring, slots |
 *
 * A ring is single-producer, single-consumer, SHM_LANE_SLOTS slots of one
 * message each. Both sides keep their own index in private memory and only
 * publish it; the other side's is read, checked (never more than the ring
 * holds in between) and else ignored and counted: garbage there costs messages, nothing more.
 * A slot is copied out before anything in it is looked at.
 *
 * Waking: a consumer that is about to sleep stores `asleep` = 1, looks once
 * more, and sleeps on its descriptor (ctl.h); a producer that finds asleep exchanges it
 * for 0 and writes to it. A sleeping consumer is woken once.
 *
 * A new control process takes the rings over at the published indexes. What still waits going
 * down was carried out when the old one left (media/tell.c); what waits going up it passes
 * over (control/dp/attach.c), since RESYNC tells it everything.
 */
#ifndef SHM_LANE_H
#define SHM_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/log.h"
#include "engine/shm/msg.h"

#define SHM_LANES_MAGIC   UINT64_C(0x314e4c4b50544e54)
#define SHM_LANES_VERSION 1
#define SHM_LANE_SLOTS    2048 /* a power of two; data channels: 50 ms of 40 000 packets/s */
#define SHM_LANES_MAX     32 /* an ufrag names one of so many cores */
#define SHM_PLACES_MAX    (UINT32_C(1) << 20)

struct shm_ring {
	uint32_t head __attribute__((aligned(64))); /* producer: rw */
	uint32_t tail __attribute__((aligned(64))); /* consumer: rw */
	uint32_t asleep __attribute__((aligned(64))); /* consumer 1, producer 0 */
	struct shm_msg slot[SHM_LANE_SLOTS] __attribute__((aligned(64)));
};

struct shm_lane {
	struct shm_ring up, down;
};

/* What a reader has checked is its private copy of this: the page itself may change under it. */
struct shm_lanes_head {
	uint64_t magic;
	uint32_t version, lane_n, slots, size_msg; /* a build that disagrees is refused */
	uint64_t size;
	uint32_t sessions, tracks, routes; /* places in each core's tables */
	uint32_t zero;
};

struct shm_lanes {
	struct shm_lanes_head head; /* dp: written once */
	struct shm_lane lane[] __attribute__((aligned(128)));
};

/* A producer's and a consumer's private ends. Counters are the owner's own. */
struct shm_tx {
	struct shm_ring *ring;
	uint32_t head;
	uint64_t sent, full, bad; /* bad: the other side's index was garbage */
};

struct shm_rx {
	struct shm_ring *ring;
	uint32_t tail;
	uint64_t received, bad;
};

/* Dataplane: make, size, seal and map the memfd. The fd, or -1 with err. */
int shm_lanes_create(unsigned int lane_n, uint32_t sessions, uint32_t tracks, uint32_t routes,
		     struct shm_lanes **ret_lanes, struct en_err *err);
/* Control: map fd read-write (the fd stays the caller's) and check it; what was checked goes to *ret_head. NULL with
 * err. */
struct shm_lanes *shm_lanes_open(int fd, struct shm_lanes_head *ret_head, struct en_err *err);
/* lane_n: as made or checked; NULL is fine. */
void shm_lanes_close(struct shm_lanes *l, unsigned int lane_n);

/* Ends of a ring, going on at what is published there; where that makes no sense, with an empty ring. */
void shm_tx_init(struct shm_tx *tx, struct shm_ring *ring);
void shm_rx_init(struct shm_rx *rx, struct shm_ring *ring);
/* Forget everything that waits. */
void shm_rx_skip(struct shm_rx *rx);

/* Send a message of one body. False: the ring is full (counted), or it is none of msg.def's (bad). */
bool shm_tx_put(struct shm_tx *tx, uint32_t type, const void *body, uint32_t len);
/* PUNT or INJECT: false also when len > SHM_PACKET_MAX. */
bool shm_tx_put_packet(struct shm_tx *tx, uint32_t type, struct shm_handle session, const void *bytes, uint32_t len);
/* STUN or INJECT_TO: the head says the session, the length, and where. Likewise. */
bool shm_tx_put_packet_at(struct shm_tx *tx, uint32_t type, const struct shm_msg_packet *head, const void *bytes);
/* After putting: does the consumer sleep (then write to its descriptor; it is marked awake)? */
bool shm_tx_must_wake(struct shm_tx *tx);

/*
 * Take one message that goes this way (`up`) and has the form that msg.def
 * gives it (shm_msg_is_sane). What has not is passed over and counted.
 * False: nothing there. KEYS are wiped from the ring.
 */
bool shm_rx_take(struct shm_rx *rx, bool up, struct shm_msg *ret_msg);
/* About to sleep: true when there is nothing to take, and `asleep` is set. */
bool shm_rx_sleep(struct shm_rx *rx);
void shm_rx_awake(struct shm_rx *rx);

/* Messages that wait; 0 also when the other side's index is garbage. Any thread's guess. */
uint32_t shm_ring_used(const struct shm_ring *ring);

#endif
