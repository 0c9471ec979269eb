/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.c - `turnpike capture`: packets from inside the engine, as pcapng.
 *
 * One interface a port, and one for packets that the engine made itself. The
 * comment of each packet says where it was seen: received, sent, or dropped
 * and why.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/filter.h"
#include "engine/cmd/pcapng.h"
#include "engine/cmd/tap_client.h"

struct capture {
	FILE *out;
	unsigned int port_n; /* interface port_n: made by the engine */
	uint64_t want, got; /* want 0: no limit */
	int error; /* errno of the output */
};

static void describe(const struct shm_tap_packet *p, char *buf, size_t cap, enum pcapng_direction *ret_direction)
{
	*ret_direction = PCAPNG_INBOUND;
	if (p->direction == 2 && p->drop < DROP_N) {
		snprintf(buf, cap, "core %u: dropped at %s: %s (%s)", p->core, shm_drop_names[p->drop].group,
			 shm_drop_names[p->drop].name, shm_drop_names[p->drop].text);
		*ret_direction = PCAPNG_UNKNOWN;
	} else if (p->direction == 1) {
		snprintf(buf, cap, "core %u: sent", p->core);
		*ret_direction = PCAPNG_OUTBOUND;
	} else {
		snprintf(buf, cap, "core %u: received", p->core);
	}
}

static int on_record(enum shm_tap_type type, const void *data, uint32_t len, void *arg)
{
	struct capture *c = arg;
	struct shm_tap_packet p;
	struct pcapng_packet out;
	char comment[256];

	if (type != SHM_TAP_PACKET || len < sizeof(p))
		return 0;
	memcpy(&p, data, sizeof(p));
	if (p.caplen > len - sizeof(p) || p.caplen > PCAPNG_SNAPLEN_MAX)
		return 0;
	out = (struct pcapng_packet){
		.interface = p.port < c->port_n ? p.port : c->port_n,
		.wall_ns = p.wall_ns,
		.len = p.len < p.caplen ? p.caplen : p.len,
		.caplen = p.caplen,
		.data = (const char *)data + sizeof(p),
		.comment = comment,
	};
	describe(&p, comment, sizeof(comment), &out.direction);
	if (pcapng_packet(c->out, &out) != 0) {
		c->error = errno;
		return 1;
	}
	c->got++;
	return c->want && c->got >= c->want;
}

/* Every tick: what is written can be read by whoever follows the file. */
static int on_tick(bool ended, void *arg)
{
	struct capture *c = arg;

	(void)ended;
	if (fflush(c->out) != 0) {
		c->error = errno;
		return 1;
	}
	return 0;
}

static int write_heads(struct capture *c, const struct shm_region *r, uint32_t snaplen)
{
	char name[4 * sizeof(r->port[0].name)];

	c->port_n = r->port_n;
	if (pcapng_section(c->out, "turnpike " CMD_VERSION) != 0)
		return -1;
	for (unsigned int i = 0; i < r->port_n; i++) {
		if (pcapng_interface(c->out, cmd_escape(r->port[i].name, name, sizeof(name)), snaplen) != 0)
			return -1;
	}
	return pcapng_interface(c->out, "(engine)", snaplen);
}

static int capture(const char *file, const struct cmd_where *where, struct shm_ctl_request *req, uint64_t timeout_s)
{
	struct capture c = {.want = req->count};
	const struct cmd_tap_reader reader = {.on_record = on_record, .on_tick = on_tick, .arg = &c};
	struct cmd_tap tap;
	struct en_err err;
	int code;

	signal(SIGPIPE, SIG_IGN); /* a reader that goes ends the capture, not the process */
	if (cmd_tap_open(where, req, &tap, &err) != 0)
		return cmd_say(CMD_FAILED, "capture", "%s", err.text);
	c.out = strcmp(file, "-") == 0 ? stdout : fopen(file, "we");
	if (!c.out) {
		code = cmd_say(CMD_FAILED, "capture", "cannot write %s: %s", file, strerror(errno));
		cmd_tap_close(&tap);
		return code;
	}
	code = write_heads(&c, tap.view.region, req->snaplen);
	if (code != 0)
		c.error = errno;
	else if (cmd_tap_run(&tap, &reader, timeout_s, &err) != 0)
		code = cmd_say(CMD_FAILED, "capture", "%s", err.text);
	if (c.out != stdout && fclose(c.out) != 0 && !c.error)
		c.error = errno;
	if (c.error && c.error != EPIPE)
		code = cmd_say(CMD_FAILED, "capture", "cannot write %s: %s", file, strerror(c.error));
	else if (code == 0)
		fprintf(stderr, "%llu packet%s captured, %llu lost\n", (unsigned long long)c.got, c.got == 1 ? "" : "s",
			(unsigned long long)tap.lost);
	cmd_tap_close(&tap);
	return code == 0 ? CMD_OK : CMD_FAILED;
}

int cmd_capture(int argc, char **argv)
{
	struct shm_ctl_request req = {.kind = SHM_TAP_PACKETS};
	struct cmd_where where = {0};
	const char *file = NULL, *count = NULL, *snaplen = NULL, *reason = NULL, *timeout = NULL;
	uint64_t snap = PCAPNG_SNAPLEN_MAX, timeout_s = 0;
	bool drops = false;
	const struct cmd_option options[] = {
		{.name = "--write", .letter = "-w", .value = &file},
		{.name = "--count", .letter = "-n", .value = &count},
		{.name = "--snaplen", .letter = "-s", .value = &snaplen},
		{.name = "--drops", .flag = &drops, .value = &reason, .takes = cmd_is_drop},
		{.name = "--timeout", .value = &timeout},
		CMD_WHERE_OPTIONS(&where),
		{0},
	};
	int words, status = cmd_options(argc, argv, options, &words);
	struct en_err err;
	enum shm_drop drop;

	if (status >= 0)
		return status;
	if (!file)
		return cmd_say(CMD_USAGE, "capture", "say where to write: -w FILE, or -w - for standard output");
	if (cmd_number("capture", "-n", count, 0, UINT64_MAX / 16, &req.count) ||
	    cmd_number("capture", "-s", snaplen, 1, PCAPNG_SNAPLEN_MAX, &snap) ||
	    cmd_number("capture", "--timeout", timeout, 1, 86400, &timeout_s))
		return CMD_USAGE;
	req.snaplen = (uint32_t)snap;
	req.filter.drops_only = drops;
	if (reason) {
		if (cmd_drop_parse(reason, &drop, &err) != 0)
			return cmd_say(CMD_USAGE, "capture", "%s", err.text);
		req.filter.drop_set = 1;
		req.filter.drop = (uint16_t)drop;
	}
	if (cmd_filter_parse(argv + 1, words, &req.filter, &err) != 0)
		return cmd_say(CMD_USAGE, "capture", "%s", err.text);
	return capture(file, &where, &req, timeout_s);
}
