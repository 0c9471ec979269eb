/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_test.c - turnpike-bench's arithmetic that lives beside DPDK's headers: what follows from a packet's number,
 * where clients are, what a trial means, what RTP receivers find, what a report keeps secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "perf/loadgen/bed.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/rtp.h"

#define FLOWS 100

static struct load_options options(void)
{
	return (struct load_options){.clients = FLOWS, .burst = 1, .size = {64, 512, 1200}, .sizes = 3, .name = "x"};
}

/* --- slots ------------------------------------------------------------------------ */

static void test_slots_in_order(void **state)
{
	struct load_options o = options();

	(void)state;
	for (uint32_t seq = 0; seq < 10 * FLOWS; seq++) {
		struct load_slot s = load_slot(&o, seq);

		assert_int_equal(s.flow, seq % FLOWS);
		assert_int_equal(s.round, seq / FLOWS);
		assert_int_equal(s.size, o.size[seq % 3]);
		assert_false(s.down);
	}
}

static void test_slots_in_bursts_and_both_ways(void **state)
{
	struct load_options o = options();
	unsigned int up[FLOWS] = {0}, down[FLOWS] = {0};

	(void)state;
	o.burst = 4;
	o.direction = LOAD_BOTH;
	for (uint32_t seq = 0; seq < 8 * FLOWS * 5; seq++) {
		struct load_slot s = load_slot(&o, seq), first = load_slot(&o, seq - seq % 4);

		/* a burst is of one flow and direction, and directions alternate */
		assert_int_equal(s.flow, first.flow);
		assert_int_equal(s.down, seq / 4 & 1);
		(s.down ? down : up)[s.flow]++;
	}
	for (unsigned int i = 0; i < FLOWS; i++) {
		assert_int_equal(up[i], 20);
		assert_int_equal(down[i], 20);
	}
}

static void test_directions(void **state)
{
	struct load_options o = options();

	(void)state;
	o.direction = LOAD_DOWN;
	assert_true(load_slot(&o, 5).down);
	o.direction = LOAD_ECHO;
	assert_false(load_slot(&o, 5).down);
}

/* 1000 packets a flow on average: 5 standard deviations are 16 % */
static void test_random_order_is_even(void **state)
{
	struct load_options o = options();
	unsigned int n[FLOWS] = {0}, same = 0;
	uint32_t last = FLOWS;

	(void)state;
	o.random = true;
	for (uint32_t seq = 0; seq < 1000 * FLOWS; seq++) {
		struct load_slot s = load_slot(&o, seq);

		assert_true(s.flow < FLOWS);
		n[s.flow]++;
		same += s.flow == last;
		last = s.flow;
		assert_int_equal(load_slot(&o, seq).flow, s.flow);
	}
	for (unsigned int i = 0; i < FLOWS; i++)
		assert_in_range(n[i], 840, 1160);
	assert_in_range(same, 800, 1200);
}

/* --- addresses --------------------------------------------------------------------- */

static struct en_addr addr(const char *text)
{
	struct en_addr a;

	assert_true(en_addr_parse(text, &a) >= 0);
	return a;
}

static void test_addresses_are_counted(void **state)
{
	static const char *const first[] = {"198.18.0.250", "2001:db8::fffe", "255.255.255.250"};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct en_addr a = addr(first[i]);

		for (uint32_t n = 0; n < 1000; n += 7) {
			struct en_addr b = load_addr_plus(&a, n);

			assert_int_equal(load_addr_index(&a, &b, 1000), n);
			assert_int_equal(load_addr_index(&a, &b, n), n);
		}
	}
	struct en_addr a = addr("198.18.0.250"), b = addr("198.18.1.4"), c = addr("::ffff:0:0"),
		       d = addr("198.18.0.249");

	assert_int_equal(load_addr_index(&a, &b, 100), 10);
	assert_int_equal(load_addr_index(&a, &c, 100), 100);
	assert_int_equal(load_addr_index(&a, &d, 100), 100);
}

static void test_clients_are_found_where_they_are(void **state)
{
	struct load_clients cs = {.n = 2 * LOAD_CLIENT_PORTS + 5, .peers = 3, .first = addr("198.18.0.10")};
	static const uint32_t some[] = {0, 1, LOAD_CLIENT_PORTS - 1, LOAD_CLIENT_PORTS, 2 * LOAD_CLIENT_PORTS + 4};
	struct en_ep ep;

	(void)state;
	cs.peer = (struct en_ep){.addr = cs.first, .port = LOAD_PEER_PORT};
	assert_int_equal(load_clients_addresses(cs.n), 3);
	for (unsigned int i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		ep = load_clients_local(&cs, some[i]);
		assert_int_equal(load_clients_at(&cs, &ep), some[i]);
		assert_int_equal(load_clients_peer(&cs, some[i]).port, LOAD_PEER_PORT + some[i] % 3);
	}
	ep = load_clients_local(&cs, cs.n);
	assert_int_equal(load_clients_at(&cs, &ep), cs.n);
	ep.port = LOAD_CLIENT_PORT - 1;
	assert_int_equal(load_clients_at(&cs, &ep), cs.n);
	ep = (struct en_ep){.addr = addr("198.18.0.9"), .port = LOAD_CLIENT_PORT};
	assert_int_equal(load_clients_at(&cs, &ep), cs.n);
}

/* --- trials ------------------------------------------------------------------------- */

static struct load_trial good(void)
{
	return (struct load_trial){.rate = 1000,
				   .copies = 1,
				   .achieved = 1000,
				   .idle = 0.5,
				   .planned = 1000,
				   .sent = 1000,
				   .received = 1000,
				   .top = 1000};
}

static void test_who_gave_way(void **state)
{
	struct load_trial t = good();

	(void)state;
	assert_true(load_trial_held(&t));
	t.received = 900;
	assert_float_equal(load_trial_loss(&t), 0.1, 1e-9);
	assert_string_equal(load_trial_gave_way(&t), "server");
	t.idle = 0.1;
	assert_string_equal(load_trial_gave_way(&t), "server or generator");
	t.blocked = 0.5;
	assert_string_equal(load_trial_gave_way(&t), "server");
	t.sink_drops = 1;
	assert_false(load_trial_held(&t));
	assert_string_equal(load_trial_gave_way(&t), "generator");
	t = good();
	t.sent = 990;
	t.idle = 0;
	assert_false(load_trial_held(&t));
	assert_string_equal(load_trial_gave_way(&t), "generator");
	t = good();
	t.achieved = 979;
	assert_false(load_trial_held(&t));
}

static void test_a_dead_server_is_told_from_a_slow_one(void **state)
{
	struct load_trial t = good();

	(void)state;
	assert_false(load_trial_died(&t));
	t.received = 10;
	t.top = 990;
	assert_false(load_trial_died(&t));
	t.top = 500;
	assert_true(load_trial_died(&t));
	/* never alive is another sentence */
	t.received = t.top = 0;
	assert_false(load_trial_died(&t));
	/* at low rates a few may be lost in a row */
	t = (struct load_trial){.rate = 10, .copies = 1, .planned = 100, .sent = 100, .received = 60, .top = 60};
	assert_false(load_trial_died(&t));
}

static void test_arrivals(void **state)
{
	struct load_trial t = good();

	(void)state;
	t.received = t.top = 0;
	t.pace = load_pace(1000, 1000, 1000);
	t.now = 5000000000;
	t.seen = calloc(17, sizeof(*t.seen));
	load_hist_init(&t.latency);
	assert_true(load_trial_arrived(&t, 0));
	assert_true(load_trial_arrived(&t, 64));
	assert_true(load_trial_arrived(&t, 63));
	assert_false(load_trial_arrived(&t, 64));
	assert_true(load_trial_arrived(&t, 999));
	assert_int_equal(t.received, 4);
	assert_int_equal(t.duplicates, 1);
	assert_int_equal(t.reordered, 1);
	assert_int_equal(t.top, 1000);
	free(t.seen);
}

/* A packet of rooms comes to several ends: each once, and lost is what one of them lacks. */
static void test_copies(void **state)
{
	struct load_trial t = good();

	(void)state;
	t.received = t.top = t.duplicates = 0;
	t.copies = 3;
	t.planned = t.sent = 100;
	t.pace = load_pace(1000, 1000, 1000);
	t.seen = calloc(5, sizeof(*t.seen)); /* 300 bits */
	load_hist_init(&t.latency);
	for (uint32_t seq = 0; seq < 100; seq++)
		for (unsigned int copy = 0; copy < 3; copy++)
			assert_true(load_trial_copy_arrived(&t, seq, copy) && !load_trial_copy_arrived(&t, seq, copy));
	assert_int_equal(t.received, 300);
	assert_int_equal(t.duplicates, 300);
	assert_int_equal(t.reordered, 0);
	assert_int_equal(t.top, 100);
	assert_true(load_trial_loss(&t) == 0);
	t.received = 297;
	assert_true(load_trial_loss(&t) > 0.0099 && load_trial_loss(&t) < 0.0101);
	free(t.seen);
}

/* --- RTP ----------------------------------------------------------------------------- */

struct receiver {
	struct load_options o;
	struct load_bed b;
	struct load_trial t;
	struct en_err err;
};

static struct receiver *receiver(void)
{
	struct receiver *r = calloc(1, sizeof(*r));

	r->o = options();
	r->o.clients = 2;
	r->b.o = &r->o;
	r->t.pace = load_pace(0, 1000, 3600000);
	assert_int_equal(load_rtp_open(&r->b, &r->err), 0);
	return r;
}

static void done(struct receiver *r)
{
	free(r->b.rtp);
	free(r);
}

/* Packet `round` of a stream arrives `late` ns after it was due; `mask` changes one byte of its header. */
static void arrive(struct receiver *r, uint32_t flow, bool down, uint32_t round, uint64_t late, size_t at, uint8_t mask)
{
	struct load_slot s = {.flow = flow, .round = round, .down = down, .size = 200};
	uint32_t seq = round * r->o.clients + flow;
	uint8_t p[LOAD_RTP_MIN];

	load_rtp_put(&s, p);
	load_payload_put(p + LOAD_RTP_HDR, LOAD_PAYLOAD_MIN, 1, seq);
	p[at] ^= mask;
	r->t.now = load_pace_at(&r->t.pace, seq) + late;
	load_rtp_take(&r->b, &r->t, &s, p);
}

static void test_rtp_without_trouble(void **state)
{
	struct receiver *r = receiver();

	(void)state;
	/* the sequence number wraps twice */
	for (uint32_t i = 0; i < 140000; i++)
		for (uint32_t flow = 0; flow < 2; flow++)
			for (int down = 0; down < 2; down++)
				arrive(r, flow, down, i, 5000, 0, 0);
	load_rtp_sum(&r->b, &r->t);
	assert_int_equal(r->t.rtp_gaps, 0);
	assert_int_equal(r->t.rtp_wrong, 0);
	assert_float_equal(r->t.rtp_jitter_us, 0, 1e-6);
	done(r);
}

static void test_rtp_gaps(void **state)
{
	static const uint32_t order[] = {0, 1, 3, 4, 65534, 65535, 65536, 65538};
	struct receiver *r = receiver();

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		arrive(r, 0, false, order[i], 0, 0, 0);
	assert_int_equal(r->t.rtp_gaps, 1);
	load_rtp_reset(&r->b);
	for (unsigned int i = 4; i < 8; i++)
		arrive(r, 0, false, order[i], 0, 0, 0);
	assert_int_equal(r->t.rtp_gaps, 2);
	done(r);
}

/* A late one is no gap of its own, and moves nothing back. */
static void test_rtp_reorder(void **state)
{
	static const uint32_t order[] = {0, 2, 1, 3, 4};
	struct receiver *r = receiver();

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		arrive(r, 1, true, order[i], 0, 0, 0);
	assert_int_equal(r->t.rtp_gaps, 1);
	assert_int_equal(r->t.rtp_wrong, 0);
	done(r);
}

/* RFC 3550 A.8: a constant difference d of neighbouring transits goes towards d */
static void test_rtp_jitter(void **state)
{
	struct receiver *r = receiver();

	(void)state;
	for (uint32_t i = 0; i < 500; i++)
		arrive(r, 0, false, i, i % 2 ? 2000000 : 1000000, 0, 0);
	load_rtp_sum(&r->b, &r->t);
	assert_float_equal(r->t.rtp_jitter_us, 1000, 1);
	done(r);
}

static void test_rtp_every_header_byte_counts(void **state)
{
	struct receiver *r = receiver();

	(void)state;
	for (uint32_t at = 0; at < LOAD_RTP_HDR; at++)
		arrive(r, 0, false, at, 0, at, 0x10);
	assert_int_equal(r->t.rtp_wrong, LOAD_RTP_HDR);
	done(r);
}

/* --- report --------------------------------------------------------------------------- */

static void test_the_password_stays_out_of_reports(void **state)
{
	static const char *const lines[][6] = {
		{"relay", "--user", "alice", "--password", "s3cret", "--quiet"},
		{"relay", "--user", "alice", "--password=s3cret", "--quiet", "x"},
		{"relay", "--user", "alice", "--pass", "s3cret", "--quiet"},
		{"relay", "--user", "alice", "--pa=s3cret", "--quiet", "x"},
	};
	struct load_options o = options();

	(void)state;
	o.port = "memif:/m";
	o.password = "s3cret";
	for (unsigned int i = 0; i < 4; i++) {
		json_t *result = load_report_new(&o, 6, (char **)(uintptr_t)lines[i]);
		char *text = json_dumps(result, 0);

		assert_non_null(strstr(text, "--user alice --pa"));
		assert_non_null(strstr(text, "--quiet"));
		assert_null(strstr(text, "s3cret"));
		free(text);
		json_decref(result);
	}
}

/* --- clients ---------------------------------------------------------------------------- */

static void explained(struct load_clients *cs, const char *said)
{
	struct en_err err = {0};

	load_clients_explain(cs, &err);
	if (!strstr(err.text, said))
		fail_msg("says '%s' and not '%s'", err.text, said);
}

static void test_failures_are_explained(void **state)
{
	struct load_clients *cs = calloc(1, sizeof(*cs));
	static const struct {
		unsigned int code;
		const char *said;
	} codes[] = {{401, "--password right?"},
		     {403, "allow their address"},
		     {437, "another --address"},
		     {440, "family"},
		     {486, "quota"},
		     {508, "no relay ports left"},
		     {500, "its log"}};

	(void)state;
	cs->n = 10;
	cs->server = (struct en_ep){.addr = addr("198.18.0.2"), .port = 3478};
	for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		memset(cs->error_n, 0, sizeof(cs->error_n));
		cs->error_n[codes[i].code] = 3;
		explained(cs, codes[i].said);
	}
	/* all at once: the sentence is cut, not the memory behind it */
	for (unsigned int i = 300; i < LOAD_ERROR_MAX; i++)
		cs->error_n[i] = UINT32_MAX;
	explained(cs, "refuses the credentials");
	memset(cs->error_n, 0, sizeof(cs->error_n));
	cs->unanswered = cs->failed = 10;
	explained(cs, "does not answer TURN requests");
	cs->strange = 10;
	explained(cs, "no TURN answer");
	cs->unanswered = 0;
	explained(cs, "not as a TURN server with long-term credentials");
	free(cs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_in_order),
		cmocka_unit_test(test_slots_in_bursts_and_both_ways),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_random_order_is_even),
		cmocka_unit_test(test_addresses_are_counted),
		cmocka_unit_test(test_clients_are_found_where_they_are),
		cmocka_unit_test(test_who_gave_way),
		cmocka_unit_test(test_a_dead_server_is_told_from_a_slow_one),
		cmocka_unit_test(test_arrivals),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_rtp_without_trouble),
		cmocka_unit_test(test_rtp_gaps),
		cmocka_unit_test(test_rtp_reorder),
		cmocka_unit_test(test_rtp_jitter),
		cmocka_unit_test(test_rtp_every_header_byte_counts),
		cmocka_unit_test(test_the_password_stays_out_of_reports),
		cmocka_unit_test(test_failures_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
