/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media.h - a core's media: sessions, what they publish, and where it goes.
 *
 *   session  one remote endpoint: ICE credentials, path, SRTP keys
 *     track    a media section that it publishes
 *       stream   one SSRC of it, latched by what its packets say
 *       route    a receiver of the track: its SSRC, numbering, extensions
 *
 * All four live in tables fixed at start and are named by index; places of sessions,
 * tracks and routes are given out by control (engine/shm/msg.h), those of streams here.
 * Lists are chains of indexes in the tables. Everything of a session is this core's.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   W1  nothing is sent to an address that no authenticated check has come from, or (full ICE) that did not answer a
 *       check of ours (security.md S5).
 *   W2  a packet that was not authenticated changes nothing but counters.
 *   W3  what the far end can make us remember is bounded: DP_STREAMS_OF_SESSION streams.
 */
#ifndef DP_MEDIA_H
#define DP_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/core.h"
#include "dataplane/srtp/srtp.h"
#include "dataplane/table/index.h"
#include "dataplane/table/pool.h"
#include "engine/shm/lane.h"
#include "engine/wire/rtp_source.h"

#define DP_STREAMS_OF_SESSION 32 /* SSRCs taken in; the oldest that never became anything gives way */
#define DP_NS_MS              UINT64_C(1000000)
#define DP_RIDS_MAX           4 /* simulcast layers of a track */
#define DP_RID_LEN            17 /* a name of 16 characters and its NUL */
#define DP_SEEN_SEQS          1024 /* a retransmission that comes later than so many packets is not forwarded */
#define DP_ROUTE_PASTS        8 /* numberings that a route remembers, for late packets and NACKs */

/* --- session (session.c, flow.c) --------------------------------------------------- */

struct shm_row_session; /* ctl.h */

struct dp_session {
	/* the line that each packet to it needs */
	uint32_t generation; /* 0: free */
	uint8_t state; /* enum shm_session_state */
	uint8_t listen; /* index in conf.media.listen: where packets leave from; the path's */
	bool bridged; /* a leg of a call (leg.h) */
	bool keyed;
	struct en_ep remote; /* where packets go: the nominated path; family 0: none */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	/* the others */
	uint8_t checked_listen;
	bool untold; /* its state did not fit into the lane: told again when there is room */
	uint8_t twcc_id; /* its packets are numbered in this header extension (twcc.h); 0: they are not */
	uint8_t ice; /* enum shm_ice */
	uint32_t profile;
	uint64_t tie_breaker; /* of a full agent */
	char ufrag[SHM_UFRAG_MAX], pwd[SHM_PWD_MAX];
	uint8_t note[SHM_NOTE_SESSION]; /* control's own, for a resync */
	char old_ufrag[SHM_UFRAG_MAX], old_pwd[SHM_PWD_MAX]; /* during an ICE restart; empty: none */
	struct en_ep checked; /* where the last valid check came from (full ICE: was answered from): DTLS goes there
			       * before nomination; family 0: none */
	struct en_ep wished; /* where a nomination wants the path, not proved yet (session.c E4); family 0: nowhere */
	uint8_t wished_listen;
	bool renewed; /* an ICE restart: nothing was nominated with the new credentials yet */
	uint32_t first_flow; /* chain of validated paths (flow.h), newest first */
	uint64_t heard_ns; /* last valid check on the path: consent */
	uint64_t consent_ns;
	uint32_t first_track, first_stream; /* chains; DP_NONE: empty */
	uint32_t first_route; /* chain of routes *to* this session */
	uint32_t stream_n;
	uint32_t next_rtcp_ms; /* low bits of the clock: when its reports are due */
	uint32_t rtcp_ssrc; /* what we call ourselves in its RTCP when we send nothing */
	struct dp_srtp_stream rtcp_out; /* SRTCP index of rtcp_ssrc */
	uint64_t keys_mark; /* keyed hash of the KEYS message: the same keys again change nothing */
	uint64_t bad_packets; /* replayed or not authentic */
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct dp_session, checked_listen) == 64, "one line a packet");

/* --- tracks, streams (track.c, stream.c) -------------------------------------------- */

struct dp_track {
	uint32_t generation; /* 0: free */
	uint32_t session;
	struct shm_msg_track set; /* as control said it */
	uint32_t next_of_session; /* chain */
	uint32_t first_route; /* chain of its receivers */
	uint32_t main_stream; /* the stream that is forwarded; DP_NONE: none yet */
	uint32_t next_stream; /* takes its place at its next key frame: key frames are asked of it; DP_NONE: none */
	uint64_t chosen_ns; /* when the layers were last compared */
	char rid[DP_RIDS_MAX][DP_RID_LEN]; /* names of layers, as they came; stream.rid is an index in it */
	uint8_t rid_n;
	uint64_t asked_ns; /* last key-frame request sent upstream */
	bool ask; /* a key frame is wanted */
	uint8_t fir_seq;
	uint64_t packets, bytes, keyframe_requests;
	uint64_t level_ns; /* loudness is told once in 200 ms */
	uint8_t level; /* the loudest since */
	bool level_any, voice;
};

struct dp_stream {
	uint32_t ssrc;
	uint32_t session, track; /* track DP_NONE: not latched (yet) */
	uint32_t next_of_session;
	uint32_t rtx_of; /* stream that this one repairs; DP_NONE: it is no rtx */
	bool used;
	uint8_t rid; /* index of its layer, 0 when there is one only */
	bool seen_any;
	uint16_t seen_top; /* highest sequence number in `seen` */
	uint64_t seen[DP_SEEN_SEQS / 64]; /* by seq modulo DP_SEEN_SEQS: which of the last came, by whatever way */
	uint64_t recent_bytes; /* since the layers were last compared */
	struct dp_srtp_stream srtp;
	struct wire_rtp_source source;
	uint32_t cache; /* packet cache (cache.h); DP_NONE */
	uint64_t packets, bytes;
	uint64_t seen_ns;
	uint32_t clock;
	/* NACKs that we send upstream (nack.h) */
	uint32_t nack; /* index of its gap list; DP_NONE */
};

/* --- routes (route.c) ---------------------------------------------------------------- */

/* A stretch of a route's outgoing numbers and the numbers they were made of. */
struct dp_route_past {
	uint32_t ssrc; /* of the inbound stream */
	uint32_t ts_delta;
	uint16_t seq_delta;
	uint16_t from; /* first outgoing number; up to the next stretch's */
};

/*
 * The header of a route's packets as far as it is always the same: fixed part and the beginning of the extension block
 * in its one-byte form (rewrite.c).
 */
struct dp_rtp_head {
	uint8_t len; /* up to where elements of the packet's own come; 0: not to be had, the header is built */
	uint8_t sent_at; /* where the time of sending stands; 0: nowhere */
	uint8_t number_at; /* the transport-wide number, likewise */
	uint8_t told[3]; /* ids of those elements, by DP_TOLD_*; 0: the receiver did not ask */
	uint8_t b[12 + 4 + 17 + 4 + 3];
};

struct dp_media_route {
	/* the line of the numbering */
	uint32_t generation; /* 0: free */
	uint32_t track, session; /* from, to */
	uint32_t next_of_track, next_of_session; /* chains */
	uint32_t stream; /* whose numbering the offsets below map; DP_NONE: none yet */
	bool started;
	uint8_t past_n;
	uint16_t seq_delta; /* out = in + delta */
	uint32_t ts_delta;
	uint16_t from; /* first outgoing number that seq_delta made */
	uint16_t last_seq; /* out: highest */
	uint32_t last_ts;
	uint64_t last_ns;
	uint64_t packets, bytes; /* sent, without retransmissions; what a sender report says */
	/* of encryption */
	struct dp_srtp_stream srtp;
	uint64_t retransmitted;
	uint32_t lost; /* as the receiver's reports say */
	uint32_t rtt_us; /* from its reports; 0: not known */
	/* of the header */
	struct dp_rtp_head head;
	uint16_t rtx_seq;
	uint8_t fraction_lost;
	uint32_t nack_bytes;
	uint64_t nack_window_ns; /* start of the second that nack_bytes counts (security.md M7) */
	/* what control said */
	struct shm_msg_route set;
	struct dp_route_past past[DP_ROUTE_PASTS]; /* newest last */
	struct dp_srtp_stream rtx_srtp;
	uint64_t pli_ns; /* last key-frame request taken from it */
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct dp_media_route, srtp) == 64 && offsetof(struct dp_media_route, head) == 128 &&
		       offsetof(struct dp_media_route, set) == 192,
	       "a line for each that is done with a packet");

/* --- a core's whole -------------------------------------------------------------------- */

#define DP_INJECT_MAX 64

/* What is told again to a control process that asked (RESYNC), a slice at a time. */
struct dp_resync {
	bool active;
	uint8_t phase; /* sessions, tracks, routes, end */
	uint32_t at;
	uint64_t token;
};

struct dp_sends; /* send.h */
struct dp_caches; /* cache.h */
struct dp_nacks; /* nack.h */
struct dp_rtcp; /* rtcp.h */
struct dp_twcc; /* twcc.h */
struct dp_full; /* full.h */
struct dp_legs; /* leg.h */
struct dp_paces; /* pace.h */

struct dp_media {
	struct dp_core *core;
	uint32_t session_n, track_n, route_n, stream_n; /* sizes of the tables */
	struct dp_session *session;
	struct dp_track *track;
	struct dp_media_route *route;
	struct dp_stream *stream;
	uint8_t *keys; /* session i: rx at 2 * i, tx at 2 * i + 1, dp_srtp_keys_size() apart */
	uint32_t key_size;
	struct dp_srtp *srtp;
	struct dp_index flow; /* (remote, listen) -> flow slot */
	struct dp_flow *flows; /* flow.h */
	struct dp_pool flow_pool;
	uint32_t flow_n, flow_foreign; /* places; how many are other cores' */
	struct dp_index by_ssrc; /* (session, ssrc) -> stream */
	uint32_t free_stream; /* chain */
	struct dp_sends *sends;
	struct dp_caches *caches;
	struct dp_nacks *nacks;
	struct dp_rtcp *rtcp;
	struct dp_twcc *twcc;
	struct dp_full *full; /* of each session; NULL: [media] ice = lite */
	struct dp_paces *paces;
	struct dp_legs *legs; /* NULL: no [gateway] */
	struct shm_tx up;
	struct shm_rx down;
	bool attached; /* control has our lane: `up` and `down` stand */
	int event_fd; /* what control sleeps on */
	struct dp_resync resync;
	struct rte_mbuf *inject[DP_INJECT_MAX]; /* made by dp_media_commands(), for the node inject to send on */
	unsigned int inject_n;
	uint64_t last_scan_ns;
	uint32_t session_at, track_at, flow_at; /* tables are looked at in slices */
	uint32_t session_used; /* gauges; whoever makes and ends them counts */
	uint32_t track_used, route_used, stream_used;
};

static inline struct dp_srtp_keys *dp_session_rx(const struct dp_media *md, uint32_t session)
{
	return (struct dp_srtp_keys *)(md->keys + (size_t)(2 * session) * md->key_size);
}

static inline struct dp_srtp_keys *dp_session_tx(const struct dp_media *md, uint32_t session)
{
	return (struct dp_srtp_keys *)(md->keys + (size_t)(2 * session + 1) * md->key_size);
}

/* media.c: tables of a core; NULL conf.media.listen_n: *ret_media is NULL and no node of it sees a packet. */
int dp_media_create(struct dp_core *c, struct dp_media **ret_media, struct en_err *err);
void dp_media_destroy(struct dp_media *md);
/* Timers: consent, reports, key-frame requests, loudness. Once a millisecond. */
void dp_media_advance(struct dp_core *c);

/* session.c: NULL when the handle is not there. */
struct dp_session *dp_session_get(struct dp_media *md, struct shm_handle h);
/* A valid check came from there; answered. nominate: it carried USE-CANDIDATE. */
void dp_session_checked(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen,
			bool nominate);
/* Something that only its far end can have made, and that had not come before, came from there. */
void dp_session_proved(struct dp_core *c, uint32_t session, const struct en_ep *from, unsigned int listen);
/* Packets go there from now on; consent begins anew. */
void dp_session_path(struct dp_core *c, uint32_t session, const struct en_ep *to, unsigned int listen);
/* Consent ran out (or its path became another session's): nothing is sent any more; control is told. */
void dp_session_lost(struct dp_core *c, uint32_t session);
/* Its state once more: control did not hear of it. */
void dp_session_tell(struct dp_core *c, uint32_t session);
/* Commands: refusals are returned (enum shm_refusal, 0: done). */
uint32_t dp_session_set(struct dp_core *c, const struct shm_msg_session *m);
uint32_t dp_session_keys(struct dp_core *c, const struct shm_msg_keys *m);
uint32_t dp_session_end(struct dp_core *c, struct shm_handle h);

/* From housekeeping's note: control took, or left, this core's lane. The event descriptor stays open for good. */
void dp_media_attach(struct dp_core *c, struct shm_lane *lane, int event_fd);
void dp_media_detach(struct dp_core *c);
/* Send up; a full lane is counted (CTR_LANE_FULL), and false. Wakes control. With nobody there nothing is to be told.
 */
bool dp_media_tell(struct dp_core *c, uint32_t type, const void *body, uint32_t len);
/* A session ends: what control made of it and is still to go on does not. */
void dp_media_made_forget(struct dp_core *c, uint32_t session);
/* RTP or RTCP in clear, of or for that session, goes up; control is not woken. 0, or why not (enum shm_drop). */
uint32_t dp_media_up(struct dp_core *c, struct shm_handle session, const uint8_t *bytes, uint32_t len);
/* After putting into `up`: wake control when it sleeps. */
void dp_media_wake(struct dp_media *md);

/* command.c: a datagram of control's to there; false: no buffer (counted). */
bool dp_media_inject(struct dp_core *c, uint32_t session, const struct en_ep *from, const struct en_ep *to,
		     const uint8_t *bytes, uint32_t len);
/* Everything that waits in the lane, at most `budget` messages. How many were taken. */
unsigned int dp_media_commands(struct dp_core *c, unsigned int budget);

/* track.c, route.c, stream.c: called by command.c. Refusals are returned (enum shm_refusal, 0: done). */
uint32_t dp_track_set(struct dp_core *c, const struct shm_msg_track *t);
uint32_t dp_track_end(struct dp_core *c, struct shm_handle h);
uint32_t dp_media_route_set(struct dp_core *c, const struct shm_msg_route *r);
uint32_t dp_media_route_end(struct dp_core *c, struct shm_handle h);
uint32_t dp_track_keyframe(struct dp_core *c, struct shm_handle h);
/* Every 20 ms for each track in use: key-frame requests and loudness that are due. */
void dp_track_due(struct dp_core *c, uint32_t track);
/* A session ends: its streams, tracks and the routes to it. */
void dp_media_session_gone(struct dp_core *c, uint32_t session);

/* Are there checks for it, and a path that they find? */
static inline bool dp_session_has_ice(const struct dp_session *s)
{
	return s->ice != SHM_ICE_NONE && s->ice != SHM_ICE_INSIDE;
}

/* stream.c: the stream of an SSRC that a session sends, made when new (before anything of the packet is believed: W2
 * holds because a new one is dropped again, dp_stream_drop(), when its packet was not authentic). NULL: none free. */
struct dp_stream *dp_stream_find(struct dp_media *md, uint32_t session, uint32_t ssrc);
struct dp_stream *dp_stream_make(struct dp_media *md, uint32_t session, uint32_t ssrc);
void dp_stream_drop(struct dp_media *md, struct dp_stream *s);

/* rtcp_out.c: an RTCP compound to a session's far end: protected and put into the outbox. `from`: the SSRC state whose
 * index counts (a route's srtp, or session.rtcp_out). */
void dp_rtcp_send(struct dp_core *c, uint32_t session, struct dp_srtp_stream *from, const uint8_t *bytes, uint32_t len);
/* rtcp_in.c: one authenticated compound from a session. */
void dp_rtcp_input(struct dp_core *c, uint32_t session, const uint8_t *bytes, uint32_t len);
/* rows.c: sessions as `show sessions` sees them. Housekeeping. */
uint32_t dp_media_rows(const struct dp_media *md, struct shm_row_session *rows, uint32_t max);

/* rtcp_report.c: reports and requests of a session that are due: called about once a second. */
void dp_rtcp_due(struct dp_core *c, uint32_t session);

#endif
