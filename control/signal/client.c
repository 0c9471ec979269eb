/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client.c - who speaks for a participant, by WebSocket or control channel: what it is told.
 *
 * Runs on:   the control loop.
 * Not here:  what it says (request.c), how it comes in (join.c), its ways (voice.c).
 */
#include <stdlib.h>
#include <string.h>

#include "control/signal/internal.h"

#define CLOSE_POLICY 1008 /* RFC 6455 s7.4.1 */

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

void cp_client_hang_up(struct cp_client *c, unsigned int code, const char *why)
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
	cp_client_hang_up(c, CLOSE_POLICY, code);
}
