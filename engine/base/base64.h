/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base64.h - base64 with padding, no line breaks (RFC 4648 s4).
 */
#ifndef EN_BASE64_H
#define EN_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* out holds 4*((len+2)/3)+1; NUL-terminated. Returns the length. */
size_t en_base64(const void *data, size_t len, char *out);

/*
 * Text to bytes. The padding may be missing, as SDES writes it; bits that are left over are not looked at.
 * False, with nothing to be read from out, when it is not base64 or cap bytes do not hold it.
 */
bool en_base64_decode(const char *text, size_t len, void *out, size_t cap, size_t *ret_len);

#endif
