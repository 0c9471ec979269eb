/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * house.c - one poll() over signals, a timer and the control socket.
 *
 * Runs on:   the main thread (lcore 0), off the workers' CPUs where there are others.
 *
 *   SIGTERM, SIGINT   end
 *   SIGUSR1           drain
 *   each second       refresh the region, look after the workers
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dataplane/ctl/server.h"
#include "dataplane/house.h"
#include "dataplane/publish.h"
#include "engine/base/clock.h"

enum {
	POLL_SIGNAL = DP_CTL_POLLS,
	POLL_TIMER,
	POLL_N,
};

struct house {
	struct dp_world *world;
	struct dp_ctl ctl;
	struct dp_watch watch;
	int signal_fd, timer_fd;
	bool end;
};

int dp_house_signals(struct en_err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return en_fail(err, -1, "cannot block signals: %s", strerror(errno));
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd >= 0 ? fd : en_fail(err, -1, "cannot take signals: %s", strerror(errno));
}

static int second_timer(struct en_err *err)
{
	const struct itimerspec each = {.it_interval.tv_sec = 1, .it_value.tv_sec = 1};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && timerfd_settime(fd, 0, &each, NULL) == 0)
		return fd;
	en_fail(err, -1, "cannot make a timer: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void on_signals(struct house *h)
{
	struct signalfd_siginfo info;

	while (read(h->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGUSR1)
			dp_ctl_drain(h->world);
		else
			h->end = true;
	}
}

static void on_second(struct house *h)
{
	uint64_t times;

	if (read(h->timer_fd, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return;
	dp_publish(h->world);
	dp_watch_workers(&h->watch, h->world, en_mono_ns());
}

static int loop(struct house *h, struct en_err *err)
{
	struct pollfd fds[POLL_N];

	while (!h->end) {
		dp_ctl_polls(&h->ctl, fds);
		fds[POLL_SIGNAL] = (struct pollfd){.fd = h->signal_fd, .events = POLLIN};
		fds[POLL_TIMER] = (struct pollfd){.fd = h->timer_fd, .events = POLLIN};
		if (poll(fds, POLL_N, dp_ctl_timeout(&h->ctl)) < 0) {
			if (errno != EINTR)
				return en_fail(err, -1, "cannot wait for events: %s", strerror(errno));
			continue;
		}
		if (fds[POLL_SIGNAL].revents)
			on_signals(h);
		if (fds[POLL_TIMER].revents)
			on_second(h);
		dp_ctl_work(&h->ctl, fds);
	}
	return 0;
}

int dp_house_run(struct dp_world *w, int signal_fd, int listen_fd, int region_fd, struct en_err *err)
{
	struct house h = {.world = w, .signal_fd = signal_fd};
	int rc;

	h.timer_fd = second_timer(err);
	if (h.timer_fd < 0)
		return -1;
	dp_ctl_init(&h.ctl, w, listen_fd, region_fd);
	rc = loop(&h, err);
	dp_ctl_fini(&h.ctl);
	close(h.timer_fd);
	return rc;
}
