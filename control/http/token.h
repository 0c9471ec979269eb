/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * token.h - the token that a client proves itself with, in a header or a query.
 *
 * Runs on:   the control loop. No state.
 */
#ifndef CP_HTTP_TOKEN_H
#define CP_HTTP_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Texts of any length in a time that says nothing of what is in them. */
bool cp_token_eq(const char *a, size_t a_len, const char *b, size_t b_len);
/* Is it given as "Authorization: Bearer …" or, without that, as token=… of the query? An empty one never is. */
bool cp_token_is_given(const char *token, const char *query, const char *authorization);

#endif
