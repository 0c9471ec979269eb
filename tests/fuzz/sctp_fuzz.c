/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sctp_fuzz.c - SCTP packets into an association that is up, and into one that begins.
 *
 * The input is a row of records: kind, length (2 bytes, big endian), bytes.
 *   kind & 1   the common header is made right (ports, tag); otherwise the bytes are a packet from the first on
 *   kind & 2   a TSN at the place where DATA, I-DATA, SACK and FORWARD-TSN have theirs: the next one plus a small
 * number kind & 4   to the end that is beginning (its tag is 0 until its INIT is known) kind & 8   message() refuses
 * from now on; resume() otherwise The checksum is always right: what is behind it is meant.
 *
 * Held besides memory safety: `closed` comes once and nothing after it; no message is beyond the limit or empty; the
 * streams named are below CP_SCTP_STREAMS; after all the neighbours still exchange a message.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uv.h>

#include "control/sctp/assoc.h"
#include "control/sctp/crc32c.h"
#include "engine/base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE 20000
#define QUEUE   64
#define PACKET  2048

struct end {
	struct cp_sctp *assoc;
	struct end *other; /* NULL: what goes out is only looked at */
	bool up, closed, refuses;
	unsigned int came;
	uint8_t header[12]; /* for packets to it */
	uint32_t tsn; /* the next one that it waits for */
	uint8_t queue[QUEUE][PACKET];
	uint32_t len[QUEUE], first, n;
};

static uv_loop_t loop;
static struct cp_sctp_stack *stack;
static struct end up[2], single, near[2];
static volatile uint8_t touched; /* every byte of a message is readable */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg, *to = e->other;

	must(len >= 16 && len <= CP_SCTP_MTU);
	if (bytes[12] == 1 || bytes[12] == 2) { /* INIT, INIT ACK: its own tag is what we must say */
		memcpy(e->header, bytes + 2, 2);
		memcpy(e->header + 2, bytes, 2);
		memcpy(e->header + 4, bytes + 16, 4);
		if (to)
			to->tsn = en_load32(bytes + 28);
	}
	if (!to || to->n == QUEUE)
		return;
	memcpy(to->queue[(to->first + to->n) % QUEUE], bytes, len);
	to->len[(to->first + to->n) % QUEUE] = len;
	to->n++;
}

static void on_up(void *arg, uint16_t streams_out, uint16_t streams_in)
{
	struct end *e = arg;

	must(!e->closed && streams_out <= CP_SCTP_STREAMS && streams_in <= CP_SCTP_STREAMS);
	e->up = true;
}

static bool on_message(void *arg, uint16_t stream, uint32_t ppid, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;

	(void)ppid;
	must(!e->closed && len >= 1 && len <= MESSAGE && stream < CP_SCTP_STREAMS);
	for (uint32_t i = 0; i < len; i++)
		touched ^= bytes[i];
	if (e->refuses)
		return false;
	e->came++;
	return true;
}

static void on_reset(void *arg, uint16_t stream, bool outgoing, bool denied)
{
	struct end *e = arg;

	(void)outgoing;
	(void)denied;
	must(!e->closed && stream < CP_SCTP_STREAMS);
}

static void on_writable(void *arg)
{
	must(!((struct end *)arg)->closed);
}

static void on_closed(void *arg, const char *why)
{
	struct end *e = arg;

	must(!e->closed && why && *why);
	e->closed = true;
}

static const struct cp_sctp_events events = {
	.output = on_output,
	.up = on_up,
	.message = on_message,
	.reset = on_reset,
	.writable = on_writable,
	.closed = on_closed,
};

static void begin(struct end *e, struct end *other)
{
	struct en_err err = {""};

	memset(e, 0, sizeof(*e));
	e->other = other;
	must(cp_sctp_create(stack, CP_SCTP_PORT, CP_SCTP_PORT, &events, e, &e->assoc, &err) == 0);
}

static void pass(struct end *e)
{
	for (unsigned int i = 0; i < 2; i++) {
		for (; e[i].n; e[i].n--) {
			cp_sctp_input(e[i].assoc, e[i].queue[e[i].first], e[i].len[e[i].first]);
			e[i].first = (e[i].first + 1) % QUEUE;
		}
	}
	uv_run(&loop, UV_RUN_NOWAIT);
}

/* A packet lost to a full queue comes again by a timer. */
static void meet(struct end *e)
{
	struct timespec nap = {.tv_nsec = 1000000};

	begin(&e[0], &e[1]);
	begin(&e[1], &e[0]);
	for (unsigned int i = 0; i < 5000 && !(e[0].up && e[1].up && e[0].n + e[1].n == 0); i++) {
		pass(e);
		if (i > 20)
			nanosleep(&nap, NULL);
	}
	must(e[0].up && e[1].up);
}

static void start(void)
{
	const struct cp_sctp_limits limits = {8, 65536, 65536, MESSAGE};
	struct en_err err = {""};

	uv_loop_init(&loop);
	must(cp_sctp_stack_create(&loop, &limits, &stack, &err) == 0);
	meet(near);
}

static void feed(uint8_t kind, const uint8_t *bytes, uint32_t len)
{
	struct end *to = kind & 4 ? &single : &up[1];
	uint8_t packet[PACKET];
	uint32_t at = kind & 1 ? 12 : 0;

	to->refuses = kind & 8;
	if (!to->refuses)
		cp_sctp_resume(to->assoc);
	if (len > sizeof(packet) - 12)
		len = sizeof(packet) - 12;
	memcpy(packet + at, bytes, len);
	if (at)
		memcpy(packet, to->header, 12);
	len += at;
	if (len < 16)
		return;
	if (kind & 2 && len >= 20)
		en_store32(packet + 16, to->tsn + packet[19] % 16);
	cp_sctp_crc32c_write(packet, len);
	cp_sctp_input(to->assoc, packet, len);
}

static void neighbours_go_on(void)
{
	const struct cp_sctp_out how = {.stream = 1, .ppid = 53};
	unsigned int before = near[1].came;
	struct timespec nap = {.tv_nsec = 1000000};

	must(cp_sctp_send(near[0].assoc, &how, (const uint8_t *)"still here", 10) == 0);
	for (unsigned int i = 0; i < 5000 && near[1].came == before; i++) {
		pass(near);
		if (i > 20)
			nanosleep(&nap, NULL);
	}
	must(near[1].came == before + 1 && !near[0].closed && !near[1].closed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);

	if (!stack)
		start();
	meet(up);
	up[1].other = NULL; /* the other end hears nothing of this */
	begin(&single, NULL);
	while (en_left(&r) >= 3) {
		uint8_t kind = en_get8(&r);
		uint32_t len = en_get16(&r);
		const uint8_t *bytes;

		if (len > en_left(&r))
			len = (uint32_t)en_left(&r);
		bytes = en_take(&r, len);
		feed(kind, bytes, len);
	}
	uv_run(&loop, UV_RUN_NOWAIT);
	for (unsigned int i = 0; i < 2; i++)
		cp_sctp_destroy(up[i].assoc);
	cp_sctp_destroy(single.assoc);
	must(cp_sctp_stack_count(stack) == 2);
	neighbours_go_on();
	return 0;
}
