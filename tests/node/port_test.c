/* SPDX-License-Identifier: BSD-3-Clause */
/* port_test.c - opening and refusing ports, and the layout of their pools. */
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/port.h"
#include "tests/node/lib/lab.h"

static struct conf_port port_with(const char *device)
{
	struct conf_port c = {.name = "extra", .mtu = 1500, .descriptors = 256, .buffers = 1024};

	snprintf(c.device, sizeof(c.device), "%s", device);
	return c;
}

static void opens_and_closes(void **state)
{
	(void)state;
	lab_open(NULL);
	/* again and again: nothing of the one before is in the way */
	for (unsigned int i = 0; i < 3; i++) {
		struct conf_port c = port_with("net_null7,size=64");
		unsigned int before = rte_eth_dev_count_avail();
		struct dp_port port;
		struct en_err err;

		assert_int_equal(dp_port_open(&c, 2, &port, &err), 0);
		assert_true(port.open);
		assert_string_equal(port.name, "extra");
		assert_int_equal(port.queues, 2);
		assert_int_equal(port.mtu, 1500);
		assert_int_equal(port.mac[0] & 1, 0);
		assert_int_equal(rte_eth_dev_count_avail(), before + 1);
		dp_port_close(&port);
		assert_false(port.open);
		assert_int_equal(rte_eth_dev_count_avail(), before);
	}
}

static void fewer_queues_when_told(void **state)
{
	struct conf_port c = port_with("net_null7");
	struct dp_port port;
	struct en_err err;

	(void)state;
	lab_open(NULL);
	c.queues = 1;
	assert_int_equal(dp_port_open(&c, 4, &port, &err), 0);
	assert_int_equal(port.queues, 1);
	dp_port_close(&port);
}

static void refusals_name_what_and_why(void **state)
{
	static const struct {
		const char *device, *why;
	} bad[] = {
		{"net_nosuch0", "no driver"},
		{"packet:nosuch0", "no interface 'nosuch0'"},
		{"xdp:nosuch0", "no interface 'nosuch0'"},
		{"memif:/nonexistent/dir/m.sock", "directory"},
		{"tap:name-that-is-too-long", "15 characters"},
	};
	unsigned int before;

	(void)state;
	lab_open(NULL);
	before = rte_eth_dev_count_avail();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf_port c = port_with(bad[i].device);
		struct dp_port port = {.id = 77};
		struct en_err err = {0};

		assert_int_not_equal(dp_port_open(&c, 1, &port, &err), 0);
		assert_non_null(strstr(err.text, "port extra"));
		assert_non_null(strstr(err.text, bad[i].why));
		assert_int_equal(port.id, 77); /* untouched */
		assert_int_equal(rte_eth_dev_count_avail(), before);
	}
}

static void too_many_buffers_leave_nothing_open(void **state)
{
	struct conf_port c = port_with("net_null7");
	unsigned int before;
	struct dp_port port;
	struct en_err err = {0};

	(void)state;
	lab_open(NULL);
	before = rte_eth_dev_count_avail();
	c.buffers = 8388608;
	assert_int_not_equal(dp_port_open(&c, 1, &port, &err), 0);
	assert_non_null(strstr(err.text, "memory"));
	assert_int_equal(rte_eth_dev_count_avail(), before);
	c.buffers = 1024;
	assert_int_equal(dp_port_open(&c, 1, &port, &err), 0);
	dp_port_close(&port);
}

struct span {
	uintptr_t first, last;
	unsigned int n;
};

static void widen(struct rte_mempool *mp, void *opaque, void *obj, unsigned int index)
{
	struct span *s = opaque;
	uintptr_t at = (uintptr_t)obj - mp->header_size;

	(void)index;
	s->first = s->n && s->first < at ? s->first : at;
	s->last = s->last > at ? s->last : at;
	s->n++;
}

/* performance of AF_XDP apart, correctness hangs on this: object i at first + i * size */
static void xdp_pool_has_no_gaps(void **state)
{
	struct en_err err;
	struct rte_mempool *mp;
	struct span s = {0};

	(void)state;
	lab_open(NULL);
	mp = dp_pool_mbuf_create("gapless", 8191, 2048 + RTE_PKTMBUF_HEADROOM, DP_POOL_XDP, &err);
	assert_non_null(mp);
	rte_mempool_obj_iter(mp, widen, &s);
	assert_int_equal(s.n, 8191);
	assert_int_equal(s.last - s.first, 8190u * (uintptr_t)(mp->header_size + mp->elt_size + mp->trailer_size));
	assert_int_equal(rte_pktmbuf_priv_size(mp), sizeof(struct dp_pkt));
	rte_mempool_free(mp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(opens_and_closes),           lab_test(fewer_queues_when_told),
		lab_test(refusals_name_what_and_why), lab_test(too_many_buffers_leave_nothing_open),
		lab_test(xdp_pool_has_no_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
