/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * signal.c - the signaling of the process: its clients, its clock, what comes from HTTP and from the link.
 *
 * Runs on:   the control loop.
 */
#include "control/signal/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 250

/* A uv handle lives until its close callback. */
struct cp_tick {
	uv_timer_t uv;
	struct cp_signal *signal;
};

static void on_tick(uv_timer_t *uv)
{
	struct cp_signal *s = ((struct cp_tick *)uv->data)->signal;
	uint64_t now = cp_hub_now(s->hub);
	struct cp_client *c, *next;

	for (c = TAILQ_FIRST(&s->clients); c; c = next) {
		next = TAILQ_NEXT(c, of_signal);
		cp_client_tick(c, now);
	}
	cp_hub_tick(s->hub);
}

int cp_signal_create(struct cp_control *ctl, struct cp_signal **ret_signal, struct en_err *err)
{
	struct cp_signal *s = calloc(1, sizeof(*s));
	struct cp_tick *tick = calloc(1, sizeof(*tick));
	int code = -ENOMEM;

	if (!s || !tick) {
		en_fail(err, code, "no memory for signaling");
		goto fail;
	}
	s->ctl = ctl;
	TAILQ_INIT(&s->clients);
	code = cp_hub_create(ctl, &cp_signal_hub_events, s, &s->hub, err);
	if (code != 0)
		goto fail;
	s->tick = tick;
	tick->signal = s;
	tick->uv.data = tick;
	uv_timer_init(ctl->loop, &tick->uv);
	uv_timer_start(&tick->uv, on_tick, TICK_MS, TICK_MS);
	*ret_signal = s;
	return 0;
fail:
	free(tick);
	free(s);
	return code;
}

static void tick_closed(uv_handle_t *handle)
{
	free(handle->data);
}

struct cp_hub *cp_signal_hub(struct cp_signal *s)
{
	return s->hub;
}

void cp_signal_destroy(struct cp_signal *s)
{
	struct cp_client *c;

	uv_timer_stop(&s->tick->uv);
	uv_close((uv_handle_t *)&s->tick->uv, tick_closed);
	while ((c = TAILQ_FIRST(&s->clients))) {
		TAILQ_REMOVE(&s->clients, c, of_signal);
		json_decref(c->waiting);
		free(c);
	}
	cp_hub_destroy(s->hub);
	free(s);
}

/* --- HTTP ---------------------------------------------------------------------------------- */

void cp_signal_request(struct cp_signal *s, struct cp_http_request *req, const struct cp_http_in *in)
{
	static const char none[] = "There is nothing here.\n";

	if (strncmp(in->path, "/whip/", 6) == 0 || strncmp(in->path, "/whep/", 6) == 0)
		cp_whip_request(s, req, in);
	else
		cp_http_answer(req, 404, "text/plain; charset=utf-8", NULL, 0, none, sizeof(none) - 1);
}

void *cp_signal_ws_open(struct cp_signal *s, struct cp_ws *ws, const char *client, const char *query)
{
	struct cp_client *c = cp_client_make(s);

	if (!c)
		return NULL;
	c->ws = ws;
	snprintf(c->address, sizeof(c->address), "%s", client);
	if (!cp_token_is_right(&s->ctl->conf->control, query, ""))
		cp_client_refuse(c, "token", "This server asks for a token, and this is not it: ?token=….");
	return c;
}

void cp_signal_ws_text(struct cp_signal *s, struct cp_ws *ws, void *user, const char *text, size_t len)
{
	struct cp_client *c = user;

	(void)s;
	(void)ws;
	c->by_channel = false;
	cp_client_text(c, text, len);
}

void cp_signal_ws_closed(struct cp_signal *s, struct cp_ws *ws, void *user)
{
	(void)s;
	(void)ws;
	cp_client_unhook(user);
}

/* --- the link ------------------------------------------------------------------------------- */

void cp_signal_on_up(struct cp_signal *s, bool again)
{
	cp_hub_on_up(s->hub, again);
}

void cp_signal_on_synced(struct cp_signal *s)
{
	struct cp_client *c, *next;

	cp_hub_on_synced(s->hub);
	for (c = TAILQ_FIRST(&s->clients); c; c = next) {
		next = TAILQ_NEXT(c, of_signal);
		cp_client_tick(c, cp_hub_now(s->hub));
	}
}

void cp_signal_on_down(struct cp_signal *s)
{
	cp_hub_on_down(s->hub);
}

void cp_signal_on_message(struct cp_signal *s, unsigned int core, const struct shm_msg *m)
{
	cp_hub_on_message(s->hub, core, m);
}
