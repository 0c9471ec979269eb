/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.c - who speaks for a participant, by WebSocket or control channel: what is said is checked, done and answered.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   L1  a client is a participant at most once; who resumes takes the place of who spoke for it before.
 *   L2  a message too many, or one that is none, costs the client its WebSocket or an "error"; it changes nothing.
 *   L3  a join that comes while the dataplane is away waits for it: what runs there decides who resumes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/ice/credential.h"
#include "control/signal/internal.h"
#include "engine/base/clock.h"
#include "engine/base/consttime.h"

#define CLOSE_POLICY 1008 /* RFC 6455 s7.4.1 */
#define CLOSE_NORMAL 1000

/* --- out --------------------------------------------------------------------------------- */

/* The way that it spoke last; false: none is left. */
static bool put(struct cp_client *c, const char *text, size_t len)
{
	if (c->voice)
		return c->voice->send(c->voice_arg, text, len);
	/* one that does not take it has ended, and is forgotten (cp_client_channel) */
	if (c->by_channel && c->channel && cp_outlet_tell(c->channel, text, len))
		return true;
	return c->ws && cp_ws_send(c->ws, text, len);
}

void cp_client_send(struct cp_client *c, json_t *message)
{
	char *text = message && !c->closing ? json_dumps(message, JSON_COMPACT) : NULL;

	if (text && !put(c, text, strlen(text)))
		c->closing = true;
	free(text);
	json_decref(message);
}

void cp_client_broadcast(const struct cp_room *r, const struct cp_peer *but, json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &r->members, of_room) {
		struct cp_client *c = p->client;

		if (text && c && p != but && !c->closing && !put(c, text, strlen(text)))
			c->closing = true;
	}
	free(text);
	json_decref(message);
}

void cp_client_error(struct cp_client *c, const char *code, const char *text, const json_t *n)
{
	json_t *m = json_pack("{s:s, s:s, s:s}", "t", "error", "code", code, "text", text);

	if (m && json_is_integer(n))
		json_object_set_new(m, "n", json_integer(json_integer_value(n)));
	cp_client_send(c, m);
}

static void hang_up(struct cp_client *c, unsigned int code, const char *why)
{
	const struct cp_voice *voice = c->voice;
	struct cp_outlet *o = c->channel;

	c->closing = true;
	c->channel = NULL;
	if (o)
		cp_outlet_end(o, true);
	if (c->ws)
		cp_ws_close(c->ws, code, why);
	c->voice = NULL;
	if (voice)
		voice->close(c->voice_arg);
}

void cp_client_refuse(struct cp_client *c, const char *code, const char *text)
{
	if (c->closing)
		return;
	cp_client_error(c, code, text, NULL);
	hang_up(c, CLOSE_POLICY, code);
}

/* --- join --------------------------------------------------------------------------------- */

static json_t *participants_of(const struct cp_room *r)
{
	json_t *list = json_array();
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &r->members, of_room)
		if (cp_peer_is_shown(p))
			json_array_append_new(list, cp_proto_participant(p));
	return list;
}

static json_t *ice_of(const struct cp_signal *s, const char *id)
{
	json_t *list = json_array(), *urls = json_array();
	struct cp_turn_server turn;

	cp_turn_server_make(&s->ctl->conf->turn, id, en_wall_s(), &turn);
	for (unsigned int i = 0; i < turn.url_n; i++)
		json_array_append_new(urls, json_string(turn.url[i]));
	if (turn.url_n == 0)
		json_decref(urls);
	else
		json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "urls", urls, "username", turn.username,
						      "credential", turn.credential));
	en_wipe(&turn, sizeof(turn));
	return list;
}

static void say_joined(struct cp_client *c, bool resumed)
{
	struct cp_peer *p = c->peer;
	char resume[CP_RESUME_MAX];

	cp_resume_make(p, resume);
	cp_client_send(c, json_pack("{s:s, s:s, s:s, s:b, s:s, s:o, s:o}", "t", "joined", "id", p->id, "resume", resume,
				    "resumed", resumed, "room", p->room->name, "participants", participants_of(p->room),
				    "ice", ice_of(c->signal, p->id)));
	en_wipe(resume, sizeof(resume));
	if (p->room->speaker)
		cp_client_send(c, json_pack("{s:s, s:s}", "t", "speaker", "id", p->room->speaker->id));
}

/* What happened to its transport while nobody was there to hear of it. */
static void catch_up(struct cp_client *c)
{
	const struct cp_peer *p = c->peer;

	if (!p->installed || p->state == SHM_SESSION_LOST)
		cp_client_send(c, json_pack("{s:s, s:s}", "t", "state", "state", "lost"));
	else if (!p->keyed && p->ufrag_hash == 0)
		cp_client_send(c, json_pack("{s:s}", "t", "restart"));
}

void cp_client_welcome(struct cp_client *c, bool resumed)
{
	say_joined(c, resumed);
	if (resumed)
		catch_up(c);
}

/* Somebody with its secret goes on for it; who spoke for it so far (a connection that hangs) is cut off. */
static bool resume(struct cp_client *c, const char *room, const char *token)
{
	struct cp_peer *p = token ? cp_resume_find(c->signal->hub, room, token) : NULL;
	struct cp_client *before;

	if (!p || p->kind != CP_PEER_CALL)
		return false;
	before = p->client;
	if (before) {
		before->peer = NULL;
		c->channel = before->channel;
		before->channel = NULL;
		before->by_channel = false;
		cp_client_refuse(before, "resumed", "This participant goes on over another connection.");
	}
	c->peer = p;
	p->owner = cp_setup_owner(c->address);
	cp_peer_attach(p, c);
	en_info("signal", "%s of room %s is back", p->id, room);
	cp_client_welcome(c, true);
	return true;
}

void cp_client_join(struct cp_client *c, const json_t *m)
{
	const char *room = json_string_value(json_object_get(m, "room"));
	const char *name = json_string_value(json_object_get(m, "name"));
	struct en_err err;

	if (!name || !name[0])
		name = "Guest";
	if (!cp_room_name_is_valid(room)) {
		cp_client_error(c, "room", "The name of a room has 1 to 64 characters of A-Z, a-z, 0-9, _ . and -.",
				NULL);
		return;
	}
	if (!cp_name_is_valid(name, CP_NAME_MAX)) {
		cp_client_error(c, "name", "A name has at most 64 bytes and no control characters.", NULL);
		return;
	}
	if (resume(c, room, json_string_value(json_object_get(m, "resume"))))
		return;
	c->peer = cp_peer_join(c->signal->hub, room, CP_PEER_CALL, name, &err);
	if (!c->peer) {
		cp_client_error(c, "full", err.text, NULL);
		return;
	}
	c->peer->owner = cp_setup_owner(c->address);
	cp_peer_attach(c->peer, c);
	cp_client_welcome(c, false);
}

static void on_join(struct cp_client *c, json_t *m)
{
	if (c->peer || c->waiting) {
		cp_client_error(c, "state", "This connection has joined a room already.", NULL);
		return;
	}
	if (c->signal->hub->synced) {
		cp_client_join(c, m);
		return;
	}
	c->waiting = json_incref(m);
	c->since_ms = cp_hub_now(c->signal->hub);
}

void cp_client_tick(struct cp_client *c, uint64_t now_ms)
{
	json_t *m = c->waiting;

	if (!c->ws && !c->channel && !c->voice) {
		cp_client_free(c); /* nothing tells us of its end any more */
		return;
	}
	if (c->closing || c->peer)
		return;
	if (m && c->signal->hub->synced) {
		c->waiting = NULL;
		cp_client_join(c, m);
		json_decref(m);
	} else if (m && now_ms - c->since_ms >= CP_WAIT_DATAPLANE_MS) {
		cp_client_refuse(c, "unavailable", "The media engine is away; try again in a moment.");
	} else if (now_ms - c->since_ms >= CP_JOIN_MS) {
		cp_client_refuse(c, "idle", "No room was joined within 30 seconds.");
	}
}

/* --- in a room ---------------------------------------------------------------------------- */

static const char *code_of(int rc)
{
	return rc == -EAGAIN ? "unavailable" : rc == -ENOSPC ? "full" : "offer";
}

/* Section -> track, of what the participant publishes now. */
static json_t *tracks_by_mid(const struct cp_peer *p)
{
	json_t *all = json_object();
	const struct cp_track *t;

	TAILQ_FOREACH (t, &p->tracks, of_peer)
		json_object_set_new(all, t->set.mid, json_string(t->id));
	return all;
}

static void answer(struct cp_client *c, const json_t *n, const char *sdp, size_t len)
{
	json_t *m = json_pack("{s:s, s:s%, s:o}", "t", "answer", "sdp", sdp, len, "tracks", tracks_by_mid(c->peer));

	if (m && n)
		json_object_set_new(m, "n", json_integer(json_integer_value(n)));
	cp_client_send(c, m);
}

static void on_offer(struct cp_client *c, json_t *m)
{
	const json_t *sdp = json_object_get(m, "sdp"), *n = json_object_get(m, "n");
	struct cp_wish *wish = calloc(CP_SECTIONS_MAX, sizeof(*wish));
	char *text = malloc(CP_SDP_MAX);
	struct en_err err, warn = {0};
	int wish_n, rc = -ENOSPC;

	en_fail(&err, rc, "The server has no memory for another offer.");
	if (wish && text) {
		wish_n = cp_proto_wishes(m, wish, &err);
		rc = wish_n < 0 ? wish_n
				: cp_offer_apply(c->peer, json_string_value(sdp), json_string_length(sdp), wish,
						 (unsigned int)wish_n, text, CP_SDP_MAX, &warn, &err);
	}
	if (rc >= 0)
		answer(c, n, text, (size_t)rc);
	else
		cp_client_error(c, code_of(rc), err.text, n);
	if (rc >= 0 && warn.text[0])
		cp_client_error(c, "section", warn.text, n);
	free(text);
	free(wish);
}

static void on_data(struct cp_client *c, json_t *m)
{
	const json_t *sdp = json_object_get(m, "sdp"), *n = json_object_get(m, "n");
	char *text = malloc(CP_SDP_MAX);
	struct en_err err, warn = {0};
	int rc = -ENOSPC;
	json_t *answered;

	en_fail(&err, rc, "The server has no memory for another offer.");
	if (text)
		rc = cp_companion_offer(c->peer, json_string_value(sdp), json_string_length(sdp), text, CP_SDP_MAX,
					&warn, &err);
	if (rc >= 0 && !warn.text[0]) {
		answered = json_pack("{s:s, s:s%}", "t", "data", "sdp", text, (size_t)rc);
		if (answered && n)
			json_object_set_new(answered, "n", json_integer(json_integer_value(n)));
		cp_client_send(c, answered);
	} else {
		cp_client_error(c, rc < 0 ? code_of(rc) : "full", rc < 0 ? err.text : warn.text, n);
	}
	free(text);
}

static void on_mute(struct cp_client *c, json_t *m)
{
	const char *id = json_string_value(json_object_get(m, "track"));
	struct cp_track *t = cp_room_track(c->peer->room, id);

	if (t && t->peer == c->peer)
		cp_track_mute(t, json_is_true(json_object_get(m, "muted")));
	else
		cp_client_error(c, "track", "This participant publishes no such track.", NULL);
}

static void on_name(struct cp_client *c, json_t *m)
{
	const char *name = json_string_value(json_object_get(m, "name"));

	if (!cp_name_is_valid(name, CP_NAME_MAX)) {
		cp_client_error(c, "name", "A name has 1 to 64 bytes and no control characters.", NULL);
		return;
	}
	cp_peer_rename(c->peer, name);
	cp_signal_hub_events.joined(c->signal, c->peer);
}

static void on_leave(struct cp_client *c, json_t *m)
{
	struct cp_peer *p = c->peer;

	(void)m;
	c->peer = NULL;
	p->client = NULL;
	hang_up(c, CLOSE_NORMAL, "left");
	cp_peer_destroy(p);
}

static void on_ping(struct cp_client *c, json_t *m)
{
	(void)m;
	cp_client_send(c, json_pack("{s:s}", "t", "pong"));
}

static void on_candidate(struct cp_client *c, json_t *m)
{
	const json_t *text = json_object_get(m, "candidate");

	struct cp_peer *p = json_is_true(json_object_get(m, "data")) ? c->peer->companion : c->peer;

	/* passed over where we are ICE-lite: its checks tell where it is (RFC 8445 s2.5) */
	if (text && p)
		cp_path_candidate(p, json_string_value(text), json_string_length(text));
}

/* --- in ------------------------------------------------------------------------------------- */

static bool within_budget(struct cp_client *c)
{
	uint64_t now = cp_hub_now(c->signal->hub), more = (now - c->budget_ms) * CP_MESSAGES_PER_S / 1000;

	if (more > 0) {
		c->budget = c->budget + more > CP_MESSAGES_BURST ? CP_MESSAGES_BURST : c->budget + (unsigned int)more;
		c->budget_ms = now;
	}
	if (c->budget == 0)
		return false;
	c->budget--;
	return true;
}

static const struct {
	void (*handle)(struct cp_client *c, json_t *m);
	bool in_room; /* only who has joined may say it */
} handlers[CP_SAID_N] = {
	[CP_SAID_JOIN] = {on_join, false},  [CP_SAID_OFFER] = {on_offer, true},
	[CP_SAID_DATA] = {on_data, true},   [CP_SAID_CANDIDATE] = {on_candidate, true},
	[CP_SAID_MUTE] = {on_mute, true},   [CP_SAID_NAME] = {on_name, true},
	[CP_SAID_LEAVE] = {on_leave, true}, [CP_SAID_PING] = {on_ping, false},
};

void cp_client_text(struct cp_client *c, const char *text, size_t len)
{
	enum cp_said said;
	struct en_err err;
	json_t *m;

	if (c->closing)
		return;
	if (!within_budget(c)) {
		c->signal->refused++;
		cp_client_refuse(c, "rate", "Too many messages.");
		return;
	}
	m = cp_proto_read(text, len, &said, &err);
	if (!m) {
		c->signal->refused++;
		cp_client_error(c, "message", err.text, NULL);
		return;
	}
	if (handlers[said].in_room && !c->peer)
		cp_client_error(c, "state", "Join a room first.", json_object_get(m, "n"));
	else
		handlers[said].handle(c, m);
	json_decref(m);
}
