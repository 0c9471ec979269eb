/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datagram_bio.c - OpenSSL's input and output as datagrams: a memory BIO would
 * run them together, and DTLS needs to know where each one ends.
 */
#include <string.h>

#include <openssl/bio.h>

#include "control/dtls/internal.h"

static int bio_read(BIO *b, char *buf, int cap)
{
	struct cp_dtls *d = BIO_get_data(b);
	uint32_t n = d->in_len;

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	if (n > (uint32_t)cap) /* as a socket does: the rest of a datagram is lost */
		n = (uint32_t)cap;
	memcpy(buf, d->in, n);
	d->in_len = 0;
	return (int)n;
}

static int bio_write(BIO *b, const char *bytes, int len)
{
	struct cp_dtls *d = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (len <= 0)
		return len;
	if (d->server && !d->answered) {
		/* D4: what is wrong with a hello is not said */
		if ((uint8_t)bytes[0] == SSL3_RT_ALERT)
			return len;
		d->answered = true;
	}
	d->events->send(d->arg, (const uint8_t *)bytes, (uint32_t)len);
	return len;
}

static long bio_ctrl(BIO *b, int command, long number, void *pointer)
{
	const struct cp_dtls *d = BIO_get_data(b);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_PENDING:
		return (long)d->in_len;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return CP_DTLS_MTU;
	}
	return 0;
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

BIO_METHOD *cp_dtls_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "turnpike datagrams");

	if (!m)
		return NULL;
	BIO_meth_set_read(m, bio_read);
	BIO_meth_set_write(m, bio_write);
	BIO_meth_set_ctrl(m, bio_ctrl);
	BIO_meth_set_create(m, bio_create);
	return m;
}
