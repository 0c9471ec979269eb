/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.c - keep the dataplane serving.
 *
 *   STARTING --"ready"--> SERVING --dies--> RESTING --backoff over--> STARTING
 *      |dies: RESTING; "fail: …" before it ever served: exit 1
 *   SIGTERM, SIGINT, SIGHUP in any state: STOPPING, then exit 0
 *
 * One poll() over a signalfd and the child's report pipe.
 *
 * Invariants
 *   V1  a child dies with its parent (PR_SET_PDEATHSIG), also when the parent
 *       is killed between fork and prctl.
 *   V2  a child that served is started again after BACKOFF_MIN_MS, one that did
 *       not within BACKOFF_MAX_MS, unless it died DEATHS_MAX times in a row,
 *       each within DEATH_WINDOW_MS of its start, without ever serving.
 *   V3  the child's standard output is our standard error: stdout carries the
 *       one ready line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/cmd/cmd.h"
#include "engine/cmd/supervise.h"

#define BACKOFF_MIN_MS  100
#define BACKOFF_MAX_MS  2000
#define DEATHS_MAX      5
#define DEATH_WINDOW_MS 10000
#define STOP_MS         5000
#define REPORT_MAX      600

enum phase {
	PHASE_STARTING,
	PHASE_SERVING,
	PHASE_RESTING, /* no child; the next start at `deadline` */
	PHASE_STOPPING, /* SIGTERM sent; SIGKILL at `deadline` */
	PHASE_ENDED,
};

struct supervisor {
	const struct cmd_supervision *what;
	enum phase phase;
	int signal_fd, report_fd;
	pid_t child;
	uint64_t started_ms, deadline_ms; /* deadline: RESTING and STOPPING */
	unsigned int backoff_ms, deaths;
	bool served; /* ever */
	bool served_this; /* the present child */
	char report[REPORT_MAX];
	size_t report_len;
	int status;
};

static uint64_t now_ms(void)
{
	return en_mono_ns() / 1000000;
}

/* Never to a pid that has been reaped. */
static void tell(const struct supervisor *v, int signal_number)
{
	if (v->child > 0)
		kill(v->child, signal_number);
}

static void end(struct supervisor *v, int status)
{
	v->status = status;
	v->phase = PHASE_ENDED;
}

/* --- the child's side of fork ------------------------------------------------ */

static void report_and_exit(int fd, const char *program)
{
	char line[REPORT_MAX];
	int n = snprintf(line, sizeof(line), "fail: cannot run %s: %s\n", program, strerror(errno));

	if (n > 0 && write(fd, line, (size_t)n) < 0)
		_exit(126);
	_exit(127);
}

static void become_dataplane(const struct cmd_supervision *what, int report_fd, pid_t parent, const sigset_t *mask)
{
	char fd_text[16];
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(1);
	sigprocmask(SIG_SETMASK, mask, NULL);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (null_fd >= 0)
		dup2(null_fd, STDIN_FILENO);
	fcntl(report_fd, F_SETFD, 0);
	snprintf(fd_text, sizeof(fd_text), "%d", report_fd);
	execl(what->program, "turnpike-dataplane", "-c", what->config, "--ready-fd", fd_text, (char *)NULL);
	fcntl(report_fd, F_SETFD, FD_CLOEXEC);
	report_and_exit(report_fd, what->program);
}

/* --- transitions --------------------------------------------------------------- */

static void close_report(struct supervisor *v)
{
	if (v->report_fd >= 0)
		close(v->report_fd);
	v->report_fd = -1;
	v->report_len = 0;
}

static void start_child(struct supervisor *v, const sigset_t *mask)
{
	pid_t parent = getpid();
	int pipe_fd[2];

	if (pipe2(pipe_fd, O_CLOEXEC) != 0) {
		end(v, cmd_say(CMD_FAILED, "run", "cannot make a pipe: %s", strerror(errno)));
		return;
	}
	v->child = fork();
	if (v->child == 0)
		become_dataplane(v->what, pipe_fd[1], parent, mask);
	close(pipe_fd[1]);
	if (v->child < 0) {
		close(pipe_fd[0]);
		end(v, cmd_say(CMD_FAILED, "run", "cannot start a process: %s", strerror(errno)));
		return;
	}
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	v->report_fd = pipe_fd[0];
	v->started_ms = now_ms();
	v->served_this = false;
	v->phase = PHASE_STARTING;
}

static void on_ready(struct supervisor *v)
{
	v->phase = PHASE_SERVING;
	v->served_this = true;
	v->deaths = 0;
	if (v->served)
		fprintf(stderr, "turnpike: the dataplane serves again\n");
	else
		v->what->on_first_ready(v->what->arg);
	v->served = true;
}

/* The child says why it cannot serve; it exits by itself next. */
static void on_fail(struct supervisor *v, const char *sentence)
{
	char safe[4 * REPORT_MAX];

	fprintf(stderr, "turnpike: %s\n", cmd_escape(sentence, safe, sizeof(safe)));
	if (!v->served) {
		tell(v, SIGTERM);
		v->phase = PHASE_STOPPING;
		v->deadline_ms = now_ms() + STOP_MS;
		v->status = CMD_FAILED;
	}
}

static void on_report_line(struct supervisor *v)
{
	static const char fail[] = "fail: ";

	if (v->phase != PHASE_STARTING)
		return;
	if (strcmp(v->report, "ready") == 0)
		on_ready(v);
	else if (strncmp(v->report, fail, sizeof(fail) - 1) == 0)
		on_fail(v, v->report + sizeof(fail) - 1);
}

static void on_report(struct supervisor *v)
{
	ssize_t n = read(v->report_fd, v->report + v->report_len, sizeof(v->report) - 1 - v->report_len);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		v->report_len += (size_t)n;
	v->report[v->report_len] = '\0';
	newline = strchr(v->report, '\n');
	if (newline) {
		*newline = '\0';
		on_report_line(v);
	}
	if (newline || n <= 0 || v->report_len == sizeof(v->report) - 1)
		close_report(v);
}

static const char *how_it_died(int status, char *buf, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(buf, cap, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, cap, "ended with status %d", WEXITSTATUS(status));
	return buf;
}

static void on_death(struct supervisor *v, int status)
{
	uint64_t age_ms = now_ms() - v->started_ms;
	char how[96];

	v->child = -1;
	if (v->report_fd >= 0) /* its last words may still be in the pipe */
		on_report(v);
	close_report(v);
	if (v->phase == PHASE_STOPPING) {
		end(v, v->status);
		return;
	}
	if (!v->served_this && age_ms <= DEATH_WINDOW_MS)
		v->deaths++;
	else
		v->deaths = 0;
	how_it_died(status, how, sizeof(how));
	if (v->deaths >= DEATHS_MAX) {
		end(v, cmd_say(CMD_FAILED, "run", "the dataplane %s before it served, %d times in a row: giving up",
			       how, DEATHS_MAX));
		return;
	}
	if (v->served_this) /* it can serve: its clients wait */
		v->backoff_ms = BACKOFF_MIN_MS;
	fprintf(stderr, "turnpike: the dataplane %s; starting it again in %u ms\n", how, v->backoff_ms);
	v->deadline_ms = now_ms() + v->backoff_ms;
	v->backoff_ms = v->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : v->backoff_ms * 2;
	v->phase = PHASE_RESTING;
}

static void reap(struct supervisor *v)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == v->child)
			on_death(v, status);
	}
}

static void on_stop_request(struct supervisor *v)
{
	if (v->phase == PHASE_RESTING) {
		end(v, CMD_OK);
		return;
	}
	if (v->phase != PHASE_STOPPING) {
		v->phase = PHASE_STOPPING;
		v->deadline_ms = now_ms() + STOP_MS;
		v->status = CMD_OK;
	}
	tell(v, SIGTERM);
}

static void on_signal(struct supervisor *v)
{
	struct signalfd_siginfo info;

	while (v->phase != PHASE_ENDED && read(v->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(v);
		else if (info.ssi_signo == SIGUSR1)
			tell(v, SIGUSR1);
		else
			on_stop_request(v);
	}
}

static void on_deadline(struct supervisor *v, const sigset_t *mask)
{
	if (now_ms() < v->deadline_ms)
		return;
	if (v->phase == PHASE_RESTING) {
		start_child(v, mask);
	} else if (v->phase == PHASE_STOPPING) {
		tell(v, SIGKILL); /* SIGCHLD follows */
		v->deadline_ms = now_ms() + STOP_MS;
	}
}

static int wait_ms(const struct supervisor *v)
{
	uint64_t now = now_ms();

	if (v->phase != PHASE_RESTING && v->phase != PHASE_STOPPING)
		return -1;
	return v->deadline_ms > now ? (int)(v->deadline_ms - now) : 0;
}

static void serve(struct supervisor *v, const sigset_t *mask)
{
	while (v->phase != PHASE_ENDED) {
		struct pollfd fds[2] = {
			{.fd = v->signal_fd, .events = POLLIN},
			{.fd = v->report_fd, .events = POLLIN},
		};

		if (poll(fds, 2, wait_ms(v)) < 0 && errno != EINTR) {
			tell(v, SIGKILL);
			end(v, cmd_say(CMD_FAILED, "run", "cannot wait for events: %s", strerror(errno)));
			return;
		}
		if (fds[1].revents && v->report_fd >= 0)
			on_report(v);
		if (fds[0].revents)
			on_signal(v);
		on_deadline(v, mask);
	}
}

int cmd_supervise(const struct cmd_supervision *s)
{
	struct supervisor v = {.what = s, .report_fd = -1, .child = -1, .backoff_ms = BACKOFF_MIN_MS};
	sigset_t handled, before;

	sigemptyset(&handled);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGHUP);
	sigaddset(&handled, SIGUSR1);
	sigaddset(&handled, SIGCHLD);
	sigprocmask(SIG_BLOCK, &handled, &before);
	v.signal_fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (v.signal_fd < 0)
		return cmd_say(CMD_FAILED, "run", "cannot take signals: %s", strerror(errno));
	start_child(&v, &before);
	serve(&v, &before);
	close_report(&v);
	close(v.signal_fd);
	return v.status;
}
