/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocate.c - turnload allocate and hold: authenticated allocations per
 * second, and many allocations kept while someone looks at the server.
 *
 * Each allocation is that of a new client: a request without credentials, the
 * 401, the request with them. A round makes --clients of them and stops the
 * clock; only then are they released. The next round uses other source ports,
 * because a server may remember a 5-tuple for some time after its release
 * (and then answers 437, RFC 8656 s7.2).
 */
#include <stdio.h>
#include <unistd.h>

#include "perf/loadgen/client.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/report.h"

#define FIRST_PORT 4000
#define LAST_PORT  65000

/* One round's result; NULL after a line on stderr. */
static json_t *allocate_round(const struct load_options *o, uint16_t port)
{
	struct load_clients cs;
	json_t *j;
	uint64_t ns;

	if (load_clients_open(o, port, &cs) < 0)
		return NULL;
	ns = load_clients_run(&cs, &load_plan_allocate);
	j = load_report_clients(&cs, ns);
	load_clients_run(&cs, &load_plan_release);
	load_clients_close(&cs);
	return j;
}

int load_allocate(const struct load_options *o)
{
	json_t *rounds;

	if (o->clients * (o->rounds + 1) > LAST_PORT - FIRST_PORT) {
		fprintf(stderr, "turnload: %u rounds and a warm-up of %u clients need more than %d source ports\n",
			o->rounds, o->clients, LAST_PORT - FIRST_PORT);
		return 1;
	}
	rounds = json_array();
	/* round 0 warms up and is not reported */
	for (unsigned int i = 0; i <= o->rounds; i++) {
		json_t *j = allocate_round(o, (uint16_t)(FIRST_PORT + i * o->clients));

		if (j == NULL) {
			json_decref(rounds);
			return 1;
		}
		if (i > 0)
			json_array_append_new(rounds, j);
		else
			json_decref(j);
	}
	load_report_print(
		json_pack("{s:i, s:i, s:o}", "clients", (int)o->clients, "window", (int)o->window, "rounds", rounds),
		o->json);
	return 0;
}

static void wait_for_end_of_input(void)
{
	char buf[256];

	while (read(STDIN_FILENO, buf, sizeof(buf)) > 0)
		;
}

int load_hold(const struct load_options *o)
{
	struct load_clients cs;
	uint64_t ns;
	int rc;

	if (load_clients_open(o, 0, &cs) < 0)
		return 1;
	ns = load_clients_run(&cs, &load_plan_bind);
	rc = cs.completed == cs.n ? 0 : 1;
	load_report_print(load_report_clients(&cs, ns), o->json);
	wait_for_end_of_input();
	load_clients_run(&cs, &load_plan_release);
	load_clients_close(&cs);
	if (rc)
		fputs("turnload: not every allocation could be made\n", stderr);
	return rc;
}
