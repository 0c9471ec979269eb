/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rows_test.c - what `show allocations` is given, also while the worker works;
 * what an allocation costs in memory; what the tracer is told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/harness/turn_kit.h"

#define ROWS 64

static struct kit kit;
static struct shm_row_allocation rows[ROWS];

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

static void a_row_says_all(void **state)
{
	struct kit_client c;
	struct kit_msg m;
	struct dp_alloc *a;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	c = kit_alice(&kit, 4000);
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, &c, &m), 0);
	assert_int_equal(kit_bind(&kit, &c, 0x4000, KIT_PEER4 ":1"), 0);
	assert_int_equal(kit_permit(&kit, &c, KIT_PEER6), 0);
	a = &kit.t[0]->alloc[dp_flow_find(kit.t[0], &c.ep, 0)];
	a->to_peer_packets = 1;
	a->to_peer_bytes = 2;
	a->to_client_packets = 3;
	a->to_client_bytes = 4;
	kit_pass(&kit, 10);
	assert_int_equal(dp_turn_rows(kit.t[0], rows, ROWS), 1);
	assert_int_equal(rows[0].core, 0);
	assert_int_equal(rows[0].generation, a->generation);
	assert_true(en_ep_eq(&rows[0].client, &c.ep));
	assert_true(en_ep_eq(&rows[0].server, &kit.shared->listener[0].ep));
	assert_true(en_addr_eq(&rows[0].relay4.addr, &kit.shared->relay[0].addr));
	assert_int_equal(rows[0].relay4.port, a->port4);
	assert_true(en_addr_eq(&rows[0].relay6.addr, &kit.shared->relay[1].addr));
	assert_int_equal(rows[0].relay6.port, a->port6);
	assert_int_equal(rows[0].age_ms, 10000);
	assert_int_equal(rows[0].expires_ms, 590000);
	assert_int_equal(rows[0].permissions, 2);
	assert_int_equal(rows[0].channels, 1);
	assert_int_equal(rows[0].to_peer_packets, 1);
	assert_int_equal(rows[0].to_peer_bytes, 2);
	assert_int_equal(rows[0].to_client_packets, 3);
	assert_int_equal(rows[0].to_client_bytes, 4);
	assert_string_equal(rows[0].user, "alice");
	assert_int_equal(dp_turn_rows(kit.t[0], rows, 0), 0);
	assert_int_equal(kit_refresh(&kit, &c, 0, 0), 0);
	assert_int_equal(dp_turn_rows(kit.t[0], rows, ROWS), 0);
}

static void long_names_are_cut(void **state)
{
	static const char name[] =
		"a-name-of-ninety-characters-0123456789-0123456789-0123456789-0123456789-0123456789-0123456";
	char line[128];
	struct kit_client c;

	(void)state;
	snprintf(line, sizeof(line), "user = %s:pw\n", name);
	kit_start(&kit, 1, KIT_RELAYS, line);
	c = kit_client(&kit, "192.0.2.1:4000", name, "pw");
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_int_equal(dp_turn_rows(kit.t[0], rows, ROWS), 1);
	assert_int_equal(strlen(rows[0].user), SHM_USER_MAX - 1);
	assert_memory_equal(rows[0].user, name, SHM_USER_MAX - 1);
}

/* --- another thread looks on --------------------------------------------------------- */

static _Atomic bool done;

/* Every row must be of one allocation: user, client and port of the same making. */
static void *look_on(void *arg)
{
	static struct shm_row_allocation seen[ROWS];
	uint64_t torn = 0;

	(void)arg;
	while (!done) {
		uint32_t n = dp_turn_rows(kit.t[0], seen, ROWS);

		for (uint32_t i = 0; i < n; i++)
			torn += (seen[i].client.port % 2 == 0) != (strcmp(seen[i].user, "alice") == 0) ||
				seen[i].relay4.port < 49152;
	}
	return torn ? seen : NULL;
}

static void rows_are_whole_while_the_worker_works(void **state)
{
	struct kit_client c[8];
	pthread_t thread;
	void *torn;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "port-quarantine = 0\n");
	for (unsigned int i = 0; i < 8; i++) {
		c[i] = kit_alice(&kit, 4000 + i);
		if (i % 2) {
			c[i].user = "bob";
			c[i].password = "builder";
		}
	}
	done = false;
	assert_int_equal(pthread_create(&thread, NULL, look_on, NULL), 0);
	for (unsigned int i = 0; i < 20000; i++) {
		assert_int_equal(kit_allocate(&kit, &c[i % 8]), 0);
		assert_int_equal(kit_refresh(&kit, &c[i % 8], 0, 0), 0);
	}
	done = true;
	assert_int_equal(pthread_join(thread, &torn), 0);
	assert_null(torn);
}

/* --- memory ------------------------------------------------------------------------------ */

/* Pages of the hugetlb pool are counted apart from the resident set. */
static double rss_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long kib = 0, sum = 0;
	char line[256];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %lu", &kib) == 1 || sscanf(line, "HugetlbPages: %lu", &kib) == 1)
			sum += kib;
	fclose(f);
	assert_true(sum > 0);
	return (double)sum * 1024;
}

#define MILLION 1000000

static void a_million_allocations_start_at_half_a_kilobyte_each(void **state)
{
	struct kit_client c;
	double before, each;

	(void)state;
	before = rss_bytes();
	kit_start(&kit, 1, KIT_RELAYS,
		  "max-allocations = 1000000\nmax-permissions = 1000000\nmax-channels = 1000000\n");
	each = (rss_bytes() - before) / MILLION;
	print_message("           %.0f bytes for an allocation with a permission and a channel\n", each);
	assert_int_equal(kit.t[0]->alloc_pool.size, MILLION);
#if !defined(__SANITIZE_ADDRESS__)
	assert_true(each > 300 && each <= 512);
#endif
	c = kit_alice(&kit, 4000);
	assert_int_equal(kit_allocate(&kit, &c), 0);
}

static void sizes_are_shared_among_the_cores(void **state)
{
	(void)state;
	kit_start(&kit, 3, KIT_RELAYS, "max-allocations = 100\nmax-permissions = 200\nmax-channels = 301\n");
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(kit.t[i]->alloc_pool.size, 34);
		assert_int_equal(kit.t[i]->perm_pool.size, 67);
		assert_int_equal(kit.t[i]->chan_pool.size, 101);
	}
}

/* --- the tracer ---------------------------------------------------------------------------- */

static void decisions_are_told_in_words(void **state)
{
	struct kit_client c;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	c = kit_alice(&kit, 4000);
	assert_string_equal(kit.out.text, "Allocate: 401 no integrity");
	assert_int_equal(kit_allocate(&kit, &c), 0);
	assert_non_null(strstr(kit.out.text, "Allocate: relay " KIT_SERVER4 ":"));
	assert_non_null(strstr(kit.out.text, ", 600 s"));
	assert_int_equal(kit_bind(&kit, &c, 0x4001, "10.0.0.1:1"), 403);
	assert_string_equal(kit.out.text, "ChannelBind: 403 peer denied");
	assert_int_equal(kit_bind(&kit, &c, 0x4001, KIT_PEER4 ":1"), 0);
	assert_string_equal(kit.out.text, "ChannelBind: 0x4001, 600 s");
}

static void a_reply_buffer_too_small_is_a_drop(void **state)
{
	struct kit_client c;
	struct kit_msg m;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "");
	c = kit_alice(&kit, 4000);
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_finish(&c, &m);
	for (uint32_t cap = 0; cap < 100; cap++) {
		uint8_t *small = malloc(cap ? cap : 1);
		struct dp_turn_in in = {.client = c.ep, .data = m.buf, .len = (uint32_t)m.len};
		struct dp_turn_out out = {.reply = small, .reply_cap = cap};
		enum dp_turn_verdict v = dp_turn_handle(kit.t[0], &in, &out);

		assert_true(v == DP_TURN_REPLY ? out.reply_len <= cap : out.drop == DROP_NO_BUFFER);
		free(small);
	}
}

/* covers: M5 */
static void the_longest_realm_fits_the_reply_buffer(void **state)
{
	static char lines[1024];
	struct kit_client c;
	size_t n;

	(void)state;
	/* 127 characters of four bytes each */
	n = (size_t)snprintf(lines, sizeof(lines), "software = %0100d\nrealm = ", 7);
	for (unsigned int i = 0; i < 127; i++)
		n += (size_t)snprintf(lines + n, sizeof(lines) - n, "\xf0\x9f\x98\x80");
	snprintf(lines + n, sizeof(lines) - n, "\n");
	kit_start(&kit, 1, KIT_RELAYS, lines);
	c = kit_client(&kit, "192.0.2.1:4000", "alice", "wonderland");
	assert_int_equal(kit_allocate(&kit, &c), 0);
	c.password = "wrong";
	c.sha256_mi = c.sha256_key = c.fingerprint = true;
	assert_int_equal(kit_allocate(&kit, &c), 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_row_says_all, stop),
		cmocka_unit_test_teardown(long_names_are_cut, stop),
		cmocka_unit_test_teardown(rows_are_whole_while_the_worker_works, stop),
		cmocka_unit_test_teardown(a_million_allocations_start_at_half_a_kilobyte_each, stop),
		cmocka_unit_test_teardown(sizes_are_shared_among_the_cores, stop),
		cmocka_unit_test_teardown(decisions_are_told_in_words, stop),
		cmocka_unit_test_teardown(a_reply_buffer_too_small_is_a_drop, stop),
		cmocka_unit_test_teardown(the_longest_realm_fits_the_reply_buffer, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
