/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * auth_test.c - the long-term credential mechanism: order and codes of its
 * checks, nonces, password algorithms, USERHASH, REST names (docs/conformance.md A;
 * attack T7).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "dataplane/turn/rest.h"
#include "engine/base/digest.h"
#include "tests/harness/turn_kit.h"

#define NONCE_LEN 29 /* with the cookie */

static struct kit kit;
static struct kit_client alice;

static void start_with(const char *lines)
{
	kit_start(&kit, 1, KIT_RELAYS, lines);
	alice = kit_alice(&kit, 4000);
}

static int start(void **state)
{
	(void)state;
	start_with("unauthenticated-rate = 1000000\n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_stop(&kit);
	return 0;
}

/* --- A1 ----------------------------------------------------------------------- */

enum part {
	USERNAME = 1,
	USERHASH = 2,
	REALM = 4,
	NONCE = 8,
	MI = 16,
	MI_SHA256 = 32,
	ALL = USERNAME | REALM | NONCE | MI,
};

/* An Allocate with these parts, signed with whatever the client's key is. */
static int ask_with(const struct kit_client *c, unsigned int parts)
{
	uint8_t hash[32], key[32];
	size_t key_len = kit_key(&kit, c, key);
	const char *realm = c->realm ? c->realm : "example.org";
	struct kit_client as = *c;
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	wire_stun_userhash(c->user, strlen(c->user), "example.org", hash);
	if (parts & USERNAME)
		wire_stun_put(&m.b, WIRE_ATTR_USERNAME, c->user, strlen(c->user));
	if (parts & USERHASH)
		wire_stun_put(&m.b, WIRE_ATTR_USERHASH, hash, sizeof(hash));
	if (parts & REALM)
		wire_stun_put(&m.b, WIRE_ATTR_REALM, realm, strlen(realm));
	if (parts & NONCE)
		wire_stun_put(&m.b, WIRE_ATTR_NONCE, c->nonce, c->nonce_len);
	if (parts & MI)
		wire_stun_put_mi(&m.b, key, key_len);
	if (parts & MI_SHA256)
		wire_stun_put_mi_sha256(&m.b, key, key_len);
	as.sha256_mi = parts & MI_SHA256;
	m.is_signed = true;
	kit_finish(&as, &m);
	return kit_exchange(&kit, &as, &m);
}

/* covers: A1 D11 T7 */
static void codes_by_what_is_missing(void **state)
{
	static const struct {
		unsigned int parts;
		int code;
	} rows[] = {
		{0, 401},
		{USERNAME | REALM | NONCE, 401},
		{REALM | NONCE | MI, 400},
		{USERNAME | NONCE | MI, 400},
		{USERNAME | REALM | MI, 400},
		{MI, 400},
		{MI_SHA256, 400},
		{USERHASH | NONCE | MI, 400},
		{ALL, 0},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ask_with(&alice, rows[i].parts), rows[i].code);
		assert_int_equal(kit.is_signed, rows[i].code == 0);
		/* 401 has the challenge, 400 has not */
		assert_int_equal(kit_has(&kit, WIRE_ATTR_NONCE), rows[i].code == 401);
		assert_int_equal(kit_has(&kit, WIRE_ATTR_REALM), rows[i].code == 401);
		assert_int_equal(kit_has(&kit, WIRE_ATTR_PASSWORD_ALGORITHMS), rows[i].code == 401);
		assert_int_equal(kit_gauge(&kit, GAUGE_ALLOCATIONS), 0);
	}
}

/* covers: A1 T7 */
static void wrong_user_password_or_realm_is_401_alike(void **state)
{
	struct kit_client c = alice;
	uint32_t len;

	(void)state;
	c.password = "wrong";
	assert_int_equal(ask_with(&c, ALL), 401);
	len = kit.out.reply_len;
	c = alice;
	c.user = "nobody";
	assert_int_equal(ask_with(&c, ALL), 401);
	assert_int_equal(kit.out.reply_len, len);
	c = alice;
	c.realm = "example.net";
	assert_int_equal(ask_with(&c, ALL), 401);
	assert_int_equal(kit.out.reply_len, len);
	assert_int_equal(ask_with(&c, USERHASH | REALM | NONCE | MI), 401);
	c.user = "";
	assert_int_equal(ask_with(&c, ALL), 401);
	assert_int_equal(kit_counter(&kit, CTR_CREATED_ALLOC), 0);
}

/* covers: A1 A8 */
static void the_nonce_is_checked_before_the_credentials(void **state)
{
	struct kit_client c = alice;

	(void)state;
	/* the one deviation from the RFC's order, see auth.c */
	c.nonce[20] ^= 1;
	c.password = "wrong";
	assert_int_equal(ask_with(&c, ALL), 438);
	c.user = "nobody";
	assert_int_equal(ask_with(&c, ALL), 438);
}

/* --- A8: nonces ------------------------------------------------------------------ */

/* covers: A8 D11 T7 */
static void a_nonce_serves_its_client_only(void **state)
{
	static const char *const others[] = {"192.0.2.1:4001", "192.0.2.2:4000"};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct kit_client c = alice;
		struct wire_attr a;

		c.ep = kit_ep(others[i]);
		assert_int_equal(kit_allocate(&kit, &c), 438);
		assert_false(kit.is_signed);
		/* the answer's nonce works */
		assert_true(kit_attr(&kit, WIRE_ATTR_NONCE, &a));
		memcpy(c.nonce, a.value, a.len);
		assert_true(kit_has(&kit, WIRE_ATTR_REALM));
		assert_true(kit_has(&kit, WIRE_ATTR_PASSWORD_ALGORITHMS));
		assert_int_equal(kit_allocate(&kit, &c), 0);
	}
}

/* covers: A8 T7 */
static void an_old_nonce_is_438_and_an_allocation_survives_it(void **state)
{
	(void)state;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	kit_pass(&kit, 599);
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 0);
	kit_pass(&kit, 2);
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 438);
	assert_int_equal(kit_login(&kit, &alice), 401);
	assert_int_equal(kit_refresh(&kit, &alice, 3600, 0), 0);
}

/* covers: A8 T7 */
static void forged_nonces_are_438(void **state)
{
	struct kit_client c = alice;

	(void)state;
	assert_int_equal(alice.nonce_len, NONCE_LEN);
	for (unsigned int i = 0; i < NONCE_LEN; i++) {
		for (unsigned int bit = 1; bit < 256; bit <<= 1) {
			c.nonce[i] = (char)(alice.nonce[i] ^ (int)bit);
			assert_int_equal(kit_allocate(&kit, &c), 438);
		}
		c.nonce[i] = alice.nonce[i];
	}
	for (size_t len = 0; len < NONCE_LEN; len++) {
		c.nonce_len = len;
		assert_int_equal(kit_allocate(&kit, &c), 438);
	}
	memset(c.nonce, 'A', sizeof(c.nonce));
	c.nonce_len = sizeof(c.nonce);
	assert_int_equal(kit_allocate(&kit, &c), 438);
}

/* covers: A8 T7 */
static void another_servers_nonce_is_438(void **state)
{
	struct kit_client c;

	(void)state;
	c = alice;
	kit_stop(&kit);
	kit_start(&kit, 1, KIT_RELAYS, "");
	assert_int_equal(kit_allocate(&kit, &c), 438);
}

/* covers: A8 */
static void a_nonce_from_the_future_of_another_core_is_taken(void **state)
{
	struct kit_client c = alice;

	(void)state;
	kit_pass(&kit, 1.5);
	assert_int_equal(kit_login(&kit, &c), 401);
	/* another core's clock, a little behind */
	kit.now_ns -= 1500000000;
	kit_pass(&kit, 0);
	assert_int_equal(kit_allocate(&kit, &c), 0);
}

/* --- A6: the cookie ----------------------------------------------------------------- */

static void assert_nonce_begins(const char *lines, const char *begin)
{
	kit_start(&kit, 1, KIT_RELAYS, lines);
	alice = kit_alice(&kit, 4000);
	assert_memory_equal(alice.nonce, begin, strlen(begin));
	/* and the nonce serves both kinds of client */
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	alice = kit_alice(&kit, 4001);
	alice.sha256_key = alice.sha256_mi = kit.conf.turn.sha256;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	kit_stop(&kit);
}

/* covers: A6 */
static void feature_bits_in_both_orders(void **state)
{
	(void)state;
	assert_nonce_begins("", "obMatJos2AAAD");
	assert_nonce_begins("nonce-cookie-bits = left\n", "obMatJos2wAAA");
	/* no invitation to USERHASH when REST names may come */
	assert_nonce_begins("secret = s3cret\n", "obMatJos2AAAB");
	assert_nonce_begins("secret = s3cret\nnonce-cookie-bits = left\n", "obMatJos2gAAA");
	assert_nonce_begins("sha256 = off\n", "");
}

/* covers: A6 */
static void without_sha256_no_cookie_and_no_algorithms(void **state)
{
	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "sha256 = off\n");
	alice = kit_alice(&kit, 4000);
	assert_false(kit_has(&kit, WIRE_ATTR_PASSWORD_ALGORITHMS));
	assert_int_equal(alice.nonce_len, 16);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	kit_stop(&kit);
}

/* --- A2, A4: integrity and keys --------------------------------------------------------- */

/* covers: A2 A4 */
static void all_four_combinations_of_key_and_integrity(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		alice = kit_alice(&kit, 5000 + i);
		alice.sha256_key = i & 1;
		alice.sha256_mi = i & 2;
		/* the kit demands the request's integrity attribute in every signed answer */
		assert_int_equal(kit_allocate(&kit, &alice), 0);
		assert_true(kit.is_signed);
		assert_int_equal(kit_allocate(&kit, &alice), 437);
		assert_true(kit.is_signed);
		alice.password = "wrong";
		assert_int_equal(kit_allocate(&kit, &alice), 401);
		assert_false(kit.is_signed);
	}
}

/* covers: A2 */
static void truncated_sha256_tags(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 40; len++) {
		uint8_t key[32], tag[40] = {0}, head[4];
		size_t key_len, signed_len;
		struct kit_client c = kit_alice(&kit, 6000 + (unsigned int)len);
		bool good = len >= 16 && len <= 32 && len % 4 == 0;
		struct en_iov iov[2];
		struct kit_msg m;

		c.sha256_mi = true;
		key_len = kit_key(&kit, &c, key);
		kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
		kit_put_udp(&m);
		wire_stun_put(&m.b, WIRE_ATTR_USERNAME, "alice", 5);
		wire_stun_put(&m.b, WIRE_ATTR_REALM, "example.org", 11);
		wire_stun_put(&m.b, WIRE_ATTR_NONCE, c.nonce, c.nonce_len);
		signed_len = wire_stun_finish(&m.b);
		/* the length field as if the message ended behind the tag */
		memcpy(head, m.buf, 4);
		en_store16(head + 2, (uint16_t)(signed_len - 20 + 4 + len));
		iov[0] = (struct en_iov){.data = head, .len = 4};
		iov[1] = (struct en_iov){.data = m.buf + 4, .len = signed_len - 4};
		en_hmac_sha256(key, key_len, iov, 2, tag);
		wire_stun_put(&m.b, WIRE_ATTR_MESSAGE_INTEGRITY_SHA256, tag, len);
		m.is_signed = true;
		kit_finish(&c, &m);
		assert_int_equal(kit_exchange(&kit, &c, &m), good ? 0 : 400);
	}
}

/* covers: A4 */
static void names_and_passwords_are_prepared(void **state)
{
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	/* OpaqueString (RFC 8265 s4.2): NFC, and a non-ASCII space becomes a space */
	kit_start(&kit, 1, KIT_RELAYS, "user = re\xcc\x81mi:pass\xc2\xa0word\n");
	alice = kit_alice(&kit, 4000);
	c = kit_client(&kit, "192.0.2.1:4001", "r\xc3\xa9mi", "pass word");
	assert_int_equal(kit_allocate(&kit, &c), 0);
}

/* covers: A4 */
static void md5_can_be_switched_off(void **state)
{
	struct wire_attr a;

	(void)state;
	kit_stop(&kit);
	kit_start(&kit, 1, KIT_RELAYS, "md5 = off\n");
	alice = kit_alice(&kit, 4000);
	assert_true(kit_attr(&kit, WIRE_ATTR_PASSWORD_ALGORITHMS, &a));
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.value, "\0\2\0\0", 4);
	assert_int_equal(kit_allocate(&kit, &alice), 401);
	alice.sha256_mi = true;
	assert_int_equal(kit_allocate(&kit, &alice), 401);
	alice.sha256_key = true;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* --- A3: bid-down ------------------------------------------------------------------------- */

#define SHA256_ALG "\0\2\0\0"
#define MD5_ALG    "\0\1\0\0"

static int ask_algorithms(unsigned int port, const char *one, size_t one_len, const char *list, size_t list_len,
			  bool sha256_key)
{
	struct kit_client c = kit_alice(&kit, port);
	uint8_t key[32];
	struct kit_msg m;

	c.sha256_key = sha256_key;
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	wire_stun_put(&m.b, WIRE_ATTR_USERNAME, "alice", 5);
	wire_stun_put(&m.b, WIRE_ATTR_REALM, "example.org", 11);
	wire_stun_put(&m.b, WIRE_ATTR_NONCE, c.nonce, c.nonce_len);
	if (one)
		wire_stun_put(&m.b, WIRE_ATTR_PASSWORD_ALGORITHM, one, one_len);
	if (list)
		wire_stun_put(&m.b, WIRE_ATTR_PASSWORD_ALGORITHMS, list, list_len);
	wire_stun_put_mi(&m.b, key, kit_key(&kit, &c, key));
	m.is_signed = true;
	kit_finish(&c, &m);
	return kit_exchange(&kit, &c, &m);
}

/* covers: A3 T7 */
static void password_algorithms_must_be_ours_and_the_choice_in_them(void **state)
{
	static const struct {
		const char *one;
		const char *list;
		size_t one_len, list_len;
		bool sha256;
		int code;
	} rows[] = {
		{NULL, NULL, 0, 0, false, 0}, /* neither: MD5 */
		{NULL, NULL, 0, 0, true, 401},
		{SHA256_ALG, SHA256_ALG MD5_ALG, 4, 8, true, 0},
		{MD5_ALG, SHA256_ALG MD5_ALG, 4, 8, false, 0},
		{MD5_ALG, SHA256_ALG MD5_ALG, 4, 8, true, 401},
		{SHA256_ALG, NULL, 4, 0, true, 400}, /* only one of the two */
		{NULL, SHA256_ALG MD5_ALG, 0, 8, true, 400},
		{MD5_ALG, MD5_ALG, 4, 4, false, 400}, /* somebody took SHA-256 out of the list */
		{MD5_ALG, MD5_ALG SHA256_ALG, 4, 8, false, 400},
		{SHA256_ALG, SHA256_ALG, 4, 4, true, 400},
		{SHA256_ALG, SHA256_ALG MD5_ALG MD5_ALG, 4, 12, true, 400},
		{"\0\3\0\0", SHA256_ALG MD5_ALG, 4, 8, true, 400}, /* not in the list */
		{"\0\2\0\4abcd", SHA256_ALG MD5_ALG, 8, 8, true, 400}, /* with parameters */
		{"", SHA256_ALG MD5_ALG, 0, 8, true, 400},
		{SHA256_ALG, "", 4, 0, true, 400},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ask_algorithms(7000 + i, rows[i].one, rows[i].one_len, rows[i].list, rows[i].list_len,
						rows[i].sha256),
				 rows[i].code);
}

/* --- A5: USERHASH -------------------------------------------------------------------------- */

/* covers: A5 */
static void userhash_names_a_configured_user(void **state)
{
	struct kit_client c = alice;

	(void)state;
	c.userhash = true;
	c.sha256_key = c.sha256_mi = true;
	assert_int_equal(kit_allocate(&kit, &c), 0);
	/* it is the same user as by name */
	c.userhash = false;
	assert_int_equal(kit_refresh(&kit, &c, 1000, 0), 0);
	c.user = "nobody";
	c.userhash = true;
	assert_int_equal(kit_refresh(&kit, &c, 1000, 0), 401);
}

/* covers: A5 */
static void a_userhash_of_wrong_length_is_400(void **state)
{
	uint8_t key[32];
	struct kit_msg m;

	(void)state;
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	wire_stun_put(&m.b, WIRE_ATTR_USERHASH, "too short", 9);
	wire_stun_put(&m.b, WIRE_ATTR_REALM, "example.org", 11);
	wire_stun_put(&m.b, WIRE_ATTR_NONCE, alice.nonce, alice.nonce_len);
	wire_stun_put_mi(&m.b, key, kit_key(&kit, &alice, key));
	m.is_signed = true;
	kit_finish(&alice, &m);
	assert_int_equal(kit_exchange(&kit, &alice, &m), 400);
}

/* --- A11: REST -------------------------------------------------------------------------------- */

struct rest_user {
	char name[64];
	char password[DP_REST_PASSWORD_MAX];
};

static void rest(struct rest_user *u, const char *secret, int64_t expires_in, const char *subject)
{
	snprintf(u->name, sizeof(u->name), "%llu%s", (unsigned long long)(kit.wall_s + (uint64_t)expires_in), subject);
	dp_rest_password(secret, (const uint8_t *)u->name, strlen(u->name), u->password);
}

static struct kit_client rest_client(const struct rest_user *u, unsigned int port)
{
	struct kit_client c = kit_alice(&kit, port);

	c.user = u->name;
	c.password = u->password;
	return c;
}

/* A vector of the draft's construction, made with openssl: base64(HMAC-SHA1("north", name)). */
static void rest_password_is_the_drafts(void **state)
{
	static const char name[] = "1433895918:ninefingers";
	char password[DP_REST_PASSWORD_MAX];

	(void)state;
	dp_rest_password("north", (const uint8_t *)name, strlen(name), password);
	assert_string_equal(password, "jy8hTxmOO7UtEKXqSkSlvakPVYA=");
}

static void rest_names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
		uint64_t expiry;
		const char *subject;
	} rows[] = {
		{"1700000000:alice", true, 1700000000, "alice"},
		{"1700000000", true, 1700000000, "1700000000"},
		{"1700000000:", true, 1700000000, ""},
		{"1700000000:a:b", true, 1700000000, "a:b"},
		{"9999999999999999999:x", true, 9999999999999999999u, "x"},
		{"99999999999999999999:x", false, 0, ""},
		{"alice", false, 0, ""},
		{"alice:1700000000", false, 0, ""},
		{":alice", false, 0, ""},
		{"", false, 0, ""},
		{"-5:alice", false, 0, ""},
		{"17 :alice", false, 0, ""},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dp_rest_name n;
		size_t len = strlen(rows[i].name);

		assert_int_equal(dp_rest_parse((const uint8_t *)rows[i].name, len, &n), rows[i].ok);
		if (!rows[i].ok)
			continue;
		assert_int_equal(n.expiry_s, rows[i].expiry);
		assert_int_equal(n.subject_len, strlen(rows[i].subject));
		assert_memory_equal(n.subject, rows[i].subject, n.subject_len);
	}
}

/* covers: A11 T7 */
static void rest_credentials_by_any_secret_until_they_expire(void **state)
{
	struct rest_user u;
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	start_with("secret = new\nsecret = old\n");
	rest(&u, "new", 100, ":carol");
	c = rest_client(&u, 4001);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	rest(&u, "old", 100, ":carol");
	c = rest_client(&u, 4002);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	c.sha256_key = c.sha256_mi = true;
	assert_int_equal(kit_refresh(&kit, &c, 700, 0), 0);
	rest(&u, "neither", 100, ":carol");
	c = rest_client(&u, 4003);
	assert_int_equal(kit_allocate(&kit, &c), 401);
	rest(&u, "new", 0, ":carol");
	c = rest_client(&u, 4004);
	assert_int_equal(kit_allocate(&kit, &c), 401);
	rest(&u, "new", 1, ":carol");
	c = rest_client(&u, 4005);
	assert_int_equal(kit_allocate(&kit, &c), 0);
	kit_pass(&kit, 1);
	assert_int_equal(kit_refresh(&kit, &c, 700, 0), 401);
	/* configured users go on beside them */
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* covers: A11 D1 */
static void a_rotated_name_is_the_same_user_if_so_configured(void **state)
{
	struct rest_user first, later, other;
	struct kit_client c;

	(void)state;
	for (unsigned int same = 0; same < 2; same++) {
		kit_stop(&kit);
		start_with(same ? "secret = s\nsame-subject = on\n" : "secret = s\nsame-subject = off\n");
		rest(&first, "s", 100, ":carol");
		rest(&later, "s", 5000, ":carol");
		rest(&other, "s", 5000, ":dave");
		c = rest_client(&first, 4001);
		assert_int_equal(kit_allocate(&kit, &c), 0);
		c.user = later.name;
		c.password = later.password;
		assert_int_equal(kit_refresh(&kit, &c, 700, 0), same ? 0 : 441);
		assert_true(kit.is_signed);
		assert_int_equal(kit_permit(&kit, &c, KIT_PEER4), same ? 0 : 441);
		c.user = other.name;
		c.password = other.password;
		assert_int_equal(kit_refresh(&kit, &c, 700, 0), 441);
	}
}

/* covers: A11 */
static void a_subject_is_not_the_configured_user_of_that_name(void **state)
{
	struct rest_user u;
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	start_with("secret = s\nsame-subject = on\n");
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	rest(&u, "s", 100, ":alice");
	c = alice;
	c.user = u.name;
	c.password = u.password;
	assert_int_equal(kit_refresh(&kit, &c, 700, 0), 441);
}

/* covers: A5 A11 */
static void a_rest_name_cannot_be_hidden(void **state)
{
	struct rest_user u;
	struct kit_client c;

	(void)state;
	kit_stop(&kit);
	start_with("secret = s\n");
	rest(&u, "s", 100, ":carol");
	c = rest_client(&u, 4001);
	c.userhash = true;
	assert_int_equal(kit_allocate(&kit, &c), 401);
	/* configured users' hashes are still found */
	alice.userhash = true;
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* --- size and state --------------------------------------------------------------------------- */

/* covers: S4 */
static void the_first_401_is_at_most_two_and_a_half_times_the_request(void **state)
{
	const size_t frame = 14 + 20 + 8;
	struct kit_msg m;

	(void)state;
	/* the shortest request that is answered at all: a header */
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_finish(&alice, &m);
	assert_int_equal(m.len, 20);
	assert_int_equal(kit_exchange(&kit, &alice, &m), 401);
	assert_true((kit.out.reply_len + frame) * 10 <= (m.len + frame) * 25);
}

/* covers: S2 */
static void a_flood_without_credentials_leaves_no_state(void **state)
{
	struct kit_msg m;
	struct kit_client c = alice;

	(void)state;
	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_finish(&alice, &m);
	for (unsigned int i = 0; i < 20000; i++) {
		c.ep.addr.b[13] = (uint8_t)(i >> 8);
		c.ep.addr.b[14] = (uint8_t)i;
		c.ep.port = (uint16_t)(1024 + i);
		assert_int_equal(kit_exchange(&kit, &c, &m), 401);
	}
	kit_pass(&kit, 0);
	for (unsigned int g = 0; g < GAUGE_N; g++)
		assert_int_equal(kit_gauge(&kit, (enum shm_gauge)g), 0);
	assert_int_equal(kit_allocate(&kit, &alice), 0);
}

/* covers: A9 */
static void there_is_no_redirect_before_or_after_authentication(void **state)
{
	(void)state;
	/* 300 is not offered: neither a stranger nor a user is ever sent elsewhere */
	assert_int_equal(kit_login(&kit, &alice), 401);
	assert_false(kit_has(&kit, WIRE_ATTR_ALTERNATE_SERVER));
	assert_int_equal(kit_allocate(&kit, &alice), 0);
	assert_false(kit_has(&kit, WIRE_ATTR_ALTERNATE_SERVER));
	assert_int_equal(kit_counter(&kit, CTR_ERR_300), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(codes_by_what_is_missing, start, stop),
		cmocka_unit_test_setup_teardown(wrong_user_password_or_realm_is_401_alike, start, stop),
		cmocka_unit_test_setup_teardown(the_nonce_is_checked_before_the_credentials, start, stop),
		cmocka_unit_test_setup_teardown(a_nonce_serves_its_client_only, start, stop),
		cmocka_unit_test_setup_teardown(an_old_nonce_is_438_and_an_allocation_survives_it, start, stop),
		cmocka_unit_test_setup_teardown(forged_nonces_are_438, start, stop),
		cmocka_unit_test_setup_teardown(another_servers_nonce_is_438, start, stop),
		cmocka_unit_test_setup_teardown(a_nonce_from_the_future_of_another_core_is_taken, start, stop),
		cmocka_unit_test(feature_bits_in_both_orders),
		cmocka_unit_test(without_sha256_no_cookie_and_no_algorithms),
		cmocka_unit_test_setup_teardown(all_four_combinations_of_key_and_integrity, start, stop),
		cmocka_unit_test_setup_teardown(truncated_sha256_tags, start, stop),
		cmocka_unit_test_setup_teardown(names_and_passwords_are_prepared, start, stop),
		cmocka_unit_test_setup_teardown(md5_can_be_switched_off, start, stop),
		cmocka_unit_test_setup_teardown(password_algorithms_must_be_ours_and_the_choice_in_them, start, stop),
		cmocka_unit_test_setup_teardown(userhash_names_a_configured_user, start, stop),
		cmocka_unit_test_setup_teardown(a_userhash_of_wrong_length_is_400, start, stop),
		cmocka_unit_test(rest_password_is_the_drafts),
		cmocka_unit_test(rest_names),
		cmocka_unit_test_setup_teardown(rest_credentials_by_any_secret_until_they_expire, start, stop),
		cmocka_unit_test_setup_teardown(a_rotated_name_is_the_same_user_if_so_configured, start, stop),
		cmocka_unit_test_setup_teardown(a_subject_is_not_the_configured_user_of_that_name, start, stop),
		cmocka_unit_test_setup_teardown(a_rest_name_cannot_be_hidden, start, stop),
		cmocka_unit_test_setup_teardown(the_first_401_is_at_most_two_and_a_half_times_the_request, start, stop),
		cmocka_unit_test_setup_teardown(a_flood_without_credentials_leaves_no_state, start, stop),
		cmocka_unit_test_setup_teardown(there_is_no_redirect_before_or_after_authentication, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
