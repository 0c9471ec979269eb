/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtcp_scene.h - one publisher of video, up to two receivers, and the RTCP that they say.
 *
 * Peer 0 publishes under SSRC, peers 1 and 2 receive it on routes 0 and 1.
 */
#ifndef TESTS_NODE_RTCP_SCENE_H
#define TESTS_NODE_RTCP_SCENE_H

#include "engine/wire/rtcp.h"
#include "tests/node/lib/rtp_peer.h"

#define SSRC  0x1000u
#define RTX   0x1001u
#define FIRST 100
#define TS    90000u

static struct shm_msg_track track;
static struct shm_msg_route route[2];

static inline void send_number(uint16_t seq, bool key)
{
	const struct rtp_packet p = {
		.pt = PT_VP8,
		.seq = seq,
		.ts = TS,
		.ssrc = SSRC,
		.mid = "v",
		.payload = key ? KEY_FRAME : DELTA_FRAME,
		.len = key ? sizeof(KEY_FRAME) - 1 : sizeof(DELTA_FRAME) - 1,
	};

	rtp_send(0, &p);
}

static inline void scene(uint32_t profile, unsigned int receivers, const struct lab_options *o)
{
	rtp_open(1 + receivers, profile, o);
	track = rtp_track(0, 0, SHM_TRACK_VIDEO, "v");
	rtp_tell_track(&track);
	for (unsigned int i = 0; i < receivers; i++) {
		route[i] = rtp_route(i, &track, 1 + i);
		rtp_tell_route(&route[i]);
	}
}

static inline void begin(unsigned int receivers)
{
	scene(SHM_SRTP_GCM_128, receivers, NULL);
	send_number(FIRST, true);
}

static inline struct dp_media *md(void)
{
	return lab.world->core[0]->media;
}

/* The next packet of this kind that a peer got; false: none. Others are passed over. */
static inline bool next_rtcp(unsigned int peer, uint8_t type, int count, struct rtp_got *g, struct wire_rtcp *ret_pkt)
{
	while (rtcp_recv(peer, g)) {
		struct wire_rtcp_walk w = wire_rtcp_walk(g->b, g->len);

		assert_true(wire_rtcp_check(g->b, g->len));
		assert_int_equal(g->b[1], WIRE_RTCP_RR); /* RFC 3550 s6.1: a report is first */
		while (wire_rtcp_next(&w, ret_pkt))
			if (ret_pkt->type == type && (count < 0 || ret_pkt->count == count))
				return true;
	}
	return false;
}

static inline unsigned int count_rtcp(unsigned int peer, uint8_t type, int count)
{
	struct wire_rtcp pkt;
	unsigned int n = 0;
	struct rtp_got g;

	while (next_rtcp(peer, type, count, &g, &pkt))
		n++;
	return n;
}

static inline void send_sr(uint64_t ntp, uint32_t rtp)
{
	const struct wire_sr sr = {.ssrc = SSRC, .ntp = ntp, .rtp = rtp, .packets = 1, .octets = 1};
	uint8_t buf[128];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_sr(&w, &sr, NULL, 0);
	rtcp_send(0, buf, en_written(&w));
}

static inline void send_nack(unsigned int peer, uint32_t ssrc, const uint16_t *seq, unsigned int n)
{
	uint8_t buf[1200];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_nack(&w, 0x77, ssrc, seq, n);
	assert_true(w.ok);
	rtcp_send(peer, buf, en_written(&w));
}

static inline void send_pli(unsigned int peer, uint32_t ssrc)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	wire_rtcp_put_pli(&w, 0x77, ssrc);
	rtcp_send(peer, buf, en_written(&w));
}

#endif
