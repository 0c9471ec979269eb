/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy_test.c - which peers are denied, in every spelling and on every way
 * in: CreatePermission, ChannelBind, Send (attacks T1, T2; RFC 8656 s21).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/turn/policy.h"
#include "engine/base/random.h"
#include "tests/harness/turn_kit.h"

static struct kit kit;
static struct kit_client alice; /* a dual allocation */

static void start_with(const char *lines)
{
	struct kit_msg m;

	kit_start(&kit, 1, KIT_RELAYS, lines);
	alice = kit_alice(&kit, 4000);
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_put_family(&m, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2);
	assert_int_equal(kit_request(&kit, &alice, &m), 0);
}

static int start(void **state)
{
	(void)state;
	start_with("");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

/* Denied on all three ways in; and nothing installed by trying. */
static void assert_denied(const struct en_addr *a)
{
	struct en_ep ep = {.addr = *a, .port = 7000};
	char text[EN_ADDRSTR_MAX];
	unsigned int perms = kit_alloc(&kit, &alice)->perm_n;

	if (kit_permit(&kit, &alice, en_addr_str(a, text)) != 403)
		fail_msg("permission for %s", text);
	en_ep_str(&ep, text);
	if (kit_bind(&kit, &alice, 0x4000, text) != 403)
		fail_msg("channel to %s", text);
	if (kit_send(&kit, &alice, text, "x", 1) != DP_TURN_DROP || kit.out.drop != DROP_SEND_DENIED)
		fail_msg("Send to %s", text);
	assert_int_equal(kit_alloc(&kit, &alice)->perm_n, perms);
	assert_int_equal(kit_alloc(&kit, &alice)->chan_n, 0);
}

static bool allowed(const char *text)
{
	struct en_ep ep = {.addr = kit_addr(text), .port = 7000};
	struct en_ep ours;
	bool self;

	return dp_policy_peer(kit.shared, &ep, true, &ours, &self);
}

/* One address inside each range that is denied by default. */
static const char *const denied4[] = {
	"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255", "100.64.0.1",     "100.127.255.255",
	"127.0.0.1",       "127.255.255.255", "169.254.169.254", "172.16.0.1",     "172.31.255.255", "192.0.0.1",
	"192.0.0.9",       "192.0.0.170",     "192.0.2.1",       "192.52.193.1",   "192.88.99.1",    "192.168.0.1",
	"192.168.255.255", "198.18.0.1",      "198.19.255.255",  "203.0.113.1",    "224.0.0.1",      "239.255.255.255",
	"240.0.0.1",       "255.255.255.254", "255.255.255.255"};
static const char *const allowed4[] = {
	"1.1.1.1",        "9.255.255.255", "11.0.0.0",      "100.63.255.255", "100.128.0.0",    "126.255.255.255",
	"128.0.0.0",      "169.253.0.1",   "169.255.0.1",   "172.15.255.255", "172.32.0.0",     "191.255.255.255",
	"192.0.1.1",      "192.0.3.1",     "192.88.98.255", "192.88.100.0",   "192.167.0.1",    "192.169.0.1",
	"198.17.255.255", "198.20.0.0",    "203.0.112.255", "203.0.114.0",    "223.255.255.255"};
static const char *const denied6[] = {"::",
				      "::1",
				      "::2",
				      "::ffff:1.1.1.1",
				      "::ffff:0:1.1.1.1",
				      "64:ff9b:1::1.1.1.1",
				      "100::1",
				      "100:0:0:1::1",
				      "400::1",
				      "1fff:ffff::1",
				      "2001::1",
				      "2001:1::1",
				      "2001:2::1",
				      "2001:20::1",
				      "2001:1ff:ffff::1",
				      "2001:db8::1",
				      "2001:db8:ffff::1",
				      "2002:0101:0101::1",
				      "3fff::1",
				      "3fff:fff::1",
				      "4000::1",
				      "5f00::1",
				      "8000::1",
				      "fc00::1",
				      "fdff::1",
				      "fe80::1",
				      "febf::1",
				      "fec0::1",
				      "feff::1",
				      "ff02::1",
				      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
static const char *const allowed6[] = {"2000::1",         "2001:200::1", "2001:4860:4860::8888",
				       "2001:db7::1",     "2001:db9::1", "2003::1",
				       "2606:4700::1111", "3ffe::1",     "64:ff9b::1.1.1.1"};

/* covers: T1 D3 */
static void special_purpose_ranges_are_denied_by_default(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(denied4) / sizeof(denied4[0]); i++) {
		struct en_addr a = kit_addr(denied4[i]);

		assert_denied(&a);
	}
	for (unsigned int i = 0; i < sizeof(denied6) / sizeof(denied6[0]); i++) {
		struct en_addr a = kit_addr(denied6[i]);

		assert_denied(&a);
	}
}

/* covers: T1 */
static void and_nothing_next_to_them(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(allowed4) / sizeof(allowed4[0]); i++)
		if (!allowed(allowed4[i]))
			fail_msg("%s is denied", allowed4[i]);
	for (unsigned int i = 0; i < sizeof(allowed6) / sizeof(allowed6[0]); i++)
		if (!allowed(allowed6[i]))
			fail_msg("%s is denied", allowed6[i]);
}

/* --- spellings ------------------------------------------------------------------------ */

enum spelling {
	MAPPED,
	COMPATIBLE,
	TRANSLATED,
	SIX_TO_FOUR,
	NAT64,
	NAT64_LOCAL,
	TEREDO_CLIENT,
	TEREDO_SERVER,
	SPELLINGS
};

static struct en_addr spell(enum spelling how, const uint8_t v4[4])
{
	uint8_t b[16] = {0};
	struct en_addr a;

	switch (how) {
	case MAPPED:
		b[10] = b[11] = 0xff;
		memcpy(b + 12, v4, 4);
		break;
	case COMPATIBLE:
		memcpy(b + 12, v4, 4);
		break;
	case TRANSLATED:
		b[8] = b[9] = 0xff;
		memcpy(b + 12, v4, 4);
		break;
	case SIX_TO_FOUR:
		en_store16(b, 0x2002);
		memcpy(b + 2, v4, 4);
		b[15] = 1;
		break;
	case NAT64:
		en_store32(b, 0x0064ff9b);
		memcpy(b + 12, v4, 4);
		break;
	case NAT64_LOCAL:
		en_store32(b, 0x0064ff9b);
		b[5] = 1;
		memcpy(b + 12, v4, 4);
		break;
	default:
		en_store32(b, 0x20010000);
		for (unsigned int i = 0; i < 4; i++) {
			b[4 + i] = how == TEREDO_SERVER ? v4[i] : 8;
			b[12 + i] = (uint8_t) ~(how == TEREDO_CLIENT ? v4[i] : 8);
		}
	}
	en_addr_set6(&a, b);
	return a;
}

/* covers: T2 */
static void every_spelling_of_a_denied_address_is_denied(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < sizeof(denied4) / sizeof(denied4[0]); i++) {
		struct en_addr v4 = kit_addr(denied4[i]);

		for (unsigned int how = 0; how < SPELLINGS; how++) {
			struct en_addr a = spell((enum spelling)how, en_addr_bytes(&v4));

			assert_denied(&a);
		}
	}
}

/* Even when the operator has opened the whole of IPv6, an IPv4 address in it passes only if it would by itself. */
/* covers: T2 */
static void spellings_are_judged_by_what_they_carry(void **state)
{
	struct en_ep ours;
	bool self;

	(void)state;
	kit_stop(&kit);
	start_with(
		"allow-peer = ::/0\nallow-peer = ::/8\nallow-peer = 2001::/23\nallow-peer = 2002::/16\nallow-peer = 64:ff9b:1::/48\n");
	for (unsigned int i = 0; i < 200000; i++) {
		enum spelling how = (enum spelling)(i % SPELLINGS);
		struct en_ep four, six = {.port = 7000};
		uint8_t b[4];
		bool ok4, ok6;

		en_store32(b, en_random32());
		four = (struct en_ep){.port = 7000};
		en_addr_set4(&four.addr, b);
		six.addr = spell(how, b);
		ok4 = dp_policy_peer(kit.shared, &four, true, &ours, &self);
		ok6 = dp_policy_peer(kit.shared, &six, true, &ours, &self);
		/* the local NAT64 prefix may carry it elsewhere too: denied more often, never less */
		if (how == NAT64_LOCAL ? ok6 && !ok4 : ok6 != ok4) {
			char t4[EN_ADDRSTR_MAX], t6[EN_ADDRSTR_MAX];

			fail_msg("%s is %s, %s is %s", en_addr_str(&four.addr, t4), ok4 ? "allowed" : "denied",
				 en_addr_str(&six.addr, t6), ok6 ? "allowed" : "denied");
		}
	}
}

/* covers: T2 D3 */
static void a_spelling_is_of_the_family_that_it_is_written_in(void **state)
{
	struct kit_client four;

	(void)state;
	four = kit_alice(&kit, 4001);
	assert_int_equal(kit_allocate(&kit, &four), 0);
	for (unsigned int how = 0; how < SPELLINGS; how++) {
		struct en_addr a = spell((enum spelling)how, (const uint8_t[]){10, 0, 0, 1});
		char text[EN_ADDRSTR_MAX];

		assert_int_equal(kit_permit(&kit, &four, en_addr_str(&a, text)), 443);
	}
}

/* --- allow, deny, longest prefix ----------------------------------------------------------- */

static bool model_deny(const struct conf_turn *c, const struct en_addr *a)
{
	int best = -1;
	bool deny = false;

	/* the operator's lists alone: the built-in ones are tested by address */
	for (unsigned int i = 0; i < c->allow_peer_n; i++)
		if (en_prefix_has(&c->allow_peer[i], a) && c->allow_peer[i].len > best)
			best = c->allow_peer[i].len;
	for (unsigned int i = 0; i < c->deny_peer_n; i++)
		if (en_prefix_has(&c->deny_peer[i], a) && c->deny_peer[i].len >= best) {
			best = c->deny_peer[i].len;
			deny = true;
		}
	for (unsigned int i = 0; i < c->allow_peer_n && deny; i++)
		if (en_prefix_has(&c->allow_peer[i], a) && c->allow_peer[i].len > best)
			deny = false;
	return deny;
}

/* covers: T1 */
static void the_longest_prefix_wins_and_of_equal_ones_deny(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("deny-peer = 20.0.0.0/8\nallow-peer = 20.1.0.0/16\ndeny-peer = 20.1.2.0/24\nallow-peer = 20.1.2.3\n"
		   "deny-peer = 30.0.0.0/8\nallow-peer = 30.0.0.0/8\nallow-peer = 10.0.0.0/8\nallow-peer = 0.0.0.0/0\n"
		   "deny-peer = 0.0.0.0/1\nallow-peer = 40.0.0.0/7\ndeny-peer = 2600::/12\nallow-peer = 2600:1::/32\n");
	assert_false(allowed("20.0.0.1"));
	assert_true(allowed("20.1.0.1"));
	assert_false(allowed("20.1.2.1"));
	assert_true(allowed("20.1.2.3"));
	assert_false(allowed("30.0.0.1"));
	assert_true(allowed("40.0.0.1"));
	assert_true(allowed("41.255.255.255"));
	assert_false(allowed("42.0.0.0"));
	assert_false(allowed("2600:2::1"));
	assert_true(allowed("2600:1::1"));
	/* allow-peer opens what the built-in list denies, with at least its length */
	assert_true(allowed("10.1.2.3"));
	assert_false(allowed("192.168.0.1"));
	assert_false(allowed("127.0.0.1"));
}

/* Random lists, random addresses: the ranges say what a linear search says. */
/* covers: T1 */
static void ranges_agree_with_a_linear_search(void **state)
{
	static char lines[7000];

	(void)state;
	for (unsigned int round = 0; round < 20; round++) {
		size_t at = 0;

		kit_stop(&kit);
		for (unsigned int i = 0; i < 60; i++)
			at += (size_t)snprintf(lines + at, sizeof(lines) - at, "%s-peer = 80.%u.%u.%u/%u\n",
					       i % 2 ? "allow" : "deny", en_random_below(4), en_random_below(4),
					       en_random_below(256), 8 + en_random_below(25));
		start_with(lines);
		for (unsigned int i = 0; i < 5000; i++) {
			uint8_t b[4] = {80, (uint8_t)en_random_below(5), (uint8_t)en_random_below(5),
					(uint8_t)en_random32()};
			struct en_ep ep = {.port = 1}, ours;
			bool self;

			en_addr_set4(&ep.addr, b);
			assert_int_equal(dp_policy_peer(kit.shared, &ep, true, &ours, &self),
					 !model_deny(kit.shared->conf, &ep.addr));
		}
	}
}

/* covers: T1 */
static void loopback_opens_only_when_named(void **state)
{
	(void)state;
	kit_stop(&kit);
	start_with("allow-peer = 0.0.0.0/0\nallow-peer = ::/0\n");
	assert_false(allowed("127.0.0.1"));
	kit_stop(&kit);
	start_with("allow-peer = 127.0.0.1\n");
	assert_true(allowed("127.0.0.1"));
	assert_false(allowed("127.0.0.2"));
}

/* covers: T1 */
static void some_addresses_never_open(void **state)
{
	static const char *const never[] = {"0.0.0.0",    "255.255.255.255", "224.0.0.1",  "239.1.2.3",
					    "::",         "ff02::1",         "ff0e::1",    "198.18.5.5",
					    "198.18.0.0", "198.18.0.255",    "198.18.5.0", "198.18.5.255"};

	(void)state;
	kit_stop(&kit);
	start_with(
		"allow-peer = 0.0.0.0/8\nallow-peer = 224.0.0.0/3\nallow-peer = 224.0.0.1\nallow-peer = 255.255.255.255\n"
		"allow-peer = ff02::1\nallow-peer = ::\nallow-peer = 198.18.0.0/15\nallow-peer = 198.18.5.5\n");
	for (unsigned int i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		struct en_addr a = kit_addr(never[i]);

		assert_denied(&a);
	}
	assert_true(allowed("0.1.2.3"));
	assert_true(allowed("198.18.7.7"));
	assert_true(allowed("198.18.5.6"));
}

/* --- our own addresses --------------------------------------------------------------------------- */

/* covers: T1 T5 */
static void our_relayed_addresses_are_peers_within_the_port_range(void **state)
{
	(void)state;
	assert_int_equal(kit_permit(&kit, &alice, KIT_SERVER4), 0);
	assert_int_equal(kit_permit(&kit, &alice, KIT_SERVER6), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_SERVER4 ":50000"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, "[" KIT_SERVER6 "]:65535"), 0);
	assert_int_equal(kit_send(&kit, &alice, KIT_SERVER4 ":49152", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit.out.self, 1);
	/* the listener's port, and any other of the server's */
	assert_int_equal(kit_bind(&kit, &alice, 0x4002, KIT_SERVER4 ":3478"), 403);
	assert_int_equal(kit_bind(&kit, &alice, 0x4002, KIT_SERVER4 ":49151"), 403);
	assert_int_equal(kit_bind(&kit, &alice, 0x4002, KIT_SERVER4 ":0"), 403);
	assert_int_equal(kit_send(&kit, &alice, KIT_SERVER4 ":3478", "x", 1), DP_TURN_DROP);
	assert_int_equal(kit.out.drop, DROP_SEND_DENIED);
	for (unsigned int i = 0; i < kit.t[0]->chan_pool.size; i++)
		if (kit.t[0]->chan[i].peer_family)
			assert_int_equal(kit.t[0]->chan[i].self, 1);
}

/* covers: T2 */
static void our_relayed_address_in_another_spelling_is_denied(void **state)
{
	struct en_addr own = kit_addr(KIT_SERVER4);

	(void)state;
	kit_stop(&kit);
	start_with("allow-peer = 198.18.0.0/15\nallow-peer = ::/0\n");
	for (unsigned int how = 0; how < SPELLINGS; how++) {
		struct en_addr a = spell((enum spelling)how, en_addr_bytes(&own));

		assert_denied(&a);
	}
}

#define EXTERNALS                                                                                                      \
	"external = 192.0.2.77/" KIT_SERVER4 "\nexternal = 2600::77/" KIT_SERVER6 "\nexternal = 192.0.2.78/198.18.5.5\n"

/* covers: T1 D10 */
static void our_external_addresses_mean_the_internal_ones(void **state)
{
	struct en_ep internal = kit_ep(KIT_SERVER4 ":50000");
	struct en_ep external = kit_ep("192.0.2.77:50000");
	struct en_ep stranger = kit_ep("1.2.3.4:5");
	struct en_ep told;

	(void)state;
	kit_stop(&kit);
	start_with(EXTERNALS);
	assert_int_equal(kit_permit(&kit, &alice, "192.0.2.77"), 0);
	/* it is the permission of the internal address */
	assert_int_equal(kit_send(&kit, &alice, KIT_SERVER4 ":50000", "x", 1), DP_TURN_SEND);
	assert_int_equal(kit_send(&kit, &alice, "192.0.2.77:50000", "x", 1), DP_TURN_SEND);
	assert_true(en_ep_eq(&kit.out.peer, &internal));
	assert_int_equal(kit.out.self, 1);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "192.0.2.77:50000"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4001, KIT_SERVER4 ":50000"), 400);
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, KIT_SERVER4 ":50000"), 0);
	assert_int_equal(kit_bind(&kit, &alice, 0x4002, "[2600::77]:50001"), 0);
	/* the way out */
	told = dp_turn_externalise(kit.shared, &internal);
	assert_true(en_ep_eq(&told, &external));
	told = dp_turn_externalise(kit.shared, &stranger);
	assert_true(en_ep_eq(&told, &stranger));
	/* an external address that stands for something else than a relay is the server's own */
	assert_int_equal(kit_permit(&kit, &alice, "192.0.2.78"), 403);
	/* and other spellings of external ones are no way in */
	for (unsigned int how = 0; how < SPELLINGS; how++) {
		struct en_addr a = spell((enum spelling)how, en_addr_bytes(&external.addr));
		char text[EN_ADDRSTR_MAX];

		assert_int_equal(kit_permit(&kit, &alice, en_addr_str(&a, text)), 403);
	}
}

/* covers: T1 */
static void port_0_is_no_peer(void **state)
{
	(void)state;
	assert_int_equal(kit_bind(&kit, &alice, 0x4000, "1.1.1.1:0"), 403);
	assert_int_equal(kit_permit(&kit, &alice, "1.1.1.1"), 0);
	assert_int_equal(kit_send(&kit, &alice, "1.1.1.1:0", "x", 1), DP_TURN_DROP);
	assert_int_equal(kit.out.drop, DROP_SEND_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(special_purpose_ranges_are_denied_by_default, start, stop),
		cmocka_unit_test_setup_teardown(and_nothing_next_to_them, start, stop),
		cmocka_unit_test_setup_teardown(every_spelling_of_a_denied_address_is_denied, start, stop),
		cmocka_unit_test_setup_teardown(spellings_are_judged_by_what_they_carry, start, stop),
		cmocka_unit_test_setup_teardown(a_spelling_is_of_the_family_that_it_is_written_in, start, stop),
		cmocka_unit_test_setup_teardown(the_longest_prefix_wins_and_of_equal_ones_deny, start, stop),
		cmocka_unit_test_setup_teardown(ranges_agree_with_a_linear_search, start, stop),
		cmocka_unit_test_setup_teardown(loopback_opens_only_when_named, start, stop),
		cmocka_unit_test_setup_teardown(some_addresses_never_open, start, stop),
		cmocka_unit_test_setup_teardown(our_relayed_addresses_are_peers_within_the_port_range, start, stop),
		cmocka_unit_test_setup_teardown(our_relayed_address_in_another_spelling_is_denied, start, stop),
		cmocka_unit_test_setup_teardown(our_external_addresses_mean_the_internal_ones, start, stop),
		cmocka_unit_test_setup_teardown(port_0_is_no_peer, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
