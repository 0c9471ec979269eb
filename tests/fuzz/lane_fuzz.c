/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane_fuzz.c - a ring with indexes, types and lengths of an attacker, seen from
 * either side and in either direction.
 *
 * The input is a program of steps: an operation and a 64-bit operand, and bytes for slots.
 * Held besides memory safety: what is handed out has the form that msg.h promises, goes
 * the right way, and one look at the ring ends.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/shm/lane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shm_ring *ring;
static struct shm_tx tx;
static struct shm_rx rx;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void must_end(const char *s, size_t cap)
{
	must(memchr(s, '\0', cap) != NULL);
}

/* What a reader relies on without a look of its own. */
static void must_be_sane(const struct shm_msg *m, bool up)
{
	must(m->type < SHM_MSG_N && shm_msg_name(m->type) != NULL);
	must(shm_msg_way(m->type) & (up ? SHM_MSG_WAY_UP : SHM_MSG_WAY_DOWN));
	if (shm_msg_has_bytes(m->type))
		must(m->packet.head.len <= SHM_PACKET_MAX && m->len == sizeof(m->packet.head) + m->packet.head.len);
	else
		must(m->len == shm_msg_body(m->type));
	if (m->type == SHM_MSG_SESSION) {
		must_end(m->session.ufrag, sizeof(m->session.ufrag));
		must_end(m->session.pwd, sizeof(m->session.pwd));
	} else if (m->type == SHM_MSG_TRACK) {
		must_end(m->track.mid, sizeof(m->track.mid));
		must(m->track.pt_n <= SHM_PTS_MAX && m->track.ssrc_n <= SHM_SSRCS_MAX);
	} else if (m->type == SHM_MSG_ROUTE) {
		must_end(m->route.mid, sizeof(m->route.mid));
		must(m->route.pt_n <= SHM_PTS_MAX);
	}
}

static void consume(bool up)
{
	struct shm_msg msg;

	for (unsigned int n = 0; shm_rx_take(&rx, up, &msg); n++) {
		must(n < SHM_LANE_SLOTS);
		must_be_sane(&msg, up);
	}
}

static void produce(uint64_t operand)
{
	static const uint8_t bytes[SHM_PACKET_MAX + 1];
	const struct shm_handle h = {.index = (uint32_t)operand, .generation = 1};
	uint32_t type = (uint32_t)(operand >> 32) & 31, len = (uint32_t)operand % (sizeof(bytes) + 1);

	shm_tx_put_packet(&tx, type, h, bytes, len);
	shm_tx_put(&tx, type, bytes, operand & 1 ? shm_msg_body(type) : len);
	(void)shm_tx_must_wake(&tx);
}

/* A message as the other side would write it, past its own library. */
static void forge(struct en_reader *in, uint64_t operand)
{
	uint32_t head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
	struct shm_msg *slot = &ring->slot[head % SHM_LANE_SLOTS];
	size_t n = (operand >> 32) % sizeof(*slot);
	const uint8_t *bytes;

	if (n > en_left(in))
		n = en_left(in);
	bytes = en_take(in, n);
	if (bytes)
		memcpy((uint8_t *)slot + 8, bytes, n < sizeof(*slot) - 8 ? n : sizeof(*slot) - 8);
	slot->type = (uint32_t)operand & 31;
	slot->len = operand & 64 ? shm_msg_body(slot->type) : (uint32_t)(operand >> 7) & 0xfff;
	ring->head = head + 1;
}

static void step(struct en_reader *in, uint8_t op, uint64_t operand)
{
	switch (op % 10) {
	case 0:
		ring->head = (uint32_t)operand;
		break;
	case 1:
		ring->tail = (uint32_t)operand;
		break;
	case 2:
		ring->asleep = (uint32_t)operand;
		break;
	case 3:
	case 4:
		forge(in, operand);
		break;
	case 5:
		produce(operand);
		break;
	case 6:
		consume(operand & 1);
		break;
	case 7:
		if (shm_rx_sleep(&rx))
			(void)shm_tx_must_wake(&tx);
		shm_rx_awake(&rx);
		break;
	case 8:
		shm_tx_init(&tx, ring);
		shm_rx_init(&rx, ring);
		must(shm_ring_used(ring) <= SHM_LANE_SLOTS);
		break;
	case 9:
		shm_rx_skip(&rx);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader in = en_reader(data, size);

	if (!ring)
		ring = aligned_alloc(64, sizeof(*ring));
	must(ring != NULL);
	/* slots keep what the input before left: as in life */
	ring->head = ring->tail = ring->asleep = 0;
	memset(ring->slot, 0, 4 * sizeof(ring->slot[0]));
	shm_tx_init(&tx, ring);
	shm_rx_init(&rx, ring);
	while (en_left(&in) >= 9) {
		uint8_t op = en_get8(&in);

		step(&in, op, en_get64(&in));
	}
	return 0;
}
