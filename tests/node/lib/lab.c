/* SPDX-License-Identifier: BSD-3-Clause */
/* lab.c - make a world of ring ports from a configuration text, and take it down with its books balanced. */
#include "tests/node/lib/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "dataplane/step.h"
#include "tests/node/lib/link.h"

#define START_NS     (UINT64_C(1000) * EN_NS_PER_S)
#define START_WALL_S UINT64_C(1800000000)

struct lab lab;
static int region_fd = -1;
static uint64_t seen[DROP_N];

static void start_eal(void)
{
	/* rte_eal_init() wants to write to them */
	static char words[][24] = {"node-test", "--no-huge",      "--no-shconf", "--no-pci", "-m",
				   "512",       "--no-telemetry", "-l",          "0",        "--log-level=error"};
	char *argv[RTE_DIM(words) + 1] = {0};
	static bool done;

	if (done)
		return;
	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		argv[i] = words[i];
	if (rte_eal_init((int)RTE_DIM(words), argv) < 0)
		fail_msg("EAL: %s", rte_strerror(rte_errno));
	done = true;
}

static void write_ports(FILE *f, const struct lab_options *o)
{
	static const struct {
		const char *name, *four, *six, *gate4, *gate6;
	} net[LAB_PORTS] = {
		{"wan", "198.18.0.2/24", "2001:db8:1::2/64", "198.18.0.1", "2001:db8:1::1"},
		{"lan", "198.19.0.2/24", "2001:db8:2::2/64", NULL, NULL},
	};

	for (unsigned int i = 0; i < o->ports; i++) {
		fprintf(f, "[port %s]\ndevice = %s\nmac = 02:7e:00:00:00:%02x\n", net[i].name, link_device(i), i + 1);
		fprintf(f, "address = %s\naddress = %s\n", net[i].four, net[i].six);
		fprintf(f, "queues = %u\nbuffers = 2048\ndescriptors = 256\n", o->queues);
		if (i == 0 && o->vlan)
			fprintf(f, "vlan = %u\n", o->vlan);
		if (i == 0 && o->gateway)
			fprintf(f, "gateway = %s\ngateway = %s\n", net[i].gate4, net[i].gate6);
		if (i == 0 && o->port)
			fprintf(f, "%s\n", o->port);
	}
}

static void write_turn(FILE *f, const struct lab_options *o)
{
	fprintf(f, "[turn]\nlisten = " LAB_LISTEN4 "\nlisten = " LAB_LISTEN6 "\n");
	fprintf(f, "relay = 198.18.0.2 %u-%u\n", LAB_RELAY_LO, LAB_RELAY_HI);
	if (!o->no_relay6)
		fprintf(f, "relay = 2001:db8:1::2 %u-%u\n", LAB_RELAY_LO, LAB_RELAY_HI);
	fprintf(f, "realm = " LAB_REALM "\nuser = alice:wonderland\nuser = bob:builder\n");
	fprintf(f, "allow-peer = 198.18.0.0/15\nallow-peer = 2001:db8::/32\n");
	/* small tables and a rate that is in nobody's way, unless the test says otherwise */
	if (!o->turn || !strstr(o->turn, "unauthenticated-rate"))
		fprintf(f, "unauthenticated-rate = 1000000\n");
	if (!o->turn || !strstr(o->turn, "max-allocations"))
		fprintf(f, "max-allocations = 64\n");
	if (o->turn)
		fprintf(f, "%s\n", o->turn);
}

static void load_conf(const struct lab_options *o)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "[dataplane]\ncores = %s\n", o->cores == 2 ? "0,1" : "0");
	if (o->dataplane)
		fprintf(f, "%s\n", o->dataplane);
	write_ports(f, o);
	write_turn(f, o);
	if (o->media)
		fprintf(f, "[media]\n%s\n", o->media);
	if (o->calls)
		fprintf(f, "[control]\nhttp = 127.0.0.1:8080\n[gateway]\n%s\n", o->calls);
	fclose(f);
	if (conf_load_string("lab", text, stderr, &lab.conf) != 0)
		fail_msg("the lab's configuration is refused:\n%s", text);
	free(text);
}

int lab_try_open(const struct lab_options *o, struct en_err *err)
{
	static const struct lab_options usual;

	start_eal();
	en_log_set_level(EN_LOG_WARN);
	lab = (struct lab){.o = o ? *o : usual, .headroom = -1, .now_ns = START_NS, .wall_s = START_WALL_S};
	lab.o.cores = RTE_MAX(lab.o.cores, 1u);
	lab.o.ports = RTE_MAX(lab.o.ports, 1u);
	lab.o.queues = lab.o.queues ? lab.o.queues : lab.o.cores;
	link_open(lab.o.ports, lab.o.queues);
	load_conf(&lab.o);
	region_fd = shm_region_create(&lab.region, err);
	if (region_fd < 0)
		return -1;
	return dp_world_create(&lab.conf, lab.region, lab.now_ns, lab.wall_s, &lab.world, err);
}

void lab_open(const struct lab_options *o)
{
	struct en_err err = {.text = ""};

	if (lab_try_open(o, &err) != 0)
		fail_msg("%s", err.text);
	lab_forget_drops();
	lab_step(2);
}

static int books_wrong(void)
{
	int64_t balance = lab_balance();
	unsigned int out = lab_buffers_out();

	if (balance == 0 && out == 0 && !link_complaint()[0])
		return 0;
	fprintf(stderr, "at the end: balance %lld (must be 0), %u buffers not returned, %s\n", (long long)balance, out,
		link_complaint()[0] ? link_complaint() : "every frame right");
	return -1;
}

static void close_world(void)
{
	dp_world_destroy(lab.world);
	lab.world = NULL;
}

int lab_teardown(void **state)
{
	int rc = 0;

	(void)state;
	if (lab.world) {
		lab.mute = true;
		lab.jam = false;
		/* what waits for a neighbour or a fragment ends within this time */
		lab_pass(10 * EN_NS_PER_S, 100 * LAB_MS);
		link_discard();
		rc = books_wrong();
		close_world();
	}
	if (region_fd >= 0) {
		shm_region_close(lab.region);
		close(region_fd);
		region_fd = -1;
	}
	conf_free(&lab.conf);
	link_close();
	return rc;
}

void lab_step(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int c = 0; c < lab.world->core_n; c++)
			dp_core_step(lab.world->core[c], lab.now_ns, lab.wall_s);
		link_collect();
		lab.now_ns += 10000;
	}
}

void lab_pass(uint64_t ns, uint64_t round)
{
	uint64_t end = lab.now_ns + ns, wall0 = lab.wall_s, start = lab.now_ns;

	while (lab.now_ns < end) {
		lab_step(1);
		lab.now_ns = RTE_MIN(end, lab.now_ns + round);
		lab.wall_s = wall0 + (lab.now_ns - start) / EN_NS_PER_S;
	}
	lab_step(2);
}

void lab_settle(void)
{
	/* a packet passes each core at most twice, and a question and its answer come between */
	lab_step(8);
}

void lab_run(unsigned int port, const struct frame *f)
{
	lab_send(port, f);
	lab_settle();
}

uint64_t lab_counter(enum shm_counter c)
{
	return shm_counter_sum(lab.region, c);
}

uint64_t lab_gauge(enum shm_gauge g)
{
	/* gauges are written once a millisecond */
	lab_pass(2 * LAB_MS, LAB_MS);
	return shm_gauge_sum(lab.region, g);
}

int64_t lab_balance(void)
{
	for (unsigned int i = 0; i < 5; i++) {
		lab_pass(2 * LAB_MS, LAB_MS);
		if (shm_balance(lab.region) == 0)
			return 0;
	}
	return shm_balance(lab.region);
}

unsigned int lab_buffers_out(void)
{
	unsigned int n = rte_mempool_in_use_count(lab.world->pool) + rte_mempool_in_use_count(lab.world->jumbo);

	if (lab.world->media_pool)
		n += rte_mempool_in_use_count(lab.world->media_pool);
	for (unsigned int i = 0; i < lab.world->port_n; i++)
		n += rte_mempool_in_use_count(lab.world->port[i].pool);
	return n;
}

void lab_forget_drops(void)
{
	for (unsigned int d = 0; d < DROP_N; d++)
		seen[d] = shm_drop_sum(lab.region, d);
}

void lab_assert_drop(enum shm_drop reason, uint64_t n, const char *file, int line)
{
	bool wrong = false;

	for (unsigned int d = 0; d < DROP_N; d++) {
		uint64_t got = shm_drop_sum(lab.region, d) - seen[d], want = d == reason ? n : 0;

		if (got == want)
			continue;
		fprintf(stderr, "%s:%d: %s counted %llu times, not %llu\n", file, line, shm_drop_names[d].id,
			(unsigned long long)got, (unsigned long long)want);
		wrong = true;
	}
	lab_forget_drops();
	if (wrong)
		_fail(file, line);
}

uint64_t lab_assert_some_drops(enum shm_drop reason, const char *file, int line)
{
	uint64_t n = shm_drop_sum(lab.region, reason) - seen[reason];

	lab_forget_drops();
	if (n == 0) {
		fprintf(stderr, "%s:%d: %s never counted\n", file, line, shm_drop_names[reason].id);
		_fail(file, line);
	}
	return n;
}
