/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * companion.c - the second connection of a participant: data channels and nothing else.
 *
 * Associations die with this process, and media do not: a page keeps data in a connection that it can make anew
 * without a frame lost. In the hub it is a peer of its own, on the same core, that nobody sees.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   C1  one for each participant, and none without: it ends with it.
 */
#include "control/peer/hub.h"

#include <errno.h>

static struct cp_peer *companion_make(struct cp_peer *p, struct en_err *err)
{
	struct cp_hub *h = p->hub;
	struct cp_peer *c;

	if (h->peer_n >= 2 * h->size[CP_PLACE_SESSION] * h->ctl->conf->dataplane.core_n) {
		en_fail(err, -ENOSPC, "The server is full: it has %u participants.", h->peer_n);
		return NULL;
	}
	c = cp_peer_create(p->room, h, CP_PEER_DATA, NULL, p->name);
	if (!c) {
		en_fail(err, -ENOSPC, "The server has no memory for another connection.");
		return NULL;
	}
	c->speaks_for = p;
	c->owner = p->owner;
	p->companion = c;
	return c;
}

int cp_companion_offer(struct cp_peer *p, const char *sdp, size_t len, char *answer, size_t cap,
		       struct en_err *ret_warn, struct en_err *err)
{
	bool fresh = !p->companion;
	struct cp_peer *c = fresh ? companion_make(p, err) : p->companion;
	int rc;

	ret_warn->text[0] = 0;
	if (!c)
		return -ENOSPC;
	rc = cp_offer_apply(c, sdp, len, NULL, 0, answer, cap, ret_warn, err);
	if (rc < 0 && fresh)
		cp_peer_destroy(c);
	return rc;
}

/* The peer itself goes at the next tick: whoever walks through all peers now may stand at it. */
void cp_companion_end(struct cp_peer *p)
{
	struct cp_peer *c = p->companion;

	if (p->speaks_for)
		p->speaks_for->companion = NULL;
	p->speaks_for = NULL;
	p->companion = NULL;
	if (!c)
		return;
	cp_peer_reset(c);
	c->speaks_for = NULL;
}
