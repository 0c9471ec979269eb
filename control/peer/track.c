/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * track.c - what a peer publishes: one sending section of its offer.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   A1  a track's id is its participant's and its section's: the same over restarts of either process, and when
 *       a section stops and sends again.
 *   A2  a track has one codec: the one that the answer agreed on.
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cp_track *cp_track_find(const struct cp_peer *p, const char *mid)
{
	struct cp_track *t;

	TAILQ_FOREACH (t, &p->tracks, of_peer)
		if (strcmp(t->set.mid, mid) == 0)
			return t;
	return NULL;
}

/* The section in the dataplane's words; handles and note are the sender's (intent.c). */
static void set_make(const struct cp_offer_section *s, uint8_t codec, struct shm_msg_track *ret_set)
{
	const struct shm_pt *pt = cp_section_pt(s, codec);
	unsigned int i = (unsigned int)(pt - s->pt);

	memset(ret_set, 0, sizeof(*ret_set));
	ret_set->kind = s->kind == CP_SECTION_AUDIO ? SHM_TRACK_AUDIO : SHM_TRACK_VIDEO;
	memcpy(ret_set->mid, s->mid, sizeof(ret_set->mid));
	memcpy(ret_set->ext, s->ext, sizeof(ret_set->ext));
	if (!s->twcc[i])
		ret_set->ext[SHM_EXT_TWCC] = 0;
	ret_set->pt_n = 1;
	ret_set->pt[0] = *pt;
	ret_set->nack = s->nack[i];
	ret_set->pli = s->pli[i];
	ret_set->ssrc_n = s->ssrc_n < SHM_SSRCS_MAX ? s->ssrc_n : SHM_SSRCS_MAX;
	memcpy(ret_set->ssrc, s->ssrc, sizeof(ret_set->ssrc));
	memcpy(ret_set->rtx_ssrc, s->rtx_ssrc, sizeof(ret_set->rtx_ssrc));
}

static struct cp_track *track_make(struct cp_peer *p, const struct cp_place *place, const struct shm_msg_track *set)
{
	struct cp_track *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->peer = p;
	t->place = *place;
	if (!cp_hub_put(p->hub, CP_PLACE_TRACK, place, t)) {
		free(t);
		return NULL;
	}
	t->placed = true;
	t->set = *set;
	TAILQ_INIT(&t->routes);
	snprintf(t->id, sizeof(t->id), "%s-%.*s", p->id, SHM_MID_MAX - 1, set->mid);
	snprintf(t->name, sizeof(t->name), "%s", set->kind == SHM_TRACK_AUDIO ? "microphone" : "camera");
	TAILQ_INSERT_TAIL(&p->tracks, t, of_peer);
	p->track_n++;
	return t;
}

static struct cp_track *track_new(struct cp_peer *p, const struct shm_msg_track *set, struct en_err *err)
{
	struct cp_hub *h = p->hub;
	struct cp_place place;
	struct cp_track *t;

	if (p->track_n >= CP_TRACKS_OF_PEER) {
		en_fail(err, -ENOSPC, "A participant may publish at most %d tracks.", CP_TRACKS_OF_PEER);
		return NULL;
	}
	if (!cp_place_take(h->ctl->link, CP_PLACE_TRACK, p->place.core, &place)) {
		en_fail(err, -ENOSPC, "The server has no room for another track.");
		return NULL;
	}
	t = track_make(p, &place, set);
	if (!t) {
		cp_place_give(h->ctl->link, CP_PLACE_TRACK, &place);
		en_fail(err, -ENOSPC, "The server has no memory for another track.");
	}
	return t;
}

static bool set_differs(const struct shm_msg_track *a, const struct shm_msg_track *b)
{
	return a->kind != b->kind || strcmp(a->mid, b->mid) != 0 || memcmp(a->ext, b->ext, sizeof(a->ext)) != 0 ||
	       a->pt_n != b->pt_n || memcmp(a->pt, b->pt, sizeof(a->pt)) != 0 || a->ssrc_n != b->ssrc_n ||
	       memcmp(a->ssrc, b->ssrc, sizeof(a->ssrc)) != 0 ||
	       memcmp(a->rtx_ssrc, b->rtx_ssrc, sizeof(a->rtx_ssrc)) != 0 || a->nack != b->nack || a->pli != b->pli;
}

/* A track that was known before: what the section says now, what the client calls it now. */
static void track_change(struct cp_track *t, const struct shm_msg_track *set, const char *name, int muted)
{
	struct cp_hub *h = t->peer->hub;
	bool renamed = name[0] && strcmp(name, t->name) != 0;

	if (renamed)
		snprintf(t->name, sizeof(t->name), "%s", name);
	if (set_differs(&t->set, set)) {
		t->set = *set;
		t->sent = false;
	}
	if (renamed || !t->sent)
		cp_intent_track(t);
	if (renamed && h->events->track)
		h->events->track(h->arg, t);
	if (muted >= 0)
		cp_track_mute(t, muted == 1);
}

int cp_track_set(struct cp_peer *p, const struct cp_offer_section *s, uint8_t codec, const char *name, int muted,
		 struct cp_track **ret_track, struct en_err *err)
{
	struct cp_hub *h = p->hub;
	struct cp_track *t = cp_track_find(p, s->mid);
	struct shm_msg_track set;

	set_make(s, codec, &set);
	if (t && t->set.kind != set.kind) {
		cp_track_end(t);
		t = NULL;
	}
	if (t) {
		track_change(t, &set, name, muted);
		*ret_track = t;
		return 0;
	}
	t = track_new(p, &set, err);
	if (!t)
		return -ENOSPC;
	if (name[0])
		snprintf(t->name, sizeof(t->name), "%s", name);
	t->muted = muted == 1;
	cp_intent_track(t);
	cp_listener_track(t);
	if (cp_peer_is_shown(p) && h->events->track)
		h->events->track(h->arg, t);
	*ret_track = t;
	return 0;
}

struct cp_track *cp_track_adopt(struct cp_peer *p, const struct cp_place *place, const struct shm_msg_track *set)
{
	struct cp_track *t;

	if (p->track_n >= CP_TRACKS_OF_PEER || cp_track_find(p, set->mid))
		return NULL;
	t = track_make(p, place, set);
	if (!t)
		return NULL;
	t->sent = true;
	cp_note_read_track(set->note, t);
	return t;
}

void cp_track_mute(struct cp_track *t, bool muted)
{
	struct cp_hub *h = t->peer->hub;

	if (t->muted == muted)
		return;
	t->muted = muted;
	cp_intent_track(t);
	if (h->events->muted)
		h->events->muted(h->arg, t);
}

void cp_track_end(struct cp_track *t)
{
	struct cp_peer *p = t->peer;
	struct cp_hub *h = p->hub;

	if (cp_peer_is_shown(p) && h->events->untrack)
		h->events->untrack(h->arg, t);
	while (!TAILQ_EMPTY(&t->routes))
		cp_route_end(TAILQ_FIRST(&t->routes));
	TAILQ_REMOVE(&p->tracks, t, of_peer);
	p->track_n--;
	if (t->placed) {
		cp_hub_put(h, CP_PLACE_TRACK, &t->place, NULL);
		cp_intent_end(h, CP_PLACE_TRACK, &t->place);
	}
	free(t);
}
