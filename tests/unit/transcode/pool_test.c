/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool_test.c - pipes on worker threads: what goes in comes out of its own pipe, and nothing of one that is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <errno.h>
#include <cmocka.h>

#include "control/transcode/pool.h"
#include "engine/wire/rtp.h"

#define PIPES   40
#define ENOUGH  10 /* packets of each */
#define WAIT_MS 20000

static uv_loop_t loop;
static struct cp_pool *pool;
static uint32_t pipe_of[PIPES];
static unsigned int came[PIPES];

static void on_out(void *user, const uint8_t *rtp, uint32_t len)
{
	const unsigned int *mine = user;
	struct wire_rtp h;

	assert_true(wire_rtp_parse(rtp, len, &h));
	assert_int_equal(h.pt, 8);
	assert_int_equal(h.payload_len, 160);
	assert_int_equal(h.ssrc, 1000 + (mine - came));
	came[mine - came]++;
}

static struct cp_pipe_config config(uint32_t ssrc)
{
	return (struct cp_pipe_config){
		.in_n = 1,
		.in = {{.codec = {.kind = CP_CODEC_PCMU, .clock = 8000, .channels = 1}, .pt = 0}},
		.out = {.codec = {.kind = CP_CODEC_PCMA, .clock = 8000, .channels = 1}, .pt = 8},
		.in_event_pt = -1,
		.out_event_pt = -1,
		.ssrc = ssrc,
	};
}

static void open_pool(unsigned int threads)
{
	struct en_err err;

	memset(came, 0, sizeof(came));
	memset(pipe_of, 0, sizeof(pipe_of));
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cp_pool_create(&loop, threads, on_out, &pool, &err), 0);
}

static void close_pool(void)
{
	cp_pool_destroy(pool);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void say(uint32_t pipe, uint16_t seq)
{
	uint8_t packet[WIRE_RTP_HDR_LEN + 160];
	const struct wire_rtp h = {.seq = seq, .ts = seq * 160u, .ssrc = 7};

	wire_rtp_build(packet, &h);
	memset(packet + WIRE_RTP_HDR_LEN, seq, 160);
	cp_pool_put(pool, pipe, packet, sizeof(packet));
}

static bool all_have(unsigned int from, unsigned int n)
{
	for (unsigned int i = from; i < PIPES; i++)
		if (came[i] < n)
			return false;
	return true;
}

/* Turns of the loop with a packet for each pipe between, until it holds. */
static void run_until(unsigned int from, unsigned int n)
{
	uint64_t end = uv_hrtime() + UINT64_C(1000000) * WAIT_MS;
	static uint16_t seq;

	while (!all_have(from, n)) {
		const struct timespec pause = {.tv_nsec = 20000000};

		assert_true(uv_hrtime() < end);
		for (unsigned int i = 0; i < PIPES; i++)
			say(pipe_of[i], seq);
		seq++;
		nanosleep(&pause, NULL); /* the beat of a sender */
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void each_its_own(void **state)
{
	struct cp_pool_stats s;
	struct en_err err;

	(void)state;
	open_pool(3);
	for (unsigned int i = 0; i < PIPES; i++) {
		struct cp_pipe_config c = config(1000 + i);

		assert_int_equal(cp_pool_add(pool, &c, &came[i], &pipe_of[i], &err), 0);
		assert_int_not_equal(pipe_of[i], 0);
	}
	run_until(0, ENOUGH);
	cp_pool_stats(pool, &s);
	assert_int_equal(s.pipes, PIPES);
	assert_int_equal(s.threads, 3);
	assert_int_equal(s.lost, 0);
	assert_true(s.out >= PIPES * ENOUGH);
	/* half of them go: nothing of theirs is heard from then on, whatever was under way */
	for (unsigned int i = 0; i < PIPES / 2; i++) {
		cp_pool_remove(pool, pipe_of[i]);
		cp_pool_remove(pool, pipe_of[i]);
		came[i] = 0;
	}
	run_until(PIPES / 2, 3 * ENOUGH);
	for (unsigned int i = 0; i < PIPES / 2; i++)
		assert_int_equal(came[i], 0);
	cp_pool_stats(pool, &s);
	assert_int_equal(s.pipes, PIPES / 2);
	close_pool(); /* the others end with it */
}

static void a_number_is_not_soon_another_s(void **state)
{
	struct cp_pipe_config c = config(1);
	uint32_t first, pipe;
	struct en_err err;

	(void)state;
	open_pool(1);
	assert_int_equal(cp_pool_add(pool, &c, &came[0], &first, &err), 0);
	cp_pool_remove(pool, first);
	for (unsigned int i = 0; i < 200; i++) {
		assert_int_equal(cp_pool_add(pool, &c, &came[0], &pipe, &err), 0);
		assert_int_not_equal(pipe, first);
		cp_pool_remove(pool, pipe);
	}
	say(first, 1);
	say(0, 1);
	say(UINT32_MAX, 1);
	cp_pool_remove(pool, 0);
	cp_pool_remove(pool, UINT32_MAX);
	close_pool();
}

static void what_is_refused(void **state)
{
	struct cp_pipe_config c = config(1);
	uint32_t pipe;
	struct en_err err;

	(void)state;
	open_pool(1);
	c.in_n = 0;
	assert_int_equal(cp_pool_add(pool, &c, &came[0], &pipe, &err), -EINVAL);
	assert_true(strlen(err.text) > 10);
	close_pool();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_its_own),
		cmocka_unit_test(a_number_is_not_soon_another_s),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
