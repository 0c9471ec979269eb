/* SPDX-License-Identifier: BSD-3-Clause */
/* rest.h - TURN REST credentials: a user name that carries its expiry. */
#ifndef DP_TURN_REST_H
#define DP_TURN_REST_H

#include "dataplane/turn/turn.h"

#define DP_REST_PASSWORD_MAX 32 /* base64 of a SHA-1 tag, 28 characters, and a NUL */

struct dp_rest_name {
	uint64_t expiry_s; /* wall clock */
	const uint8_t *subject; /* behind the colon; the whole name without one */
	size_t subject_len;
};

/* "expiry[:user]"; false when the name is not of that form. */
bool dp_rest_parse(const uint8_t *name, size_t len, struct dp_rest_name *ret_name);
/* base64(HMAC-SHA1(secret, name)); returns its length. */
size_t dp_rest_password(const char *secret, const uint8_t *name, size_t len, char ret_password[DP_REST_PASSWORD_MAX]);

#endif
