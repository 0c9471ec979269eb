/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eal.c - arguments for DPDK's environment layer, and what it logs.
 *
 * Runs on:   start, end.
 * Decides:   hugepages or ordinary pages (a warning), which CPUs housekeeping
 *            may use, PCI or not. Nothing is left behind in the file system,
 *            so a killed process needs no cleaning up.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/hugepages.h"

#define ARGS_MAX    96
#define TEXT_MAX    4096
#define BUFFER_SIZE 2560 /* a packet buffer and what the pool puts around it */
#define SLACK_MIB   64 /* pools of the engine's own packets, rings, graphs, drivers */

struct args {
	char text[TEXT_MAX];
	size_t used;
	char *v[ARGS_MAX];
	int n;
	bool ok;
};

static void add(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct args *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->text + a->used, sizeof(a->text) - a->used, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(a->text) - a->used || a->n == ARGS_MAX) {
		a->ok = false;
		return;
	}
	a->v[a->n++] = a->text + a->used;
	a->used += (size_t)n + 1;
}

/* --- CPUs ------------------------------------------------------------------ */

/* "0-3,8"; buf is cut when too small */
static void cpus_text(const cpu_set_t *set, char *buf, size_t cap)
{
	size_t used = 0;

	buf[0] = '\0';
	for (int i = 0; i < CPU_SETSIZE && used < cap; i++) {
		int from = i;

		if (!CPU_ISSET(i, set))
			continue;
		while (i + 1 < CPU_SETSIZE && CPU_ISSET(i + 1, set))
			i++;
		used += (size_t)snprintf(buf + used, cap - used, i > from ? "%s%d-%d" : "%s%d", used ? "," : "", from,
					 i);
	}
}

static int check_cores(const struct conf_dataplane *d, const cpu_set_t *allowed, struct en_err *err)
{
	long cpu_n = sysconf(_SC_NPROCESSORS_CONF);
	char text[128];

	cpus_text(allowed, text, sizeof(text));
	for (unsigned int i = 0; i < d->core_n; i++) {
		if (d->core[i] < CPU_SETSIZE && CPU_ISSET(d->core[i], allowed))
			continue;
		if (cpu_n > 0 && d->core[i] >= (unsigned long)cpu_n)
			return en_fail(err, -1, "cores names CPU %u, but this machine has %ld CPUs: choose from %s",
				       d->core[i], cpu_n, text);
		return en_fail(err, -1,
			       "cores names CPU %u, which this process may not run on (taskset, cpuset or container "
			       "limit): choose from %s",
			       d->core[i], text);
	}
	return 0;
}

/* Housekeeping takes the CPUs that no worker has; when there are none, it shares. */
static int add_lcores(struct args *a, const struct conf_dataplane *d, struct en_err *err)
{
	char text[1024];
	cpu_set_t allowed, rest;
	size_t used;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return en_fail(err, -1, "cannot tell which CPUs there are: %s", strerror(errno));
	if (check_cores(d, &allowed, err) != 0)
		return -1;
	rest = allowed;
	for (unsigned int i = 0; i < d->core_n; i++)
		CPU_CLR(d->core[i], &rest);
	cpus_text(CPU_COUNT(&rest) ? &rest : &allowed, text, sizeof(text) / 2);
	used = strlen(text);
	for (unsigned int i = 0; i < d->core_n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s,%u@%u", i ? "" : ")", i + 1, d->core[i]);
	add(a, "--lcores");
	add(a, "0@(%s", text);
	return 0;
}

/* --- memory ---------------------------------------------------------------- */

static unsigned int packet_mib(const struct conf *conf)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < conf->port_n; i++)
		bytes += (uint64_t)conf->port[i].buffers * BUFFER_SIZE;
	return (unsigned int)(bytes >> 20) + SLACK_MIB;
}

static void add_memory(struct args *a, const struct conf *conf, bool *ret_hugepages)
{
	unsigned int need = packet_mib(conf);
	uint64_t free_mib = dp_hugepages_free_mib();

	*ret_hugepages = free_mib >= need;
	if (*ret_hugepages) {
		add(a, "--in-memory");
		add(a, "-m");
		add(a, "%u", need);
		return;
	}
	if (free_mib)
		en_warn("memory",
			"%llu MiB of hugepages are free, packets need %u: using ordinary pages, which is slower",
			(unsigned long long)free_mib, need);
	else
		en_warn("memory",
			"no free hugepages: using ordinary pages, which is slower; `sysctl vm.nr_hugepages=%u` reserves "
			"enough",
			need / 2 + 1);
	/* DPDK refuses --in-memory here; of ordinary pages there are no files to begin with */
	add(a, "--no-huge");
	add(a, "--no-shconf");
	/* address space only: a page is taken when it is first used */
	add(a, "-m");
	add(a, "%u", conf->dataplane.memory > need ? conf->dataplane.memory : need);
}

/* --- devices ---------------------------------------------------------------- */

static void add_devices(struct args *a, const struct conf *conf)
{
	bool pci = false;

	for (unsigned int i = 0; i < conf->port_n; i++) {
		const char *device = conf->port[i].device;

		if (!dp_device_is_pci(device, strcspn(device, ",")))
			continue;
		add(a, "-a");
		add(a, "%s", device);
		pci = true;
	}
	if (!pci)
		add(a, "--no-pci");
}

static void add_own_words(struct args *a, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " \t");

		if (len)
			add(a, "%.*s", (int)len, words);
		words += len + strspn(words + len, " \t");
	}
}

/* --- log -------------------------------------------------------------------- */

static char complaint[256];
static struct {
	bool on;
	char text[8192];
	size_t len;
} held; /* log lines while standard error is away */

static void replay_line(const char *line, size_t len)
{
	en_debug("dpdk", "%.*s", (int)len, line);
}

static void on_line(const char *line, size_t len)
{
	if (!held.on)
		replay_line(line, len);
	else if (len + 1 < sizeof(held.text) - held.len)
		held.len +=
			(size_t)snprintf(held.text + held.len, sizeof(held.text) - held.len, "%.*s\n", (int)len, line);
	if (!complaint[0] && rte_log_cur_msg_loglevel() <= (int)RTE_LOG_ERR)
		snprintf(complaint, sizeof(complaint), "%.*s", (int)len, line);
}

static void each_line(const char *text, size_t len, void (*take)(const char *line, size_t len))
{
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		if (n)
			take(text + at, n);
		at += n + 1;
	}
}

static ssize_t on_log(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	each_line(text, len, on_line);
	return (ssize_t)len;
}

static int take_log(struct en_err *err)
{
	static const cookie_io_functions_t io = {.write = on_log};
	FILE *f = fopencookie(NULL, "w", io);

	if (!f)
		return en_fail(err, -1, "cannot take DPDK's log: %s", strerror(errno));
	setvbuf(f, NULL, _IOLBF, 0); /* on_log() sees whole lines */
	rte_openlog_stream(f);
	return 0;
}

void dp_eal_forget_complaint(void)
{
	complaint[0] = '\0';
}

const char *dp_eal_complaint(void)
{
	return complaint;
}

/*
 * DPDK prints its manual on standard output and alarms on standard error when
 * it does not start: one sentence is enough.
 */
static int init_quietly(struct args *a)
{
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int rc;

	fflush(stdout);
	held.on = out >= 0 && err >= 0 && null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0;
	rc = rte_eal_init(a->n, a->v);
	fflush(stdout);
	if (held.on) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
	}
	held.on = false;
	each_line(held.text, held.len, replay_line);
	if (null >= 0)
		close(null);
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	return rc;
}

int dp_eal_init(const struct conf *conf, bool *ret_hugepages, struct en_err *err)
{
	struct args a = {.ok = true};

	add(&a, "turnpike-dataplane");
	add(&a, "--no-telemetry");
	add(&a, "--file-prefix");
	add(&a, "turnpike-%d", (int)getpid());
	if (add_lcores(&a, &conf->dataplane, err) != 0)
		return -1;
	add_memory(&a, conf, ret_hugepages);
	add_devices(&a, conf);
	add_own_words(&a, conf->dataplane.eal);
	if (!a.ok)
		return en_fail(err, -1, "[dataplane] eal has more than %d words or %d characters", ARGS_MAX, TEXT_MAX);
	if (take_log(err) != 0)
		return -1;
	dp_eal_forget_complaint();
	if (init_quietly(&a) < 0)
		return en_fail(err, -1, "DPDK does not start: %s%s%s%s%s", rte_strerror(rte_errno),
			       complaint[0] ? " (" : "", complaint, complaint[0] ? ")" : "",
			       conf->dataplane.eal[0] ? "; are the words of eal in [dataplane] right?" : "");
	/* it makes a directory for files that it does not write */
	rmdir(rte_eal_get_runtime_dir());
	return 0;
}

void dp_eal_fini(void)
{
	rte_eal_cleanup();
}
