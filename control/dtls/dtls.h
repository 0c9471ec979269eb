/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dtls.h - one DTLS association over packets that somebody else carries
 * (RFC 5764: keys for SRTP; RFC 8261: SCTP inside). Thin on purpose: the only
 * folder that knows OpenSSL's SSL, so that DTLS 1.3 can come without a change elsewhere.
 *
 * Runs on:   the control loop.
 * Invariants
 *   D1  packets come in only after ICE has validated their path (the dataplane's punt).
 *   D2  no keys, no data before the far end's certificate matched a fingerprint.
 *   D3  at most CP_DTLS_HANDSHAKE_MAX bytes of a handshake are taken in; renegotiation is refused.
 *   D4  a hello that cannot be answered (none that is one, no cipher in common) changes nothing and is not replied to:
 *       the next one is a first one. Whoever knows a client's address could have sent it (security.md S1).
 */
#ifndef CP_DTLS_H
#define CP_DTLS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/log.h"
#include "engine/shm/msg.h"

#define CP_DTLS_HANDSHAKE_MAX 32768
#define CP_FINGERPRINTS_MAX   4
#define CP_FINGERPRINT_TEXT   100 /* "AA:BB:…" of SHA-256 and its NUL */

struct cp_dtls_context; /* certificate and settings of the process */
struct cp_dtls;

struct cp_fingerprint {
	char hash[16]; /* "sha-256", "sha-384", "sha-512"; lower case */
	uint8_t digest[64];
	uint32_t len;
};

struct cp_dtls_events {
	void (*send)(void *arg, const uint8_t *bytes, uint32_t len); /* a datagram for the far end */
	/* Handshake over, certificate checked: profile and both sides' keys (session is left zero). NULL: no profile
	 * was agreed on, and none is required. */
	void (*connected)(void *arg, const struct shm_msg_keys *keys);
	void (*data)(void *arg, const uint8_t *bytes, uint32_t len); /* an application record (SCTP) */
	void (*closed)(void *arg,
		       const char *why); /* close_notify, fatal alert, wrong certificate …; never called twice */
};

/* An ECDSA P-256 certificate made now, for 30 days; its fingerprint as SDP wants it. */
int cp_dtls_context_create(struct cp_dtls_context **ret_context, struct en_err *err);
void cp_dtls_context_destroy(struct cp_dtls_context *c);
/* Take and offer this SRTP profile (enum shm_srtp_profile) alone. False: not known. For tests and load. */
bool cp_dtls_context_profile(struct cp_dtls_context *c, uint32_t profile);
const char *cp_dtls_context_fingerprint(const struct cp_dtls_context *c); /* "sha-256 AA:BB:…" */

/* server: wait for a ClientHello (a=setup:passive); else cp_dtls_start() sends ours. The fingerprints are the far
 * end's. */
int cp_dtls_create(struct cp_dtls_context *c, bool server, const struct cp_fingerprint *fingerprint,
		   unsigned int fingerprint_n, const struct cp_dtls_events *events, void *arg,
		   struct cp_dtls **ret_dtls, struct en_err *err);
void cp_dtls_destroy(struct cp_dtls *d); /* silent; not from within one of its events */

/* Must a profile for SRTP be agreed on (as at first), or is this for data alone? Before the handshake is over. */
void cp_dtls_srtp_required(struct cp_dtls *d, bool required);
void cp_dtls_start(struct cp_dtls *d);
/* A datagram came in. May call events. */
void cp_dtls_input(struct cp_dtls *d, const uint8_t *bytes, uint32_t len);
/* Milliseconds until cp_dtls_timeout() is due; -1: not. Ask after each call. */
int cp_dtls_timeout_ms(struct cp_dtls *d);
void cp_dtls_timeout(struct cp_dtls *d);
/* An application record; false before the handshake is over or when it does not fit. */
bool cp_dtls_write(struct cp_dtls *d, const uint8_t *bytes, uint32_t len);
/* close_notify. */
void cp_dtls_shutdown(struct cp_dtls *d);
bool cp_dtls_is_connected(const struct cp_dtls *d);

#endif
