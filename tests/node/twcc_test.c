/* SPDX-License-Identifier: BSD-3-Clause */
/* twcc_test.c - transport-wide feedback to a publisher: what came when, of all its streams. */
#include "engine/wire/rtcp_twcc.h"
#include "tests/node/lib/rtp_peer.h"

#define AUDIO 0xa0u
#define VIDEO 0xb0u

static struct shm_msg_track track[2];

static void send_one(uint32_t ssrc)
{
	static uint16_t seq = 1;
	const struct rtp_packet p = {
		.pt = ssrc == AUDIO ? PT_OPUS : PT_VP8,
		.seq = seq++,
		.ssrc = ssrc,
		.mid = ssrc == AUDIO ? "0" : "1",
		.payload = KEY_FRAME,
		.len = sizeof(KEY_FRAME) - 1,
	};

	rtp_send(0, &p);
}

/* What the peer was told of each number: the tick it came at, or -1: it did not come. */
struct told {
	uint16_t base;
	unsigned int n;
	int64_t tick[1024];
	uint8_t number;
	uint32_t media;
};

static bool next_feedback(struct told *ret)
{
	struct wire_rtcp pkt;
	struct rtp_got g;

	while (rtcp_recv(0, &g)) {
		struct wire_rtcp_walk w = wire_rtcp_walk(g.b, g.len);

		assert_int_equal(g.b[1], WIRE_RTCP_RR);
		while (wire_rtcp_next(&w, &pkt)) {
			struct wire_twcc_walk walk = {0};
			struct wire_twcc_packet one;
			struct wire_twcc t;
			struct wire_fb fb;
			int64_t at;

			if (pkt.type != WIRE_RTCP_RTPFB || pkt.count != WIRE_RTPFB_TWCC)
				continue;
			assert_true(wire_rtcp_fb(&pkt, &fb) && wire_twcc(&fb, &t));
			*ret = (struct told){.base = t.base, .number = t.number, .media = fb.media};
			at = t.ref * (int64_t)(WIRE_TWCC_REF_NS / WIRE_TWCC_TICK_NS);
			while (wire_twcc_next(&t, &walk, &one)) {
				at += one.delta;
				ret->tick[ret->n++] = one.came ? at : -1;
			}
			assert_int_equal(ret->n, t.count);
			return true;
		}
	}
	return false;
}

static void scene(void)
{
	struct told t;

	rtp_open(1, SHM_SRTP_GCM_128, NULL);
	track[0] = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	track[1] = rtp_track(0, 1, SHM_TRACK_VIDEO, "1");
	rtp_tell_track(&track[0]);
	rtp_tell_track(&track[1]);
	/* at the beginning of an interval, and with numbers from 1 on */
	send_one(VIDEO);
	for (unsigned int ms = 0; !next_feedback(&t); ms++) {
		assert_in_range(ms, 0, 60);
		lab_pass(LAB_MS, LAB_MS);
	}
}

static void feedback(struct told *ret)
{
	lab_pass(110 * LAB_MS, LAB_MS);
	if (!next_feedback(ret))
		fail_msg("no feedback");
}

static void over_all_streams(void **state)
{
	uint64_t sent[6];
	struct told t;

	(void)state;
	scene();
	rtp_peer[0].twcc = 65533;
	for (unsigned int i = 0; i < 6; i++) {
		sent[i] = lab.now_ns;
		send_one(i % 2 ? AUDIO : VIDEO);
		lab.now_ns += i * LAB_MS;
	}
	feedback(&t);
	assert_int_equal(t.base, 65533);
	assert_int_equal(t.n, 6);
	assert_true(t.media == AUDIO || t.media == VIDEO);
	for (unsigned int i = 0; i < 6; i++)
		assert_in_range(t.tick[i] - t.tick[0] + 1, (sent[i] - sent[0]) / WIRE_TWCC_TICK_NS,
				(sent[i] - sent[0]) / WIRE_TWCC_TICK_NS + 2);
	/* nothing came: nothing to tell */
	lab_pass(200 * LAB_MS, LAB_MS);
	assert_false(next_feedback(&t));
	send_one(VIDEO);
	feedback(&t);
	assert_int_equal(t.base, 3);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.number, 2);
	assert_int_equal(lab_counter(CTR_TWCC_SENT), 3);
}

static void what_is_missing_and_what_comes_late(void **state)
{
	struct told t;

	(void)state;
	scene();
	send_one(VIDEO);
	rtp_peer[0].twcc = 4;
	send_one(VIDEO);
	feedback(&t);
	assert_int_equal(t.n, 4);
	assert_true(t.tick[0] >= 0 && t.tick[1] == -1 && t.tick[2] == -1 && t.tick[3] >= 0);
	/* one of those that were missing: told of again from there on */
	rtp_peer[0].twcc = 3;
	send_one(VIDEO);
	feedback(&t);
	assert_int_equal(t.base, 3);
	assert_int_equal(t.n, 2);
	assert_true(t.tick[0] > t.tick[1] && t.tick[1] >= 0);
	/* a sender that begins anew */
	rtp_peer[0].twcc = 30000;
	send_one(VIDEO);
	feedback(&t);
	assert_int_equal(t.base, 30000);
	assert_int_equal(t.n, 1);
}

/* Retransmissions, duplicates and probes count as well: the number is the transport's. */
static void whatever_it_is(void **state)
{
	const struct rtp_packet probe = {.pt = PT_RTX, .ssrc = 0xb1, .mid = "1", .pad = 200, .payload = ""};
	struct told t;

	(void)state;
	scene();
	send_one(VIDEO);
	rtp_send(0, &probe);
	send_one(AUDIO);
	feedback(&t);
	assert_int_equal(t.n, 3);
	assert_true(t.tick[1] >= 0);
}

static void many_at_once(void **state)
{
	struct told t;
	uint16_t next = 1;

	(void)state;
	scene();
	for (unsigned int i = 0; i < 700; i++)
		send_one(i % 10 ? VIDEO : AUDIO);
	lab_pass(60 * LAB_MS, LAB_MS);
	while (next_feedback(&t)) {
		assert_int_equal(t.base, next);
		for (unsigned int i = 0; i < t.n; i++)
			assert_true(t.tick[i] >= 0);
		next = (uint16_t)(next + t.n);
	}
	assert_int_equal(next, 701);
}

static void who_does_not_number_gets_a_rate(void **state)
{
	struct told t;

	(void)state;
	scene();
	send_one(VIDEO);
	lab_pass(1500 * LAB_MS, LAB_MS);
	assert_false(rtcp_wants(0, WIRE_RTCP_PSFB, WIRE_PSFB_AFB));
	for (unsigned int i = 0; i < 2; i++) {
		track[i].ext[SHM_EXT_TWCC] = 0;
		rtp_tell_track(&track[i]);
	}
	send_one(VIDEO);
	lab_pass(60 * LAB_MS, LAB_MS);
	assert_false(next_feedback(&t));
	lab_pass(1500 * LAB_MS, LAB_MS);
	assert_true(rtcp_wants(0, WIRE_RTCP_PSFB, WIRE_PSFB_AFB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(over_all_streams), rtp_test(what_is_missing_and_what_comes_late), rtp_test(whatever_it_is),
		rtp_test(many_at_once),     rtp_test(who_does_not_number_gets_a_rate),
	};

	return cmocka_run_group_tests_name("twcc", tests, NULL, NULL);
}
