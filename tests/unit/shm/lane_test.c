/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane_test.c - rings of messages: order, forms, room, waking, and a far side that lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "engine/shm/lane.h"
#include "engine/shm/memfd.h"

static struct en_err err;

struct fixture {
	struct shm_lanes *dp, *cp; /* the same pages, mapped twice */
	struct shm_lanes_head head;
	int fd;
	struct shm_tx up_tx, down_tx;
	struct shm_rx up_rx, down_rx;
};
static struct fixture f;

static void take_ends(void)
{
	shm_tx_init(&f.up_tx, &f.dp->lane[1].up);
	shm_rx_init(&f.up_rx, &f.cp->lane[1].up);
	shm_tx_init(&f.down_tx, &f.cp->lane[1].down);
	shm_rx_init(&f.down_rx, &f.dp->lane[1].down);
}

static int set_up(void **state)
{
	(void)state;
	f.fd = shm_lanes_create(2, 16, 32, 64, &f.dp, &err);
	if (f.fd < 0)
		return -1;
	f.cp = shm_lanes_open(f.fd, &f.head, &err);
	if (!f.cp)
		return -1;
	take_ends();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shm_lanes_close(f.cp, 2);
	shm_lanes_close(f.dp, 2);
	close(f.fd);
	return 0;
}

/* --- the region ---------------------------------------------------------------------- */

static void sizes_are_told(void **state)
{
	(void)state;
	assert_int_equal(f.head.lane_n, 2);
	assert_int_equal(f.head.sessions, 16);
	assert_int_equal(f.head.tracks, 32);
	assert_int_equal(f.head.routes, 64);
}

static void refuses(void)
{
	struct shm_lanes_head head;

	err.text[0] = '\0';
	assert_null(shm_lanes_open(f.fd, &head, &err));
	assert_non_null(strstr(err.text, "refused"));
}

static void a_head_that_lies_is_refused(void **state)
{
	struct shm_lanes_head good = f.dp->head;

	(void)state;
#define LIE(member, value)                                                                                             \
	do {                                                                                                           \
		f.dp->head.member = (value);                                                                           \
		refuses();                                                                                             \
		f.dp->head = good;                                                                                     \
	} while (0)
	LIE(magic, 1);
	LIE(version, SHM_LANES_VERSION + 1);
	LIE(slots, 2 * SHM_LANE_SLOTS);
	LIE(size_msg, sizeof(struct shm_msg) - 8);
	LIE(lane_n, 0);
	LIE(lane_n, 3);
	LIE(lane_n, SHM_LANES_MAX + 1);
	LIE(lane_n, UINT32_MAX);
	LIE(size, UINT64_MAX);
	LIE(sessions, SHM_PLACES_MAX + 1);
	LIE(tracks, UINT32_MAX);
	LIE(routes, UINT32_MAX);
#undef LIE
	/* more lanes, and the size that goes with them: the file is smaller */
	f.dp->head.lane_n = 3;
	f.dp->head.size += sizeof(struct shm_lane);
	refuses();
}

static void what_may_shrink_is_refused(void **state)
{
	int own = f.fd;

	(void)state;
	f.fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(f.fd, (off_t)f.dp->head.size), 0);
	refuses();
	close(f.fd);
	f.fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	refuses();
	close(f.fd);
	f.fd = own;
}

static void nobody_can_seal_it_further(void **state)
{
	(void)state;
	assert_int_equal(fcntl(f.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(f.fd, 0), -1);
}

/* --- messages ------------------------------------------------------------------------ */

static bool put(struct shm_tx *tx, uint32_t number)
{
	const struct shm_msg_end m = {.what = {.index = number, .generation = 1}};

	return shm_tx_put(tx, SHM_MSG_KEYFRAME, &m, sizeof(m));
}

static void expect(struct shm_rx *rx, uint32_t number)
{
	struct shm_msg msg;

	assert_true(shm_rx_take(rx, false, &msg));
	assert_int_equal(msg.type, SHM_MSG_KEYFRAME);
	assert_int_equal(msg.len, sizeof(msg.end));
	assert_int_equal(msg.end.what.index, number);
}

static void expect_nothing(struct shm_rx *rx, bool up)
{
	struct shm_msg msg;

	assert_false(shm_rx_take(rx, up, &msg));
}

static void messages_keep_their_order_over_the_wrap(void **state)
{
	uint32_t in = 0, out = 0;

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int i = 0; i < 100; i++)
			assert_true(put(&f.down_tx, in++));
		for (unsigned int i = 0; i < 100; i++)
			expect(&f.down_rx, out++);
		expect_nothing(&f.down_rx, false);
	}
	assert_int_equal(f.down_tx.sent, 5000);
	assert_int_equal(f.down_rx.received, 5000);
	assert_int_equal(f.down_rx.bad, 0);
}

static void a_full_ring_says_so(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SHM_LANE_SLOTS; i++)
		assert_true(put(&f.down_tx, i));
	assert_false(put(&f.down_tx, 1));
	assert_int_equal(f.down_tx.full, 1);
	assert_int_equal(shm_ring_used(&f.dp->lane[1].down), SHM_LANE_SLOTS);
	expect(&f.down_rx, 0);
	assert_true(put(&f.down_tx, SHM_LANE_SLOTS));
	assert_false(put(&f.down_tx, 1));
	for (uint32_t i = 1; i <= SHM_LANE_SLOTS; i++)
		expect(&f.down_rx, i);
	expect_nothing(&f.down_rx, false);
}

static bool put_any(struct shm_tx *tx, uint32_t type)
{
	const struct shm_msg zero = {0};

	if (shm_msg_has_bytes(type))
		return shm_tx_put_packet(tx, type, (struct shm_handle){.index = type, .generation = 9}, "abc", 3);
	return shm_tx_put(tx, type, &zero, shm_msg_body(type));
}

static void each_message_goes_its_way_only(void **state)
{
	struct shm_msg msg;

	(void)state;
	for (uint32_t type = 1; type < SHM_MSG_N; type++) {
		assert_non_null(shm_msg_name(type));
		assert_non_null(shm_msg_text(type));
		assert_true(put_any(&f.up_tx, type));
		assert_true(put_any(&f.down_tx, type));
		assert_int_equal(shm_rx_take(&f.up_rx, true, &msg), (shm_msg_way(type) & SHM_MSG_WAY_UP) != 0);
		assert_int_equal(shm_rx_take(&f.down_rx, false, &msg), (shm_msg_way(type) & SHM_MSG_WAY_DOWN) != 0);
		assert_int_equal(f.up_rx.received + f.up_rx.bad, type);
		assert_int_equal(f.down_rx.received + f.down_rx.bad, type);
	}
	assert_null(shm_msg_name(SHM_MSG_N));
	assert_null(shm_msg_name(SHM_MSG_NONE));
	assert_null(shm_msg_name(UINT32_MAX));
	assert_int_equal(shm_msg_body(UINT32_MAX), 0);
	assert_int_equal(shm_msg_way(UINT32_MAX), 0);
	assert_string_equal(shm_msg_name(SHM_MSG_SESSION_EVENT), "session_event");
}

static void packets_carry_their_bytes(void **state)
{
	const struct shm_handle session = {.index = 3, .generation = 7};
	uint8_t bytes[SHM_PACKET_MAX + 1];
	struct shm_msg msg;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	assert_false(shm_tx_put_packet(&f.up_tx, SHM_MSG_PUNT, session, bytes, SHM_PACKET_MAX + 1));
	assert_false(shm_tx_put_packet(&f.up_tx, SHM_MSG_LEVEL, session, bytes, 3));
	assert_int_equal(f.up_tx.bad, 2);
	for (uint32_t len = 0; len <= SHM_PACKET_MAX; len += 100) {
		assert_true(shm_tx_put_packet(&f.up_tx, SHM_MSG_PUNT, session, bytes, len));
		assert_true(shm_rx_take(&f.up_rx, true, &msg));
		assert_int_equal(msg.type, SHM_MSG_PUNT);
		assert_int_equal(msg.packet.head.len, len);
		assert_int_equal(msg.packet.head.session.index, 3);
		assert_int_equal(msg.packet.head.session.generation, 7);
		assert_memory_equal(msg.packet.bytes, bytes, len);
	}
}

static void only_whole_bodies_are_sent(void **state)
{
	const struct shm_msg body = {0};

	(void)state;
	for (uint32_t type = 0; type < SHM_MSG_N + 2; type++) {
		uint32_t len = shm_msg_body(type);

		assert_false(shm_tx_put(&f.down_tx, type, &body, len + 1));
		assert_false(shm_tx_put(&f.down_tx, type, &body, len ? len - 1 : 0));
		if (shm_msg_has_bytes(type))
			assert_false(shm_tx_put(&f.down_tx, type, &body, len));
	}
	assert_int_equal(shm_ring_used(&f.dp->lane[1].down), 0);
}

/* --- a producer that lies -------------------------------------------------------------- */

/* The next slot as a hostile producer writes it. */
static struct shm_msg *forge(struct shm_tx *tx, uint32_t type, uint32_t len)
{
	struct shm_msg *slot = &tx->ring->slot[tx->head % SHM_LANE_SLOTS];

	memset(slot, 0, sizeof(*slot));
	slot->type = type;
	slot->len = len;
	__atomic_store_n(&tx->ring->head, ++tx->head, __ATOMIC_RELEASE);
	return slot;
}

static void lengths_and_types_are_checked(void **state)
{
	const uint32_t lens[] = {0,        1,         8, 15, 17, 1000, SHM_PACKET_MAX + 17, sizeof(struct shm_msg),
				 1u << 20, UINT32_MAX};

	(void)state;
	for (uint32_t type = 0; type < SHM_MSG_N + 3; type++)
		for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
			if (lens[i] != shm_msg_body(type) && !shm_msg_has_bytes(type))
				forge(&f.down_tx, type, lens[i]);
	forge(&f.down_tx, SHM_MSG_INJECT, 15);
	forge(&f.down_tx, SHM_MSG_INJECT, sizeof(struct shm_msg_packet) + SHM_PACKET_MAX + 1);
	forge(&f.down_tx, UINT32_MAX, 16);
	put(&f.down_tx, 77);
	expect(&f.down_rx, 77);
	assert_int_equal(f.down_rx.received, 1);
	assert_int_equal(f.down_rx.bad, f.down_tx.head - 1);
}

static void is_passed_over(uint64_t n)
{
	expect_nothing(&f.down_rx, false);
	assert_int_equal(f.down_rx.bad, n);
}

static void forms_are_checked(void **state)
{
	struct shm_msg *slot;

	(void)state;
	memset(forge(&f.down_tx, SHM_MSG_SESSION, sizeof(slot->session))->session.ufrag, 'a', SHM_UFRAG_MAX);
	is_passed_over(1);
	memset(forge(&f.down_tx, SHM_MSG_SESSION, sizeof(slot->session))->session.pwd, 'a', SHM_PWD_MAX);
	is_passed_over(2);
	forge(&f.down_tx, SHM_MSG_SESSION, sizeof(slot->session))->session.remote.addr.family = 5;
	is_passed_over(3);
	memset(forge(&f.down_tx, SHM_MSG_TRACK, sizeof(slot->track))->track.mid, 'a', SHM_MID_MAX);
	is_passed_over(4);
	forge(&f.down_tx, SHM_MSG_TRACK, sizeof(slot->track))->track.pt_n = SHM_PTS_MAX + 1;
	is_passed_over(5);
	forge(&f.down_tx, SHM_MSG_TRACK, sizeof(slot->track))->track.ssrc_n = UINT32_MAX;
	is_passed_over(6);
	memset(forge(&f.down_tx, SHM_MSG_ROUTE, sizeof(slot->route))->route.mid, 'a', SHM_MID_MAX);
	is_passed_over(7);
	forge(&f.down_tx, SHM_MSG_ROUTE, sizeof(slot->route))->route.pt_n = SHM_PTS_MAX + 1;
	is_passed_over(8);
	forge(&f.down_tx, SHM_MSG_INJECT, sizeof(struct shm_msg_packet) + 10)->packet.head.len = 11;
	is_passed_over(9);
	forge(&f.down_tx, SHM_MSG_INJECT, sizeof(struct shm_msg_packet) + 10)->packet.head.len = UINT32_MAX;
	is_passed_over(10);
}

static void nonsense_holds_up_nobody(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SHM_LANE_SLOTS; i++)
		forge(&f.down_tx, UINT32_MAX, i);
	/* one call, and all of it is behind */
	is_passed_over(SHM_LANE_SLOTS);
	assert_int_equal(shm_ring_used(&f.dp->lane[1].down), 0);
}

static void garbage_indexes_cost_messages_only(void **state)
{
	const uint32_t garbage[] = {SHM_LANE_SLOTS + 1, 1u << 31, UINT32_MAX, 0x7fffffff};

	(void)state;
	put(&f.down_tx, 1);
	expect(&f.down_rx, 1);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		uint32_t good = f.down_tx.head;

		/* seen by the consumer */
		f.cp->lane[1].down.head = good + garbage[i];
		expect_nothing(&f.down_rx, false);
		assert_int_equal(f.down_rx.bad, i + 1);
		assert_true(shm_rx_sleep(&f.down_rx)); /* no busy loop */
		f.down_rx.bad--;
		f.cp->lane[1].down.head = good;
		/* and by the producer */
		f.dp->lane[1].down.tail = good + garbage[i] % (1u << 30) + 1;
		assert_false(put(&f.down_tx, 2));
		assert_int_equal(f.down_tx.bad, i + 1);
		assert_int_equal(shm_ring_used(&f.dp->lane[1].down), 0);
		f.dp->lane[1].down.tail = good;
		assert_true(put(&f.down_tx, 3));
		expect(&f.down_rx, 3);
	}
}

/* --- taking over ------------------------------------------------------------------------- */

static void a_new_side_goes_on_where_the_old_one_stopped(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		put(&f.down_tx, i);
	expect(&f.down_rx, 0);
	take_ends();
	put(&f.down_tx, 5);
	for (uint32_t i = 1; i <= 5; i++)
		expect(&f.down_rx, i);
	expect_nothing(&f.down_rx, false);
	put(&f.down_tx, 6);
	shm_rx_skip(&f.down_rx);
	expect_nothing(&f.down_rx, false);
	assert_int_equal(shm_ring_used(&f.dp->lane[1].down), 0);
}

static void indexes_left_in_disorder_are_put_right(void **state)
{
	(void)state;
	f.cp->lane[1].down.head = 5000;
	f.cp->lane[1].down.tail = 1;
	take_ends();
	assert_int_equal(f.down_tx.bad, 1);
	assert_true(put(&f.down_tx, 1));
	expect(&f.down_rx, 1);
	/* the other one first */
	f.cp->lane[1].down.head = 1;
	f.cp->lane[1].down.tail = 5000;
	shm_rx_init(&f.down_rx, &f.dp->lane[1].down);
	shm_tx_init(&f.down_tx, &f.cp->lane[1].down);
	assert_int_equal(f.down_rx.bad, 1);
	assert_true(put(&f.down_tx, 2));
	expect(&f.down_rx, 2);
}

static void keys_do_not_stay_in_the_ring(void **state)
{
	struct shm_msg_keys keys = {.session = {.index = 1, .generation = 1}, .profile = SHM_SRTP_GCM_128};
	const uint8_t *page = (const uint8_t *)f.dp;
	struct shm_msg msg;
	uint8_t secret[8];

	(void)state;
	en_random(secret, sizeof(secret));
	memcpy(keys.rx_key, secret, sizeof(secret));
	assert_true(shm_tx_put(&f.down_tx, SHM_MSG_KEYS, &keys, sizeof(keys)));
	assert_non_null(memmem(page, f.head.size, secret, sizeof(secret)));
	assert_true(shm_rx_take(&f.down_rx, false, &msg));
	assert_memory_equal(msg.keys.rx_key, secret, sizeof(secret));
	assert_null(memmem(page, f.head.size, secret, sizeof(secret)));
}

/* --- waking --------------------------------------------------------------------------------- */

static void a_sleeper_is_woken_once(void **state)
{
	(void)state;
	put(&f.down_tx, 1);
	assert_false(shm_tx_must_wake(&f.down_tx));
	assert_false(shm_rx_sleep(&f.down_rx));
	assert_false(shm_tx_must_wake(&f.down_tx));
	expect(&f.down_rx, 1);
	assert_true(shm_rx_sleep(&f.down_rx));
	put(&f.down_tx, 2);
	assert_true(shm_tx_must_wake(&f.down_tx));
	assert_false(shm_tx_must_wake(&f.down_tx));
	expect(&f.down_rx, 2);
	assert_true(shm_rx_sleep(&f.down_rx));
	shm_rx_awake(&f.down_rx);
	put(&f.down_tx, 3);
	assert_false(shm_tx_must_wake(&f.down_tx));
}

#define MANY 200000u
static int bell;

static void *produce(void *arg)
{
	const uint64_t one = 1;

	(void)arg;
	for (uint32_t i = 0; i < MANY;) {
		bool ok = put(&f.down_tx, i);

		if (shm_tx_must_wake(&f.down_tx))
			(void)!write(bell, &one, sizeof(one));
		if (ok)
			i++;
		else
			sched_yield();
		if (i % 97 == 0)
			sched_yield();
	}
	return NULL;
}

static void no_wake_up_is_lost(void **state)
{
	struct pollfd fd = {.events = POLLIN};
	uint32_t next = 0;
	pthread_t thread;
	uint64_t n;

	(void)state;
	bell = fd.fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(pthread_create(&thread, NULL, produce, NULL), 0);
	while (next < MANY) {
		struct shm_msg msg;

		while (shm_rx_take(&f.down_rx, false, &msg))
			assert_int_equal(msg.end.what.index, next++);
		if (next < MANY && shm_rx_sleep(&f.down_rx)) {
			/* a lost one would sleep for ever */
			assert_int_equal(poll(&fd, 1, 10000), 1);
			assert_int_equal(read(fd.fd, &n, sizeof(n)), sizeof(n));
			shm_rx_awake(&f.down_rx);
		}
	}
	pthread_join(thread, NULL);
	assert_int_equal(f.down_rx.bad, 0);
	close(bell);
}

#define lane_test(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		lane_test(sizes_are_told),
		lane_test(a_head_that_lies_is_refused),
		lane_test(what_may_shrink_is_refused),
		lane_test(nobody_can_seal_it_further),
		lane_test(messages_keep_their_order_over_the_wrap),
		lane_test(a_full_ring_says_so),
		lane_test(each_message_goes_its_way_only),
		lane_test(packets_carry_their_bytes),
		lane_test(only_whole_bodies_are_sent),
		lane_test(lengths_and_types_are_checked),
		lane_test(forms_are_checked),
		lane_test(nonsense_holds_up_nobody),
		lane_test(garbage_indexes_cost_messages_only),
		lane_test(a_new_side_goes_on_where_the_old_one_stopped),
		lane_test(indexes_left_in_disorder_are_put_right),
		lane_test(keys_do_not_stay_in_the_ring),
		lane_test(a_sleeper_is_woken_once),
		lane_test(no_wake_up_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
