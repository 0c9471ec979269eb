/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * signal.h - how browsers and other clients come into rooms: a WebSocket, or one HTTP exchange (WHIP, WHEP).
 *
 * The WebSocket: JSON text, one object a message, "t" names it (proto.c has the table of what is taken):
 *
 *   client  {"t":"join","room","name"?,"resume"?}
 *           {"t":"offer","n","sdp","publish":{MID:{"name"?,"muted"?}}?,"subscribe":{MID:TRACK or null}?}
 *           {"t":"data","n","sdp"}
 *           {"t":"mute","track","muted"} {"t":"name","name"} {"t":"candidate"} {"t":"leave"} {"t":"ping"}
 *   server  {"t":"joined","id","resume","resumed","room","participants":[…],"ice":[…]}
 *           {"t":"answer","n","sdp","tracks":{MID:TRACK}} {"t":"pong"} {"t":"error","code","text","n"?}
 *           {"t":"data","n","sdp"} {"t":"data","state"}
 *           {"t":"participant","id","name","data"} {"t":"left","id"} {"t":"track","track":{…}} {"t":"untrack","id"}
 *           {"t":"muted","id","muted"} {"t":"speaker","id" or null}
 *           {"t":"state","state":"connected"|"lost"|"closed"} {"t":"restart"}
 *
 * A receiving section that "subscribe" does not name keeps what it had; null ends it. After "lost" and "closed" the
 * client makes a new peer connection, after "restart" an ICE restart: with an offer, both. A "track" for an id that
 * is known changes its name. A "participant" likewise.
 *
 * "data" is the participant's second connection, for data channels alone; the same JSON may come by a control channel
 * of it instead of the WebSocket (voice.c). docs/signaling.md is the contract with clients.
 *
 * Runs on:   the control loop.
 * Invariants
 *   G1  nothing is done for a client before its token was right (when there is one).
 *   G2  a client that was cut off is waited for, 60 s; with its `resume` it goes on, also in a new control process.
 *   G3  bounds: messages a second, their size, participants, tracks, names; a client that does not read is cut off.
 */
#ifndef CP_SIGNAL_H
#define CP_SIGNAL_H

#include <jansson.h>

#include "control/control.h"
#include "control/dp/link.h"
#include "control/http/http.h"

struct cp_data_totals;
struct cp_hub;
struct cp_peer;
struct cp_signal;

/* Uses ctl->link, dtls and conf, from when the events below come. */
int cp_signal_create(struct cp_control *ctl, struct cp_signal **ret_signal, struct en_err *err);
/* The rooms and legs of the process. */
struct cp_hub *cp_signal_hub(struct cp_signal *s);
/* The link and HTTP may be gone; media go on. The loop must run once more for timers to be freed. */
void cp_signal_destroy(struct cp_signal *s);

/* /whip/… and /whep/… */
void cp_signal_request(struct cp_signal *s, struct cp_http_request *req, const struct cp_http_in *in);

/* As struct cp_http_events has them. */
void *cp_signal_ws_open(struct cp_signal *s, struct cp_ws *ws, const char *client, const char *query);
void cp_signal_ws_text(struct cp_signal *s, struct cp_ws *ws, void *user, const char *text, size_t len);
void cp_signal_ws_closed(struct cp_signal *s, struct cp_ws *ws, void *user);

/* A program on the bridge as a participant; what the room says comes to its voice. NULL with err. */
struct cp_voice {
	bool (*send)(void *arg, const char *text, size_t len); /* false: it does not read */
	void (*close)(void *arg); /* the participant ends */
};
struct cp_peer *cp_signal_program_join(struct cp_signal *s, const char *room, const char *name,
				       const struct cp_voice *v, void *arg, struct en_err *err);
void cp_signal_program_left(struct cp_signal *s, struct cp_peer *p);

/* As struct cp_link_events has them. */
void cp_signal_on_up(struct cp_signal *s, bool again);
void cp_signal_on_synced(struct cp_signal *s);
void cp_signal_on_down(struct cp_signal *s);
void cp_signal_on_message(struct cp_signal *s, unsigned int core, const struct shm_msg *m);

/* Arrays of objects; the caller's. */
json_t *cp_signal_rooms_json(const struct cp_signal *s);
json_t *cp_signal_sessions_json(const struct cp_signal *s);
json_t *cp_signal_data_json(const struct cp_signal *s);
/* Of all associations that there were. */
const struct cp_data_totals *cp_signal_data_totals(const struct cp_signal *s, unsigned int *ret_associations,
						   unsigned int *ret_channels, uint64_t *ret_queued);

#endif
