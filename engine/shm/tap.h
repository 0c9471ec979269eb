/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap.h - packets and trace records on their way out of the workers.
 *
 * One memfd per tap: a header and one single-producer single-consumer byte
 * ring per core. The worker (producer) owns `head`, the command (consumer)
 * owns `tail`; free-running 64-bit positions. A record never wraps: a PAD
 * record fills the end. A full ring loses the record and counts it in `lost`.
 * Neither side trusts the other's position: both mask and clamp.
 */
#ifndef SHM_TAP_H
#define SHM_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/shm/region.h"

#define SHM_TAP_RING    (1u << 20) /* bytes a core */
#define SHM_TAP_TRACE   1u /* kind bits of the request */
#define SHM_TAP_PACKETS 2u /* packets as received and, for drops, as dropped */

enum shm_tap_type {
	SHM_TAP_PAD = 1,
	SHM_TAP_STEP, /* a node's decision: struct shm_tap_step */
	SHM_TAP_PACKET, /* struct shm_tap_packet, then caplen bytes */
};

struct shm_tap_record {
	uint32_t len; /* with this header, a multiple of 8 */
	uint32_t type; /* enum shm_tap_type */
};

struct shm_tap_step {
	uint64_t id; /* the packet: core << 48 | number */
	uint64_t wall_ns;
	uint8_t core;
	uint8_t node; /* index in region.node */
	uint8_t edge; /* index in region.node[node].edge; 255: dropped, 254: consumed */
	uint8_t zero;
	uint16_t drop; /* enum shm_drop when dropped */
	uint16_t text_len;
	char text[96]; /* what the node decided, in words; not NUL-terminated */
};

struct shm_tap_packet {
	uint64_t wall_ns;
	uint32_t len, caplen;
	uint8_t core;
	uint8_t port; /* region.port index, where it came in; 255 = made here */
	uint8_t direction; /* 0 received, 1 sent, 2 dropped */
	uint8_t zero;
	uint16_t drop; /* enum shm_drop when direction is 2 */
	uint16_t zero2;
};

struct shm_tap_ring {
	_Atomic uint64_t head; /* dp: rw, consumer: ro */
	uint64_t lost; /* dp: rw */
	uint64_t reserved; /* dp: rw, bytes that the next commit publishes */
	uint8_t pad0[104];
	_Atomic uint64_t tail; /* dp: ro, consumer: rw */
	uint64_t taken; /* consumer: rw, bytes that the next release gives back */
	uint8_t pad1[112];
	uint8_t data[SHM_TAP_RING];
};

_Static_assert(offsetof(struct shm_tap_ring, tail) == 128 && offsetof(struct shm_tap_ring, data) == 256,
	       "producer and consumer write different cache lines");

struct shm_tap {
	uint64_t magic;
	uint32_t version, core_n;
	_Atomic uint32_t done; /* hk: the count was reached or the tap ended */
	uint32_t zero;
	uint8_t pad[104];
	struct shm_tap_ring ring[];
};

/* Producer (worker): room for a record of `len` payload bytes, or NULL (lost
 * counted). Fill it, then commit. */
void *shm_tap_reserve(struct shm_tap_ring *r, enum shm_tap_type type, uint32_t len);
void shm_tap_commit(struct shm_tap_ring *r);

/* Consumer: next record (payload pointer and length, valid until released) or
 * NULL when empty; a corrupt ring gives -EBADMSG in *ret_error. */
const void *shm_tap_next(struct shm_tap_ring *r, enum shm_tap_type *ret_type, uint32_t *ret_len, int *ret_error);
void shm_tap_release(struct shm_tap_ring *r);

/* Dataplane: make a memfd for core_n rings (returns it, or -1 with err);
 * consumer: map it read-write (NULL with err when it is not a tap). */
int shm_tap_create(uint32_t core_n, struct shm_tap **ret_tap, uint64_t *ret_size, struct en_err *err);
struct shm_tap *shm_tap_open(int fd, uint64_t *ret_size, struct en_err *err);
void shm_tap_unmap(struct shm_tap *t, uint64_t size);

#endif
