/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap_test.c - the byte ring: order, wrap, loss, and hostile positions.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/shm/tap.h"

static struct en_err err;

struct fixture {
	struct shm_tap *tap;
	uint64_t size;
	int fd;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.fd = shm_tap_create(2, &f.tap, &f.size, &err);
	*state = &f;
	return f.fd < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	shm_tap_unmap(f->tap, f->size);
	close(f->fd);
	return 0;
}

static bool put(struct shm_tap_ring *r, uint32_t number, uint32_t len)
{
	uint8_t *p = shm_tap_reserve(r, SHM_TAP_PACKET, len);

	if (!p)
		return false;
	memset(p, (int)(number & 0xff), len);
	memcpy(p, &number, sizeof(number));
	shm_tap_commit(r);
	return true;
}

static void take(struct shm_tap_ring *r, uint32_t number, uint32_t len)
{
	enum shm_tap_type type;
	const uint8_t *p;
	uint32_t got_len, got;
	int error;

	p = shm_tap_next(r, &type, &got_len, &error);
	assert_int_equal(error, 0);
	assert_non_null(p);
	assert_int_equal(type, SHM_TAP_PACKET);
	assert_int_equal(got_len, (len + 7) & ~7u);
	memcpy(&got, p, sizeof(got));
	assert_int_equal(got, number);
	if (len > 4)
		assert_int_equal(p[len - 1], number & 0xff);
	shm_tap_release(r);
}

static void is_empty(struct shm_tap_ring *r)
{
	enum shm_tap_type type;
	uint32_t len;
	int error = 1;

	assert_null(shm_tap_next(r, &type, &len, &error));
	assert_int_equal(error, 0);
}

static void records_come_in_order_round_and_round(void **state)
{
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[1];
	uint32_t in = 0, out = 0;

	is_empty(r);
	while (atomic_load(&r->head) < 5 * (uint64_t)SHM_TAP_RING) {
		for (unsigned int burst = 0; burst < 7; burst++, in++)
			assert_true(put(r, in, 4 + in * 37 % 3000));
		for (; out < in; out++)
			take(r, out, 4 + out * 37 % 3000);
	}
	is_empty(r);
	assert_int_equal(r->lost, 0);
}

static void a_full_ring_loses_and_counts(void **state)
{
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];
	uint32_t in = 0;

	while (put(r, in, 1000))
		in++;
	assert_int_equal(in, SHM_TAP_RING / 1008);
	assert_int_equal(r->lost, 1);
	assert_false(put(r, in, 1000));
	assert_int_equal(r->lost, 2);
	for (uint32_t out = 0; out < in; out++)
		take(r, out, 1000);
	is_empty(r);
	assert_true(put(r, 1, 1000));
	take(r, 1, 1000);
}

static void records_larger_than_half_are_lost(void **state)
{
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];

	assert_null(shm_tap_reserve(r, SHM_TAP_PACKET, SHM_TAP_RING));
	assert_null(shm_tap_reserve(r, SHM_TAP_PACKET, UINT32_MAX));
	assert_int_equal(r->lost, 2);
}

/* The consumer scribbles over every position: the worker stays inside. */
static void hostile_positions_do_not_move_the_producer_out(void **state)
{
	static const uint64_t evil[] = {0,
					1,
					7,
					8,
					SHM_TAP_RING - 8,
					SHM_TAP_RING - 1,
					SHM_TAP_RING,
					SHM_TAP_RING + 1,
					UINT64_MAX,
					UINT64_MAX - 7,
					UINT64_C(1) << 63,
					12345678901};
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];
	const size_t n = sizeof(evil) / sizeof(evil[0]);

	for (size_t h = 0; h < n; h++) {
		for (size_t t = 0; t < n; t++) {
			uint8_t *p;

			atomic_store(&r->head, evil[h]);
			atomic_store(&r->tail, evil[t]);
			r->reserved = evil[(h + t) % n];
			p = shm_tap_reserve(r, SHM_TAP_PACKET, 5000);
			if (!p)
				continue;
			assert_true(p >= r->data && p + 5000 <= r->data + SHM_TAP_RING);
			shm_tap_commit(r);
		}
	}
}

static void hostile_positions_are_reported_to_the_consumer(void **state)
{
	static const uint64_t evil[] = {1, 4, 7, SHM_TAP_RING + 8, UINT64_MAX, UINT64_C(1) << 63};
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		enum shm_tap_type type;
		uint32_t len;
		int error = 0;

		atomic_store(&r->head, evil[i]);
		assert_null(shm_tap_next(r, &type, &len, &error));
		assert_int_equal(error, -EBADMSG);
	}
}

static void hostile_records_are_reported(void **state)
{
	static const struct shm_tap_record evil[] = {
		{0, SHM_TAP_PACKET},
		{7, SHM_TAP_PACKET},
		{4, SHM_TAP_PACKET},
		{12, SHM_TAP_PACKET},
		{72, SHM_TAP_PACKET},
		{UINT32_MAX - 7, SHM_TAP_PAD},
		{16, 0},
		{16, 99},
		{72, SHM_TAP_PAD},
		{0, SHM_TAP_PAD},
	};
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];

	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		enum shm_tap_type type;
		uint32_t len;
		int error = 0;

		atomic_store(&r->tail, 0);
		atomic_store(&r->head, 64);
		memcpy(r->data, &evil[i], sizeof(evil[i]));
		assert_null(shm_tap_next(r, &type, &len, &error));
		assert_int_equal(error, -EBADMSG);
	}
}

/* A record that would run over the end of the ring although head allows it. */
static void a_record_never_wraps(void **state)
{
	const struct shm_tap_record evil = {64, SHM_TAP_PACKET};
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];
	enum shm_tap_type type;
	uint32_t len;
	int error = 0;

	atomic_store(&r->tail, SHM_TAP_RING - 16);
	atomic_store(&r->head, SHM_TAP_RING + 64);
	memcpy(r->data + SHM_TAP_RING - 16, &evil, sizeof(evil));
	assert_null(shm_tap_next(r, &type, &len, &error));
	assert_int_equal(error, -EBADMSG);
}

#define THREAD_RECORDS 200000u

static void *produce(void *arg)
{
	struct shm_tap_ring *r = arg;

	for (uint32_t i = 0; i < THREAD_RECORDS; i++)
		put(r, i, 4 + i % 900);
	return NULL;
}

/* Numbers only rise, bytes are whole, and what is missing was counted. */
static void producer_and_consumer_run_together(void **state)
{
	struct shm_tap_ring *r = &((struct fixture *)*state)->tap->ring[0];
	uint64_t seen = 0;
	int64_t last = -1;
	pthread_t thread;
	bool joined = false;

	assert_int_equal(pthread_create(&thread, NULL, produce, r), 0);
	for (;;) {
		enum shm_tap_type type;
		uint32_t len, number;
		int error;
		const uint8_t *p = shm_tap_next(r, &type, &len, &error);

		assert_int_equal(error, 0);
		if (!p && joined)
			break;
		if (!p) {
			if (seen + shm_load(&r->lost) == THREAD_RECORDS) {
				pthread_join(thread, NULL);
				joined = true;
			}
			continue;
		}
		memcpy(&number, p, sizeof(number));
		assert_true((int64_t)number > last);
		last = number;
		assert_int_equal(len, (4 + number % 900 + 7) & ~7u);
		if (number % 900)
			assert_int_equal(p[4 + number % 900 - 1], number & 0xff);
		shm_tap_release(r);
		seen++;
	}
	assert_int_equal(seen + r->lost, THREAD_RECORDS);
}

static void the_consumer_maps_the_same(void **state)
{
	struct fixture *f = *state;
	struct shm_tap *other;
	uint64_t size;

	other = shm_tap_open(f->fd, &size, &err);
	assert_non_null(other);
	assert_int_equal(size, f->size);
	assert_true(put(&f->tap->ring[1], 9, 100));
	take(&other->ring[1], 9, 100);
	is_empty(&f->tap->ring[1]);
	shm_tap_unmap(other, size);
}

static void hostile_taps_are_refused(void **state)
{
	struct fixture *f = *state;
	uint64_t size;
	int fd = memfd_create("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	f->tap->core_n = 3;
	assert_null(shm_tap_open(f->fd, &size, &err));
	f->tap->core_n = UINT32_MAX;
	assert_null(shm_tap_open(f->fd, &size, &err));
	f->tap->core_n = 2;
	f->tap->magic++;
	assert_null(shm_tap_open(f->fd, &size, &err));
	f->tap->magic--;
	f->tap->version++;
	assert_null(shm_tap_open(f->fd, &size, &err));
	assert_null(shm_tap_open(-1, &size, &err));
	assert_int_equal(ftruncate(fd, 64), 0);
	assert_null(shm_tap_open(fd, &size, &err)); /* may shrink */
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_null(shm_tap_open(fd, &size, &err)); /* too short */
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_come_in_order_round_and_round),
		TEST(a_full_ring_loses_and_counts),
		TEST(records_larger_than_half_are_lost),
		TEST(hostile_positions_do_not_move_the_producer_out),
		TEST(hostile_positions_are_reported_to_the_consumer),
		TEST(hostile_records_are_reported),
		TEST(a_record_never_wraps),
		TEST(producer_and_consumer_run_together),
		TEST(the_consumer_maps_the_same),
		TEST(hostile_taps_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
