/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inside_test.c - sessions whose far end is the control process: what they publish comes down and is forwarded, what
 * they receive goes up, in clear.
 */
#include <string.h>

#include "tests/node/lib/forward_scene.h"

#define INSIDE 9

static struct media_client inside;
static struct shm_msg_track track;
static uint8_t packet[2000];

static size_t rtp(uint32_t ssrc, uint8_t pt, uint16_t seq, size_t n)
{
	const struct wire_rtp h = {.pt = pt, .seq = seq, .ts = seq * 960u, .ssrc = ssrc};

	wire_rtp_build(packet, &h);
	memset(packet + WIRE_RTP_HDR_LEN, (int)seq, n);
	return WIRE_RTP_HDR_LEN + n;
}

static void say(uint16_t seq, size_t n)
{
	size_t len = rtp(0x77, PT_OPUS, seq, n);

	media_rtp(0, inside.set.session, packet, (uint32_t)len);
}

/* Two peers, and one that is inside. */
static void begin(void)
{
	rtp_open(2, GCM, NULL);
	media_client(&inside, 0, INSIDE, "198.18.0.99:9");
	inside.set.ice = SHM_ICE_INSIDE;
	media_install(&inside);
	media_expect_silence();
}

static void publishes(unsigned int to)
{
	struct shm_msg_route r;

	track = rtp_track(0, 3, SHM_TRACK_AUDIO, "0");
	track.session = inside.set.session;
	track.ssrc_n = 1;
	track.ssrc[0] = 0x77;
	rtp_tell_track(&track);
	r = rtp_route(0, &track, to);
	rtp_tell_route(&r);
}

static void is_forwarded(void **state)
{
	uint16_t first = 0;
	struct rtp_got g;

	(void)state;
	begin();
	publishes(1);
	for (uint16_t seq = 100; seq < 130; seq++) {
		say(seq, 60);
		rtp_expect(1, &g);
		assert_int_equal(g.h.ssrc, SUB_SSRC(0));
		assert_int_equal(g.h.payload_len, 60);
		assert_int_equal(g.b[g.h.payload_off], seq);
		if (seq == 100)
			first = g.h.seq;
		assert_int_equal(g.h.seq, (uint16_t)(first + seq - 100));
	}
	rtp_expect_nothing(0);
	ASSERT_NO_DROPS();
	/* the same once more is not forwarded, and nothing of no track is */
	say(129, 60);
	rtp_expect_nothing(1);
	media_rtp(0, inside.set.session, packet, (uint32_t)rtp(0x77, 5, 131, 10));
	ASSERT_DROP(DROP_RTP_PT, 1);
}

static void is_heard(void **state)
{
	struct shm_msg_route r;
	struct rtp_packet p;
	struct shm_msg msg;
	struct wire_rtp h;

	(void)state;
	begin();
	track = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&track);
	r = rtp_route(0, &track, 1);
	rtp_tell_route(&r);
	r = rtp_route(1, &track, 1);
	r.session = inside.set.session;
	rtp_tell_route(&r);
	for (uint16_t seq = 0; seq < 20; seq++) {
		struct rtp_got g;

		p = audio(seq);
		rtp_send(0, &p);
		rtp_expect(1, &g); /* the other receiver has its own */
		media_expect(0, SHM_MSG_RTP, &msg);
		assert_int_equal(msg.packet.head.session.index, INSIDE);
		assert_true(wire_rtp_parse(msg.packet.bytes, msg.packet.head.len, &h));
		assert_int_equal(h.ssrc, SUB_SSRC(1));
		assert_int_equal(h.pt, SUB_PT_OPUS);
		assert_int_equal(h.payload_len, 5);
		assert_memory_equal(msg.packet.bytes + h.payload_off, "sound", 5);
	}
	media_expect_silence();
	r.paused = 1;
	rtp_tell_route(&r);
	p = audio(21);
	rtp_send(0, &p);
	media_expect_silence();
	r.paused = 0;
	rtp_tell_route(&r);
	ASSERT_NO_DROPS();
	/* with nobody there who could hear it is counted, and the others get theirs */
	rtp_forget();
	media_detach();
	p = audio(22);
	rtp_send(0, &p);
	assert_int_equal(lab_counter(CTR_FORWARD_NO_BUFFER), 1);
	ASSERT_NO_DROPS();
}

/* Nobody outside can be its far end. */
static void has_no_far_end(void **state)
{
	struct shm_msg_leg leg = {0};

	(void)state;
	begin();
	leg.session = inside.set.session;
	media_command(0, SHM_MSG_LEG, &leg, sizeof(leg));
	media_expect_refusal(0, SHM_MSG_LEG, SHM_REFUSED_RANGE);
	media_begin(&inside);
	media_send(&inside, inside.buf, 60);
	lab_expect_nothing();
	assert_int_equal(media_session(&inside)->state, SHM_SESSION_NEW);
	media_inject(0, inside.set.session, "\x16", 1);
	lab_expect_nothing();
	assert_int_equal(lab_counter(CTR_INJECT_NO_PATH), 1);
}

/* Too much of everything; nothing of a session that has just ended. */
static void bounds(void **state)
{
	const struct shm_msg_end end = {.what = {.index = INSIDE, .generation = 1}};
	struct rtp_got g;

	(void)state;
	begin();
	publishes(1);
	for (uint32_t ssrc = 0x100; ssrc < 0x100 + 3 * DP_STREAMS_OF_SESSION; ssrc++)
		media_rtp(0, inside.set.session, packet, (uint32_t)rtp(ssrc, 5, 1, 10));
	assert_true(media_session(&inside)->stream_n <= DP_STREAMS_OF_SESSION);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 3 * DP_STREAMS_OF_SESSION);
	say(1, 60);
	rtp_expect(1, &g);
	media_rtp(0, inside.set.session, "\x80\xc9\x00\x01\x00\x00\x00\x07", 8); /* RTCP */
	media_rtp(0, inside.set.session, "\x80", 1);
	ASSERT_DROP(DROP_STREAM_FULL, 2);
	media_rtp_then(0, inside.set.session, packet, (uint32_t)rtp(0x77, PT_OPUS, 2, 60), SHM_MSG_SESSION_END, &end,
		       sizeof(end));
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_BRIDGE_NOWHERE, 1);
	say(3, 60);
	rtp_expect_nothing(1);
	assert_int_equal(lab_counter(CTR_INJECT_NO_PATH), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(is_forwarded),
		rtp_test(is_heard),
		rtp_test(has_no_far_end),
		rtp_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
