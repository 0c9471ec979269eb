/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdes.h - SRTP keys that SDP carries in clear: a=crypto (RFC 4568; AEAD: RFC 7714 s14.2).
 *
 *   a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4
 *            |           |                             |                                 |    |
 *           tag        suite            base64 of the key and the salt             lifetime  MKI: its value and length
 *
 * Runs on:   anyone; no state, no I/O but the random numbers of cp_gw_crypto_make().
 */
#ifndef CP_GW_SDES_H
#define CP_GW_SDES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/wire/sdp.h"

#define CP_GW_KEY_MAX 44 /* AEAD_AES_256_GCM: 32 bytes of key, 12 of salt */
#define CP_GW_TAG_MAX 999999999 /* RFC 4568 s9.1: one to nine digits */

struct cp_gw_crypto {
	uint32_t tag;
	uint16_t profile; /* enum shm_srtp_profile, never SHM_SRTP_NONE */
	uint8_t mki_len; /* bytes that the sender puts before the authentication tag; 0: none */
	uint64_t mki;
	uint8_t key[CP_GW_KEY_MAX]; /* key, then salt: as many bytes as the suite has */
};

/* A suite by the name that SDP and the ng protocol's SDES= have for it; false: none of ours. */
bool cp_gw_suite_parse(struct wire_text name, uint16_t *ret_profile);
/* NULL: not one. */
const char *cp_gw_suite_name(uint16_t profile);
/* Bytes; 0: no suite. */
uint32_t cp_gw_suite_key_len(uint16_t profile);
uint32_t cp_gw_suite_salt_len(uint16_t profile);

/*
 * The value of a=crypto. False for what is not one, for suites that are not ours, and for what we would not do as it
 * asks (RFC 4568 s6.3: several keys, unencrypted or unauthenticated streams, a key derivation rate, FEC first): such
 * a line is passed over. The lifetime is read and forgotten: a key of ours is made anew for each call.
 */
bool cp_gw_crypto_parse(struct wire_text value, struct cp_gw_crypto *ret_crypto);
/* The line. pad: with the '=' of base64, which many leave out (RFC 4568 s6.1). */
void cp_gw_crypto_line(struct en_writer *w, const struct cp_gw_crypto *c, bool pad);
/* A random key for a suite of ours. */
void cp_gw_crypto_make(uint16_t profile, uint32_t tag, struct cp_gw_crypto *ret_crypto);

/*
 * The line to answer: the first of our profiles in `preference` that was offered. No preference (NULL, 0): the
 * offerer's (RFC 4568 s5.1.2: its first that we have). NULL: nothing in common.
 */
const struct cp_gw_crypto *cp_gw_crypto_pick(const struct cp_gw_crypto *offered, unsigned int offered_n,
					     const uint16_t *preference, unsigned int preference_n);

#endif
