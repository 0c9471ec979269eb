/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * path.c - a peer's full ICE agent ([media] ice = full): its clock, its packets, and what it finds.
 *
 *   offer, trickled candidates ──► agent ── INJECT_TO ─► dataplane ─► far end
 *                                  agent ◄── STUN ────── dataplane ◄─ answers; checks of the far end
 *                                  agent ──── PATH ────► dataplane
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   H1  an agent lives from an offer to the end of its session's path. A peer without one (ICE-lite, lost, or taken
 *       over from an earlier control process until its next offer) has its path from the dataplane.
 *   H2  we answer offers, so the far end is in control, but when it is ICE-lite (RFC 8445 s6.1.1).
 *
 * Specs:     RFC 8445; RFC 8838; RFC 7675.
 */
#include "control/peer/hub.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/ice/agent.h"
#include "engine/base/random.h"
#include "engine/wire/stun.h"

/* A uv handle lives until its close callback: longer than the peer. */
struct cp_path {
	uv_timer_t uv;
	struct cp_peer *peer;
	struct cp_ice *ice;
};

/* --- the agent's events ------------------------------------------------------------- */

static void on_send(void *arg, unsigned int local, const struct en_ep *to, const uint8_t *bytes, uint32_t len)
{
	struct cp_peer *p = arg;

	/* lost when the lane is full: checks are sent again */
	if (p->placed && p->hub->up)
		(void)cp_link_inject_to(p->hub->ctl->link, &p->place, local, to, bytes, len);
}

static void on_path(void *arg, unsigned int local, const struct en_ep *remote, bool nominated)
{
	struct cp_peer *p = arg;
	const struct shm_msg_path m = {
		.session = p->place.h, .listen = local, .nominated = nominated, .remote = *remote};

	if (p->placed && p->sent && p->hub->up)
		(void)cp_link_send(p->hub->ctl->link, p->place.core, SHM_MSG_PATH, &m, sizeof(m));
}

static void on_role(void *arg, bool controlling)
{
	struct cp_peer *p = arg;

	p->ice = controlling ? SHM_ICE_CONTROLLING : SHM_ICE_CONTROLLED;
	cp_intent_session(p);
}

static void on_state(void *arg, enum cp_ice_state state)
{
	const struct cp_peer *p = arg;

	/* what LOST means is the dataplane's to say: it stops at the same time by its own clock */
	en_info("ice", "%s of room %s is %s", p->id, p->room->name, cp_ice_state_name(state));
}

static const struct cp_ice_events ice_events = {.send = on_send, .path = on_path, .role = on_role, .state = on_state};

/* --- its clock ------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *uv);

/* After each call into the agent. */
static void plan(struct cp_path *path)
{
	int ms = cp_ice_timeout_ms(path->ice, cp_hub_now(path->peer->hub));

	if (ms < 0)
		uv_timer_stop(&path->uv);
	else
		uv_timer_start(&path->uv, on_timer, (uint64_t)ms, 0);
}

static void on_timer(uv_timer_t *uv)
{
	struct cp_path *path = uv->data;

	if (!path->peer)
		return;
	cp_ice_advance(path->ice, cp_hub_now(path->peer->hub));
	plan(path);
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void cp_path_end(struct cp_peer *p)
{
	struct cp_path *path = p->path;

	if (!path)
		return;
	p->path = NULL;
	path->peer = NULL;
	cp_ice_destroy(path->ice);
	path->ice = NULL;
	uv_timer_stop(&path->uv);
	uv_close((uv_handle_t *)&path->uv, timer_closed);
}

static bool path_make(struct cp_peer *p)
{
	struct cp_path *path = p->path ? p->path : calloc(1, sizeof(*path));

	if (path && !path->ice)
		path->ice = cp_ice_create(&ice_events, p);
	if (!path || !path->ice) {
		free(path);
		return false;
	}
	if (p->path)
		return true;
	path->peer = p;
	uv_timer_init(p->hub->ctl->loop, &path->uv);
	path->uv.data = path;
	p->path = path;
	return true;
}

/* --- what the client says ------------------------------------------------------------------ */

static void begin(struct cp_peer *p, const struct cp_offer *o)
{
	const struct conf_media *conf = &p->hub->ctl->conf->media;
	struct cp_ice_setup s = {
		.local_n = conf->listen_n,
		.ufrag = p->ufrag,
		.pwd = p->pwd,
		.remote_ufrag = o->ufrag,
		.remote_pwd = o->pwd,
		.controlling = p->ice == SHM_ICE_CONTROLLING,
		.tie_breaker = p->tie_breaker,
		.core = p->place.core,
		.index = p->place.h.index,
	};

	_Static_assert(CP_ICE_LOCALS_MAX >= CONF_LISTEN_MAX, "a base is a listener, by its index");
	for (unsigned int i = 0; i < conf->listen_n; i++)
		s.local[i] = conf->listen[i];
	cp_ice_begin(p->path->ice, &s, cp_hub_now(p->hub));
}

static bool runs_already(const struct cp_peer *p)
{
	return p->adopted && p->ice != SHM_ICE_LITE && p->state == SHM_SESSION_CONNECTED && p->remote.addr.family;
}

void cp_path_role(struct cp_peer *p, const struct cp_offer *o)
{
	if (!p->hub->ctl->conf->media.ice_full) {
		p->ice = SHM_ICE_LITE;
		return;
	}
	p->ice = o->ice_lite ? SHM_ICE_CONTROLLING : SHM_ICE_CONTROLLED;
	if (p->tie_breaker == 0)
		p->tie_breaker = en_random64() | 1;
}

void cp_path_offer(struct cp_peer *p, const struct cp_offer *o, bool changed)
{
	uint64_t now = cp_hub_now(p->hub);
	bool fresh = changed || !p->path;

	if (p->ice == SHM_ICE_LITE || (fresh && !changed && !runs_already(p)) || !path_make(p))
		return;
	if (fresh)
		begin(p, o);
	if (fresh && !changed)
		cp_ice_resume(p->path->ice, p->listen, &p->remote, now);
	snprintf(p->remote_ufrag, sizeof(p->remote_ufrag), "%s", o->ufrag);
	for (unsigned int i = 0; i < o->candidate_n; i++)
		cp_ice_candidate(p->path->ice, &o->candidate[i], now);
	if (o->all_candidates)
		cp_ice_end_of_candidates(p->path->ice, now);
	plan(p->path);
}

void cp_path_candidate(struct cp_peer *p, const char *text, size_t len)
{
	const struct wire_text t = {.p = text, .len = (uint32_t)len};
	uint64_t now = cp_hub_now(p->hub);
	struct wire_candidate c;

	if (!p->path)
		return;
	if (len == 0)
		cp_ice_end_of_candidates(p->path->ice, now);
	else if (cp_ice_candidate_parse(t, p->remote_ufrag, &c))
		cp_ice_candidate(p->path->ice, &c, now);
	plan(p->path);
}

/* --- what the dataplane hands up --------------------------------------------------------------- */

/* It was right: the dataplane has answered it. */
static void take_check(struct cp_path *path, const struct shm_msg_packet *head, const struct wire_stun *msg)
{
	struct cp_ice_check check = {0};
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(msg, &it, &a) && a.type != WIRE_ATTR_MESSAGE_INTEGRITY) {
		if (a.type == WIRE_ATTR_PRIORITY && a.len == 4)
			check.priority = en_load32(a.value);
		if (a.type == WIRE_ATTR_USE_CANDIDATE)
			check.nominates = true;
		if ((a.type == WIRE_ATTR_ICE_CONTROLLING || a.type == WIRE_ATTR_ICE_CONTROLLED) && a.len == 8) {
			check.has_role = true;
			check.controlling = a.type == WIRE_ATTR_ICE_CONTROLLING;
			check.tie_breaker = en_load64(a.value);
		}
	}
	cp_ice_checked(path->ice, head->listen, &head->remote, &check, cp_hub_now(path->peer->hub));
}

void cp_path_stun(struct cp_peer *p, const struct shm_msg_packet *head, const uint8_t *bytes)
{
	struct wire_stun msg;

	if (!p->path || wire_stun_parse(bytes, head->len, &msg) != WIRE_STUN_OK || msg.method != WIRE_STUN_BINDING)
		return;
	if (msg.cls == WIRE_STUN_REQUEST)
		take_check(p->path, head, &msg);
	else
		cp_ice_response(p->path->ice, head->listen, &head->remote, bytes, head->len, cp_hub_now(p->hub));
	plan(p->path);
}
