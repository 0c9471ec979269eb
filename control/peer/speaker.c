/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * speaker.c - who speaks: the loudest voice of the last second, with inertia.
 *
 * A publisher's loudness is the mean of its last LEVEL messages (one in 200 ms) of one second, its loudest audio
 * track's. Somebody else takes over when clearly louder than the speaker is now; a pause for breath does
 * not end a turn, two seconds do.
 *
 * Runs on:   the control loop.
 * Specs:     RFC 6464 (levels in -dBov: 0 is the loudest, 127 silence).
 */
#include "control/peer/hub.h"

#define WINDOW_MS 1000
#define HOLD_MS   2000
#define SPEECH    77 /* 127 - 50: louder than -50 dBov */
#define TAKEOVER  6 /* dB */

static unsigned int loudness_of_track(const struct cp_track *t, uint64_t now_ms)
{
	unsigned int sum = 0;

	if (t->muted || t->set.kind != SHM_TRACK_AUDIO)
		return 0;
	for (unsigned int i = 0; i < CP_LOUDNESS_SLOTS; i++)
		if (t->loud_ms[i] && now_ms - t->loud_ms[i] < WINDOW_MS)
			sum += t->loud[i];
	return sum / CP_LOUDNESS_SLOTS;
}

static unsigned int loudness(const struct cp_peer *p, uint64_t now_ms)
{
	const struct cp_track *t;
	unsigned int best = 0, l;

	TAILQ_FOREACH (t, &p->tracks, of_peer) {
		l = loudness_of_track(t, now_ms);
		best = l > best ? l : best;
	}
	return best;
}

static void set_speaker(struct cp_room *r, struct cp_peer *p)
{
	struct cp_hub *h = TAILQ_FIRST(&r->members)->hub;

	if (r->speaker == p)
		return;
	r->speaker = p;
	if (h->events->speaker)
		h->events->speaker(h->arg, r);
}

void cp_speaker_update(struct cp_room *r, uint64_t now_ms)
{
	unsigned int loudest = 0, current, l;
	struct cp_peer *p, *who = NULL;

	TAILQ_FOREACH (p, &r->members, of_room) {
		l = loudness(p, now_ms);
		if (l > loudest) {
			loudest = l;
			who = p;
		}
	}
	current = r->speaker ? loudness(r->speaker, now_ms) : 0;
	if (current >= SPEECH)
		r->speaker_ms = now_ms;
	if (who && loudest >= SPEECH && loudest >= current + TAKEOVER) {
		r->speaker_ms = now_ms;
		set_speaker(r, who);
	} else if (r->speaker && now_ms - r->speaker_ms >= HOLD_MS) {
		set_speaker(r, NULL);
	}
}

void cp_speaker_level(struct cp_track *t, const struct shm_msg_level *l, uint64_t now_ms)
{
	uint32_t level = l->level > 127 ? 127 : l->level;

	t->loud[t->loud_at] = (uint8_t)(127 - level);
	t->loud_ms[t->loud_at] = now_ms ? now_ms : 1;
	t->loud_at = (t->loud_at + 1) % CP_LOUDNESS_SLOTS;
	cp_speaker_update(t->peer->room, now_ms);
}

void cp_speaker_forget(struct cp_room *r, const struct cp_peer *p)
{
	if (r->speaker == p)
		set_speaker(r, NULL);
}
