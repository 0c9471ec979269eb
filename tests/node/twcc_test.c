/* SPDX-License-Identifier: BSD-3-Clause */
/* twcc_test.c - transport-wide feedback: to a publisher, what came when of all its streams; and that of a receiver. */
#include "dataplane/media/twcc.h"
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

/* --- receivers --------------------------------------------------------------------------- */

/* Peer 1 receives both tracks, and numbers. */
static void receiver(void)
{
	rtp_open(2, SHM_SRTP_GCM_128, NULL);
	for (unsigned int i = 0; i < 2; i++) {
		struct shm_msg_route r;

		track[i] = rtp_track(0, i, i ? SHM_TRACK_VIDEO : SHM_TRACK_AUDIO, i ? "1" : "0");
		rtp_tell_track(&track[i]);
		r = rtp_route(i, &track[i], 1);
		r.ext[SHM_EXT_TWCC] = SUB_TWCC;
		rtp_tell_route(&r);
	}
}

static uint16_t number_of(const struct rtp_got *g)
{
	struct wire_ext e;

	assert_true(wire_ext_find(&g->h, g->b, SUB_TWCC, &e) && e.len == 2);
	return en_load16(e.value);
}

/* One feedback on n numbers from base on; came_ns by the receiver's clock, 0: lost. */
static void tell(uint16_t base, const uint64_t *came_ns, unsigned int n)
{
	uint8_t buf[1024];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	assert_int_equal(wire_rtcp_put_twcc(&w, 0x77, SUB_SSRC(1), 0, base, came_ns, n), n);
	assert_true(w.ok);
	rtcp_send(1, buf, en_written(&w));
}

static const struct dp_twcc_out *path(void)
{
	return &lab.world->core[0]->media->twcc->out[1];
}

static void receivers_get_numbers_over_all_streams(void **state)
{
	struct rtp_got g;
	uint16_t first = 0;

	(void)state;
	receiver();
	for (unsigned int i = 0; i < 20; i++) {
		send_one(i % 3 ? VIDEO : AUDIO);
		rtp_expect(1, &g);
		if (i == 0)
			first = number_of(&g);
		assert_int_equal(number_of(&g), (uint16_t)(first + i));
	}
	ASSERT_NO_DROPS();
}

static void receivers_tell_loss_and_delay(void **state)
{
	uint64_t came_ns[100];
	uint16_t first;
	struct rtp_got g;

	(void)state;
	receiver();
	for (unsigned int i = 0; i < 100; i++) {
		/* by a clock of its own, 20 ms on the way; the second half in a queue of 30 ms more */
		came_ns[i] = lab.now_ns + 777 * EN_NS_PER_S + (i < 50 ? 20 : 50) * LAB_MS;
		send_one(VIDEO);
		rtp_expect(1, &g);
		lab_pass(LAB_MS, LAB_MS);
	}
	first = (uint16_t)(number_of(&g) - 99);
	came_ns[10] = came_ns[20] = 0;
	tell(first, came_ns, 50);
	assert_int_equal(path()->came, 48);
	assert_int_equal(path()->lost, 2);
	assert_in_range(path()->delay_us, 0, 500);
	/* the same once more, and one of the lost ones came after all */
	came_ns[20] = came_ns[21];
	tell(first, came_ns, 50);
	assert_int_equal(path()->came, 49);
	assert_int_equal(path()->lost, 1);
	tell((uint16_t)(first + 50), came_ns + 50, 50);
	assert_int_equal(path()->came, 99);
	assert_in_range(path()->delay_us, 25000, 30500);
	assert_int_equal(lab_counter(CTR_TWCC_RECEIVED), 3);
	assert_int_equal(lab_counter(CTR_TWCC_CAME), 99);
	assert_int_equal(lab_counter(CTR_TWCC_LOST), 2);
	ASSERT_NO_DROPS();
}

/* What was never sent, 65535 numbers in a few bytes, over and over: nothing comes of it. */
static void hostile_feedback(void **state)
{
	static const uint8_t chunks[] = {0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff,
					 0x1f, 0xff, 0x1f, 0xff, 0x1f, 0xff, 0x00, 0x07, 0x00, 0x00};
	uint8_t buf[1400];
	struct en_writer w = en_writer(buf, sizeof(buf));
	struct rtp_got g;

	(void)state;
	receiver();
	send_one(VIDEO);
	rtp_expect(1, &g);
	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	for (unsigned int i = 0; i < 30; i++) {
		uint8_t *head = wire_rtcp_begin(&w, WIRE_RTPFB_TWCC, WIRE_RTCP_RTPFB);

		en_put32(&w, 0x77);
		en_put32(&w, SUB_SSRC(1));
		en_put16(&w, (uint16_t)(number_of(&g) + 1));
		en_put16(&w, 0xffff);
		en_put32(&w, 0);
		en_put(&w, chunks, sizeof(chunks));
		wire_rtcp_end(&w, head);
	}
	assert_true(w.ok);
	rtcp_send(1, buf, en_written(&w));
	assert_int_equal(path()->lost, 0);
	assert_int_equal(lab_counter(CTR_TWCC_LOST), 0);
	send_one(VIDEO);
	rtp_expect(1, &g);
	ASSERT_NO_DROPS();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(over_all_streams),
		rtp_test(what_is_missing_and_what_comes_late),
		rtp_test(whatever_it_is),
		rtp_test(many_at_once),
		rtp_test(who_does_not_number_gets_a_rate),
		rtp_test(receivers_get_numbers_over_all_streams),
		rtp_test(receivers_tell_loss_and_delay),
		rtp_test(hostile_feedback),
	};

	return cmocka_run_group_tests_name("twcc", tests, NULL, NULL);
}
