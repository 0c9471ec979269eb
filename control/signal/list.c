/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list.c - rooms and sessions for the API: what an operator may see. No secrets.
 *
 * Runs on:   the control loop.
 */
#include "control/signal/internal.h"

static json_t *member_json(const struct cp_peer *p)
{
	json_t *m = cp_proto_participant(p);

	if (!m)
		return NULL;
	json_object_set_new(m, "kind", json_string(cp_peer_kind_name(p->kind)));
	json_object_set_new(m, "state", json_string(cp_peer_state_name(p)));
	json_object_set_new(m, "signaling", json_boolean(p->client != NULL));
	json_object_set_new(m, "receives", json_integer(p->route_n));
	return m;
}

json_t *cp_signal_rooms_json(const struct cp_signal *s)
{
	json_t *list = json_array();
	const struct cp_room *r;
	const struct cp_peer *p;

	TAILQ_FOREACH (r, &s->hub->rooms, of_hub) {
		json_t *members = json_array();

		TAILQ_FOREACH (p, &r->members, of_room)
			json_array_append_new(members, member_json(p));
		json_array_append_new(list, json_pack("{s:s, s:i, s:s?, s:o}", "name", r->name, "core", (int)r->core,
						      "speaker", r->speaker ? r->speaker->id : NULL, "participants",
						      members));
	}
	return list;
}

static json_t *session_json(const struct cp_peer *p)
{
	char remote[EN_ADDRSTR_MAX] = "";

	if (p->remote.addr.family)
		en_ep_str(&p->remote, remote);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:s?, s:i, s:i}", "id", p->id, "room",
			 p->room->name, "name", p->name, "kind", cp_peer_kind_name(p->kind), "state",
			 cp_peer_state_name(p), "core", (int)p->place.core, "place", (int)p->place.h.index, "keyed",
			 p->keyed, "signaling", p->client != NULL, "remote", remote[0] ? remote : NULL, "tracks",
			 (int)p->track_n, "routes", (int)p->route_n);
}

json_t *cp_signal_sessions_json(const struct cp_signal *s)
{
	json_t *list = json_array();
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &s->hub->peers, of_hub)
		if (p->installed)
			json_array_append_new(list, session_json(p));
	return list;
}
