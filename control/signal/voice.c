/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice.c - the ways by which a client speaks: a WebSocket comes and goes, a control channel opens and ends, a program
 * on the bridge.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   V1  a client lives as long as any of its ways; without one it is freed at the next tick, when nobody is in its
 * midst. V2  a participant is not alone while it has a client.
 */
#include <stdlib.h>

#include "control/signal/internal.h"

struct cp_client *cp_client_make(struct cp_signal *s)
{
	struct cp_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->signal = s;
	c->since_ms = c->budget_ms = cp_hub_now(s->hub);
	c->budget = CP_MESSAGES_BURST;
	TAILQ_INSERT_TAIL(&s->clients, c, of_signal);
	s->client_n++;
	return c;
}

void cp_client_free(struct cp_client *c)
{
	if (c->peer)
		cp_peer_attach(c->peer, NULL);
	json_decref(c->waiting);
	TAILQ_REMOVE(&c->signal->clients, c, of_signal);
	c->signal->client_n--;
	free(c);
}

void cp_client_unhook(struct cp_client *c)
{
	c->ws = NULL;
	if (c->channel && c->peer)
		c->by_channel = true;
	else
		cp_client_free(c);
}

/* --- the control channel -------------------------------------------------------------- */

static void channel_up(struct cp_signal *s, struct cp_peer *p, struct cp_outlet *o)
{
	struct cp_client *c = p->client;
	bool alone = c == NULL;
	struct cp_outlet *before;

	if (alone)
		c = cp_client_make(s);
	if (!c)
		return;
	before = c->channel;
	c->channel = o;
	c->by_channel = true;
	if (before)
		cp_outlet_end(before, true);
	if (!alone)
		return;
	c->peer = p;
	cp_peer_attach(p, c);
	cp_client_welcome(c, true);
}

/* What was under way there may be lost: all that there is, once more. */
static void channel_down(struct cp_client *c)
{
	c->channel = NULL;
	c->by_channel = false;
	if (c->ws && c->peer && !c->closing)
		cp_client_welcome(c, true);
	else if (!c->ws && c->peer) {
		cp_peer_attach(c->peer, NULL);
		c->peer = NULL;
		c->closing = true;
	}
}

void cp_client_channel(struct cp_signal *s, struct cp_peer *p, struct cp_outlet *o, bool up)
{
	struct cp_client *c = p->client;

	if (up)
		channel_up(s, p, o);
	else if (c && c->channel == o)
		channel_down(c);
}

/* --- programs --------------------------------------------------------------------------- */

struct cp_peer *cp_signal_program_join(struct cp_signal *s, const char *room, const char *name,
				       const struct cp_voice *v, void *arg, struct en_err *err)
{
	struct cp_client *c = cp_client_make(s);

	if (!c) {
		en_fail(err, -1, "The server has no memory for another participant.");
		return NULL;
	}
	c->peer = cp_peer_join(s->hub, room, CP_PEER_BRIDGE, name, err);
	if (!c->peer) {
		cp_client_free(c);
		return NULL;
	}
	c->voice = v;
	c->voice_arg = arg;
	cp_peer_attach(c->peer, c);
	cp_client_welcome(c, false);
	return c->peer;
}

void cp_signal_program_left(struct cp_signal *s, struct cp_peer *p)
{
	struct cp_client *c = p->client;

	(void)s;
	p->client = NULL;
	if (c) {
		c->peer = NULL;
		cp_client_free(c);
	}
	cp_peer_destroy(p);
}
