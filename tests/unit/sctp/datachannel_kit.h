/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_kit.h - one or two ends of data channels over the fake association, and what they were told.
 *
 *   end[0] (the DTLS server: odd ids) ──fake──► end[1] (the client: even ids)     settle() carries all of it
 */
#ifndef TESTS_UNIT_SCTP_DATACHANNEL_KIT_H
#define TESTS_UNIT_SCTP_DATACHANNEL_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/sctp/datachannel_internal.h"
#include "tests/unit/sctp/fake_assoc.h"

#define KEPT 64

enum told {
	TOLD_UP,
	TOLD_OPENED,
	TOLD_READY,
	TOLD_MESSAGE,
	TOLD_WRITABLE,
	TOLD_CLOSED,
	TOLD_DOWN,
	TOLD_N
};

struct kept {
	uint16_t id;
	bool binary;
	uint32_t len;
	char text[32]; /* of it */
};

struct end {
	uv_loop_t loop;
	struct cp_sctp_stack stack;
	struct cp_data *data;
	struct cp_sctp *assoc;
	unsigned int told[TOLD_N];
	struct cp_channel *last; /* that anything was told of */
	char label[CP_DATA_LABEL_MAX]; /* of the last opened */
	bool implicit;
	struct kept kept[KEPT];
	unsigned int kept_n, output;
	bool not_now; /* messages are refused */
	enum told act_on; /* what the test does within an event */
	void (*act)(struct end *e, struct cp_channel *c);
};

static struct end end[2];

static inline void tell(struct end *e, enum told what, struct cp_channel *c)
{
	e->told[what]++;
	e->last = c;
	if (e->act && e->act_on == what)
		e->act(e, c);
}

static inline void on_up(void *arg)
{
	tell(arg, TOLD_UP, NULL);
}

static inline void on_opened(void *arg, struct cp_channel *c)
{
	struct end *e = arg;

	memcpy(e->label, cp_channel_config(c)->label, sizeof(e->label));
	e->implicit = cp_channel_config(c)->implicit;
	tell(e, TOLD_OPENED, c);
}

static inline void on_ready(void *arg, struct cp_channel *c)
{
	tell(arg, TOLD_READY, c);
}

static inline bool on_message(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;
	struct kept *k = &e->kept[e->kept_n % KEPT];

	if (e->not_now)
		return false;
	*k = (struct kept){.id = cp_channel_id(c), .binary = binary, .len = len};
	memcpy(k->text, bytes, len < sizeof(k->text) ? len : sizeof(k->text) - 1);
	e->kept_n++;
	tell(e, TOLD_MESSAGE, c);
	return true;
}

static inline void on_writable(void *arg, struct cp_channel *c)
{
	tell(arg, TOLD_WRITABLE, c);
}

static inline void on_closed(void *arg, struct cp_channel *c)
{
	tell(arg, TOLD_CLOSED, c);
}

static inline void on_down(void *arg, const char *why)
{
	assert_string_equal(why, "aborted");
	tell(arg, TOLD_DOWN, NULL);
}

static inline void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	(void)bytes;
	(void)len;
	((struct end *)arg)->output++;
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

static inline void begin_with(struct end *e, uint32_t queue, uint32_t remote_max)
{
	const struct cp_data_limits limits = {.channels = 8, .queue = queue};
	struct en_err err;

	memset(e, 0, sizeof(*e));
	assert_int_equal(uv_loop_init(&e->loop), 0);
	e->stack.loop = &e->loop;
	assert_int_equal(cp_data_create(&e->stack, e == &end[0], 5000, remote_max, &limits, &events, e, &e->data, &err),
			 0);
	e->assoc = e->stack.last;
}

static inline void begin(struct end *e)
{
	begin_with(e, 1000, 0);
}

static inline void finish(struct end *e)
{
	if (e->data)
		cp_data_destroy(e->data);
	e->data = NULL;
	uv_run(&e->loop, UV_RUN_DEFAULT);
	assert_int_equal(e->stack.count, 0);
	assert_int_equal(uv_loop_close(&e->loop), 0);
}

/* One end, the server, up; the test is the far end. */
static inline void alone(void)
{
	begin(&end[0]);
	fake_up(end[0].assoc, 64);
	assert_int_equal(end[0].told[TOLD_UP], 1);
}

static inline void both(void)
{
	begin(&end[0]);
	begin(&end[1]);
	fake_up(end[0].assoc, 64);
	fake_up(end[1].assoc, 64);
}

static inline void settle(void)
{
	while (fake_carry(end[0].assoc, end[1].assoc) || fake_carry(end[1].assoc, end[0].assoc))
		;
}

static inline void pass(struct end *e, unsigned int ms)
{
	cp_data_tick(e->data, uv_now(&e->loop) + ms);
}

static inline struct cp_channel_config config(const char *label)
{
	struct cp_channel_config c = {.priority = 256};

	memcpy(c.label, label, strlen(label) + 1);
	return c;
}

static inline struct cp_channel *open_one(struct end *e, const char *label)
{
	struct cp_channel_config cfg = config(label);
	struct cp_channel *c;
	struct en_err err;

	assert_int_equal(cp_channel_open(e->data, &cfg, &c, &err), 0);
	return c;
}

static inline int say(struct cp_channel *c, const char *text)
{
	return cp_channel_send(c, false, (const uint8_t *)text, (uint32_t)strlen(text));
}

static inline struct fake_item *first_sent(struct end *e)
{
	return TAILQ_FIRST(&e->assoc->sent);
}

/* The first thing that was sent, and away with it. */
static inline struct fake_item expect_sent(struct end *e, uint32_t ppid, uint16_t id)
{
	struct fake_item *i = first_sent(e), copy;

	assert_non_null(i);
	assert_false(i->is_reset);
	assert_int_equal(i->how.ppid, ppid);
	assert_int_equal(i->how.stream, id);
	copy = *i;
	fake_pop(e->assoc);
	return copy;
}

static inline void expect_reset(struct end *e, uint16_t id)
{
	struct fake_item *i = first_sent(e);

	assert_non_null(i);
	assert_true(i->is_reset);
	assert_int_equal(i->how.stream, id);
	fake_pop(e->assoc);
}

static inline void expect_silence(struct end *e)
{
	assert_null(first_sent(e));
}

/* An OPEN from the far end that is the test. */
static inline void their_open(struct end *e, uint16_t id, const char *label)
{
	struct wire_dcep m = {
		.type = WIRE_DCEP_OPEN, .label = label, .label_len = (uint16_t)strlen(label), .protocol = ""};
	uint8_t buf[600];
	size_t len = wire_dcep_build(buf, sizeof(buf), &m);

	assert_true(len > 0);
	assert_true(fake_message(e->assoc, id, WIRE_PPID_DCEP, buf, (uint32_t)len));
}

static inline void their_ack(struct end *e, uint16_t id)
{
	assert_true(fake_message(e->assoc, id, WIRE_PPID_DCEP, "\x02", 1));
}

static inline bool their_text(struct end *e, uint16_t id, const char *text)
{
	return fake_message(e->assoc, id, WIRE_PPID_STRING, text, (uint32_t)strlen(text));
}

static inline struct cp_data_stats stats(struct end *e)
{
	struct cp_data_stats s;

	cp_data_stats(e->data, &s);
	return s;
}

static inline struct cp_channel_stats channel_stats(struct cp_channel *c)
{
	struct cp_channel_stats s;

	cp_channel_stats(c, &s);
	return s;
}

#endif
