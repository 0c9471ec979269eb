/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls.c - the certificate and key of HTTPS: from files, anew when they change.
 *
 * Each connection is given what is loaded at that moment, so that a new certificate needs no new
 * SSL_CTX, and one of another key type leaves nothing of the old behind.
 *
 * Runs on:   the control loop.
 * Invariants
 *   L1  a pair is used only when it was read whole and the key is the certificate's.
 *   L2  files that cannot be used leave the pair in use as it is; that is said once a change.
 *   L3  files are read after they have rested for a look: not between the writing of one and the other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "control/http/internal.h"

struct look { /* what tells that a file is another */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct pair {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

struct cp_tls {
	char cert_path[256], key_path[256];
	struct pair pair;
	struct look loaded[2], last[2]; /* certificate, key */
};

static void pair_free(struct pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	sk_X509_pop_free(p->chain, X509_free);
	memset(p, 0, sizeof(*p));
}

static const char *openssl_says(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "not what it should be";
}

static int read_chain(FILE *f, const char *path, struct pair *p, struct en_err *err)
{
	X509 *more;

	p->cert = PEM_read_X509_AUX(f, NULL, NULL, NULL);
	if (!p->cert)
		return en_fail(err, -EINVAL, "certificate = %s: no PEM certificate in it (%s)", path, openssl_says());
	p->chain = sk_X509_new_null();
	while (p->chain && (more = PEM_read_X509(f, NULL, NULL, NULL)) != NULL) {
		if (!sk_X509_push(p->chain, more)) {
			X509_free(more);
			return en_fail(err, -ENOMEM, "out of memory");
		}
	}
	ERR_clear_error(); /* the end of the file is one */
	return p->chain ? 0 : en_fail(err, -ENOMEM, "out of memory");
}

/* A key with a passphrase would ask on the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static int read_pair(const struct cp_tls *t, struct pair *p, struct en_err *err)
{
	FILE *f = fopen(t->cert_path, "re");
	int rc;

	if (!f)
		return en_fail(err, -errno, "certificate = %s: cannot open it: %s", t->cert_path, strerror(errno));
	rc = read_chain(f, t->cert_path, p, err);
	fclose(f);
	if (rc != 0)
		return rc;
	f = fopen(t->key_path, "re");
	if (!f)
		return en_fail(err, -errno, "key = %s: cannot open it: %s", t->key_path, strerror(errno));
	p->key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
	fclose(f);
	if (!p->key)
		return en_fail(err, -EINVAL, "key = %s: no PEM private key without passphrase in it (%s)", t->key_path,
			       openssl_says());
	if (X509_check_private_key(p->cert, p->key) != 1) {
		ERR_clear_error();
		return en_fail(err, -EINVAL, "key = %s is not the key of certificate = %s", t->key_path, t->cert_path);
	}
	return 0;
}

static void look_at(const char *path, struct look *ret_look)
{
	struct stat st = {0};

	memset(ret_look, 0, sizeof(*ret_look));
	if (stat(path, &st) != 0)
		return;
	ret_look->dev = st.st_dev;
	ret_look->ino = st.st_ino;
	ret_look->size = st.st_size;
	ret_look->mtime = st.st_mtim;
}

static void look_at_both(const struct cp_tls *t, struct look ret_look[2])
{
	look_at(t->cert_path, &ret_look[0]);
	look_at(t->key_path, &ret_look[1]);
}

int cp_tls_open(const char *cert, const char *key, struct cp_tls **ret_tls, struct en_err *err)
{
	struct cp_tls *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return en_fail(err, -ENOMEM, "out of memory");
	snprintf(t->cert_path, sizeof(t->cert_path), "%s", cert);
	snprintf(t->key_path, sizeof(t->key_path), "%s", key);
	look_at_both(t, t->loaded);
	memcpy(t->last, t->loaded, sizeof(t->last));
	rc = read_pair(t, &t->pair, err);
	if (rc != 0) {
		cp_tls_close(t);
		return rc;
	}
	*ret_tls = t;
	return 0;
}

void cp_tls_close(struct cp_tls *t)
{
	if (!t)
		return;
	pair_free(&t->pair);
	free(t);
}

static int give(SSL *ssl, void *arg)
{
	const struct cp_tls *t = arg;

	return SSL_use_cert_and_key(ssl, t->pair.cert, t->pair.key, t->pair.chain, 1);
}

void cp_tls_attach(struct cp_tls *t, void *ssl_ctx)
{
	SSL_CTX_set_min_proto_version(ssl_ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_cert_cb(ssl_ctx, give, t);
}

void cp_tls_look(struct cp_tls *t)
{
	struct look now[2];
	struct pair fresh = {0};
	struct en_err err;
	bool rests;

	look_at_both(t, now);
	rests = memcmp(now, t->last, sizeof(now)) == 0;
	memcpy(t->last, now, sizeof(t->last));
	if (!rests || memcmp(now, t->loaded, sizeof(now)) == 0)
		return;
	memcpy(t->loaded, now, sizeof(t->loaded));
	if (read_pair(t, &fresh, &err) != 0) {
		en_warn("http", "%s; the old certificate stays in use", err.text);
		pair_free(&fresh);
		return;
	}
	pair_free(&t->pair);
	t->pair = fresh;
	en_info("http", "certificate = %s: read anew", t->cert_path);
}
