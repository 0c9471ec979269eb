/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * token.c - what a client gives as its token, against what it is.
 *
 * Runs on:   the control loop. No state.
 * Specs:     RFC 6750 s2.1, s2.3.
 */
#include <string.h>
#include <strings.h>

#include "control/http/token.h"
#include "engine/base/consttime.h"
#include "engine/base/digest.h"

bool cp_token_eq(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const struct en_iov ia = {.data = a, .len = a_len}, ib = {.data = b, .len = b_len};
	uint8_t da[EN_SHA256_LEN], db[EN_SHA256_LEN];

	en_sha256(&ia, 1, da);
	en_sha256(&ib, 1, db);
	return en_ct_eq(da, db, sizeof(da));
}

/* The value of token=… in a query; NULL: none. */
static const char *query_token(const char *query, size_t *ret_len)
{
	for (const char *p = query; *p; p += strcspn(p, "&"), p += *p == '&')
		if (strncmp(p, "token=", 6) == 0) {
			*ret_len = strcspn(p + 6, "&");
			return p + 6;
		}
	return NULL;
}

bool cp_token_is_given(const char *token, const char *query, const char *authorization)
{
	const char *given;
	size_t len;

	if (strncasecmp(authorization, "Bearer ", 7) == 0) {
		given = authorization + 7 + strspn(authorization + 7, " ");
		len = strlen(given);
	} else {
		given = query_token(query, &len);
	}
	return token[0] && given && cp_token_eq(given, len, token, strlen(token));
}
