/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.h - when packet number i of an open-loop stream is due.
 *
 * Packet i is due i/rate seconds after the start, whatever happened to the
 * packets before it: a sender that was held up sends late and its lateness is
 * part of the measured latency, never hidden (coordinated omission).
 *
 * Integers only: floating point would drift by whole packets over a trial.
 * Exact for rates up to 2^32 packets/s and trials of hours.
 */
#ifndef LOAD_PACE_H
#define LOAD_PACE_H

#include <stdint.h>

#define LOAD_NS_PER_S UINT64_C(1000000000)

struct load_pace {
	uint64_t start_ns;
	uint64_t rate; /* packets/s, > 0 */
	uint64_t total; /* packets of the whole trial */
	uint64_t period; /* in 2^-32 ns */
};

/* When packet i is due, on the clock of start_ns; rounded up, so that load_pace_due() counts it at that very time. */
static inline uint64_t load_pace_at(const struct load_pace *p, uint64_t i)
{
	uint64_t s = i / p->rate, rest = i % p->rate;

	return p->start_ns + s * LOAD_NS_PER_S + (rest * LOAD_NS_PER_S + p->rate - 1) / p->rate;
}

/* The same within a nanosecond for trials of up to 2^32 packets, without a division: for statistics. */
static inline uint64_t load_pace_near(const struct load_pace *p, uint64_t i)
{
	return p->start_ns + (uint64_t)((unsigned __int128)i * p->period >> 32);
}

/* How many packets are due at `now`: those with load_pace_at(i) <= now, never more than total. */
static inline uint64_t load_pace_due(const struct load_pace *p, uint64_t now)
{
	uint64_t dt, n;

	if (now < p->start_ns)
		return 0;
	dt = now - p->start_ns;
	n = dt / LOAD_NS_PER_S * p->rate + dt % LOAD_NS_PER_S * p->rate / LOAD_NS_PER_S + 1;
	return n < p->total ? n : p->total;
}

/* Trial of `ms` milliseconds. */
static inline struct load_pace load_pace(uint64_t start_ns, uint64_t rate, uint64_t ms)
{
	return (struct load_pace){
		.start_ns = start_ns,
		.rate = rate,
		.total = rate * ms / 1000,
		.period = (LOAD_NS_PER_S << 32) / rate,
	};
}

#endif
