/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check_turn.c - rules for [turn] (and [media], which listens beside it).
 */
#include <stdlib.h>
#include <string.h>

#include "engine/conf/parse.h"

#define DUPLICATES_SHOWN 100 /* finding the line of each costs a walk over all */
#define REALM_CHARS_MAX  127 /* RFC 8489 s14.9 MUST: fewer than 128 characters */

static int turn_line(const struct conf_parser *p, const char *key, int index)
{
	return conf_line(p, CONF_SEC_TURN, key, 0, index);
}

static void check_ours(struct conf_parser *p, int line, const char *key, const struct en_addr *a)
{
	char text[EN_ADDRSTR_MAX];

	if (p->conf->port_n > 0 && !conf_address_is_ours(p->conf, a)) /* no port at all: said already */
		conf_error(p, line,
			   "%s: %s is not an address of any port: add it to a [port NAME], or use one that is there",
			   key, en_addr_str(a, text));
}

/* --- listen, relay, external ------------------------------------------------ */

/* A listening port inside a range of relayed ports could be given to a client. */
static void check_listen_in_relay(struct conf_parser *p, int line, const struct en_ep *ep)
{
	const struct conf_turn *turn = &p->conf->turn;
	char text[EN_ADDRSTR_MAX];

	for (unsigned int i = 0; i < turn->relay_n; i++) {
		const struct conf_relay *r = &turn->relay[i];

		if (en_addr_eq(&r->addr, &ep->addr) && ep->port >= r->port_min && ep->port <= r->port_max)
			conf_error(p, line, "listen: %s lies in the relayed ports %u-%u of line %d: move one of them",
				   en_ep_str(ep, text), r->port_min, r->port_max, turn_line(p, "relay", (int)i));
	}
}

static void check_listen(struct conf_parser *p, enum conf_section section, const struct en_ep *list, unsigned int n)
{
	const struct conf_turn *turn = &p->conf->turn;
	char text[EN_ADDRSTR_MAX];

	for (unsigned int i = 0; i < n; i++) {
		int line = conf_line(p, section, "listen", 0, (int)i);
		bool twice = false;

		check_ours(p, line, "listen", &list[i].addr);
		check_listen_in_relay(p, line, &list[i]);
		for (unsigned int k = 0; k < i; k++)
			twice |= en_ep_eq(&list[k], &list[i]);
		for (unsigned int k = 0; section == CONF_SEC_MEDIA && k < turn->listen_n; k++)
			twice |= en_ep_eq(&turn->listen[k], &list[i]);
		if (twice)
			conf_error(p, line, "listen: %s stands there twice: remove one of them",
				   en_ep_str(&list[i], text));
	}
}

static void check_relay(struct conf_parser *p)
{
	const struct conf_turn *turn = &p->conf->turn;

	for (unsigned int i = 0; i < turn->relay_n; i++) {
		const struct conf_relay *r = &turn->relay[i];
		int line = turn_line(p, "relay", (int)i);

		check_ours(p, line, "relay", &r->addr);
		for (unsigned int k = 0; k < i; k++) {
			const struct conf_relay *o = &turn->relay[k];

			if (en_addr_eq(&o->addr, &r->addr) && o->port_min <= r->port_max && r->port_min <= o->port_max)
				conf_error(
					p, line,
					"relay: the ports %u-%u overlap those of line %d: give each address one range",
					r->port_min, r->port_max, turn_line(p, "relay", (int)k));
		}
	}
}

static void check_external(struct conf_parser *p, enum conf_section section, const struct conf_external *list,
			   unsigned int n)
{
	char text[EN_ADDRSTR_MAX];

	for (unsigned int i = 0; i < n; i++) {
		int line = conf_line(p, section, "external", 0, (int)i);

		check_ours(p, line, "external", &list[i].internal);
		for (unsigned int k = 0; k < i; k++)
			if (en_addr_eq(&list[k].internal, &list[i].internal) ||
			    en_addr_eq(&list[k].external, &list[i].external))
				conf_error(p, line,
					   "external: an address of %s stands in line %d already: one pair an address",
					   en_addr_str(&list[i].internal, text),
					   conf_line(p, section, "external", 0, (int)k));
	}
}

/* --- credentials -------------------------------------------------------------- */

struct user_ref {
	const char *name;
	unsigned int index;
};

static int by_name(const void *a, const void *b)
{
	const struct user_ref *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	return x->index < y->index ? -1 : 1;
}

static void check_users(struct conf_parser *p)
{
	const struct conf_turn *turn = &p->conf->turn;
	struct user_ref *ref = calloc(turn->user_n ? turn->user_n : 1, sizeof(*ref));

	if (!ref) {
		conf_error(p, turn_line(p, "user", 0), "out of memory");
		return;
	}
	for (unsigned int i = 0; i < turn->user_n; i++)
		ref[i] = (struct user_ref){.name = turn->user[i].name, .index = i};
	qsort(ref, turn->user_n, sizeof(*ref), by_name);
	for (unsigned int i = 1, said = 0; i < turn->user_n && said < DUPLICATES_SHOWN; i++) {
		if (strcmp(ref[i - 1].name, ref[i].name) == 0 && ++said)
			conf_error(p, turn_line(p, "user", (int)ref[i].index),
				   "user '%s' stands in line %d already: keep one of them", ref[i].name,
				   turn_line(p, "user", (int)ref[i - 1].index));
	}
	free(ref);
}

static unsigned int characters(const char *utf8)
{
	unsigned int n = 0;

	for (; *utf8; utf8++)
		n += ((unsigned char)*utf8 & 0xc0) != 0x80;
	return n;
}

static void check_credentials(struct conf_parser *p)
{
	const struct conf_turn *turn = &p->conf->turn;

	if (!turn->realm[0] && !conf_given(p, CONF_SEC_TURN, "realm", 0))
		conf_error(p, turn_line(p, "realm", 0),
			   "[turn] has no realm: add one, for example realm = example.org");
	if (characters(turn->realm) > REALM_CHARS_MAX)
		conf_error(p, turn_line(p, "realm", 0), "realm: more than %d characters: shorten it", REALM_CHARS_MAX);
	if (!conf_given(p, CONF_SEC_TURN, "user", 0) && !conf_given(p, CONF_SEC_TURN, "secret", 0))
		conf_error(p, p->section_line[CONF_SEC_TURN],
			   "[turn] lets nobody in: add user = NAME:PASSWORD, or secret = SECRET for the TURN REST API");
	if (!turn->sha256 && !turn->md5)
		conf_error(p, turn_line(p, "md5", 0),
			   "md5 = off and sha256 = off leave no way to authenticate: switch one on");
	check_users(p);
}

/* --- limits --------------------------------------------------------------------- */

static void check_limits(struct conf_parser *p)
{
	struct conf_turn *turn = &p->conf->turn;

	if (turn->min_lifetime > turn->max_lifetime)
		conf_error(p, turn_line(p, "min-lifetime", 0), "min-lifetime = %u is above max-lifetime = %u: lower it",
			   turn->min_lifetime, turn->max_lifetime);
	else if (turn->default_lifetime < turn->min_lifetime || turn->default_lifetime > turn->max_lifetime)
		conf_error(
			p, turn_line(p, "default-lifetime", 0),
			"default-lifetime = %u is not between min-lifetime = %u and max-lifetime = %u: change one of them",
			turn->default_lifetime, turn->min_lifetime, turn->max_lifetime);
	if (!turn->max_permissions)
		turn->max_permissions = 4 * turn->max_allocations;
	if (!turn->max_channels)
		turn->max_channels = 4 * turn->max_allocations;
}

void conf_check_turn(struct conf_parser *p)
{
	const struct conf *c = p->conf;
	int line = p->section_line[CONF_SEC_TURN];

	check_limits(p);
	check_listen(p, CONF_SEC_MEDIA, c->media.listen, c->media.listen_n);
	check_external(p, CONF_SEC_MEDIA, c->media.external, c->media.external_n);
	if (!line)
		return;
	if (!conf_given(p, CONF_SEC_TURN, "listen", 0))
		conf_error(p, line, "[turn] listens nowhere: add listen = ADDRESS:3478 with an address of a port");
	if (!conf_given(p, CONF_SEC_TURN, "relay", 0))
		conf_error(
			p, line,
			"[turn] has no relayed addresses: add relay = ADDRESS 49152-65535 with an address of a port");
	check_listen(p, CONF_SEC_TURN, c->turn.listen, c->turn.listen_n);
	check_relay(p);
	check_external(p, CONF_SEC_TURN, c->turn.external, c->turn.external_n);
	check_credentials(p);
}
