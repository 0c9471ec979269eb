/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dtls.c - one association: handshake, certificate check, records, end.
 *
 *   HANDSHAKING --finished, certificate and profile right--> CONNECTED --alert, shutdown--> CLOSED
 *        |wrong certificate, fatal error, too many bytes: CLOSED
 *
 * Specs: RFC 6347, RFC 5764, RFC 8122, RFC 8827 s6.5.
 * No cookies: ICE has validated the path before a datagram gets here, and a
 * HelloVerifyRequest would cost each browser a round trip and its 1.4 kB hello again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "control/dtls/internal.h"

#define TIMER_FIRST_US 100000 /* browsers start at 50 ms; OpenSSL's second makes a lost flight a slow call */
#define TIMER_MOST_US  3000000

static void closed(struct cp_dtls *d, const char *why)
{
	if (d->state == CP_DTLS_CLOSED)
		return;
	d->state = CP_DTLS_CLOSED;
	d->events->closed(d->arg, why);
}

/* --- the far end's certificate --------------------------------------------------- */

static bool matches(const X509 *x, const struct cp_fingerprint *f)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	const EVP_MD *md = NULL;
	unsigned int len;

	/* RFC 8122 s5: MD5 and SHA-1 are not to be believed */
	if (strcmp(f->hash, "sha-256") == 0)
		md = EVP_sha256();
	else if (strcmp(f->hash, "sha-384") == 0)
		md = EVP_sha384();
	else if (strcmp(f->hash, "sha-512") == 0)
		md = EVP_sha512();
	return md && X509_digest(x, md, digest, &len) == 1 && len == f->len && memcmp(digest, f->digest, len) == 0;
}

/* Instead of a chain of trust: is it the certificate that signaling told of? */
int cp_dtls_verify(X509_STORE_CTX *store, void *unused)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct cp_dtls *d = SSL_get_app_data(ssl);
	const X509 *x = X509_STORE_CTX_get0_cert(store);

	(void)unused;
	for (unsigned int i = 0; x && i < d->fingerprint_n; i++)
		if (matches(x, &d->fingerprint[i]))
			return 1;
	d->wrong_certificate = true;
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return 0;
}

static unsigned int timer(SSL *ssl, unsigned int before_us)
{
	unsigned int next = before_us ? before_us * 2 : TIMER_FIRST_US;

	(void)ssl;
	return next < TIMER_MOST_US ? next : TIMER_MOST_US;
}

/* --- life -------------------------------------------------------------------------- */

static int ssl_open(struct cp_dtls *d)
{
	BIO *bio;

	d->ssl = SSL_new(d->context->ssl);
	bio = d->ssl ? BIO_new(d->context->bio) : NULL;
	if (!bio)
		return -1;
	BIO_set_data(bio, d);
	SSL_set_bio(d->ssl, bio, bio);
	SSL_set_app_data(d->ssl, d);
	SSL_set_mtu(d->ssl, CP_DTLS_MTU);
	DTLS_set_timer_cb(d->ssl, timer);
	d->fresh = true;
	SSL_set_verify(d->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (d->server)
		SSL_set_accept_state(d->ssl);
	else
		SSL_set_connect_state(d->ssl);
	return 0;
}

int cp_dtls_create(struct cp_dtls_context *c, bool server, const struct cp_fingerprint *fingerprint,
		   unsigned int fingerprint_n, const struct cp_dtls_events *events, void *arg,
		   struct cp_dtls **ret_dtls, struct en_err *err)
{
	struct cp_dtls *d = calloc(1, sizeof(*d));

	if (!d)
		return en_fail(err, -ENOMEM, "no memory for a DTLS association");
	d->context = c;
	d->server = server;
	d->events = events;
	d->arg = arg;
	d->fingerprint_n = fingerprint_n < CP_FINGERPRINTS_MAX ? fingerprint_n : CP_FINGERPRINTS_MAX;
	memcpy(d->fingerprint, fingerprint, d->fingerprint_n * sizeof(*fingerprint));
	if (ssl_open(d) != 0) {
		cp_dtls_destroy(d);
		return en_fail(err, -ENOMEM, "no memory for a DTLS association");
	}
	*ret_dtls = d;
	return 0;
}

void cp_dtls_destroy(struct cp_dtls *d)
{
	SSL_free(d->ssl);
	free(d);
}

/* --- records ------------------------------------------------------------------------- */

static const char *what_failed(const struct cp_dtls *d)
{
	unsigned long e = ERR_get_error();
	const char *reason = e ? ERR_reason_error_string(e) : NULL;

	if (d->wrong_certificate)
		return "the certificate is not the one that the offer names";
	return reason ? reason : "the handshake failed";
}

static void connected(struct cp_dtls *d)
{
	struct shm_msg_keys keys;
	bool has_keys;

	/* RFC 8827 s6.5, RFC 7627: without it a man in the middle could join two handshakes */
	if (SSL_get_extms_support(d->ssl) != 1) {
		closed(d, "the far end does not know the extended master secret");
		return;
	}
	has_keys = cp_dtls_keys(d->ssl, d->server, &keys);
	if (!has_keys && !d->no_srtp) {
		closed(d, "no SRTP protection profile in common");
		return;
	}
	d->state = CP_DTLS_CONNECTED;
	d->events->connected(d->arg, has_keys ? &keys : NULL);
	OPENSSL_cleanse(&keys, sizeof(keys));
}

/* D4: OpenSSL does not go on after an error. */
static bool begin_again(struct cp_dtls *d)
{
	SSL_free(d->ssl);
	return ssl_open(d) == 0;
}

static void handshake(struct cp_dtls *d)
{
	bool was_fresh = d->fresh;
	const uint8_t *in = d->in;
	uint32_t in_len = d->in_len;
	int rc;

	d->fresh = false;
	ERR_clear_error();
	rc = SSL_do_handshake(d->ssl);
	if (rc == 1) {
		connected(d);
	} else if (SSL_get_error(d->ssl, rc) == SSL_ERROR_WANT_READ) {
		return;
	} else if (!d->server || d->answered) {
		closed(d, what_failed(d));
	} else if (!begin_again(d)) {
		closed(d, "no memory for a DTLS association");
	} else if (!was_fresh) {
		/* it may have been what lay there before that made it wrong */
		d->in = in;
		d->in_len = in_len;
		handshake(d);
	}
}

static void read_records(struct cp_dtls *d)
{
	uint8_t record[SSL3_RT_MAX_PLAIN_LENGTH];

	while (d->state == CP_DTLS_CONNECTED) {
		int n, why;

		ERR_clear_error();
		n = SSL_read(d->ssl, record, sizeof(record));
		if (n > 0) {
			d->events->data(d->arg, record, (uint32_t)n);
			continue;
		}
		why = SSL_get_error(d->ssl, n);
		if (why == SSL_ERROR_ZERO_RETURN)
			closed(d, "the far end closed it");
		else if (why != SSL_ERROR_WANT_READ)
			closed(d, what_failed(d));
		return;
	}
}

void cp_dtls_srtp_required(struct cp_dtls *d, bool required)
{
	d->no_srtp = !required;
}

void cp_dtls_start(struct cp_dtls *d)
{
	if (d->state == CP_DTLS_HANDSHAKING)
		handshake(d);
}

/* D3. What was screened out costs nothing and does not count: it need not be the client's. */
static bool is_within_bounds(struct cp_dtls *d)
{
	d->handshake_bytes += d->in_len;
	if (d->handshake_bytes <= CP_DTLS_HANDSHAKE_MAX)
		return true;
	closed(d, "the handshake takes too many bytes");
	return false;
}

/* A server's handshake: what of the datagram is one. Its rest remains. */
static void handshake_records(struct cp_dtls *d, const uint8_t **bytes, uint32_t *len)
{
	uint8_t record[SHM_PACKET_MAX];

	while (d->state == CP_DTLS_HANDSHAKING && *len > 0) {
		d->in = record;
		d->in_len = cp_dtls_screen(d, bytes, len, record);
		if (d->in_len == 0)
			*len = 0;
		else if (is_within_bounds(d))
			handshake(d);
	}
	d->in_len = 0;
}

void cp_dtls_input(struct cp_dtls *d, const uint8_t *bytes, uint32_t len)
{
	if (d->state == CP_DTLS_CLOSED || len == 0)
		return;
	if (d->server)
		handshake_records(d, &bytes, &len);
	d->in = bytes;
	d->in_len = len;
	if (d->state == CP_DTLS_HANDSHAKING && len > 0 && is_within_bounds(d))
		handshake(d);
	read_records(d); /* what came in the same datagram, also retransmissions of the last flight */
	d->in_len = 0;
}

bool cp_dtls_write(struct cp_dtls *d, const uint8_t *bytes, uint32_t len)
{
	if (d->state != CP_DTLS_CONNECTED || len == 0 || len > SSL3_RT_MAX_PLAIN_LENGTH)
		return false;
	ERR_clear_error();
	return SSL_write(d->ssl, bytes, (int)len) == (int)len;
}

void cp_dtls_shutdown(struct cp_dtls *d)
{
	if (d->state == CP_DTLS_CONNECTED)
		SSL_shutdown(d->ssl);
	d->state = CP_DTLS_CLOSED;
}

bool cp_dtls_is_connected(const struct cp_dtls *d)
{
	return d->state == CP_DTLS_CONNECTED;
}

/* --- time ------------------------------------------------------------------------------ */

int cp_dtls_timeout_ms(struct cp_dtls *d)
{
	struct timeval left;

	if (d->state == CP_DTLS_CLOSED || DTLSv1_get_timeout(d->ssl, &left) != 1)
		return -1;
	return (int)(left.tv_sec * 1000 + (left.tv_usec + 999) / 1000);
}

void cp_dtls_timeout(struct cp_dtls *d)
{
	if (d->state == CP_DTLS_CLOSED)
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		closed(d, "the far end does not answer");
}
