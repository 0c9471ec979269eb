/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdes.c - a=crypto lines: read, made, chosen.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   C1  what is read has a key of exactly its suite's length; of a line that is passed over nothing is left.
 *
 * Specs:     RFC 4568 s5.1.2 (answering), s6 (SRTP), s9 (grammar); RFC 7714 s14.2 (AEAD suites).
 */
#include "control/gateway/sdes.h"

#include <string.h>

#include "engine/base/base64.h"
#include "engine/base/consttime.h"
#include "engine/base/random.h"
#include "engine/shm/msg.h"

#define BASE64_MAX (4 * ((CP_GW_KEY_MAX + 2) / 3) + 1)
#define MKI_MAX    128 /* bytes (RFC 4568 s6.1) */

static const struct suite {
	const char *name;
	uint16_t profile;
	uint8_t key_len, salt_len;
} suites[] = {
	{"AES_CM_128_HMAC_SHA1_80", SHM_SRTP_CM_SHA1_80, 16, 14},
	{"AES_CM_128_HMAC_SHA1_32", SHM_SRTP_CM_SHA1_32, 16, 14},
	{"AEAD_AES_128_GCM", SHM_SRTP_GCM_128, 16, 12},
	{"AEAD_AES_256_GCM", SHM_SRTP_GCM_256, 32, 12},
};

#define SUITE_N (sizeof(suites) / sizeof(suites[0]))

static const struct suite *find(uint16_t profile)
{
	for (size_t i = 0; i < SUITE_N; i++) {
		if (suites[i].profile == profile)
			return &suites[i];
	}
	return NULL;
}

bool cp_gw_suite_parse(struct wire_text name, uint16_t *ret_profile)
{
	for (size_t i = 0; i < SUITE_N; i++) {
		if (wire_text_is_nocase(name, suites[i].name)) {
			*ret_profile = suites[i].profile;
			return true;
		}
	}
	return false;
}

const char *cp_gw_suite_name(uint16_t profile)
{
	const struct suite *s = find(profile);

	return s ? s->name : NULL;
}

uint32_t cp_gw_suite_key_len(uint16_t profile)
{
	const struct suite *s = find(profile);

	return s ? s->key_len : 0;
}

uint32_t cp_gw_suite_salt_len(uint16_t profile)
{
	const struct suite *s = find(profile);

	return s ? s->salt_len : 0;
}

/* "2^20" or a number of packets */
static bool is_lifetime(struct wire_text t)
{
	struct wire_text power = t;
	uint32_t ignored;

	if (wire_text_is(wire_text_cut(&power, '^'), "2"))
		return wire_text_u32(power, 48, &ignored);
	for (uint32_t i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return t.len > 0;
}

/* "1:4" */
static bool read_mki(struct wire_text t, struct cp_gw_crypto *c)
{
	struct wire_text value = wire_text_cut(&t, ':');
	uint32_t number, len;

	if (!wire_text_u32(value, UINT32_MAX, &number) || !wire_text_u32(t, MKI_MAX, &len) || len == 0)
		return false;
	c->mki = number;
	c->mki_len = (uint8_t)len;
	return true;
}

/* "inline:<key||salt>[|lifetime][|MKI:length]"; one of them: several need their MKIs told apart. */
static bool read_key(struct wire_text t, struct cp_gw_crypto *c)
{
	const struct suite *s = find(c->profile);
	struct wire_text method = wire_text_cut(&t, ':'), key = wire_text_cut(&t, '|');
	struct wire_text first = wire_text_cut(&t, '|');
	size_t len;

	if (!wire_text_is_nocase(method, "inline") || !en_base64_decode(key.p, key.len, c->key, sizeof(c->key), &len) ||
	    len != (size_t)s->key_len + s->salt_len)
		return false;
	if (!first.len)
		return t.len == 0;
	if (memchr(first.p, ':', first.len))
		return t.len == 0 && read_mki(first, c);
	return is_lifetime(first) && (t.len == 0 || read_mki(t, c));
}

/* RFC 4568 s6.3: what is not known must be refused unless it begins with '-'. WSH is a hint. */
static bool can_do(struct wire_text params)
{
	struct wire_text one;

	while ((one = wire_text_word(&params)).len) {
		bool hint = *one.p == '-' || wire_text_is_nocase(wire_text_cut(&one, '='), "WSH");

		if (!hint)
			return false;
	}
	return true;
}

bool cp_gw_crypto_parse(struct wire_text value, struct cp_gw_crypto *ret_crypto)
{
	struct wire_text tag = wire_text_word(&value), suite = wire_text_word(&value), key = wire_text_word(&value);
	struct cp_gw_crypto *c = ret_crypto;

	memset(c, 0, sizeof(*c));
	if (wire_text_u32(tag, CP_GW_TAG_MAX, &c->tag) && cp_gw_suite_parse(suite, &c->profile) && read_key(key, c) &&
	    can_do(value))
		return true;
	en_wipe(c, sizeof(*c));
	return false;
}

void cp_gw_crypto_line(struct en_writer *w, const struct cp_gw_crypto *c, bool pad)
{
	const struct suite *s = find(c->profile);
	char key[BASE64_MAX];
	size_t len;

	if (!s)
		return;
	len = en_base64(c->key, (size_t)s->key_len + s->salt_len, key);
	while (!pad && len && key[len - 1] == '=')
		key[--len] = 0;
	if (c->mki_len)
		wire_sdp_line(w, "a=crypto:%u %s inline:%s|%llu:%u", c->tag, s->name, key, (unsigned long long)c->mki,
			      c->mki_len);
	else
		wire_sdp_line(w, "a=crypto:%u %s inline:%s", c->tag, s->name, key);
	en_wipe(key, sizeof(key));
}

void cp_gw_crypto_make(uint16_t profile, uint32_t tag, struct cp_gw_crypto *ret_crypto)
{
	const struct suite *s = find(profile);

	memset(ret_crypto, 0, sizeof(*ret_crypto));
	ret_crypto->tag = tag;
	ret_crypto->profile = profile;
	if (s)
		en_random(ret_crypto->key, (size_t)s->key_len + s->salt_len);
}

const struct cp_gw_crypto *cp_gw_crypto_pick(const struct cp_gw_crypto *offered, unsigned int offered_n,
					     const uint16_t *preference, unsigned int preference_n)
{
	if (!preference_n)
		return offered_n ? &offered[0] : NULL;
	for (unsigned int p = 0; p < preference_n; p++) {
		for (unsigned int i = 0; i < offered_n; i++) {
			if (offered[i].profile == preference[p])
				return &offered[i];
		}
	}
	return NULL;
}
