/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap_fuzz.c - the tap ring with positions and records of an attacker, seen
 * from either side.
 *
 * The input is a program of 9-byte steps: an operation and a 64-bit operand.
 * Held besides memory safety: what is reserved or handed out lies inside the
 * ring, and reading ends.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytes.h"
#include "engine/shm/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void must_be_inside(const struct shm_tap_ring *r, const uint8_t *p, uint64_t len)
{
	must(p >= r->data && len <= SHM_TAP_RING && (uint64_t)(p - r->data) <= SHM_TAP_RING - len);
}

static void produce(struct shm_tap_ring *r, uint64_t operand)
{
	uint32_t len = (uint32_t)operand % (SHM_TAP_RING + 64);
	uint8_t *p = shm_tap_reserve(r, operand & 1 ? SHM_TAP_STEP : SHM_TAP_PACKET, len);

	if (!p)
		return;
	must_be_inside(r, p, len);
	memset(p, (int)len, len < 64 ? len : 64);
	if (len)
		p[len - 1] = 1;
	shm_tap_commit(r);
}

static void consume(struct shm_tap_ring *r)
{
	enum shm_tap_type type;
	uint64_t total = 0;
	const uint8_t *p;
	uint32_t len;
	int error;

	while ((p = shm_tap_next(r, &type, &len, &error)) != NULL) {
		must(type == SHM_TAP_STEP || type == SHM_TAP_PACKET);
		must_be_inside(r, p, len);
		shm_tap_release(r);
		total += len + sizeof(struct shm_tap_record);
		must(total <= SHM_TAP_RING);
	}
}

static void step(struct shm_tap_ring *r, uint8_t op, uint64_t operand)
{
	uint64_t at = operand % (SHM_TAP_RING / 8) * 8;
	const struct shm_tap_record rec = {.len = (uint32_t)(operand >> 32), .type = (uint32_t)(operand >> 20) & 7};

	switch (op % 6) {
	case 0:
		atomic_store(&r->head, operand);
		break;
	case 1:
		atomic_store(&r->tail, operand);
		break;
	case 2:
		r->reserved = r->taken = operand;
		break;
	case 3:
		memcpy(r->data + at, &rec, sizeof(rec));
		break;
	case 4:
		produce(r, operand);
		break;
	case 5:
		consume(r);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shm_tap_ring *ring;
	struct en_reader in = en_reader(data, size);

	if (!ring)
		ring = aligned_alloc(64, sizeof(*ring));
	must(ring != NULL);
	memset(ring, 0, offsetof(struct shm_tap_ring, data) + 4096);
	memset(ring->data + SHM_TAP_RING - 4096, 0, 4096);
	while (en_left(&in) >= 9) {
		uint8_t op = en_get8(&in);

		step(ring, op, en_get64(&in));
	}
	return 0;
}
