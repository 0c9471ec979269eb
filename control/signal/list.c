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
			if (p->kind != CP_PEER_DATA)
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

/* --- data channels -------------------------------------------------------------------------- */

static json_t *channel_json(const struct cp_channel *c)
{
	const struct cp_channel_config *f = cp_channel_config(c);
	static const char *const kinds[] = {
		[CP_SCTP_RELIABLE] = NULL, [CP_SCTP_RETRANSMITS] = "retransmits", [CP_SCTP_LIFETIME] = "lifetime"};
	struct cp_channel_stats s;
	json_t *m;

	cp_channel_stats(c, &s);
	m = json_pack("{s:i, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "id", (int)cp_channel_id(c), "label",
		      f->label, "protocol", f->protocol, "ordered", !f->unordered, "messages_in",
		      (json_int_t)s.messages_in, "bytes_in", (json_int_t)s.bytes_in, "messages_out",
		      (json_int_t)s.messages_out, "bytes_out", (json_int_t)s.bytes_out, "dropped",
		      (json_int_t)s.dropped, "queued", (json_int_t)s.queued);
	if (m && kinds[f->reliability])
		json_object_set_new(m, kinds[f->reliability], json_integer(f->value));
	return m;
}

/* The reasons that there were. */
static json_t *refusals_json(const struct cp_refusals *r)
{
	json_t *all = json_object();

	for (unsigned int i = 0; i < CP_REFUSAL_N; i++)
		if (r->n[i])
			json_object_set_new(all, cp_refusal_name(i), json_integer((json_int_t)r->n[i]));
	return all;
}

static json_t *assoc_json(const struct cp_peer *p)
{
	json_t *channels = json_array();
	struct cp_channel *c = NULL;
	struct cp_data_stats s;

	while ((c = cp_data_next(p->data, c)))
		json_array_append_new(channels, channel_json(c));
	cp_data_stats(p->data, &s);
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "id",
			 p->data_source.owner->id, "connection", p->id, "room", p->room->name, "up",
			 cp_data_is_up(p->data), "rtt_ms", (json_int_t)s.sctp.rtt_ms, "cwnd", (json_int_t)s.sctp.cwnd,
			 "in_flight", (json_int_t)s.sctp.in_flight, "queued", (json_int_t)s.sctp.send_queued,
			 "packets_in", (json_int_t)s.sctp.packets_in, "packets_out", (json_int_t)s.sctp.packets_out,
			 "retransmitted", (json_int_t)s.sctp.retransmitted, "abandoned", (json_int_t)s.sctp.abandoned,
			 "opened", (json_int_t)s.opened, "closed", (json_int_t)s.closed, "refused",
			 (json_int_t)s.refused, "refusals", refusals_json(&s.refusals), "channels", channels);
}

json_t *cp_signal_data_json(const struct cp_signal *s)
{
	json_t *list = json_array();
	const struct cp_peer *p;

	TAILQ_FOREACH (p, &s->hub->peers, of_hub)
		if (p->data)
			json_array_append_new(list, assoc_json(p));
	return list;
}

const struct cp_data_totals *cp_signal_data_totals(const struct cp_signal *s, unsigned int *ret_associations,
						   unsigned int *ret_channels, uint64_t *ret_queued)
{
	const struct cp_peer *p;
	struct cp_channel *c;

	*ret_associations = *ret_channels = 0;
	*ret_queued = 0;
	TAILQ_FOREACH (p, &s->hub->peers, of_hub) {
		if (!p->data)
			continue;
		++*ret_associations;
		for (c = cp_data_next(p->data, NULL); c; c = cp_data_next(p->data, c)) {
			struct cp_channel_stats stats;

			cp_channel_stats(c, &stats);
			*ret_queued += stats.queued;
			++*ret_channels;
		}
	}
	return &s->hub->data;
}
