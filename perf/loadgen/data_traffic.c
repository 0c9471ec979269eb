/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_traffic.c - messages of a channel: sent, known again when they come back, or missed.
 *
 * Runs on:   the generator's thread.
 */
#include <errno.h>

#include "perf/loadgen/clock.h"
#include "perf/loadgen/data.h"

/* On a reliable ordered channel the turn tells which one it is; elsewhere only the head does. */
static bool is_nameless(const struct load_channel *c, uint32_t len)
{
	return c->kind != LOAD_KIND_ORDERED && len < LOAD_MESSAGE_HEAD;
}

static void note_sent(struct load_channel *c, struct load_sent *s, uint32_t len, uint64_t due_ns)
{
	struct load_tally *t = &c->assoc->of->tally[c->kind];

	t->sent++;
	t->bytes_sent += len;
	if (is_nameless(c, len)) {
		c->small_out++;
	} else {
		if (s->out) /* so old that it is lost */
			t->lost++;
		else
			c->out++;
		*s = (struct load_sent){.due_ns = due_ns, .seq = c->next, .out = true};
	}
	c->next++;
}

void load_channel_say(struct load_channel *c, uint64_t due_ns)
{
	struct load_data *d = c->assoc->of;
	struct load_sent *s = &c->sent[c->next % LOAD_DATA_WINDOW], before = *s;
	uint32_t largest = d->o->largest, len;
	struct load_message m = load_message_of(c->number, c->next, largest);

	if (!c->channel || !c->ready || c->draining || c->assoc->state != LOAD_ASSOC_UP)
		return;
	if (s->out && load_kind_is_reliable(c->kind)) {
		d->tally[c->kind].held++;
		return;
	}
	len = m.len;
	load_message_put(d->scratch, &m, c->number, c->next);
	note_sent(c, s, len, due_ns); /* before: it may be back from within */
	if (cp_channel_send(c->channel, m.binary, d->scratch, len) == 0)
		return;
	/* it was not taken, so nothing came of it */
	c->next--;
	d->tally[c->kind].held++;
	d->tally[c->kind].sent--;
	d->tally[c->kind].bytes_sent -= len;
	if (is_nameless(c, len)) {
		c->small_out--;
		return;
	}
	d->tally[c->kind].lost -= before.out;
	c->out -= !before.out;
	*s = before;
}

/* --- in ------------------------------------------------------------------------------- */

/* Whose message this is that comes to `c`. */
static struct load_channel *sender_of(struct load_channel *c)
{
	const struct load_data *d = c->assoc->of;
	uint32_t at = (uint32_t)(c->assoc - d->assoc), k = (uint32_t)(c - c->assoc->channel);

	return d->o->pairs ? &d->assoc[at ^ 1].channel[k] : c;
}

static void arrived(struct load_channel *from, struct load_tally *t, struct load_sent *s, uint32_t len)
{
	uint64_t now = load_now();

	s->out = false;
	from->out--;
	t->received++;
	t->bytes_received += len;
	load_hist_add(&t->latency, now > s->due_ns ? now - s->due_ns : 0);
}

static void hear_nameless(struct load_channel *from, struct load_tally *t, uint32_t len)
{
	if (from->small_out == 0) {
		t->twice++;
		return;
	}
	from->small_out--;
	t->received++;
	t->bytes_received += len;
}

/* What should have come before is lost, or comes still: then it counts as twice. */
static void catch_up(struct load_channel *from, struct load_tally *t, uint32_t seq)
{
	if (from->back != seq)
		t->disordered++;
	for (; from->kind == LOAD_KIND_ORDERED && from->back != seq; from->back++) {
		struct load_sent *s = &from->sent[from->back % LOAD_DATA_WINDOW];

		if (!s->out || s->seq != from->back)
			continue;
		s->out = false;
		from->out--;
		t->lost++;
	}
}

static void hear_known(struct load_channel *from, struct load_tally *t, uint32_t seq, uint32_t len)
{
	struct load_sent *s = &from->sent[seq % LOAD_DATA_WINDOW];

	if (s->seq != seq || !s->out) {
		t->twice++;
		return;
	}
	if (from->kind == LOAD_KIND_ORDERED)
		catch_up(from, t, seq);
	else if (from->kind == LOAD_KIND_TIMED && seq < from->back)
		t->disordered++;
	from->back = seq + 1;
	arrived(from, t, s, len);
}

void load_channel_hear(struct load_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct load_channel *from = sender_of(c);
	struct load_data *d = c->assoc->of;
	struct load_tally *t = &d->tally[from->kind];
	uint32_t number, seq = from->back;

	if (is_nameless(from, len)) {
		hear_nameless(from, t, len);
		return;
	}
	if (len >= LOAD_MESSAGE_HEAD && (!load_message_get(bytes, len, &number, &seq) || number != from->number)) {
		d->strange++;
		return;
	}
	if (!load_message_is(bytes, len, binary, from->number, seq, d->o->largest)) {
		t->corrupt++;
		return;
	}
	hear_known(from, t, seq, len);
}

void load_channel_forget(struct load_channel *c, bool cut)
{
	struct load_tally *t = &c->assoc->of->tally[c->kind];
	uint64_t *to = cut ? &t->cut : &t->lost;

	*to += c->out + c->small_out;
	for (uint32_t i = 0; i < LOAD_DATA_WINDOW; i++)
		c->sent[i].out = false;
	c->out = c->small_out = 0;
	c->back = c->next;
}
