/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command.c - the commands of the ng protocol: a dictionary in, a dictionary out.
 *
 * Runs on:   the control loop.
 * Specs:     reference/media.md s1.1, s1.2.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/inner.h"
#include "control/gateway/ngmsg.h"

#define LIST_MAX 32 /* more do not fit into a datagram */

static json_t *error_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static json_t *error_of(const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return json_pack("{s:s, s:s}", "result", "error", "error-reason", text);
}

static json_t *ok(void)
{
	return json_pack("{s:s}", "result", "ok");
}

static json_t *no_call(const struct cp_gw_options *o)
{
	return error_of("Unknown call-id %s", o->call_id);
}

/* --- offer, answer ------------------------------------------------------------- */

/* Which side speaks. A tag that nobody has takes the free side, or the place of a fork that came to nothing. */
static int side_of_offer(struct cp_gw_call *c, const struct cp_gw_options *o)
{
	int side = cp_gw_call_side(c, o->from_tag), other = cp_gw_call_side(c, o->to_tag);

	if (side >= 0)
		return side;
	side = other >= 0 ? 1 - other : c->side[0].tag ? 1 : 0;
	return cp_gw_call_set_tag(c, (unsigned int)side, o->from_tag) ? side : -1;
}

static int side_of_answer(struct cp_gw_call *c, const struct cp_gw_options *o)
{
	int offerer = cp_gw_call_side(c, o->from_tag), side;

	if (offerer < 0)
		return -1;
	side = 1 - offerer;
	return cp_gw_call_set_tag(c, (unsigned int)side, o->to_tag) ? side : -1;
}

static json_t *describe(struct cp_gw_call *c, int side, bool answer, const struct cp_gw_options *o)
{
	char *sdp = malloc(CP_GW_SDP_OUT_MAX);
	struct en_err err;
	json_t *reply;
	int len;

	if (!sdp)
		return error_of("There is no memory for a description.");
	c->signal_ms = cp_hub_now(c->gateway->hub);
	len = cp_gw_describe(c, (unsigned int)side, answer, o, sdp, CP_GW_SDP_OUT_MAX, &err);
	reply = len < 0 ? error_of("%s", err.text) : ok();
	if (len >= 0)
		json_object_set_new(reply, "sdp", json_stringn_nocheck(sdp, (size_t)len));
	free(sdp);
	return reply;
}

static json_t *on_offer(struct cp_gateway *g, const struct cp_gw_options *o)
{
	struct cp_gw_call *c = cp_gw_call_find(g, o->call_id);
	bool fresh = !c;
	json_t *reply;
	int side;

	if (fresh)
		c = cp_gw_call_make(g, o->call_id);
	side = c ? side_of_offer(c, o) : -1;
	reply = side >= 0 ? describe(c, side, false, o) : error_of("There is no memory for another call.");
	if (fresh && c && strcmp(json_string_value(json_object_get(reply, "result")), "ok") != 0)
		cp_gw_call_end(c, "its first offer was refused");
	return reply;
}

static json_t *on_answer(struct cp_gateway *g, const struct cp_gw_options *o)
{
	struct cp_gw_call *c = cp_gw_call_find(g, o->call_id);
	int side;

	if (!c)
		return no_call(o);
	side = side_of_answer(c, o);
	return side >= 0 ? describe(c, side, true, o) : error_of("Unknown from-tag %s", o->from_tag);
}

/* --- delete, query, list --------------------------------------------------------- */

static const char *security_name(const struct cp_gw_leg *leg)
{
	static const char *const names[] = {[CP_GW_PLAIN] = "none", [CP_GW_SDES] = "SDES", [CP_GW_DTLS] = "DTLS"};

	return names[leg->security];
}

static json_t *leg_json(const struct cp_gw_leg *leg)
{
	char local[EN_ADDRSTR_MAX], remote[EN_ADDRSTR_MAX] = "";
	struct en_ep ep = cp_gw_leg_local(leg);

	if (leg->inside)
		return json_pack("{s:s, s:s}", "room", leg->peer->room->name, "participant", leg->peer->id);
	if (leg->peer->remote.addr.family)
		en_ep_str(&leg->peer->remote, remote);
	else if (leg->peer->leg.remote.addr.family)
		en_ep_str(&leg->peer->leg.remote, remote);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:s}", "local", en_ep_str(&ep, local), "remote",
			 remote, "protocol", cp_gw_proto_name((enum cp_gw_proto)leg->proto), "security",
			 security_name(leg), "ICE", (int)leg->ice, "rtcp-mux", (int)leg->mux, "silent",
			 (int)cp_gw_leg_is_silent(leg), "transcoded", (int)(leg->stream->pipe[leg->side] != 0),
			 "session", leg->peer->id);
}

/* measures: bencode has no real numbers, so the ng protocol goes without. */
static json_t *medias_json(const struct cp_gw_call *c, unsigned int side, bool measures)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < c->stream_n; i++) {
		const struct cp_gw_leg *leg = &c->stream[i].leg[side];
		json_t *media = leg->peer ? leg_json(leg) : json_object();

		json_object_set_new(media, "index", json_integer((int)i + 1));
		if (measures && leg->peer)
			json_object_set_new(media, "measures", cp_gw_measure_json(leg));
		json_array_append_new(list, media);
	}
	return list;
}

static json_t *call_json(const struct cp_gw_call *c, bool measures)
{
	uint64_t wall_s = (uint64_t)time(NULL), now = cp_hub_now(c->gateway->hub);
	json_t *tags = json_object();

	for (unsigned int k = 0; k < CP_GW_SIDES; k++)
		if (c->side[k].tag)
			json_object_set_new_nocheck(tags, c->side[k].tag,
						    json_pack("{s:o}", "medias", medias_json(c, k, measures)));
	return json_pack("{s:I, s:I, s:o}", "created", (json_int_t)(wall_s - (now - c->created_ms) / 1000),
			 "last signal", (json_int_t)(wall_s - (now - c->signal_ms) / 1000), "tags", tags);
}

static json_t *measured_json(const struct cp_gw_call *c)
{
	json_t *call = call_json(c, true);

	json_object_set_new(call, "id", json_stringn(c->id, strlen(c->id)));
	return call;
}

json_t *cp_gateway_calls_json(const struct cp_gateway *g)
{
	json_t *list = json_array();
	const struct cp_gw_call *c;

	TAILQ_FOREACH (c, &g->calls, of_gateway)
		json_array_append_new(list, measured_json(c));
	return list;
}

json_t *cp_gateway_call_json(const struct cp_gateway *g, const char *id)
{
	const struct cp_gw_call *c = cp_gw_call_find(g, id);

	return c ? measured_json(c) : NULL;
}

static json_t *on_delete(struct cp_gateway *g, const struct cp_gw_options *o)
{
	struct cp_gw_call *c = cp_gw_call_find(g, o->call_id);
	json_t *reply;

	if (!c && o->flags & CP_GW_FATAL)
		return no_call(o);
	if (!c)
		return json_pack("{s:s, s:s}", "result", "ok", "warning", "Call-ID not found or tags didn't match");
	reply = call_json(c, false);
	json_object_set_new(reply, "result", json_string("ok"));
	cp_gw_call_end(c, "it was deleted");
	return reply;
}

static json_t *on_query(struct cp_gateway *g, const struct cp_gw_options *o)
{
	struct cp_gw_call *c = cp_gw_call_find(g, o->call_id);
	json_t *reply;

	if (!c)
		return no_call(o);
	reply = call_json(c, false);
	json_object_set_new(reply, "result", json_string("ok"));
	return reply;
}

static json_t *on_list(struct cp_gateway *g, const struct cp_gw_options *o)
{
	const json_t *limit = cp_gw_key(o->dict, "limit");
	json_int_t most = json_is_integer(limit) ? json_integer_value(limit) : LIST_MAX;
	json_t *calls = json_array(), *reply = ok();
	const struct cp_gw_call *c;

	TAILQ_FOREACH (c, &g->calls, of_gateway) {
		if (most-- <= 0)
			break;
		json_array_append_new(calls, json_string_nocheck(c->id));
	}
	json_object_set_new(reply, "calls", calls);
	return reply;
}

static json_t *on_statistics(struct cp_gateway *g, const struct cp_gw_options *o)
{
	const struct cp_gateway_stats *s = &g->stats;

	(void)o;
	return json_pack("{s:s, s:{s:{s:I}, s:{s:I, s:I}, s:{s:I, s:I, s:I}}}", "result", "ok", "statistics",
			 "currentstatistics", "sessionstotal", (json_int_t)s->present, "totalstatistics",
			 "managedsessions", (json_int_t)s->calls, "timeoutsessions", (json_int_t)s->timeouts,
			 "controlstatistics", "totalrequests", (json_int_t)s->commands, "errors", (json_int_t)s->errors,
			 "repeated", (json_int_t)s->repeated);
}

/* --- block, unblock ----------------------------------------------------------------- */

static json_t *block(struct cp_gateway *g, const struct cp_gw_options *o, bool blocked)
{
	struct cp_gw_call *c = cp_gw_call_find(g, o->call_id);
	int side = c && o->from_tag ? cp_gw_call_side(c, o->from_tag) : -1;

	if (!c)
		return no_call(o);
	if (o->from_tag && side < 0)
		return error_of("Unknown from-tag %s", o->from_tag);
	for (unsigned int i = 0; i < c->stream_n; i++)
		for (unsigned int k = 0; k < CP_GW_SIDES; k++) {
			if (side >= 0 && k != (unsigned int)side && !(o->flags & CP_GW_ALL))
				continue;
			c->stream[i].leg[k].blocked = blocked;
			cp_gw_leg_tell(&c->stream[i].leg[k]);
		}
	return ok();
}

static json_t *on_block(struct cp_gateway *g, const struct cp_gw_options *o)
{
	return block(g, o, true);
}

static json_t *on_unblock(struct cp_gateway *g, const struct cp_gw_options *o)
{
	return block(g, o, false);
}

static json_t *on_ping(struct cp_gateway *g, const struct cp_gw_options *o)
{
	(void)g;
	(void)o;
	return json_pack("{s:s}", "result", "pong");
}

/* --- dispatch ----------------------------------------------------------------------------- */

static const struct command {
	const char *name;
	uint32_t needs;
	json_t *(*run)(struct cp_gateway *g, const struct cp_gw_options *o);
} commands[] = {
	{"ping", 0, on_ping},
	{"offer", CP_GW_NEEDS_CALL_ID | CP_GW_NEEDS_FROM_TAG | CP_GW_NEEDS_SDP, on_offer},
	{"answer", CP_GW_NEEDS_CALL_ID | CP_GW_NEEDS_FROM_TAG | CP_GW_NEEDS_TO_TAG | CP_GW_NEEDS_SDP, on_answer},
	{"delete", CP_GW_NEEDS_CALL_ID, on_delete},
	{"query", CP_GW_NEEDS_CALL_ID, on_query},
	{"list", 0, on_list},
	{"statistics", 0, on_statistics},
	{"block media", CP_GW_NEEDS_CALL_ID, on_block},
	{"unblock media", CP_GW_NEEDS_CALL_ID, on_unblock},
};

static json_t *run(struct cp_gateway *g, const struct command *cmd, json_t *dict)
{
	char warning[300];
	struct cp_gw_options o;
	struct en_err err;
	json_t *reply;

	if (cp_gw_options_read(dict, cmd->needs, &o, &err) != 0)
		return error_of("%s", err.text);
	reply = cmd->run(g, &o);
	if (reply && !json_object_get(reply, "warning") && cp_gw_options_warning(&o, warning, sizeof(warning)))
		json_object_set_new(reply, "warning", json_string_nocheck(warning));
	cp_gw_options_fini(&o);
	return reply;
}

json_t *cp_gateway_command(struct cp_gateway *g, const void *json, size_t len, bool *ret_ok)
{
	struct en_err err;
	json_t *dict = cp_ng_read_json(json, len, &err), *reply;
	const char *result;

	if (dict && !json_is_object(dict))
		en_fail(&err, -EINVAL, "A command is a JSON object.");
	g->stats.commands++;
	reply = json_is_object(dict) ? cp_gw_command(g, dict) : error_of("%s", err.text);
	json_decref(dict);
	result = json_string_value(json_object_get(reply, "result"));
	*ret_ok = result && strcmp(result, "error") != 0;
	g->stats.errors += !*ret_ok;
	return reply;
}

json_t *cp_gw_command(void *arg, json_t *dict)
{
	const char *name = json_string_value(cp_gw_key(dict, "command"));

	if (!name)
		return error_of("The dictionary has no command.");
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return run(arg, &commands[i], dict);
	return error_of("Unrecognised command: %.60s", name);
}
