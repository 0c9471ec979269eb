/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - the dataplane process, from its arguments to its exit code.
 *
 *   turnpike-dataplane -c FILE [--ready-fd N]
 *
 * `turnpike run` starts and supervises it; it runs alone as well. Once it serves, or cannot,
 * it says so in one line on the ready descriptor: "ready" or "fail: SENTENCE"; without one, in its log.
 * Exit: 0 ended by SIGTERM or SIGINT, 1 could not start or go on, 2 usage or
 * configuration.
 *
 * Order matters: signals are blocked and no_new_privs is set before there are
 * threads; the socket is taken before devices are, so that a second start in the same runtime
 * directory harms no running engine; privileges go last.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_launch.h>

#include "dataplane/eal.h"
#include "dataplane/house.h"
#include "dataplane/idle.h"
#include "dataplane/privilege.h"
#include "dataplane/world.h"
#include "engine/base/clock.h"
#include "engine/base/process.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct process {
	struct conf conf;
	struct dp_identity who;
	struct shm_region *region;
	struct dp_world *world;
	struct en_process_args args;
	int signal_fd, listen_fd, region_fd;
};

static int usage(void)
{
	fputs("usage: turnpike-dataplane -c FILE [--ready-fd N]   (`turnpike run -c FILE` starts it)\n", stderr);
	return EXIT_USAGE;
}

/* --- workers ------------------------------------------------------------------ */

static int worker(void *core)
{
	int rc = en_process_drop_capabilities();

	return rc == 0 ? dp_worker_run(core) : rc;
}

static int start_workers(const struct dp_world *w, struct en_err *err)
{
	for (unsigned int i = 0; i < w->core_n; i++) {
		int rc = rte_eal_remote_launch(worker, w->core[i], i + 1);

		if (rc != 0)
			return en_fail(err, -1, "cannot start the worker of core %u: %s", i, strerror(-rc));
	}
	return 0;
}

static void stop_workers(struct dp_world *w)
{
	atomic_store_explicit(&w->stop, true, memory_order_relaxed);
	for (unsigned int i = 0; i < w->core_n; i++)
		dp_wake(w->core[i]);
	rte_eal_mp_wait_lcore();
}

/* --- start, run, end ------------------------------------------------------------ */

static int open_shared(struct process *p, struct en_err *err)
{
	p->signal_fd = dp_house_signals(err);
	if (p->signal_fd < 0 || dp_privilege_confine(p->conf.user, &p->who, err) != 0)
		return -1;
	p->region_fd = shm_region_create(&p->region, err);
	if (p->region_fd < 0)
		return -1;
	p->listen_fd = shm_ctl_listen(p->conf.runtime_dir, err);
	return p->listen_fd < 0 ? -1 : 0;
}

static void close_shared(struct process *p)
{
	char path[256];

	if (p->listen_fd >= 0) {
		snprintf(path, sizeof(path), "%s/%s", p->conf.runtime_dir, SHM_CTL_SOCKET);
		unlink(path);
		close(p->listen_fd);
	}
	if (p->region_fd >= 0) {
		munmap(p->region, sizeof(*p->region));
		close(p->region_fd);
	}
	if (p->signal_fd >= 0)
		close(p->signal_fd);
}

/* With devices open: workers, privileges, the word that it serves, and serving. */
static int serve(struct process *p, struct en_err *err)
{
	if (dp_privilege_give(p->conf.runtime_dir, &p->who, p->conf.control.user, err) != 0 ||
	    dp_privilege_drop(&p->who, err) != 0 || start_workers(p->world, err) != 0)
		return -1;
	en_process_report(p->args.ready_fd, NULL);
	return dp_house_run(p->world, p->signal_fd, p->listen_fd, p->region_fd, err);
}

static int run_world(struct process *p, struct en_err *err)
{
	bool hugepages;
	int rc;

	if (dp_eal_init(&p->conf, &hugepages, err) != 0)
		return -1;
	p->region->hugepages = hugepages;
	rc = dp_world_create(&p->conf, p->region, en_mono_ns(), en_wall_s(), &p->world, err);
	if (rc == 0) {
		rc = serve(p, err);
		stop_workers(p->world);
		dp_world_destroy(p->world);
	}
	dp_eal_fini();
	return rc;
}

int main(int argc, char **argv)
{
	static struct process p = {.signal_fd = -1, .listen_fd = -1, .region_fd = -1};
	struct en_err err;
	int rc;

	if (en_process_args(argc, argv, &p.args) != 0)
		return usage();
	en_log_set_name("turnpike-dataplane");
	if (conf_load(p.args.file, stderr, &p.conf) != 0) {
		en_process_report(p.args.ready_fd, "the configuration has errors");
		return EXIT_USAGE;
	}
	en_log_set_level_word(p.conf.log_level);
	rc = open_shared(&p, &err);
	if (rc == 0)
		rc = run_world(&p, &err);
	if (rc != 0)
		en_process_report(p.args.ready_fd, err.text);
	close_shared(&p);
	conf_free(&p.conf);
	return rc == 0 ? 0 : EXIT_FAILED;
}
