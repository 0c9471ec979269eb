/* SPDX-License-Identifier: BSD-3-Clause */
/* track_test.c - tracks and routes: loudness, ends, hostile commands, what is too big and what runs out. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/media/rewrite.h"
#include "tests/node/lib/forward_scene.h"
#include "tests/node/lib/pieces.h"

/* --- loudness, ends ------------------------------------------------------------------------------ */

static void levels_are_told(void **state)
{
	struct rtp_packet p;
	struct shm_msg msg;
	unsigned int told = 0;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	for (uint16_t n = 0; n < 50; n++) {
		p = audio(n);
		p.level = (uint8_t)(n == 25 ? 0x80 | 10 : 60);
		rtp_send(0, &p);
		lab_pass(20 * LAB_MS, LAB_MS);
	}
	while (media_hear(0, &msg)) {
		assert_int_equal(msg.type, SHM_MSG_LEVEL);
		assert_int_equal(msg.level.track.index, 0);
		assert_int_equal(msg.level.track.generation, 1);
		assert_true(msg.level.level == 60 || msg.level.level == 10);
		assert_int_equal(msg.level.voice, msg.level.level == 10);
		told++;
	}
	assert_in_range(told, 5, 6);
}

static void ends(void **state)
{
	struct shm_msg_end end = {.what = {.index = 0, .generation = 1}};
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = video(1, true);

	(void)state;
	t = one_route(SHM_TRACK_VIDEO, GCM);
	through(&p);
	media_command(0, SHM_MSG_ROUTE_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	p = video(2, true);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	r = rtp_route(3, &t, 1);
	rtp_tell_route(&r);
	p = video(3, true);
	through(&p);
	media_command(0, SHM_MSG_TRACK_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	assert_int_equal(media()->track_used, 0);
	p = video(4, true);
	rtp_send(0, &p);
	ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	media_command(0, SHM_MSG_ROUTE_END, &end, sizeof(end));
	media_expect_refusal(0, SHM_MSG_ROUTE_END, SHM_REFUSED_STALE);
	r.ssrc = 0x7777; /* N1 of route.c: an SSRC is not used again under the same keys */
	rtp_tell_track(&t);
	rtp_tell_route(&r);
	p = video(5, true);
	through(&p);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	assert_int_equal(media()->track_used, 0);
	assert_int_equal(media()->stream_used, 0);
}

static void a_receiver_leaves(void **state)
{
	struct shm_msg_end end = {.what = {.index = 1, .generation = 1}};
	struct rtp_packet p = audio(1);

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	assert_int_equal(media()->route_used, 0);
	p = audio(2);
	rtp_send(0, &p);
	assert_int_equal(media()->track[0].first_route, DP_NONE);
	ASSERT_NO_DROPS();
}

static void hostile_commands(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	(void)state;
	t = one_route(SHM_TRACK_AUDIO, GCM);
	t.track.index = UINT32_MAX;
	rtp_tell_track(&t);
	media_expect_refusal(0, SHM_MSG_TRACK, SHM_REFUSED_RANGE);
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	t.pt_n = SHM_PTS_MAX + 1; /* this the lane itself passes over */
	rtp_tell_track(&t);
	media_expect_silence();
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	memset(t.mid, 'm', sizeof(t.mid));
	rtp_tell_track(&t);
	media_expect_silence();
	t = rtp_track(0, 1, SHM_TRACK_AUDIO, "0");
	t.session.generation++;
	rtp_tell_track(&t);
	media_expect_refusal(0, SHM_MSG_TRACK, SHM_REFUSED_STALE);
	r = rtp_route(5, &t, 1); /* of a track that is not there */
	rtp_tell_route(&r);
	media_expect_refusal(0, SHM_MSG_ROUTE, SHM_REFUSED_STALE);
	r.track.index = UINT32_MAX;
	rtp_tell_route(&r);
	media_expect_refusal(0, SHM_MSG_ROUTE, SHM_REFUSED_RANGE);
	assert_int_equal(media()->route_used, 1);
	assert_int_equal(media()->track_used, 1);
}

/* Extensions of any size and a long mid: the header stays within its room. */
static void long_header(void **state)
{
	struct shm_msg_track t;
	struct shm_msg_route r;
	struct rtp_packet p = audio(1);
	struct wire_ext e;
	struct rtp_got g;

	(void)state;
	rtp_open(2, GCM, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	rtp_tell_track(&t);
	r = rtp_route(0, &t, 1);
	memset(r.mid, 'm', sizeof(r.mid) - 1);
	r.ext[SHM_EXT_LEVEL] = 200; /* two-byte form */
	rtp_tell_route(&r);
	p.level = 5;
	rtp_send(0, &p);
	rtp_expect(1, &g);
	assert_true(ext_of(&g, SUB_MID, &e) && e.len == sizeof(r.mid) - 1);
	assert_true(ext_of(&g, 200, &e) && e.len == 1 && e.value[0] == 5);
	rtp_assert_payload(&g, "sound", 5);
}

/* Longer than a frame can be: it comes in fragments, and is longer than a packet buffer. */
static void too_big(void **state)
{
	static const uint8_t payload[DP_RTP_PAYLOAD_MAX + 1];
	struct rtp_packet p = audio(1);
	uint8_t buf[RTP_MAX];
	struct datagram d;
	size_t len;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	p.payload = payload;
	p.len = sizeof(payload);
	len = rtp_protect(0, &p, buf);
	datagram_udp(&d, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, buf, len, 7);
	pieces_send(&d, 1400);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_RTP_BIG, 1);
}

/* RFC 3711 s9.2: 2^48 packets under one key, and no more. */
static void indexes_run_out(void **state)
{
	struct rtp_packet p = audio(1);

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	media()->route[0].srtp.roc = UINT32_MAX;
	media()->route[0].srtp.seq = 0xffff;
	media()->route[0].seq_delta = (uint16_t)-2;
	media()->route[0].last_seq = 0xffff;
	media()->route[0].from = 0xffff;
	p = audio(2);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	ASSERT_DROP(DROP_SRTP_EXHAUSTED, 1);
}

/* More copies than there are buffers: they are counted, and every buffer comes back. */
static void buffers_run_out(void **state)
{
	struct rte_mempool *pool;
	struct rtp_packet p = audio(1);
	unsigned int n = 0, have;
	struct rte_mbuf **all;

	(void)state;
	one_route(SHM_TRACK_AUDIO, GCM);
	through(&p);
	pool = lab.world->media_pool;
	have = rte_mempool_avail_count(pool);
	all = calloc(have, sizeof(*all));
	assert_non_null(all);
	while (n < have && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	p = audio(2);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	assert_int_equal(lab_counter(CTR_FORWARD_NO_BUFFER), 1);
	while (n)
		rte_pktmbuf_free(all[--n]);
	free(all);
	p = audio(3);
	through(&p);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(levels_are_told), rtp_test(ends),    rtp_test(a_receiver_leaves), rtp_test(hostile_commands),
		rtp_test(long_header),     rtp_test(too_big), rtp_test(indexes_run_out),   rtp_test(buffers_run_out),
	};

	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
