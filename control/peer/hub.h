/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hub.h - rooms, the peers in them, what they publish and receive: the desired state of the dataplane.
 *
 *   hub ── room ── peer (a participant: one remote endpoint, one session of the dataplane)
 *                   ├─ track   a media section that it sends
 *                   └─ route   a media section that it receives: of one track, its own or another's
 *
 * Who is what in the dataplane: peer = session, track = track, route = route; each has a place there (link.h).
 * signal/ fills the rooms from HTTP and WebSocket and tells the members (struct cp_hub_events); this folder knows
 * neither.
 *
 * Runs on:   the control loop, all of it.
 * Invariants
 *   P1  a room and all that is in it live on one core (msg.h).
 *   P2  an SSRC that we chose is never used by two routes of one key: each new route draws a new one, so that no
 *       (key, SSRC, index) can be encrypted with twice.
 *   P3  keys go to the dataplane once. A session that the dataplane lost is never given its old keys again: it
 *       gets a new place, new ICE credentials and, through a new certificate, a new DTLS association (intent.c).
 *   P4  nothing of a peer is believed of the dataplane but what is checked: place, length, range.
 *   P5  bounds: CP_TRACKS_OF_PEER, CP_ROUTES_OF_PEER, CP_MEMBERS_OF_ROOM and the dataplane's tables; participants in
 *       all, those without a session too: twice as many as there are sessions.
 *   P6  ids are stable: a participant keeps its id over both processes' restarts (note.c), a track is named by its
 *       participant and section.
 */
#ifndef CP_HUB_H
#define CP_HUB_H

#include <sys/queue.h>

#include "control/control.h"
#include "control/dp/link.h"
#include "control/peer/data.h"
#include "control/sdp/negotiate.h"
#include "engine/conf/conf.h"

#define CP_TRACKS_OF_PEER      16
#define CP_ROUTES_OF_PEER      CP_SECTIONS_MAX
#define CP_MEMBERS_OF_ROOM     256
#define CP_ROOM_NAME_MAX       65 /* 64 characters and a NUL */
#define CP_NAME_MAX            65 /* of a participant: 64 bytes of UTF-8 */
#define CP_PEER_ID_MAX         12
#define CP_TRACK_ID_MAX        (CP_PEER_ID_MAX + SHM_MID_MAX)
#define CP_TRACK_NAME_MAX      33
#define CP_SECRET_LEN          16
#define CP_OWN_FINGERPRINT_MAX (8 + CP_FINGERPRINT_TEXT)

#define CP_CONSENT_MS 30000 /* RFC 7675 s5.1 */
#define CP_SETUP_MS   30000 /* from the first offer to keys, or it is over */
#define CP_SETUP_YIELD_MS                                                                                              \
	3000 /* a set-up that had so long may give way to one of the same owner, or when all places are taken */
#define CP_GRACE_MS       60000 /* a participant without signaling, or whose path is lost, is kept so long */
#define CP_GRACE_ALONE_MS 10000 /* one without signaling and without a path: there is nobody, or not yet */
#define CP_LOUDNESS_SLOTS 5 /* LEVEL messages of one second */

_Static_assert(CP_TRACK_ID_MAX <= CP_MSID_MAX, "a track id is an msid");

/* How a peer came in; kept in notes: append only. */
enum cp_peer_kind {
	CP_PEER_CALL = 1, /* WebSocket: publishes and receives by name */
	CP_PEER_WHIP, /* publishes */
	CP_PEER_WHEP, /* receives what there is; not shown to the others */
	CP_PEER_ECHO, /* receives its own */
	CP_PEER_DATA, /* the data connection of a CALL (companion.c); not shown to the others */
	CP_PEER_BRIDGE, /* a program on this machine: has channels and no session */
	CP_PEER_LEG, /* a leg of a call (gateway/leg.c), alone in a private room with the others of its call */
	CP_PEER_PHONE, /* a telephone in a room (listener.c): the gateway speaks and hears for it */
	CP_PEER_KINDS
};

/* What signaling is told of a peer's transport. */
enum cp_peer_change {
	CP_PEER_CONNECTED, /* path nominated and keys there */
	CP_PEER_LOST, /* path lost, or never found: the client makes a new connection */
	CP_PEER_CLOSED, /* the far end ended it, or it failed: likewise; `why` says what */
	CP_PEER_RESTART, /* the dataplane restarted: the client is asked for an ICE restart */
	CP_PEER_GONE, /* about to be destroyed by the hub itself */
};

struct cp_hub;
struct cp_peer;
struct cp_room;

TAILQ_HEAD(cp_peer_list, cp_peer);
TAILQ_HEAD(cp_track_list, cp_track);
TAILQ_HEAD(cp_route_list, cp_route);
TAILQ_HEAD(cp_room_list, cp_room);
STAILQ_HEAD(cp_end_list, cp_end);

struct cp_track {
	TAILQ_ENTRY(cp_track) of_peer;
	struct cp_peer *peer;
	struct cp_route_list routes; /* its receivers */
	struct cp_place place;
	bool placed; /* `place` is ours in the link's table */
	bool sent; /* the dataplane was told `set` */
	bool confirmed; /* resync: the dataplane has it */
	struct shm_msg_track set; /* handles are filled in when it is sent */
	char id[CP_TRACK_ID_MAX];
	char name[CP_TRACK_NAME_MAX];
	bool muted;
	uint8_t loud[CP_LOUDNESS_SLOTS]; /* 0 silent .. 127; the last ones, in turn (speaker.c) */
	uint64_t loud_ms[CP_LOUDNESS_SLOTS];
	unsigned int loud_at;
};

struct cp_route {
	TAILQ_ENTRY(cp_route) of_peer; /* the receiver's */
	TAILQ_ENTRY(cp_route) of_track;
	struct cp_track *track;
	struct cp_peer *peer; /* the receiver */
	struct cp_place place;
	bool placed, sent, confirmed;
	struct shm_msg_route set;
};

struct cp_transport; /* transport.c */
struct cp_path; /* path.c */

struct cp_peer {
	TAILQ_ENTRY(cp_peer) of_hub;
	TAILQ_ENTRY(cp_peer) of_room;
	struct cp_hub *hub;
	struct cp_room *room;
	enum cp_peer_kind kind;
	char id[CP_PEER_ID_MAX];
	char name[CP_NAME_MAX];
	uint64_t owner; /* whose address its offers come from (setup.c) */
	uint8_t secret[CP_SECRET_LEN]; /* who knows it speaks for this peer (signal/resume.c) */

	struct cp_place place;
	bool placed, sent, confirmed;
	bool installed; /* wanted in the dataplane: there was an offer */
	char ufrag[SHM_UFRAG_MAX], pwd[SHM_PWD_MAX]; /* ours; valid while placed */
	uint32_t state; /* enum shm_session_state */
	struct en_ep remote;
	uint32_t consent_ms; /* 0: CP_CONSENT_MS */
	uint32_t listen; /* of `remote`, as a resync told it */
	uint32_t ice; /* enum shm_ice: what we are to it */
	uint64_t tie_breaker; /* of a full agent; 0: none yet */
	struct cp_path *path; /* the full agent; NULL: none (now) */
	char remote_ufrag[260]; /* the agent's: to tell candidates of another generation */
	bool keyed, connected_told;
	uint64_t since_ms; /* installed, or last lost: CP_SETUP_MS, CP_GRACE_MS count from here */

	char own_fingerprint[CP_OWN_FINGERPRINT_MAX]; /* what our answers say: "sha-256 AA:…" */
	bool adopted; /* its association was made by an earlier control process: it has keys, we cannot speak DTLS */
	struct cp_dtls *dtls;
	struct cp_transport *transport; /* while there is one */
	bool dtls_over; /* the `closed` event came */
	bool keys_wait; /* keys are below and were not sent yet */
	struct shm_msg_keys keys; /* wiped once they are sent */
	char dtls_why[128];
	unsigned int fingerprint_n; /* theirs, of the last offer; 0: none since this process started */
	struct cp_fingerprint fingerprint[CP_FINGERPRINTS_MAX];
	uint64_t fingerprint_hash, ufrag_hash; /* of the last offer: a new connection, an ICE restart */
	uint64_t sdp_version;

	struct cp_track_list tracks;
	struct cp_route_list routes;
	unsigned int track_n, route_n;
	bool media; /* its offer has sections for it: there must be SRTP keys */

	bool no_srtp; /* its association has no keys for media */
	bool data_wanted; /* its offer has a data section, and we took it */
	bool data_lost; /* the association was an earlier control process's */
	uint16_t data_port;
	uint32_t data_message_max; /* of the far end */
	struct cp_data *data; /* NULL: none (yet) */
	bool data_down; /* it ended by itself */
	struct cp_source data_source;
	struct cp_peer *companion; /* CALL: its data connection; NULL: none */
	struct cp_peer *speaks_for; /* DATA: the participant; NULL: it is gone */
	const struct cp_door *door; /* BRIDGE: how a channel is opened there */

	struct shm_msg_leg leg; /* LEG: as the dataplane is to be told, but for its own handle */
	bool leg_sent;
	void *owner_leg; /* LEG, PHONE: the gateway's object of it; NULL: it let go */

	void *client; /* signaling's: who speaks for it; NULL: nobody now */
	uint64_t alone_ms; /* since when nobody does */
};

struct cp_room {
	TAILQ_ENTRY(cp_room) of_hub;
	char name[CP_ROOM_NAME_MAX];
	bool is_private; /* an echo: no other joins it */
	unsigned int core;
	struct cp_peer_list members;
	unsigned int member_n, companion_n; /* companions are members too */
	struct cp_topic_list topics;
	struct cp_peer *speaker; /* NULL: nobody speaks */
	uint64_t speaker_ms; /* when it was last loud */
};

/* Signaling's ears. Each is called when the fact is already true, but for untrack and left: just before. */
struct cp_hub_events {
	void (*joined)(void *arg, const struct cp_peer *p);
	void (*left)(void *arg, const struct cp_peer *p);
	void (*track)(void *arg, const struct cp_track *t);
	void (*untrack)(void *arg, const struct cp_track *t);
	void (*muted)(void *arg, const struct cp_track *t);
	void (*speaker)(void *arg, const struct cp_room *r);
	void (*change)(void *arg, struct cp_peer *p, enum cp_peer_change change, const char *why);
	/* A participant's data channels came or went: cp_peer_data_is_there(). */
	void (*data)(void *arg, struct cp_peer *p);
	/* Its control channel opened (up), or ended; said: text on it. */
	void (*channel)(void *arg, struct cp_peer *p, struct cp_outlet *o, bool up);
	void (*said)(void *arg, struct cp_peer *p, struct cp_outlet *o, const char *text, size_t len);
	/* Something of a channel went wrong. to: whom it was for; NULL: nobody. */
	void (*trouble)(void *arg, struct cp_peer *p, const char *code, const char *text, const char *label,
			const char *to);
};

/* An END that could not be sent yet: the lane was full, or the link down. The place is given back when it went. */
struct cp_end {
	STAILQ_ENTRY(cp_end) next;
	enum cp_place_kind kind;
	struct cp_place place;
	bool confirmed; /* resync: the dataplane still has it */
};

/* The gateway's ear: of its legs alone, as `change` of the others. */
typedef void cp_leg_rtp(void *arg, struct cp_peer *p, const uint8_t *bytes, uint32_t len);
typedef void cp_leg_change(void *arg, struct cp_peer *p, enum cp_peer_change change, const char *why);

struct cp_hub {
	struct cp_control *ctl;
	const struct cp_hub_events *events;
	void *arg;
	cp_leg_change *leg_change; /* NULL: no gateway */
	cp_leg_rtp *leg_rtp; /* RTP of a leg with leg.up */
	void *leg_arg;
	struct cp_room_list rooms;
	struct cp_peer_list peers;
	struct cp_end_list ends;
	unsigned int room_n, peer_n;
	uint64_t setups_ended; /* that gave way to others */
	bool up, synced, closing;
	bool unsent; /* something waits for room in a lane */
	unsigned int data_n; /* peers with data_wanted */
	struct cp_outlet_list stalled, ended; /* outlets with something held; that are to be freed */
	struct cp_source_list awake, resuming; /* that may go on */
	unsigned int outlet_depth; /* events of data channels under way */
	struct cp_data_totals data;
	/* what sits at a place: [kind][core] -> array of size[kind] pointers, made at first use */
	void **slot[CP_PLACE_KINDS][CONF_CORES_MAX];
	uint32_t size[CP_PLACE_KINDS];
	struct cp_dtls_context *own_dtls; /* instead of ctl->dtls, after a dataplane was lost (P3) */
};

/* --- hub.c ------------------------------------------------------------------------------ */

int cp_hub_create(struct cp_control *ctl, const struct cp_hub_events *events, void *arg, struct cp_hub **ret_hub,
		  struct en_err *err);
/* Silent. The dataplane goes on with all that runs. */
void cp_hub_destroy(struct cp_hub *h);
/* Every quarter of a second or so: what has run out, what was not sent yet. */
void cp_hub_tick(struct cp_hub *h);
uint64_t cp_hub_now(const struct cp_hub *h);
/* Tell whoever is concerned of a peer's transport. */
void cp_hub_change(struct cp_peer *p, enum cp_peer_change change, const char *why);
void cp_hub_on_message(struct cp_hub *h, unsigned int core, const struct shm_msg *m);

/* What is at a place; NULL for nothing, out of range or another generation's. */
void *cp_hub_at(const struct cp_hub *h, enum cp_place_kind kind, unsigned int core, struct shm_handle handle);
/* Remember (or, NULL, forget). False: out of range or no memory. */
bool cp_hub_put(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p, void *what);
static inline bool cp_place_eq(const struct cp_place *a, const struct cp_place *b)
{
	return a->core == b->core && a->h.index == b->h.index && a->h.generation == b->h.generation;
}

/* --- intent.c: what the dataplane is told ------------------------------------------------- */

/* Tell now, or, when the lane is full, at a later tick. Nothing is told while the link is down. */
void cp_intent_session(struct cp_peer *p);
void cp_intent_keys(struct cp_peer *p);
/* A leg: `leg` anew. */
void cp_intent_leg(struct cp_peer *p);
void cp_intent_track(struct cp_track *t);
void cp_intent_route(struct cp_route *r);
void cp_intent_keyframe(struct cp_track *t);
/* END of what is at a place, and the place given back. */
void cp_intent_end(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p);
/* That END at a later time. */
void cp_intent_end_later(struct cp_hub *h, enum cp_place_kind kind, const struct cp_place *p, bool confirmed);
void cp_intent_flush(struct cp_hub *h);

/* --- resync.c: the dataplane came (back) --------------------------------------------------- */

void cp_hub_on_up(struct cp_hub *h, bool again);
void cp_hub_on_synced(struct cp_hub *h);
void cp_hub_on_down(struct cp_hub *h);
/* SESSION, TRACK, ROUTE as the dataplane tells them. */
void cp_resync_session(struct cp_hub *h, unsigned int core, const struct shm_msg_session *s);
void cp_resync_track(struct cp_hub *h, unsigned int core, const struct shm_msg_track *t);
void cp_resync_route(struct cp_hub *h, unsigned int core, const struct shm_msg_route *r);

/* --- note.c ---------------------------------------------------------------------------------- */

struct cp_note {
	enum cp_peer_kind kind;
	char id[CP_PEER_ID_MAX], room[CP_ROOM_NAME_MAX], name[CP_NAME_MAX];
	uint8_t secret[CP_SECRET_LEN];
	bool data; /* it had a data section */
	uint64_t fingerprint_hash, ufrag_hash;
	char own_fingerprint[CP_OWN_FINGERPRINT_MAX]; /* empty: none */
};

void cp_note_of_peer(const struct cp_peer *p, uint8_t ret_note[SHM_NOTE_SESSION]);
bool cp_note_read(const uint8_t note[SHM_NOTE_SESSION], struct cp_note *ret_note);
void cp_note_of_track(const struct cp_track *t, uint8_t ret_note[SHM_NOTE_TRACK]);
void cp_note_read_track(const uint8_t note[SHM_NOTE_TRACK], struct cp_track *t);
/* [A-Za-z0-9_.-]{1,64}; 1..max-1 bytes of UTF-8 without control characters. */
bool cp_room_name_is_valid(const char *name);
bool cp_name_is_valid(const char *name, size_t cap);

/* --- room.c ----------------------------------------------------------------------------------- */

struct cp_room *cp_room_find(const struct cp_hub *h, const char *name);
/* Of that name, made when there is none; NULL: no memory. On `core` when it is made and core >= 0. */
struct cp_room *cp_room_get(struct cp_hub *h, const char *name, int core);
struct cp_room *cp_room_private(struct cp_hub *h, const char *name);
/* The core of an empty room may still be chosen. */
unsigned int cp_room_best_core(const struct cp_hub *h);
void cp_room_add(struct cp_room *r, struct cp_peer *p);
/* The last member takes the room with it. */
void cp_room_drop(struct cp_room *r, struct cp_peer *p);
/* A room that nobody came into after all. */
void cp_room_sweep(struct cp_hub *h, struct cp_room *r);
struct cp_track *cp_room_track(const struct cp_room *r, const char *id);
struct cp_peer *cp_room_member(const struct cp_room *r, const char *id);

/* --- speaker.c ---------------------------------------------------------------------------------- */

void cp_speaker_level(struct cp_track *t, const struct shm_msg_level *l, uint64_t now_ms);
/* Nobody may have spoken for a while: asked at ticks too. */
void cp_speaker_update(struct cp_room *r, uint64_t now_ms);
void cp_speaker_forget(struct cp_room *r, const struct cp_peer *p);

/* --- peer.c ------------------------------------------------------------------------------------- */

/* A new peer in the room of that name (an echo: in a room of its own), announced to the others. NULL with err. */
struct cp_peer *cp_peer_join(struct cp_hub *h, const char *room, enum cp_peer_kind kind, const char *name,
			     struct en_err *err);
/* The bare object in its room, announced to nobody; id NULL: a new one. NULL: no memory. */
struct cp_peer *cp_peer_create(struct cp_room *r, struct cp_hub *h, enum cp_peer_kind kind, const char *id,
			       const char *name);
/* Do the others hear of it? */
static inline bool cp_peer_is_shown(const struct cp_peer *p)
{
	return p->kind != CP_PEER_WHEP && p->kind != CP_PEER_DATA && p->kind != CP_PEER_LEG;
}
/* Does the gateway think for it? */
static inline bool cp_peer_is_of_call(const struct cp_peer *p)
{
	return p->kind == CP_PEER_LEG || p->kind == CP_PEER_PHONE;
}
/* Leaves the room, tracks and session with it. */
void cp_peer_destroy(struct cp_peer *p);
/* Back to before its first offer: tracks, routes, session and association end; it stays in the room. */
void cp_peer_reset(struct cp_peer *p);
/* Its transport is over. A call is reset, and its client told `change`; the others are nothing without it: gone. */
void cp_peer_fail(struct cp_peer *p, enum cp_peer_change change, const char *why);
/* A place and credentials when it has none. -ENOSPC: the core is full, -EAGAIN: the dataplane is away. */
int cp_peer_place(struct cp_peer *p, struct en_err *err);
void cp_peer_credentials(struct cp_peer *p);
/* Signaling: somebody speaks for it, or nobody. */
void cp_peer_attach(struct cp_peer *p, void *client);
void cp_peer_rename(struct cp_peer *p, const char *name);
const char *cp_peer_kind_name(enum cp_peer_kind kind);
const char *cp_peer_state_name(const struct cp_peer *p);

/* --- listener.c: telephones in rooms -------------------------------------------------------------- */

#define CP_PHONE_PT    111 /* Opus, both ways */
#define CP_PHONE_LEVEL 1 /* id of RFC 6464's extension in what it says */

/* Place and session of a PHONE that has joined; it hears what there is. As cp_peer_place(). */
int cp_listener_install(struct cp_peer *p, struct en_err *err);
/* What it says comes under this SSRC. -ENOSPC with err. */
int cp_listener_publish(struct cp_peer *p, uint32_t ssrc, struct en_err *err);
void cp_listener_begin(struct cp_peer *p);
/* A new track of its room. */
void cp_listener_track(struct cp_track *t);

/* --- setup.c: sessions without keys yet -------------------------------------------------------- */

/* Of a client's address. */
uint64_t cp_setup_owner(const char *address);
/* Before a place is taken for it: when there are too many set-ups, another one ends. False: the newcomer is one too
 * many. */
bool cp_setup_admit(struct cp_peer *newcomer);
/* All places of the core are taken: end a set-up there that had its time. False: there is none. */
bool cp_setup_make_room(struct cp_hub *h, unsigned int core);

/* --- transport.c: path and DTLS of a peer -------------------------------------------------------- */

/* The certificate of associations that begin now. */
struct cp_dtls_context *cp_transport_context(const struct cp_hub *h);
/* A dataplane was lost with its keys: all associations from now on are made with a new certificate. */
int cp_transport_renew(struct cp_hub *h, struct en_err *err);
void cp_transport_event(struct cp_peer *p, const struct shm_msg_session_event *e);
void cp_transport_punt(struct cp_peer *p, const uint8_t *bytes, uint32_t len);
void cp_transport_end(struct cp_peer *p);
/* A packet of SCTP; lost when there is no association. */
void cp_transport_write(struct cp_peer *p, const uint8_t *bytes, uint32_t len);

/* --- path.c: full ICE of a peer ---------------------------------------------------------------------- */

/* What the offer makes of us (ice, tie_breaker), before the dataplane is told. */
void cp_path_role(struct cp_peer *p, const struct cp_offer *o);
/* After it was: begin, or go on, with what the offer says. changed: a new connection, or an ICE restart. */
void cp_path_offer(struct cp_peer *p, const struct cp_offer *o, bool changed);
/* A trickled "candidate:…"; "": that was the last. */
void cp_path_candidate(struct cp_peer *p, const char *text, size_t len);
void cp_path_stun(struct cp_peer *p, const struct shm_msg_packet *head, const uint8_t *bytes);
void cp_path_end(struct cp_peer *p);

/* --- track.c, route.c ----------------------------------------------------------------------------- */

struct cp_track *cp_track_find(const struct cp_peer *p, const char *mid);
/* Make or change the track of a usable section; codec 0: our choice; name "": as it was, muted -1: likewise. -ENOSPC
 * with err. */
int cp_track_set(struct cp_peer *p, const struct cp_offer_section *s, uint8_t codec, const char *name, int muted,
		 struct cp_track **ret_track, struct en_err *err);
struct cp_track *cp_track_adopt(struct cp_peer *p, const struct cp_place *place, const struct shm_msg_track *set);
void cp_track_mute(struct cp_track *t, bool muted);
/* With its routes. */
void cp_track_end(struct cp_track *t);

struct cp_route *cp_route_find(const struct cp_peer *p, const char *mid);
/* Make or change the route of a section. -ENOSPC; -ENOENT: no codec in common. */
int cp_route_set(struct cp_peer *p, const struct cp_offer_section *s, struct cp_track *t, struct cp_route **ret_route,
		 struct en_err *err);
struct cp_route *cp_route_adopt(struct cp_peer *p, struct cp_track *t, const struct cp_place *place,
				const struct shm_msg_route *set);
/* New SSRCs: the dataplane that knew its sequence numbers and times is gone. The next answer tells the receiver. */
void cp_route_renumber(struct cp_route *r);
void cp_route_end(struct cp_route *r);

/* --- offer.c --------------------------------------------------------------------------------------- */

/* What a client says beside its offer, of one section. */
struct cp_wish {
	char mid[SHM_MID_MAX];
	char name[CP_TRACK_NAME_MAX]; /* of what it publishes; empty: not said */
	int muted; /* -1: not said */
	bool subscribes; /* `track` says to what; empty: to nothing. Not said: what the section had stays */
	char track[CP_TRACK_ID_MAX];
};

/*
 * Read an offer, bring tracks and routes in line with it, write the answer (SDP, at most cap bytes).
 * Returns its length; or, with err in the user's words and nothing changed: -EINVAL (the offer), -EAGAIN (the
 * dataplane is away), -ENOSPC (no session is free). What could not be done of an offer that was answered is in
 * *ret_warn (else empty): those sections are inactive.
 */
int cp_offer_apply(struct cp_peer *p, const char *sdp, size_t len, const struct cp_wish *wish, unsigned int wish_n,
		   char *answer, size_t cap, struct en_err *ret_warn, struct en_err *err);
/* What tells one ICE generation of the far end from the next (never 0). */
uint64_t cp_offer_ufrag_hash(const char *ufrag, const char *pwd);

#endif
