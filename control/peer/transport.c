/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport.c - the path of a peer, as the dataplane tells of it, and the DTLS association on it.
 *
 * We are the DTLS server always (a=setup:passive), so an association is made when the first packet of one is punted:
 * by then ICE has validated where it came from, and the offer has told the far end's fingerprints.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   T1  no association without a fingerprint to check its certificate against (security.md D4).
 *   T2  a peer whose association was made by an earlier control process has none here: what is punted of it is
 *       ignored, it keeps its keys in the dataplane, and our answers repeat that process's fingerprint, so
 *       that the client sees no reason for a new association.
 *   T3  an association is never destroyed from within its own events: `dtls_over` is looked at when its call returns,
 * and one that loses its peer meanwhile (a message on a data channel said so) goes when its call returns.
 *
 * Specs:     RFC 5764, RFC 8842 s5.5 (a changed fingerprint means a new association), RFC 7983 (first bytes).
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"
#include "engine/wire/demux.h"

/* A uv handle lives until its close callback: longer than the peer. */
struct cp_transport {
	uv_timer_t uv;
	struct cp_peer *peer; /* NULL: it is gone, or has another association */
	struct cp_dtls *dtls;
	unsigned int busy; /* calls into dtls under way */
};

static void tell_connected(struct cp_peer *p)
{
	if (p->connected_told || !p->keyed || p->state != SHM_SESSION_CONNECTED)
		return;
	p->connected_told = true;
	en_info("peer", "%s of room %s is connected", p->id, p->room->name);
	cp_hub_change(p, CP_PEER_CONNECTED, "");
}

/* --- the association's events ----------------------------------------------------- */

static void on_send(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct cp_peer *p = ((struct cp_transport *)arg)->peer;

	/* lost when the lane is full: DTLS and SCTP send again */
	if (p && p->placed && p->hub->up && !cp_link_inject(p->hub->ctl->link, &p->place, bytes, len))
		p->hub->data.lost++;
}

static void on_connected(void *arg, const struct shm_msg_keys *keys)
{
	struct cp_peer *p = ((struct cp_transport *)arg)->peer;

	if (!p)
		return;
	p->keyed = true;
	p->no_srtp = keys == NULL;
	if (keys) {
		p->keys = *keys;
		cp_intent_keys(p);
	}
	tell_connected(p);
	cp_peer_data_begin(p);
}

static void on_data(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct cp_peer *p = ((struct cp_transport *)arg)->peer;

	if (p)
		cp_peer_data_packet(p, bytes, len);
}

static void on_closed(void *arg, const char *why)
{
	struct cp_peer *p = ((struct cp_transport *)arg)->peer;

	if (!p)
		return;
	p->dtls_over = true;
	snprintf(p->dtls_why, sizeof(p->dtls_why), "%s", why ? why : "");
}

static const struct cp_dtls_events dtls_events = {
	.send = on_send, .connected = on_connected, .data = on_data, .closed = on_closed};

/* --- its life ------------------------------------------------------------------------ */

static void timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void dtls_free(struct cp_transport *t)
{
	cp_dtls_destroy(t->dtls);
	uv_close((uv_handle_t *)&t->uv, timer_closed);
}

static void dtls_end(struct cp_peer *p)
{
	struct cp_transport *t = p->transport;

	cp_peer_data_end(p);
	p->dtls = NULL;
	p->transport = NULL;
	p->dtls_over = false;
	if (!t)
		return;
	uv_timer_stop(&t->uv);
	t->peer = NULL;
	if (t->busy == 0)
		dtls_free(t);
}

void cp_transport_write(struct cp_peer *p, const uint8_t *bytes, uint32_t len)
{
	if (p->dtls)
		(void)cp_dtls_write(p->dtls, bytes, len);
}

void cp_transport_end(struct cp_peer *p)
{
	cp_peer_data_end(p);
	if (p->dtls && cp_dtls_is_connected(p->dtls))
		cp_dtls_shutdown(p->dtls);
	dtls_end(p);
	cp_path_end(p);
}

/* The association is over: the far end closed it, or it failed. The peer may be gone after this. */
static void after_end(struct cp_peer *p)
{
	char why[sizeof(p->dtls_why)];

	snprintf(why, sizeof(why), "%s", p->dtls_why);
	en_info("peer", "DTLS of %s of room %s is over: %s", p->id, p->room->name, why);
	dtls_end(p);
	cp_peer_fail(p, CP_PEER_CLOSED, why);
}

static void on_timer(uv_timer_t *uv);

/* After each call into the association. */
static void settle(struct cp_transport *t)
{
	struct cp_peer *p = t->peer;
	int ms;

	if (--t->busy > 0)
		return;
	if (!p) {
		dtls_free(t);
		return;
	}
	if (p->dtls_over) {
		after_end(p);
		return;
	}
	ms = cp_dtls_timeout_ms(t->dtls);
	if (ms < 0)
		uv_timer_stop(&t->uv);
	else
		uv_timer_start(&t->uv, on_timer, (uint64_t)ms, 0);
}

static void on_timer(uv_timer_t *uv)
{
	struct cp_transport *t = uv->data;

	t->busy++;
	cp_dtls_timeout(t->dtls);
	settle(t);
}

static bool dtls_begin(struct cp_peer *p)
{
	struct cp_transport *t;
	struct en_err err;

	if (p->fingerprint_n == 0)
		return false;
	t = calloc(1, sizeof(*t));
	if (!t)
		return false;
	if (cp_dtls_create(cp_transport_context(p->hub), true, p->fingerprint, p->fingerprint_n, &dtls_events, t,
			   &t->dtls, &err) != 0) {
		en_warn("peer", "%s: %s", p->id, err.text);
		free(t);
		return false;
	}
	cp_dtls_srtp_required(t->dtls, p->media);
	uv_timer_init(p->hub->ctl->loop, &t->uv);
	t->uv.data = t;
	t->peer = p;
	p->transport = t;
	p->dtls = t->dtls;
	return true;
}

void cp_transport_punt(struct cp_peer *p, const uint8_t *bytes, uint32_t len)
{
	struct cp_transport *t;

	if (len == 0 || wire_demux(bytes[0]) != WIRE_CLASS_DTLS || p->adopted || !p->installed)
		return;
	if (!p->dtls && !dtls_begin(p))
		return;
	t = p->transport;
	t->busy++;
	cp_dtls_input(t->dtls, bytes, len);
	settle(t);
}

struct cp_dtls_context *cp_transport_context(const struct cp_hub *h)
{
	return h->own_dtls ? h->own_dtls : h->ctl->dtls;
}

int cp_transport_renew(struct cp_hub *h, struct en_err *err)
{
	struct cp_dtls_context *fresh;
	struct cp_peer *p;
	int code = cp_dtls_context_create(&fresh, err);

	if (code != 0)
		return code;
	TAILQ_FOREACH (p, &h->peers, of_hub)
		dtls_end(p);
	if (h->own_dtls)
		cp_dtls_context_destroy(h->own_dtls);
	h->own_dtls = fresh;
	return 0;
}

/* --- the path ---------------------------------------------------------------------------- */

void cp_transport_event(struct cp_peer *p, const struct shm_msg_session_event *e)
{
	struct cp_hub *h = p->hub;

	if (!p->installed || e->state > SHM_SESSION_LOST)
		return;
	p->remote = e->remote;
	if (e->state == SHM_SESSION_LOST && p->state != SHM_SESSION_LOST) {
		p->state = SHM_SESSION_LOST;
		p->since_ms = cp_hub_now(h);
		p->connected_told = false;
		cp_path_end(p);
		en_info("peer", "the path of %s of room %s is lost", p->id, p->room->name);
		cp_hub_change(p, CP_PEER_LOST, "The connection was lost.");
		return;
	}
	p->state = e->state;
	tell_connected(p);
}
