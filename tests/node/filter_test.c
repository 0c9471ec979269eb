/* SPDX-License-Identifier: BSD-3-Clause */
/* filter_test.c - which frames a trace's or capture's filter takes. Needs no DPDK running. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/filter.h"
#include "engine/base/bytes.h"
#include "tests/node/lib/frame.h"

#define ETH 14

static struct frame f;

static bool takes(const struct shm_filter *filter)
{
	size_t len = f.len < DP_FILTER_BYTES ? f.len : DP_FILTER_BYTES;

	return dp_filter_match(filter, f.b, len, false);
}

static bool takes_packet(const struct shm_filter *filter)
{
	return dp_filter_match(filter, f.b + ETH, f.len - ETH, true);
}

static struct shm_filter host(const char *text)
{
	struct shm_filter filter = {0};

	assert_int_equal(en_prefix_parse(text, false, &filter.host), 0);
	return filter;
}

static void udp(const char *src, const char *dst, const struct frame_opts *o)
{
	struct en_ep a = ep_of(src), b = ep_of(dst);

	frame_udp(&f, &a, &b, "hello", 5, o);
}

static void check_udp(const char *near, const char *far, const char *none)
{
	struct shm_filter by_near = host(near), by_far = host(far), by_none = host(none), all = {0};

	assert_true(takes(&all));
	assert_true(takes(&by_near) && takes_packet(&by_near));
	assert_true(takes(&by_far) && takes_packet(&by_far));
	assert_false(takes(&by_none) || takes_packet(&by_none));
	assert_true(takes(&(struct shm_filter){.port = 4000}));
	assert_true(takes(&(struct shm_filter){.port = 3478}));
	assert_false(takes(&(struct shm_filter){.port = 4001}));
	assert_true(takes(&(struct shm_filter){.proto = 17}));
	assert_false(takes(&(struct shm_filter){.proto = 1}));
	assert_false(takes(&(struct shm_filter){.proto = 58}));
	assert_false(takes(&(struct shm_filter){.proto = DP_FILTER_PROTO_ARP}));
	by_near.port = 3478;
	assert_true(takes(&by_near));
	by_near.port = 1;
	assert_false(takes(&by_near));
}

static void udp4(void **state)
{
	(void)state;
	udp("198.18.0.10:4000", "198.18.0.2:3478", NULL);
	check_udp("198.18.0.10", "198.18.0.2", "198.18.0.3");
	check_udp("198.18.0.8/30", "198.18.0.0/29", "198.19.0.0/16");
}

static void udp6(void **state)
{
	(void)state;
	udp("[2001:db8:1::10]:4000", "[2001:db8:1::2]:3478", NULL);
	check_udp("2001:db8:1::10", "2001:db8:1::2", "2001:db8:1::3");
	check_udp("2001:db8:1::/64", "2001:db8::/32", "2001:db9::/32");
}

static void families_do_not_mix(void **state)
{
	struct shm_filter mapped = host("::ffff:198.18.0.10"), all6 = host("::/0"), all4 = host("0.0.0.0/0");

	(void)state;
	udp("198.18.0.10:4000", "198.18.0.2:3478", NULL);
	assert_false(takes(&mapped));
	assert_false(takes(&all6));
	assert_true(takes(&all4));
}

static void vlan(void **state)
{
	struct shm_filter by_host = host("198.18.0.10");

	(void)state;
	udp("198.18.0.10:4000", "198.18.0.2:3478", &(struct frame_opts){.vlan = 7});
	assert_true(takes(&by_host));
	assert_true(takes(&(struct shm_filter){.port = 3478}));
}

static void arp_is_asked_for(void **state)
{
	struct en_addr a = addr_of("198.18.0.10"), b = addr_of("198.18.0.2");
	struct shm_filter by_host = host("198.18.0.10"), asked = host("198.18.0.10"), other = host("198.18.0.9");

	(void)state;
	frame_arp(&f, 1, &a, &b, NULL);
	asked.proto = other.proto = DP_FILTER_PROTO_ARP;
	assert_true(takes(&(struct shm_filter){0}));
	assert_true(takes(&(struct shm_filter){.proto = DP_FILTER_PROTO_ARP}));
	assert_true(takes(&asked));
	assert_false(takes(&other));
	assert_false(takes(&by_host));
}

static void icmp_has_no_ports(void **state)
{
	struct en_addr a = addr_of("198.18.0.10"), b = addr_of("198.18.0.2");

	(void)state;
	/* type 8, code 0 and checksum would read as a port */
	frame_icmp(&f, &a, &b, 8, 0, 0, "x", 1, NULL);
	assert_true(takes(&(struct shm_filter){.proto = 1}));
	assert_false(takes(&(struct shm_filter){.port = 8 << 8}));
}

static void later_fragments_have_no_ports(void **state)
{
	static const char *const pair[][2] = {{"198.18.0.10:4000", "198.18.0.2:3478"},
					      {"[2001:db8:1::10]:4000", "[2001:db8:1::2]:3478"}};
	uint8_t bytes[64] = {0x0f, 0xa0};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct en_ep a = ep_of(pair[i][0]), b = ep_of(pair[i][1]);
		struct frame_opts first = {.fragment = true, .more = true}, later = {.fragment = true, .off = 64};

		frame_ip(&f, &a.addr, &b.addr, 17, bytes, sizeof(bytes), &first);
		assert_true(takes(&(struct shm_filter){.port = 4000}));
		frame_ip(&f, &a.addr, &b.addr, 17, bytes, sizeof(bytes), &later);
		assert_false(takes(&(struct shm_filter){.port = 4000}));
		assert_true(takes(&(struct shm_filter){.proto = 17}));
	}
}

static void behind_extension_headers(void **state)
{
	struct en_addr a = addr_of("2001:db8:1::10"), b = addr_of("2001:db8:1::2");
	/* hop-by-hop of 16 bytes, destination options of 8, then UDP from 4000 */
	uint8_t bytes[40] = {60, 1, [16] = 17, 0, [24] = 0x0f, 0xa0};

	(void)state;
	frame_ip(&f, &a, &b, 0, bytes, sizeof(bytes), NULL);
	assert_true(takes(&(struct shm_filter){.port = 4000}));
	assert_true(takes(&(struct shm_filter){.proto = 17}));
}

/* Cut anywhere, with any bytes: no address read past the end (sanitizers), no match by accident of length. */
static void truncated_and_random(void **state)
{
	struct shm_filter by_host = host("2001:db8:1::10"), all = {0};

	(void)state;
	udp("[2001:db8:1::10]:4000", "[2001:db8:1::2]:3478", NULL);
	for (size_t len = 0; len < ETH + 40; len++) {
		uint8_t *cut = malloc(len ? len : 1);

		memcpy(cut, f.b, len);
		assert_false(dp_filter_match(&by_host, cut, len, false));
		assert_true(dp_filter_match(&all, cut, len, false));
		free(cut);
	}
	srand(1);
	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % 96;
		uint8_t *any = malloc(len ? len : 1);

		for (size_t k = 0; k < len; k++)
			any[k] = (uint8_t)rand();
		if (len > ETH)
			en_store16(any + 12, (uint16_t[]){0x0800, 0x86dd, 0x8100, 0x0806}[i % 4]);
		(void)dp_filter_match(&(struct shm_filter){.port = 7}, any, len, false);
		(void)dp_filter_match(&by_host, any, len, true);
		free(any);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp4),
		cmocka_unit_test(udp6),
		cmocka_unit_test(families_do_not_mix),
		cmocka_unit_test(vlan),
		cmocka_unit_test(arp_is_asked_for),
		cmocka_unit_test(icmp_has_no_ports),
		cmocka_unit_test(later_fragments_have_no_ports),
		cmocka_unit_test(behind_extension_headers),
		cmocka_unit_test(truncated_and_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
