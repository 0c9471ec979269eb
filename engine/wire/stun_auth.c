/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_auth.c - the three attributes that protect a STUN message.
 *
 * Runs on:   the packet path.
 *
 * Invariants
 *   A1  a tag covers the message up to its own attribute, with a length field
 *       that ends the message there: what was appended later cannot change
 *       the verdict (and must not be believed by the caller);
 *   A2  tags are compared in constant time.
 *
 * Specs:     RFC 8489 s9.2.2 and s18.5.1 (keys), s14.4 to s14.7.
 * Not here:  which key, which algorithm, nonces (the TURN server); OpaqueString
 *            preparation of names and passwords (engine/base/opaque.c).
 */
#include "engine/wire/stun_auth.h"

#include <string.h>

#include "engine/base/consttime.h"
#include "engine/base/digest.h"

#define ATTR_HDR_LEN     4
#define FINGERPRINT_LEN  4
#define FINGERPRINT_XOR  0x5354554Eu /* RFC 8489 s14.7: "STUN" */
#define SHA256_TAG_MIN   16 /* RFC 8489 s14.6 MUST: at least 16 bytes and a multiple of 4 */
#define LENGTH_FIELD_END 4
#define CREDENTIAL_PARTS 5

static struct en_iov text(const char *s, size_t len)
{
	return (struct en_iov){.data = s, .len = len};
}

/* user ":" realm ":" password; returns the number of parts. */
static unsigned int credential(struct en_iov iov[CREDENTIAL_PARTS], const char *user, size_t user_len,
			       const char *realm, const char *password, size_t password_len)
{
	iov[0] = text(user, user_len);
	iov[1] = text(":", 1);
	iov[2] = text(realm, strlen(realm));
	iov[3] = text(":", 1);
	iov[4] = text(password, password_len);
	return CREDENTIAL_PARTS;
}

void wire_stun_key_md5(const char *user, size_t user_len, const char *realm, const char *password, size_t password_len,
		       uint8_t ret_key[16])
{
	struct en_iov iov[CREDENTIAL_PARTS];

	en_md5(iov, credential(iov, user, user_len, realm, password, password_len), ret_key);
}

void wire_stun_key_sha256(const char *user, size_t user_len, const char *realm, const char *password,
			  size_t password_len, uint8_t ret_key[32])
{
	struct en_iov iov[CREDENTIAL_PARTS];

	en_sha256(iov, credential(iov, user, user_len, realm, password, password_len), ret_key);
}

void wire_stun_userhash(const char *user, size_t user_len, const char *realm, uint8_t ret_hash[32])
{
	const struct en_iov iov[] = {text(user, user_len), text(":", 1), text(realm, strlen(realm))};

	en_sha256(iov, 3, ret_hash);
}

/*
 * The message up to `end`, with the length field as if it ended `after` bytes
 * later: two pieces, so that the message itself stays untouched.
 */
struct covered {
	uint8_t head[LENGTH_FIELD_END];
	struct en_iov iov[2];
};

static void cover(struct covered *c, const uint8_t *msg, size_t end, size_t after)
{
	memcpy(c->head, msg, 2);
	en_store16(c->head + 2, (uint16_t)(end + after - WIRE_STUN_HDR_LEN));
	c->iov[0] = (struct en_iov){.data = c->head, .len = LENGTH_FIELD_END};
	c->iov[1] = (struct en_iov){.data = msg + LENGTH_FIELD_END, .len = end - LENGTH_FIELD_END};
}

bool wire_stun_mi_ok(const struct wire_stun *s, const struct wire_attr *mi, const uint8_t *key, size_t key_len)
{
	struct covered c;
	uint8_t tag[EN_SHA256_LEN];

	cover(&c, s->msg, mi->offset, ATTR_HDR_LEN + (size_t)mi->len);
	if (mi->type == WIRE_ATTR_MESSAGE_INTEGRITY) {
		if (mi->len != EN_SHA1_LEN)
			return false;
		en_hmac_sha1(key, key_len, c.iov, 2, tag);
	} else if (mi->type == WIRE_ATTR_MESSAGE_INTEGRITY_SHA256) {
		if (mi->len < SHA256_TAG_MIN || mi->len > EN_SHA256_LEN || mi->len % 4)
			return false;
		en_hmac_sha256(key, key_len, c.iov, 2, tag);
	} else {
		return false;
	}
	/* RFC 8489 s14.6: a truncated tag keeps the leftmost bytes */
	return en_ct_eq(tag, mi->value, mi->len);
}

/* The CRC of the message up to `end`, closed by a FINGERPRINT there. */
static uint32_t fingerprint(const uint8_t *msg, size_t end)
{
	struct covered c;

	cover(&c, msg, end, ATTR_HDR_LEN + FINGERPRINT_LEN);
	return en_crc32(en_crc32(0, c.iov[0].data, c.iov[0].len), c.iov[1].data, c.iov[1].len) ^ FINGERPRINT_XOR;
}

bool wire_stun_fingerprint_ok(const struct wire_stun *s, const struct wire_attr *fp)
{
	/* RFC 8489 s14.7 MUST: FINGERPRINT is the last attribute */
	if (fp->type != WIRE_ATTR_FINGERPRINT || fp->len != FINGERPRINT_LEN ||
	    fp->offset + ATTR_HDR_LEN + FINGERPRINT_LEN != s->len)
		return false;
	return en_load32(fp->value) == fingerprint(s->msg, fp->offset);
}

void wire_stun_put_mi(struct wire_stun_builder *b, const uint8_t *key, size_t key_len)
{
	uint8_t tag[EN_SHA1_LEN];
	struct covered c;

	if (!b->w.ok)
		return;
	cover(&c, b->w.start, en_written(&b->w), ATTR_HDR_LEN + sizeof(tag));
	en_hmac_sha1(key, key_len, c.iov, 2, tag);
	wire_stun_put(b, WIRE_ATTR_MESSAGE_INTEGRITY, tag, sizeof(tag));
}

void wire_stun_put_mi_sha256(struct wire_stun_builder *b, const uint8_t *key, size_t key_len)
{
	uint8_t tag[EN_SHA256_LEN];
	struct covered c;

	if (!b->w.ok)
		return;
	cover(&c, b->w.start, en_written(&b->w), ATTR_HDR_LEN + sizeof(tag));
	en_hmac_sha256(key, key_len, c.iov, 2, tag);
	wire_stun_put(b, WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, tag, sizeof(tag));
}

void wire_stun_put_fingerprint(struct wire_stun_builder *b)
{
	if (b->w.ok)
		wire_stun_put_u32(b, WIRE_ATTR_FINGERPRINT, fingerprint(b->w.start, en_written(&b->w)));
}
