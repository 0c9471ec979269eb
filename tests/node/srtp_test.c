/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_test.c - what is let in of SRTP and SRTCP: forged, replayed, short, from too many SSRCs (security.md M1-M5). */
#include <string.h>

#include "tests/node/lib/rtp_peer.h"

static struct dp_media *media(void)
{
	return lab.world->core[0]->media;
}

static struct rtp_packet audio(uint32_t ssrc, uint16_t seq)
{
	return (struct rtp_packet){
		.pt = PT_OPUS, .seq = seq, .ts = seq * 960u, .ssrc = ssrc, .mid = "0", .payload = "sound", .len = 5};
}

static void open_room(uint32_t profile, const struct lab_options *o)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	rtp_open(2, profile, o);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	r = rtp_route(0, &t, 1);
	rtp_tell_track(&t);
	rtp_tell_route(&r);
}

static void through(const struct rtp_packet *p)
{
	struct rtp_got g;

	rtp_send(0, p);
	rtp_expect(1, &g);
}

static void forged(uint32_t profile, const struct lab_options *o)
{
	struct rtp_packet p = audio(0xa0, 100);
	struct dp_srtp_stream before;
	uint8_t buf[RTP_MAX], next[RTP_MAX];
	struct dp_stream *s;
	struct rtp_got g;
	size_t len, next_len;

	open_room(profile, o);
	/* an SSRC that nobody has heard of leaves nothing behind */
	len = rtp_protect(0, &p, buf);
	buf[len - 1] ^= 1;
	media_send(&rtp_peer[0].c, buf, len);
	ASSERT_DROP(DROP_SRTP_AUTH, 1);
	assert_int_equal(media()->stream_used, 0);
	p = audio(0xa0, 101);
	through(&p);
	s = dp_stream_find(media(), 0, 0xa0);
	before = s->srtp;
	p = audio(0xa0, 102);
	next_len = rtp_protect(0, &p, next);
	/* every byte of a packet, and a jump that would move the ROC */
	p = audio(0xa0, 40101);
	len = rtp_protect(0, &p, buf);
	for (size_t at = 2; at < len; at++) {
		if (at >= 8 && at < 12)
			continue; /* another SSRC: below */
		buf[at] ^= 0x80;
		if (wire_rtp_parse(buf, len, &(struct wire_rtp){0}))
			media_send(&rtp_peer[0].c, buf, len);
		buf[at] ^= 0x80;
	}
	rtp_expect_nothing(1);
	assert_true(ASSERT_SOME_DROPS(DROP_SRTP_AUTH) > 20);
	assert_memory_equal(&s->srtp, &before, sizeof(before));
	for (size_t at = 8; at < 12; at++) {
		buf[at] ^= 0x80;
		media_send(&rtp_peer[0].c, buf, len);
		buf[at] ^= 0x80;
	}
	ASSERT_DROP(DROP_SRTP_AUTH, 4);
	assert_int_equal(media()->stream_used, 1);
	media_send(&rtp_peer[0].c, next, next_len);
	rtp_expect(1, &g);
	ASSERT_NO_DROPS();
	assert_true(media()->session[0].bad_packets > 20);
}

/* covers: R4 */
static void forged_gcm(void **state)
{
	(void)state;
	forged(SHM_SRTP_GCM_128, NULL);
}

/* covers: R4 */
static void forged_cm(void **state)
{
	(void)state;
	forged(SHM_SRTP_CM_SHA1_80, NULL);
}

/* covers: R4 */
static void forged_portable(void **state)
{
	const struct lab_options o = {.media = "srtp = libsrtp"};

	(void)state;
	forged(SHM_SRTP_GCM_128, &o);
}

/* covers: R3 */
static void replayed(void **state)
{
	uint8_t buf[200][256];
	size_t len[200];

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	for (uint16_t n = 0; n < 200; n++) {
		struct rtp_packet p = audio(0xa0, (uint16_t)(65500 + n));
		struct rtp_got g;
		uint8_t b[RTP_MAX];

		len[n] = rtp_protect(0, &p, b);
		memcpy(buf[n], b, len[n]);
		media_send(&rtp_peer[0].c, buf[n], len[n]);
		rtp_expect(1, &g);
		media_send(&rtp_peer[0].c, buf[n], len[n]); /* at once */
	}
	ASSERT_DROP(DROP_SRTP_REPLAY, 200);
	for (unsigned int n = 0; n < 200; n++) /* and after 199 to 0 others */
		media_send(&rtp_peer[0].c, buf[n], len[n]);
	ASSERT_DROP(DROP_SRTP_REPLAY, 200);
	rtp_expect_nothing(1);
}

/* Twice in one burst, of an SSRC that is not known yet. */
/* covers: R3 */
static void replayed_in_a_burst(void **state)
{
	struct rtp_packet p = audio(0xa0, 1);
	uint8_t buf[RTP_MAX];
	struct rtp_got g;
	struct frame f;
	size_t len;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	len = rtp_protect(0, &p, buf);
	frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, NULL);
	for (unsigned int i = 0; i < 10; i++)
		lab_send(0, &f);
	lab_settle();
	rtp_expect(1, &g);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_SRTP_REPLAY, 9);
	assert_int_equal(media()->stream_used, 1);
}

/* covers: R4 */
static void first_ones_lost_at_the_wrap(void **state)
{
	struct rtp_packet p;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	for (uint16_t n = 0; n < 10; n++) {
		uint8_t buf[RTP_MAX];

		p = audio(0xa0, (uint16_t)(65530 + n)); /* 65530 to 65532 are lost */
		if (n < 3)
			rtp_protect(0, &p, buf);
		else
			through(&p);
	}
	p = audio(0xa1, 5); /* another SSRC has its own rollover counter */
	p.mid = "0";
	rtp_send(0, &p);
	ASSERT_NO_DROPS();
	assert_int_equal(dp_stream_find(media(), 0, 0xa0)->srtp.roc, 1);
	assert_int_equal(dp_stream_find(media(), 0, 0xa1)->srtp.roc, 0);
}

/* covers: R3 */
static void new_keys(void **state)
{
	struct rtp_packet p = audio(0xa0, 1);
	uint8_t old[RTP_MAX];
	size_t len;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	through(&p);
	p = audio(0xa0, 2);
	len = rtp_protect(0, &p, old);
	rtp_keys(0, SHM_SRTP_CM_SHA1_80, 1);
	rtp_keys(1, SHM_SRTP_GCM_256, 1);
	media_send(&rtp_peer[0].c, old, len);
	ASSERT_DROP(DROP_SRTP_AUTH, 1);
	p = audio(0xa0, 3);
	through(&p);
	ASSERT_NO_DROPS();
}

static void short_ones(void **state)
{
	uint8_t buf[64] = {0x80, 111, 0, 1};

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	for (size_t len = 1; len < WIRE_RTP_HDR_LEN + 16; len++)
		media_send(&rtp_peer[0].c, buf, len);
	ASSERT_DROP(DROP_SRTP_SHORT, WIRE_RTP_HDR_LEN + 15);
	buf[0] = 0x9f; /* fifteen CSRCs and an extension that are not there */
	media_send(&rtp_peer[0].c, buf, 40);
	ASSERT_DROP(DROP_SRTP_SHORT, 1);
	memcpy(buf, "\x80\xc8\x00\x01", 4);
	for (size_t len = 2; len < 8 + 16 + 4; len++)
		media_send(&rtp_peer[0].c, buf, len);
	ASSERT_DROP(DROP_SRTP_SHORT, 8 + 16 + 2);
	assert_int_equal(media()->stream_used, 0);
}

static void rtcp_is_told_apart(void **state)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1, 0, 0, 0, 1};
	uint8_t buf[RTP_MAX];
	size_t len;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	len = rtcp_protect(1, rr, sizeof(rr), buf);
	media_send(&rtp_peer[1].c, buf, len);
	ASSERT_NO_DROPS();
	media_send(&rtp_peer[1].c, buf, len);
	ASSERT_DROP(DROP_SRTP_REPLAY, 1);
	len = rtcp_protect(1, rr, sizeof(rr), buf);
	buf[len - 1] ^= 1;
	media_send(&rtp_peer[1].c, buf, len);
	ASSERT_DROP(DROP_SRTP_AUTH, 1);
	assert_int_equal(media()->stream_used, 1);
	rtcp_send(1, rr, sizeof(rr));
	ASSERT_NO_DROPS();
}

/* One session, very many SSRCs: it has its places and no more, and its real stream goes on. */
/* covers: R5 */
static void many_ssrcs(void **state)
{
	struct rtp_packet p = audio(0xa0, 1), q;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	through(&p);
	for (uint32_t n = 0; n < 200; n++) {
		memset(&rtp_peer[0].out_stream[1], 0, sizeof(rtp_peer[0].out_stream[1]));
		q = audio(0x1000 + n, 7);
		q.mid = "none of ours";
		rtp_send(0, &q);
		if (n % 10)
			continue;
		p.seq++;
		through(&p);
	}
	assert_int_equal(media()->stream_used, DP_STREAMS_OF_SESSION);
	assert_non_null(dp_stream_find(media(), 0, 0xa0));
	ASSERT_DROP(DROP_RTP_NO_TRACK, 200);
}

/* All at the same moment: those of this burst keep their places, the rest is refused. */
/* covers: R5 */
static void many_ssrcs_in_a_burst(void **state)
{
	uint8_t buf[RTP_MAX];
	struct frame f;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	for (uint32_t n = 0; n < 60; n++) {
		struct rtp_packet p = audio(0x1000 + n, 7);
		size_t len;

		p.mid = "none of ours";
		memset(&rtp_peer[0].out_stream[1], 0, sizeof(rtp_peer[0].out_stream[1]));
		rtp_peer[0].out_stream[0].ssrc = 1;
		len = rtp_protect(0, &p, buf);
		frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, NULL);
		lab_send(0, &f);
	}
	lab_settle();
	assert_int_equal(media()->stream_used, DP_STREAMS_OF_SESSION);
	ASSERT_SOME_DROPS(DROP_STREAM_FULL);
}

/* RTP from an address that is no session's path (M1). */
/* covers: R1 */
static void from_elsewhere(void **state)
{
	struct rtp_packet p = audio(0xa0, 1);
	struct media_client thief;
	uint8_t buf[RTP_MAX];
	size_t len;

	(void)state;
	open_room(SHM_SRTP_GCM_128, NULL);
	media_client(&thief, 0, 5, "198.18.0.99:5000");
	len = rtp_protect(0, &p, buf);
	media_send(&thief, buf, len);
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	rtp_expect_nothing(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(forged_gcm),
		rtp_test(forged_cm),
		rtp_test(forged_portable),
		rtp_test(replayed),
		rtp_test(replayed_in_a_burst),
		rtp_test(first_ones_lost_at_the_wrap),
		rtp_test(new_keys),
		rtp_test(short_ones),
		rtp_test(rtcp_is_told_apart),
		rtp_test(many_ssrcs),
		rtp_test(many_ssrcs_in_a_burst),
		rtp_test(from_elsewhere),
	};

	return cmocka_run_group_tests_name("srtp", tests, NULL, NULL);
}
