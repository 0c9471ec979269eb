/* SPDX-License-Identifier: BSD-3-Clause */
/* idle_test.c - a worker that sleeps is woken, at once and without fail. */
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "dataplane/idle.h"
#include "dataplane/step.h"
#include "tests/node/lib/lab.h"

#define HOUR_NS (3600 * EN_NS_PER_S)
#define ENOUGH  10000 /* more empty steps than any spin lasts */

static bool wake_up_is_pending(const struct dp_core *c)
{
	struct pollfd fd = {.fd = c->idle.fd[0].fd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* Nothing but a wake-up ends its sleep: the lab's rings have no descriptors. */
static struct dp_core *sleeper(void)
{
	struct dp_core *c = lab.world->core[0];

	assert_true(c->idle.timed);
	c->idle.timed = false;
	c->idle.longest_ns = HOUR_NS;
	return c;
}

static void make_ready_to_sleep(struct dp_core *c)
{
	for (unsigned int i = 0; i < ENOUGH && !c->idle.asleep; i++)
		dp_idle(c);
	assert_true(c->idle.asleep);
}

static void note_for(struct dp_core *c, struct dp_core *from)
{
	const struct dp_note note = {.op = DP_NOTE_TAP};

	assert_int_equal(rte_ring_sp_enqueue_elem(from->note_out[c->index], (void *)(uintptr_t)&note, sizeof(note)), 0);
	dp_told(from, c->index);
}

static void who_is_awake_is_not_woken(void **state)
{
	struct dp_core *c;

	(void)state;
	lab_open(NULL);
	c = sleeper();
	dp_wake(c);
	assert_false(wake_up_is_pending(c));
	make_ready_to_sleep(c);
	dp_idle_end(c);
	assert_false(c->idle.asleep);
	dp_wake(c);
	assert_false(wake_up_is_pending(c));
}

static void a_wake_before_the_sleep_counts(void **state)
{
	struct dp_core *c;
	uint64_t sleeps;

	(void)state;
	lab_open(NULL);
	c = sleeper();
	make_ready_to_sleep(c);
	dp_wake(c);
	dp_wake(c);
	assert_true(wake_up_is_pending(c));
	/* would sleep for an hour; and is not ready to without one more look */
	sleeps = c->stats->sleeps;
	make_ready_to_sleep(c);
	dp_idle(c);
	assert_int_equal(c->stats->sleeps, sleeps + 1);
	assert_false(wake_up_is_pending(c));
}

static void mail_keeps_it_up(void **state)
{
	const struct lab_options two = {.cores = 2};
	struct dp_core *c;
	uint64_t sleeps;

	(void)state;
	lab_open(&two);
	c = sleeper();
	make_ready_to_sleep(c);
	sleeps = c->stats->sleeps;
	note_for(c, lab.world->core[1]);
	dp_idle(c);
	assert_int_equal(c->stats->sleeps, sleeps);
	dp_core_step(c, lab.now_ns, lab.wall_s);
	/* the end of the sender's step wakes it */
	dp_core_step(lab.world->core[1], lab.now_ns, lab.wall_s);
	assert_true(wake_up_is_pending(c));
	assert_false(c->idle.asleep);
}

static void polling_never_sleeps(void **state)
{
	const struct lab_options poll = {.dataplane = "idle = poll"};
	struct dp_core *c;

	(void)state;
	lab_open(&poll);
	c = lab.world->core[0];
	for (unsigned int i = 0; i < ENOUGH; i++)
		dp_idle(c);
	assert_false(c->idle.asleep);
	assert_int_equal(c->stats->sleeps, 0);
}

/* --- no wake-up is lost -------------------------------------------------------- */

#define NOTES 20000u

struct race {
	struct dp_core *c;
	_Atomic bool end;
	_Atomic unsigned int taken;
};

static void *run_sleeper(void *arg)
{
	struct race *r = arg;

	while (!r->end) {
		unsigned int before = rte_ring_count(r->c->note_in[1]);

		dp_core_step(r->c, lab.now_ns, lab.wall_s);
		if (before) {
			r->taken += before < 64 ? before : 64;
			dp_idle_end(r->c);
		} else {
			/* a spin of two loops, to fall asleep as often as can be */
			r->c->idle.loops = r->c->idle.loops > 1 ? ENOUGH : r->c->idle.loops;
			dp_idle(r->c);
		}
	}
	return NULL;
}

/* One note at a time: when a wake-up is lost, the sleeper keeps the rest of the hour. */
static void no_wake_up_is_lost(void **state)
{
	const struct lab_options two = {.cores = 2};
	struct race r = {0};
	uint64_t begin = en_mono_ns();
	pthread_t thread;
	bool late = false;

	(void)state;
	lab_open(&two);
	r.c = sleeper();
	assert_int_equal(pthread_create(&thread, NULL, run_sleeper, &r), 0);
	for (unsigned int i = 1; i <= NOTES && !late && en_mono_ns() - begin < 3 * EN_NS_PER_S; i++) {
		uint64_t sent = en_mono_ns();

		note_for(r.c, lab.world->core[1]);
		dp_wake_told(lab.world->core[1]);
		while (r.taken < i && !late) {
			late = en_mono_ns() - sent > 10 * EN_NS_PER_S;
			sched_yield();
		}
		/* vary where in the sleeper's round the next one falls */
		for (volatile unsigned int k = 0; k < i % 97 * 8; k++)
			;
	}
	r.end = true;
	r.c->idle.asleep = true;
	dp_wake(r.c);
	pthread_join(thread, NULL);
	assert_false(late);
	assert_true(r.c->stats->sleeps > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(who_is_awake_is_not_woken), lab_test(a_wake_before_the_sleep_counts),
		lab_test(mail_keeps_it_up),          lab_test(polling_never_sleeps),
		lab_test(no_wake_up_is_lost),
	};

	return cmocka_run_group_tests_name("idle", tests, NULL, NULL);
}
