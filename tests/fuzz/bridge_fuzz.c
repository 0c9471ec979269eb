/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge_fuzz.c - what programs say to the bridge, with the real rooms behind it and a browser whose association is
 * a fake.
 *
 * The input is a row of records: a byte, a length (2 bytes, big endian), bytes. The low three bits of the first byte:
 *   0, 1   program 0 or 1 writes the bytes as they are
 *   2, 3   it writes "{BYTES" as a line, with a right "len" and so much payload as the high bits say
 *   4      what programs were told is read by them, or (high bit) one of them goes and comes anew
 *   5      the browser opens a channel; the bytes are its protocol, "%" in them the id of program 0
 *   6      the browser sends on a channel, closes one, or its queue is full or not
 *   7      time passes
 *
 * Held besides memory safety: all that is sent to a program is whole frames; nothing is left in the end.
 */
#include "tests/unit/peer/fakes.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/bridge/internal.h"
#include "engine/base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROGRAMS 2
#define MESSAGE  300000

static char dir[64];
static struct cp_bridge *bridge;
static struct cp_data *browser;
static int program[PROGRAMS];
static char heard[PROGRAMS][2 << 20];
static size_t heard_len[PROGRAMS];
static uint8_t payload[MESSAGE];

#define must(ok)                                                                                                       \
	do {                                                                                                           \
		if (!(ok)) {                                                                                           \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #ok, strerror(errno));                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static void turn(void)
{
	for (unsigned int i = 0; i < 4; i++)
		uv_run(&fake.loop, UV_RUN_NOWAIT);
}

/* --- a program ------------------------------------------------------------------------------------ */

static void come(unsigned int i)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	program[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/" CP_BRIDGE_SOCKET, dir);
	must(connect(program[i], (const struct sockaddr *)&sun, sizeof(sun)) == 0);
	heard_len[i] = 0;
	turn();
}

/* Whole frames are taken off; what is left is the beginning of one. */
static void check_frames(unsigned int i)
{
	char *at = heard[i], *end = heard[i] + heard_len[i], *eol;

	while ((eol = memchr(at, '\n', (size_t)(end - at)))) {
		json_error_t why;
		json_t *m = json_loadb(at, (size_t)(eol - at), JSON_REJECT_DUPLICATES, &why);
		json_int_t len = json_integer_value(json_object_get(m, "len"));

		must(m && json_is_string(json_object_get(m, "t")) && len >= 0 && len <= CP_DATA_MESSAGE_MAX);
		json_decref(m);
		if (end - eol - 1 < len)
			break;
		at = eol + 1 + len;
	}
	heard_len[i] = (size_t)(end - at);
	memmove(heard[i], at, heard_len[i]);
}

/* False: it was cut off. */
static bool hear(unsigned int i)
{
	ssize_t n = 1;

	while (n > 0) {
		n = recv(program[i], heard[i] + heard_len[i], sizeof(heard[i]) - heard_len[i], 0);
		heard_len[i] += n > 0 ? (size_t)n : 0;
		check_frames(i);
		turn();
	}
	return n < 0 && errno == EAGAIN;
}

static void say(unsigned int i, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(program[i], (const char *)bytes + at, len - at, MSG_NOSIGNAL);

		turn();
		if (n <= 0 && (n == 0 || errno != EAGAIN || !bridge->conn_n))
			return;
		if (n < 0)
			return; /* it waits: the rest is not said, the next frame begins in the middle of this */
		at += (size_t)n;
	}
}

static void say_frame(unsigned int i, uint8_t kind, const uint8_t *bytes, uint32_t len)
{
	static const uint32_t sizes[] = {0, 1, 5, 1000, 65536, 65537, 262144, 262145};
	uint32_t more = sizes[kind >> 3 & 7];
	char head[4096], tail[32];
	int n;

	if (len > sizeof(head) - 64)
		return;
	n = snprintf(tail, sizeof(tail), more ? ",\"len\":%u}\n" : "}\n", more);
	head[0] = '{';
	if (len)
		memcpy(head + 1, bytes, len);
	memcpy(head + 1 + len, tail, (size_t)n);
	say(i, head, 1 + len + (size_t)n);
	say(i, payload, more);
}

static void come_again(unsigned int i)
{
	close(program[i]);
	turn();
	come(i);
}

/* --- the browser ------------------------------------------------------------------------------------- */

static void browser_comes(void)
{
	static const struct fake_section data_only[] = {{'d', ""}};

	must(fake_post("/whip/r", fake_offer(0, 0, data_only, 1)) == 201);
	browser = fake_connect_data(fake_last_peer());
}

static struct cp_channel *channel_at(uint8_t which)
{
	struct cp_channel *c = &browser->channel[which % FAKE_CHANNELS];

	return c->used && !c->closed ? c : NULL;
}

/* What both ends have closed is free again; what was sent is forgotten. */
static void tidy(void)
{
	for (unsigned int i = 0; i < FAKE_CHANNELS; i++) {
		browser->channel[i].said_n = 0;
		if (browser->channel[i].closed)
			browser->channel[i].used = false;
	}
}

static void browser_opens(const uint8_t *bytes, uint32_t len)
{
	const struct cp_peer *p = TAILQ_FIRST(&fake.ctl.signal->hub->peers);
	char protocol[256];
	unsigned int used = 0, n = 0;

	while (p && p->kind != CP_PEER_BRIDGE)
		p = TAILQ_NEXT(p, of_hub);
	for (unsigned int i = 0; i < FAKE_CHANNELS; i++)
		used += browser->channel[i].used;
	if (used > FAKE_CHANNELS / 2)
		return;
	for (uint32_t i = 0; i < len && n < 200; i++)
		if (bytes[i] == '%' && p)
			n += (unsigned int)snprintf(protocol + n, sizeof(protocol) - n, "%.20s", p->id);
		else if (bytes[i])
			protocol[n++] = (char)bytes[i];
	protocol[n] = 0;
	fake_open(browser, "l", protocol);
}

static void browser_does(uint8_t kind, const uint8_t *bytes, uint32_t len)
{
	struct cp_channel *c = channel_at(len ? bytes[0] : 0);

	if (!c)
		return;
	if (kind >> 3 == 0)
		fake_close(c);
	else if (kind >> 3 == 1)
		fake_writable(c);
	else if (kind >> 3 == 2)
		c->full = true;
	else if (!browser->blocked)
		fake_say_much(c, len * (uint32_t)(kind >> 3) * 64 % CP_DATA_MESSAGE_MAX);
}

/* --- one input ------------------------------------------------------------------------------------------ */

static void record(uint8_t kind, const uint8_t *bytes, uint32_t len)
{
	unsigned int i = kind & 1;

	switch (kind & 7) {
	case 0:
	case 1:
		say(i, bytes, len);
		break;
	case 2:
	case 3:
		say_frame(i, kind, bytes, len);
		break;
	case 4:
		i = kind >> 3 & 1;
		if (kind & 0x80 || !hear(i))
			come_again(i);
		break;
	case 5:
		browser_opens(bytes, len);
		break;
	case 6:
		browser_does(kind, bytes, len);
		break;
	default:
		fake_pass(1000u * (kind >> 3));
	}
	turn();
	tidy();
}

static void start(void)
{
	struct en_err err;
	int fd;

	signal(SIGPIPE, SIG_IGN); /* as control does */
	en_log_set_level(EN_LOG_ERROR);
	fake_start("");
	snprintf(dir, sizeof(dir), "/tmp/bridge_fuzz.XXXXXX");
	must(mkdtemp(dir) != NULL);
	fd = cp_bridge_listen(dir, getuid(), getgid(), &err);
	must(fd >= 0 && cp_bridge_create(&fake.ctl, fd, &bridge, &err) == 0);
	browser_comes();
	for (unsigned int i = 0; i < PROGRAMS; i++) {
		static const char join[] = "{\"t\":\"join\",\"room\":\"r\"}\n";

		come(i);
		say(i, join, sizeof(join) - 1);
	}
}

static void stop(void)
{
	char path[128];

	for (unsigned int i = 0; i < PROGRAMS; i++)
		close(program[i]);
	turn();
	must(bridge->conn_n == 0);
	cp_bridge_destroy(bridge);
	snprintf(path, sizeof(path), "%s/" CP_BRIDGE_SOCKET, dir);
	unlink(path);
	rmdir(dir);
	fake_stop();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);

	start();
	while (en_left(&r) >= 3 && browser) {
		uint8_t kind = en_get8(&r);
		uint32_t len = en_get16(&r);

		if (len > en_left(&r))
			len = (uint32_t)en_left(&r);
		record(kind, en_take(&r, len), len);
		if (TAILQ_EMPTY(&fake.ctl.signal->hub->peers))
			browser = NULL; /* time ended it */
	}
	stop();
	return 0;
}
