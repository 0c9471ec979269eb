/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench.c - turnpike-bench: the command line, DPDK's start, and the thread
 * that generates.
 *
 * The generator is DPDK's worker lcore, pinned to --cpu. The main thread
 * sleeps, prints a line of progress a second, and takes the result out.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_launch.h>

#include "dataplane/eal.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/result.h"
#include "perf/loadgen/stop.h"

#define GENERATOR   1 /* lcore */
#define PROGRESS_MS 1000

struct job {
	struct load_options o;
	json_t *result;
	struct en_err err;
	int done; /* eventfd */
};

static int generate(void *arg)
{
	struct job *j = arg;
	int rc;

	if (j->o.command == LOAD_ALLOCATE)
		rc = load_allocate(&j->o, j->result, &j->err);
	else if (j->o.command == LOAD_HOLD)
		rc = load_hold(&j->o, &j->err);
	else if (j->o.command == LOAD_DATA)
		rc = load_data(&j->o, j->result, &j->err);
	else if (j->o.command == LOAD_CALLS)
		rc = load_calls(&j->o, j->result, &j->err);
	else
		rc = load_stream(&j->o, j->result, &j->err);
	eventfd_write(j->done, 1);
	return rc;
}

static int run(struct job *j)
{
	struct pollfd fd = {.events = POLLIN};

	fd.fd = j->done = eventfd(0, EFD_CLOEXEC);
	if (j->done < 0 || rte_eal_remote_launch(generate, j, GENERATOR) != 0)
		return en_fail(&j->err, -1, "cannot start the generator's thread");
	while (poll(&fd, 1, PROGRESS_MS) == 0)
		if (!j->o.quiet)
			load_progress_print();
	return rte_eal_wait_lcore(GENERATOR);
}

static int complain(const struct en_err *err)
{
	fprintf(stderr, "turnpike-bench: %s\n", err->text);
	return 1;
}

/* A failure leaves no result, unless something was measured before: then it is told with it. */
static int tell(const struct job *j, int rc)
{
	if (j->o.command == LOAD_HOLD || json_object_size(json_object_get(j->result, "metrics")) == 0)
		return 0;
	if (rc != 0)
		load_report_doubt(j->result, "not complete: %s", j->err.text);
	return load_report_out(j->result, &j->o);
}

static int compare(int argc, char **argv)
{
	if (argc == 3)
		return load_compare(argv[1], argv[2], stdout, stderr) == 0 ? 0 : 1;
	fputs("turnpike-bench: compare needs two result files: turnpike-bench compare A.json B.json\n", stderr);
	return 2;
}

static int bench(int argc, char **argv)
{
	struct job *j = calloc(1, sizeof(*j));
	int rc = j ? load_options_parse(argc, argv, &j->o) : -1;
	bool hugepages = true;

	if (rc != 0) {
		free(j);
		return rc > 0 ? 0 : 2;
	}
	/* the parts shared with the engine warn in its name; what matters to a result stands in the result */
	en_log_set_level(EN_LOG_ERROR);
	/* before DPDK: the calibration starts threads of its own */
	j->result = load_report_new(&j->o, argc, argv);
	load_stop_catch();
	rc = load_nic_start(&j->o, &hugepages, &j->err);
	if (!hugepages)
		load_report_doubt(j->result, "the generator's packets lie on ordinary pages, which is slower: reserve "
					     "hugepages (sysctl vm.nr_hugepages)");
	if (rc == 0) {
		rc = run(j);
		if (tell(j, rc) != 0)
			rc = -1;
		dp_eal_fini();
	}
	json_decref(j->result);
	if (rc != 0 && j->err.text[0])
		complain(&j->err);
	free(j);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const char *const help[] = {"help", "--help", "-h"};

	signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; argc > 1 && i < 3; i++) {
		if (strcmp(argv[1], help[i]) == 0) {
			load_options_usage();
			return 0;
		}
	}
	if (argc < 2) {
		load_options_usage();
		return 2;
	}
	if (strcmp(argv[1], "compare") == 0)
		return compare(argc - 1, argv + 1);
	return bench(argc - 1, argv + 1);
}
