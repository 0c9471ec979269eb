/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stack.c - the one SCTP stack of the process: its clock, whose packets are whose, and who is to be served.
 *
 *   input, timer ─► glue (the stack's locks are held: `inside`; only output() goes out)
 *                     └─► associations that it touched are marked ─► serve_marked(): reads them, calls their events
 *
 * Runs on:   the control loop.
 * Invariants
 *   A1, A4, A5 (assoc.h)
 *   A6  what cp_sctp_send() and cp_sctp_create() stir is served from the timer, so they have no other event than
 * output().
 */
#include <errno.h>
#include <stdlib.h>

#include "control/sctp/chunk.h"
#include "control/sctp/crc32c.h"
#include "control/sctp/glue.h"
#include "control/sctp/inner.h"

#define TICK_MS      10 /* while packets pass: half of the delay of a SACK */
#define IDLE_TICK_MS 100 /* afterwards: what is left are heartbeats, seconds apart */
#define IDLE_MS      6000 /* longer than the longest retransmission timer */
#define LATE_MS      5 /* the stack's clock may be behind by this when a packet comes */
#define SPARE_IDS    64 /* more numbers than associations, so that none comes back soon */
#define READ_MIN     65536 /* for notifications */

static struct cp_sctp_stack *the_stack; /* the stack below is global too */

/* --- out of the stack --- */

static void count_data(struct cp_sctp *a, uint32_t tsn, uint32_t bytes)
{
	if (a->sent_any && (int32_t)(tsn - a->highest_tsn) <= 0) {
		a->retransmitted++;
	} else {
		a->highest_tsn = tsn;
		a->sent_bytes += bytes;
	}
	a->sent_any = true;
}

/* Counts what goes out for the first time, and what goes out again: not beyond the highest TSN so far; what is
 * acknowledged; why it ends. */
static void look_at_output(struct cp_sctp *a, const uint8_t *packet, uint32_t len)
{
	struct en_reader r = cp_sctp_chunks(packet, len);
	struct cp_sctp_tlv chunk;

	while (cp_sctp_tlv_next(&r, &chunk)) {
		struct en_reader value = cp_sctp_tlv_rest(&chunk, 4);

		switch (chunk.at[0]) {
		case CP_SCTP_DATA:
			count_data(a, en_get32(&value), chunk.len - 16);
			break;
		case CP_SCTP_SACK:
			cp_sctp_hold_sacked(&a->hold, en_get32(&value));
			if (a->hold.packet)
				cp_sctp_mark(a);
			break;
		case CP_SCTP_ABORT:
			cp_sctp_cause(packet, len, a->cause);
			break;
		default:
			break;
		}
	}
}

void cp_sctp_mark(struct cp_sctp *a)
{
	if (a->marked || a->destroyed)
		return;
	a->marked = true;
	TAILQ_INSERT_TAIL(&a->stack->marked, a, marked_link);
}

static void on_stirred(uintptr_t id)
{
	struct cp_sctp *a = cp_sctp_ids_find(&the_stack->ids, id);

	if (a)
		cp_sctp_mark(a);
}

static void on_output(uintptr_t id, uint8_t *packet, uint32_t len)
{
	struct cp_sctp *a = cp_sctp_ids_find(&the_stack->ids, id);

	if (!a)
		return;
	/* a timer that sends may have done more: look (the stack tells only of errors then) */
	if (a->stack->ticking)
		cp_sctp_mark(a);
	cp_sctp_crc32c_write(packet, len);
	look_at_output(a, packet, len);
	a->packets_out++;
	a->events->output(a->arg, packet, len);
}

/* --- the clock --- */

static void on_timer(uv_timer_t *timer);

void cp_sctp_wind(struct cp_sctp_stack *s, bool now)
{
	uint64_t period = uv_now(s->loop) - s->busy_ms < IDLE_MS ? TICK_MS : IDLE_TICK_MS;

	if (!s->count && !now) {
		uv_timer_stop(s->timer);
		s->period_ms = 0;
	} else if (now || period != s->period_ms) {
		uv_timer_start(s->timer, on_timer, now ? 0 : period, period);
		s->period_ms = period;
	}
}

static void tell_time(struct cp_sctp_stack *s, uint64_t late_ms)
{
	uint64_t time = uv_now(s->loop), passed = time - s->told_ms;

	if (passed < late_ms || s->inside)
		return;
	s->told_ms = time;
	s->inside = s->ticking = true;
	cp_glue_time_passed((uint32_t)passed);
	s->inside = s->ticking = false;
}

void cp_sctp_pass(struct cp_sctp_stack *s)
{
	s->busy_ms = uv_now(s->loop);
	tell_time(s, LATE_MS);
	if (s->period_ms != TICK_MS)
		cp_sctp_wind(s, false);
}

void cp_sctp_bury(struct cp_sctp_stack *s)
{
	while (!s->inside && !LIST_EMPTY(&s->dead)) {
		struct cp_sctp *a = LIST_FIRST(&s->dead);

		LIST_REMOVE(a, dead_link);
		cp_sctp_free(a);
	}
}

void cp_sctp_serve_marked(struct cp_sctp_stack *s)
{
	struct cp_sctp *a;

	if (s->serving || s->inside)
		return;
	s->serving = true;
	while ((a = TAILQ_FIRST(&s->marked))) {
		TAILQ_REMOVE(&s->marked, a, marked_link);
		a->marked = false;
		cp_sctp_serve(a);
	}
	s->serving = false;
	cp_sctp_bury(s);
}

static void on_timer(uv_timer_t *timer)
{
	struct cp_sctp_stack *s = timer->data;

	struct cp_sctp *a;

	tell_time(s, 1);
	LIST_FOREACH(a, &s->waits, waits_link)
	cp_sctp_mark(a);
	cp_sctp_serve_marked(s);
	cp_sctp_wind(s, false);
}

void cp_sctp_serve_soon(struct cp_sctp_stack *s)
{
	if (!s->serving && (!TAILQ_EMPTY(&s->marked) || !LIST_EMPTY(&s->dead)))
		cp_sctp_wind(s, true);
}

/* --- the stack --- */

static const struct cp_glue_calls glue_calls = {.output = on_output, .stirred = on_stirred};

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

static int make_timer(struct cp_sctp_stack *s)
{
	s->timer = calloc(1, sizeof(*s->timer));
	if (!s->timer)
		return -ENOMEM;
	uv_timer_init(s->loop, s->timer);
	s->timer->data = s;
	return 0;
}

static void free_stack(struct cp_sctp_stack *s)
{
	if (s->timer)
		uv_close((uv_handle_t *)s->timer, on_timer_closed);
	cp_sctp_ids_fini(&s->ids);
	free(s->scratch);
	free(s);
}

int cp_sctp_stack_create(uv_loop_t *loop, const struct cp_sctp_limits *limits, struct cp_sctp_stack **ret_stack,
			 struct en_err *err)
{
	struct cp_sctp_stack *s;

	if (the_stack)
		return en_fail(err, -EBUSY, "there is an SCTP stack already: a process can have one");
	s = calloc(1, sizeof(*s));
	if (!s)
		return en_fail(err, -ENOMEM, "no memory for the SCTP stack");
	s->loop = loop;
	s->limits = *limits;
	s->scratch_size = limits->message < READ_MIN ? READ_MIN : limits->message + 1;
	s->scratch = malloc(s->scratch_size);
	s->told_ms = s->busy_ms = uv_now(loop);
	TAILQ_INIT(&s->marked);
	LIST_INIT(&s->waits);
	LIST_INIT(&s->dead);
	if (!s->scratch || cp_sctp_ids_init(&s->ids, limits->associations + SPARE_IDS) < 0 || make_timer(s) < 0) {
		free_stack(s);
		return en_fail(err, -ENOMEM, "no memory for the SCTP stack");
	}
	cp_glue_start(limits, &glue_calls);
	*ret_stack = the_stack = s;
	return 0;
}

void cp_sctp_stack_destroy(struct cp_sctp_stack *s)
{
	if (!s)
		return;
	cp_sctp_bury(s);
	if (cp_glue_stop() < 0)
		en_warn("sctp", "the stack still has associations at its end");
	the_stack = NULL;
	free_stack(s);
}

uint32_t cp_sctp_stack_count(const struct cp_sctp_stack *s)
{
	return s->count;
}

const struct cp_refusals *cp_sctp_stack_refused(const struct cp_sctp_stack *s)
{
	return &s->refused;
}

uv_loop_t *cp_sctp_stack_loop(const struct cp_sctp_stack *s)
{
	return s->loop;
}
