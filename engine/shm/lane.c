/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane.c - rings of messages in memory that the other side may scribble on.
 *
 * Runs on:   a ring's producer and its consumer, one thread each.
 * Invariants
 *   L1  the own index is private and only published; what is published is read
 *       once, when an end is taken over, and replaced when it makes no sense.
 *   L2  the other side's index is believed when it is at most SHM_LANE_SLOTS away from ours.
 *       Otherwise there is neither room nor a message, until it is sane again.
 *   L3  type and length of a slot are read once; what they bound is copied, and
 *       only the copy is looked at.
 *   L4  one shm_rx_take() passes over at most SHM_LANE_SLOTS messages: a producer that
 *       writes nonsense as fast as it can does not hold up the consumer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/consttime.h"
#include "engine/shm/lane.h"
#include "engine/shm/memfd.h"

#define SLOT_MASK (SHM_LANE_SLOTS - 1)

_Static_assert((SHM_LANE_SLOTS & SLOT_MASK) == 0, "indexes wrap at 2^32");
_Static_assert(offsetof(struct shm_lanes, lane) % 128 == 0 && sizeof(struct shm_lane) % 128 == 0,
	       "indexes of different owners share no cache line");

/* --- the region ------------------------------------------------------------------ */

static uint64_t size_of(unsigned int lane_n)
{
	return offsetof(struct shm_lanes, lane) + (uint64_t)lane_n * sizeof(struct shm_lane);
}

int shm_lanes_create(unsigned int lane_n, uint32_t sessions, uint32_t tracks, uint32_t routes,
		     struct shm_lanes **ret_lanes, struct en_err *err)
{
	struct shm_lanes *l;
	void *map;
	int fd;

	if (lane_n == 0 || lane_n > SHM_LANES_MAX)
		return en_fail(err, -1, "there can be 1 to %d lanes, not %u", SHM_LANES_MAX, lane_n);
	fd = shm_memfd_create("turnpike-lanes", size_of(lane_n), &map, err);
	if (fd < 0)
		return -1;
	/* no more seals: one against writing would shut out the next control process */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) != 0) {
		en_fail(err, -1, "cannot seal the lanes: %s", strerror(errno));
		munmap(map, size_of(lane_n));
		close(fd);
		return -1;
	}
	l = map;
	l->head = (struct shm_lanes_head){
		.magic = SHM_LANES_MAGIC,
		.version = SHM_LANES_VERSION,
		.lane_n = lane_n,
		.slots = SHM_LANE_SLOTS,
		.size_msg = sizeof(struct shm_msg),
		.size = size_of(lane_n),
		.sessions = sessions,
		.tracks = tracks,
		.routes = routes,
	};
	*ret_lanes = l;
	return fd;
}

static int check_head(const struct shm_lanes_head *h, uint64_t size, struct en_err *err)
{
	if (h->magic != SHM_LANES_MAGIC)
		return en_fail(err, -1, "lanes refused: not Turnpike's (wrong magic)");
	if (h->version != SHM_LANES_VERSION || h->slots != SHM_LANE_SLOTS || h->size_msg != sizeof(struct shm_msg))
		return en_fail(err, -1, "lanes refused: the dataplane that runs is of another build");
	if (h->lane_n == 0 || h->lane_n > SHM_LANES_MAX || h->size != size_of(h->lane_n) || size < h->size)
		return en_fail(err, -1, "lanes refused: %llu bytes are not %u lanes", (unsigned long long)size,
			       h->lane_n);
	if (h->sessions > SHM_PLACES_MAX || h->tracks > SHM_PLACES_MAX || h->routes > SHM_PLACES_MAX)
		return en_fail(err, -1, "lanes refused: tables of more than %u places", SHM_PLACES_MAX);
	return 0;
}

struct shm_lanes *shm_lanes_open(int fd, struct shm_lanes_head *ret_head, struct en_err *err)
{
	struct shm_lanes_head head;
	struct shm_lanes *l;
	uint64_t size;
	void *map;

	if (shm_memfd_check(fd, size_of(1), "lanes", &size, err) != 0)
		return NULL;
	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head)) {
		en_fail(err, -1, "lanes refused: cannot read them");
		return NULL;
	}
	if (check_head(&head, size, err) != 0)
		return NULL;
	map = mmap(NULL, head.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		en_fail(err, -1, "cannot map the lanes: %s", strerror(errno));
		return NULL;
	}
	l = map;
	*ret_head = head;
	return l;
}

void shm_lanes_close(struct shm_lanes *l, unsigned int lane_n)
{
	if (l)
		munmap(l, size_of(lane_n));
}

/* --- indexes --------------------------------------------------------------------- */

static uint32_t load(const uint32_t *index)
{
	return __atomic_load_n(index, __ATOMIC_ACQUIRE); /* pairs with the other side's publish() */
}

static void publish(uint32_t *index, uint32_t value)
{
	__atomic_store_n(index, value, __ATOMIC_RELEASE); /* pairs with the other side's load() */
}

void shm_tx_init(struct shm_tx *tx, struct shm_ring *ring)
{
	uint32_t tail = load(&ring->tail);

	*tx = (struct shm_tx){.ring = ring, .head = load(&ring->head)};
	if (tx->head - tail > SHM_LANE_SLOTS) {
		tx->head = tail;
		tx->bad++;
		publish(&ring->head, tail);
	}
}

void shm_rx_init(struct shm_rx *rx, struct shm_ring *ring)
{
	*rx = (struct shm_rx){.ring = ring, .tail = load(&ring->tail)};
	if (load(&ring->head) - rx->tail > SHM_LANE_SLOTS) {
		rx->bad++;
		shm_rx_skip(rx);
	}
}

void shm_rx_skip(struct shm_rx *rx)
{
	rx->tail = load(&rx->ring->head);
	publish(&rx->ring->tail, rx->tail);
}

uint32_t shm_ring_used(const struct shm_ring *ring)
{
	uint32_t n = load(&ring->head) - load(&ring->tail);

	return n > SHM_LANE_SLOTS ? 0 : n;
}

/* Whatever the type: where its body begins. */
static void *body_of(struct shm_msg *m)
{
	return (uint8_t *)m + offsetof(struct shm_msg, session);
}

/* --- producer -------------------------------------------------------------------- */

/* NULL: no room. */
static struct shm_msg *reserve(struct shm_tx *tx)
{
	uint32_t used = tx->head - load(&tx->ring->tail);

	if (used < SHM_LANE_SLOTS)
		return &tx->ring->slot[tx->head & SLOT_MASK];
	if (used == SHM_LANE_SLOTS)
		tx->full++;
	else
		tx->bad++;
	return NULL;
}

static void commit(struct shm_tx *tx, struct shm_msg *slot, uint32_t type, uint32_t len)
{
	__atomic_store_n(&slot->type, type, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->len, len, __ATOMIC_RELAXED);
	publish(&tx->ring->head, ++tx->head);
	tx->sent++;
}

bool shm_tx_put(struct shm_tx *tx, uint32_t type, const void *body, uint32_t len)
{
	struct shm_msg *slot;

	if (len == 0 || len != shm_msg_body(type) || shm_msg_has_bytes(type)) {
		tx->bad++;
		return false;
	}
	slot = reserve(tx);
	if (!slot)
		return false;
	memcpy(body_of(slot), body, len);
	commit(tx, slot, type, len);
	return true;
}

bool shm_tx_put_packet(struct shm_tx *tx, uint32_t type, struct shm_handle session, const void *bytes, uint32_t len)
{
	return shm_tx_put_packet_at(tx, type, &(struct shm_msg_packet){.session = session, .len = len}, bytes);
}

bool shm_tx_put_packet_at(struct shm_tx *tx, uint32_t type, const struct shm_msg_packet *head, const void *bytes)
{
	uint32_t len = head->len;
	struct shm_msg *slot;

	if (len > SHM_PACKET_MAX || !shm_msg_has_bytes(type)) {
		tx->bad++;
		return false;
	}
	slot = reserve(tx);
	if (!slot)
		return false;
	slot->packet.head = *head;
	memcpy(slot->packet.bytes, bytes, len);
	commit(tx, slot, type, (uint32_t)sizeof(*head) + len);
	return true;
}

bool shm_tx_must_wake(struct shm_tx *tx)
{
	uint32_t *asleep = &tx->ring->asleep;

	/* full fence between our publish() and the look at `asleep`: pairs with shm_rx_sleep()'s */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(asleep, __ATOMIC_RELAXED) != 0 && __atomic_exchange_n(asleep, 0, __ATOMIC_RELAXED) != 0;
}

/* --- consumer -------------------------------------------------------------------- */

static uint32_t waiting(struct shm_rx *rx)
{
	uint32_t n = load(&rx->ring->head) - rx->tail;

	if (n <= SHM_LANE_SLOTS)
		return n;
	rx->bad++;
	return 0;
}

static bool copy_out(struct shm_msg *slot, bool up, struct shm_msg *ret_msg)
{
	uint32_t type = __atomic_load_n(&slot->type, __ATOMIC_RELAXED);
	uint32_t len = __atomic_load_n(&slot->len, __ATOMIC_RELAXED);

	if (!(shm_msg_way(type) & (up ? SHM_MSG_WAY_UP : SHM_MSG_WAY_DOWN)) || !shm_msg_len_fits(type, len))
		return false;
	ret_msg->type = type;
	ret_msg->len = len;
	memcpy(body_of(ret_msg), body_of(slot), len);
	if (type == SHM_MSG_KEYS)
		en_wipe(&slot->keys, sizeof(slot->keys));
	return shm_msg_is_sane(ret_msg);
}

bool shm_rx_take(struct shm_rx *rx, bool up, struct shm_msg *ret_msg)
{
	for (uint32_t n = waiting(rx); n > 0; n--) {
		bool fits = copy_out(&rx->ring->slot[rx->tail & SLOT_MASK], up, ret_msg);

		publish(&rx->ring->tail, ++rx->tail);
		if (fits) {
			rx->received++;
			return true;
		}
		rx->bad++;
	}
	return false;
}

bool shm_rx_sleep(struct shm_rx *rx)
{
	__atomic_store_n(&rx->ring->asleep, 1, __ATOMIC_RELAXED);
	/* full fence between the store and the look: pairs with shm_tx_must_wake()'s */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (waiting(rx) == 0)
		return true;
	shm_rx_awake(rx);
	return false;
}

void shm_rx_awake(struct shm_rx *rx)
{
	__atomic_store_n(&rx->ring->asleep, 0, __ATOMIC_RELAXED);
}
