/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * internal.h - what the files of this folder share. Nobody else includes it.
 */
#ifndef CP_DTLS_INTERNAL_H
#define CP_DTLS_INTERNAL_H

#include <openssl/ssl.h>

#include "control/dtls/dtls.h"

/* The largest datagram that we send: what every path on the Internet carries (and Chromium uses). */
#define CP_DTLS_MTU 1200

struct cp_dtls_context {
	SSL_CTX *ssl;
	BIO_METHOD *bio;
	char fingerprint[16 + CP_FINGERPRINT_TEXT];
};

enum cp_dtls_state {
	CP_DTLS_HANDSHAKING,
	CP_DTLS_CONNECTED,
	CP_DTLS_CLOSED,
};

struct cp_dtls {
	SSL *ssl;
	enum cp_dtls_state state;
	bool server;
	bool no_srtp; /* will do without */
	bool wrong_certificate; /* it came and matched no fingerprint */
	bool answered; /* a ClientHello was taken, our flight sent */
	bool fresh; /* ssl has read nothing yet */
	uint32_t records; /* of epoch 0 that ssl has read */
	struct cp_dtls_context *context;
	const struct cp_dtls_events *events;
	void *arg;
	uint32_t handshake_bytes;
	/* the datagram under way from cp_dtls_input() to OpenSSL */
	const uint8_t *in;
	uint32_t in_len;
	unsigned int fingerprint_n;
	struct cp_fingerprint fingerprint[CP_FINGERPRINTS_MAX];
};

/* datagram_bio.c: reads hand out cp_dtls.in once and whole, writes go to events.send. NULL: no memory. */
BIO_METHOD *cp_dtls_bio_method(void);

/* screen.c: the next record of a datagram that a server's handshake can use, copied to `record`; how long it is. What
 * was looked at of the datagram is behind it. 0: there is none any more. */
uint32_t cp_dtls_screen(struct cp_dtls *d, const uint8_t **bytes, uint32_t *len, uint8_t record[SHM_PACKET_MAX]);

/* dtls.c: instead of a chain of trust, does the certificate match a fingerprint that signaling told of? */
int cp_dtls_verify(X509_STORE_CTX *store, void *unused);

/* keys.c: profile and keys as both sides of RFC 5764 s4.2 have them; false: no profile was agreed on. */
bool cp_dtls_keys(SSL *ssl, bool server, struct shm_msg_keys *ret_keys);

#endif
