/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_test.c - show, trace and capture against a dataplane that is played by
 * a thread of this test: it speaks the real socket, region, snapshot and tap.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "engine/cmd/cmd.h"
#include "engine/shm/ctl.h"
#include "engine/shm/msg.h"
#include "engine/shm/region.h"
#include "engine/shm/tap.h"

/* --- the played dataplane --------------------------------------------------- */

static struct {
	char dir[96];
	int listener, stop[2]; /* closing stop[1] ends the thread */
	pthread_t thread;
	struct shm_region *region;
	int region_fd;
	uint32_t row_size_lie; /* added to the row size that snapshots state */
	bool refuse;
	struct shm_ctl_request last; /* request of any kind */
	bool corrupt_tap;
} dp;

static void name(char *to, size_t cap, const char *text)
{
	snprintf(to, cap, "%s", text);
}

static void fill_region(struct shm_region *r)
{
	static const char *const nodes[] = {"rx", "turn", "tx", "drop"};

	r->core_n = 2;
	r->port_n = 1;
	r->node_n = 4;
	for (unsigned int i = 0; i < 4; i++)
		name(r->node[i].name, sizeof(r->node[i].name), nodes[i]);
	r->node[0].is_source = 1;
	r->node[0].edge_n = 2;
	r->node[0].edge[0] = 3;
	r->node[0].edge[1] = 1;
	r->node[1].edge_n = 2;
	r->node[1].edge[0] = 3;
	r->node[1].edge[1] = 2;
	name(r->port[0].name, sizeof(r->port[0].name), "wan");
	name(r->port[0].device, sizeof(r->port[0].device), "tap:t\x1b[0m");
	name(r->port[0].driver, sizeof(r->port[0].driver), "net_tap");
	r->port[0].link_up = 1;
	r->port[0].mtu = 1500;
	r->port[0].addr_n = 1;
	assert_int_equal(en_prefix_parse("198.18.0.2/24", true, &r->port[0].addr[0]), 0);
	name(r->config, sizeof(r->config), "[turn]\nrealm = r\n");
	name(r->config_json, sizeof(r->config_json), "{\"turn\": {\"realm\": \"r\"}}");
	r->core[0].counter[CTR_RX] = 10;
	r->core[1].counter[CTR_RX] = 5;
	r->core[0].counter[CTR_TX] = 11;
	r->core[1].drop[DROP_RELAY_NO_PERM] = 4;
	r->core[0].cpu = 3;
	r->core[0].state = SHM_CORE_SLEEPING;
	r->core[0].port[0].rx_packets = 10;
	r->core[1].port[0].rx_packets = 5;
	r->core[0].gauge[GAUGE_ALLOCATIONS] = 2;
	r->core[1].node[1].packets = 6;
	r->core[1].node[1].calls = 2;
}

static int snapshot_of(const void *rows, uint32_t row_size, uint64_t n, uint32_t kind)
{
	const struct shm_snapshot head = {
		.magic = SHM_MAGIC, .kind = kind, .row_size = row_size + dp.row_size_lie, .row_n = n};
	int fd = memfd_create("rows", MFD_CLOEXEC);

	if (write(fd, &head, sizeof(head)) != (ssize_t)sizeof(head) ||
	    write(fd, rows, n * row_size) != (ssize_t)(n * row_size))
		abort();
	return fd;
}

static int allocations(void)
{
	struct shm_row_allocation row[2];

	memset(row, 0, sizeof(row));
	en_ep_parse("192.0.2.1:5000", &row[0].client);
	en_ep_parse("198.18.0.2:3478", &row[0].server);
	en_ep_parse("198.18.0.2:49152", &row[0].relay4);
	en_ep_parse("[2001:db8::2]:49153", &row[0].relay6);
	row[0].age_ms = 61000;
	row[0].expires_ms = 539000;
	row[0].permissions = 2;
	row[0].channels = 1;
	row[0].to_peer_packets = 7;
	row[0].to_peer_bytes = 700;
	memcpy(row[0].user, "al\x1b[1mice", 9);
	row[1].client.addr.family = 77; /* no such family */
	memset(row[1].user, 'x', sizeof(row[1].user)); /* no end */
	return snapshot_of(row, sizeof(row[0]), 2, SHM_SNAP_ALLOCATIONS);
}

static int neighbours(void)
{
	struct shm_row_neighbour row;

	memset(&row, 0, sizeof(row));
	en_addr_parse("198.18.0.1", &row.addr);
	row.port = 9; /* no such port */
	row.state = SHM_NEIGH_REACHABLE;
	row.mac[5] = 7;
	return snapshot_of(&row, sizeof(row), 1, SHM_SNAP_NEIGHBOURS);
}

static int sessions(void)
{
	struct shm_row_session row[2];

	memset(row, 0, sizeof(row));
	row[0].index = 3;
	row[0].state = SHM_SESSION_CONNECTED;
	row[0].profile = SHM_SRTP_GCM_128;
	en_ep_parse("192.0.2.1:5000", &row[0].remote);
	en_ep_parse("198.18.0.2:3480", &row[0].local);
	row[0].heard_ms = 2500;
	row[0].rx_packets = 7;
	row[0].rx_bytes = 700;
	row[1].state = 99; /* no such state, nor family */
	row[1].remote.addr.family = 77;
	row[1].profile = 98;
	row[1].heard_ms = UINT64_MAX;
	return snapshot_of(row, sizeof(row[0]), 2, SHM_SNAP_SESSIONS);
}

static int lanes(void)
{
	const struct shm_row_lane rows[] = {
		{.core = 0, .attached = 1, .pid = 4711, .up_sent = 12, .up_asleep = 1, .down_received = 34},
		{.core = 1, .pid = 4711, .up_full = 5, .down_bad = 6, .down_waiting = 7},
	};

	return snapshot_of(rows, sizeof(rows[0]), 2, SHM_SNAP_LANES);
}

static void put_step(struct shm_tap_ring *r, uint64_t id, uint64_t ns, uint8_t core, uint8_t node, uint8_t edge,
		     const char *text)
{
	struct shm_tap_step *step = shm_tap_reserve(r, SHM_TAP_STEP, sizeof(*step));

	memset(step, 0, sizeof(*step));
	step->id = id;
	step->wall_ns = ns;
	step->core = core;
	step->node = node;
	step->edge = edge;
	step->drop = DROP_RELAY_NO_PERM;
	step->text_len = (uint16_t)strlen(text);
	memcpy(step->text, text, step->text_len);
	shm_tap_commit(r);
}

static void put_packet(struct shm_tap_ring *r, uint8_t port, uint8_t direction, const char *data)
{
	uint32_t len = (uint32_t)strlen(data);
	struct shm_tap_packet *p = shm_tap_reserve(r, SHM_TAP_PACKET, (uint32_t)sizeof(*p) + len);

	memset(p, 0, sizeof(*p));
	p->wall_ns = 1000000001;
	p->len = 1500;
	p->caplen = len;
	p->port = port;
	p->direction = direction;
	p->drop = DROP_RELAY_NO_PERM;
	memcpy(p + 1, data, len);
	shm_tap_commit(r);
}

static int tap(uint32_t kind)
{
	struct shm_tap *t;
	struct en_err err;
	uint64_t size;
	int fd = shm_tap_create(2, &t, &size, &err);

	if (fd < 0)
		abort();
	if (kind == SHM_TAP_TRACE) {
		/* a packet that moves to core 1: its later step lies in a ring of its own */
		put_step(&t->ring[1], 7, 300, 1, 1, 255, "");
		put_step(&t->ring[0], 7, 100, 0, 0, 1, "STUN\x1b from 192.0.2.1");
		put_step(&t->ring[0], 8, 200, 0, 0, 99, "");
		put_step(&t->ring[0], 8, 210, 0, 99, 254, "");
	} else {
		put_packet(&t->ring[0], 0, 0, "first");
		put_packet(&t->ring[1], 255, 1, "second");
		put_packet(&t->ring[1], 0, 2, "third");
	}
	if (dp.corrupt_tap)
		atomic_store(&t->ring[0].head, 1);
	atomic_store(&t->done, 1);
	shm_tap_unmap(t, size);
	return fd;
}

static int answer_fd(const struct shm_ctl_request *req)
{
	switch (req->op) {
	case SHM_CTL_REGION:
		return dup(dp.region_fd);
	case SHM_CTL_SNAPSHOT:
		if (req->kind == SHM_SNAP_LANES)
			return lanes();
		if (req->kind == SHM_SNAP_SESSIONS)
			return sessions();
		return req->kind == SHM_SNAP_ALLOCATIONS ? allocations() : neighbours();
	default:
		return tap(req->kind);
	}
}

static void serve_connection(int conn)
{
	const struct shm_ctl_reply good = {0}, bad = {.status = -1, .text = "not now"};

	while (shm_ctl_receive(conn, &dp.last) == 1) {
		int fd = dp.refuse ? -1 : answer_fd(&dp.last);

		shm_ctl_reply(conn, dp.refuse ? &bad : &good, fd);
		if (fd >= 0)
			close(fd);
	}
	close(conn);
}

static void *serve(void *arg)
{
	struct pollfd fds[2] = {{.fd = dp.listener, .events = POLLIN}, {.fd = dp.stop[0], .events = POLLIN}};

	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents)
			return arg;
		serve_connection(accept(dp.listener, NULL, NULL));
	}
}

static int set_up(void **state)
{
	const char *base = getenv("TMPDIR");
	struct en_err err;

	(void)state;
	memset(&dp, 0, sizeof(dp));
	snprintf(dp.dir, sizeof(dp.dir), "%s/turnpike-show-XXXXXX",
		 base && *base && strlen(base) < 60 ? base : P_tmpdir);
	if (!mkdtemp(dp.dir))
		return -1;
	dp.listener = shm_ctl_listen(dp.dir, &err);
	dp.region_fd = shm_region_create(&dp.region, &err);
	if (dp.listener < 0 || dp.region_fd < 0 || pipe(dp.stop) != 0)
		return -1;
	fill_region(dp.region);
	return pthread_create(&dp.thread, NULL, serve, NULL);
}

static int tear_down(void **state)
{
	char path[128];

	(void)state;
	close(dp.stop[1]);
	pthread_join(dp.thread, NULL);
	close(dp.stop[0]);
	close(dp.listener);
	munmap(dp.region, sizeof(*dp.region));
	close(dp.region_fd);
	snprintf(path, sizeof(path), "%s/" SHM_CTL_SOCKET, dp.dir);
	unlink(path);
	return rmdir(dp.dir);
}

/* --- running a command -------------------------------------------------------- */

static char output[1 << 20];
static size_t output_n;

/* Run "show counters …" with the played dataplane's directory; stdout and
 * stderr land in output. */
static int run(int (*cmd)(int, char **), const char *line)
{
	char copy[256], *argv[16], *save = NULL;
	int argc = 0, out = memfd_create("out", MFD_CLOEXEC), saved[2] = {dup(1), dup(2)}, status;
	ssize_t n;

	snprintf(copy, sizeof(copy), "%s --runtime-dir %s", line, dp.dir);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	fflush(stdout);
	fflush(stderr);
	dup2(out, 1);
	dup2(out, 2);
	status = cmd(argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	n = pread(out, output, sizeof(output) - 1, 0);
	close(out);
	output_n = n > 0 ? (size_t)n : 0;
	output[output_n] = '\0';
	return status;
}

static void has(const char *expected)
{
	if (!strstr(output, expected))
		fail_msg("expected: %s\ngot:\n%s", expected, output);
}

static void has_not(const char *unexpected)
{
	if (strstr(output, unexpected))
		fail_msg("not expected: %s\ngot:\n%s", unexpected, output);
}

static json_t *run_json(const char *line)
{
	json_error_t error;
	json_t *root;

	assert_int_equal(run(cmd_show, line), CMD_OK);
	root = json_loads(output, 0, &error);
	if (!root)
		fail_msg("%s: %s\n%s", line, error.text, output);
	return root;
}

static json_int_t integer(json_t *root, const char *object, const char *key)
{
	json_t *value = json_object_get(object ? json_object_get(root, object) : root, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* --- tests ---------------------------------------------------------------------- */

static void counters_add_up(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show counters"), CMD_OK);
	has("packets.received         packets       15\n");
	has("drops: 4 packets\n");
	has(": balanced\n");
	dp.region->core[0].counter[CTR_RX]++;
	assert_int_equal(run(cmd_show, "show counters --cores"), CMD_OK);
	has("CORE 0");
	has(": 1 (exact at rest only)\n");
	root = run_json("show counters --json");
	assert_int_equal(integer(root, "counters", "packets.received"), 16);
	assert_int_equal(integer(root, "gauges", "allocations"), 2);
	assert_int_equal(integer(root, NULL, "balance"), 1);
	assert_true(json_is_false(json_object_get(root, "balanced")));
	assert_int_equal(json_array_size(json_object_get(root, "cores")), 2);
	json_decref(root);
}

static void drops_are_named(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show drops"), CMD_OK);
	has("relay_no_perm  relay        4  datagram from a peer without permission\n");
	has_not("eth_short");
	assert_int_equal(run(cmd_show, "show drops --all --cores"), CMD_OK);
	has("eth_short");
	root = run_json("show drops --json");
	assert_int_equal(integer(root, "drops", "relay_no_perm"), 4);
	assert_int_equal(integer(root, "drops", "eth_short"), 0);
	assert_int_equal(integer(root, NULL, "total"), 4);
	json_decref(root);
	dp.region->core[1].drop[DROP_RELAY_NO_PERM] = 0;
	assert_int_equal(run(cmd_show, "show drops"), CMD_OK);
	assert_string_equal(output, "no drops\n");
}

static void cores_and_nodes(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show cores"), CMD_OK);
	has("sleeping");
	assert_int_equal(run(cmd_show, "show nodes"), CMD_OK);
	has("turn      2        6           3.0");
	root = run_json("show cores --json");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json_object_get(root, "cores"), 0), "cpu")),
			 3);
	json_decref(root);
	json_decref(run_json("show nodes --json"));
}

static void ports_are_escaped(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show ports"), CMD_OK);
	has("wan: tap:t\\x1b[0m (net_tap), link up\n");
	has("  address    198.18.0.2/24\n");
	has("  received   15 packets");
	root = run_json("show ports --json");
	assert_int_equal(json_array_size(json_object_get(root, "ports")), 1);
	json_decref(root);
}

static void the_graph_is_drawn_in_order(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show graph"), CMD_OK);
	assert_string_equal(output, "digraph turnpike {\n"
				    "\trankdir=LR;\n"
				    "\tnode [shape=box];\n"
				    "\t\"drop\";\n"
				    "\t\"rx\" [style=bold];\n"
				    "\t\"turn\";\n"
				    "\t\"tx\";\n"
				    "\t\"rx\" -> \"drop\";\n"
				    "\t\"rx\" -> \"turn\";\n"
				    "\t\"turn\" -> \"drop\";\n"
				    "\t\"turn\" -> \"tx\";\n"
				    "}\n");
	root = run_json("show graph --json");
	assert_int_equal(json_array_size(json_object_get(root, "nodes")), 4);
	json_decref(root);
}

static void the_configuration_is_passed_on(void **state)
{
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show config"), CMD_OK);
	assert_string_equal(output, "[turn]\nrealm = r\n");
	root = run_json("show config --json");
	assert_non_null(json_object_get(root, "turn"));
	json_decref(root);
	dp.region->config_json[0] = 'x';
	assert_int_equal(run(cmd_show, "show config --json"), CMD_FAILED);
}

static void allocations_are_listed(void **state)
{
	json_t *root, *list, *first;

	(void)state;
	assert_int_equal(run(cmd_show, "show allocations"), CMD_OK);
	has("192.0.2.1:5000  198.18.0.2:49152 [2001:db8::2]:49153  al\\x1b[1mice");
	has("61 s    539 s");
	has("7/700");
	has("2 allocations\n");
	root = run_json("show allocations --json");
	list = json_object_get(root, "allocations");
	assert_int_equal(json_array_size(list), 2);
	first = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(first, "client")), "192.0.2.1:5000");
	assert_int_equal(integer(first, NULL, "to_peer_bytes"), 700);
	assert_int_equal(integer(first, NULL, "channels"), 1);
	json_decref(root);
	dp.row_size_lie = 8;
	assert_int_equal(run(cmd_show, "show allocations"), CMD_FAILED);
	has("another build");
}

static void neighbours_are_listed(void **state)
{
	(void)state;
	assert_int_equal(run(cmd_show, "show neighbours"), CMD_OK);
	has("?     198.18.0.1  00:00:00:00:00:07  reachable");
	json_decref(run_json("show neighbours --json"));
}

static void sessions_are_listed(void **state)
{
	json_t *root, *first, *second;

	(void)state;
	assert_int_equal(run(cmd_show, "show sessions"), CMD_OK);
	has("connected  192.0.2.1:5000  198.18.0.2:3480  AEAD_AES_128_GCM");
	has("2 sessions\n");
	root = run_json("show sessions --json");
	first = json_array_get(json_object_get(root, "sessions"), 0);
	second = json_array_get(json_object_get(root, "sessions"), 1);
	assert_string_equal(json_string_value(json_object_get(first, "state")), "connected");
	assert_int_equal(integer(first, NULL, "heard_ms"), 2500);
	assert_int_equal(integer(first, NULL, "rx_bytes"), 700);
	assert_true(json_is_null(json_object_get(second, "heard_ms")));
	assert_string_equal(json_string_value(json_object_get(second, "state")), "unknown");
	json_decref(root);
}

static void lanes_are_listed(void **state)
{
	json_t *second;
	json_t *root;

	(void)state;
	assert_int_equal(run(cmd_show, "show lanes"), CMD_OK);
	has("held by process 4711");
	has("asleep");
	root = run_json("show lanes --json");
	assert_int_equal(integer(root, NULL, "pid"), 4711);
	second = json_array_get(json_object_get(root, "lanes"), 1);
	assert_int_equal(integer(second, "up", "full"), 5);
	assert_int_equal(integer(second, "down", "waiting"), 7);
	json_decref(root);
}

static void mistakes_are_explained(void **state)
{
	(void)state;
	assert_int_equal(run(cmd_show, "show cunters"), CMD_USAGE);
	has("did you mean 'counters'?");
	assert_int_equal(run(cmd_show, "show"), CMD_USAGE);
	assert_int_equal(run(cmd_show, "show drops graph"), CMD_USAGE);
	dp.refuse = true;
	assert_int_equal(run(cmd_show, "show counters"), CMD_FAILED);
	has("turnpike show: not now\n");
	dp.refuse = false;
	dp.region->node_n = 1000;
	assert_int_equal(run(cmd_show, "show counters"), CMD_FAILED);
	has("refused");
}

static void nothing_runs(void **state)
{
	char saved[sizeof(dp.dir)];

	(void)state;
	memcpy(saved, dp.dir, sizeof(saved));
	name(dp.dir, sizeof(dp.dir), "/nonexistent/dir");
	assert_int_equal(run(cmd_show, "show counters"), CMD_FAILED);
	memcpy(dp.dir, saved, sizeof(saved));
	has("turnpike show: nothing runs in /nonexistent/dir: start it with 'turnpike run -c FILE'");
}

static void a_trace_tells_the_way(void **state)
{
	(void)state;
	assert_int_equal(run(cmd_trace, "trace -n 2 host 192.0.2.1 udp"), CMD_OK);
	assert_int_equal(dp.last.op, SHM_CTL_TAP);
	assert_int_equal(dp.last.kind, SHM_TAP_TRACE);
	assert_int_equal(dp.last.count, 2);
	assert_int_equal(dp.last.filter.proto, 17);
	has("  rx         -> turn  STUN\\x1b from 192.0.2.1\n");
	has("  turn       -> dropped  relay_no_perm: datagram from a peer without permission  [now on core 1]\n");
	has("packet 2, ");
	assert_true(strstr(output, "rx         -> turn") < strstr(output, "turn       -> dropped"));
	has("  rx         -> ?\n");
	has("  ?          -> consumed\n");
	assert_int_equal(run(cmd_trace, "trace --json -n 2"), CMD_OK);
	has("\"end\":\"dropped\"");
	has("\"drop\":\"relay_no_perm\"");
	assert_int_equal(run(cmd_trace, "trace -n 1"), CMD_OK);
	has("packet 1, ");
	has_not("packet 2, ");
	assert_int_equal(run(cmd_trace, "trace hots 1.2.3.4"), CMD_USAGE);
	has("did you mean 'host'?");
}

static void a_capture_is_written(void **state)
{
	static const char third[] = "core 0: dropped at relay: relay_no_perm (datagram from a peer without permission)";

	(void)state;
	assert_int_equal(run(cmd_capture, "capture -w - -s 100 --drops relay_no_perm port 3478"), CMD_OK);
	assert_int_equal(dp.last.kind, SHM_TAP_PACKETS);
	assert_int_equal(dp.last.snaplen, 100);
	assert_int_equal(dp.last.filter.drops_only, 1);
	assert_int_equal(dp.last.filter.drop, DROP_RELAY_NO_PERM);
	assert_int_equal(dp.last.filter.port, 3478);
	assert_memory_equal(output, "\x0a\x0d\x0d\x0a", 4);
	assert_non_null(memmem(output, output_n, "wan", 3));
	assert_non_null(memmem(output, output_n, "(engine)", 8));
	assert_non_null(memmem(output, output_n, "first", 5));
	assert_non_null(memmem(output, output_n, "second", 6));
	assert_non_null(memmem(output, output_n, third, sizeof(third) - 1));
	assert_non_null(memmem(output, output_n, "3 packets captured, 0 lost\n", 27));
	assert_int_equal(run(cmd_capture, "capture -w - -n 1"), CMD_OK);
	assert_non_null(memmem(output, output_n, "1 packet captured, 0 lost\n", 26));
	assert_null(memmem(output, output_n, "second", 6));
	assert_int_equal(run(cmd_capture, "capture"), CMD_USAGE);
	assert_int_equal(run(cmd_capture, "capture -w /nonexistent/x"), CMD_FAILED);
	has("cannot write /nonexistent/x");
	assert_int_equal(run(cmd_capture, "capture -w /dev/full"), CMD_FAILED);
	has("No space left");
	assert_int_equal(run(cmd_capture, "capture -w - --drops=relay_no_prem"), CMD_USAGE);
	has("did you mean 'relay_no_perm'?");
}

static void a_corrupt_tap_ends_with_a_sentence(void **state)
{
	(void)state;
	dp.corrupt_tap = true;
	assert_int_equal(run(cmd_trace, "trace"), CMD_FAILED);
	has("the tap of core 0 is corrupt");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counters_add_up),
		TEST(drops_are_named),
		TEST(cores_and_nodes),
		TEST(ports_are_escaped),
		TEST(the_graph_is_drawn_in_order),
		TEST(the_configuration_is_passed_on),
		TEST(allocations_are_listed),
		TEST(neighbours_are_listed),
		TEST(sessions_are_listed),
		TEST(lanes_are_listed),
		TEST(mistakes_are_explained),
		TEST(nothing_runs),
		TEST(a_trace_tells_the_way),
		TEST(a_capture_is_written),
		TEST(a_corrupt_tap_ends_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
