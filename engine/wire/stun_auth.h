/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_auth.h - MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256, FINGERPRINT
 * (RFC 8489 s14.5-14.7): verify on parsed messages, append on built ones.
 */
#ifndef WIRE_STUN_AUTH_H
#define WIRE_STUN_AUTH_H

#include "engine/wire/stun.h"

/* key = MD5(user ":" realm ":" password) and the SHA-256 form (s9.2.2, s18.5.1). */
void wire_stun_key_md5(const char *user, size_t user_len, const char *realm, const char *password, size_t password_len,
		       uint8_t ret_key[16]);
void wire_stun_key_sha256(const char *user, size_t user_len, const char *realm, const char *password,
			  size_t password_len, uint8_t ret_key[32]);
/* USERHASH = SHA-256(user ":" realm), s14.4. */
void wire_stun_userhash(const char *user, size_t user_len, const char *realm, uint8_t ret_hash[32]);

/*
 * Is the tag of attribute `mi` right? The length field is taken as if the
 * message ended at `mi`, whatever follows. Constant time in the tag.
 * A MESSAGE-INTEGRITY that is not 20 bytes, or a SHA256 one not 16..32 and a
 * multiple of 4, is false.
 */
bool wire_stun_mi_ok(const struct wire_stun *s, const struct wire_attr *mi, const uint8_t *key, size_t key_len);
/* FINGERPRINT present must be last and right (s14.7). */
bool wire_stun_fingerprint_ok(const struct wire_stun *s, const struct wire_attr *fp);

void wire_stun_put_mi(struct wire_stun_builder *b, const uint8_t *key, size_t key_len);
void wire_stun_put_mi_sha256(struct wire_stun_builder *b, const uint8_t *key, size_t key_len);
void wire_stun_put_fingerprint(struct wire_stun_builder *b);

#endif
