/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet_test.c - what is read and written of packets, SRTCP, and the life of keys.
 * Every case runs for both backends and all profiles.
 */
#include "tests/unit/srtp/kit.h"

#include "tests/harness/alloc_count.h"
#include "tests/harness/exact.h"

#define SSRC 0x55667788

struct end {
	struct dp_srtp *srtp;
	struct dp_srtp_keys *tx, *rx;
	struct dp_srtp_stream out, in;
	bool portable;
};

typedef void (*case_fn)(struct end *e);

static void for_all(case_fn run)
{
	for (unsigned int portable = 0; portable < 2; portable++)
		for (unsigned int p = 0; p < KIT_PROFILES; p++) {
			struct kit kit;
			struct end e;

			kit_start(&kit, portable);
			e = (struct end){.srtp = kit.srtp, .tx = kit.tx[p], .rx = kit.rx[p], .portable = portable};
			run(&e);
			kit_stop(&kit);
		}
}

/* Header with CSRCs and an extension of `words`, 50 bytes of payload */
static void rich(struct kit_packet *p, uint16_t seq, unsigned int csrcs, unsigned int words)
{
	kit_rtp(p, SSRC, seq, 0);
	p->bytes[0] = (uint8_t)(0x90 | csrcs);
	en_store16(p->bytes + 12 + 4 * csrcs + 2, (uint16_t)words);
	p->len = kit_header_len(p->bytes) + 50;
}

static void lengths(struct end *e)
{
	struct kit_packet p;

	rich(&p, 1, 3, 2);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_OK);
	assert_int_equal(p.len, 12 + 12 + 12 + 50 + dp_srtp_overhead(e->tx));
	for (uint32_t len = 0; len < p.len; len++)
		for (unsigned int told = 0; told < 2; told++) { /* header_len: as it is, and as short as the packet */
			struct exact copy = exact_copy(p.bytes, len, 0);
			struct dp_srtp_job j = {.keys = e->rx, .stream = &e->in, .dst = copy.data, .len = len};
			struct dp_srtp_stream before = e->in;

			j.header_len = told && len < 36 ? len : 36;
			dp_srtp_unprotect(e->srtp, &j, 1);
			assert_int_equal(j.status, len < 36 + dp_srtp_overhead(e->rx) ? DP_SRTP_SHORT : DP_SRTP_AUTH);
			assert_memory_equal(&e->in, &before, sizeof(before));
			exact_free(&copy);
		}
	assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->rx, &e->in, &p), DP_SRTP_OK);
	assert_int_equal(p.len, 36 + 50);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for_all(lengths);
}

static void headers(struct end *e)
{
	for (unsigned int given = 0; given < 120; given++) {
		struct dp_srtp_job j;
		struct kit_packet p;

		rich(&p, (uint16_t)(given + 1), 1, 4);
		j = kit_job(e->tx, &e->out, &p);
		j.header_len = given;
		dp_srtp_protect(e->srtp, &j, 1);
		assert_int_equal(j.status, given == 12 + 4 + 4 + 16 ? DP_SRTP_OK : DP_SRTP_SHORT);
	}
}

static void a_header_length_that_the_header_denies_is_refused(void **state)
{
	(void)state;
	for_all(headers);
}

static void apart(struct end *e)
{
	struct kit_packet in_place, out, src;
	struct dp_srtp_stream twin = e->out;

	for (uint32_t payload = 0; payload < 300; payload++) {
		struct kit_packet plain;
		struct dp_srtp_job j;
		struct exact from;

		kit_rtp(&plain, SSRC, (uint16_t)payload, payload);
		in_place = plain;
		assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &twin, &in_place), DP_SRTP_OK);
		from = exact_copy(plain.bytes + 12, payload, payload % 16);
		memset(&out, 0xee, sizeof(out));
		memcpy(out.bytes, plain.bytes, 12);
		j = (struct dp_srtp_job){.keys = e->tx,
					 .stream = &e->out,
					 .src = from.data,
					 .dst = out.bytes,
					 .header_len = 12,
					 .len = plain.len};
		dp_srtp_protect(e->srtp, &j, 1);
		assert_int_equal(j.status, DP_SRTP_OK);
		assert_int_equal(j.len, in_place.len);
		assert_memory_equal(out.bytes, in_place.bytes, in_place.len);
		assert_memory_equal(from.data, plain.bytes + 12, payload);
		for (uint32_t i = j.len; i < KIT_PACKET; i++)
			assert_int_equal(out.bytes[i], 0xee);
		exact_free(&from);
		out.len = j.len;
		src = out;
		assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->rx, &e->in, &src), DP_SRTP_OK);
		assert_memory_equal(src.bytes, plain.bytes, plain.len);
		for (uint32_t i = out.len; i < KIT_PACKET; i++)
			assert_int_equal(src.bytes[i], 0xee);
	}
}

static void out_of_place_writes_the_packet_only(void **state)
{
	(void)state;
	for_all(apart);
}

/* --- SRTCP --------------------------------------------------------------------------- */

static void rtcp(struct kit_packet *p, uint32_t words)
{
	kit_rtp(p, SSRC, (uint16_t)words, 0);
	p->bytes[1] = 201;
	en_store32(p->bytes + 4, SSRC);
	p->len = 8 + 4 * words;
}

static void reports(struct end *e)
{
	static struct kit_packet sent[150], plain[150];

	for (unsigned int i = 0; i < 150; i++) {
		rtcp(&plain[i], i % 40);
		sent[i] = plain[i];
		assert_int_equal(kit_one(dp_srtcp_protect, e->srtp, e->tx, &e->out, &sent[i]), DP_SRTP_OK);
		assert_int_equal(sent[i].len, plain[i].len + dp_srtcp_overhead(e->tx));
		assert_int_equal(e->out.rtcp_index, i + 1);
	}
	for (unsigned int i = 0; i < 150; i++) {
		unsigned int at = i ? i - 1 : 149; /* the last one first: 22 are too old then */
		struct kit_packet p = sent[at];
		struct dp_srtp_stream before = e->in;

		p.bytes[p.len - 12 + i % 12] ^= 1;
		assert_int_not_equal(kit_one(dp_srtcp_unprotect, e->srtp, e->rx, &e->in, &p), DP_SRTP_OK);
		assert_memory_equal(&e->in, &before, sizeof(before));
		p = sent[at];
		assert_int_equal(kit_one(dp_srtcp_unprotect, e->srtp, e->rx, &e->in, &p),
				 i && at <= 149 - DP_SRTP_WINDOW ? DP_SRTP_REPLAY : DP_SRTP_OK);
		if (!i || at > 149 - DP_SRTP_WINDOW)
			assert_memory_equal(p.bytes, plain[at].bytes, plain[at].len);
		p = sent[at];
		assert_int_equal(kit_one(dp_srtcp_unprotect, e->srtp, e->rx, &e->in, &p), DP_SRTP_REPLAY);
	}
	assert_false(e->in.started);
}

static void rtcp_is_protected_and_replays_are_refused(void **state)
{
	(void)state;
	for_all(reports);
}

static void short_reports(struct end *e)
{
	struct kit_packet p;

	for (uint32_t len = 0; len < 8; len++) {
		rtcp(&p, 0);
		p.len = len;
		assert_int_equal(kit_one(dp_srtcp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_SHORT);
	}
	rtcp(&p, 4);
	assert_int_equal(kit_one(dp_srtcp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_OK);
	for (uint32_t len = 0; len < p.len; len++) {
		struct exact copy = exact_copy(p.bytes, len, 0);
		struct dp_srtp_job j = {.keys = e->rx, .stream = &e->in, .dst = copy.data, .len = len};

		dp_srtcp_unprotect(e->srtp, &j, 1);
		if (len < 8 + dp_srtcp_overhead(e->rx))
			assert_int_equal(j.status, DP_SRTP_SHORT);
		else
			assert_int_equal(j.status, DP_SRTP_AUTH);
		exact_free(&copy);
	}
	assert_false(e->in.rtcp_started);
}

static void every_truncation_of_rtcp_is_refused(void **state)
{
	(void)state;
	for_all(short_reports);
}

/* --- keys -------------------------------------------------------------------------------- */

static void wrong_keys(struct end *e)
{
	struct kit_packet p;

	kit_rtp(&p, SSRC, 1, 60);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->rx, &e->out, &p), DP_SRTP_SHORT);
	assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->tx, &e->in, &p), DP_SRTP_SHORT);
	assert_int_equal(kit_one(dp_srtp_protect, e->srtp, e->tx, &e->out, &p), DP_SRTP_OK);
	dp_srtp_keys_clear(e->srtp, e->rx);
	dp_srtp_keys_clear(e->srtp, e->rx);
	assert_int_equal(kit_one(dp_srtp_unprotect, e->srtp, e->rx, &e->in, &p), DP_SRTP_SHORT);
	assert_int_equal(kit_one(dp_srtcp_unprotect, e->srtp, e->rx, &e->in, &p), DP_SRTP_SHORT);
	for (uint32_t i = 0; i < dp_srtp_keys_size(); i++) /* the flag of the direction is no secret */
		if (i < 8 || i >= 64)
			assert_int_equal(((const uint8_t *)e->rx)[i], 0);
	assert_int_equal(dp_srtp_overhead(e->rx), 0);
}

static void keys_serve_one_direction_and_are_wiped(void **state)
{
	(void)state;
	for_all(wrong_keys);
}

static void profiles_that_are_not_known(void **state)
{
	uint8_t nothing[32] = {0};

	(void)state;
	for (unsigned int portable = 0; portable < 2; portable++) {
		struct dp_srtp *s = kit_srtp(portable);
		struct dp_srtp_keys *k = aligned_alloc(64, dp_srtp_keys_size());

		for (uint32_t profile = 0; profile < 300; profile++) {
			bool known = profile == 1 || profile == 2 || profile == 7 || profile == 8;

			assert_int_equal(dp_srtp_keys_set(s, k, profile, nothing, nothing, true), known);
			dp_srtp_keys_clear(s, k);
		}
		free(k);
		dp_srtp_destroy(s);
	}
}

static void thrifty(struct end *e)
{
	static struct kit_packet p[100];
	struct dp_srtp_job job[100];
	unsigned long before;

	if (e->portable)
		return; /* libsrtp2 allocates */
	for (unsigned int i = 0; i < 100; i++) {
		kit_rtp(&p[i], SSRC, (uint16_t)i, 200);
		job[i] = kit_job(e->tx, &e->out, &p[i]);
	}
	before = alloc_count;
	dp_srtp_protect(e->srtp, job, 100);
	for (unsigned int i = 0; i < 100; i++)
		job[i] = (struct dp_srtp_job){
			.keys = e->rx, .stream = &e->in, .dst = p[i].bytes, .header_len = 12, .len = job[i].len};
	dp_srtp_unprotect(e->srtp, job, 100);
	dp_srtcp_protect(e->srtp, job, 0);
	dp_srtcp_unprotect(e->srtp, job, 0);
	assert_int_equal(alloc_count, before);
	assert_int_equal(job[99].status, DP_SRTP_OK);
}

static void packets_cost_no_allocation(void **state)
{
	(void)state;
	for_all(thrifty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_header_length_that_the_header_denies_is_refused),
		cmocka_unit_test(out_of_place_writes_the_packet_only),
		cmocka_unit_test(rtcp_is_protected_and_replays_are_refused),
		cmocka_unit_test(every_truncation_of_rtcp_is_refused),
		cmocka_unit_test(keys_serve_one_direction_and_are_wiped),
		cmocka_unit_test(profiles_that_are_not_known),
		cmocka_unit_test(packets_cost_no_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
