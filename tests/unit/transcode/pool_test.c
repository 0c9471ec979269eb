/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pool_test.c - pipes on worker threads: what goes in comes out of its own pipe, and nothing of one that is gone; and
 * pipes of another kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
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

/* --- another kind ------------------------------------------------------------------ */

#define BURST 3

/* Once it was spoken to: BURST packets at each tick, each with the tick's number and its own. */
struct parrot {
	bool spoken_to;
	uint8_t tick;
};

static unsigned int parrots_gone; /* read when the threads are */
static unsigned int said;

static void parrot_put(void *pipe, const uint8_t *rtp, uint32_t len, uint64_t now_us)
{
	struct parrot *p = pipe;

	(void)now_us;
	p->spoken_to = len == 3 && memcmp(rtp, "hey", 3) == 0;
}

static void parrot_tick(void *pipe, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	struct parrot *p = pipe;

	(void)now_us;
	for (uint8_t i = 0; p->spoken_to && i < BURST; i++)
		emit(arg, (const uint8_t[]){p->tick, i}, 2);
	p->tick += p->spoken_to;
}

static void parrot_destroy(void *pipe)
{
	free(pipe);
	__atomic_add_fetch(&parrots_gone, 1, __ATOMIC_RELAXED);
}

static const struct cp_pool_kind parrot = {
	.put = parrot_put, .tick = parrot_tick, .destroy = parrot_destroy, .slow = true};

static void on_said(void *user, const uint8_t *rtp, uint32_t len)
{
	assert_ptr_equal(user, &said);
	assert_int_equal(len, 2);
	assert_int_equal(rtp[0], (uint8_t)(said / BURST));
	assert_int_equal(rtp[1], said % BURST);
	said++;
}

static void a_slow_kind_has_its_own_threads(void **state)
{
	uint64_t end = uv_hrtime() + UINT64_C(1000000) * WAIT_MS;
	struct cp_pool_stats s;
	uint32_t id[4];
	struct en_err err;

	(void)state;
	said = parrots_gone = 0;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cp_pool_create(&loop, 2, on_said, &pool, &err), 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(cp_pool_run(pool, &parrot, calloc(1, sizeof(struct parrot)), &said, &id[i], &err), 0);
	cp_pool_put(pool, id[0], (const uint8_t *)"hey", 3);
	while (said < 4 * BURST) {
		assert_true(uv_hrtime() < end);
		uv_run(&loop, UV_RUN_ONCE);
	}
	cp_pool_remove(pool, id[0]);
	cp_pool_stats(pool, &s);
	assert_int_equal(s.pipes, 3);
	assert_int_equal(s.threads, 2);
	close_pool();
	assert_int_equal(parrots_gone, 4);
}

/* What a pipe has come to is told once a second, to whoever asks for its number, and while it is there. */
static void measures_are_told(void **state)
{
	struct cp_pipe_config c = config(1000);
	const struct cp_pool_measure *m = NULL;
	uint64_t end = uv_hrtime() + UINT64_C(1000000) * WAIT_MS;
	struct cp_pool_stats s;
	struct en_err err;

	(void)state;
	open_pool(1);
	assert_int_equal(cp_pool_add(pool, &c, &came[0], &pipe_of[0], &err), 0);
	assert_null(cp_pool_measure(pool, pipe_of[0]));
	assert_null(cp_pool_measure(pool, 0));
	for (uint16_t seq = 0; !m || m->spoken_ms < 1000; seq++) {
		const struct timespec pause = {.tv_nsec = 20000000};

		assert_true(uv_hrtime() < end);
		if (seq % 10 != 5)
			say(pipe_of[0], seq);
		nanosleep(&pause, NULL);
		uv_run(&loop, UV_RUN_NOWAIT);
		m = cp_pool_measure(pool, pipe_of[0]);
	}
	assert_true(m->is_sound);
	assert_true(m->cpu_us > 0 && m->cpu_us < 1000000);
	assert_true(m->concealed_ms >= 40 && m->concealed_ms < m->spoken_ms);
	assert_int_equal(m->sound.rate, 8000);
	assert_true(m->sound.packets_in > 0 && m->sound.packets_out > 0);
	cp_pool_stats(pool, &s);
	assert_int_equal(s.cpu_us, m->cpu_us);
	assert_int_equal(s.spoken_ms, m->spoken_ms);
	cp_pool_remove(pool, pipe_of[0]);
	assert_null(cp_pool_measure(pool, pipe_of[0]));
	close_pool();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_its_own),      cmocka_unit_test(a_number_is_not_soon_another_s),
		cmocka_unit_test(what_is_refused),   cmocka_unit_test(a_slow_kind_has_its_own_threads),
		cmocka_unit_test(measures_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
