/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle.c - what a worker does when there is nothing to do, and how others end that.
 *
 * Runs on:   the core's worker; dp_wake() on any thread.
 *
 * With idle = adaptive a burst of empty polls first spins, now and then offering the CPU to
 * the kernel's own threads (what AF_XDP sent is delivered by ksoftirqd when that is behind,
 * and a spinning worker would starve it for a scheduler's slice). Then the worker sleeps in
 * ppoll() until one of its receive queues has a packet (rx_fd.h), somebody wakes it, or timers or
 * a packet that waits for its time (media/pace.h) want a look. A queue without a descriptor (memif, PCI) is looked at
 * after SLEEP_NS, later DEEP_SLEEP_NS: these bound the delay of its first packet.
 *
 * Invariants
 *   I1  between the store of `asleep` and a sleep lies a whole step without work and a look
 *       into the rings. Who puts something into a ring afterwards finds `asleep` set and wakes:
 *       a full fence on both sides between the own write and the look at the other's.
 *   I2  what is in a device ring before the sleep makes its descriptor readable: it is
 *       level-triggered, so packets that arrive between the step and ppoll() end it at once.
 *       Control does the same with its lane's own flag (shm_rx_sleep), set before each sleep.
 *   I3  a descriptor that reports an error but no packet costs a timed sleep, never a busy loop.
 */
#include "dataplane/idle.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_pause.h>

#include "dataplane/ctl/lane.h"
#include "dataplane/media/pace.h"
#include "engine/base/clock.h"

#define YIELD_LOOPS   8 /* empty polls between two offers of the CPU to the kernel's own threads */
#define SPIN_LOOPS    2000 /* empty polls before the first sleep */
#define WOKEN_LOOPS   200 /* empty polls after a wake: a tap's driver learns of its packet by a signal, later */
#define SLEEP_NS      50000
#define DEEP_AFTER    20000 /* empty sleeps (about a second) before timed ones get longer */
#define DEEP_SLEEP_NS 200000
#define OVERDUE_NS    (EN_NS_PER_S / 1000) /* there are timers left over from the last look */
/* Far below a timer's tick; and the machine falls asleep deeper the longer it does, which the first packet pays for. */
#define LONGEST_NS   (EN_NS_PER_S / 200)
#define POLL_WAKE_UP 0 /* indexes in dp_idle.fd */
#define POLL_LANE    1
#define POLL_QUEUES  2

static void set_state(struct dp_core *c, enum shm_core_state state)
{
	__atomic_store_n(&c->stats->state, (uint32_t)state, __ATOMIC_RELAXED);
}

int dp_idle_open(struct dp_core *c, struct en_err *err)
{
	struct dp_idle *idle = &c->idle;

	idle->fd[POLL_WAKE_UP] = (struct pollfd){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .events = POLLIN};
	if (idle->fd[POLL_WAKE_UP].fd < 0)
		return en_fail(err, -errno, "no descriptor to wake core %u with: %s", c->index, strerror(errno));
	idle->fd[POLL_LANE] = (struct pollfd){.fd = dp_lanes_wake_fd(c->world->lanes, c->index), .events = POLLIN};
	idle->fd_n = POLL_QUEUES;
	idle->longest_ns = LONGEST_NS;
	for (unsigned int q = 0; q < c->rxq_n; q++) {
		int fd = c->world->port[c->rxq[q].port].rx_fd[c->rxq[q].queue];

		if (fd < 0)
			idle->timed = true;
		else
			idle->fd[idle->fd_n++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return 0;
}

void dp_idle_close(struct dp_core *c)
{
	if (c->idle.fd_n)
		close(c->idle.fd[POLL_WAKE_UP].fd);
	c->idle.fd_n = 0;
}

/* --- sleeping ---------------------------------------------------------------- */

/* A step takes up a limited number of notes; the rest would wait for the next one. */
static bool has_mail(const struct dp_core *c)
{
	for (unsigned int i = 0; i <= c->world->core_n; i++)
		if (c->note_in[i] && !rte_ring_empty(c->note_in[i]))
			return true;
	for (unsigned int i = 0; i < c->world->core_n; i++)
		if (c->handoff_in[i] && !rte_ring_empty(c->handoff_in[i]))
			return true;
	return c->outbox_n != 0;
}

/* Nothing waits in the lane, and control will wake us when it puts something there. */
static bool lane_is_quiet(const struct dp_core *c)
{
	return !c->media || !c->media->attached || shm_rx_sleep(&c->media->down);
}

static uint64_t sleep_ns(const struct dp_core *c)
{
	uint64_t ns = c->overdue ? OVERDUE_NS : c->idle.longest_ns, due;

	if (c->idle.timed)
		ns = c->idle.loops < SPIN_LOOPS + DEEP_AFTER ? SLEEP_NS : DEEP_SLEEP_NS;
	if (dp_pace_waiting(c) == 0)
		return ns;
	due = c->media->paces->next_ns > c->now_ns ? c->media->paces->next_ns - c->now_ns : 0;
	return due < ns ? due : ns;
}

static void nap(uint64_t ns)
{
	const struct timespec ts = {.tv_nsec = (long)ns};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

/* I3. An interface that went down leaves its error with the socket until somebody asks for it. */
static bool is_broken(const struct pollfd *fd)
{
	int error;
	socklen_t len = sizeof(error);

	if (!(fd->revents & (POLLERR | POLLHUP | POLLNVAL)) || (fd->revents & POLLIN))
		return false;
	(void)getsockopt(fd->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return true;
}

/* Returns whether a descriptor, not time, ended the sleep. */
static bool sleep_once(struct dp_core *c)
{
	struct dp_idle *idle = &c->idle;
	uint64_t ns = sleep_ns(c), woken;
	const struct timespec ts = {.tv_sec = (time_t)(ns / EN_NS_PER_S), .tv_nsec = (long)(ns % EN_NS_PER_S)};
	bool broken = false;

	shm_add(&c->stats->sleeps, 1);
	if (ppoll(idle->fd, idle->fd_n, &ts, NULL) <= 0)
		return false;
	if (idle->fd[POLL_WAKE_UP].revents)
		(void)!read(idle->fd[POLL_WAKE_UP].fd, &woken, sizeof(woken));
	if (idle->fd[POLL_LANE].revents)
		dp_lanes_woken(c->world->lanes, c->index);
	for (unsigned int i = POLL_QUEUES; i < idle->fd_n; i++)
		broken |= is_broken(&idle->fd[i]);
	if (broken)
		nap(SLEEP_NS);
	return !broken;
}

/* One more step has to find nothing before the sleep (I1), and timers have their look, which readers of gauges count
 * on. */
static void make_ready(struct dp_core *c)
{
	c->next_tick_ns = 0;
	atomic_store_explicit(&c->idle.asleep, true, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* pairs with dp_wake()'s */
}

void dp_idle(struct dp_core *c)
{
	struct dp_idle *idle = &c->idle;

	if (c->world->conf->dataplane.idle == CONF_IDLE_POLL) {
		rte_pause();
		return;
	}
	if (idle->loops++ < SPIN_LOOPS) {
		if (idle->loops % YIELD_LOOPS == 0)
			sched_yield();
		else
			rte_pause();
		return;
	}
	if (idle->loops == SPIN_LOOPS + 1)
		set_state(c, SHM_CORE_SLEEPING);
	if (idle->loops > SPIN_LOOPS + DEEP_AFTER)
		idle->loops = SPIN_LOOPS + DEEP_AFTER;
	if (!atomic_load_explicit(&idle->asleep, memory_order_relaxed)) {
		make_ready(c);
		return;
	}
	if (has_mail(c) || atomic_load_explicit(&c->world->stop, memory_order_relaxed) || !lane_is_quiet(c))
		return;
	if (sleep_once(c) && !idle->timed)
		idle->loops = SPIN_LOOPS - WOKEN_LOOPS;
}

void dp_idle_end(struct dp_core *c)
{
	if (atomic_load_explicit(&c->idle.asleep, memory_order_relaxed))
		atomic_store_explicit(&c->idle.asleep, false, memory_order_relaxed);
	if (c->idle.loops >= SPIN_LOOPS - WOKEN_LOOPS)
		set_state(c, SHM_CORE_POLLING);
	if (c->idle.loops >= SPIN_LOOPS - WOKEN_LOOPS && c->media && c->media->attached)
		shm_rx_awake(&c->media->down);
	c->idle.loops = 0;
}

/* --- waking ------------------------------------------------------------------- */

static void wake(struct dp_core *c)
{
	const uint64_t one = 1;

	/* only the first one writes; a full counter is readable as well */
	if (atomic_load_explicit(&c->idle.asleep, memory_order_relaxed) &&
	    atomic_exchange_explicit(&c->idle.asleep, false, memory_order_relaxed))
		(void)!write(c->idle.fd[POLL_WAKE_UP].fd, &one, sizeof(one));
}

void dp_wake(struct dp_core *c)
{
	atomic_thread_fence(memory_order_seq_cst); /* pairs with make_ready()'s */
	wake(c);
}

void dp_wake_told(struct dp_core *c)
{
	atomic_thread_fence(memory_order_seq_cst); /* pairs with make_ready()'s */
	for (uint32_t left = c->told; left; left &= left - 1)
		wake(c->world->core[__builtin_ctz(left)]);
	c->told = 0;
}
