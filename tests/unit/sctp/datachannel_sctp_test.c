/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_sctp_test.c - two ends of data channels over real SCTP, joined by a line that loses packets.
 *
 *   end[0] (server) ── queue ──► end[1] (client)       run() carries packets and turns the loop
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/sctp/datachannel.h"
#include "engine/base/clock.h"

#define MS       UINT64_C(1000000)
#define CHANNELS 32
#define BIG      CP_DATA_MESSAGE_MAX
#define SERIALS  256

struct packet {
	STAILQ_ENTRY(packet) link;
	uint32_t len;
	uint8_t bytes[];
};

struct end {
	struct end *other;
	struct cp_data *data;
	STAILQ_HEAD(, packet) to_here;
	unsigned int up, opened, ready, messages, closed, down, writable, disorder, twice, wrong;
	struct cp_channel *last;
	uint64_t bytes;
	bool not_now, echo, destroy_on_message;
	bool seen[CP_SCTP_STREAMS][SERIALS];
	int highest[CP_SCTP_STREAMS];
};

static struct end end[2];
static uv_loop_t loop;
static struct cp_sctp_stack *stack;
static unsigned int loss_pm;
static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t chance(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20);
}

static void on_up(void *arg)
{
	((struct end *)arg)->up++;
}

static void on_opened(void *arg, struct cp_channel *c)
{
	struct end *e = arg;

	e->opened++;
	e->last = c;
}

static void on_ready(void *arg, struct cp_channel *c)
{
	(void)c;
	((struct end *)arg)->ready++;
}

/* The first byte is a serial, the rest follows from it; empty ones have none. */
static void check_message(struct end *e, struct cp_channel *c, const uint8_t *bytes, uint32_t len)
{
	uint16_t id = cp_channel_id(c);
	int serial = bytes[0];

	e->disorder += serial < e->highest[id];
	e->highest[id] = serial;
	e->twice += e->seen[id][serial];
	e->seen[id][serial] = true;
	for (uint32_t i = 1; i < len; i++)
		e->wrong += bytes[i] != (uint8_t)(serial + i);
}

static bool on_message(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;

	if (e->destroy_on_message) {
		cp_data_destroy(e->data);
		e->data = NULL;
		return true;
	}
	if (e->not_now)
		return false;
	e->messages++;
	e->bytes += len;
	if (len > 0)
		check_message(e, c, bytes, len);
	if (e->echo)
		e->wrong += cp_channel_send(c, binary, bytes, len) != 0;
	return true;
}

static void on_writable(void *arg, struct cp_channel *c)
{
	(void)c;
	((struct end *)arg)->writable++;
}

static void on_closed(void *arg, struct cp_channel *c)
{
	(void)c;
	((struct end *)arg)->closed++;
}

static void on_down(void *arg, const char *why)
{
	(void)why;
	((struct end *)arg)->down++;
}

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;
	struct packet *p;

	if (chance() % 1000 < loss_pm)
		return;
	p = malloc(sizeof(*p) + len);
	assert_non_null(p);
	p->len = len;
	memcpy(p->bytes, bytes, len);
	STAILQ_INSERT_TAIL(&e->other->to_here, p, link);
}

static const struct cp_data_events events = {
	.up = on_up,
	.opened = on_opened,
	.ready = on_ready,
	.message = on_message,
	.writable = on_writable,
	.closed = on_closed,
	.down = on_down,
	.output = on_output,
};

static bool turn(void)
{
	bool any = false;

	for (unsigned int i = 0; i < 2; i++) {
		struct packet *p;

		while ((p = STAILQ_FIRST(&end[i].to_here))) {
			STAILQ_REMOVE_HEAD(&end[i].to_here, link);
			if (end[i].data)
				cp_data_input(end[i].data, p->bytes, p->len);
			free(p);
			any = true;
		}
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	return any;
}

/* Until *what is at least `least`; false: it took more than `ms`. NULL: for so long. */
static bool run(const unsigned int *what, unsigned int least, unsigned int ms)
{
	const struct timespec nap = {.tv_nsec = 200000};
	uint64_t until = en_mono_ns() + ms * MS;

	while (!what || *what < least) {
		if (!turn())
			nanosleep(&nap, NULL);
		if (en_mono_ns() > until)
			return false;
	}
	return true;
}

/* Until nothing has come for so long. */
static void run_until_quiet(const struct end *e, unsigned int ms)
{
	while (run(&e->messages, e->messages + 1, ms))
		;
}

static void begin(unsigned int loss)
{
	const struct cp_sctp_limits sctp = {4, 1 << 20, 1 << 20, CP_DATA_MESSAGE_MAX};
	const struct cp_data_limits limits = {.channels = CHANNELS, .queue = 1 << 20};
	struct en_err err;

	memset(end, 0, sizeof(end));
	loss_pm = loss;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cp_sctp_stack_create(&loop, &sctp, &stack, &err), 0);
	for (unsigned int i = 0; i < 2; i++) {
		end[i].other = &end[!i];
		STAILQ_INIT(&end[i].to_here);
	}
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(
			cp_data_create(stack, i == 0, CP_SCTP_PORT, BIG, &limits, &events, &end[i], &end[i].data, &err),
			0);
	assert_true(run(&end[0].up, 1, 20000) && run(&end[1].up, 1, 20000));
}

static void finish(void)
{
	for (unsigned int i = 0; i < 2; i++)
		if (end[i].data)
			cp_data_destroy(end[i].data);
	for (unsigned int i = 0; i < 2; i++) {
		struct packet *p;

		while ((p = STAILQ_FIRST(&end[i].to_here))) {
			STAILQ_REMOVE_HEAD(&end[i].to_here, link);
			free(p);
		}
		assert_int_equal(end[i].wrong, 0);
	}
	assert_int_equal(cp_sctp_stack_count(stack), 0);
	cp_sctp_stack_destroy(stack);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static struct cp_channel *open_kind(struct end *e, bool unordered, enum cp_sctp_reliability kind, uint32_t value)
{
	struct cp_channel_config cfg = {
		.label = "x", .unordered = unordered, .reliability = kind, .value = value, .priority = 256};
	struct cp_channel *c;
	struct en_err err;

	assert_int_equal(cp_channel_open(e->data, &cfg, &c, &err), 0);
	return c;
}

static int send_one(struct cp_channel *c, uint8_t serial, uint32_t len)
{
	static uint8_t bytes[BIG];

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(serial + i);
	return cp_channel_send(c, serial & 1, bytes, len);
}

/* Both ends open all kinds; 60 messages each, and one empty each way; echoed by the other end. */
static void all_kinds(unsigned int loss)
{
	begin(loss);
	for (unsigned int from = 0; from < 2; from++) {
		struct end *e = &end[from], *o = &end[!from];

		for (unsigned int kind = 0; kind < 6; kind++) {
			struct cp_channel *c =
				open_kind(e, kind & 1, (enum cp_sctp_reliability)(kind / 2), kind / 2 == 2 ? 50 : 0);
			unsigned int n = o->messages;

			for (uint8_t i = 0; i < 60; i++)
				assert_int_equal(send_one(c, i, 1 + i * 37u), 0);
			assert_int_equal(cp_channel_send(c, kind & 1, NULL, 0), 0);
			if (kind < 2) {
				assert_true(run(&o->messages, n + 61, 30000));
				cp_channel_close(c);
			} else {
				run_until_quiet(o, loss ? 1500 : 200);
				/* one with a lifetime may lose most while SCTP waits for what was lost */
				assert_true(o->messages > n + (loss ? kind < 4 ? 40 : 5 : 60));
				cp_channel_close(c);
			}
			if (kind % 2 == 0)
				assert_int_equal(o->disorder, 0);
			o->disorder = 0;
			assert_true(run(&o->closed, kind + 1, 20000));
			assert_int_equal(o->opened, kind + 1);
			memset(o->seen, 0, sizeof(o->seen));
			memset(o->highest, 0, sizeof(o->highest));
		}
		assert_int_equal(o->twice, 0);
	}
	finish();
}

static void all_kinds_without_loss(void **state)
{
	(void)state;
	all_kinds(0);
}

static void all_kinds_with_loss(void **state)
{
	(void)state;
	all_kinds(50);
}

static void the_biggest_message_and_one_byte_more(void **state)
{
	struct cp_channel *c;

	(void)state;
	begin(10);
	end[1].echo = true;
	c = open_kind(&end[0], false, CP_SCTP_RELIABLE, 0);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(send_one(c, i, BIG), 0);
	assert_int_equal(cp_channel_send(c, true, (const uint8_t *)"", BIG + 1), -EMSGSIZE);
	assert_true(run(&end[0].messages, 3, 30000));
	assert_int_equal(end[0].bytes, 3 * BIG);
	finish();
}

static void a_receiver_that_does_not_read(void **state)
{
	struct cp_channel *c;
	unsigned int sent = 0, fast = 0;

	(void)state;
	begin(0);
	end[1].not_now = true;
	c = open_kind(&end[0], false, CP_SCTP_RELIABLE, 0);
	assert_true(run(&end[0].ready, 1, 5000));
	while (sent < SERIALS) {
		int rc = send_one(c, (uint8_t)sent, 50000);

		if (rc == -EAGAIN && ++fast > 20)
			break;
		if (rc == 0)
			sent++;
		run(NULL, 0, 5);
	}
	assert_true(fast > 20 && sent < 100); /* two buffers of SCTP, one queue, and it is full */
	assert_int_equal(end[1].messages, 0);
	assert_int_equal(end[0].down + end[1].down, 0);
	end[1].not_now = false;
	cp_data_resume(end[1].data);
	assert_true(run(&end[1].messages, sent, 30000));
	assert_true(end[0].writable >= 1);
	assert_int_equal(end[1].disorder + end[1].twice, 0);
	finish();
}

/* C1 under loss: ids are used again, and nothing of an earlier channel is seen in a later one. */
static void open_and_close(unsigned int rounds, unsigned int loss)
{
	begin(loss);
	for (unsigned int i = 0; i < rounds; i++) {
		struct end *e = &end[i & 1], *o = &end[!(i & 1)];
		unsigned int closed = o->closed, messages = o->messages;
		struct cp_channel *c = open_kind(e, false, CP_SCTP_RELIABLE, 0);

		assert_int_equal(send_one(c, (uint8_t)i, 20), 0);
		if (i % 3 == 0)
			assert_true(run(&o->messages, messages + 1, 30000));
		cp_channel_close(c);
		assert_true(run(&o->closed, closed + 1, 30000));
		assert_int_equal(o->messages, messages + 1);
		memset(o->seen, 0, sizeof(o->seen));
	}
	assert_int_equal(end[0].opened + end[1].opened, rounds);
	for (unsigned int i = 0; i < 2; i++) {
		struct cp_data_stats s;

		cp_data_stats(end[i].data, &s);
		assert_int_equal(s.refused, 0);
		assert_int_equal(s.channels, 0);
	}
	finish();
}

static void ids_are_used_again(void **state)
{
	(void)state;
	open_and_close(200, 0);
	open_and_close(10, 50);
}

/* Messages of many packets, given up or not, leave nothing behind that would keep their stream from being reset. */
static void what_is_given_up_half_sent_closes_too(void **state)
{
	(void)state;
	begin(50);
	for (unsigned int round = 0; round < 12; round++) {
		bool lifetime = round % 4 == 3;
		struct cp_channel *c = open_kind(&end[0], round & 1, lifetime ? CP_SCTP_LIFETIME : CP_SCTP_RETRANSMITS,
						 lifetime ? 50 : 0);

		for (uint8_t i = 0; i < 3; i++)
			assert_int_equal(send_one(c, i, 30000), 0);
		run(NULL, 0, 100 * (round % 3));
		cp_channel_close(c);
		assert_true(run(&end[1].closed, round + 1, 30000));
		memset(end[1].seen, 0, sizeof(end[1].seen));
		memset(end[1].highest, 0, sizeof(end[1].highest));
	}
	finish();
}

/* One reset is under way at a time: SCTP says -EAGAIN to the others. DATACHANNEL_ROUNDS=3125 makes 100 000 channels. */
static void many_close_at_once(void **state)
{
	const char *more = getenv("DATACHANNEL_ROUNDS");
	unsigned int rounds = more ? (unsigned int)atoi(more) : 20;
	struct cp_channel *c[CHANNELS];
	size_t before = 0;

	(void)state;
	begin(0);
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < CHANNELS; i++)
			c[i] = open_kind(&end[0], i & 1, CP_SCTP_RELIABLE, 0);
		assert_true(run(&end[0].ready, CHANNELS * (round + 1), 20000));
		for (unsigned int i = 0; i < CHANNELS; i++)
			cp_channel_close(c[i]);
		assert_true(run(&end[1].closed, CHANNELS * (round + 1), 20000));
		if (round == rounds / 2)
			before = mallinfo2().uordblks;
	}
	run(NULL, 0, 500);
	assert_int_equal(cp_channel_id(open_kind(&end[0], false, CP_SCTP_RELIABLE, 0)), 1);
	if (more)
		print_message("%u channels; heap %+ld bytes over the second half\n", rounds * CHANNELS,
			      (long)(mallinfo2().uordblks - before));
	finish();
}

static void destroyed_from_within_a_message(void **state)
{
	(void)state;
	begin(0);
	end[1].destroy_on_message = true;
	assert_int_equal(send_one(open_kind(&end[0], false, CP_SCTP_RELIABLE, 0), 1, 100), 0);
	assert_true(run(&end[0].down, 1, 10000)); /* the ABORT tells */
	assert_null(end[1].data);
	assert_int_equal(end[0].closed, 1);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_without_loss),
		cmocka_unit_test(all_kinds_with_loss),
		cmocka_unit_test(the_biggest_message_and_one_byte_more),
		cmocka_unit_test(a_receiver_that_does_not_read),
		cmocka_unit_test(ids_are_used_again),
		cmocka_unit_test(what_is_given_up_half_sent_closes_too),
		cmocka_unit_test(many_close_at_once),
		cmocka_unit_test(destroyed_from_within_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
