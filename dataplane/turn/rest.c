/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rest.c - read the user name and derive the password of TURN REST credentials.
 *
 * Specs:     draft-uberti-behave-turn-rest-00 s2.2.
 * Not here:  which secret (auth.c tries them newest first).
 */
#include "dataplane/turn/rest.h"

#include <string.h>

#include "engine/base/base64.h"
#include "engine/base/digest.h"

#define EXPIRY_DIGITS 19 /* fits in 64 bits */

bool dp_rest_parse(const uint8_t *name, size_t len, struct dp_rest_name *ret_name)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < len && name[i] >= '0' && name[i] <= '9'; i++) {
		if (i == EXPIRY_DIGITS)
			return false;
		v = v * 10 + (uint64_t)(name[i] - '0');
	}
	if (i == 0 || (i < len && name[i] != ':'))
		return false;
	ret_name->expiry_s = v;
	ret_name->subject = i < len ? name + i + 1 : name;
	ret_name->subject_len = i < len ? len - i - 1 : len;
	return true;
}

size_t dp_rest_password(const char *secret, const uint8_t *name, size_t len, char ret_password[DP_REST_PASSWORD_MAX])
{
	const struct en_iov iov = {.data = name, .len = len};
	uint8_t tag[EN_SHA1_LEN];

	en_hmac_sha1(secret, strlen(secret), &iov, 1, tag);
	return en_base64(tag, sizeof(tag), ret_password);
}
