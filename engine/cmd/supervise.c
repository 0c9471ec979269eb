/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.c - keep the dataplane and the control process serving.
 *
 *   each child:  STARTING --"ready"--> SERVING --dies--> RESTING --backoff over--> STARTING
 *                   |dies: RESTING; "fail: …" before it ever served: all stop, exit 1
 *   SIGTERM, SIGINT, SIGHUP in any state: all STOPPING, then exit 0
 *
 * One poll() over a signalfd and the children's report pipes.
 *
 * Invariants
 *   V1  a child dies with its parent (PR_SET_PDEATHSIG), also when the parent
 *       is killed between fork and prctl.
 *   V2  a child that served is started again after BACKOFF_MIN_MS, one that did
 *       not within BACKOFF_MAX_MS, unless it died DEATHS_MAX times in a row,
 *       each within DEATH_WINDOW_MS of its start, without ever serving.
 *   V3  a child's standard output is our standard error: stdout carries the
 *       one ready line.
 *   V4  one child's death is nothing to the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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
	PHASE_RESTING, /* no process; the next start at `start_ms` */
	PHASE_STOPPING, /* SIGTERM sent; SIGKILL at the supervisor's `kill_ms` */
	PHASE_ENDED,
};

struct child {
	const struct cmd_child *what;
	enum phase phase;
	int report_fd;
	pid_t pid;
	uint64_t started_ms, start_ms;
	unsigned int backoff_ms, deaths;
	bool served; /* ever */
	bool served_this; /* the present process */
	char report[REPORT_MAX];
	size_t report_len;
};

struct supervisor {
	const struct cmd_supervision *what;
	struct child child[CMD_CHILDREN_MAX];
	unsigned int child_n;
	int signal_fd;
	sigset_t mask; /* what children start with */
	bool announced; /* the ready line */
	bool stopping;
	uint64_t kill_ms; /* while stopping */
	int status;
};

static uint64_t now_ms(void)
{
	return en_mono_ns() / 1000000;
}

/* Never to a pid that has been reaped. */
static void tell(const struct child *c, int signal_number)
{
	if (c->pid > 0)
		kill(c->pid, signal_number);
}

static void tell_all(const struct supervisor *v, int signal_number)
{
	for (unsigned int i = 0; i < v->child_n; i++)
		tell(&v->child[i], signal_number);
}

static void stop_all(struct supervisor *v, int status)
{
	tell_all(v, SIGTERM);
	if (v->stopping)
		return;
	v->stopping = true;
	v->status = status;
	v->kill_ms = now_ms() + STOP_MS;
	for (unsigned int i = 0; i < v->child_n; i++)
		v->child[i].phase = v->child[i].pid > 0 ? PHASE_STOPPING : PHASE_ENDED;
}

static bool all_are(const struct supervisor *v, enum phase phase)
{
	for (unsigned int i = 0; i < v->child_n; i++)
		if (v->child[i].phase != phase)
			return false;
	return true;
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

static void become(const struct cmd_child *what, const char *config, int report_fd, pid_t parent, const sigset_t *mask)
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
	execl(what->program, what->word, "-c", config, "--ready-fd", fd_text, (char *)NULL);
	fcntl(report_fd, F_SETFD, FD_CLOEXEC);
	report_and_exit(report_fd, what->program);
}

/* --- transitions --------------------------------------------------------------- */

static void close_report(struct child *c)
{
	if (c->report_fd >= 0)
		close(c->report_fd);
	c->report_fd = -1;
	c->report_len = 0;
}

static void start_child(struct supervisor *v, struct child *c)
{
	pid_t parent = getpid();
	int pipe_fd[2];

	if (pipe2(pipe_fd, O_CLOEXEC) != 0) {
		stop_all(v, cmd_say(CMD_FAILED, "run", "cannot make a pipe: %s", strerror(errno)));
		return;
	}
	c->pid = fork();
	if (c->pid == 0)
		become(c->what, v->what->config, pipe_fd[1], parent, &v->mask);
	close(pipe_fd[1]);
	if (c->pid < 0) {
		close(pipe_fd[0]);
		stop_all(v, cmd_say(CMD_FAILED, "run", "cannot start a process: %s", strerror(errno)));
		return;
	}
	fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	c->report_fd = pipe_fd[0];
	c->started_ms = now_ms();
	c->served_this = false;
	c->phase = PHASE_STARTING;
}

static void on_ready(struct supervisor *v, struct child *c)
{
	c->phase = PHASE_SERVING;
	c->served_this = true;
	c->deaths = 0;
	if (c->served)
		fprintf(stderr, "turnpike: %s serves again\n", c->what->name);
	c->served = true;
	if (!v->announced && all_are(v, PHASE_SERVING)) {
		v->announced = true;
		v->what->on_first_ready(v->what->arg);
	}
}

/* The child says why it cannot serve; it exits by itself next. */
static void on_fail(struct supervisor *v, struct child *c, const char *sentence)
{
	char safe[4 * REPORT_MAX];

	fprintf(stderr, "turnpike: %s\n", cmd_escape(sentence, safe, sizeof(safe)));
	if (!c->served)
		stop_all(v, CMD_FAILED);
}

static void on_report_line(struct supervisor *v, struct child *c)
{
	static const char fail[] = "fail: ";

	if (c->phase != PHASE_STARTING)
		return;
	if (strcmp(c->report, "ready") == 0)
		on_ready(v, c);
	else if (strncmp(c->report, fail, sizeof(fail) - 1) == 0)
		on_fail(v, c, c->report + sizeof(fail) - 1);
}

static void on_report(struct supervisor *v, struct child *c)
{
	ssize_t n = read(c->report_fd, c->report + c->report_len, sizeof(c->report) - 1 - c->report_len);
	char *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->report_len += (size_t)n;
	c->report[c->report_len] = '\0';
	newline = strchr(c->report, '\n');
	if (newline) {
		*newline = '\0';
		on_report_line(v, c);
	}
	if (newline || n <= 0 || c->report_len == sizeof(c->report) - 1)
		close_report(c);
}

static const char *how_it_died(int status, char *buf, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(buf, cap, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, cap, "ended with status %d", WEXITSTATUS(status));
	return buf;
}

static void rest(struct child *c, const char *how)
{
	if (c->served_this) /* it can serve: its clients wait */
		c->backoff_ms = BACKOFF_MIN_MS;
	fprintf(stderr, "turnpike: %s %s; starting it again in %u ms\n", c->what->name, how, c->backoff_ms);
	c->start_ms = now_ms() + c->backoff_ms;
	c->backoff_ms = c->backoff_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff_ms * 2;
	c->phase = PHASE_RESTING;
}

static void on_death(struct supervisor *v, struct child *c, int status)
{
	uint64_t age_ms = now_ms() - c->started_ms;
	char how[96];

	c->pid = -1;
	if (c->report_fd >= 0) /* its last words may still be in the pipe */
		on_report(v, c);
	close_report(c);
	if (v->stopping) {
		c->phase = PHASE_ENDED;
		return;
	}
	if (!c->served_this && age_ms <= DEATH_WINDOW_MS)
		c->deaths++;
	else
		c->deaths = 0;
	how_it_died(status, how, sizeof(how));
	if (c->deaths < DEATHS_MAX) {
		rest(c, how);
		return;
	}
	stop_all(v, cmd_say(CMD_FAILED, "run", "%s %s before it served, %d times in a row: giving up", c->what->name,
			    how, DEATHS_MAX));
}

static void reap(struct supervisor *v)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned int i = 0; i < v->child_n; i++) {
			if (pid == v->child[i].pid) {
				on_death(v, &v->child[i], status);
				break;
			}
		}
	}
}

static void on_signal(struct supervisor *v)
{
	struct signalfd_siginfo info;

	while (read(v->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			reap(v);
		} else if (info.ssi_signo == SIGUSR1) {
			for (unsigned int i = 0; i < v->child_n; i++)
				if (v->child[i].what->drains)
					tell(&v->child[i], SIGUSR1);
		} else {
			stop_all(v, CMD_OK);
		}
	}
}

static void on_deadlines(struct supervisor *v)
{
	uint64_t now = now_ms();

	if (v->stopping && now >= v->kill_ms) {
		tell_all(v, SIGKILL); /* SIGCHLD follows */
		v->kill_ms = now + STOP_MS;
	}
	for (unsigned int i = 0; i < v->child_n; i++) {
		if (v->child[i].phase == PHASE_RESTING && now >= v->child[i].start_ms)
			start_child(v, &v->child[i]);
	}
}

static int wait_ms(const struct supervisor *v)
{
	uint64_t now = now_ms(), next = v->stopping ? v->kill_ms : UINT64_MAX;

	for (unsigned int i = 0; i < v->child_n; i++) {
		if (v->child[i].phase == PHASE_RESTING && v->child[i].start_ms < next)
			next = v->child[i].start_ms;
	}
	if (next == UINT64_MAX)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

static void serve(struct supervisor *v)
{
	while (!(v->stopping && all_are(v, PHASE_ENDED))) {
		struct pollfd fds[1 + CMD_CHILDREN_MAX] = {{.fd = v->signal_fd, .events = POLLIN}};

		for (unsigned int i = 0; i < v->child_n; i++)
			fds[1 + i] = (struct pollfd){.fd = v->child[i].report_fd, .events = POLLIN};
		if (poll(fds, 1 + v->child_n, wait_ms(v)) < 0 && errno != EINTR) {
			tell_all(v, SIGKILL);
			v->status = cmd_say(CMD_FAILED, "run", "cannot wait for events: %s", strerror(errno));
			return;
		}
		for (unsigned int i = 0; i < v->child_n; i++) {
			if (fds[1 + i].revents && v->child[i].report_fd >= 0)
				on_report(v, &v->child[i]);
		}
		if (fds[0].revents)
			on_signal(v);
		on_deadlines(v);
	}
}

int cmd_supervise(const struct cmd_supervision *s)
{
	struct supervisor v = {.what = s, .child_n = s->child_n};
	sigset_t handled;

	sigemptyset(&handled);
	sigaddset(&handled, SIGTERM);
	sigaddset(&handled, SIGINT);
	sigaddset(&handled, SIGHUP);
	sigaddset(&handled, SIGUSR1);
	sigaddset(&handled, SIGCHLD);
	sigprocmask(SIG_BLOCK, &handled, &v.mask);
	v.signal_fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
	if (v.signal_fd < 0)
		return cmd_say(CMD_FAILED, "run", "cannot take signals: %s", strerror(errno));
	for (unsigned int i = 0; i < v.child_n; i++)
		v.child[i] =
			(struct child){.what = &s->child[i], .report_fd = -1, .pid = -1, .backoff_ms = BACKOFF_MIN_MS};
	for (unsigned int i = 0; i < v.child_n && !v.stopping; i++)
		start_child(&v, &v.child[i]);
	serve(&v);
	for (unsigned int i = 0; i < v.child_n; i++)
		close_report(&v.child[i]);
	close(v.signal_fd);
	return v.status;
}
