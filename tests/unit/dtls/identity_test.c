/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity_test.c - who an association is with: hellos of a stranger who knows the client's address (security.md S1),
 * and certificates that are wrong, missing or another the second time (security.md D4, checklist H4).
 */
#include "tests/unit/dtls/pair.h"

/* A hello that is well-formed and offers the null cipher only. */
static uint32_t null_hello(uint8_t b[128], uint8_t number)
{
	static const uint8_t head[] = {22,   0xfe, 0xfd, 0,  0, 0, 0, 0, 0, 0, 0, 0,  54, /* record */
				       1,    0,    0,    42, 0, 0, 0, 0, 0, 0, 0, 42, /* message */
				       0xfe, 0xfd};

	memset(b, 0, 128);
	memcpy(b, head, sizeof(head));
	b[10] = number;
	memset(b + sizeof(head), 0x55, 32); /* random */
	b[sizeof(head) + 32 + 3] = 2; /* behind no session and no cookie: one cipher of two bytes, 0x0000 */
	b[sizeof(head) + 32 + 6] = 1; /* one compression, none */
	return 13 + 54;
}

static void hear(struct pair *p, uint8_t *b, uint32_t len)
{
	unsigned int sent;

	cp_dtls_timeout(p->server.dtls); /* what is due anyway, on a slow machine, is no reply */
	sent = p->server.sent;
	cp_dtls_input(p->server.dtls, b, len);
	assert_int_equal(p->server.sent, sent);
	assert_int_equal(p->server.closed, 0);
}

/* All that somebody can say who knows the address and nothing else; no word in reply. */
static void say_all(struct pair *p)
{
	static const uint8_t alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
	static const uint8_t data[] = {23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40};
	static const uint8_t change[] = {20, 0xfe, 0xfd, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 1};
	uint8_t b[128];
	uint32_t len;

	for (uint8_t i = 0; i < 10; i++) {
		len = null_hello(b, i);
		hear(p, b, len);
		b[5] = 0xff; /* as if far ahead: what follows would look replayed */
		hear(p, b, len);
		b[13 + 12] = 0x03; /* another version */
		hear(p, b, len);
		for (uint32_t cut = 1; cut < len; cut += 9)
			hear(p, b, cut);
		b[13 + 34 + 12] = 0xff; /* a session id longer than the message */
		hear(p, b, len);
		b[13] = 2; /* a ServerHello */
		hear(p, b, len);
	}
	memcpy(b, alert, sizeof(alert));
	hear(p, b, sizeof(alert));
	memcpy(b, data, sizeof(data));
	hear(p, b, sizeof(data));
	memcpy(b, change, sizeof(change));
	hear(p, b, sizeof(change));
}

/* covers: S1 */
static void a_stranger_speaks_first(void **state)
{
	struct pair *p = *state;

	open_both(p);
	say_all(p);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->client.connected, 1);
}

/* covers: S1 */
static void a_stranger_interrupts(void **state)
{
	struct pair *p = *state;

	open_both(p);
	cp_dtls_start(p->client.dtls);
	for (unsigned int i = 0; i < 3; i++) {
		say_all(p);
		if (!deliver_one(&p->client))
			deliver_one(&p->server);
	}
	deliver(p);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->client.connected, 1);
	say_all(p);
	assert_true(cp_dtls_is_connected(p->server.dtls));
	assert_true(cp_dtls_write(p->client.dtls, (const uint8_t *)"x", 1));
	deliver(p);
	assert_int_equal(p->server.data_n, 1);
}

/* --- certificates ------------------------------------------------------------------------------ */

/* No keys, no data, one word why; the far end is told. */
static void must_be_refused(struct pair *p)
{
	cp_dtls_start(p->client.dtls);
	for (unsigned int i = 0; i < 50 && (p->client.head != p->client.tail || p->server.head != p->server.tail);
	     i++) {
		while (deliver_one(&p->client) || deliver_one(&p->server))
			;
	}
	assert_int_equal(p->server.connected, 0);
	assert_int_equal(p->server.data_n, 0);
	assert_int_equal(p->server.closed, 1);
	assert_int_equal(p->server.keys.profile, 0);
	/* and stays so */
	cp_dtls_input(p->server.dtls, p->client.queue[0].bytes, p->client.queue[0].len);
	assert_int_equal(p->server.connected, 0);
	assert_int_equal(p->server.closed, 1);
	assert_false(cp_dtls_write(p->server.dtls, (const uint8_t *)"x", 1));
}

static void every_bit_of_the_fingerprint_counts(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 256; bit += 17) {
		struct cp_fingerprint f, of_server;
		struct pair *p;

		set_up((void **)&p);
		of_server = fingerprint_of(&p->server);
		f = fingerprint_of(&p->client);
		f.digest[bit / 8] ^= (uint8_t)(1u << bit % 8);
		open_end(&p->client, false, &of_server);
		open_end(&p->server, true, &f);
		must_be_refused(p);
		tear_down((void **)&p);
	}
}

static void a_shorter_digest_is_no_prefix(void **state)
{
	struct pair *p = *state;
	struct cp_fingerprint f = fingerprint_of(&p->client), of_server = fingerprint_of(&p->server);

	f.len = 31;
	open_end(&p->client, false, &of_server);
	open_end(&p->server, true, &f);
	must_be_refused(p);
}

static void no_certificate_at_all(void **state)
{
	struct pair *p = *state;

	open_both(p);
	SSL_certs_clear(p->client.dtls->ssl);
	must_be_refused(p);
}

static void without_extended_master_secret(void **state)
{
	struct pair *p = *state;

	open_both(p);
	SSL_set_options(p->client.dtls->ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	must_be_refused(p);
	assert_string_equal(p->server.why, "the far end does not know the extended master secret");
}

static void without_srtp(void **state)
{
	struct pair *p = *state;

	SSL_CTX_set_tlsext_use_srtp(p->client.context->ssl, "SRTP_AES128_CM_SHA1_32");
	open_both(p);
	must_be_refused(p);
}

/* For data alone. */
static void without_srtp_where_it_may_be(void **state)
{
	struct pair *p = *state;

	SSL_CTX_set_tlsext_use_srtp(p->client.context->ssl, "SRTP_AES128_CM_SHA1_32");
	open_both(p);
	cp_dtls_srtp_required(p->client.dtls, false);
	cp_dtls_srtp_required(p->server.dtls, false);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->client.connected, 1);
	assert_int_equal(p->server.keys.profile, SHM_SRTP_NONE);
	assert_true(cp_dtls_write(p->client.dtls, (const uint8_t *)"sctp", 4));
	deliver(p);
	assert_int_equal(p->server.data_n, 1);
}

/* The second handshake on a path is another client, with another certificate: it changes nothing. */
static void another_certificate_the_second_time(void **state)
{
	struct pair *p = *state, *other;
	struct shm_msg_keys keys;
	struct cp_fingerprint of_server = fingerprint_of(&p->server);

	shake_hands(p);
	assert_int_equal(p->server.connected, 1);
	keys = p->server.keys;
	set_up((void **)&other);
	other->client.other = &p->server;
	p->server.other = &other->client;
	open_end(&other->client, false, &of_server);
	cp_dtls_start(other->client.dtls);
	for (unsigned int i = 0; i < 3; i++) {
		while (deliver_one(&other->client) || deliver_one(&p->server))
			;
		cp_dtls_timeout(other->client.dtls);
	}
	assert_int_equal(other->client.connected, 0);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->server.closed, 0);
	assert_memory_equal(&p->server.keys, &keys, sizeof(keys));
	/* the first goes on */
	p->server.other = &p->client;
	assert_true(cp_dtls_write(p->client.dtls, (const uint8_t *)"x", 1));
	deliver(p);
	assert_int_equal(p->server.data_n, 1);
	tear_down((void **)&other);
}

/* Two who both wait, and two who both begin. */
static void the_same_role_on_both_sides(void **state)
{
	struct pair *p = *state;
	struct cp_fingerprint of_client = fingerprint_of(&p->client), of_server = fingerprint_of(&p->server);

	open_end(&p->client, true, &of_server);
	open_end(&p->server, true, &of_client);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->client.sent + p->server.sent, 0);
	cp_dtls_destroy(p->client.dtls);
	cp_dtls_destroy(p->server.dtls);
	open_end(&p->client, false, &of_server);
	open_end(&p->server, false, &of_client);
	cp_dtls_start(p->client.dtls);
	cp_dtls_start(p->server.dtls);
	deliver(p);
	assert_int_equal(p->client.connected + p->server.connected, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stranger_speaks_first),
		T(a_stranger_interrupts),
		cmocka_unit_test(every_bit_of_the_fingerprint_counts),
		T(a_shorter_digest_is_no_prefix),
		T(no_certificate_at_all),
		T(without_extended_master_secret),
		T(without_srtp),
		T(without_srtp_where_it_may_be),
		T(another_certificate_the_second_time),
		T(the_same_role_on_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
