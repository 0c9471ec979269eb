/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events.c - what happens in rooms, as messages to those in them.
 *
 * Runs on:   the control loop.
 */
#include "control/signal/internal.h"

static void on_joined(void *arg, const struct cp_peer *p)
{
	(void)arg;
	cp_client_broadcast(p->room, p,
			    json_pack("{s:s, s:s, s:s, s:b}", "t", "participant", "id", p->id, "name", p->name, "data",
				      cp_peer_data_is_there(p)));
}

static void on_data(void *arg, struct cp_peer *p)
{
	if (cp_peer_is_shown(p))
		on_joined(arg, p);
}

static void on_left(void *arg, const struct cp_peer *p)
{
	(void)arg;
	cp_client_broadcast(p->room, p, json_pack("{s:s, s:s}", "t", "left", "id", p->id));
}

static void on_track(void *arg, const struct cp_track *t)
{
	const struct cp_peer *p = t->peer;

	(void)arg;
	cp_client_broadcast(p->room, p, json_pack("{s:s, s:o}", "t", "track", "track", cp_proto_track(t)));
}

static void on_untrack(void *arg, const struct cp_track *t)
{
	const struct cp_peer *p = t->peer;

	(void)arg;
	cp_client_broadcast(p->room, p, json_pack("{s:s, s:s}", "t", "untrack", "id", t->id));
}

static void on_muted(void *arg, const struct cp_track *t)
{
	const struct cp_peer *p = t->peer;

	(void)arg;
	cp_client_broadcast(p->room, p, json_pack("{s:s, s:s, s:b}", "t", "muted", "id", t->id, "muted", t->muted));
}

static void on_speaker(void *arg, const struct cp_room *r)
{
	(void)arg;
	cp_client_broadcast(r, NULL,
			    json_pack("{s:s, s:s?}", "t", "speaker", "id", r->speaker ? r->speaker->id : NULL));
}

/* Its data connection's. */
static void on_data_change(const struct cp_peer *p, enum cp_peer_change change, const char *why)
{
	const char *state = change == CP_PEER_CONNECTED ? "connected" : change == CP_PEER_LOST ? "lost" : "closed";
	struct cp_client *c = p->speaks_for ? p->speaks_for->client : NULL;

	if (change == CP_PEER_GONE && p->state == SHM_SESSION_LOST)
		return; /* it was told */
	if (c)
		cp_client_send(c,
			       json_pack("{s:s, s:s, s:s*}", "t", "data", "state", state, "text", why[0] ? why : NULL));
}

static void on_change(void *arg, struct cp_peer *p, enum cp_peer_change change, const char *why)
{
	static const char *const states[] = {
		[CP_PEER_CONNECTED] = "connected", [CP_PEER_LOST] = "lost", [CP_PEER_CLOSED] = "closed"};
	struct cp_client *c = p->client;

	(void)arg;
	if (p->kind == CP_PEER_DATA)
		on_data_change(p, change, why);
	if (!c)
		return;
	if (change == CP_PEER_RESTART) {
		cp_client_send(c, json_pack("{s:s}", "t", "restart"));
	} else if (change == CP_PEER_GONE) {
		c->peer = NULL;
		cp_client_refuse(c, "gone", why);
	} else {
		cp_client_send(c, json_pack("{s:s, s:s, s:s*}", "t", "state", "state", states[change], "text",
					    why[0] ? why : NULL));
	}
}

static void on_channel(void *arg, struct cp_peer *p, struct cp_outlet *o, bool up)
{
	cp_client_channel(arg, p, o, up);
}

static void on_said(void *arg, struct cp_peer *p, struct cp_outlet *o, const char *text, size_t len)
{
	struct cp_client *c = p->client;

	(void)arg;
	if (!c || c->channel != o)
		return;
	c->by_channel = true;
	cp_client_text(c, text, len);
}

static void on_trouble(void *arg, struct cp_peer *p, const char *code, const char *text, const char *label,
		       const char *to)
{
	struct cp_client *c = p->client;

	(void)arg;
	if (c)
		cp_client_send(c, json_pack("{s:s, s:s, s:s, s:s, s:s*}", "t", "error", "code", code, "text", text,
					    "label", label, "to", to));
}

const struct cp_hub_events cp_signal_hub_events = {
	.joined = on_joined,
	.left = on_left,
	.track = on_track,
	.untrack = on_untrack,
	.muted = on_muted,
	.speaker = on_speaker,
	.change = on_change,
	.data = on_data,
	.channel = on_channel,
	.said = on_said,
	.trouble = on_trouble,
};
