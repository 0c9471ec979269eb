/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * machine_spin.c - do two CPUs share a core? (performance.md: log it before
 * every run, because a generator on the other thread of the server's core
 * depresses every figure.)
 *
 * A thread is timed over a fixed loop with its partner's CPU idle, then with a
 * partner that spins until the timed one has finished, so that they overlap for
 * the whole of it. CPU time, not wall time: what other programs take away does
 * not count. The median of a few rounds: the best would be one in which the
 * partner was off its CPU.
 */
#include "perf/loadgen/machine.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS   5
#define LOOP_SEC 0.006 /* 4 timed loops a round */

struct spinner {
	unsigned long loops; /* of the timed one; 0: spin until `stop` */
	_Atomic bool running, stop;
	double seconds;
};

/*
 * Eight independent chains: a single one would wait for its own results and
 * leave half of the core's units to the other thread unnoticed.
 */
static void spin(unsigned long loops)
{
	uint64_t x[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	for (unsigned long i = 0; i < loops; i++) {
		for (int k = 0; k < 8; k++) {
			x[k] = x[k] * UINT64_C(6364136223846793005) + 1;
			__asm__ volatile("" : "+r"(x[k]));
		}
	}
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *spinner_main(void *arg)
{
	struct spinner *s = arg;
	double begin;

	s->running = true;
	while (s->loops == 0 && !s->stop)
		spin(1000);
	begin = cpu_seconds();
	spin(s->loops);
	s->seconds = cpu_seconds() - begin;
	return NULL;
}

static int start_on(int cpu, struct spinner *s, pthread_t *ret_thread)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int error;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pthread_attr_init(&attr) != 0)
		return -1;
	error = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (error == 0)
		error = pthread_create(ret_thread, &attr, spinner_main, s);
	pthread_attr_destroy(&attr);
	return error ? -1 : 0;
}

/* CPU seconds of `loops` on `cpu` while `partner` spins (negative: idle); 0 when it cannot be done. */
static double timed(int cpu, int partner, unsigned long loops)
{
	struct spinner self = {.loops = loops}, other = {0};
	pthread_t self_thread, other_thread;

	if (partner >= 0 && start_on(partner, &other, &other_thread) != 0)
		return 0;
	while (partner >= 0 && !other.running)
		sched_yield();
	if (start_on(cpu, &self, &self_thread) == 0)
		pthread_join(self_thread, NULL);
	other.stop = true;
	if (partner >= 0)
		pthread_join(other_thread, NULL);
	return self.seconds;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double load_machine_slowdown(int cpu_a, int cpu_b)
{
	double alone[ROUNDS], both[ROUNDS];
	const unsigned long probe = 100000;
	unsigned long loops;
	double first;

	if (cpu_a < 0 || cpu_b < 0 || cpu_a == cpu_b || cpu_a >= CPU_SETSIZE || cpu_b >= CPU_SETSIZE)
		return 0;
	first = timed(cpu_a, -1, probe);
	if (first <= 0)
		return 0;
	loops = (unsigned long)((double)probe * LOOP_SEC / first) + 1;
	for (int i = 0; i < ROUNDS; i++) {
		alone[i] = timed(cpu_a, -1, loops) + timed(cpu_b, -1, loops);
		both[i] = timed(cpu_a, cpu_b, loops) + timed(cpu_b, cpu_a, loops);
		if (alone[i] <= 0 || both[i] <= 0)
			return 0;
	}
	qsort(alone, ROUNDS, sizeof(alone[0]), ascending);
	qsort(both, ROUNDS, sizeof(both[0]), ascending);
	return both[ROUNDS / 2] / alone[ROUNDS / 2];
}
