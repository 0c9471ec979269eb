/* SPDX-License-Identifier: BSD-3-Clause */
/* report_test.c - RTCP of streams that end at the gateway: two of them tell each other what they hear and say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "control/transcode/report.h"
#include "engine/base/clock.h"

#define MS     UINT64_C(1000000)
#define WALL   (UINT64_C(1700000000) * EN_NS_PER_S) /* when the test's clock says 0 */
#define A_SSRC 0xaaaa
#define B_SSRC 0xbbbb

static struct cp_report a, b;
static uint64_t now_ns;
static struct cp_report_asks asks;

static void begin(void)
{
	now_ns = 1000 * MS;
	cp_report_begin(&a, 8000, A_SSRC, 8000, now_ns);
	cp_report_begin(&b, 8000, B_SSRC, 8000, now_ns);
}

/* A packet of a's, which takes so long; drop: it is lost. */
static void packet(unsigned int n, uint64_t takes_ns, bool drop)
{
	const struct wire_rtp h = {.ssrc = A_SSRC, .seq = (uint16_t)n, .ts = 1000u + n * 160u, .payload_len = 160};

	cp_report_said(&a, &h, now_ns);
	if (!drop)
		cp_report_heard(&b, &h, now_ns + takes_ns);
	now_ns += 20 * MS;
}

/* Its next compound, within 7.5 s. */
static uint32_t next(struct cp_report *r, uint8_t bytes[CP_REPORT_MAX])
{
	uint64_t end = now_ns + 7600 * MS;
	uint32_t len = 0;

	for (; !len && now_ns < end; now_ns += 10 * MS)
		len = cp_report_write(r, now_ns, WALL + now_ns, bytes);
	return len;
}

static void both_know(void **state)
{
	uint8_t bytes[CP_REPORT_MAX];
	struct wire_rtcp_walk walk;
	struct wire_report about;
	const uint8_t *cname;
	struct wire_rtcp pkt;
	struct wire_sr sr;
	uint64_t sent_ns;
	uint8_t cname_len;
	uint32_t len;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 100; i++)
		packet(65500 + i, 0, i % 10 == 5); /* the numbers go around */
	len = next(&a, bytes);
	assert_true(len > 0 && wire_rtcp_check(bytes, len));
	walk = wire_rtcp_walk(bytes, len);
	assert_true(wire_rtcp_next(&walk, &pkt) && wire_rtcp_sr(&pkt, &sr));
	assert_int_equal(sr.ssrc, A_SSRC);
	assert_int_equal(sr.packets, 100);
	assert_int_equal(sr.octets, 16000);
	assert_false(wire_rtcp_report(&pkt, 0, &about)); /* it hears nothing */
	sent_ns = now_ns - 10 * MS;
	assert_int_equal(sr.ntp, wire_ntp(WALL + sent_ns));
	/* the time of the stream at that moment: it began at 1000 ms */
	assert_int_equal(sr.rtp, 1000 + 65500 * 160u + (sent_ns / MS - 1000) * 8);
	assert_true(wire_rtcp_next(&walk, &pkt));
	assert_true(wire_rtcp_cname(&pkt, A_SSRC, &cname, &cname_len));
	assert_int_equal(cname_len, 10);
	/* b hears it 30 ms later, and answers in its turn */
	now_ns += 20 * MS;
	assert_false(cp_report_read(&b, bytes, len, now_ns, WALL + now_ns, &asks));
	len = next(&b, bytes);
	assert_true(len > 0);
	walk = wire_rtcp_walk(bytes, len);
	assert_true(wire_rtcp_next(&walk, &pkt));
	assert_int_equal(pkt.type, WIRE_RTCP_RR); /* it says nothing */
	assert_true(wire_rtcp_report(&pkt, 0, &about));
	assert_int_equal(about.ssrc, A_SSRC);
	assert_int_equal(about.lost, 10);
	assert_int_equal(about.fraction, 10 * 256 / 100);
	assert_int_equal(about.jitter, 0);
	now_ns += 20 * MS; /* and 30 ms back */
	assert_false(cp_report_read(&a, bytes, len, now_ns, WALL + now_ns, &asks));
	assert_int_equal(a.lost, 10);
	assert_int_equal(a.fraction, 25);
	assert_in_range(a.rtt_us, 59000, 61000);
}

static void when(void **state)
{
	uint8_t bytes[CP_REPORT_MAX];
	uint64_t last;

	(void)state;
	begin();
	assert_int_equal(next(&a, bytes), 0); /* nothing to tell */
	for (unsigned int i = 0; i < 20; i++) {
		last = now_ns;
		packet(i, 0, false);
		assert_true(next(&a, bytes) > 0);
		assert_in_range(now_ns - last, i ? 2500 * MS : 0, 7600 * MS);
	}
	now_ns += 20000 * MS; /* who is silent for long is no sender any more */
	assert_int_equal(next(&a, bytes), 0);
	assert_true(next(&b, bytes) > 0);
	assert_int_equal(next(&b, bytes), 0);
}

/* Another stream under the same roof begins from nothing. */
static void another_source(void **state)
{
	const struct wire_rtp h = {.ssrc = 7, .seq = 30000, .ts = 5, .payload_len = 10};
	uint8_t bytes[CP_REPORT_MAX];
	struct wire_rtcp_walk walk;
	struct wire_report about;
	struct wire_rtcp pkt;
	uint32_t len;

	(void)state;
	begin();
	packet(1, 0, false);
	packet(2, 0, false);
	cp_report_heard(&b, &h, now_ns);
	len = next(&b, bytes);
	walk = wire_rtcp_walk(bytes, len);
	assert_true(wire_rtcp_next(&walk, &pkt) && wire_rtcp_report(&pkt, 0, &about));
	assert_int_equal(about.ssrc, 7);
	assert_int_equal(about.lost, 0);
}

static void what_is_asked(void **state)
{
	static const uint16_t missing[] = {65535, 0, 3, 40};
	uint8_t bytes[CP_REPORT_ASK_MAX];
	const uint32_t ours[] = {7, A_SSRC};
	struct en_writer w;
	uint32_t len;

	(void)state;
	begin();
	assert_int_equal(cp_report_ask(&b, A_SSRC, false, NULL, 0, bytes), 0);
	len = cp_report_ask(&b, A_SSRC, true, missing, 4, bytes);
	assert_true(cp_report_read(&a, bytes, len, now_ns, WALL, &asks));
	assert_true(asks.key);
	assert_int_equal(asks.nack_n, 4);
	assert_memory_equal(asks.nack, missing, sizeof(missing));
	assert_false(cp_report_read(&b, bytes, len, now_ns, WALL, &asks)); /* it is not of b's stream */
	assert_false(asks.key);
	for (uint32_t n = 0; n < len; n++) /* broken ones say nothing that was not said */
		if (cp_report_read(&a, bytes, n, now_ns, WALL, &asks))
			assert_true(n == 20 && asks.key && asks.nack_n == 0);
	w = en_writer(bytes, sizeof(bytes));
	wire_rtcp_put_rr(&w, B_SSRC, NULL, 0);
	wire_rtcp_put_fir(&w, B_SSRC, A_SSRC, 3);
	wire_rtcp_put_remb(&w, B_SSRC, 250000, ours, 2);
	assert_true(cp_report_read(&a, bytes, (uint32_t)en_written(&w), now_ns, WALL, &asks));
	assert_true(asks.key);
	assert_in_range(asks.bps, 249000, 250000);
	assert_false(cp_report_read(&b, bytes, (uint32_t)en_written(&w), now_ns, WALL, &asks));
}

static void too_many(void **state)
{
	uint16_t missing[3 * CP_REPORT_NACKS];
	uint8_t bytes[CP_REPORT_ASK_MAX], long_one[1200];
	struct en_writer w = en_writer(long_one, sizeof(long_one));
	uint32_t len;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 3 * CP_REPORT_NACKS; i++)
		missing[i] = (uint16_t)(i * 20);
	len = cp_report_ask(&b, A_SSRC, true, missing, 3 * CP_REPORT_NACKS, bytes);
	assert_true(cp_report_read(&a, bytes, len, now_ns, WALL, &asks));
	assert_int_equal(asks.nack_n, CP_REPORT_NACKS);
	wire_rtcp_put_nack(&w, B_SSRC, A_SSRC, missing, 3 * CP_REPORT_NACKS);
	assert_true(w.ok && cp_report_read(&a, long_one, (uint32_t)en_written(&w), now_ns, WALL, &asks));
	assert_int_equal(asks.nack_n, CP_REPORT_NACKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_know),     cmocka_unit_test(when),     cmocka_unit_test(another_source),
		cmocka_unit_test(what_is_asked), cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
