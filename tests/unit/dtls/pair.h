/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair.h - two associations joined by a queue of datagrams, for the tests of control/dtls. To be included by the one
 * file of a test program.
 */
#ifndef TESTS_DTLS_PAIR_H
#define TESTS_DTLS_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/ssl.h>

#include "control/dtls/internal.h"

#define QUEUE 64

struct datagram {
	uint8_t bytes[2048];
	uint32_t len;
};

struct end {
	struct cp_dtls_context *context;
	struct cp_dtls *dtls;
	struct end *other;
	struct shm_msg_keys keys;
	unsigned int connected, closed, sent, lose; /* lose: a bit for each datagram that is not to arrive */
	char why[200];
	uint8_t data[4096];
	uint32_t data_len, data_n;
	struct datagram queue[QUEUE]; /* on the way to the other */
	unsigned int head, tail;
};

struct pair {
	struct end client, server;
};

static inline void on_send(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;
	unsigned int n = e->sent++;

	assert_true(len <= CP_DTLS_MTU);
	if (n < 32 && (e->lose & 1u << n))
		return;
	assert_true(e->tail - e->head < QUEUE);
	memcpy(e->queue[e->tail % QUEUE].bytes, bytes, len);
	e->queue[e->tail++ % QUEUE].len = len;
}

static inline void on_connected(void *arg, const struct shm_msg_keys *keys)
{
	struct end *e = arg;

	e->connected++;
	if (keys)
		e->keys = *keys;
}

static inline void on_data(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct end *e = arg;

	assert_true(len <= sizeof(e->data));
	memcpy(e->data, bytes, len);
	e->data_len = len;
	e->data_n++;
}

static inline void on_closed(void *arg, const char *why)
{
	struct end *e = arg;

	e->closed++;
	snprintf(e->why, sizeof(e->why), "%s", why);
}

static const struct cp_dtls_events events = {
	.send = on_send, .connected = on_connected, .data = on_data, .closed = on_closed};

/* What SDP would carry: the text of the context back to bytes. */
static inline struct cp_fingerprint fingerprint_of(const struct end *e)
{
	struct cp_fingerprint f = {.hash = "sha-256", .len = 32};
	const char *text = cp_dtls_context_fingerprint(e->context);

	assert_int_equal(strncmp(text, "sha-256 ", 8), 0);
	assert_int_equal(strlen(text), 8 + 32 * 3 - 1);
	for (unsigned int i = 0; i < 32; i++)
		f.digest[i] = (uint8_t)strtoul(text + 8 + i * 3, NULL, 16);
	return f;
}

static inline void open_end(struct end *e, bool server, const struct cp_fingerprint *f)
{
	struct en_err err;

	assert_int_equal(cp_dtls_create(e->context, server, f, 1, &events, e, &e->dtls, &err), 0);
}

static inline int set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	struct en_err err;

	p->client.other = &p->server;
	p->server.other = &p->client;
	assert_int_equal(cp_dtls_context_create(&p->client.context, &err), 0);
	assert_int_equal(cp_dtls_context_create(&p->server.context, &err), 0);
	*state = p;
	return 0;
}

static inline int tear_down(void **state)
{
	struct pair *p = *state;

	if (p->client.dtls)
		cp_dtls_destroy(p->client.dtls);
	if (p->server.dtls)
		cp_dtls_destroy(p->server.dtls);
	cp_dtls_context_destroy(p->client.context);
	cp_dtls_context_destroy(p->server.context);
	free(p);
	return 0;
}

static inline void open_both(struct pair *p)
{
	struct cp_fingerprint of_client = fingerprint_of(&p->client), of_server = fingerprint_of(&p->server);

	open_end(&p->client, false, &of_server);
	open_end(&p->server, true, &of_client);
}

static inline bool deliver_one(struct end *e)
{
	struct datagram d;

	if (e->head == e->tail)
		return false;
	d = e->queue[e->head++ % QUEUE];
	cp_dtls_input(e->other->dtls, d.bytes, d.len);
	return true;
}

static inline void deliver(struct pair *p)
{
	while (deliver_one(&p->client) || deliver_one(&p->server))
		;
}

/* The next timer of either runs out. */
static inline void wait_for_timer(struct pair *p)
{
	int c = cp_dtls_timeout_ms(p->client.dtls), s = cp_dtls_timeout_ms(p->server.dtls);
	int ms = c < 0 ? s : s < 0 || c < s ? c : s;

	assert_true(ms >= 0);
	if (ms > 0) {
		struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

		nanosleep(&t, NULL);
	}
	cp_dtls_timeout(p->client.dtls);
	cp_dtls_timeout(p->server.dtls);
}

static inline void shake_hands(struct pair *p)
{
	open_both(p);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	for (unsigned int i = 0; i < 10 && !(p->client.connected && p->server.connected); i++) {
		wait_for_timer(p);
		deliver(p);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
