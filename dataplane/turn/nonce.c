/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nonce.c - make and check stateless nonces.
 *
 *   "obMatJos2" | 4 characters | base64( time, 4 bytes | MAC, 8 bytes )
 *   the nonce cookie and the security feature bits stand in front only when
 *   SHA-256 is offered (RFC 8489 s9.2); 29 characters, or 16 without them.
 *
 * The MAC covers cookie, time, client address and port, under a key drawn at
 * start: a nonce of another client, of another server or from before a restart
 * is foreign. `time` is monotonic seconds: the wall clock may jump.
 *
 * Feature bits: RFC 8489 s18.1 numbers the 24 bits, its prose from the left
 * ("gAAA" = password algorithms), verified erratum 6290 from the right
 * ("AAAB"). Only clients read them; conf.nonce_cookie_left chooses.
 */
#include "dataplane/turn/nonce.h"

#include <string.h>

#include "engine/base/base64.h"
#include "engine/base/bytes.h"
#include "engine/base/consttime.h"
#include "engine/base/digest.h"

#define COOKIE     "obMatJos2"
#define COOKIE_LEN 9
#define PREFIX_LEN 13 /* cookie and features */
#define TIME_LEN   4
#define MAC_LEN    8
#define RAW_LEN    (TIME_LEN + MAC_LEN)
#define TEXT_LEN   16 /* base64 of RAW_LEN */
#define AHEAD_S    2 /* cores read the clock at slightly different times */

/* RFC 8489 s18.1: bit 0 password algorithms, bit 1 username anonymity. */
static size_t put_prefix(const struct conf_turn *c, char *ret_prefix)
{
	/* with REST credentials a name cannot be found by its hash: do not invite to hide it */
	bool anonymity = c->user_n && !c->secret_n;
	uint32_t bits = anonymity ? 3 : 1;
	uint8_t raw[3];

	if (!c->sha256)
		return 0;
	if (c->nonce_cookie_left)
		bits = anonymity ? 0xc00000 : 0x800000;
	raw[0] = (uint8_t)(bits >> 16);
	raw[1] = (uint8_t)(bits >> 8);
	raw[2] = (uint8_t)bits;
	memcpy(ret_prefix, COOKIE, COOKIE_LEN);
	en_base64(raw, sizeof(raw), ret_prefix + COOKIE_LEN);
	return PREFIX_LEN;
}

static void mac(const struct dp_turn *t, const struct en_ep *client, const char *prefix, size_t prefix_len,
		const uint8_t time_be[TIME_LEN], uint8_t ret_mac[EN_SHA256_LEN])
{
	const struct en_iov iov[] = {
		{.data = prefix, .len = prefix_len},
		{.data = time_be, .len = TIME_LEN},
		{.data = client, .len = sizeof(*client)},
	};

	en_hmac_sha256(t->shared->nonce_key, sizeof(t->shared->nonce_key), iov, 3, ret_mac);
}

static uint32_t now_s(const struct dp_turn *t)
{
	return (uint32_t)(t->now_ns / UINT64_C(1000000000));
}

size_t dp_nonce_make(const struct dp_turn *t, const struct en_ep *client, char ret_nonce[DP_NONCE_MAX])
{
	size_t prefix_len = put_prefix(t->shared->conf, ret_nonce);
	uint8_t raw[TIME_LEN + EN_SHA256_LEN];

	en_store32(raw, now_s(t));
	mac(t, client, ret_nonce, prefix_len, raw, raw + TIME_LEN);
	return prefix_len + en_base64(raw, RAW_LEN, ret_nonce + prefix_len);
}

static int digit64(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool decode(const uint8_t text[TEXT_LEN], uint8_t ret_raw[RAW_LEN])
{
	for (unsigned int i = 0; i < TEXT_LEN / 4; i++) {
		uint32_t v = 0;

		for (unsigned int k = 0; k < 4; k++) {
			int d = digit64(text[i * 4 + k]);

			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		ret_raw[i * 3] = (uint8_t)(v >> 16);
		ret_raw[i * 3 + 1] = (uint8_t)(v >> 8);
		ret_raw[i * 3 + 2] = (uint8_t)v;
	}
	return true;
}

bool dp_nonce_ok(const struct dp_turn *t, const struct en_ep *client, const uint8_t *nonce, size_t len)
{
	char prefix[DP_NONCE_MAX];
	size_t prefix_len = put_prefix(t->shared->conf, prefix);
	uint8_t want[EN_SHA256_LEN];
	uint8_t raw[RAW_LEN];
	uint32_t age;

	if (len != prefix_len + TEXT_LEN || !en_ct_eq(nonce, prefix, prefix_len) || !decode(nonce + prefix_len, raw))
		return false;
	/* wraps for a time slightly ahead of ours */
	age = now_s(t) + AHEAD_S - en_load32(raw);
	if (age > t->shared->conf->nonce_lifetime + AHEAD_S)
		return false;
	mac(t, client, prefix, prefix_len, raw, want);
	return en_ct_eq(want, raw + TIME_LEN, MAC_LEN);
}
