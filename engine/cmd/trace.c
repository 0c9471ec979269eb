/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.c - `turnpike trace`: which way packets take through the graph.
 *
 * The steps of one packet may come from several cores' rings and in any
 * order; a packet is printed when nothing more of it has come for QUIET_MS.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/cmd/cmd.h"
#include "engine/cmd/filter.h"
#include "engine/cmd/tap_client.h"
#include "engine/cmd/trace_print.h"

#define QUIET_MS     50
#define PACKETS_HELD 256 /* beyond: the oldest is printed at once */

struct trace {
	const struct shm_region *region;
	bool json;
	uint64_t want, printed; /* want 0: no limit */
	unsigned int held; /* in packet[], oldest first */
	struct trace_packet packet[PACKETS_HELD];
};

static uint64_t now_ms(void)
{
	return en_mono_ns() / 1000000;
}

static bool enough(const struct trace *t)
{
	return t->want && t->printed >= t->want;
}

static void print_first(struct trace *t)
{
	if (!enough(t)) {
		t->printed++;
		if (t->json)
			trace_print_json(t->region, &t->packet[0], stdout);
		else
			trace_print_text(t->region, &t->packet[0], t->printed, stdout);
	}
	t->held--;
	memmove(&t->packet[0], &t->packet[1], t->held * sizeof(t->packet[0]));
}

static struct trace_packet *find_packet(struct trace *t, uint64_t id)
{
	for (unsigned int i = t->held; i > 0; i--) {
		if (t->packet[i - 1].id == id)
			return &t->packet[i - 1];
	}
	if (t->held == PACKETS_HELD)
		print_first(t);
	t->packet[t->held].id = id;
	t->packet[t->held].step_n = 0;
	return &t->packet[t->held++];
}

static int on_record(enum shm_tap_type type, const void *data, uint32_t len, void *arg)
{
	struct trace *t = arg;
	struct shm_tap_step step;
	struct trace_packet *p;

	if (type != SHM_TAP_STEP || len < sizeof(step))
		return 0;
	memcpy(&step, data, sizeof(step));
	p = find_packet(t, step.id);
	p->last_seen_ms = now_ms();
	if (p->step_n < TRACE_STEPS_MAX)
		p->step[p->step_n++] = step;
	return enough(t);
}

static int on_tick(bool ended, void *arg)
{
	struct trace *t = arg;
	uint64_t now = now_ms();

	while (t->held > 0 && !enough(t) && (ended || now - t->packet[0].last_seen_ms >= QUIET_MS))
		print_first(t);
	return enough(t) || ferror(stdout);
}

static int trace(const struct cmd_where *where, struct shm_ctl_request *req, bool json, uint64_t timeout_s)
{
	struct trace *t = calloc(1, sizeof(*t));
	const struct cmd_tap_reader reader = {.on_record = on_record, .on_tick = on_tick, .arg = t};
	struct cmd_tap tap;
	struct en_err err;
	int code;

	if (!t)
		return cmd_say(CMD_FAILED, "trace", "out of memory");
	if (cmd_tap_open(where, req, &tap, &err) != 0) {
		free(t);
		return cmd_say(CMD_FAILED, "trace", "%s", err.text);
	}
	t->region = tap.view.region;
	t->json = json;
	t->want = req->count;
	code = cmd_tap_run(&tap, &reader, timeout_s, &err);
	if (code != 0)
		cmd_say(CMD_FAILED, "trace", "%s", err.text);
	if (tap.lost)
		fprintf(stderr, "%llu steps lost: too many packets at once\n", (unsigned long long)tap.lost);
	cmd_tap_close(&tap);
	free(t);
	return code == 0 ? CMD_OK : CMD_FAILED;
}

int cmd_trace(int argc, char **argv)
{
	struct shm_ctl_request req = {.kind = SHM_TAP_TRACE, .count = 10};
	struct cmd_where where = {0};
	const char *count = NULL, *timeout = NULL;
	uint64_t timeout_s = 0;
	bool json = false;
	const struct cmd_option options[] = {
		{.name = "--count", .letter = "-n", .value = &count},
		{.name = "--timeout", .value = &timeout},
		{.name = "--json", .flag = &json},
		CMD_WHERE_OPTIONS(&where),
		{0},
	};
	int words, status = cmd_options(argc, argv, options, &words);
	struct en_err err;

	if (status >= 0)
		return status;
	if (cmd_number("trace", "-n", count, 0, UINT64_MAX / 16, &req.count) ||
	    cmd_number("trace", "--timeout", timeout, 1, 86400, &timeout_s))
		return CMD_USAGE;
	if (cmd_filter_parse(argv + 1, words, &req.filter, &err) != 0)
		return cmd_say(CMD_USAGE, "trace", "%s", err.text);
	return trace(&where, &req, json, timeout_s);
}
