/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * internal.h - what the files of this folder share. Nobody else includes it.
 */
#ifndef CP_SIGNAL_INTERNAL_H
#define CP_SIGNAL_INTERNAL_H

#include "control/peer/hub.h"
#include "control/signal/signal.h"

#define CP_RESUME_MAX        64 /* "pabcdefgh.0123…" */
#define CP_MESSAGES_PER_S    50
#define CP_MESSAGES_BURST    200
#define CP_JOIN_MS           30000 /* a WebSocket that joins nothing is closed */
#define CP_WAIT_DATAPLANE_MS 10000 /* a join waits so long for the dataplane */

struct cp_tick; /* signal.c: outlives the struct until its handle is closed */

TAILQ_HEAD(cp_client_list, cp_client);

struct cp_signal {
	struct cp_control *ctl;
	struct cp_hub *hub;
	struct cp_tick *tick;
	struct cp_client_list clients;
	unsigned int client_n;
	uint64_t refused; /* messages that did not fit the protocol */
};

/* Who speaks for a participant: a WebSocket, and its control channel beside it or instead. */
struct cp_client {
	TAILQ_ENTRY(cp_client) of_signal;
	struct cp_signal *signal;
	struct cp_ws *ws; /* NULL: none (any more) */
	struct cp_outlet *channel; /* its control channel; NULL: none */
	bool by_channel; /* it spoke there last: so do we */
	const struct cp_voice *voice; /* a program on the bridge instead of both; else NULL */
	void *voice_arg;
	struct cp_peer *peer; /* NULL: has not joined */
	json_t *waiting; /* its join, until the dataplane is there */
	bool closing; /* nothing is sent or heard any more */
	uint64_t since_ms; /* opened, or began to wait */
	uint64_t budget_ms; /* when the budget was last filled */
	unsigned int budget; /* messages that it may send */
	char address[64];
};

/* --- proto.c: what a client may say ------------------------------------------------------ */

enum cp_said {
	CP_SAID_JOIN,
	CP_SAID_OFFER,
	CP_SAID_DATA,
	CP_SAID_CANDIDATE,
	CP_SAID_MUTE,
	CP_SAID_NAME,
	CP_SAID_LEAVE,
	CP_SAID_PING,
	CP_SAID_N
};

/* The message, its fields of the right types and sizes; NULL with err in the user's words. Free with json_decref(). */
json_t *cp_proto_read(const char *text, size_t len, enum cp_said *ret_said, struct en_err *err);
/* "publish" and "subscribe" of an offer; how many sections they speak of, or -EINVAL. */
int cp_proto_wishes(const json_t *offer, struct cp_wish wish[CP_SECTIONS_MAX], struct en_err *err);
json_t *cp_proto_track(const struct cp_track *t);
json_t *cp_proto_participant(const struct cp_peer *p);

/* --- client.c ------------------------------------------------------------------------------ */

/* Takes `message` over. */
void cp_client_send(struct cp_client *c, json_t *message);
/* To those in the room who have a client, but not to `but` (NULL: to all). */
void cp_client_broadcast(const struct cp_room *r, const struct cp_peer *but, json_t *message);
void cp_client_error(struct cp_client *c, const char *code, const char *text, const json_t *n);
/* A last word, and the end of the WebSocket. */
void cp_client_refuse(struct cp_client *c, const char *code, const char *text);
/* No more is said or heard: with a code of RFC 6455. */
void cp_client_hang_up(struct cp_client *c, unsigned int code, const char *why);

/* --- join.c -------------------------------------------------------------------------------- */

/* Now, or when the dataplane is there. */
void cp_client_join_asked(struct cp_client *c, json_t *m);
void cp_client_join(struct cp_client *c, const json_t *m);
/* "joined", and what it missed. */
void cp_client_welcome(struct cp_client *c, bool resumed);
/* A join that waited is tried again, or given up. May free c. */
void cp_client_tick(struct cp_client *c, uint64_t now_ms);

/* --- request.c ------------------------------------------------------------------------------- */

void cp_client_text(struct cp_client *c, const char *text, size_t len);

/* --- voice.c ------------------------------------------------------------------------------- */

struct cp_client *cp_client_make(struct cp_signal *s); /* NULL: no memory */
void cp_client_free(struct cp_client *c);
/* Its WebSocket is gone: it goes on by its control channel, or not at all. */
void cp_client_unhook(struct cp_client *c);
void cp_client_channel(struct cp_signal *s, struct cp_peer *p, struct cp_outlet *o, bool up);

/* --- events.c: what the hub tells, as messages ------------------------------------------------ */

extern const struct cp_hub_events cp_signal_hub_events;

/* --- resume.c: who may come, and who came before ------------------------------------------------ */

/* Is this the token that the configuration asks for? Yes when it asks for none. Constant time. */
bool cp_token_is_right(const struct conf_control *c, const char *query, const char *authorization);
void cp_resume_make(const struct cp_peer *p, char ret_token[CP_RESUME_MAX]);
/* The member of the room that was given this; NULL: none. */
struct cp_peer *cp_resume_find(const struct cp_hub *h, const char *room, const char *token);

/* --- whip.c ---------------------------------------------------------------------------------------- */

void cp_whip_request(struct cp_signal *s, struct cp_http_request *req, const struct cp_http_in *in);

#endif
