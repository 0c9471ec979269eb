/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rings.c - packets from this CPU to the next one.
 *
 * This end is timed, from the first push until the far end has counted the
 * last packet, so that the slower of both ends decides, as it does for a flow that is handed over.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "dataplane/port.h"
#include "engine/shm/tap.h"
#include "perf/micro/micro.h"

#define FAR_LCORE 1
#define BURST     64 /* handoff_in takes so many at a time */
#define RING_SIZE 2048 /* the default of handoff-ring */
#define BUFFERS   4096
#define RECORD    64
#define SPIN_MAX  2000000000u

static struct {
	bool open;
	enum micro_ring kind;
	unsigned int n;
	struct rte_ring *ring;
	struct rte_mempool *pool;
	struct rte_mbuf *m[BUFFERS];
	struct shm_tap *tap;
	uint64_t tap_size;
	int tap_fd;
	_Atomic bool stop;
} ring;

static _Alignas(128) _Atomic uint64_t taken; /* the far end: rw */
static _Alignas(128) uint64_t full; /* times that this end had to wait */

/* --- the far end ------------------------------------------------------------- */

static unsigned int take_pointers(void)
{
	void *got[BURST];
	unsigned int n =
		rte_ring_sc_dequeue_burst(ring.ring, got, ring.kind == MICRO_RING_HANDOFF ? BURST : ring.n, NULL);

	/* what handoff_in does to find the edge */
	for (unsigned int i = 0; ring.kind != MICRO_RING_BARE && i < n; i++)
		dp_pkt(got[i])->stage++;
	return n;
}

static unsigned int take_records(void)
{
	enum shm_tap_type type;
	unsigned int n = 0;
	uint32_t len;
	int error;

	while (n < BURST && shm_tap_next(&ring.tap->ring[0], &type, &len, &error)) {
		shm_tap_release(&ring.tap->ring[0]);
		n++;
	}
	return n;
}

static int far_end(void *arg)
{
	uint64_t all = atomic_load_explicit(&taken, memory_order_relaxed);

	(void)arg;
	while (!atomic_load_explicit(&ring.stop, memory_order_relaxed)) {
		unsigned int n = ring.kind == MICRO_RING_TAP ? take_records() : take_pointers();

		if (n == 0) {
			rte_pause();
			continue;
		}
		all += n;
		/* release: pairs with the acquire of round's end */
		atomic_store_explicit(&taken, all, memory_order_release);
	}
	return 0;
}

/* --- this end ------------------------------------------------------------------ */

static unsigned int push_bulk(unsigned int at)
{
	for (unsigned int i = 0; ring.kind == MICRO_RING_TOUCHED && i < ring.n; i++)
		dp_pkt(ring.m[(at + i) % BUFFERS])->owner = FAR_LCORE;
	return rte_ring_sp_enqueue_bulk(ring.ring, (void **)&ring.m[at % BUFFERS], ring.n, NULL);
}

static unsigned int push_handoff(unsigned int at)
{
	unsigned int done = 0;

	for (; done < ring.n; done++) {
		struct rte_mbuf *m = ring.m[(at + done) % BUFFERS];

		dp_pkt(m)->owner = FAR_LCORE;
		if (rte_ring_sp_enqueue(ring.ring, m) != 0)
			break;
	}
	return done;
}

static unsigned int push_records(unsigned int at)
{
	unsigned int done = 0;

	for (; done < ring.n; done++) {
		uint8_t *room = shm_tap_reserve(&ring.tap->ring[0], SHM_TAP_PACKET, RECORD);

		if (!room)
			break;
		memset(room, (int)(at + done), RECORD);
		shm_tap_commit(&ring.tap->ring[0]);
	}
	return done;
}

static unsigned int push(unsigned int at)
{
	switch (ring.kind) {
	case MICRO_RING_BARE:
	case MICRO_RING_TOUCHED:
		return push_bulk(at);
	case MICRO_RING_HANDOFF:
		return push_handoff(at);
	default:
		return push_records(at);
	}
}

double micro_ring_round(void)
{
	uint64_t goal = atomic_load_explicit(&taken, memory_order_relaxed) + MICRO_RING_PACKETS;
	uint64_t t0 = rte_rdtsc_precise();
	unsigned int spins = 0;

	for (unsigned int at = 0; at < MICRO_RING_PACKETS;) {
		unsigned int done = push(at);

		at += done;
		if (done == ring.n)
			continue;
		full++;
		rte_pause();
	}
	while (atomic_load_explicit(&taken, memory_order_acquire) < goal) {
		rte_pause();
		if (++spins == SPIN_MAX)
			micro_die("the far end of the ring does not answer");
	}
	return (double)(rte_rdtsc_precise() - t0) / MICRO_RING_PACKETS;
}

/* --- set up ---------------------------------------------------------------------- */

static void make_packets(void)
{
	struct en_err err = {.text = ""};

	ring.ring = rte_ring_create("micro_handoff", RING_SIZE, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	ring.pool = dp_pool_mbuf_create("micro_packets", BUFFERS, 2048, DP_POOL_PORT, &err);
	if (!ring.ring || !ring.pool || rte_pktmbuf_alloc_bulk(ring.pool, ring.m, BUFFERS) != 0)
		micro_die("no memory for packets %s", err.text);
}

void micro_ring_open(enum micro_ring kind, unsigned int n)
{
	struct en_err err = {.text = ""};

	if (ring.open && ring.kind == kind && ring.n == n)
		return;
	micro_ring_close();
	micro_walk_close();
	micro_table_close();
	ring.kind = kind;
	ring.n = n;
	make_packets();
	ring.tap_fd = shm_tap_create(1, &ring.tap, &ring.tap_size, &err);
	if (ring.tap_fd < 0)
		micro_die("%s", err.text);
	atomic_store(&ring.stop, false);
	if (rte_eal_remote_launch(far_end, NULL, FAR_LCORE) != 0)
		micro_die("the second CPU does not start");
	ring.open = true;
}

void micro_ring_close(void)
{
	if (!ring.open)
		return;
	atomic_store(&ring.stop, true);
	rte_eal_wait_lcore(FAR_LCORE);
	rte_ring_free(ring.ring);
	rte_mempool_free(ring.pool);
	shm_tap_unmap(ring.tap, ring.tap_size);
	close(ring.tap_fd);
	ring.open = false;
}
