/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragment_test.c - handshakes in pieces, hostile and honest ones: what they may cost (security.md D1, checklist H1:
 * CVE-2014-3506, CVE-2014-3507, CVE-2022-29189, CVE-2022-29190), and that an honest client gets through.
 *
 * OpenSSL's memory is counted by this program's own allocator.
 */
#include <malloc.h>
#include <time.h>

#include <openssl/crypto.h>

#include "tests/unit/dtls/pair.h"

#define GROWTH_MAX   32768 /* bytes that a client can make one handshake hold */
#define CPU_MAX_MS   200 /* for any of the floods below; they take a few */
#define CLIENT_HELLO 1
#define CERTIFICATE  11
#define HANDSHAKE    22

/* --- what it costs ------------------------------------------------------------------------ */

static size_t held, most;

static void *counted_malloc(size_t n, const char *file, int line)
{
	void *p = malloc(n);

	(void)file;
	(void)line;
	held += p ? malloc_usable_size(p) : 0;
	most = held > most ? held : most;
	return p;
}

static void counted_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	held -= p ? malloc_usable_size(p) : 0;
	free(p);
}

static void *counted_realloc(void *p, size_t n, const char *file, int line)
{
	size_t before = p ? malloc_usable_size(p) : 0;
	void *q = realloc(p, n);

	(void)file;
	(void)line;
	if (q || n == 0)
		held += (q ? malloc_usable_size(q) : 0) - before;
	most = held > most ? held : most;
	return q;
}

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- what is sent ---------------------------------------------------------------------------- */

static unsigned int record_number;

/* A record in the clear, or of a later epoch. */
static void send_record(struct pair *p, uint8_t type, unsigned int epoch, const void *body, uint32_t len)
{
	uint8_t b[2048] = {type, 0xfe, 0xfd, (uint8_t)(epoch >> 8), (uint8_t)epoch};

	assert_true(13 + len <= sizeof(b));
	record_number++;
	b[9] = (uint8_t)(record_number >> 8);
	b[10] = (uint8_t)record_number;
	b[11] = (uint8_t)(len >> 8);
	b[12] = (uint8_t)len;
	memcpy(b + 13, body, len);
	cp_dtls_input(p->server.dtls, b, 13 + len);
}

struct fragment {
	uint8_t type;
	uint32_t message, len, off, n; /* n bytes at off, of len */
	const uint8_t *bytes; /* NULL: zero */
};

static void send_fragment(struct pair *p, const struct fragment *f)
{
	uint8_t b[1500] = {f->type,
			   (uint8_t)(f->len >> 16),
			   (uint8_t)(f->len >> 8),
			   (uint8_t)f->len,
			   (uint8_t)(f->message >> 8),
			   (uint8_t)f->message,
			   (uint8_t)(f->off >> 16),
			   (uint8_t)(f->off >> 8),
			   (uint8_t)f->off,
			   (uint8_t)(f->n >> 16),
			   (uint8_t)(f->n >> 8),
			   (uint8_t)f->n};

	assert_true(12 + f->n <= sizeof(b));
	if (f->bytes)
		memcpy(b + 12, f->bytes + f->off, f->n);
	send_record(p, HANDSHAKE, 0, b, 12 + f->n);
}

/* The client's hello, whole, out of its records. Returns its length. */
static uint32_t hello_of(struct pair *p, uint8_t *hello, size_t cap)
{
	uint32_t len = 0;

	cp_dtls_start(p->client.dtls);
	for (; p->client.head < p->client.tail; p->client.head++) {
		const struct datagram *d = &p->client.queue[p->client.head % QUEUE];
		uint32_t off = (uint32_t)d->bytes[19] << 16 | (uint32_t)d->bytes[20] << 8 | d->bytes[21];
		uint32_t n = (uint32_t)d->bytes[22] << 16 | (uint32_t)d->bytes[23] << 8 | d->bytes[24];

		assert_int_equal(d->bytes[13], CLIENT_HELLO);
		assert_true(off + n <= cap && 25 + n == d->len);
		memcpy(hello + off, d->bytes + 25, n);
		len = (uint32_t)d->bytes[14] << 16 | (uint32_t)d->bytes[15] << 8 | d->bytes[16];
	}
	return len;
}

/* The handshake that was attacked is still to be had: the client's own flights, sent again where needed. */
static void must_still_connect(struct pair *p)
{
	for (unsigned int i = 0; i < 8 && !(p->client.connected && p->server.connected); i++) {
		deliver(p);
		if (p->server.closed)
			fail_msg("%s", p->server.why);
		if (!p->client.connected)
			wait_for_timer(p);
	}
	assert_int_equal(p->server.connected, 1);
	assert_int_equal(p->client.connected, 1);
	assert_int_equal(p->server.closed, 0);
}

static size_t base;
static int64_t began;

static void begin(struct pair *p)
{
	static const struct fragment first = {CLIENT_HELLO, 0, 60, 0, 1, NULL};

	record_number = 0;
	open_both(p);
	send_fragment(p, &first); /* OpenSSL's read buffer is there from now on */
	base = most = held;
	began = cpu_ms();
}

static void check_cost(void)
{
	assert_in_range(most - base, 0, GROWTH_MAX);
	assert_in_range(cpu_ms() - began, 0, CPU_MAX_MS);
}

/* --- floods ------------------------------------------------------------------------------------ */

static void huge_lengths(void **state)
{
	static const uint32_t lengths[] = {0xffffff, 0x10000, 16384, 12288, 8192, 8193, 2048, 1024};
	struct pair *p = *state;

	begin(p);
	for (uint32_t message = 0; message < 60; message++)
		for (unsigned int i = 0; i < 8; i++) {
			const struct fragment f = {
				i % 2 ? CERTIFICATE : CLIENT_HELLO, message, lengths[i], i * 10, 1, NULL};

			send_fragment(p, &f);
		}
	/* what the table allows, all at once */
	for (uint32_t message = 0; message < 4; message++) {
		static const uint8_t type[4] = {1, 11, 16, 15};
		static const uint32_t max[4] = {8192, 12288, 1024, 2048};

		send_fragment(p, &(const struct fragment){type[message], message, max[message], 0, 1, NULL});
	}
	check_cost();
	assert_int_equal(p->server.sent, 0);
	cp_dtls_start(p->client.dtls);
	must_still_connect(p);
}

static void lengths_of_zero(void **state)
{
	struct pair *p = *state;

	begin(p);
	for (uint32_t i = 0; i < 800; i++) {
		const struct fragment f = {
			i % 3 ? CERTIFICATE : CLIENT_HELLO, i % 5, i % 7 ? 100 : 0, i % 100, 0, NULL};

		send_fragment(p, &f);
	}
	for (uint32_t i = 0; i < 100; i++)
		send_record(p, HANDSHAKE, 0, "", 0);
	check_cost();
	assert_int_equal(p->server.sent, 0);
	cp_dtls_start(p->client.dtls);
	must_still_connect(p);
}

static void overlaps(void **state)
{
	struct pair *p = *state;

	begin(p);
	for (uint32_t i = 0; i < 120; i++)
		send_fragment(p, &(const struct fragment){CLIENT_HELLO, 0, 4000, i * 3, 120, NULL});
	/* another length under the same number, and bytes behind the end */
	for (uint32_t i = 0; i < 50; i++) {
		send_fragment(p, &(const struct fragment){CLIENT_HELLO, 0, 4000 + i, i, 20, NULL});
		send_fragment(p, &(const struct fragment){CLIENT_HELLO, 0, 100, 90, 11 + i, NULL});
	}
	check_cost();
	cp_dtls_start(p->client.dtls);
	must_still_connect(p);
}

/* Pieces of several messages in turn, each under the others' numbers and types. */
static void messages_mixed(void **state)
{
	struct pair *p = *state;

	begin(p);
	for (uint32_t i = 0; i < 600; i++)
		send_fragment(p, &(const struct fragment){(uint8_t)(i % 25), i % 7, 200, i % 199, 1, NULL});
	check_cost();
	cp_dtls_start(p->client.dtls);
	must_still_connect(p);
}

/* OpenSSL keeps records of the next epoch for later, a hundred of 17 KiB each. */
static void records_from_the_future(void **state)
{
	static const uint8_t types[] = {20, 21, 22, 23};
	static const uint8_t body[40];
	struct pair *p = *state;

	begin(p);
	for (unsigned int i = 0; i < 400; i++)
		send_record(p, types[i % 4], 1 + i % 3, body, sizeof(body));
	check_cost();
	cp_dtls_start(p->client.dtls);
	must_still_connect(p);
}

/* And of a client in the middle of a handshake. */
static void records_from_the_future_behind_the_hello(void **state)
{
	static const uint8_t body[40];
	struct pair *p = *state;

	open_both(p);
	cp_dtls_start(p->client.dtls);
	while (deliver_one(&p->client))
		;
	assert_true(p->server.sent > 0);
	base = most = held;
	began = cpu_ms();
	for (unsigned int i = 0; i < 200; i++) {
		send_record(p, 22, 1, body, sizeof(body));
		send_record(p, 20, 0, "\1", 1); /* a ChangeCipherSpec that comes too early */
	}
	check_cost();
	must_still_connect(p);
}

/* --- pieces that are right ------------------------------------------------------------------------ */

static void hello_in_bytes(struct pair *p, bool shuffle)
{
	static uint8_t hello[4096];
	uint32_t order[4096], len;

	record_number = 100;
	open_both(p);
	len = hello_of(p, hello, sizeof(hello));
	assert_in_range(len, 100, 700);
	for (uint32_t i = 0; i < len; i++)
		order[i] = i;
	for (uint32_t i = len; shuffle && i-- > 1;) {
		uint32_t k = (uint32_t)rand() % (i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
	for (uint32_t i = 0; i < len; i++)
		send_fragment(p, &(const struct fragment){CLIENT_HELLO, 0, len, order[i], 1, hello});
	assert_true(p->server.sent > 0);
	must_still_connect(p);
}

static void byte_for_byte(void **state)
{
	hello_in_bytes(*state, false);
}

static void byte_for_byte_in_any_order(void **state)
{
	srand(11);
	hello_in_bytes(*state, true);
}

/* Every flight of a client with a large hello and an MTU of 256; each flight's datagrams from its last to its first. */
static void small_datagrams(struct pair *p, bool backwards)
{
	static uint8_t filling[1300];

	for (unsigned int i = 0; i < sizeof(filling); i++)
		filling[i] = i % 10 ? 'x' : 9;
	open_both(p);
	SSL_set_mtu(p->client.dtls->ssl, 256);
	assert_int_equal(SSL_set_alpn_protos(p->client.dtls->ssl, filling, sizeof(filling)), 0);
	cp_dtls_start(p->client.dtls);
	assert_true(p->client.sent >= 6);
	while (backwards && p->client.tail - p->client.head > 1) {
		struct datagram *first = &p->client.queue[p->client.head % QUEUE], t = *first;
		struct datagram *last = &p->client.queue[(p->client.tail - 1) % QUEUE];

		*first = *last;
		*last = t;
		deliver_one(&p->client);
	}
	must_still_connect(p);
	for (unsigned int i = 0; i < QUEUE && i < p->client.tail; i++)
		assert_in_range(p->client.queue[i].len, 1, 256);
}

static void an_mtu_of_256(void **state)
{
	small_datagrams(*state, false);
}

static void an_mtu_of_256_and_disorder(void **state)
{
	small_datagrams(*state, true);
}

/* --- anything ------------------------------------------------------------------------------------------ */

/* Flights with bytes changed: whatever comes of it, nothing is lost of memory and an honest client connects after. */
static void mutilated_flights(void **state)
{
	(void)state;
	srand(5);
	for (unsigned int round = 0; round < 300; round++) {
		struct pair *p;
		struct datagram d;

		set_up((void **)&p);
		open_both(p);
		cp_dtls_start(p->client.dtls);
		for (unsigned int n = 0; n < 12 && p->client.head != p->client.tail; n++) {
			d = p->client.queue[p->client.head++ % QUEUE];
			for (unsigned int k = 0; k < 3 && round % 5; k++)
				d.bytes[(unsigned int)rand() % d.len] = (uint8_t)rand();
			cp_dtls_input(p->server.dtls, d.bytes, round % 7 ? d.len : d.len / 2);
			while (deliver_one(&p->server))
				;
		}
		assert_false(p->server.connected && p->server.closed > 1);
		tear_down((void **)&p);
	}
}

static size_t held_before;

static int note_held(void **state)
{
	int rc = set_up(state);

	held_before = held;
	return rc;
}

/* What the association took is given back (CVE-2014-3507). */
static int all_is_given_back(void **state)
{
	struct pair *p = *state;

	cp_dtls_destroy(p->client.dtls);
	cp_dtls_destroy(p->server.dtls);
	p->client.dtls = p->server.dtls = NULL;
	/* the library's own tables are made at first use */
	assert_in_range(held, 0, held_before + 24 * 1024);
	return tear_down(state);
}

int main(void)
{
#define COUNTED(name) cmocka_unit_test_setup_teardown(name, note_held, all_is_given_back)
	const struct CMUnitTest tests[] = {
		COUNTED(huge_lengths),
		COUNTED(lengths_of_zero),
		COUNTED(overlaps),
		COUNTED(messages_mixed),
		COUNTED(records_from_the_future),
		COUNTED(records_from_the_future_behind_the_hello),
		COUNTED(byte_for_byte),
		COUNTED(byte_for_byte_in_any_order),
		COUNTED(an_mtu_of_256),
		COUNTED(an_mtu_of_256_and_disorder),
		cmocka_unit_test(mutilated_flights),
	};

	if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
