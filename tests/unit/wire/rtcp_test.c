/* SPDX-License-Identifier: BSD-3-Clause */
/* rtcp_test.c - compounds, reports, feedback and extended reports: read, written, and refused (security.md M8). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "engine/wire/rtcp_twcc.h"
#include "tests/harness/exact.h"

#define CAP 1500

/* One packet that was written, in a block of its own. */
struct one {
	struct exact e;
	struct wire_rtcp pkt;
};

static struct one reread(const struct en_writer *w)
{
	struct one o = {.e = exact_copy(w->start, en_written(w), 0)};
	struct wire_rtcp_walk walk = wire_rtcp_walk(o.e.data, en_written(w));

	assert_true(w->ok);
	assert_true(wire_rtcp_check(o.e.data, en_written(w)));
	assert_true(wire_rtcp_next(&walk, &o.pkt));
	assert_ptr_equal(walk.p, walk.end);
	return o;
}

static void done(struct one *o)
{
	exact_free(&o->e);
}

static bool check_exact(const uint8_t *data, size_t len)
{
	struct exact e = exact_copy(data, len, len % 4);
	bool ok = wire_rtcp_check(e.data, len);

	exact_free(&e);
	return ok;
}

static const struct wire_report two[2] = {
	{.ssrc = 1, .fraction = 7, .lost = -3, .ext_seq = 0x10005, .jitter = 9, .lsr = 0xaabbccdd, .dlsr = 65536},
	{.ssrc = 2, .fraction = 255, .lost = 0x7fffff, .ext_seq = 1, .jitter = UINT32_MAX, .lsr = 0, .dlsr = 0},
};

static void same_report(const struct wire_report *a, const struct wire_report *b)
{
	assert_int_equal(a->ssrc, b->ssrc);
	assert_int_equal(a->fraction, b->fraction);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->ext_seq, b->ext_seq);
	assert_int_equal(a->jitter, b->jitter);
	assert_int_equal(a->lsr, b->lsr);
	assert_int_equal(a->dlsr, b->dlsr);
}

/* --- compounds -------------------------------------------------------------------- */

static void lengths_must_add_up(void **state)
{
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	size_t first, all;

	(void)state;
	wire_rtcp_put_rr(&w, 5, two, 2);
	first = en_written(&w);
	wire_rtcp_put_cname(&w, (const uint32_t[]){5}, 1, "abc");
	all = en_written(&w);
	assert_true(w.ok);
	for (size_t len = 0; len < all; len++)
		assert_int_equal(check_exact(buf, len), len == first);
	assert_true(check_exact(buf, all));
	buf[first] = 0x41; /* another version in the second */
	assert_false(check_exact(buf, all));
}

/* AST-2017-008: a report that is its head only. */
static void four_octets_are_a_packet(void **state)
{
	(void)state;
	for (unsigned int type = 192; type <= 223; type++) {
		for (unsigned int count = 0; count < 32; count++) {
			const uint8_t p[4] = {(uint8_t)(0x80 | count), (uint8_t)type, 0, 0};
			struct exact e = exact_copy(p, 4, 0);
			struct wire_rtcp_walk w = wire_rtcp_walk(e.data, 4);
			struct wire_xr_walk xw = {0};
			const uint8_t *cname;
			struct wire_report rep;
			struct wire_rtcp pkt;
			struct wire_sr sr;
			struct wire_fb fb;
			struct wire_xr xr;
			uint32_t ssrc;
			uint8_t len;

			assert_true(wire_rtcp_check(e.data, 4));
			assert_true(wire_rtcp_next(&w, &pkt));
			assert_int_equal(pkt.len, 0);
			assert_false(wire_rtcp_sr(&pkt, &sr));
			assert_false(wire_rtcp_report(&pkt, 0, &rep));
			assert_false(wire_rtcp_sender(&pkt, &ssrc));
			assert_false(wire_rtcp_bye(&pkt, 0, &ssrc));
			assert_false(wire_rtcp_cname(&pkt, 0, &cname, &len));
			assert_false(wire_rtcp_fb(&pkt, &fb));
			assert_false(wire_xr_next(&pkt, &xw, &xr));
			assert_false(wire_rtcp_next(&w, &pkt));
			exact_free(&e);
		}
	}
}

static void padding_is_the_last_packets(void **state)
{
	/* an RR without reports, four bytes of padding; then a plain one */
	uint8_t p[20] = {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 201, 0, 1, 0, 0, 0, 1};
	struct wire_rtcp_walk w = wire_rtcp_walk(p, 12);
	struct wire_rtcp pkt;

	(void)state;
	assert_true(check_exact(p, 12));
	assert_true(wire_rtcp_next(&w, &pkt));
	assert_int_equal(pkt.len, 4);
	assert_false(check_exact(p, 20));
	for (unsigned int n = 0; n < 256; n++) {
		p[11] = (uint8_t)n;
		assert_int_equal(check_exact(p, 12), n == 4 || n == 8);
	}
	assert_false(check_exact((const uint8_t[]){0xa0, 201, 0, 0}, 4)); /* padded, and nothing there */
}

/* As Chromium sends it: one byte of padding, with another packet behind it. */
static void padding_of_transport_wide_feedback(void **state)
{
	static const uint8_t p[32] = {0xaf, 205, 0, 5, 0, 0, 0, 1, 0,    0, 0, 2,
				      0,    9,   0, 1, 0, 0, 1, 0, 0x20, 1, 4, 1, /* number 9 came */
				      0x80, 201, 0, 1, 0, 0, 0, 1};
	uint8_t alone[24];
	struct wire_rtcp_walk w = wire_rtcp_walk(p, sizeof(p));
	struct wire_twcc_walk tw = {0};
	struct wire_twcc_packet one;
	struct wire_twcc t;
	struct wire_rtcp pkt;
	struct wire_fb fb;

	(void)state;
	assert_true(check_exact(p, sizeof(p)));
	assert_true(wire_rtcp_next(&w, &pkt) && wire_rtcp_fb(&pkt, &fb) && wire_twcc(&fb, &t));
	assert_true(wire_twcc_next(&t, &tw, &one) && one.seq == 9 && one.came && one.delta == 4);
	assert_true(wire_rtcp_next(&w, &pkt) && pkt.type == WIRE_RTCP_RR);
	memcpy(alone, p, sizeof(alone));
	for (unsigned int n = 0; n < 256; n++) {
		alone[23] = (uint8_t)n;
		assert_int_equal(check_exact(alone, sizeof(alone)), n >= 1 && n <= 20);
	}
}

/* --- reports ---------------------------------------------------------------------- */

static void sender_report_comes_back(void **state)
{
	const struct wire_sr sr = {
		.ssrc = 0x11223344, .ntp = 0xe000000012345678, .rtp = 90000, .packets = 3, .octets = 4};
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_report rep;
	struct wire_sr got;
	struct one o;

	(void)state;
	wire_rtcp_put_sr(&w, &sr, two, 2);
	o = reread(&w);
	assert_int_equal(o.pkt.type, WIRE_RTCP_SR);
	assert_true(wire_rtcp_sr(&o.pkt, &got));
	assert_int_equal(got.ssrc, sr.ssrc);
	assert_int_equal(got.ntp, sr.ntp);
	assert_int_equal(got.rtp, sr.rtp);
	assert_int_equal(got.packets, sr.packets);
	assert_int_equal(got.octets, sr.octets);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(wire_rtcp_report(&o.pkt, i, &rep));
		same_report(&rep, &two[i]);
	}
	assert_false(wire_rtcp_report(&o.pkt, 2, &rep));
	done(&o);
}

static void receiver_report_comes_back(void **state)
{
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_report rep, many[32] = {0};
	struct wire_sr sr;
	uint32_t ssrc;
	struct one o;

	(void)state;
	wire_rtcp_put_rr(&w, 77, two, 2);
	o = reread(&w);
	assert_true(wire_rtcp_sender(&o.pkt, &ssrc));
	assert_int_equal(ssrc, 77);
	assert_false(wire_rtcp_sr(&o.pkt, &sr));
	assert_true(wire_rtcp_report(&o.pkt, 1, &rep));
	same_report(&rep, &two[1]);
	o.pkt.count = 31; /* says more than there is */
	assert_false(wire_rtcp_report(&o.pkt, 2, &rep));
	done(&o);
	w = en_writer(buf, sizeof(buf));
	wire_rtcp_put_rr(&w, 1, many, 31);
	assert_true(w.ok);
	wire_rtcp_put_rr(&w, 1, many, 32);
	assert_false(w.ok);
}

static void names_come_back(void **state)
{
	static char name[WIRE_RTCP_CNAME_MAX + 2];
	const uint32_t ssrc[3] = {1, 2, 3};

	(void)state;
	for (unsigned int len = 0; len <= WIRE_RTCP_CNAME_MAX + 1; len++) {
		uint8_t buf[CAP];
		struct en_writer w = en_writer(buf, sizeof(buf));
		const uint8_t *got;
		uint8_t got_len;
		struct one o;

		memset(buf, 0xff, sizeof(buf));
		memset(name, 'n', len);
		wire_rtcp_put_cname(&w, ssrc, 3, name);
		assert_int_equal(w.ok, len <= WIRE_RTCP_CNAME_MAX);
		if (!w.ok)
			continue;
		o = reread(&w);
		for (unsigned int i = 0; i < 3; i++) {
			assert_true(wire_rtcp_cname(&o.pkt, ssrc[i], &got, &got_len));
			assert_int_equal(got_len, len);
			assert_memory_equal(got, name, len);
		}
		assert_false(wire_rtcp_cname(&o.pkt, 4, &got, &got_len));
		done(&o);
	}
}

static void sdes_cut_anywhere(void **state)
{
	/* SSRC 9: TOOL "x", CNAME "ab", end; without the end the items run into nothing */
	const uint8_t body[] = {0, 0, 0, 9, 6, 1, 'x', 1, 2, 'a', 'b', 0};
	const uint8_t *cname;
	uint8_t len;

	(void)state;
	for (size_t n = 0; n <= sizeof(body); n++) {
		struct exact e = exact_copy(body, n, 0);
		struct wire_rtcp pkt = {.type = WIRE_RTCP_SDES, .count = 1, .body = e.data, .len = (uint32_t)n};

		assert_int_equal(wire_rtcp_cname(&pkt, 9, &cname, &len), n >= 11);
		exact_free(&e);
	}
}

static void goodbye_comes_back(void **state)
{
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	uint32_t ssrc;
	struct one o;

	(void)state;
	wire_rtcp_put_bye(&w, (const uint32_t[]){3, 4}, 2);
	o = reread(&w);
	assert_true(wire_rtcp_bye(&o.pkt, 1, &ssrc));
	assert_int_equal(ssrc, 4);
	assert_false(wire_rtcp_bye(&o.pkt, 2, &ssrc));
	o.pkt.count = 5;
	assert_false(wire_rtcp_bye(&o.pkt, 2, &ssrc));
	done(&o);
}

/* --- feedback --------------------------------------------------------------------- */

static void key_frame_requests_come_back(void **state)
{
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_fb fb;
	uint32_t ssrc;
	uint8_t seq;
	struct one o;

	(void)state;
	wire_rtcp_put_pli(&w, 1, 2);
	o = reread(&w);
	assert_true(wire_rtcp_fb(&o.pkt, &fb));
	assert_int_equal(o.pkt.type, WIRE_RTCP_PSFB);
	assert_int_equal(o.pkt.count, WIRE_PSFB_PLI);
	assert_int_equal(fb.sender, 1);
	assert_int_equal(fb.media, 2);
	assert_int_equal(fb.fci_len, 0);
	assert_false(wire_fir(&fb, 0, &ssrc, &seq));
	done(&o);
	w = en_writer(buf, sizeof(buf));
	wire_rtcp_put_fir(&w, 1, 9, 200);
	o = reread(&w);
	assert_true(wire_rtcp_fb(&o.pkt, &fb));
	assert_int_equal(fb.media, 0);
	assert_true(wire_fir(&fb, 0, &ssrc, &seq));
	assert_int_equal(ssrc, 9);
	assert_int_equal(seq, 200);
	assert_false(wire_fir(&fb, 1, &ssrc, &seq));
	done(&o);
}

static void nack_of(const uint16_t *seq, unsigned int n, size_t words)
{
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_nack_walk walk = {0};
	struct wire_fb fb;
	uint16_t got;
	struct one o;

	wire_rtcp_put_nack(&w, 1, 2, seq, n);
	assert_int_equal(en_written(&w), 12 + words * 4);
	o = reread(&w);
	assert_true(wire_rtcp_fb(&o.pkt, &fb));
	for (unsigned int i = 0; i < n; i++) {
		assert_true(wire_nack_next(&fb, &walk, &got));
		assert_int_equal(got, seq[i]);
	}
	assert_false(wire_nack_next(&fb, &walk, &got));
	done(&o);
}

static void lost_numbers_come_back(void **state)
{
	uint16_t run[34];
	struct wire_nack_walk walk = {0};
	struct wire_fb fb = {.fci = (const uint8_t *)"\0\1\0", .fci_len = 3};
	uint16_t seq;

	(void)state;
	for (unsigned int i = 0; i < 34; i++)
		run[i] = (uint16_t)(0xfff0 + i);
	nack_of(run, 0, 0);
	nack_of(run, 1, 1);
	nack_of(run, 17, 1);
	nack_of(run, 18, 2);
	nack_of(run, 34, 2);
	nack_of((const uint16_t[]){1, 17, 18}, 3, 2);
	assert_false(wire_nack_next(&fb, &walk, &seq)); /* half an entry */
}

static void estimate_comes_back(void **state)
{
	static const uint64_t bps[] = {0, 1, 0x3ffff, 0x40000, 5000000, UINT64_C(1) << 40, UINT64_MAX};
	const uint32_t ssrc[2] = {8, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(bps) / sizeof(bps[0]); i++) {
		uint8_t buf[CAP];
		struct en_writer w = en_writer(buf, sizeof(buf));
		struct wire_remb remb;
		struct wire_fb fb;
		struct one o;

		wire_rtcp_put_remb(&w, 1, bps[i], ssrc, 2);
		o = reread(&w);
		assert_true(wire_rtcp_fb(&o.pkt, &fb));
		assert_true(wire_remb(&fb, &remb));
		assert_true(remb.bps <= bps[i] && bps[i] - remb.bps <= bps[i] >> 17);
		assert_int_equal(remb.ssrc_n, 2);
		assert_int_equal(wire_remb_ssrc(&remb, 1), 9);
		fb.fci_len -= 4; /* says more SSRCs than there are */
		assert_false(wire_remb(&fb, &remb));
		done(&o);
	}
}

static void estimate_beyond_all_bounds(void **state)
{
	const uint8_t fci[] = {'R', 'E', 'M', 'B', 0, 0xff, 0xff, 0xff};
	struct wire_fb fb = {.fci = fci, .fci_len = 8};
	struct wire_remb remb;

	(void)state;
	assert_true(wire_remb(&fb, &remb));
	assert_true(remb.bps == UINT64_MAX);
	fb.fci = (const uint8_t *)"RIMB\0\0\0\0";
	assert_false(wire_remb(&fb, &remb));
}

/* --- extended reports --------------------------------------------------------------- */

static void extended_reports_come_back(void **state)
{
	const struct wire_dlrr in[2] = {{1, 2, 3}, {4, 5, 6}};
	uint8_t buf[CAP];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct wire_xr_walk walk = {0};
	struct wire_dlrr dlrr;
	struct wire_xr xr;
	uint64_t ntp;
	struct one o;

	(void)state;
	wire_rtcp_put_rrtr(&w, 7, 0x0123456789abcdef);
	o = reread(&w);
	assert_true(wire_xr_next(&o.pkt, &walk, &xr));
	assert_true(wire_xr_rrtr(&xr, &ntp));
	assert_true(ntp == 0x0123456789abcdef);
	assert_false(wire_xr_dlrr(&xr, 0, &dlrr));
	assert_false(wire_xr_next(&o.pkt, &walk, &xr));
	done(&o);
	w = en_writer(buf, sizeof(buf));
	walk = (struct wire_xr_walk){0};
	wire_rtcp_put_dlrr(&w, 7, in, 2);
	o = reread(&w);
	assert_true(wire_xr_next(&o.pkt, &walk, &xr));
	assert_true(wire_xr_dlrr(&xr, 1, &dlrr));
	assert_int_equal(dlrr.ssrc, 4);
	assert_int_equal(dlrr.lrr, 5);
	assert_int_equal(dlrr.dlrr, 6);
	assert_false(wire_xr_dlrr(&xr, 2, &dlrr));
	done(&o);
}

static void block_longer_than_its_report(void **state)
{
	const uint8_t body[] = {0, 0, 0, 1, WIRE_XR_RRTR, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8};
	struct wire_rtcp pkt = {.type = WIRE_RTCP_XR, .body = body, .len = sizeof(body)};
	struct wire_xr_walk walk = {0};
	struct wire_xr xr;

	(void)state;
	assert_false(wire_xr_next(&pkt, &walk, &xr));
	assert_false(wire_xr_next(&pkt, &walk, &xr));
}

static void time_of_day(void **state)
{
	(void)state;
	assert_true(wire_ntp(0) == UINT64_C(2208988800) << 32);
	assert_true(wire_ntp(UINT64_C(1500000000)) == ((UINT64_C(2208988801) << 32) | 0x80000000));
	assert_int_equal(wire_ntp_mid(0x1111222233334444), 0x22223333);
}

static void no_room_is_no_write(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 12; cap++) {
		uint8_t *buf = malloc(cap ? cap : 1);
		struct en_writer w = en_writer(buf, cap);

		wire_rtcp_put_pli(&w, 1, 2);
		assert_false(w.ok);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_must_add_up),
		cmocka_unit_test(four_octets_are_a_packet),
		cmocka_unit_test(padding_is_the_last_packets),
		cmocka_unit_test(padding_of_transport_wide_feedback),
		cmocka_unit_test(sender_report_comes_back),
		cmocka_unit_test(receiver_report_comes_back),
		cmocka_unit_test(names_come_back),
		cmocka_unit_test(sdes_cut_anywhere),
		cmocka_unit_test(goodbye_comes_back),
		cmocka_unit_test(key_frame_requests_come_back),
		cmocka_unit_test(lost_numbers_come_back),
		cmocka_unit_test(estimate_comes_back),
		cmocka_unit_test(estimate_beyond_all_bounds),
		cmocka_unit_test(extended_reports_come_back),
		cmocka_unit_test(block_longer_than_its_report),
		cmocka_unit_test(time_of_day),
		cmocka_unit_test(no_room_is_no_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
