/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * users.c - two open-addressed tables over the configured users, built at start.
 *
 * Runs on:   start and stop; lookups on every core, read-only.
 *
 * Secrets:   the keys in struct dp_user; wiped by dp_users_destroy.
 *
 * A name that is configured twice counts once, the first.
 */
#include "dataplane/turn/users.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"
#include "engine/base/random.h"
#include "engine/wire/stun_auth.h"

struct dp_users {
	struct en_hash_key key;
	uint32_t n;
	uint32_t mask;
	uint32_t *by_name, *by_hash; /* DP_NONE: empty */
	struct dp_user *user;
	struct dp_user nobody;
};

static uint32_t slot_of(const struct dp_users *u, const void *data, size_t len)
{
	return (uint32_t)en_hash(&u->key, data, len) & u->mask;
}

const struct dp_user *dp_users_by_name(const struct dp_users *u, const uint8_t *name, size_t len)
{
	for (uint32_t at = slot_of(u, name, len);; at = (at + 1) & u->mask) {
		const struct dp_user *user;

		if (u->by_name[at] == DP_NONE)
			return NULL;
		user = &u->user[u->by_name[at]];
		if (user->name_len == len && memcmp(user->name, name, len) == 0)
			return user;
	}
}

const struct dp_user *dp_users_by_hash(const struct dp_users *u, const uint8_t hash[32])
{
	for (uint32_t at = slot_of(u, hash, 32);; at = (at + 1) & u->mask) {
		if (u->by_hash[at] == DP_NONE)
			return NULL;
		if (memcmp(u->user[u->by_hash[at]].userhash, hash, 32) == 0)
			return &u->user[u->by_hash[at]];
	}
}

const struct dp_user *dp_users_nobody(const struct dp_users *u)
{
	return &u->nobody;
}

static void put(struct dp_users *u, uint32_t *table, const void *data, size_t len, uint32_t idx)
{
	uint32_t at = slot_of(u, data, len);

	while (table[at] != DP_NONE)
		at = (at + 1) & u->mask;
	table[at] = idx;
}

static void add(struct dp_users *u, const struct conf_user *c, const char *realm)
{
	struct dp_user *user = &u->user[u->n];
	size_t password_len = strlen(c->password);

	user->name = c->name;
	user->name_len = strlen(c->name);
	if (dp_users_by_name(u, (const uint8_t *)c->name, user->name_len))
		return;
	wire_stun_key_md5(user->name, user->name_len, realm, c->password, password_len, user->md5);
	wire_stun_key_sha256(user->name, user->name_len, realm, c->password, password_len, user->sha256);
	wire_stun_userhash(user->name, user->name_len, realm, user->userhash);
	put(u, u->by_name, user->name, user->name_len, u->n);
	put(u, u->by_hash, user->userhash, sizeof(user->userhash), u->n);
	u->n++;
}

int dp_users_create(const struct conf_turn *c, const struct en_hash_key *key, struct dp_users **ret_users,
		    struct en_err *err)
{
	struct dp_users *u = calloc(1, sizeof(*u));
	uint32_t size = 2;

	while (size < 2 * (uint64_t)c->user_n)
		size *= 2;
	if (u) {
		u->key = *key;
		u->mask = size - 1;
		u->by_name = malloc(size * sizeof(*u->by_name));
		u->by_hash = malloc(size * sizeof(*u->by_hash));
		u->user = calloc(c->user_n + 1, sizeof(*u->user));
	}
	if (!u || !u->by_name || !u->by_hash || !u->user) {
		dp_users_destroy(u);
		return en_fail(err, -1, "no memory for %u users", c->user_n);
	}
	memset(u->by_name, 0xff, size * sizeof(*u->by_name));
	memset(u->by_hash, 0xff, size * sizeof(*u->by_hash));
	for (unsigned int i = 0; i < c->user_n; i++)
		add(u, &c->user[i], c->realm);
	u->nobody.name = "";
	en_random(u->nobody.md5, sizeof(u->nobody.md5));
	en_random(u->nobody.sha256, sizeof(u->nobody.sha256));
	*ret_users = u;
	return 0;
}

void dp_users_destroy(struct dp_users *u)
{
	if (!u)
		return;
	if (u->user)
		en_wipe(u->user, (size_t)u->n * sizeof(*u->user));
	free(u->user);
	free(u->by_name);
	free(u->by_hash);
	free(u);
}
