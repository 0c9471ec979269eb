/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_twcc.c - read and write transport-wide congestion control feedback.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   T1  the cost of reading is linear in the bytes, not in the counts that they claim (a run is one chunk);
 *   T2  errors of rounding to ticks do not add up: a delta is taken to what the receiver has computed so far.
 */
#include "engine/wire/rtcp_twcc.h"

#define RUN_MAX      8191
#define VECTOR       0x8000
#define VECTOR_TWO   0x4000 /* two bits a symbol */
#define VECTOR_N1    14
#define VECTOR_N2    7
#define SYM_LOST     0
#define SYM_SMALL    1
#define SYM_LARGE    2
#define SYM_RESERVED 3

static uint32_t chunk_packets(uint16_t chunk)
{
	if (!(chunk & VECTOR))
		return chunk & RUN_MAX;
	return chunk & VECTOR_TWO ? VECTOR_N2 : VECTOR_N1;
}

/* Symbol number i of a chunk. */
static unsigned int chunk_symbol(uint16_t chunk, uint32_t i)
{
	if (!(chunk & VECTOR))
		return (chunk >> 13) & 3;
	if (chunk & VECTOR_TWO)
		return (chunk >> (2 * (VECTOR_N2 - 1 - i))) & 3;
	return (chunk >> (VECTOR_N1 - 1 - i)) & 1;
}

bool wire_twcc(const struct wire_fb *fb, struct wire_twcc *ret_twcc)
{
	struct en_reader r = en_reader(fb->fci, fb->fci_len);
	uint32_t told = 0, word;

	ret_twcc->base = en_get16(&r);
	ret_twcc->count = en_get16(&r);
	word = en_get32(&r);
	ret_twcc->ref = (int32_t)word >> 8;
	ret_twcc->number = (uint8_t)word;
	ret_twcc->chunk = r.p;
	while (r.ok && told < ret_twcc->count)
		told += chunk_packets(en_get16(&r));
	ret_twcc->delta = r.p;
	ret_twcc->end = r.end;
	return r.ok;
}

static bool take_delta(const struct wire_twcc *t, struct wire_twcc_walk *w, unsigned int symbol, int16_t *ret_delta)
{
	struct en_reader r = en_reader(t->delta + w->delta, (size_t)(t->end - t->delta) - w->delta);

	*ret_delta = symbol == SYM_SMALL ? en_get8(&r) : (int16_t)en_get16(&r);
	w->delta += symbol;
	return r.ok;
}

bool wire_twcc_next(const struct wire_twcc *t, struct wire_twcc_walk *w, struct wire_twcc_packet *ret_packet)
{
	unsigned int symbol;
	uint16_t chunk;

	if (w->at >= t->count)
		return false;
	while (w->left == 0) { /* wire_twcc() has seen that the chunks suffice; a run may be of length 0 */
		w->left = chunk_packets(en_load16(t->chunk + w->chunk));
		w->chunk += 2;
	}
	chunk = en_load16(t->chunk + w->chunk - 2);
	symbol = chunk_symbol(chunk, chunk_packets(chunk) - w->left);
	*ret_packet = (struct wire_twcc_packet){
		.seq = (uint16_t)(t->base + w->at),
		.came = symbol != SYM_LOST,
	};
	if (symbol == SYM_RESERVED || (symbol != SYM_LOST && !take_delta(t, w, symbol, &ret_packet->delta))) {
		w->at = t->count;
		return false;
	}
	w->left--;
	w->at++;
	return true;
}

/* --- writing ------------------------------------------------------------ */

struct told {
	uint8_t symbol[WIRE_TWCC_MAX];
	int16_t delta[WIRE_TWCC_MAX];
	unsigned int n;
	uint64_t ref; /* units of WIRE_TWCC_REF_NS */
};

/* Symbols and deltas, as far as the deltas fit. False: none came. */
static bool tell(struct told *t, const uint64_t *came_ns, unsigned int n)
{
	bool any = false;
	uint64_t at = 0; /* ticks: what the reader has added up */

	t->ref = 0;
	for (t->n = 0; t->n < n && t->n < WIRE_TWCC_MAX; t->n++) {
		uint64_t tick = came_ns[t->n] / WIRE_TWCC_TICK_NS;
		int64_t delta;

		t->symbol[t->n] = SYM_LOST;
		if (came_ns[t->n] == 0)
			continue;
		if (!any) {
			t->ref = came_ns[t->n] / WIRE_TWCC_REF_NS;
			at = t->ref * (WIRE_TWCC_REF_NS / WIRE_TWCC_TICK_NS);
		}
		delta = (int64_t)(tick - at);
		if (delta < INT16_MIN || delta > INT16_MAX)
			break;
		any = true;
		at = tick;
		t->symbol[t->n] = delta >= 0 && delta <= UINT8_MAX ? SYM_SMALL : SYM_LARGE;
		t->delta[t->n] = (int16_t)delta;
	}
	return any;
}

/* A chunk for the packets from i on; how many it tells of. */
static unsigned int put_chunk(struct en_writer *w, const struct told *t, unsigned int i)
{
	unsigned int run = 1, large = t->symbol[i] == SYM_LARGE, per;
	uint16_t chunk = VECTOR;

	while (i + run < t->n && t->symbol[i + run] == t->symbol[i])
		run++;
	if (run >= VECTOR_N2 && (run >= VECTOR_N1 || large)) {
		en_put16(w, (uint16_t)(t->symbol[i] << 13 | run));
		return run;
	}
	for (unsigned int k = 0; k < VECTOR_N1 && i + k < t->n; k++)
		large |= t->symbol[i + k] == SYM_LARGE;
	per = large ? VECTOR_N2 : VECTOR_N1;
	if (large)
		chunk |= VECTOR_TWO;
	for (unsigned int k = 0; k < per && i + k < t->n; k++)
		chunk |= (uint16_t)(t->symbol[i + k] << ((large ? 2 : 1) * (per - 1 - k)));
	en_put16(w, chunk);
	return per;
}

unsigned int wire_rtcp_put_twcc(struct en_writer *w, uint32_t sender, uint32_t media, uint8_t number, uint16_t base,
				const uint64_t *came_ns, unsigned int n)
{
	struct told t;
	uint8_t *head;

	if (!tell(&t, came_ns, n))
		return 0;
	head = wire_rtcp_begin(w, WIRE_RTPFB_TWCC, WIRE_RTCP_RTPFB);
	en_put32(w, sender);
	en_put32(w, media);
	en_put16(w, base);
	en_put16(w, (uint16_t)t.n);
	en_put32(w, (uint32_t)t.ref << 8 | number);
	for (unsigned int i = 0; i < t.n;)
		i += put_chunk(w, &t, i);
	for (unsigned int i = 0; i < t.n; i++) {
		if (t.symbol[i] == SYM_SMALL)
			en_put8(w, (uint8_t)t.delta[i]);
		else if (t.symbol[i] == SYM_LARGE)
			en_put16(w, (uint16_t)t.delta[i]);
	}
	en_put_zero(w, (4 - (size_t)(w->p - head) % 4) % 4);
	wire_rtcp_end(w, head);
	return t.n;
}
