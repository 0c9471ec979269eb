/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setup.c - set-ups under way: sessions that were asked for and have no keys yet, how many there may be and which one
 * gives way.
 *
 * Whoever may offer can ask for sessions and never finish a handshake. Each is held for CP_SETUP_MS at most, they
 * take half of all places at most, and of those who hold them the greediest loses its oldest to a newcomer.
 *
 * Runs on:   the control loop.
 * Invariants
 *   S1  a session with keys gives way to nobody.
 *   S2  no more than half of the places are set-ups; the next one takes the place of another (security.md S3).
 *   S3  an owner takes its own set-ups' places only after CP_SETUP_YIELD_MS: who opens many at once wants them all,
 *       and none would come to its end if each ended the one before.
 *
 * Whose a set-up is, is the address that the offer came from, of IPv6 the first 64 bits. Behind a proxy all have one:
 * then the oldest of all gives way.
 */
#include <string.h>

#include "control/peer/hub.h"
#include "engine/base/addr.h"
#include "engine/base/hash.h"

#define OWNERS 256 /* counted by hash: who shares a number with the greediest may lose with it */
#define GREEDY 8 /* who has a part of so many, or less, is not greedy: owners that collide are not either */

uint64_t cp_setup_owner(const char *address)
{
	struct en_addr a;

	if (en_addr_parse(address, &a) != 0)
		return 0;
	return en_fnv64(a.b, a.family == EN_AF_INET6 ? 8 : sizeof(a.b));
}

static bool is_under_way(const struct cp_peer *p)
{
	return p->installed && !p->keyed && !p->adopted;
}

static unsigned int owner_of(const struct cp_peer *p)
{
	return (unsigned int)(p->owner ^ p->owner >> 32) % OWNERS;
}

struct count {
	int core; /* below 0: all */
	uint32_t n, by[OWNERS];
};

static bool is_counted(const struct count *c, const struct cp_peer *p)
{
	return is_under_way(p) && (c->core < 0 || p->place.core == (unsigned int)c->core);
}

static void count(const struct cp_hub *h, int core, struct count *ret_count)
{
	const struct cp_peer *p;

	memset(ret_count, 0, sizeof(*ret_count));
	ret_count->core = core;
	TAILQ_FOREACH (p, &h->peers, of_hub)
		if (is_counted(ret_count, p)) {
			ret_count->by[owner_of(p)]++;
			ret_count->n++;
		}
}

static uint32_t greed(const struct count *c, const struct cp_peer *p)
{
	uint32_t n = c->by[owner_of(p)];

	return n > c->n / GREEDY ? n : 0;
}

/* The oldest of the greediest owner's, or when nobody is greedy of all, that began at least `age` ago; NULL: none. */
static struct cp_peer *victim(const struct cp_hub *h, const struct count *c, uint64_t age)
{
	struct cp_peer *found = NULL, *p;
	uint64_t now = cp_hub_now(h);

	TAILQ_FOREACH (p, &h->peers, of_hub) {
		if (!is_counted(c, p) || now - p->since_ms < age)
			continue;
		if (!found || greed(c, p) > greed(c, found) ||
		    (greed(c, p) == greed(c, found) && p->since_ms < found->since_ms))
			found = p;
	}
	return found;
}

static void give_way(struct cp_peer *p)
{
	static const char why[] = "too many connections are being set up";
	struct cp_hub *h = p->hub;

	h->setups_ended++;
	en_info("peer", "the set-up of %s of room %s gives way", p->id, p->room->name);
	if (p->kind == CP_PEER_CALL) {
		cp_peer_reset(p);
		cp_hub_change(p, CP_PEER_LOST, why);
	} else {
		cp_hub_change(p, CP_PEER_GONE, why);
		cp_peer_destroy(p);
	}
}

bool cp_setup_admit(struct cp_peer *newcomer)
{
	struct cp_hub *h = newcomer->hub;
	uint32_t most = h->size[CP_PLACE_SESSION] * h->ctl->conf->dataplane.core_n / 2;
	struct cp_peer *p;
	struct count c;

	count(h, -1, &c);
	if (c.n < (most ? most : 1))
		return true;
	p = victim(h, &c, 0);
	/* S3 */
	if (p && owner_of(p) == owner_of(newcomer))
		p = victim(h, &c, CP_SETUP_YIELD_MS);
	if (p)
		give_way(p);
	return p != NULL;
}

bool cp_setup_make_room(struct cp_hub *h, unsigned int core)
{
	struct cp_peer *p;
	struct count c;

	count(h, (int)core, &c);
	p = victim(h, &c, CP_SETUP_YIELD_MS);
	if (p)
		give_way(p);
	return p != NULL;
}
