/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp_peer.h - browsers with SRTP keys: they publish to the engine and receive from it, through the real graph.
 *
 * Peer 0, 1, … is session 0, 1, … of core 0, at 198.18.0.10, .11, … port 5000. Its crypto is the portable backend
 * (libsrtp2), whatever the engine uses. Tracks and routes are what control would send, filled with the usual.
 */
#ifndef TESTS_NODE_RTP_PEER_H
#define TESTS_NODE_RTP_PEER_H

#include "engine/wire/rtp.h"
#include "engine/wire/rtp_ext.h"
#include "tests/node/lib/media_client.h"

#define RTP_PEERS   6
#define RTP_STREAMS 40
#define RTP_KEPT    1024 /* packets that a peer has received and the test not yet looked at */
#define RTP_MAX     2100

/* ids of the publishers' extensions, and of the receivers' */
enum {
	PUB_LEVEL = 1,
	PUB_SENT,
	PUB_TWCC,
	PUB_MID,
	PUB_RID = 10,
	PUB_REPAIRED,
	PUB_ORIENTATION = 13,
	SUB_LEVEL = 5,
	SUB_SENT,
	SUB_MID,
	SUB_ORIENTATION,
	SUB_TWCC,
};

#define PT_OPUS     111
#define PT_VP8      96
#define PT_RTX      97
#define SUB_PT_OPUS 109
#define SUB_PT_VP8  120
#define SUB_PT_RTX  121
#define SUB_SSRC(r) (0x5000u + (r)) /* of route r */
#define SUB_RTX(r)  (0x6000u + (r))
#define KEY_FRAME   "\x10\x00key"
#define DELTA_FRAME                                                                                                    \
	"\x10\x01"                                                                                                     \
	"delta"

/* A packet to send; all zero but the numbers is the usual. */
struct rtp_packet {
	uint8_t pt;
	bool marker;
	uint16_t seq;
	uint32_t ts, ssrc;
	const char *mid, *rid, *repaired; /* NULL: not there */
	uint8_t level; /* of RFC 6464, with the voice bit; 0: not there */
	uint8_t orientation; /* 0: not there */
	const void *payload;
	size_t len;
	uint8_t pad; /* bytes of padding */
};

struct rtp_got {
	uint8_t b[RTP_MAX];
	size_t len;
	struct wire_rtp h; /* RTP only */
};

struct rtp_peer {
	struct media_client c;
	struct dp_srtp *srtp;
	struct shm_msg_keys keys;
	struct dp_srtp_keys *in, *out;
	struct dp_srtp_stream in_stream[RTP_STREAMS], out_stream[RTP_STREAMS];
	uint16_t twcc; /* transport-wide number of the next packet; a test may skip some */
	struct rtp_got rtp[RTP_KEPT], rtcp[RTP_KEPT];
	unsigned int rtp_n, rtp_at, rtcp_n, rtcp_at;
};
extern struct rtp_peer rtp_peer[RTP_PEERS];
extern uint8_t rtp_pad_count; /* what the last byte of padding says, when not the truth */

/* The lab, with n peers connected and keyed. o: NULL, or as for media_open(). */
void rtp_open(unsigned int n, uint32_t profile, const struct lab_options *o);
int rtp_teardown(void **state);
#define rtp_test(fn) cmocka_unit_test_teardown(fn, rtp_teardown)
/* Keys of a peer, told to the engine; new: others than before. */
void rtp_keys(unsigned int peer, uint32_t profile, uint8_t which);
/* Its crypto is the fast backend from now on: libsrtp2 keeps something of every SSRC that it ever saw. */
void rtp_be_quick(unsigned int peer);

/* What control says: the usual message, to be changed and sent. */
struct shm_msg_track rtp_track(unsigned int peer, uint32_t index, uint32_t kind, const char *mid);
struct shm_msg_route rtp_route(uint32_t index, const struct shm_msg_track *t, unsigned int to);
void rtp_tell_track(const struct shm_msg_track *t);
void rtp_tell_route(const struct shm_msg_route *r);

/* The peer's SRTP packet; how long. */
size_t rtp_protect(unsigned int peer, const struct rtp_packet *p, uint8_t buf[RTP_MAX]);
size_t rtcp_protect(unsigned int peer, const void *compound, size_t len, uint8_t buf[RTP_MAX]);
/* Send it and run the lab. */
void rtp_send(unsigned int peer, const struct rtp_packet *p);
void rtcp_send(unsigned int peer, const void *compound, size_t len);
/* The next packet that the peer received, decrypted. False: none. */
bool rtp_recv(unsigned int peer, struct rtp_got *ret);
bool rtcp_recv(unsigned int peer, struct rtp_got *ret);
/* It must be there; and nothing must be. */
void rtp_expect(unsigned int peer, struct rtp_got *ret);
void rtp_expect_nothing(unsigned int peer);
/* Payload of a packet is this text. */
void rtp_assert_payload(const struct rtp_got *g, const void *payload, size_t len);
/* The peer gets RTCP with a packet of this type and count (feedback format); others are passed over. */
bool rtcp_wants(unsigned int peer, uint8_t type, uint8_t count);
/* Nothing received so far is of interest. */
void rtp_forget(void);

#endif
