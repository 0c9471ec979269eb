/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocate.c - authenticated allocations per second, and many allocations
 * kept while someone looks at the server.
 *
 * Each allocation is that of a new client: a request without credentials, the
 * 401, the request with them. A storm makes --clients of them and stops the
 * clock; only then are they released. The next one uses other addresses,
 * because a server may remember a 5-tuple for some time after its release
 * (and then answers 437, RFC 8656 s7.2). With --rate they come steadily and
 * are released at once.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/stop.h"

#define LOOK_MS  1
#define DRAIN_NS UINT64_C(8000000000) /* longer than a request is repeated and waited for at first */

static int check(const struct load_clients *cs, struct en_err *err)
{
	if (cs->completed && cs->failed <= cs->completed / 10)
		return 0;
	load_clients_explain(cs, err);
	return -1;
}

static int storm(struct load_bed *b, json_t *ret_run, struct en_err *err)
{
	struct load_clients *cs = &b->clients;

	load_progress_doing("allocations");
	load_bed_run(b, cs, &load_plan_allocate);
	json_object_set_new(ret_run, "allocate", load_report_clients(cs, cs->last_ns - cs->start_ns));
	return check(cs, err);
}

/* Open loop: an allocation begins when it is due, whatever became of those before. */
static int steady(struct load_bed *b, json_t *ret_run, struct en_err *err)
{
	struct load_pace pace = load_pace(load_now(), b->o->rate, b->o->ms);
	struct load_clients *cs = &b->clients;
	uint64_t now = load_now(), begun = 0, refused = 0, end;

	load_progress_doing("steady allocations");
	load_clients_begin(cs, &load_plan_churn);
	end = load_pace_at(&pace, pace.total) + DRAIN_NS;
	while ((begun < pace.total || cs->busy_n) && now < end && !load_stop()) {
		now = load_now();
		for (uint64_t due = load_pace_due(&pace, now); begun < due; begun++)
			refused += !load_clients_start_next(cs, now);
		load_clients_repeat(cs, now);
		load_bed_receive(b, NULL);
	}
	json_object_set_new(ret_run, "allocate", load_report_clients(cs, cs->last_ns - cs->start_ns));
	if (refused && !load_stop())
		return en_fail(
			err, -1,
			"%llu of %llu allocations could not begin, because all %u clients still waited for answers: "
			"raise --clients or lower --rate",
			(unsigned long long)refused, (unsigned long long)pace.total, cs->n);
	return check(cs, err);
}

static int next_clients(struct load_bed *b, unsigned int round, struct en_err *err)
{
	struct en_addr first = load_addr_plus(&b->o->address.addr, round * load_clients_addresses(b->o->clients));

	load_clients_free(&b->clients);
	return load_clients_init(&b->clients, b->o, &b->up, &first, b->o->clients, err);
}

static double per_second(const json_t *run)
{
	return json_number_value(json_object_get(json_object_get(run, "allocate"), "per_second"));
}

static double p50_us(const json_t *run)
{
	const json_t *latency = json_object_get(json_object_get(run, "allocate"), "latency");

	return json_number_value(json_object_get(latency, "p50_us"));
}

/* Round 0 warms up and is not reported. */
static int rounds(struct load_bed *b, json_t *result, struct en_err *err)
{
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i <= b->o->runs; i++) {
		json_t *run = json_object();

		rc = next_clients(b, i, err);
		if (rc == 0)
			rc = b->o->rate && i ? steady(b, run, err) : storm(b, run, err);
		load_bed_run(b, &b->clients, &load_plan_release);
		if (rc == 0)
			rc = load_stop_check(err);
		if (i == 0 || rc != 0) {
			json_decref(run);
			continue;
		}
		json_array_append_new(json_object_get(result, "runs"), run);
		load_report_metric(result, "allocations", "allocations/s", "higher", per_second(run));
		load_report_metric(result, "allocation_p50", "us", "lower", p50_us(run));
	}
	return rc;
}

int load_allocate(const struct load_options *o, json_t *result, struct en_err *err)
{
	struct load_bed *b;
	int rc = load_bed_open(o, &load_traffic_relay, &b, err);

	if (rc != 0)
		return rc;
	rc = rounds(b, result, err);
	load_bed_close(b);
	return rc;
}

/* What waits on standard input is read away. False at its end. */
static bool input_goes_on(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char buf[256];

	return poll(&in, 1, LOOK_MS) <= 0 || read(STDIN_FILENO, buf, sizeof(buf)) > 0;
}

/* Neighbours go on being answered, and what was allocated is kept alive. */
static void wait_for_end_of_input(struct load_bed *b)
{
	load_progress_doing(NULL);
	while (!load_stop() && input_goes_on()) {
		load_bed_receive(b, NULL);
		load_bed_keep(b, load_now());
	}
}

int load_hold(const struct load_options *o, struct en_err *err)
{
	struct load_bed *b;
	json_t *j;
	int rc = load_bed_open(o, &load_traffic_relay, &b, err);

	if (rc != 0)
		return rc;
	rc = load_bed_bind(b, err);
	if (rc == 0) {
		j = load_report_clients(&b->clients, b->clients.last_ns - b->clients.start_ns);
		json_dumpf(j, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(j);
		wait_for_end_of_input(b);
	}
	load_bed_close(b);
	return rc;
}
