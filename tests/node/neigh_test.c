/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh_test.c - ARP and neighbour discovery: what we answer, whom we ask,
 * and what becomes of packets whose next hop is silent.
 */
#include "engine/base/csum.h"
#include "engine/wire/net.h"
#include "dataplane/net/neigh.h"
#include "tests/node/lib/lab.h"

#define HOST4   "198.18.0.10"
#define HOST6   "2001:db8:1::10"
#define ENGINE4 "198.18.0.2"
#define ENGINE6 "2001:db8:1::2"

static struct frame f;
static struct packet p;

static void ask_arp(const char *sender, const char *target, const struct frame_opts *o)
{
	struct en_addr s = addr_of(sender), t = addr_of(target);

	frame_arp(&f, 1, &s, &t, o);
}

static void ask_nd(const char *sender, const char *target, const struct frame_opts *o)
{
	struct en_addr s = addr_of(sender), t = addr_of(target);

	frame_ns(&f, &s, &t, o);
}

/* An echo request, whose reply makes the engine look for the source. */
static void ping(const char *host, const char *engine)
{
	struct en_addr h = addr_of(host), e = addr_of(engine);

	frame_icmp(&f, &h, &e, h.family == EN_AF_INET ? WIRE_ICMP4_ECHO : WIRE_ICMP6_ECHO, 0, 0x00010001, "ping", 4,
		   NULL);
	lab_run(0, &f);
}

static void arp_request_is_answered(void **state)
{
	struct en_addr host = addr_of(HOST4);
	const struct wire_arp *a;
	uint8_t mac[6];

	(void)state;
	lab_open(NULL);
	ask_arp(HOST4, ENGINE4, &(struct frame_opts){.dst_mac = broadcast_mac});
	memset(f.b + f.len, 0xaa, 18); /* Ethernet's padding */
	f.len += 18;
	lab_run(0, &f);
	lab_expect(0, &p);
	assert_int_equal(p.type, WIRE_ETHERTYPE_ARP);
	a = (const struct wire_arp *)(p.f.b + p.l3_off);
	host_mac(&host, mac);
	assert_int_equal(en_load16(a->op), 2);
	assert_memory_equal(a->sha, engine_mac, 6);
	assert_memory_equal(a->spa, "\xc6\x12\x00\x02", 4);
	assert_memory_equal(a->tha, mac, 6);
	assert_memory_equal(a->tpa, "\xc6\x12\x00\x0a", 4);
	assert_memory_equal(p.dst_mac, mac, 6);
	/* the stranger's padding does not go back (42 bytes were parsed, and are all there is) */
	assert_int_equal(p.f.len, 42);
	ASSERT_NO_DROPS();
	assert_int_equal(lab_gauge(GAUGE_NEIGHBOURS), 0); /* strangers make no entries */
}

/* RFC 5227: somebody probes an address before using it. */
static void arp_probe_is_answered(void **state)
{
	const struct wire_arp *a;

	(void)state;
	lab_open(NULL);
	ask_arp("0.0.0.0", ENGINE4, NULL);
	lab_run(0, &f);
	lab_expect(0, &p);
	a = (const struct wire_arp *)(p.f.b + p.l3_off);
	assert_memory_equal(a->tpa, "\0\0\0\0", 4);
	ASSERT_NO_DROPS();
}

static void arp_for_others_or_malformed(void **state)
{
	static const unsigned int bad[] = {0, 2, 4, 5, 7, 8}; /* htype, ptype, hlen, plen, op, and a group MAC */

	(void)state;
	lab_open(NULL);
	ask_arp(HOST4, "198.18.0.3", NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ARP_NOT_OURS, 1);
	ask_arp(ENGINE4, HOST4, NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_IP_SRC, 1);
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		ask_arp(HOST4, ENGINE4, NULL);
		f.b[14 + bad[i]] = 0x77;
		lab_run(0, &f);
		ASSERT_DROP(DROP_ARP_BAD, 1);
	}
	lab_expect_nothing();
}

static void solicitation_is_answered(void **state)
{
	struct en_addr host = addr_of(HOST6), ours = addr_of(ENGINE6);

	(void)state;
	lab_open(NULL);
	ask_nd(HOST6, ENGINE6, &(struct frame_opts){.dst_mac = (const uint8_t *)"\x33\x33\xff\x00\x00\x02"});
	lab_run(0, &f);
	lab_expect(0, &p);
	assert_int_equal(p.proto, WIRE_PROTO_ICMP6);
	assert_int_equal(p.l4[0], WIRE_ICMP6_NA);
	assert_int_equal(p.ttl, 255);
	assert_int_equal(en_load32(p.l4 + 4), 0x60000000); /* solicited, override; not a router */
	assert_memory_equal(p.data, ours.b, 16);
	assert_int_equal(p.data[16], 2);
	assert_memory_equal(p.data + 18, engine_mac, 6);
	assert_true(en_addr_eq(&p.dst.addr, &host) && en_addr_eq(&p.src.addr, &ours));
	ASSERT_NO_DROPS();
}

static void solicitation_without_option_makes_us_ask(void **state)
{
	struct en_addr host = addr_of(HOST6), ours = addr_of(ENGINE6);
	struct frame_opts hop = {.ttl = 255};

	(void)state;
	lab_open(NULL);
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 0, 0, ours.b, 16, &hop);
	lab_run(0, &f);
	lab_expect(0, &p);
	assert_int_equal(p.l4[0], WIRE_ICMP6_NA);
	assert_int_equal(p.l4_len, 32);
}

/* Every check of RFC 4861 s7.1. */
static void neighbour_discovery_malformed(void **state)
{
	struct en_addr host = addr_of(HOST6), ours = addr_of(ENGINE6), none = addr_of("::");
	struct frame_opts hop = {.ttl = 255};
	uint8_t body[24] = {0};

	(void)state;
	lab_open(NULL);
	ask_nd(HOST6, ENGINE6, &(struct frame_opts){.ttl = 254}); /* from off-link */
	lab_run(0, &f);
	ASSERT_DROP(DROP_ND_BAD, 1);
	ask_nd(HOST6, ENGINE6, NULL);
	f.b[14 + 40 + 2] ^= 1; /* checksum */
	lab_run(0, &f);
	ASSERT_DROP(DROP_ND_BAD, 1);
	memcpy(body, ours.b, 16);
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 1, 0, body, 16, &hop); /* code */
	lab_run(0, &f);
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 0, 0, body, 24, &hop); /* option of length 0 */
	lab_run(0, &f);
	body[16] = 1;
	body[17] = 2; /* option runs past the end */
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 0, 0, body, 24, &hop);
	lab_run(0, &f);
	for (unsigned int len = 0; len < 16; len++) {
		frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 0, 0, body, len, &hop);
		lab_run(0, &f);
	}
	ASSERT_DROP(DROP_ND_BAD, 3 + 16);
	frame_ns(&f, &none, &ours, NULL); /* unspecified source with an address option */
	lab_run(0, &f);
	body[0] = 0xff; /* multicast target */
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NS, 0, 0, body, 16, &hop);
	lab_run(0, &f);
	frame_icmp(&f, &host, &ours, WIRE_ICMP6_NA, 0, 0, body, 16, &hop);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ND_BAD, 3);
	lab_expect_nothing();
}

static void neighbour_discovery_not_for_us(void **state)
{
	struct en_addr host = addr_of(HOST6), all = addr_of("ff02::1"), ours = addr_of(ENGINE6);
	struct frame_opts hop = {.ttl = 255};
	uint8_t body[24] = {0};

	(void)state;
	lab_open(NULL);
	ask_nd(HOST6, "2001:db8:1::3", NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_ARP_NOT_OURS, 1);
	frame_icmp(&f, &host, &all, 134, 0, 0, body, 8, &hop); /* router advertisement */
	lab_run(0, &f);
	frame_icmp(&f, &host, &ours, 137, 0, 0, body, 24, &hop); /* redirect */
	lab_run(0, &f);
	ASSERT_DROP(DROP_ICMP_TYPE, 2);
	/* somebody says that our address is his */
	frame_icmp(&f, &host, &all, WIRE_ICMP6_NA, 0, 0, ours.b, 16, &hop);
	lab_run(0, &f);
	ASSERT_DROP(DROP_IP_SRC, 1);
	lab_expect_nothing();
}

static void what_waits_goes_out_when_the_answer_comes(void **state)
{
	(void)state;
	lab_open(NULL);
	lab.keep_questions = true;
	for (unsigned int i = 0; i < DP_NEIGH_HELD; i++)
		ping(HOST4, ENGINE4);
	lab_expect(0, &p); /* one question for all */
	assert_int_equal(p.type, WIRE_ETHERTYPE_ARP);
	assert_memory_equal(p.dst_mac, broadcast_mac, 6);
	lab_expect_nothing();
	assert_int_equal(lab_gauge(GAUGE_HELD), DP_NEIGH_HELD);
	ASSERT_NO_DROPS();
	ping(HOST4, ENGINE4); /* one more than may wait */
	ASSERT_DROP(DROP_NEIGH_FULL, 1);
	ask_arp(HOST4, ENGINE4, NULL);
	f.b[14 + 7] = 2; /* the reply */
	lab_run(0, &f);
	for (unsigned int i = 0; i < DP_NEIGH_HELD; i++) {
		lab_expect(0, &p);
		assert_int_equal(p.proto, WIRE_PROTO_ICMP);
	}
	lab_expect_nothing();
	ASSERT_NO_DROPS();
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
}

static void silence(const char *host, const char *engine)
{
	unsigned int questions = 0;

	lab.keep_questions = true;
	ping(host, engine);
	ping(host, engine);
	lab_pass(3500 * LAB_MS, 50 * LAB_MS);
	while (lab_recv(0, &p))
		questions++;
	assert_int_equal(questions, 3);
	ASSERT_DROP(DROP_NEIGH_TIMEOUT, 2);
	ping(host, engine); /* known to be silent */
	ASSERT_DROP(DROP_NEIGH_TIMEOUT, 1);
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
	lab_pass(4000 * LAB_MS, 50 * LAB_MS); /* asked afresh */
	lab.keep_questions = false;
	ping(host, engine);
	lab_expect(0, &p);
	ASSERT_NO_DROPS();
}

static void silent_neighbours_time_out(void **state)
{
	(void)state;
	lab_open(NULL);
	silence(HOST4, ENGINE4);
	silence(HOST6, ENGINE6);
}

/* After 30 s the known MAC is used and asked about, without broadcast. */
static void old_neighbours_are_asked_again(void **state)
{
	struct en_addr host = addr_of(HOST4);
	uint8_t mac[6];

	(void)state;
	lab_open(NULL);
	host_mac(&host, mac);
	ping(HOST4, ENGINE4);
	lab_expect(0, &p);
	lab_pass(31 * EN_NS_PER_S, 100 * LAB_MS);
	lab.keep_questions = true;
	ping(HOST4, ENGINE4);
	for (unsigned int i = 0; i < 2; i++) {
		lab_expect(0, &p);
		assert_memory_equal(p.dst_mac, mac, 6);
	}
	lab_expect_nothing();
	ASSERT_NO_DROPS();
}

static void a_full_table_evicts_the_idle(void **state)
{
	char host[32];

	(void)state;
	lab_open(&(struct lab_options){.dataplane = "neighbours = 16"});
	for (unsigned int i = 10; i < 60; i++) {
		snprintf(host, sizeof(host), "198.18.0.%u", i);
		ping(host, ENGINE4);
		lab_expect(0, &p);
	}
	ASSERT_NO_DROPS();
	assert_in_range(lab_gauge(GAUGE_NEIGHBOURS), 1, 16);
	lab.keep_questions = true; /* now all of them wait: none may go */
	for (unsigned int i = 100; i < 116; i++) {
		snprintf(host, sizeof(host), "198.18.0.%u", i);
		ping(host, ENGINE4);
	}
	ASSERT_NO_DROPS();
	ping("198.18.0.120", ENGINE4);
	ASSERT_DROP(DROP_NEIGH_FULL, 1);
	while (lab_recv(0, &p))
		assert_int_equal(p.type, WIRE_ETHERTYPE_ARP);
}

/* What is not on-link goes to the gateway; without one it goes nowhere. */
static void gateway_and_no_route(void **state)
{
	struct en_addr far4 = addr_of("203.0.113.9"), far6 = addr_of("2001:db8:9::9");
	uint8_t gate4[6], gate6[6];
	struct en_addr g4 = addr_of("198.18.0.1"), g6 = addr_of("2001:db8:1::1");

	(void)state;
	host_mac(&g4, gate4);
	host_mac(&g6, gate6);
	lab_open(&(struct lab_options){.gateway = true});
	ping("203.0.113.9", ENGINE4);
	lab_expect(0, &p);
	assert_true(en_addr_eq(&p.dst.addr, &far4));
	assert_memory_equal(p.dst_mac, gate4, 6);
	ping("2001:db8:9::9", ENGINE6);
	lab_expect(0, &p);
	assert_true(en_addr_eq(&p.dst.addr, &far6));
	assert_memory_equal(p.dst_mac, gate6, 6);
	ASSERT_NO_DROPS();
}

/* A static route is more special than the gateway. */
static void static_routes(void **state)
{
	struct en_addr hop4 = addr_of("198.18.0.77"), hop6 = addr_of("2001:db8:1::77"), gate4 = addr_of("198.18.0.1");
	uint8_t mac4[6], mac6[6], gate_mac[6];

	(void)state;
	host_mac(&hop4, mac4);
	host_mac(&hop6, mac6);
	host_mac(&gate4, gate_mac);
	lab_open(&(struct lab_options){.gateway = true,
				       .port = "route = 203.0.113.0/24 via 198.18.0.77\n"
					       "route = 2001:db8:9::/48 via 2001:db8:1::77"});
	lab.any_mac = true; /* the lab knows the gateways only: MACs are looked at here */
	ping("203.0.113.9", ENGINE4);
	lab_expect(0, &p);
	assert_memory_equal(p.dst_mac, mac4, 6);
	ping("2001:db8:9::9", ENGINE6);
	lab_expect(0, &p);
	assert_memory_equal(p.dst_mac, mac6, 6);
	ping("203.0.114.9", ENGINE4);
	lab_expect(0, &p);
	assert_memory_equal(p.dst_mac, gate_mac, 6);
	ASSERT_NO_DROPS();
}

static void without_a_gateway(void **state)
{
	(void)state;
	lab_open(NULL);
	ping("203.0.113.9", ENGINE4);
	ping("2001:db8:9::9", ENGINE6);
	ASSERT_DROP(DROP_NO_ROUTE, 2);
	lab_expect_nothing();
}

static void a_port_that_is_down(void **state)
{
	(void)state;
	lab_open(NULL);
	lab.world->port[0].open = false;
	ping(HOST4, ENGINE4);
	ASSERT_DROP(DROP_PORT_DOWN, 1);
	lab.world->port[0].open = true;
}

/* Two cores: what one learns the other knows, so that nobody asks twice. */
static void cores_share_what_they_learn(void **state)
{
	unsigned int questions = 0;

	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	lab.keep_questions = true;
	for (lab.queue = 0; lab.queue < 2; lab.queue++)
		ping(HOST4, ENGINE4);
	while (lab_recv(0, &p))
		questions++;
	assert_int_equal(questions, 2);
	lab.queue = 0;
	ask_arp(HOST4, ENGINE4, NULL);
	f.b[14 + 7] = 2;
	lab_run(0, &f);
	for (unsigned int i = 0; i < 2; i++) { /* both cores' packets go, on one answer */
		lab_expect(0, &p);
		assert_int_equal(p.proto, WIRE_PROTO_ICMP);
	}
	ASSERT_NO_DROPS();
}

/* --- our own, unasked ------------------------------------------------------------------- */

static void arp_announces(const struct packet *a, const struct dp_local *l)
{
	const struct wire_arp *arp = (const struct wire_arp *)(a->f.b + a->l3_off);

	assert_int_equal(a->type, WIRE_ETHERTYPE_ARP);
	assert_memory_equal(a->dst_mac, broadcast_mac, 6);
	assert_int_equal(en_load16(arp->op), 1);
	assert_memory_equal(arp->sha, lab.world->port[l->port].mac, 6);
	assert_memory_equal(arp->tha, "\0\0\0\0\0\0", 6);
	assert_memory_equal(arp->spa, en_addr_bytes(&l->addr), 4);
	assert_memory_equal(arp->tpa, en_addr_bytes(&l->addr), 4);
}

static void nd_announces(const struct packet *a, const struct dp_local *l)
{
	struct en_addr all = addr_of("ff02::1");

	assert_int_equal(a->proto, WIRE_PROTO_ICMP6);
	assert_memory_equal(a->dst_mac, "\x33\x33\0\0\0\1", 6);
	assert_true(en_addr_eq(&a->src.addr, &l->addr) && en_addr_eq(&a->dst.addr, &all));
	assert_int_equal(a->ttl, 255);
	assert_int_equal(a->l4[0], WIRE_ICMP6_NA);
	assert_int_equal(en_load32(a->l4 + 4), 0x20000000); /* override, not solicited */
	assert_memory_equal(a->data, l->addr.b, 16);
	assert_memory_equal(a->data + 16, "\x02\x01", 2);
	assert_memory_equal(a->data + 18, lab.world->port[l->port].mac, 6);
}

/* Each port says each of its addresses, link-local ones too, of whichever core; three times, and no more. */
static void addresses_are_announced(void **state)
{
	unsigned int n;

	(void)state;
	lab_open(&(struct lab_options){
		.cores = 2, .ports = 2, .port = "address = 198.18.0.3/24\naddress = 2001:db8:1::3/64"});
	n = lab.world->local_n;
	assert_int_equal(n, 2 * 3 + 2); /* both families and a link-local one, and two more */
	assert_int_equal(lab_counter(CTR_ANNOUNCED), n);
	lab.keep_announcements = true;
	lab_step(100);
	lab_expect_nothing();
	for (unsigned int round = 2; round <= 3; round++) {
		lab_pass(1000 * LAB_MS, LAB_MS);
		assert_int_equal(lab_counter(CTR_ANNOUNCED), round * n);
		for (unsigned int i = 0; i < n; i++) {
			const struct dp_local *l = &lab.world->local[i];

			assert_true(lab_recv(l->port, &p));
			if (l->addr.family == EN_AF_INET)
				arp_announces(&p, l);
			else
				nd_announces(&p, l);
		}
	}
	lab_pass(5000 * LAB_MS, LAB_MS);
	lab_expect_nothing();
	assert_int_equal(lab_counter(CTR_ANNOUNCED), 3 * n);
	ASSERT_NO_DROPS();
}

/* No buffer is left for them: that is no misfortune. */
static void announcements_without_a_buffer(void **state)
{
	static struct rte_mbuf *taken[65536];
	unsigned int n = 0;

	(void)state;
	lab_open(NULL);
	while (n < RTE_DIM(taken) && (taken[n] = rte_pktmbuf_alloc(lab.world->pool)) != NULL)
		n++;
	lab_pass(1000 * LAB_MS, 10 * LAB_MS);
	rte_pktmbuf_free_bulk(taken, n);
	assert_in_range(n, 1, RTE_DIM(taken) - 1);
	assert_int_equal(lab_counter(CTR_ANNOUNCED), lab.world->local_n);
	lab_pass(1000 * LAB_MS, 10 * LAB_MS);
	assert_int_equal(lab_counter(CTR_ANNOUNCED), 2 * lab.world->local_n);
	lab_forget_drops();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(arp_request_is_answered),
		lab_test(arp_probe_is_answered),
		lab_test(arp_for_others_or_malformed),
		lab_test(solicitation_is_answered),
		lab_test(solicitation_without_option_makes_us_ask),
		lab_test(neighbour_discovery_malformed),
		lab_test(neighbour_discovery_not_for_us),
		lab_test(what_waits_goes_out_when_the_answer_comes),
		lab_test(silent_neighbours_time_out),
		lab_test(old_neighbours_are_asked_again),
		lab_test(a_full_table_evicts_the_idle),
		lab_test(gateway_and_no_route),
		lab_test(without_a_gateway),
		lab_test(static_routes),
		lab_test(a_port_that_is_down),
		lab_test(cores_share_what_they_learn),
		lab_test(addresses_are_announced),
		lab_test(announcements_without_a_buffer),
	};

	return cmocka_run_group_tests_name("neigh", tests, NULL, NULL);
}
