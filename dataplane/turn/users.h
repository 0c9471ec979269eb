/* SPDX-License-Identifier: BSD-3-Clause */
/* users.h - the configured users: their keys, found by name and by USERHASH. */
#ifndef DP_TURN_USERS_H
#define DP_TURN_USERS_H

#include "dataplane/turn/turn.h"

struct dp_user {
	const char *name; /* conf's */
	size_t name_len;
	uint8_t md5[16]; /* long-term keys (RFC 8489 s9.2.2, s18.5.1) */
	uint8_t sha256[32];
	uint8_t userhash[32];
};

int dp_users_create(const struct conf_turn *c, const struct en_hash_key *key, struct dp_users **ret_users,
		    struct en_err *err);
/* Wipes the keys. */
void dp_users_destroy(struct dp_users *u);

const struct dp_user *dp_users_by_name(const struct dp_users *u, const uint8_t *name, size_t len);
const struct dp_user *dp_users_by_hash(const struct dp_users *u, const uint8_t hash[32]);
/* A random one that matches nobody: an unknown name costs the same HMAC. */
const struct dp_user *dp_users_nobody(const struct dp_users *u);

#endif
