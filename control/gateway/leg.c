/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leg.c - a leg as a peer of the hub: its session in the dataplane, its ports, its keys.
 *
 * With ICE it is a session on the media port, as a browser's in a room is: ICE-lite, DTLS server. Without, it has a
 * pair of ports of its own and no checks.
 *
 * Runs on:   the control loop.
 * Invariants
 *   G1  a leg has ports exactly while it has a peer and no ICE.
 *   G2  keys that were sent once are never sent for another session (hub.h P3).
 */
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/consttime.h"

/* The room of the call's other legs: they are on one core. */
static struct cp_room *room_of(const struct cp_gw_call *c)
{
	for (unsigned int i = 0; i < c->stream_n; i++)
		for (unsigned int k = 0; k < CP_GW_SIDES; k++)
			if (c->stream[i].leg[k].peer && !c->stream[i].leg[k].inside)
				return c->stream[i].leg[k].peer->room;
	return cp_room_private(c->gateway->hub, "call");
}

static int take_port(struct cp_gw_leg *leg, unsigned int range, struct en_err *err)
{
	struct cp_gateway *g = leg->stream->call->gateway;
	const struct conf_gateway *conf = &g->ctl->conf->gateway;

	leg->port = cp_gw_ports_take(g->ports, range, leg->peer->place.core, cp_link_cores(g->ctl->link));
	leg->range = range;
	if (leg->port)
		return 0;
	return en_fail(err, -ENOSPC, "No RTP port is free in %u-%u: make the range of [gateway] rtp wider.",
		       conf->rtp[range].port_min, conf->rtp[range].port_max);
}

static int place(struct cp_gw_leg *leg, unsigned int range, struct en_err *err)
{
	struct cp_peer *p = leg->peer;
	int rc = cp_peer_place(p, err);

	if (rc == 0 && !leg->ice)
		rc = take_port(leg, range, err);
	if (rc != 0)
		return rc;
	p->ice = leg->ice ? SHM_ICE_LITE : SHM_ICE_NONE;
	p->consent_ms = leg->ice ? 0 : p->hub->ctl->conf->gateway.timeout * 1000;
	p->keyed = leg->security != CP_GW_DTLS; /* there is no handshake to wait for */
	p->media = true;
	p->installed = true;
	p->since_ms = cp_hub_now(p->hub);
	cp_intent_session(p);
	return 0;
}

int cp_gw_leg_prepare(struct cp_gw_leg *leg, unsigned int range, struct en_err *err)
{
	struct cp_gw_call *c = leg->stream->call;
	struct cp_room *r;
	int rc;

	if (leg->peer && !leg->inside && (leg->peer->ice == SHM_ICE_NONE) == !leg->ice)
		return 0;
	cp_gw_leg_end(leg);
	r = room_of(c);
	if (r)
		leg->peer = cp_peer_create(r, c->gateway->hub, CP_PEER_LEG, NULL, "leg");
	if (!leg->peer) {
		if (r)
			cp_room_sweep(c->gateway->hub, r);
		return en_fail(err, -ENOMEM, "There is no memory for another leg.");
	}
	leg->peer->owner_leg = leg;
	rc = place(leg, range, err);
	if (rc != 0)
		cp_gw_leg_end(leg);
	return rc;
}

void cp_gw_leg_tell(struct cp_gw_leg *leg)
{
	struct cp_peer *p = leg->peer;
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	const struct cp_peer *to = other->inside ? p : other->peer;
	const struct cp_gw_known *codec = cp_gw_codec_of(leg);

	if (!p || leg->inside)
		return;
	p->leg.to = to ? to->place.h : (struct shm_handle){0};
	p->leg.range = leg->range;
	p->leg.port = leg->ice ? 0 : leg->port;
	p->leg.rtcp_port = leg->ice ? 0 : leg->mux ? leg->port : leg->port + 1u;
	p->leg.secured = leg->security != CP_GW_PLAIN;
	p->leg.blocked = leg->blocked;
	p->leg.up = leg->stream->pipe[leg->side] != 0;
	p->leg.clock = codec ? codec->clock : 0;
	cp_intent_leg(p);
}

static void put_key(uint8_t *key, uint8_t *salt, const struct cp_gw_crypto *c)
{
	uint32_t key_len = cp_gw_suite_key_len(c->profile);

	memcpy(key, c->key, key_len);
	memcpy(salt, c->key + key_len, cp_gw_suite_salt_len(c->profile));
}

void cp_gw_leg_keys(struct cp_gw_leg *leg, const struct cp_gw_crypto *theirs, const struct cp_gw_crypto *ours)
{
	struct cp_peer *p = leg->peer;

	if (!p)
		return;
	p->keys = (struct shm_msg_keys){.profile = ours->profile};
	put_key(p->keys.rx_key, p->keys.rx_salt, theirs);
	put_key(p->keys.tx_key, p->keys.tx_salt, ours);
	cp_intent_keys(p);
}

void cp_gw_leg_end(struct cp_gw_leg *leg)
{
	struct cp_peer *p = leg->peer;

	cp_gw_pipes_end(leg->stream);
	leg->peer = NULL;
	leg->ice_hash = leg->fingerprint_hash = 0;
	leg->offered_n = 0;
	leg->measure.known = false;
	en_wipe(leg->offered, sizeof(leg->offered));
	en_wipe(&leg->answered, sizeof(leg->answered));
	if (p) {
		p->owner_leg = NULL;
		cp_peer_destroy(p);
	}
	if (leg->port) /* after the session's end was told: the next holder's LEG comes behind it */
		cp_gw_ports_give(leg->stream->call->gateway->ports, leg->range, leg->port);
	leg->port = 0;
	leg->inside = false;
}

bool cp_gw_leg_made(const struct cp_gw_leg *leg, const uint8_t *bytes, uint32_t len)
{
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	const struct cp_peer *way = leg->inside || other->inside ? leg->peer : other->peer;

	return way && cp_link_rtp(leg->stream->call->gateway->ctl->link, &way->place, bytes, len);
}

struct en_ep cp_gw_leg_local(const struct cp_gw_leg *leg)
{
	const struct conf *conf = leg->stream->call->gateway->ctl->conf;
	struct en_ep ep = {.port = leg->port};

	if (leg->ice) {
		(void)cp_ice_hosts(&conf->media, &ep, 1);
		return ep;
	}
	ep.addr = conf->gateway.rtp[leg->range].addr;
	return ep;
}

/* --- what becomes of it ---------------------------------------------------------- */

bool cp_gw_leg_is_silent(const struct cp_gw_leg *leg)
{
	const struct cp_peer *p = leg->peer;

	return !p || leg->inside || p->state == SHM_SESSION_LOST || (leg->ice && !p->keyed);
}

/* Nothing comes on any of its legs, and no proxy has said anything of it for the timeout. */
static bool is_silent(const struct cp_gw_call *c)
{
	const struct cp_gateway *g = c->gateway;

	if (cp_hub_now(g->hub) - c->signal_ms < g->ctl->conf->gateway.timeout * UINT64_C(1000))
		return false;
	for (unsigned int i = 0; i < c->stream_n; i++)
		for (unsigned int k = 0; k < CP_GW_SIDES; k++)
			if (!cp_gw_leg_is_silent(&c->stream[i].leg[k]))
				return false;
	return true;
}

void cp_gw_leg_on_change(void *arg, struct cp_peer *p, enum cp_peer_change change, const char *why)
{
	struct cp_gw_leg *leg = p->owner_leg;

	(void)arg;
	if (!leg)
		return;
	switch (change) {
	case CP_PEER_GONE: /* destroyed by whoever says so */
		en_info("call", "a leg of %s is over: %s", leg->stream->call->id, why);
		p->owner_leg = NULL;
		leg->peer = NULL;
		cp_gw_leg_end(leg);
		break;
	case CP_PEER_LOST:
	case CP_PEER_CONNECTED:
	case CP_PEER_CLOSED:
	case CP_PEER_RESTART:
		break;
	}
}

void cp_gw_end_silent(struct cp_gateway *g)
{
	struct cp_gw_call *c, *next;

	for (c = TAILQ_FIRST(&g->calls); c; c = next) {
		next = TAILQ_NEXT(c, of_gateway);
		if (!is_silent(c))
			continue;
		g->stats.timeouts++;
		cp_gw_call_end(c, "nothing came on any of its legs");
	}
}
