/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap_client.c - attach a tap, drain its rings, end cleanly.
 *
 * Invariants
 *   A1  what a record says is checked by its reader; its place is checked by
 *       shm_tap_next().
 *   A2  after `done` was seen the rings are drained for LINGER_NS more: the
 *       last packets may still be on their way through the graph.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/cmd/tap_client.h"

#define LINGER_NS UINT64_C(100000000)

static int take_signals(struct en_err *err)
{
	sigset_t handled;
	int fd;

	sigemptyset(&handled);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGTERM);
	sigprocmask(SIG_BLOCK, &handled, NULL);
	fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? en_fail(err, -1, "cannot take signals: %s", strerror(errno)) : fd;
}

int cmd_tap_open(const struct cmd_where *where, struct shm_ctl_request *req, struct cmd_tap *ret_tap,
		 struct en_err *err)
{
	struct cmd_tap tap = {.signal_fd = take_signals(err)};
	struct shm_ctl_reply reply;
	int fd;

	if (tap.signal_fd < 0)
		return -1;
	if (cmd_view_open(where, &tap.view, err) != 0)
		goto fail_signals;
	req->op = SHM_CTL_TAP;
	if (shm_ctl_call(tap.view.sock, req, &reply, &fd, err) != 0)
		goto fail_view;
	tap.shm = shm_tap_open(fd, &tap.size, err);
	if (fd >= 0)
		close(fd);
	if (!tap.shm)
		goto fail_view;
	tap.core_n = (unsigned int)((tap.size - sizeof(struct shm_tap)) / sizeof(struct shm_tap_ring));
	*ret_tap = tap;
	return 0;

fail_view:
	cmd_view_close(&tap.view);
fail_signals:
	close(tap.signal_fd);
	return -1;
}

void cmd_tap_close(struct cmd_tap *tap)
{
	shm_tap_unmap(tap->shm, tap->size);
	cmd_view_close(&tap->view);
	close(tap->signal_fd);
}

/* 0 all read, 1 the reader has enough, -1 with err. */
static int drain(struct cmd_tap *tap, const struct cmd_tap_reader *reader, struct en_err *err)
{
	for (unsigned int i = 0; i < tap->core_n; i++) {
		struct shm_tap_ring *ring = &tap->shm->ring[i];
		/* no more than a ring at a time: the others and the signals wait */
		uint64_t budget = SHM_TAP_RING;
		enum shm_tap_type type;
		const void *data;
		uint32_t len;
		int bad;

		while (budget > 0 && (data = shm_tap_next(ring, &type, &len, &bad)) != NULL) {
			int enough = reader->on_record(type, data, len, reader->arg);

			budget -= len < budget ? len + 1 : budget;
			shm_tap_release(ring);
			if (enough)
				return 1;
		}
		if (budget > 0 && bad)
			return en_fail(err, -1, "the tap of core %u is corrupt", i);
	}
	return 0;
}

/* True when it is time to end: a signal, or the dataplane is gone. */
static bool wait_tick(const struct cmd_tap *tap)
{
	struct pollfd fds[2] = {
		{.fd = tap->signal_fd, .events = POLLIN},
		{.fd = tap->view.sock, .events = POLLIN},
	};

	return poll(fds, 2, CMD_TAP_TICK_MS) > 0;
}

static uint64_t lost_sum(const struct cmd_tap *tap)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < tap->core_n; i++)
		sum += shm_load(&tap->shm->ring[i].lost);
	return sum;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int cmd_tap_run(struct cmd_tap *tap, const struct cmd_tap_reader *reader, uint64_t timeout_s, struct en_err *err)
{
	uint64_t end_ns = timeout_s ? en_mono_ns() + timeout_s * EN_NS_PER_S : UINT64_MAX;
	bool ended = false, done = false;
	int code = 0;

	while (code == 0 && !ended) {
		/* acquire: housekeeping's release when the count was reached */
		if (!done && atomic_load_explicit(&tap->shm->done, memory_order_acquire)) {
			done = true;
			end_ns = earlier(end_ns, en_mono_ns() + LINGER_NS);
		}
		ended = wait_tick(tap) || en_mono_ns() >= end_ns;
		code = drain(tap, reader, err);
		if (code == 0)
			code = reader->on_tick(ended, reader->arg);
	}
	if (code > 0 && !ended)
		reader->on_tick(true, reader->arg);
	tap->lost = lost_sum(tap);
	return code < 0 ? -1 : 0;
}
