/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inner.h - calls, their sides, streams and legs, as the files of the gateway share them. Nobody else includes it.
 *
 *   call ── side 0 (the first offer's from-tag), side 1
 *     └── stream: a media section of their SDP
 *           ├── leg 0: faces side 0: a peer of the hub, a session of the dataplane
 *           └── leg 1: faces side 1
 */
#ifndef CP_GATEWAY_INNER_H
#define CP_GATEWAY_INNER_H

#include <sys/queue.h>

#include <errno.h>

#include "control/gateway/gateway.h"
#include "control/gateway/measure.h"
#include "control/gateway/ng.h"
#include "control/gateway/options.h"
#include "control/gateway/port.h"
#include "control/gateway/sdp.h"
#include "control/ice/credential.h"
#include "control/peer/hub.h"
#include "control/transcode/pool.h"
#include "control/transcode/report.h"
#include "control/transcode/video_pipe.h"

#define CP_GW_SIDES       2
#define CP_GW_OFFERED_MAX 2 /* suites that we offer by SDES */
#define CP_GW_MID_MAX     33
#define CP_GW_SDP_OUT_MAX 65536

enum cp_gw_security {
	CP_GW_PLAIN,
	CP_GW_SDES,
	CP_GW_DTLS,
};

/* A codec that a side has said, or was offered; kept beyond its description. */
struct cp_gw_known {
	char name[24];
	char fmtp[80]; /* too long a one is left out */
	uint32_t clock;
	uint8_t pt, channels;
	bool wanted; /* its side is to hear this and nothing else: codec-accept, codec-consume */
};

struct cp_gw_leg {
	struct cp_gw_stream *stream;
	unsigned int side;
	struct cp_peer *peer; /* NULL: none yet, or it is lost */
	/* how it looks on the wire */
	uint8_t proto; /* enum cp_gw_proto */
	uint8_t security; /* enum cp_gw_security */
	bool ice;
	bool mux; /* RTCP comes on RTP's port */
	bool mux_offered; /* by us: its side may take it */
	bool blocked;
	bool inside; /* a participant of a room (guest.c) */
	unsigned int range;
	uint16_t port; /* of a leg without ICE; 0: none */
	char mid[CP_GW_MID_MAX]; /* as its side has it */
	uint64_t ice_hash, fingerprint_hash; /* of its side's last description */
	unsigned int known_n; /* what its side speaks; before its answer: what it was offered */
	struct cp_gw_known *known; /* NULL: none */
	uint32_t ptime; /* as its side says; 0: it does not */
	uint32_t voice; /* CP_VOICE_…: to be done for what its side says, when it is transcoded */
	unsigned int offered_n;
	struct cp_gw_crypto offered[CP_GW_OFFERED_MAX]; /* ours: keys that we send with */
	struct cp_gw_crypto answered; /* ours in an answer */
	struct cp_gw_measure measure;
	struct cp_report report; /* while the stream is transcoded: what its side sends, and is sent */
};

enum cp_gw_media {
	CP_GW_OTHER,
	CP_GW_AUDIO,
	CP_GW_VIDEO,
};

struct cp_gw_stream {
	struct cp_gw_call *call;
	bool used;
	enum cp_gw_media media; /* of its last offer */
	struct cp_gw_leg leg[CP_GW_SIDES];
	struct cp_echo *echo[CP_GW_SIDES]; /* of what side i hears; while pipes are made, else NULL */
	uint32_t pipe[CP_GW_SIDES]; /* of what comes from leg i; 0: it goes on as it is */
};

struct cp_gw_side {
	char *tag; /* NULL: not known yet */
};

struct cp_gw_call {
	TAILQ_ENTRY(cp_gw_call) of_gateway;
	LIST_ENTRY(cp_gw_call) of_bucket;
	struct cp_gateway *gateway;
	char *id;
	uint64_t created_ms, signal_ms;
	struct cp_gw_side side[CP_GW_SIDES];
	unsigned int stream_n;
	struct cp_gw_stream stream[CP_GW_SECTIONS_MAX];
};

#define CP_GW_BUCKETS 4096

struct cp_gateway {
	struct cp_control *ctl;
	struct cp_hub *hub;
	struct cp_ng *ng; /* NULL: [gateway] ng is empty */
	struct cp_gw_ports *ports;
	struct cp_pool *pool;
	struct cp_gw_measuring *measuring;
	TAILQ_HEAD(, cp_gw_call) calls;
	LIST_HEAD(, cp_gw_call) bucket[CP_GW_BUCKETS];
	struct cp_gateway_stats stats;
	struct uv_timer_s *tick;
	char instance[17]; /* who processed a description */
};

/* call.c */
struct cp_gw_call *cp_gw_call_find(const struct cp_gateway *g, const char *id);
struct cp_gw_call *cp_gw_call_make(struct cp_gateway *g, const char *id);
void cp_gw_call_end(struct cp_gw_call *c, const char *why);
/* Whose tag it is; -1: nobody's. */
int cp_gw_call_side(const struct cp_gw_call *c, const char *tag);
/* False: no memory. */
bool cp_gw_call_set_tag(struct cp_gw_call *c, unsigned int side, const char *tag);

/* leg.c */
/* Has a session and, without ICE, ports of the family; of another kind than before, a new one. -errno with err. */
int cp_gw_leg_prepare(struct cp_gw_leg *leg, unsigned int range, struct en_err *err);
/* Tell the dataplane what the leg, its other side and `set` (remote, strict, tos) make of it. */
void cp_gw_leg_tell(struct cp_gw_leg *leg);
void cp_gw_leg_keys(struct cp_gw_leg *leg, const struct cp_gw_crypto *theirs, const struct cp_gw_crypto *ours);
void cp_gw_leg_end(struct cp_gw_leg *leg);
/* Where it takes packets: what SDP says. */
struct en_ep cp_gw_leg_local(const struct cp_gw_leg *leg);
/* RTP or RTCP that we made goes out to leg's side, or from inside to the room: as if it had come from the other leg,
 * or, with a leg that is inside, from this one itself. False: it cannot. */
bool cp_gw_leg_made(const struct cp_gw_leg *leg, const uint8_t *bytes, uint32_t len);
/* Nothing came on it for [gateway] timeout, or nothing ever will; or its browser has not come yet. */
bool cp_gw_leg_is_silent(const struct cp_gw_leg *leg);
/* Calls on which nothing comes any more, and those that have no legs. */
void cp_gw_end_silent(struct cp_gateway *g);
/* As struct cp_hub has it. */
void cp_gw_leg_on_change(void *arg, struct cp_peer *p, enum cp_peer_change change, const char *why);

/* identity.c: the kind of keys that a description has; false: none that we can be the other end of. */
bool cp_gw_security_read(const struct cp_gw_section *s, struct cp_gw_leg *leg);
/* Another certificate than before ends the leg; then, of a leg that is there, certificate and credentials are taken. */
void cp_gw_identity_check(const struct cp_gw_section *s, struct cp_gw_leg *leg);
void cp_gw_identity_take(const struct cp_gw_section *s, struct cp_gw_leg *leg);
/* SDES: keys in its offer, in its answer (false: none that serve), and ours for an offer. */
bool cp_gw_keys_offered(const struct cp_gw_section *s, struct cp_gw_leg *leg);
bool cp_gw_keys_answered(const struct cp_gw_section *s, struct cp_gw_leg *leg);
void cp_gw_keys_offer(struct cp_gw_leg *leg);

/* describe.c: a description of `from`; what the other side is to get, at most cap bytes. The length, or -errno with
 * err.
 */
int cp_gw_describe(struct cp_gw_call *c, unsigned int from, bool answer, const struct cp_gw_options *o, char *buf,
		   size_t cap, struct en_err *err);

/* face.c: how our end looks in a description for leg's side. */
struct cp_gw_picture {
	struct cp_gw_face face;
	struct wire_candidate candidate[CP_CANDIDATES_MAX];
	char mid[CP_GW_MID_MAX];
	struct cp_gw_codec codec[CP_GW_CODECS_MAX];
};
void cp_gw_picture(const struct cp_gw_leg *leg, const struct cp_gw_section *s, bool answer,
		   const struct cp_gw_options *o, struct cp_gw_picture *ret_picture);
#define CP_GW_EVENT "telephone-event"

static inline bool cp_gw_is_event(const struct cp_gw_codec *c)
{
	return wire_text_is_nocase(c->name, CP_GW_EVENT);
}

/* May a codec of an offer be seen by the other side? */
bool cp_gw_codec_passes(const struct cp_gw_codec *c, const struct cp_gw_options *o);
/* Shall its side be answered with it, whatever the other side takes? */
bool cp_gw_codec_is_wanted(const struct cp_gw_codec *c, const struct cp_gw_options *o);

/* guest.c: a telephone in a room. The far leg of its stream joins, or is there already; -errno with err. */
int cp_gw_guest_join(struct cp_gw_leg *inside, const char *room, const char *label, struct en_err *err);
/* A section of its offer: makes the pipes; what it is answered. Likewise. */
int cp_gw_guest_codecs(const struct cp_gw_section *s, struct cp_gw_leg *leg, struct cp_gw_leg *inside,
		       struct cp_gw_codec *ret_codec, unsigned int *ret_n, struct en_err *err);

/* known.c: codecs that pipes know, and those that sides have said. */

#define CP_GW_PT_DYNAMIC 0xff

/* By name, for a section of that kind; false: pipes do not know it. pt may be CP_GW_PT_DYNAMIC; its texts end with NUL.
 */
bool cp_gw_ours(const char *name, enum cp_gw_media media, struct cp_gw_codec *ret_codec);
/* The leg's, by name, clock and channels; NULL: it has not said it. */
const struct cp_gw_known *cp_gw_find_same(const struct cp_gw_leg *leg, const struct cp_gw_codec *c);
/* For a face: lines for it are written anew. */
struct cp_gw_codec cp_gw_written(const struct cp_gw_known *k);
/* Comfort noise of that clock; NULL: it is not spoken. */
const struct cp_gw_known *cp_gw_noise_of(const struct cp_gw_leg *leg, uint32_t clock);
struct cp_video_format cp_gw_video_of(const struct cp_gw_known *k);
/* What a description says; without memory nothing is kept, and nothing is transcoded. */
void cp_gw_codecs_keep(struct cp_gw_leg *leg, const struct cp_gw_codec *codec, unsigned int n);
/* Of those kept: the first that pipes know; telephone-event, of that clock when there are several (RFC 4733 s2.1 wants
 * that). NULL: none. */
const struct cp_gw_known *cp_gw_first_ours(const struct cp_gw_leg *leg);
const struct cp_gw_known *cp_gw_event_of(const struct cp_gw_leg *leg, uint32_t clock);
/* Of one that pipes know. */
struct cp_pipe_format cp_gw_format_of(const struct cp_gw_known *k);
/* For a pipe: 0 when it is said wrongly, or not at all. */
uint32_t cp_gw_ptime_of(const struct cp_gw_leg *leg);
/* The codec and its keys, for an answer; how many. */
unsigned int cp_gw_answer_with(const struct cp_gw_leg *leg, const struct cp_gw_known *codec,
			       struct cp_gw_codec *ret_codec);
/* A section of an offer: the codecs for the other side, in ret_codec, which may point into `far`; false: as they are.
 */
bool cp_gw_codecs_offer(const struct cp_gw_section *s, const struct cp_gw_options *o, struct cp_gw_leg *near,
			struct cp_gw_leg *far, struct cp_gw_codec *ret_codec, unsigned int *ret_n);
/* A section of an answer: likewise, *ret_n 0: as they are; makes or ends the stream's pipes. 0, or -errno with err. */
int cp_gw_codecs_answer(const struct cp_gw_section *s, struct cp_gw_leg *near, struct cp_gw_leg *far,
			struct cp_gw_codec *ret_codec, unsigned int *ret_n, struct en_err *err);
/* What its side most likely sends: what both sides of the stream speak, or what is transcoded. NULL: not known. */
const struct cp_gw_known *cp_gw_codec_of(const struct cp_gw_leg *leg);
/* pipes.c: both directions, or none. 0, or -errno with err. */
int cp_gw_pipes_make(struct cp_gw_leg *near, const struct cp_gw_known *in, struct cp_gw_leg *far,
		     const struct cp_gw_known *out, struct en_err *err);
/* Nothing is transcoded any more. */
void cp_gw_pipes_end(struct cp_gw_stream *st);
/* reports.c: RTCP of what is transcoded, when it is due. */
void cp_gw_reports(struct cp_gateway *g);
/* The pool's ear. */
void cp_gw_on_want(void *from, const struct cp_pool_want *want);
/* What a side's RTCP says. */
void cp_gw_reported(struct cp_gw_leg *leg, const uint8_t *bytes, uint32_t len);

/* The hub's and the pool's ears. */
void cp_gw_leg_on_rtp(void *arg, struct cp_peer *p, const uint8_t *bytes, uint32_t len);
void cp_gw_on_pipe(void *from, const uint8_t *rtp, uint32_t len);

/* command.c: ng's ear. */
json_t *cp_gw_command(void *arg, json_t *dict);

#endif
