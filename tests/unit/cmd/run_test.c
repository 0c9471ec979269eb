/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run_test.c - the supervisor: one ready line, restarts, signals, giving up.
 *
 *   test ── fork ── cmd_run() ── fork, exec ── this program again, as the dataplane
 *
 * The dataplane's part is chosen by the environment (TURNPIKE_FAKE), the control process' likewise
 * (TURNPIKE_FAKE_CONTROL); they tell what they do on standard error, which the test reads line by
 * line: every wait is for a line, an end of file or an exit.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/clock.h"
#include "engine/cmd/cmd.h"

#define PATIENCE_MS 20000

static const char good[] =
	"[engine]\nruntime-dir = /run/turnpike-test\n[port a]\ndevice = tap:t0\naddress = 10.0.0.1/24\n"
	"[turn]\nlisten = 10.0.0.1:3478\nrelay = 10.0.0.1 49152-65535\nrealm = r\nuser = a:b\n";

static const char both[] =
	"[engine]\nruntime-dir = /run/turnpike-test\n[port a]\ndevice = tap:t0\naddress = 10.0.0.1/24\n"
	"[turn]\nlisten = 10.0.0.1:3478\nrelay = 10.0.0.1 49152-65535\nrealm = r\nuser = a:b\n"
	"[media]\nlisten = 10.0.0.1:3480\n[control]\nhttp = 127.0.0.1:8080\n";

/* --- the played processes ------------------------------------------------------- */

static void tell(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(99);
}

static int wait_for_signals(const char *name, bool deaf)
{
	sigset_t all;
	char line[64];
	int got = 0;

	sigemptyset(&all);
	sigaddset(&all, SIGTERM);
	sigaddset(&all, SIGUSR1);
	sigprocmask(SIG_BLOCK, &all, NULL);
	snprintf(line, sizeof(line), "%s %d\n", name, (int)getpid());
	tell(STDERR_FILENO, line);
	for (;;) {
		sigwait(&all, &got);
		if (got == SIGUSR1)
			tell(STDERR_FILENO, "drains\n");
		else if (deaf)
			tell(STDERR_FILENO, "is deaf\n");
		else
			break;
	}
	tell(STDERR_FILENO, "ends\n");
	return 0;
}

/* argv: turnpike-dataplane -c FILE --ready-fd N */
static int play_dataplane(char **argv)
{
	const char *part = getenv("TURNPIKE_FAKE");
	int fd = (int)strtol(argv[4], NULL, 10);

	puts("what the dataplane prints");
	fflush(stdout);
	if (strcmp(part, "fails") == 0) {
		tell(fd, "fail: port a: no such device\n");
		return 1;
	}
	if (strcmp(part, "dies") == 0)
		return 3;
	tell(fd, "rea");
	tell(fd, "dy\n");
	close(fd);
	return wait_for_signals("pid", strcmp(part, "deaf") == 0);
}

/* argv: turnpike-control -c FILE --ready-fd N */
static int play_control(char **argv)
{
	const char *part = getenv("TURNPIKE_FAKE_CONTROL");
	int fd = (int)strtol(argv[4], NULL, 10);

	if (strcmp(part, "fails") == 0) {
		tell(fd, "fail: http = 127.0.0.1:8080: another program listens there\n");
		return 1;
	}
	if (strcmp(part, "dies") == 0)
		return 4;
	tell(fd, "ready\n");
	close(fd);
	return wait_for_signals("control", false);
}

/* --- watching the supervisor --------------------------------------------------- */

struct lines {
	int fd;
	char text[8192];
	size_t len, at;
};

static struct {
	pid_t pid;
	struct lines out, err;
} sv;

static int config_of(const char *text)
{
	int fd = memfd_create("conf", 0); /* inherited: named /proc/self/fd/N */

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void start_both(const char *part, const char *control_part, const char *config)
{
	char path[32], run_word[] = "run", c_word[] = "-c", *argv[] = {run_word, c_word, path, NULL};
	int out[2], err[2], conf = config_of(config);

	memset(&sv, 0, sizeof(sv));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", conf);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	sv.pid = fork();
	assert_true(sv.pid >= 0);
	if (sv.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
		setenv("TURNPIKE_FAKE", part, 1);
		setenv("TURNPIKE_FAKE_CONTROL", control_part, 1);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		for (int i = 0; i < 2; i++) {
			close(out[i]);
			close(err[i]);
		}
		exit(cmd_run(3, argv));
	}
	close(conf);
	close(out[1]);
	close(err[1]);
	sv.out.fd = out[0];
	sv.err.fd = err[0];
}

static void start(const char *part, const char *config)
{
	start_both(part, "serves", config);
}

/* The next line without its newline, or NULL at the end of the stream. */
static const char *next_line(struct lines *l)
{
	for (;;) {
		struct pollfd p = {.fd = l->fd, .events = POLLIN};
		char *start_of = l->text + l->at, *end = memchr(start_of, '\n', l->len - l->at);
		ssize_t n;

		if (end) {
			*end = '\0';
			l->at = (size_t)(end - l->text) + 1;
			return start_of;
		}
		if (poll(&p, 1, PATIENCE_MS) <= 0)
			fail_msg("nothing came; so far: %s", l->text);
		assert_true(l->len < sizeof(l->text) - 1);
		n = read(l->fd, l->text + l->len, sizeof(l->text) - 1 - l->len);
		if (n <= 0)
			return NULL;
		l->len += (size_t)n;
		l->text[l->len] = '\0';
	}
}

/* Read lines until one begins so. */
static const char *wait_line(struct lines *l, const char *begin)
{
	const char *line;

	while ((line = next_line(l)) != NULL) {
		if (strncmp(line, begin, strlen(begin)) == 0)
			return line;
	}
	fail_msg("no line begins: %s", begin);
	return NULL;
}

static pid_t dataplane_pid(void)
{
	return (pid_t)strtol(wait_line(&sv.err, "pid ") + 4, NULL, 10);
}

/* Its exit status; both streams must have ended or end now. */
static int finish(void)
{
	int status;

	while (next_line(&sv.out))
		;
	while (next_line(&sv.err))
		;
	assert_int_equal(waitpid(sv.pid, &status, 0), sv.pid);
	close(sv.out.fd);
	close(sv.err.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* --- tests ------------------------------------------------------------------------ */

static void one_ready_line_and_a_clean_end(void **state)
{
	(void)state;
	start("serves", good);
	assert_string_equal(next_line(&sv.out),
			    "turnpike: ready; TURN on 10.0.0.1:3478 (udp), 1 core, show with: turnpike "
			    "show counters --runtime-dir /run/turnpike-test");
	dataplane_pid();
	kill(sv.pid, SIGTERM);
	assert_null(next_line(&sv.out)); /* nothing else, not even from the dataplane */
	wait_line(&sv.err, "ends");
	assert_int_equal(finish(), CMD_OK);
}

static void interrupt_and_drain_reach_the_dataplane(void **state)
{
	(void)state;
	start("serves", good);
	dataplane_pid();
	kill(sv.pid, SIGUSR1);
	wait_line(&sv.err, "drains");
	kill(sv.pid, SIGINT);
	wait_line(&sv.err, "ends");
	assert_int_equal(finish(), CMD_OK);
}

static void a_killed_dataplane_is_started_again(void **state)
{
	uint64_t before;
	pid_t first, second;

	(void)state;
	start("serves", good);
	wait_line(&sv.out, "turnpike: ready");
	first = dataplane_pid();
	before = en_mono_ns();
	kill(first, SIGKILL);
	wait_line(&sv.err, "turnpike: the dataplane was killed by signal 9");
	second = dataplane_pid();
	assert_int_not_equal(first, second);
	assert_true(en_mono_ns() - before < 2 * EN_NS_PER_S);
	kill(sv.pid, SIGTERM);
	assert_null(next_line(&sv.out)); /* no second ready line */
	assert_int_equal(finish(), CMD_OK);
}

static void a_start_that_fails_says_why(void **state)
{
	(void)state;
	start("fails", good);
	wait_line(&sv.err, "turnpike: port a: no such device");
	assert_int_equal(finish(), CMD_FAILED);
}

static void a_dataplane_that_keeps_dying_is_given_up(void **state)
{
	(void)state;
	start("dies", good);
	for (int i = 0; i < 4; i++)
		wait_line(&sv.err, "turnpike: the dataplane ended with status 3; starting it again");
	wait_line(&sv.err, "turnpike run: the dataplane ended with status 3 before it served, 5 times in a row");
	assert_int_equal(finish(), CMD_FAILED);
}

static void stopping_between_two_starts(void **state)
{
	(void)state;
	start("dies", good);
	for (int i = 0; i < 3; i++)
		wait_line(&sv.err, "turnpike: the dataplane ended");
	kill(sv.pid, SIGTERM);
	assert_int_equal(finish(), CMD_OK);
}

static void a_deaf_dataplane_is_killed(void **state)
{
	(void)state;
	start("deaf", good);
	dataplane_pid();
	kill(sv.pid, SIGTERM);
	wait_line(&sv.err, "is deaf");
	assert_int_equal(finish(), CMD_OK);
}

/* The end of the error stream shows that the dataplane, which holds it too, is gone. */
static void nothing_outlives_a_killed_supervisor(void **state)
{
	(void)state;
	start("serves", good);
	dataplane_pid();
	kill(sv.pid, SIGKILL);
	assert_int_equal(finish(), -SIGKILL);
}

static void a_wrong_configuration_does_not_start(void **state)
{
	(void)state;
	start("serves", "[engin]\n");
	assert_non_null(strstr(next_line(&sv.err), ":1: unknown section [engin]; did you mean [engine]?"));
	assert_int_equal(finish(), CMD_FAILED);
}

static void a_missing_dataplane_is_a_sentence(void **state)
{
	(void)state;
	setenv("TURNPIKE_DATAPLANE", "/nonexistent/turnpike-dataplane", 1);
	start("serves", good);
	setenv("TURNPIKE_DATAPLANE", "/proc/self/exe", 1);
	wait_line(&sv.err, "turnpike: cannot run /nonexistent/turnpike-dataplane: No such file or directory");
	assert_int_equal(finish(), CMD_FAILED);
}

/* The pids of both, which start in any order. */
static void both_pids(pid_t *ret_dataplane, pid_t *ret_control)
{
	const char *line;

	*ret_dataplane = *ret_control = 0;
	while ((!*ret_dataplane || !*ret_control) && (line = next_line(&sv.err)) != NULL) {
		if (strncmp(line, "pid ", 4) == 0)
			*ret_dataplane = (pid_t)strtol(line + 4, NULL, 10);
		else if (strncmp(line, "control ", 8) == 0)
			*ret_control = (pid_t)strtol(line + 8, NULL, 10);
	}
}

static void two_processes_and_one_ready_line(void **state)
{
	pid_t dataplane, control;

	(void)state;
	start_both("serves", "serves", both);
	assert_string_equal(next_line(&sv.out),
			    "turnpike: ready; TURN on 10.0.0.1:3478 (udp), media on 10.0.0.1:3480 (udp), page on "
			    "http://127.0.0.1:8080/, 1 core, show with: turnpike show counters --runtime-dir "
			    "/run/turnpike-test");
	both_pids(&dataplane, &control);
	kill(sv.pid, SIGUSR1); /* the dataplane's alone */
	wait_line(&sv.err, "drains");
	kill(sv.pid, SIGTERM);
	wait_line(&sv.err, "ends");
	wait_line(&sv.err, "ends");
	assert_int_equal(finish(), CMD_OK);
}

static void either_is_started_again_alone(void **state)
{
	pid_t dataplane, control, next;
	uint64_t before;

	(void)state;
	start_both("serves", "serves", both);
	both_pids(&dataplane, &control);
	before = en_mono_ns();
	kill(control, SIGKILL);
	wait_line(&sv.err, "turnpike: the control process was killed by signal 9");
	next = (pid_t)strtol(wait_line(&sv.err, "control ") + 8, NULL, 10);
	assert_int_not_equal(next, control);
	assert_int_equal(kill(dataplane, 0), 0);
	kill(dataplane, SIGKILL);
	wait_line(&sv.err, "turnpike: the dataplane was killed by signal 9");
	assert_int_not_equal(dataplane_pid(), dataplane);
	assert_true(en_mono_ns() - before < 4 * EN_NS_PER_S);
	assert_int_equal(kill(next, 0), 0);
	kill(sv.pid, SIGTERM);
	assert_int_equal(finish(), CMD_OK);
}

static void a_control_process_that_fails_ends_both(void **state)
{
	(void)state;
	start_both("serves", "fails", both);
	wait_line(&sv.err, "turnpike: http = 127.0.0.1:8080: another program listens there");
	assert_int_equal(finish(), CMD_FAILED);
}

static void a_control_process_that_keeps_dying_ends_both(void **state)
{
	(void)state;
	start_both("serves", "dies", both);
	wait_line(&sv.err, "turnpike run: the control process ended with status 4 before it served, 5 times in a row");
	wait_line(&sv.err, "ends");
	assert_null(next_line(&sv.out)); /* it never served whole */
	assert_int_equal(finish(), CMD_FAILED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ready_line_and_a_clean_end),
		cmocka_unit_test(interrupt_and_drain_reach_the_dataplane),
		cmocka_unit_test(a_killed_dataplane_is_started_again),
		cmocka_unit_test(a_start_that_fails_says_why),
		cmocka_unit_test(a_dataplane_that_keeps_dying_is_given_up),
		cmocka_unit_test(stopping_between_two_starts),
		cmocka_unit_test(a_deaf_dataplane_is_killed),
		cmocka_unit_test(nothing_outlives_a_killed_supervisor),
		cmocka_unit_test(a_wrong_configuration_does_not_start),
		cmocka_unit_test(a_missing_dataplane_is_a_sentence),
		cmocka_unit_test(two_processes_and_one_ready_line),
		cmocka_unit_test(either_is_started_again_alone),
		cmocka_unit_test(a_control_process_that_fails_ends_both),
		cmocka_unit_test(a_control_process_that_keeps_dying_ends_both),
	};

	if (argc == 5 && strcmp(argv[3], "--ready-fd") == 0)
		return strcmp(argv[0], "turnpike-control") == 0 ? play_control(argv) : play_dataplane(argv);
	setenv("TURNPIKE_DATAPLANE", "/proc/self/exe", 1);
	setenv("TURNPIKE_CONTROL", "/proc/self/exe", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
