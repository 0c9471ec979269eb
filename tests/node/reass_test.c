/* SPDX-License-Identifier: BSD-3-Clause */
/* reass_test.c - fragments in any order become datagrams; contradictions, floods and stragglers end with a reason. */
#include "engine/wire/net.h"
#include "tests/node/lib/pieces.h"

#define HOST4   "198.18.0.10"
#define HOST6   "2001:db8:1::10"
#define ENGINE4 "198.18.0.2"
#define ENGINE6 "2001:db8:1::2"

static struct datagram d, got;

static void expect_echo(const struct datagram *asked)
{
	unsigned int type = asked->proto == WIRE_PROTO_ICMP ? WIRE_ICMP4_ECHO_REPLY : WIRE_ICMP6_ECHO_REPLY;

	pieces_expect(0, &got);
	assert_int_equal(got.len, asked->len);
	assert_int_equal(got.l4[0], type);
	assert_memory_equal(got.l4 + 4, asked->l4 + 4, asked->len - 4);
	assert_true(en_addr_eq(&got.src, &asked->dst) && en_addr_eq(&got.dst, &asked->src));
}

static void whole_datagram(const char *host, const char *engine, size_t len, size_t step)
{
	static uint32_t id = 1;

	datagram_echo(&d, host, engine, len, id++);
	pieces_send(&d, step);
	expect_echo(&d);
}

/* covers: I4 */
static void datagrams_of_all_sizes(void **state)
{
	(void)state;
	lab_open(NULL);
	for (size_t len = 1; len < 9200 - 48; len += 379) {
		whole_datagram(HOST4, ENGINE4, len, 1480);
		whole_datagram(HOST6, ENGINE6, len, 1448);
		lab_pass(20 * LAB_MS, LAB_MS); /* the rate of echo replies */
	}
	whole_datagram(HOST4, ENGINE4, 200, 8);
	whole_datagram(HOST6, ENGINE6, 200, 8);
	ASSERT_NO_DROPS();
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
}

/* The largest that is taken, and one byte more. */
static void the_largest_datagram(void **state)
{
	(void)state;
	lab_open(NULL);
	whole_datagram(HOST4, ENGINE4, 9216 - 20 - 8, 1480);
	whole_datagram(HOST6, ENGINE6, 9216 - 40 - 8, 1448);
	ASSERT_NO_DROPS();
	datagram_echo(&d, HOST4, ENGINE4, 9216 - 20 - 8 + 1, 77);
	piece_send(&d, 0, 1480);
	piece_send(&d, 9192, d.len - 9192);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 1);
	lab_pass(6 * EN_NS_PER_S, 100 * LAB_MS);
	ASSERT_DROP(DROP_FRAG_TIMEOUT, 1);
}

static void permute(unsigned int *order, unsigned int n, unsigned int k)
{
	static const size_t cut[] = {0, 800, 1600, 2400};

	if (k == n) {
		datagram_echo(&d, HOST6, ENGINE6, 3001, order[0] << 24 | order[1] << 16 | order[2] << 8 | order[3]);
		for (unsigned int i = 0; i < n; i++)
			piece_send(&d, cut[order[i]], order[i] == 3 ? d.len - cut[3] : 800);
		lab_settle();
		expect_echo(&d);
		return;
	}
	for (unsigned int i = k; i < n; i++) {
		unsigned int swap = order[k];

		order[k] = order[i];
		order[i] = swap;
		permute(order, n, k + 1);
		order[i] = order[k];
		order[k] = swap;
	}
}

static void fragments_in_every_order(void **state)
{
	unsigned int order[] = {0, 1, 2, 3};

	(void)state;
	lab_open(NULL);
	permute(order, 4, 0);
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_REASSEMBLED), 24);
	assert_int_equal(lab_counter(CTR_FRAG_IN), 96);
}

static void repeated_fragments_do_no_harm(void **state)
{
	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST4, ENGINE4, 2000, 9);
	piece_send(&d, 0, 1000);
	piece_send(&d, 0, 1000);
	piece_send(&d, 1000, d.len - 1000);
	lab_settle();
	expect_echo(&d);
	ASSERT_NO_DROPS();
}

/* RFC 5722: not one byte of the datagram is taken, whatever still comes. */
static void overlap_kills_the_datagram(void **state)
{
	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST6, ENGINE6, 3000, 9);
	piece_send(&d, 0, 1000);
	piece_send(&d, 992, 1000);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2); /* the fragment, and the datagram that was held */
	piece_send(&d, 1000, 1000);
	piece_send(&d, 2000, d.len - 2000);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2);
	lab_expect_nothing();
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
}

static void same_place_other_bytes(void **state)
{
	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST4, ENGINE4, 2000, 9);
	piece_send(&d, 0, 1000);
	d.l4[500] ^= 1;
	piece_send(&d, 0, 1000);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2);
}

/* The datagram ends in two places, or before what has come already. */
static void contradicting_ends(void **state)
{
	struct datagram shorter;

	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST4, ENGINE4, 2992, 9);
	shorter = d;
	shorter.len = 2000;
	piece_send(&d, 2000, 1000);
	piece_send(&shorter, 1000, 1000);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2);

	d.id = shorter.id = 10;
	piece_send(&shorter, 1000, 1000);
	piece_send(&d, 2000, 1000);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2);

	d.id = shorter.id = 11;
	piece_send(&d, 1600, 800);
	piece_send(&shorter, 800, 1200);
	lab_settle();
	ASSERT_DROP(DROP_FRAG_BAD, 2);
}

static void malformed_fragments(void **state)
{
	struct frame_opts odd = {.fragment = true, .more = true, .id = 5};
	struct en_addr h4 = addr_of(HOST4), h6 = addr_of(HOST6), e4 = addr_of(ENGINE4), e6 = addr_of(ENGINE6);
	uint8_t bytes[64] = {0};
	struct frame f;

	(void)state;
	lab_open(NULL);
	for (unsigned int len = 1; len < 8; len++) { /* not the last, not a multiple of 8 */
		frame_ip(&f, &h4, &e4, WIRE_PROTO_UDP, bytes, 8 + len, &odd);
		lab_run(0, &f);
		frame_ip(&f, &h6, &e6, WIRE_PROTO_UDP, bytes, 8 + len, &odd);
		lab_run(0, &f);
		ASSERT_DROP(DROP_FRAG_BAD, 2);
	}
	frame_ip(&f, &h4, &e4, WIRE_PROTO_UDP, bytes, 0, &odd);
	lab_run(0, &f);
	frame_ip(&f, &h6, &e6, WIRE_PROTO_UDP, bytes, 0, &odd);
	lab_run(0, &f);
	/* a fragment of a fragment */
	frame_ip(&f, &h6, &e6, WIRE_PROTO_FRAG6, bytes, 16, &odd);
	lab_run(0, &f);
	ASSERT_DROP(DROP_FRAG_BAD, 3);
	/* an IPv6 fragment header cut short */
	frame_ip(&f, &h6, &e6, WIRE_PROTO_FRAG6, bytes, 7, NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_FRAG_BAD, 1);
}

/* RFC 6946: a "fragment" that is a whole datagram meets no other with its identification. */
static void atomic_fragments_stand_alone(void **state)
{
	struct datagram atomic;

	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST6, ENGINE6, 2000, 9);
	datagram_echo(&atomic, HOST6, ENGINE6, 100, 9);
	piece_send(&d, 0, 1000);
	piece_send(&atomic, 0, atomic.len);
	piece_send(&d, 1000, d.len - 1000);
	lab_settle();
	expect_echo(&atomic);
	expect_echo(&d);
	ASSERT_NO_DROPS();
}

static void incomplete_datagrams_time_out(void **state)
{
	(void)state;
	lab_open(NULL);
	for (unsigned int i = 0; i < 10; i++) {
		datagram_echo(&d, HOST4, ENGINE4, 2000, 100 + i);
		piece_send(&d, 0, 1000);
		lab_settle();
	}
	assert_int_equal(lab_gauge(GAUGE_HELD), 10);
	lab_pass(4900 * LAB_MS, 100 * LAB_MS);
	ASSERT_NO_DROPS();
	lab_pass(200 * LAB_MS, 10 * LAB_MS);
	ASSERT_DROP(DROP_FRAG_TIMEOUT, 10);
	assert_int_equal(lab_gauge(GAUGE_HELD), 0);
	/* its rest makes another incomplete datagram, not the old one whole */
	piece_send(&d, 1000, d.len - 1000);
	lab_settle();
	lab_expect_nothing();
}

static void first_piece_from(const char *host, uint32_t id)
{
	datagram_echo(&d, host, ENGINE4, 2000, id);
	piece_send(&d, 0, 1000);
	lab_settle();
}

/* One /24 holds a quarter of the table; others still get in. */
static void one_source_does_not_fill_the_table(void **state)
{
	(void)state;
	lab_open(&(struct lab_options){.dataplane = "reassembly = 16"});
	for (unsigned int i = 0; i < 4; i++)
		first_piece_from(HOST4, i + 1);
	ASSERT_NO_DROPS();
	first_piece_from(HOST4, 5);
	first_piece_from("198.18.0.99", 5);
	ASSERT_DROP(DROP_FRAG_FULL, 2);
	first_piece_from("198.18.1.10", 5);
	ASSERT_NO_DROPS();
}

static void a_full_table_evicts_only_the_old(void **state)
{
	char host[32];

	(void)state;
	lab_open(&(struct lab_options){.dataplane = "reassembly = 16"});
	for (unsigned int i = 0; i < 16; i++) {
		snprintf(host, sizeof(host), "198.18.%u.10", i + 10);
		first_piece_from(host, 1);
	}
	assert_int_equal(lab_gauge(GAUGE_HELD), 16);
	first_piece_from("198.18.40.1", 1);
	ASSERT_DROP(DROP_FRAG_FULL, 1);
	lab_pass(1100 * LAB_MS, 100 * LAB_MS);
	first_piece_from("198.18.40.1", 1);
	ASSERT_DROP(DROP_FRAG_FULL, 1); /* the oldest, which was held */
	assert_int_equal(lab_gauge(GAUGE_HELD), 16);
}

static void no_buffer_for_the_datagram(void **state)
{
	static struct rte_mbuf *all[4096];
	unsigned int n = 0;

	(void)state;
	lab_open(NULL);
	while (n < RTE_DIM(all) && (all[n] = rte_pktmbuf_alloc(lab.world->jumbo)) != NULL)
		n++;
	assert_in_range(n, 1, RTE_DIM(all) - 1);
	first_piece_from(HOST4, 1);
	datagram_echo(&d, HOST6, ENGINE6, 100, 9);
	piece_send(&d, 0, d.len);
	lab_settle();
	ASSERT_DROP(DROP_NO_BUFFER, 2);
	for (unsigned int i = 0; i < n; i++)
		rte_pktmbuf_free(all[i]);
	whole_datagram(HOST4, ENGINE4, 2000, 1000);
}

/* Congestion that one fragment met is congestion of the datagram (RFC 3168 s5.3). */
static void congestion_mark_survives(void **state)
{
	struct frame_opts o = {.fragment = true, .more = true, .id = 3, .tos = 0xb8 | 2};
	static struct packet p;
	struct frame f;

	(void)state;
	lab_open(NULL);
	datagram_echo(&d, HOST4, ENGINE4, 1000, 3);
	frame_ip(&f, &d.src, &d.dst, d.proto, d.l4, 504, &o);
	lab_send(0, &f);
	o.tos = 0xb8 | 3;
	o.off = 504;
	o.more = false;
	frame_ip(&f, &d.src, &d.dst, d.proto, d.l4 + 504, d.len - 504, &o);
	lab_run(0, &f);
	lab_expect(0, &p);
	assert_int_equal(p.tos, 0xb8 | 3);
}

/* Fragments that arrive on different cores meet on one. */
static void two_cores_one_datagram(void **state)
{
	(void)state;
	lab_open(&(struct lab_options){.cores = 2});
	for (uint32_t id = 1; id <= 40; id++) {
		datagram_echo(&d, HOST4, ENGINE4, 3000, id);
		for (size_t off = 0; off < d.len; off += 1000) {
			lab.queue = (unsigned int)(id + off / 1000) % 2;
			piece_send(&d, off, RTE_MIN(1000u, d.len - off));
		}
		lab_settle();
		expect_echo(&d);
	}
	ASSERT_NO_DROPS();
	assert_int_not_equal(lab_counter(CTR_HANDOFF_OUT), 0);
	assert_int_equal(lab_counter(CTR_HANDOFF_OUT), lab_counter(CTR_HANDOFF_IN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(datagrams_of_all_sizes),
		lab_test(the_largest_datagram),
		lab_test(fragments_in_every_order),
		lab_test(repeated_fragments_do_no_harm),
		lab_test(overlap_kills_the_datagram),
		lab_test(same_place_other_bytes),
		lab_test(contradicting_ends),
		lab_test(malformed_fragments),
		lab_test(atomic_fragments_stand_alone),
		lab_test(incomplete_datagrams_time_out),
		lab_test(one_source_does_not_fill_the_table),
		lab_test(a_full_table_evicts_only_the_old),
		lab_test(no_buffer_for_the_datagram),
		lab_test(congestion_mark_survives),
		lab_test(two_cores_one_datagram),
	};

	return cmocka_run_group_tests_name("reass", tests, NULL, NULL);
}
