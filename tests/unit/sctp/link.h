/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.h - two SCTP associations of one stack, joined by a line that loses, delays and reorders.
 *
 *   end[0] ── queue ──► end[1]        packets go out by output() into the queue of the other end and come in
 *          ◄── queue ──               from run(), which also turns the loop
 */
#ifndef TESTS_UNIT_SCTP_LINK_H
#define TESTS_UNIT_SCTP_LINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <cmocka.h>
#include <uv.h>

#include "control/sctp/assoc.h"
#include "control/sctp/crc32c.h"
#include "engine/base/clock.h"

#define MS         UINT64_C(1000000)
#define MESSAGE    262144
#define KEPT_N_MAX 8192

struct packet {
	STAILQ_ENTRY(packet) link;
	uint64_t due_ns;
	uint32_t len;
	uint8_t bytes[];
};

/* What came, as the test wants to see it. */
struct came {
	uint16_t stream;
	uint32_t ppid, len, hash;
	uint32_t serial; /* the first four bytes */
};

struct end {
	struct lab *lab;
	struct end *other;
	struct cp_sctp *assoc;
	STAILQ_HEAD(, packet) to_here;
	unsigned int up, closed, writable, resets_in, resets_out, denied;
	uint16_t streams_out, streams_in, last_reset;
	char why[128];
	struct came came[KEPT_N_MAX];
	uint32_t came_n;
	uint64_t came_bytes, packets;
	uint32_t longest; /* packet */
	uint32_t refuse; /* messages, that many times */
	bool refuse_all, destroy_on_message, destroy_on_output, destroy_on_closed, destroy_on_reset;
	bool cut; /* nothing leaves */
	void (*tap)(struct end *e, const uint8_t *bytes, uint32_t len);
};

struct lab {
	uv_loop_t loop;
	struct cp_sctp_stack *stack;
	struct cp_sctp_limits limits;
	struct end end[4]; /* 0 with 1; 2 with 3 */
	unsigned int loss_pm, reorder_pm; /* per mille */
	bool plain; /* I-DATA is struck out of what both offer */
	uint64_t delay_ns;
	uint64_t random;
};

static inline uint32_t chance(struct lab *lab)
{
	lab->random ^= lab->random << 13;
	lab->random ^= lab->random >> 7;
	lab->random ^= lab->random << 17;
	return (uint32_t)(lab->random >> 20);
}

static inline uint32_t hash_of(const uint8_t *bytes, uint32_t len)
{
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 16777619u;
	return h;
}

/* In INIT and INIT ACK, parameter 0x8008: the list of chunk types (RFC 5061 s4.2.7). */
static inline void strike_idata(uint8_t *packet, uint32_t len)
{
	if (len < 32 || (packet[12] != 1 && packet[12] != 2))
		return;
	for (uint32_t at = 32; at + 4 <= len;) {
		uint32_t n = (uint32_t)(packet[at + 2] << 8 | packet[at + 3]);

		for (uint32_t i = 4; packet[at] == 0x80 && packet[at + 1] == 8 && i < n; i++)
			if (packet[at + i] == 0x40)
				packet[at + i] = 0x82; /* RE-CONFIG, which is there anyhow */
		at += n < 4 ? 4 : (n + 3) & ~3u;
	}
	cp_sctp_crc32c_write(packet, len);
}

static inline void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;
	struct lab *lab = e->lab;
	struct packet *p;

	e->packets++;
	if (len > e->longest)
		e->longest = len;
	if (e->tap)
		e->tap(e, bytes, len);
	if (e->destroy_on_output) {
		e->destroy_on_output = false;
		cp_sctp_destroy(e->assoc);
		e->assoc = NULL;
		return;
	}
	if (e->cut || chance(lab) % 1000 < lab->loss_pm)
		return;
	p = malloc(sizeof(*p) + len);
	assert_non_null(p);
	p->len = len;
	p->due_ns = en_mono_ns() + lab->delay_ns;
	memcpy(p->bytes, bytes, len);
	if (lab->plain)
		strike_idata(p->bytes, len);
	if (chance(lab) % 1000 < lab->reorder_pm)
		STAILQ_INSERT_HEAD(&e->other->to_here, p, link);
	else
		STAILQ_INSERT_TAIL(&e->other->to_here, p, link);
}

static inline void on_up(void *arg, uint16_t streams_out, uint16_t streams_in)
{
	struct end *e = arg;

	e->up++;
	e->streams_out = streams_out;
	e->streams_in = streams_in;
}

static inline bool on_message(void *arg, uint16_t stream, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;
	struct came *c = &e->came[e->came_n % KEPT_N_MAX];

	assert_int_equal(e->closed, 0);
	if (e->destroy_on_message) {
		cp_sctp_destroy(e->assoc);
		e->assoc = NULL;
		return false;
	}
	if (e->refuse_all)
		return false;
	if (e->refuse) {
		e->refuse--;
		return false;
	}
	*c = (struct came){.stream = stream, .ppid = ppid, .len = len, .hash = hash_of(bytes, len)};
	memcpy(&c->serial, bytes, len < 4 ? len : 4);
	e->came_n++;
	e->came_bytes += len;
	return true;
}

static inline void on_reset(void *arg, uint16_t stream, bool outgoing, bool denied)
{
	struct end *e = arg;

	e->last_reset = stream;
	if (denied)
		e->denied++;
	else if (outgoing)
		e->resets_out++;
	else
		e->resets_in++;
	if (e->destroy_on_reset) {
		cp_sctp_destroy(e->assoc);
		e->assoc = NULL;
	}
}

static inline void on_writable(void *arg)
{
	((struct end *)arg)->writable++;
}

static inline void on_closed(void *arg, const char *why)
{
	struct end *e = arg;

	e->closed++;
	assert_int_equal(e->closed, 1);
	snprintf(e->why, sizeof(e->why), "%s", why);
	if (e->destroy_on_closed) {
		cp_sctp_destroy(e->assoc);
		e->assoc = NULL;
	}
}

static const struct cp_sctp_events link_events = {
	.output = on_output,
	.up = on_up,
	.message = on_message,
	.reset = on_reset,
	.writable = on_writable,
	.closed = on_closed,
};

/* One turn: what is due is delivered, the loop turned once. True: something was. */
static inline bool turn(struct lab *lab)
{
	uint64_t now = en_mono_ns();
	bool any = false;

	for (unsigned int i = 0; i < 4; i++) {
		struct end *e = &lab->end[i];
		struct packet *p;

		while ((p = STAILQ_FIRST(&e->to_here)) && p->due_ns <= now) {
			STAILQ_REMOVE_HEAD(&e->to_here, link);
			if (e->assoc)
				cp_sctp_input(e->assoc, p->bytes, p->len);
			free(p);
			any = true;
		}
	}
	uv_run(&lab->loop, UV_RUN_NOWAIT);
	return any;
}

/* Until `*what` is at least `least`; false: it took longer than `ms`. what NULL: for that long. */
static inline bool run(struct lab *lab, const unsigned int *what, unsigned int least, unsigned int ms)
{
	uint64_t until = en_mono_ns() + ms * MS;
	struct timespec nap = {.tv_nsec = 300000};

	while (!what || *what < least) {
		if (!turn(lab))
			nanosleep(&nap, NULL);
		if (en_mono_ns() > until)
			return false;
	}
	return true;
}

static inline void begin(struct end *e)
{
	struct en_err err = {""};

	assert_int_equal(cp_sctp_create(e->lab->stack, CP_SCTP_PORT, CP_SCTP_PORT, &link_events, e, &e->assoc, &err),
			 0);
}

static inline void connect_pair(struct lab *lab, unsigned int first)
{
	begin(&lab->end[first]);
	begin(&lab->end[first + 1]);
	assert_true(run(lab, &lab->end[first].up, 1, 20000));
	assert_true(run(lab, &lab->end[first + 1].up, 1, 20000));
}

static inline void connect_ends(struct lab *lab)
{
	connect_pair(lab, 0);
}

static inline struct lab *lab_with(uint32_t associations, uint32_t buffer, uint32_t message)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct en_err err = {""};

	assert_non_null(lab);
	lab->random = 0x9e3779b97f4a7c15;
	lab->limits = (struct cp_sctp_limits){associations, buffer, buffer, message};
	assert_int_equal(uv_loop_init(&lab->loop), 0);
	assert_int_equal(cp_sctp_stack_create(&lab->loop, &lab->limits, &lab->stack, &err), 0);
	for (unsigned int i = 0; i < 4; i++) {
		lab->end[i].lab = lab;
		lab->end[i].other = &lab->end[i ^ 1];
		STAILQ_INIT(&lab->end[i].to_here);
	}
	return lab;
}

static inline void drop_packets(struct end *e)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&e->to_here))) {
		STAILQ_REMOVE_HEAD(&e->to_here, link);
		free(p);
	}
}

static inline void lab_free(struct lab *lab)
{
	for (unsigned int i = 0; i < 4; i++)
		cp_sctp_destroy(lab->end[i].assoc);
	for (unsigned int i = 0; i < 4; i++)
		drop_packets(&lab->end[i]);
	assert_int_equal(cp_sctp_stack_count(lab->stack), 0);
	cp_sctp_stack_destroy(lab->stack);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&lab->loop), 0);
	free(lab);
}

static inline int set_up(void **state)
{
	*state = lab_with(16, 1 << 20, MESSAGE);
	return 0;
}

static inline int set_up_plain(void **state)
{
	set_up(state);
	((struct lab *)*state)->plain = true;
	return 0;
}

static inline int tear_down(void **state)
{
	lab_free(*state);
	return 0;
}

/* A message whose bytes follow from its serial; the first four are the serial when there are so many. */
static inline uint8_t *message_of(uint32_t serial, uint32_t len)
{
	uint8_t *bytes = malloc(len);
	uint32_t x = serial * 2654435761u + 1;

	assert_non_null(bytes);
	for (uint32_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	memcpy(bytes, &serial, len < 4 ? len : 4);
	return bytes;
}

static inline int send_one(struct end *e, const struct cp_sctp_out *how, uint32_t serial, uint32_t len)
{
	uint8_t *bytes = message_of(serial, len);
	int rc = cp_sctp_send(e->assoc, how, bytes, len);

	free(bytes);
	return rc;
}

/* Waits for room as long as there is none. */
static inline void send_sure(struct end *e, const struct cp_sctp_out *how, uint32_t serial, uint32_t len)
{
	int rc;

	while ((rc = send_one(e, how, serial, len)) == -EAGAIN)
		assert_true(run(e->lab, &e->writable, e->writable + 1, 30000));
	assert_int_equal(rc, 0);
}

static inline void check_message(const struct came *c, uint32_t serial, uint32_t len)
{
	uint8_t *bytes = message_of(serial, len);

	assert_int_equal(c->len, len);
	assert_int_equal(c->hash, hash_of(bytes, len));
	free(bytes);
}

#endif
