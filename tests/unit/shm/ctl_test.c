/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_test.c - the control socket: a round trip with a descriptor, stale and
 * live sockets, and messages that are none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/shm/ctl.h"
#include "engine/shm/region.h"

static struct en_err err;
static char dir[96], path[128];

static int set_up(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof(dir), "%s/turnpike-ctl-XXXXXX", base && *base && strlen(base) < 60 ? base : P_tmpdir);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/" SHM_CTL_SOCKET, dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* A listening socket, a client and its accepted connection. */
static void connect_pair(int *ret_listener, int *ret_client, int *ret_conn)
{
	*ret_listener = shm_ctl_listen(dir, &err);
	assert_true(*ret_listener >= 0);
	*ret_client = shm_ctl_connect(dir, &err);
	assert_true(*ret_client >= 0);
	*ret_conn = accept(*ret_listener, NULL, NULL);
	assert_true(*ret_conn >= 0);
}

static void close_pair(int listener, int client, int conn)
{
	close(conn);
	close(client);
	close(listener);
}

static unsigned int open_fds(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void a_request_is_answered_with_a_file(void **state)
{
	struct shm_ctl_request req = {.op = SHM_CTL_REGION, .count = 42}, got;
	struct shm_ctl_reply reply = {.size = 99, .text = "hello"}, answer;
	int listener, client, conn, fd, content[2];
	unsigned int before = open_fds();
	char text[8] = "";

	(void)state;
	connect_pair(&listener, &client, &conn);
	assert_int_equal(pipe(content), 0);
	assert_int_equal(write(content[1], "inside", 6), 6);
	/* the answer may lie there before the question: one thread can play both */
	assert_int_equal(shm_ctl_reply(conn, &reply, content[0]), 0);
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), 0);
	assert_int_equal(shm_ctl_receive(conn, &got), 1);
	assert_int_equal(got.op, SHM_CTL_REGION);
	assert_int_equal(got.count, 42);
	assert_int_equal(answer.size, 99);
	assert_string_equal(answer.text, "hello");
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_string_equal(text, "inside");
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	close(content[0]);
	close(content[1]);
	close(client);
	assert_int_equal(shm_ctl_receive(conn, &got), 0); /* peer closed */
	close(conn);
	close(listener);
	assert_int_equal(open_fds(), before);
}

static void an_answer_without_a_file(void **state)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_DRAIN};
	const struct shm_ctl_reply good = {0}, bad = {.status = -EINVAL, .text = "that cannot be"};
	struct shm_ctl_reply answer;
	int listener, client, conn, fd = 5;

	(void)state;
	connect_pair(&listener, &client, &conn);
	assert_int_equal(shm_ctl_reply(conn, &good, -1), 0);
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(shm_ctl_reply(conn, &bad, -1), 0);
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), -EINVAL);
	assert_string_equal(err.text, "that cannot be");
	close(conn);
	assert_true(shm_ctl_call(client, &req, &answer, &fd, &err) < 0);
	close(client);
	close(listener);
}

static void answers_that_are_none_are_refused(void **state)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_REGION};
	struct shm_ctl_reply raw = {.magic = SHM_CTL_MAGIC, .version = SHM_VERSION, .has_fd = 1}, answer;
	int listener, client, conn, fd = 5;

	(void)state;
	connect_pair(&listener, &client, &conn);
	assert_int_equal(send(conn, &raw, sizeof(raw), 0), sizeof(raw)); /* says it has a file, has none */
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), -EPROTO);
	raw.version++;
	assert_int_equal(send(conn, &raw, sizeof(raw), 0), sizeof(raw));
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), -EPROTO);
	assert_int_equal(send(conn, &raw, 10, 0), 10);
	assert_int_equal(shm_ctl_call(client, &req, &answer, &fd, &err), -EPROTO);
	assert_int_equal(fd, 5);
	close_pair(listener, client, conn);
}

static void requests_that_are_none_are_refused(void **state)
{
	const struct shm_ctl_request good = {.magic = SHM_CTL_MAGIC, .version = SHM_VERSION, .op = SHM_CTL_TAP};
	struct shm_ctl_request req, got;
	int listener, client, conn;

	(void)state;
	connect_pair(&listener, &client, &conn);
#define SEND(len)                                                                                                      \
	do {                                                                                                           \
		assert_int_equal(send(client, &req, len, 0), (ssize_t)(len));                                          \
		assert_int_equal(shm_ctl_receive(conn, &got), -EBADMSG);                                               \
		req = good;                                                                                            \
	} while (0)
	req = good;
	SEND(sizeof(req) - 1);
	SEND(1);
	req.magic = 0;
	SEND(sizeof(req));
	req.version++;
	SEND(sizeof(req));
	req.op = 0;
	SEND(sizeof(req));
	req.op = 99;
	SEND(sizeof(req));
	req.filter.drop = DROP_N;
	SEND(sizeof(req));
	req.filter.core_plus1 = SHM_CORES_MAX + 1;
	SEND(sizeof(req));
	req.filter.host.addr.family = EN_AF_INET;
	req.filter.host.len = 33;
	SEND(sizeof(req));
	req.filter.host.addr.family = 9;
	SEND(sizeof(req));
	assert_int_equal(send(client, &req, sizeof(req), 0), sizeof(req));
	assert_int_equal(shm_ctl_receive(conn, &got), 1);
	assert_int_equal(fcntl(conn, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(shm_ctl_receive(conn, &got), -EAGAIN);
	close_pair(listener, client, conn);
}

static void nobody_there_is_a_sentence(void **state)
{
	(void)state;
	assert_int_equal(shm_ctl_connect(dir, &err), -ENOENT);
	assert_non_null(strstr(err.text, dir));
	assert_non_null(strstr(err.text, "turnpike run -c FILE"));
}

static void a_dead_socket_is_replaced_a_live_one_is_not(void **state)
{
	int first = shm_ctl_listen(dir, &err), second;
	struct stat st;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660); /* nothing for others, whatever the umask */
	assert_int_equal(shm_ctl_listen(dir, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "already serves"));
	assert_non_null(strstr(err.text, dir));
	close(first); /* as if its process had been killed: the file stays */
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(shm_ctl_connect(dir, &err), -ECONNREFUSED);
	second = shm_ctl_listen(dir, &err);
	assert_true(second >= 0);
	close(second);
}

static void what_is_not_a_socket_is_left_alone(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(shm_ctl_listen(dir, &err), -EEXIST);
	assert_non_null(strstr(err.text, "not a socket"));
	assert_int_equal(access(path, F_OK), 0);
}

static void a_missing_directory_is_made(void **state)
{
	char below[112];
	int sock;

	(void)state;
	snprintf(below, sizeof(below), "%s/x", dir);
	sock = shm_ctl_listen(below, &err);
	assert_true(sock >= 0);
	close(sock);
	snprintf(path, sizeof(path), "%s/" SHM_CTL_SOCKET, below);
	unlink(path);
	rmdir(below);
	snprintf(below, sizeof(below), "%s/x/y", dir);
	assert_true(shm_ctl_listen(below, &err) < 0);
	assert_non_null(strstr(err.text, below));
}

static void long_directories_are_refused(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(shm_ctl_connect(name, &err), -ENAMETOOLONG);
	assert_int_equal(shm_ctl_listen(name, &err), -ENAMETOOLONG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered_with_a_file),
		TEST(an_answer_without_a_file),
		TEST(answers_that_are_none_are_refused),
		TEST(requests_that_are_none_are_refused),
		TEST(nobody_there_is_a_sentence),
		TEST(a_dead_socket_is_replaced_a_live_one_is_not),
		TEST(what_is_not_a_socket_is_left_alone),
		TEST(a_missing_directory_is_made),
		cmocka_unit_test(long_directories_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
