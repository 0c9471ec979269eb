/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * msg.h - the bodies of the messages that cross a lane (msg.def, lane.h).
 *
 * Fixed-size structs of one build, no pointers; text is NUL-terminated within
 * its array. Both sides copy a message out of shared memory before they look
 * at it and take nothing in it for granted: the other side may be hostile.
 *
 * Sessions, tracks and routes live in tables of a core, fixed at start. Control
 * gives out their places: a handle is an index and a generation, which is never
 * 0 and changes when the index is used anew. A message for a generation
 * that is not there is dropped and counted. A session and all that hangs on it
 * live on one core; so does a room, because routes join sessions of one core.
 * A SESSION, TRACK or ROUTE for a handle that is there changes it in place.
 */
#ifndef SHM_MSG_H
#define SHM_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define SHM_UFRAG_LEN    12 /* of ours; how it is made: ufrag.h */
#define SHM_UFRAG_MAX    16
#define SHM_PWD_MAX      40 /* ours: 24 characters */
#define SHM_MID_MAX      32
#define SHM_PTS_MAX      8
#define SHM_SSRCS_MAX    8
#define SHM_PACKET_MAX   1600 /* bytes of a punted or injected packet */
#define SHM_SRTP_KEY     32
#define SHM_SRTP_SALT    14
#define SHM_NOTE_SESSION 208
#define SHM_NOTE_TRACK   48
#define SHM_TRACK_AUDIO  1
#define SHM_TRACK_VIDEO  2

struct shm_handle {
	uint32_t index, generation; /* generation 0: none */
};

/* SRTP protection profiles by their DTLS numbers (RFC 5764 s4.1.2, RFC 7714 s14.2). */
enum shm_srtp_profile {
	SHM_SRTP_NONE = 0,
	SHM_SRTP_CM_SHA1_80 = 0x0001,
	SHM_SRTP_CM_SHA1_32 = 0x0002,
	SHM_SRTP_GCM_128 = 0x0007,
	SHM_SRTP_GCM_256 = 0x0008,
};

/* Codecs that the dataplane must tell apart (key frames, caches); everything else is OTHER. */
enum shm_codec {
	SHM_CODEC_OTHER,
	SHM_CODEC_OPUS,
	SHM_CODEC_VP8,
	SHM_CODEC_VP9,
	SHM_CODEC_H264,
	SHM_CODEC_AV1,
	SHM_CODEC_N
};

/* Header extensions that the dataplane knows (RFC 8285); the id of each in one media section, 0: not negotiated. */
enum shm_ext {
	SHM_EXT_MID, /* RFC 9143 */
	SHM_EXT_RID, /* RFC 8852 */
	SHM_EXT_REPAIRED_RID, /* RFC 8852 */
	SHM_EXT_LEVEL, /* RFC 6464 */
	SHM_EXT_ABS_SEND_TIME,
	SHM_EXT_TWCC, /* transport-wide-cc-01 */
	SHM_EXT_ORIENTATION, /* 3GPP video orientation */
	SHM_EXT_PLAYOUT_DELAY,
	SHM_EXT_N
};

/* What we are in ICE. The dataplane answers checks that carry our password in any case; a full agent, control, sends
 * its own too, and says which path is taken (RFC 8445 s2.5). */
enum shm_ice {
	SHM_ICE_LITE, /* the far end's nomination makes the path */
	SHM_ICE_CONTROLLED,
	SHM_ICE_CONTROLLING,
	SHM_ICE_NONE, /* a leg of a call on ports of its own: LEG says where */
	SHM_ICE_INSIDE, /* control itself: what it publishes comes down, what it receives goes up, both as RTP */
	SHM_ICE_N
};

struct shm_msg_session {
	struct shm_handle session;
	uint32_t listen; /* index of [media] listen */
	char ufrag[SHM_UFRAG_MAX],
		pwd[SHM_PWD_MAX]; /* ours; changed: an ICE restart, the path stays until the next one */
	uint32_t ice; /* enum shm_ice */
	uint64_t tie_breaker; /* of a full agent */
	uint32_t consent_ms; /* without a valid check for so long the session is lost (RFC 7675: 30 000) */
	/* control's own words about it (room, participant): kept unread and told back at a resync, so that a new
	 * control process finds its rooms again */
	uint8_t note[SHM_NOTE_SESSION];
	/* resync only: */
	uint32_t profile; /* enum shm_srtp_profile: keys are there */
	struct en_ep remote; /* family 0: no path yet */
};

struct shm_msg_end {
	struct shm_handle what;
};

struct shm_msg_keys {
	struct shm_handle session;
	uint32_t profile; /* enum shm_srtp_profile */
	uint8_t rx_key[SHM_SRTP_KEY], tx_key[SHM_SRTP_KEY]; /* as many bytes as the profile has */
	uint8_t rx_salt[SHM_SRTP_SALT], tx_salt[SHM_SRTP_SALT]; /* GCM: 12 */
};

/* Of a full agent. The dataplane has seen the answer to a check of ours that came from there, or refuses (RANGE). */
struct shm_msg_path {
	struct shm_handle session;
	uint32_t listen; /* where the check went out */
	uint32_t nominated; /* 0: packets of a handshake may go there until one is nominated; 1: all packets go there */
	struct en_ep remote;
};

/* Ports of plain RTP: a pair is one core's, whatever sends to it. */
static inline unsigned int shm_leg_core(unsigned int port, unsigned int core_n)
{
	return port / 2 % core_n;
}

/* A session is a leg of a call: what comes from it goes to another leg, as it is. */
struct shm_msg_leg {
	struct shm_handle session;
	struct shm_handle to; /* whom its packets are for; generation 0, or not there: nobody */
	uint32_t range; /* index of [gateway] rtp */
	uint32_t port, rtcp_port; /* ours, SHM_ICE_NONE; the same: RTCP is muxed (RFC 5761). With ICE 0 */
	struct en_ep remote, remote_rtcp; /* as signalled, SHM_ICE_NONE; family 0: not known yet */
	uint32_t strict; /* 1: packets come from there and nowhere else; 0: the source is learned (leg.c) */
	uint32_t secured; /* 1: nothing passes before KEYS */
	uint32_t blocked; /* 1: what comes from it ends here */
	uint32_t up; /* 1: its RTP and RTCP go up to control, which sends on what it makes of them */
	uint32_t tos; /* of what is sent to it */
	uint32_t clock; /* Hz of the RTP timestamps that come from it, for its jitter; 0: not known */
};

enum shm_session_state {
	SHM_SESSION_NEW, /* no check yet */
	SHM_SESSION_CHECKED, /* a valid check came; not nominated */
	SHM_SESSION_CONNECTED, /* nominated: packets go there */
	SHM_SESSION_LOST, /* consent ran out */
};

struct shm_msg_session_event {
	struct shm_handle session;
	uint32_t state; /* enum shm_session_state */
	struct en_ep remote;
	uint32_t rtt_zero; /* always 0 */
};

struct shm_pt {
	uint8_t pt, rtx_pt; /* rtx_pt 0: none */
	uint8_t codec; /* enum shm_codec */
	uint8_t zero;
	uint32_t clock; /* Hz */
};

struct shm_msg_track {
	struct shm_handle track, session;
	uint32_t kind; /* SHM_TRACK_* */
	char mid[SHM_MID_MAX];
	uint8_t ext[SHM_EXT_N];
	uint32_t pt_n;
	struct shm_pt pt[SHM_PTS_MAX];
	uint32_t ssrc_n; /* announced in SDP; otherwise latched by mid and rid */
	uint32_t ssrc[SHM_SSRCS_MAX], rtx_ssrc[SHM_SSRCS_MAX]; /* rtx_ssrc 0: none */
	uint32_t nack, pli; /* 1: negotiated */
	uint8_t note[SHM_NOTE_TRACK]; /* as a session's */
};

struct shm_route_pt {
	uint8_t in, out, out_rtx; /* payload type of the track, of the receiver; out_rtx 0: no rtx */
	uint8_t zero;
};

struct shm_msg_route {
	struct shm_handle route, track, session; /* session: the receiver's */
	uint32_t ssrc, rtx_ssrc; /* what the receiver sees */
	char mid[SHM_MID_MAX]; /* the receiver's */
	uint8_t ext[SHM_EXT_N]; /* the receiver's */
	uint32_t pt_n;
	struct shm_route_pt pt[SHM_PTS_MAX];
	uint32_t paused; /* 1: keep the mapping, send nothing */
};

struct shm_msg_level {
	struct shm_handle track;
	uint32_t level; /* -dBov: 0 loudest, 127 silent (RFC 6464); the loudest of the last 200 ms */
	uint32_t voice; /* 1: the sender says that it is voice */
};

struct shm_msg_packet {
	struct shm_handle session;
	uint32_t len; /* bytes that follow */
	uint32_t listen; /* INJECT_TO, STUN: index of [media] listen that they leave from, or came to */
	struct en_ep remote; /* likewise: where they go, or come from; else family 0 */
};

struct shm_msg_resync {
	uint64_t token; /* given back in RESYNC_END */
};

enum shm_refusal {
	SHM_REFUSED_RANGE = 1, /* an index or number out of range */
	SHM_REFUSED_STALE, /* the handle's generation is not there */
	SHM_REFUSED_FULL, /* a table is full */
	SHM_REFUSED_KEYS, /* profile unknown to the backend */
};

struct shm_msg_refused {
	uint32_t type; /* of the command */
	uint32_t why; /* enum shm_refusal */
	struct shm_handle what; /* the first handle in it */
};

enum shm_msg_type {
	SHM_MSG_NONE,
#define MSG(id, name, dir, body, text) id,
#include "engine/shm/msg.def"
#undef MSG
	SHM_MSG_N
};

/* A message as it is handed around: in private memory. */
struct shm_msg {
	uint32_t type; /* enum shm_msg_type */
	uint32_t len; /* bytes of body */
	union {
		struct shm_msg_session session;
		struct shm_msg_end end;
		struct shm_msg_keys keys;
		struct shm_msg_path path;
		struct shm_msg_leg leg;
		struct shm_msg_session_event event;
		struct shm_msg_track track;
		struct shm_msg_route route;
		struct shm_msg_level level;
		struct shm_msg_resync resync;
		struct shm_msg_refused refused;
		struct {
			struct shm_msg_packet head;
			uint8_t bytes[SHM_PACKET_MAX];
		} packet;
	};
};

/* Directions of msg.def. */
enum shm_msg_way {
	SHM_MSG_WAY_UP = 1,
	SHM_MSG_WAY_DOWN = 2,
	SHM_MSG_WAY_BOTH = 3,
};

/* "session_event", "a session's path was found, moved or lost"; NULL for a number that is none. */
const char *shm_msg_name(uint32_t type);
const char *shm_msg_text(uint32_t type);
/* Body length without the bytes of a packet; 0 for a number that is none. */
uint32_t shm_msg_body(uint32_t type);
/* enum shm_msg_way; 0 likewise. */
unsigned int shm_msg_way(uint32_t type);
/* Does a packet follow the body? */
bool shm_msg_has_bytes(uint32_t type);
/* May a message of this type be so long? */
bool shm_msg_len_fits(uint32_t type, uint32_t len);
/*
 * For a private copy whose type and length fit: text ends within its array,
 * counts stay within theirs, families are families, a packet has as many
 * bytes as it says. Handles and all other numbers are for the reader to judge.
 */
bool shm_msg_is_sane(const struct shm_msg *m);

#endif
