/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dtls_test.c - two associations joined by a queue of datagrams: keys, profile,
 * fingerprints, loss, fragments, floods, records, the end.
 */
#include "tests/unit/dtls/pair.h"

static void keys_of_both_sides_agree(void **state)
{
	struct pair *p = *state;

	shake_hands(p);
	assert_int_equal(p->client.connected, 1);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->server.keys.profile, SHM_SRTP_GCM_128);
	assert_int_equal(p->client.keys.profile, SHM_SRTP_GCM_128);
	assert_memory_equal(p->client.keys.tx_key, p->server.keys.rx_key, SHM_SRTP_KEY);
	assert_memory_equal(p->client.keys.rx_key, p->server.keys.tx_key, SHM_SRTP_KEY);
	assert_memory_equal(p->client.keys.tx_salt, p->server.keys.rx_salt, SHM_SRTP_SALT);
	assert_memory_equal(p->client.keys.rx_salt, p->server.keys.tx_salt, SHM_SRTP_SALT);
	assert_memory_not_equal(p->client.keys.rx_key, p->client.keys.tx_key, 16);
	assert_int_equal(cp_dtls_timeout_ms(p->client.dtls), -1);
}

static void the_server_chooses_among_what_the_client_has(void **state)
{
	struct pair *p = *state;

	assert_int_equal(
		SSL_CTX_set_tlsext_use_srtp(p->client.context->ssl, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM"), 0);
	shake_hands(p);
	assert_int_equal(p->server.keys.profile, SHM_SRTP_CM_SHA1_80);
	assert_memory_equal(p->client.keys.tx_salt, p->server.keys.rx_salt, SHM_SRTP_SALT);
}

static void any_lost_datagram_is_made_good(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		struct pair *p;

		set_up((void **)&p);
		p->client.lose = i < 3 ? 1u << i : 0;
		p->server.lose = i < 3 ? 0 : 1u << (i - 3);
		shake_hands(p);
		assert_int_equal(p->client.connected, 1);
		assert_int_equal(p->server.connected, 1);
		tear_down((void **)&p);
	}
}

static void another_certificate_is_refused_before_there_are_keys(void **state)
{
	struct pair *p = *state;
	struct cp_fingerprint of_server = fingerprint_of(&p->server), wrong = fingerprint_of(&p->client);

	wrong.digest[31] ^= 1;
	open_end(&p->client, false, &of_server);
	open_end(&p->server, true, &wrong);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.connected, 0);
	assert_int_equal(p->client.connected, 0);
	assert_int_equal(p->server.closed, 1);
	assert_string_equal(p->server.why, "the certificate is not the one that the offer names");
	assert_int_equal(p->client.closed, 1);
}

static void no_fingerprint_and_weak_ones_match_nothing(void **state)
{
	struct pair *p = *state;
	struct cp_fingerprint of_server = fingerprint_of(&p->server), weak = {.hash = "sha-1", .len = 20};

	open_end(&p->client, false, &of_server);
	open_end(&p->server, true, &weak);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.connected, 0);
	assert_int_equal(p->server.closed, 1);
}

/* What current browsers do: a hello larger than a datagram. */
static void a_hello_in_pieces_in_any_order(void **state)
{
	static uint8_t filling[1300];

	(void)state;
	for (unsigned int i = 0; i < sizeof(filling); i++)
		filling[i] = i % 10 ? 'x' : 9; /* names of nine letters */
	for (unsigned int swap = 0; swap < 2; swap++) {
		struct pair *p;

		set_up((void **)&p);
		open_both(p);
		assert_int_equal(SSL_set_alpn_protos(p->client.dtls->ssl, filling, sizeof(filling)), 0);
		cp_dtls_start(p->client.dtls);
		assert_true(p->client.sent >= 2);
		if (swap) {
			struct datagram first = p->client.queue[0];

			p->client.queue[0] = p->client.queue[1];
			p->client.queue[1] = first;
		}
		deliver(p);
		assert_int_equal(p->server.connected, 1);
		assert_int_equal(p->client.connected, 1);
		tear_down((void **)&p);
	}
}

static void garbage_answers_nothing_and_harms_nothing(void **state)
{
	struct pair *p = *state;
	uint8_t junk[600];

	open_both(p);
	srand(7);
	for (unsigned int i = 0; i < 40; i++) {
		for (unsigned int k = 0; k < sizeof(junk); k++)
			junk[k] = (uint8_t)rand();
		junk[0] = (uint8_t)(20 + i % 44);
		cp_dtls_input(p->server.dtls, junk, 1 + i * 14);
	}
	assert_int_equal(p->server.sent, 0);
	assert_int_equal(p->server.closed, 0);
	cp_dtls_start(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.connected, 1);
}

/* Fragments of a hello that never ends: each lawful, all of them too many. */
static void a_handshake_of_too_many_bytes_ends(void **state)
{
	struct pair *p = *state;
	uint8_t fragment[13 + 12 + 1000] = {22, 0xfe, 0xfd};

	open_both(p);
	fragment[11] = 1012 >> 8;
	fragment[12] = 1012 & 0xff;
	fragment[13] = 1; /* ClientHello */
	fragment[14] = 0;
	fragment[15] = 0x20; /* of 8 KiB */
	fragment[22] = 0;
	fragment[23] = 1000 >> 8;
	fragment[24] = 1000 & 0xff;
	for (unsigned int i = 0; i < 40 && !p->server.closed; i++) {
		fragment[10] = (uint8_t)i;
		cp_dtls_input(p->server.dtls, fragment, sizeof(fragment));
	}
	assert_int_equal(p->server.closed, 1);
	assert_int_equal(p->server.connected, 0);
	assert_int_equal(cp_dtls_timeout_ms(p->server.dtls), -1);
}

static void renegotiation_is_refused(void **state)
{
	struct pair *p = *state;

	shake_hands(p);
	assert_int_equal(SSL_renegotiate(p->client.dtls->ssl), 0);
	deliver(p);
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->server.closed, 0);
}

static void records_go_both_ways(void **state)
{
	struct pair *p = *state;
	static const uint8_t hello[] = "hello";

	open_both(p);
	assert_false(cp_dtls_write(p->client.dtls, hello, sizeof(hello)));
	cp_dtls_destroy(p->client.dtls);
	cp_dtls_destroy(p->server.dtls);
	shake_hands(p);
	assert_true(cp_dtls_write(p->client.dtls, hello, sizeof(hello)));
	assert_true(cp_dtls_write(p->server.dtls, hello, 2));
	deliver(p);
	assert_int_equal(p->server.data_n, 1);
	assert_int_equal(p->server.data_len, sizeof(hello));
	assert_memory_equal(p->server.data, hello, sizeof(hello));
	assert_int_equal(p->client.data_len, 2);
	assert_false(cp_dtls_write(p->client.dtls, hello, 0));
}

static void a_replayed_record_is_not_heard_twice(void **state)
{
	struct pair *p = *state;
	struct datagram copy;

	shake_hands(p);
	assert_true(cp_dtls_write(p->client.dtls, (const uint8_t *)"x", 1));
	copy = p->client.queue[p->client.head % QUEUE];
	deliver(p);
	cp_dtls_input(p->server.dtls, copy.bytes, copy.len);
	copy.bytes[copy.len - 1] ^= 1;
	cp_dtls_input(p->server.dtls, copy.bytes, copy.len);
	assert_int_equal(p->server.data_n, 1);
	assert_int_equal(p->server.closed, 0);
}

static void closing_is_told_once(void **state)
{
	struct pair *p = *state;

	shake_hands(p);
	cp_dtls_shutdown(p->client.dtls);
	deliver(p);
	assert_int_equal(p->server.closed, 1);
	assert_string_equal(p->server.why, "the far end closed it");
	assert_int_equal(p->client.closed, 0);
	assert_false(cp_dtls_is_connected(p->server.dtls));
	assert_false(cp_dtls_write(p->server.dtls, (const uint8_t *)"x", 1));
	cp_dtls_input(p->server.dtls, (const uint8_t *)"\x16garbage", 8);
	assert_int_equal(p->server.closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keys_of_both_sides_agree),
		T(the_server_chooses_among_what_the_client_has),
		cmocka_unit_test(any_lost_datagram_is_made_good),
		T(another_certificate_is_refused_before_there_are_keys),
		T(no_fingerprint_and_weak_ones_match_nothing),
		cmocka_unit_test(a_hello_in_pieces_in_any_order),
		T(garbage_answers_nothing_and_harms_nothing),
		T(a_handshake_of_too_many_bytes_ends),
		T(renegotiation_is_refused),
		T(records_go_both_ways),
		T(a_replayed_record_is_not_heard_twice),
		T(closing_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
