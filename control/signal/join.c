/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * join.c - a client becomes a participant, or again the one that it was.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   L1  a client is a participant at most once; who resumes takes the place of who spoke for it before.
 *   L2  a join that comes while the dataplane is away waits for it: what runs there decides who resumes.
 */
#include "control/ice/credential.h"
#include "control/signal/internal.h"
#include "engine/base/clock.h"
#include "engine/base/consttime.h"

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

void cp_client_join_asked(struct cp_client *c, json_t *m)
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
