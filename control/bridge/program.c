/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program.c - what a program says: it joins, opens, sends, closes.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   Q1  each field that is used has its type and fits its size, or the frame changes nothing and is answered by
 * "error".
 */
#include "control/bridge/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cp_bridge_error(struct cp_bridge_conn *c, const char *code, const char *text, const json_t *ch)
{
	json_t *m = json_pack("{s:s, s:s, s:s}", "t", "error", "code", code, "text", text);

	if (m && json_is_integer(ch))
		json_object_set_new(m, "ch", json_integer(json_integer_value(ch)));
	cp_bridge_put(c, NULL, m, NULL, 0);
}

/* --- the room's voice ------------------------------------------------------------------------ */

static bool voice_send(void *arg, const char *text, size_t len)
{
	struct cp_bridge_conn *c = arg;
	json_error_t why;

	if (c->ended || c->queued + len > CP_BRIDGE_QUEUE + CP_QUEUE_BYTES)
		return false; /* B2 */
	return cp_bridge_put(c, NULL, json_loadb(text, len, 0, &why), NULL, 0);
}

/* The hub ends the participant. */
static void voice_close(void *arg)
{
	struct cp_bridge_conn *c = arg;

	cp_bridge_leave(c);
	cp_bridge_end(c);
}

static void on_join(struct cp_bridge_conn *c, const json_t *m)
{
	static const struct cp_voice voice = {.send = voice_send, .close = voice_close};
	const char *room = json_string_value(json_object_get(m, "room"));
	const char *name = json_string_value(json_object_get(m, "name"));
	struct en_err err;

	if (c->peer || !room || !cp_room_name_is_valid(room) || (name && !cp_name_is_valid(name, CP_NAME_MAX))) {
		cp_bridge_error(c, "join",
				"A program joins one room, once: \"room\", and a \"name\" of at most 64 bytes.", NULL);
		return;
	}
	c->peer = cp_signal_program_join(c->bridge->ctl->signal, room, name ? name : "program", &voice, c, &err);
	if (!c->peer) {
		cp_bridge_error(c, "full", err.text, NULL);
		return;
	}
	cp_source_init(&c->source, c->peer, cp_bridge_resume);
	c->peer->door = &c->door;
	if (c->peer->hub->events->data)
		c->peer->hub->events->data(c->peer->hub->arg, c->peer);
}

/* --- calls of the gateway: for `turnpike show calls` ---------------------------------------------- */

static void on_calls(struct cp_bridge_conn *c)
{
	const struct cp_bridge *b = c->bridge;
	json_t *list = b->calls && b->ctl->gateway ? b->calls(b->ctl->gateway) : json_array();
	json_t *root = json_pack("{s:o}", "calls", list);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;

	json_decref(root);
	if (text && len <= CP_BRIDGE_QUEUE - c->queued)
		cp_bridge_put(c, NULL, json_pack("{s:s, s:I}", "t", "calls", "len", (json_int_t)len),
			      (const uint8_t *)text, (uint32_t)len);
	else
		cp_bridge_error(c, "calls", "There are too many to tell at once: GET /api/v1/calls tells them.", NULL);
	free(text);
}

/* --- channels ---------------------------------------------------------------------------------- */

static bool text_read(const json_t *v, char *buf, size_t cap)
{
	if (v && (!json_is_string(v) || json_string_length(v) >= cap))
		return false;
	snprintf(buf, cap, "%s", v ? json_string_value(v) : "");
	return true;
}

static bool config_read(const json_t *m, struct cp_channel_config *ret_config)
{
	const json_t *ordered = json_object_get(m, "ordered"), *retransmits = json_object_get(m, "retransmits"),
		     *lifetime = json_object_get(m, "lifetime"), *limit = retransmits ? retransmits : lifetime;
	json_int_t value = json_integer_value(limit);

	*ret_config = (struct cp_channel_config){.unordered = json_is_false(ordered)};
	if ((ordered && !json_is_boolean(ordered)) || (retransmits && lifetime) ||
	    (limit && (!json_is_integer(limit) || value < 0 || value > UINT16_MAX)))
		return false;
	ret_config->reliability = retransmits ? CP_SCTP_RETRANSMITS : lifetime ? CP_SCTP_LIFETIME : CP_SCTP_RELIABLE;
	ret_config->value = (uint32_t)value;
	return text_read(json_object_get(m, "label"), ret_config->label, sizeof(ret_config->label)) &&
	       text_read(json_object_get(m, "protocol"), ret_config->protocol, sizeof(ret_config->protocol));
}

static void on_open(struct cp_bridge_conn *c, const json_t *m)
{
	const json_t *id = json_object_get(m, "ch");
	struct cp_channel_config config;

	if (json_integer_value(id) <= 0 || cp_bridge_channel_find(c, json_integer_value(id)))
		cp_bridge_error(c, "open", "\"ch\" of a new channel is a positive number that is not in use.", id);
	else if (!config_read(m, &config))
		cp_bridge_error(
			c, "open",
			"A channel has a \"label\" and a \"protocol\" of at most 255 bytes, \"ordered\" true or false, and "
			"\"retransmits\" or \"lifetime\" from 0 to 65535.",
			id);
	else
		cp_bridge_channel_open(c, json_integer_value(id), &config);
}

static bool is_text(const uint8_t *bytes, uint32_t len)
{
	json_t *text = json_stringn((const char *)bytes, len);

	json_decref(text);
	return text != NULL;
}

static bool on_message(struct cp_bridge_conn *c, const json_t *m, const uint8_t *bytes, uint32_t len)
{
	const json_t *id = json_object_get(m, "ch");
	struct cp_bridge_channel *ch = json_is_integer(id) ? cp_bridge_channel_find(c, json_integer_value(id)) : NULL;
	bool text = json_is_true(json_object_get(m, "text"));

	if (!ch) {
		cp_bridge_error(c, "channel", "There is no such channel (any more).", id);
		return true;
	}
	if (text && !is_text(bytes, len)) {
		cp_bridge_error(c, "text", "This is not UTF-8.", id);
		return true;
	}
	c->paused = !cp_outlet_said(ch->outlet, !text, bytes, len);
	return !c->paused;
}

static void on_close(struct cp_bridge_conn *c, const json_t *m)
{
	const json_t *id = json_object_get(m, "ch");
	struct cp_bridge_channel *ch = json_is_integer(id) ? cp_bridge_channel_find(c, json_integer_value(id)) : NULL;

	if (ch)
		cp_bridge_channel_close(ch);
}

bool cp_bridge_said(struct cp_bridge_conn *c, const json_t *head, const uint8_t *bytes, uint32_t len)
{
	const char *t = json_string_value(json_object_get(head, "t"));

	if (!t)
		cp_bridge_error(c, "frame", "A frame has a string \"t\".", NULL);
	else if (strcmp(t, "join") == 0)
		on_join(c, head);
	else if (strcmp(t, "calls") == 0 && c->queued < CP_BRIDGE_QUEUE)
		on_calls(c);
	else if (!c->peer)
		cp_bridge_error(c, "state", "Join a room first.", NULL);
	else if (strcmp(t, "open") == 0)
		on_open(c, head);
	else if (strcmp(t, "message") == 0)
		return on_message(c, head, bytes, len);
	else if (strcmp(t, "close") == 0)
		on_close(c, head);
	else
		cp_bridge_error(c, "frame", "No frame is called so.", NULL);
	return true;
}
