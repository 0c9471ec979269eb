/* SPDX-License-Identifier: BSD-3-Clause */
/* forward_scene.h - a publisher of audio and video and its receivers: what goes in as peer 0's, and comes out. */
#ifndef TESTS_NODE_FORWARD_SCENE_H
#define TESTS_NODE_FORWARD_SCENE_H

#include "tests/node/lib/rtp_peer.h"

#define GCM SHM_SRTP_GCM_128

static inline struct dp_media *media(void)
{
	return lab.world->core[0]->media;
}

/* The packet as it is: SSRC and number of the route, its payload. */
static inline void expect(unsigned int peer, uint32_t ssrc, uint16_t seq, const char *payload, size_t len)
{
	struct rtp_got g;

	rtp_expect(peer, &g);
	assert_int_equal(g.h.ssrc, ssrc);
	assert_int_equal(g.h.seq, seq);
	rtp_assert_payload(&g, payload, len);
}

static inline struct rtp_packet audio(uint16_t seq)
{
	return (struct rtp_packet){
		.pt = PT_OPUS,
		.seq = seq,
		.ts = seq * 960u,
		.ssrc = 0xa0,
		.mid = "0",
		.payload = "sound",
		.len = 5,
	};
}

static inline struct rtp_packet video(uint16_t seq, bool key)
{
	return (struct rtp_packet){
		.pt = PT_VP8,
		.seq = seq,
		.ts = seq * 3000u,
		.ssrc = 0xb0,
		.mid = "1",
		.payload = key ? KEY_FRAME : DELTA_FRAME,
		.len = key ? sizeof(KEY_FRAME) - 1 : sizeof(DELTA_FRAME) - 1,
	};
}

/* One track of peer 0, to peer 1 on route 0. */
static inline struct shm_msg_track one_route(uint32_t kind, uint32_t profile)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	rtp_open(2, profile, NULL);
	t = rtp_track(0, 0, kind, kind == SHM_TRACK_AUDIO ? "0" : "1");
	r = rtp_route(0, &t, 1);
	rtp_tell_track(&t);
	rtp_tell_route(&r);
	return t;
}

/* Send and say under which number it arrived. */
static inline uint16_t through(const struct rtp_packet *p)
{
	struct rtp_got g;

	rtp_send(0, p);
	rtp_expect(1, &g);
	rtp_assert_payload(&g, p->payload, p->len);
	return g.h.seq;
}

static inline bool ext_of(const struct rtp_got *g, uint8_t id, struct wire_ext *ret)
{
	return wire_ext_find(&g->h, g->b, id, ret);
}

#endif
