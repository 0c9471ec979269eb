/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shared.c - what all cores' TURN servers share: built before they start.
 *
 * Secrets:   nonce_key; users (users.c). Wiped by dp_turn_shared_destroy.
 */
#include "dataplane/turn/turn.h"

#include <stdlib.h>

#include "dataplane/turn/policy.h"
#include "dataplane/turn/ports.h"
#include "dataplane/turn/quota.h"
#include "dataplane/turn/users.h"
#include "engine/base/consttime.h"
#include "engine/base/random.h"

struct en_ep dp_turn_externalise(const struct dp_turn_shared *s, const struct en_ep *ep)
{
	struct en_ep out = *ep;

	for (unsigned int i = 0; i < s->conf->external_n; i++) {
		if (en_addr_eq(&s->conf->external[i].internal, &ep->addr)) {
			out.addr = s->conf->external[i].external;
			break;
		}
	}
	return out;
}

static void set_listeners(struct dp_turn_shared *s, const struct conf_turn *c)
{
	for (unsigned int i = 0; i < c->listen_n; i++)
		s->listener[i].ep = c->listen[i];
	s->listener_n = c->listen_n;
}

static void set_relays(struct dp_turn_shared *s, const struct conf_turn *c)
{
	for (unsigned int i = 0; i < c->relay_n; i++) {
		struct en_ep ep = {.addr = c->relay[i].addr};

		s->relay[i] = (struct dp_relay_addr){
			.addr = c->relay[i].addr,
			.external = dp_turn_externalise(s, &ep).addr,
			.port_min = c->relay[i].port_min,
			.port_max = c->relay[i].port_max,
			.shift = dp_ports_shift(c->relay[i].port_min, c->relay[i].port_max, s->core_n),
		};
	}
	s->relay_n = c->relay_n;
}

static void set_own(struct dp_turn_shared *s, const struct conf *c)
{
	for (unsigned int i = 0; i < c->port_n; i++)
		for (unsigned int k = 0; k < c->port[i].address_n; k++)
			s->own[s->own_n++] = c->port[i].address[k].addr;
}

int dp_turn_shared_create(const struct conf *c, struct dp_turn_shared **ret_shared, struct en_err *err)
{
	struct dp_turn_shared *s = calloc(1, sizeof(*s));

	if (!s)
		return en_fail(err, -1, "no memory for the TURN server");
	s->conf = &c->turn;
	s->core_n = c->dataplane.core_n ? c->dataplane.core_n : 1;
	en_hash_key_init(&s->hash_key);
	en_hash_key_init(&s->user_key[0]);
	en_hash_key_init(&s->user_key[1]);
	en_random(s->nonce_key, sizeof(s->nonce_key));
	set_listeners(s, &c->turn);
	set_relays(s, &c->turn);
	set_own(s, c);
	if (dp_policy_create(c, s, &s->policy, err) || dp_users_create(&c->turn, &s->hash_key, &s->users, err) ||
	    dp_quota_create(&c->turn, &s->quota, err)) {
		dp_turn_shared_destroy(s);
		return -1;
	}
	*ret_shared = s;
	return 0;
}

void dp_turn_shared_destroy(struct dp_turn_shared *s)
{
	if (!s)
		return;
	dp_policy_destroy(s->policy);
	dp_users_destroy(s->users);
	dp_quota_destroy(s->quota);
	en_wipe(s, sizeof(*s));
	free(s);
}
