/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge_test.c - a program at the socket, a browser in the room: topics, pipes, who is slow, and nonsense.
 */
#include "tests/unit/peer/fakes.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/bridge/bridge.h"

static char dir[64];
static struct cp_bridge *bridge;
static int program[2];
static char in[2][1 << 20];
static size_t in_len[2];
static uint8_t payload[CP_DATA_MESSAGE_MAX];

static const struct fake_section data_only[] = {{'d', ""}};

static struct cp_hub *hub(void)
{
	return fake.ctl.signal->hub;
}

static void turn(void)
{
	for (unsigned int i = 0; i < 20; i++)
		uv_run(&fake.loop, UV_RUN_NOWAIT);
}

static int connect_program(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/" CP_BRIDGE_SOCKET, dir);
	assert_int_equal(connect(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	turn();
	return fd;
}

static void say(unsigned int i, const char *line, const void *bytes, size_t len)
{
	assert_int_equal(send(program[i], line, strlen(line), MSG_NOSIGNAL), strlen(line));
	assert_int_equal(send(program[i], "\n", 1, MSG_NOSIGNAL), 1);
	for (size_t at = 0; at < len;) {
		ssize_t n = send(program[i], (const uint8_t *)bytes + at, len - at, MSG_NOSIGNAL);

		if (n > 0)
			at += (size_t)n;
		turn();
	}
	turn();
}

/* The next frame called t, passing over others; its bytes in `payload`. The caller's; NULL: none. */
static json_t *hear(unsigned int i, const char *t)
{
	ssize_t n;

	turn();
	while (in_len[i] < sizeof(in[i]) &&
	       (n = recv(program[i], in[i] + in_len[i], sizeof(in[i]) - in_len[i], 0)) > 0) {
		in_len[i] += (size_t)n;
		turn();
	}
	while (in_len[i] > 0) {
		const char *end = memchr(in[i], '\n', in_len[i]);
		json_error_t why;
		size_t head, len;
		json_t *m;

		assert_non_null(end);
		head = (size_t)(end - in[i]) + 1;
		m = json_loadb(in[i], head, 0, &why);
		assert_non_null(m);
		len = (size_t)json_integer_value(json_object_get(m, "len"));
		assert_true(in_len[i] >= head + len);
		memcpy(payload, in[i] + head, len);
		in_len[i] -= head + len;
		memmove(in[i], in[i] + head + len, in_len[i]);
		if (strcmp(json_string_value(json_object_get(m, "t")), t) == 0)
			return m;
		json_decref(m);
	}
	return NULL;
}

static void expect(unsigned int i, const char *t, const char *key, const char *value)
{
	json_t *m = hear(i, t);

	if (!m)
		fail_msg("the program was not told \"%s\"", t);
	if (key)
		assert_string_equal(json_string_value(json_object_get(m, key)), value);
	json_decref(m);
}

static void join(unsigned int i)
{
	program[i] = connect_program();
	say(i, "{\"t\":\"join\",\"room\":\"r\",\"name\":\"parrot\"}", NULL, 0);
	expect(i, "joined", "room", "r");
}

/* A publisher with data in the room. */
static struct cp_data *browser(unsigned int pc)
{
	assert_int_equal(fake_post("/whip/r", fake_offer(pc, 0, data_only, 1)), 201);
	return fake_connect_data(fake_last_peer());
}

static int start(void **state)
{
	struct en_err err;
	int fd;

	(void)state;
	fake_start("");
	snprintf(dir, sizeof(dir), "/tmp/bridge_test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	fd = cp_bridge_listen(dir, getuid(), getgid(), &err);
	assert_true(fd >= 0);
	assert_int_equal(cp_bridge_create(&fake.ctl, fd, &bridge, &err), 0);
	program[0] = program[1] = -1;
	in_len[0] = in_len[1] = 0;
	return 0;
}

static int stop(void **state)
{
	char path[128];

	(void)state;
	cp_bridge_destroy(bridge);
	for (unsigned int i = 0; i < 2; i++)
		if (program[i] >= 0)
			close(program[i]);
	snprintf(path, sizeof(path), "%s/" CP_BRIDGE_SOCKET, dir);
	unlink(path);
	rmdir(dir);
	fake_stop();
	return 0;
}

static void a_program_talks_to_a_browser(void **state)
{
	struct cp_channel *chat;
	struct cp_data *d;
	json_t *m;

	(void)state;
	d = browser(0);
	chat = fake_open(d, "chat", "");
	join(0);
	say(0, "{\"t\":\"open\",\"ch\":1,\"label\":\"chat\"}", NULL, 0);
	assert_true(fake_say(chat, "hello"));
	m = hear(0, "message");
	assert_non_null(m);
	assert_int_equal(json_integer_value(json_object_get(m, "ch")), 1);
	assert_true(json_object_get(m, "text") == json_true());
	assert_memory_equal(payload, "hello", 5);
	json_decref(m);
	say(0, "{\"t\":\"message\",\"ch\":1,\"text\":true,\"len\":5}", "world", 5);
	assert_string_equal(fake_last(chat), "world");
	assert_false(chat->said[0].binary);
	say(0, "{\"t\":\"message\",\"ch\":1}", NULL, 0);
	assert_true(chat->said[1].binary && chat->said[1].len == 0);
	/* the biggest that there is */
	say(0, "{\"t\":\"message\",\"ch\":1,\"len\":60000}", payload, 60000);
	assert_int_equal(chat->said[2].len, 60000);
	say(0, "{\"t\":\"message\",\"ch\":1,\"text\":true,\"len\":2}", "\xff\xfe", 2);
	expect(0, "error", "code", "text");
	say(0, "{\"t\":\"close\",\"ch\":1}", NULL, 0);
	assert_true(fake_say(chat, "nobody"));
	assert_null(hear(0, "message"));
	say(0, "{\"t\":\"message\",\"ch\":1,\"len\":1}", "x", 1);
	expect(0, "error", "code", "channel");
	/* gone with its connection */
	assert_int_equal(hub()->peer_n, 2);
	close(program[0]);
	program[0] = -1;
	turn();
	assert_int_equal(hub()->peer_n, 1);
}

static void pipes_both_ways(void **state)
{
	char line[128], id[CP_PEER_ID_MAX];
	struct cp_channel *theirs, *ours = NULL;
	struct cp_data *d;
	json_t *m;

	(void)state;
	d = browser(0);
	join(0);
	snprintf(id, sizeof(id), "%s", fake_last_peer()->id);
	snprintf(line, sizeof(line), "to=%s", id);
	theirs = fake_open(d, "file", line);
	assert_false(theirs->closed);
	m = hear(0, "opened");
	assert_non_null(m);
	assert_string_equal(json_string_value(json_object_get(m, "label")), "file");
	assert_int_equal(json_integer_value(json_object_get(m, "ch")), -1);
	json_decref(m);
	assert_true(fake_say(theirs, "ping"));
	expect(0, "message", NULL, NULL);
	say(0, "{\"t\":\"message\",\"ch\":-1,\"len\":4}", "pong", 4);
	assert_string_equal(fake_last(theirs), "pong");
	fake_close(theirs);
	expect(0, "closed", NULL, NULL);
	/* the program's */
	snprintf(line, sizeof(line),
		 "{\"t\":\"open\",\"ch\":7,\"label\":\"x\",\"protocol\":\"to=%s\",\"ordered\":false}",
		 TAILQ_FIRST(&hub()->peers)->id);
	say(0, line, NULL, 0);
	for (struct cp_channel *c = cp_data_next(d, NULL); c; c = cp_data_next(d, c))
		if (c->ours)
			ours = c;
	assert_non_null(ours);
	assert_true(ours->config.unordered);
	snprintf(line, sizeof(line), "from=%s", id);
	assert_string_equal(ours->config.protocol, line);
	close(program[0]);
	program[0] = -1;
	turn();
	assert_true(ours->closed);
	join(1);
	say(1, "{\"t\":\"open\",\"ch\":1,\"label\":\"x\",\"protocol\":\"to=pnobody\"}", NULL, 0);
	expect(1, "error", "code", "no-participant");
}

static void a_program_that_does_not_read(void **state)
{
	struct cp_channel *chat, *file;
	unsigned int n = 0;
	struct cp_data *d[2];

	(void)state;
	d[0] = browser(0);
	d[1] = browser(1);
	chat = fake_open(d[0], "chat", "");
	file = fake_open(d[1], "file", "topic;full=wait");
	join(0);
	say(0, "{\"t\":\"open\",\"ch\":1,\"label\":\"chat\"}", NULL, 0);
	say(0, "{\"t\":\"open\",\"ch\":2,\"label\":\"file\",\"protocol\":\"topic;full=wait\"}", NULL, 0);
	while (n < 200 && fake_say_much(file, 65536)) {
		turn();
		n++;
	}
	assert_in_range(n, 16, 64); /* queue, held, the kernel's */
	assert_true(d[1]->blocked);
	for (unsigned int i = 0; i < 64; i++)
		assert_true(fake_say_much(chat, 65536)); /* who does not wait goes on */
	assert_int_equal(hub()->data.too_slow, 1);
	/* it reads after all: all of the file, and that its chat was closed */
	for (unsigned int i = 0; i <= n;) {
		json_t *m = hear(0, "message");

		assert_non_null(m);
		i += json_integer_value(json_object_get(m, "ch")) == 2;
		json_decref(m);
	}
	assert_false(d[1]->blocked);
}

static void a_program_that_must_wait(void **state)
{
	struct cp_channel *file;
	struct cp_data *d;
	unsigned int n = 0;

	(void)state;
	d = browser(0);
	file = fake_open(d, "file", "topic;full=wait");
	join(0);
	say(0, "{\"t\":\"open\",\"ch\":1,\"label\":\"file\",\"protocol\":\"topic;full=wait\"}", NULL, 0);
	file->full = true;
	while (n < 60) {
		static const char head[] = "{\"t\":\"message\",\"ch\":1,\"len\":50000}\n";

		if (send(program[0], head, sizeof(head) - 1, MSG_NOSIGNAL) < 0)
			break;
		for (size_t at = 0; at < 50000;) {
			ssize_t sent = send(program[0], payload + at, 50000 - at, MSG_NOSIGNAL);

			if (sent < 0) {
				turn();
				if (n < 20)
					continue;
				file->full = false; /* it is read no further: now it may */
				fake_writable(file);
				continue;
			}
			at += (size_t)sent;
		}
		n++;
		turn();
	}
	fake_writable(file);
	turn();
	assert_int_equal(file->said_n, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(file->said[i].len, 50000);
}

static void nonsense_is_answered(void **state)
{
	static const struct {
		const char *line, *code;
	} cases[] = {
		{"{}", "frame"},
		{"{\"t\":\"what\"}", "state"},
		{"{\"t\":\"open\",\"ch\":1}", "state"},
		{"{\"t\":\"join\",\"room\":\"a b\"}", "join"},
		{"{\"t\":\"join\"}", "join"},
	};
	static const char *const opens[] = {
		"{\"t\":\"open\",\"ch\":0}",
		"{\"t\":\"open\",\"ch\":\"1\"}",
		"{\"t\":\"open\"}",
		"{\"t\":\"open\",\"ch\":1,\"label\":5}",
		"{\"t\":\"open\",\"ch\":1,\"retransmits\":-1}",
		"{\"t\":\"open\",\"ch\":1,\"retransmits\":1,\"lifetime\":1}",
		"{\"t\":\"open\",\"ch\":1,\"ordered\":1}",
	};
	char line[4200];

	(void)state;
	program[0] = connect_program();
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		say(0, cases[i].line, NULL, 0);
		expect(0, "error", "code", cases[i].code);
	}
	close(program[0]);
	join(0);
	for (unsigned int i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
		say(0, opens[i], NULL, 0);
		expect(0, "error", "code", "open");
	}
	for (unsigned int i = 0; i < CP_CHANNELS + 1; i++) {
		snprintf(line, sizeof(line), "{\"t\":\"open\",\"ch\":%u,\"label\":\"l\"}", i + 1);
		say(0, line, NULL, 0);
	}
	expect(0, "closed", NULL, NULL);
	say(0, "no json", NULL, 0);
	expect(0, "error", "code", "frame");
	assert_int_equal(hub()->peer_n, 0);
	close(program[0]);
	join(0);
	memset(line, ' ', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	say(0, line, NULL, 0);
	assert_int_equal(hub()->peer_n, 0);
	close(program[0]);
	join(0);
	say(0, "{\"t\":\"message\",\"len\":262145}", NULL, 0);
	assert_int_equal(hub()->peer_n, 0);
}

static void the_socket_of_before_is_replaced(void **state)
{
	struct en_err err;
	struct stat st;
	char path[128];
	int fd;

	(void)state;
	/* somebody answers there: it is not taken away */
	assert_int_equal(cp_bridge_listen(dir, getuid(), getgid(), &err), -EADDRINUSE);
	cp_bridge_destroy(bridge);
	turn();
	fd = cp_bridge_listen(dir, getuid(), getgid(), &err);
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "%s/" CP_BRIDGE_SOCKET, dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(cp_bridge_create(&fake.ctl, fd, &bridge, &err), 0);
	join(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_program_talks_to_a_browser, start, stop),
		cmocka_unit_test_setup_teardown(pipes_both_ways, start, stop),
		cmocka_unit_test_setup_teardown(a_program_that_does_not_read, start, stop),
		cmocka_unit_test_setup_teardown(a_program_that_must_wait, start, stop),
		cmocka_unit_test_setup_teardown(nonsense_is_answered, start, stop),
		cmocka_unit_test_setup_teardown(the_socket_of_before_is_replaced, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
