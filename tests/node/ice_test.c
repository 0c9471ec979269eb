/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ice_test.c - connectivity checks on the media port: which are answered, how, and what they change
 * (RFC 8445 s7.3, RFC 8489 s9.1.3, RFC 7675; security.md S1, S5, S7).
 */
#include <string.h>

#include "tests/node/lib/media_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define MOVED4  "198.18.0.11:5000"

static struct media_client c, d;
static struct shm_msg msg;

static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* --- answers ------------------------------------------------------------------ */

static void a_check_is_answered(void **state)
{
	static const char *const from[] = {CLIENT4, CLIENT6};

	(void)state;
	media_open(NULL);
	for (uint32_t i = 0; i < 2; i++) {
		media_client(&c, 0, i, from[i]);
		media_install(&c);
		assert_int_equal(media_check(&c, false), 0);
		assert_true(en_ep_eq(&c.mapped, &c.ep));
		assert_true(c.answer.data_len < en_written(&c.b.w));
		media_expect_state(0, c.set.session, SHM_SESSION_CHECKED, &c.ep);
		/* the same again tells nothing new */
		assert_int_equal(media_check(&c, false), 0);
		assert_int_equal(media_check(&c, true), 0);
		media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
		assert_int_equal(media_check(&c, true), 0);
		media_expect_silence();
		assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	}
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_ICE_CHECK), 8);
	assert_int_equal(lab_counter(CTR_SESSION_MOVED), 0);
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 2);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 2);
}

/* The listener of a session is where its checks arrive, whatever control said. */
static void any_listener_will_do(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT6);
	c.set.listen = 0;
	media_connect(&c);
	media_inject(0, c.set.session, hello, sizeof(hello));
	assert_true(lab_recv(0, &c.answer));
	assert_true(en_ep_eq(&c.answer.src, &c.server));
	assert_true(en_ep_eq(&c.answer.dst, &c.ep));
}

static void strangers_get_no_answer(void **state)
{
	static const char *const names[] = {
		"",
		":",
		"them",
		"aaaaabcdefgh",
		":them",
		"aaaaaaaaaaaa:them",
		"aaaaaaaaaaaaa:them",
		"AAAAABCDEFGH:x",
		"a",
		"baaaabcdefgh:them" /* core 1: there is none */,
	};

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, c.tid);
		wire_stun_put(&c.b, WIRE_ATTR_USERNAME, names[i], strlen(names[i]));
		assert_int_equal(media_ask(&c), MEDIA_NO_ANSWER);
		ASSERT_DROP(DROP_ICE_UFRAG, 1);
	}
	/* a place without a session, and one behind the last */
	for (uint32_t i = 1; i <= MEDIA_SESSIONS; i += MEDIA_SESSIONS - 1) {
		media_client(&d, 0, i, CLIENT4);
		assert_int_equal(media_check(&d, true), MEDIA_NO_ANSWER);
		ASSERT_DROP(DROP_ICE_UFRAG, 1);
	}
	/* without USERNAME */
	wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, c.tid);
	assert_int_equal(media_ask(&c), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_UFRAG, 1);
	media_expect_silence();
	assert_int_equal(media_session(&c)->state, SHM_SESSION_NEW);
}

/* covers: S1 */
static void passwords(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	media_begin(&c);
	assert_int_equal(media_ask_unsigned(&c), 400);
	d = c;
	d.set.pwd[3] ^= 1;
	assert_int_equal(media_check(&d, true), 401);
	/* signed rightly, changed after */
	media_begin(&c);
	wire_stun_put_mi(&c.b, (const uint8_t *)c.set.pwd, strlen(c.set.pwd));
	c.buf[WIRE_STUN_HDR_LEN + 4 + 13] ^= 1;
	assert_int_equal(media_ask_unsigned(&c), 401);
	media_expect_silence();
	assert_int_equal(media_session(&c)->state, SHM_SESSION_NEW);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 0);
	assert_int_equal(lab_counter(CTR_ICE_ERR_400), 1);
	assert_int_equal(lab_counter(CTR_ICE_ERR_401), 2);
	/* DTLS from an address whose checks were refused */
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
}

/* What stands behind MESSAGE-INTEGRITY does not act: USE-CANDIDATE there nominates nobody. */
static void attributes_behind_the_signature(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	media_begin(&c);
	wire_stun_put_mi(&c.b, (const uint8_t *)c.set.pwd, strlen(c.set.pwd));
	wire_stun_put(&c.b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	wire_stun_put(&c.b, 0x7ff0, "?", 1);
	wire_stun_put(&c.b, WIRE_ATTR_ICE_CONTROLLED, "12345678", 8);
	assert_int_equal(media_ask_unsigned(&c), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_CHECKED, &c.ep);
	media_expect_silence();
}

static void unknown_attributes(void **state)
{
	struct wire_attr a;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	media_begin(&c);
	wire_stun_put(&c.b, 0x7ff0, "?", 1);
	wire_stun_put(&c.b, 0xc057, "not required", 12);
	wire_stun_put(&c.b, 0x7ff1, NULL, 0);
	assert_int_equal(media_ask(&c), 420);
	assert_true(media_attr(&c, WIRE_ATTR_UNKNOWN_ATTRIBUTES, &a));
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.value, "\x7f\xf0\x7f\xf1", 4);
	media_begin(&c);
	for (unsigned int i = 0; i < 40; i++)
		wire_stun_put(&c.b, 0x7f00 + i, NULL, 0);
	assert_int_equal(media_ask(&c), 420);
	assert_int_equal(media_session(&c)->state, SHM_SESSION_NEW);
	media_expect_silence();
}

static void we_are_controlled(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	media_begin(&c);
	wire_stun_put(&c.b, WIRE_ATTR_ICE_CONTROLLED, "12345678", 8);
	wire_stun_put(&c.b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	assert_int_equal(media_ask(&c), 487);
	assert_int_equal(media_session(&c)->state, SHM_SESSION_NEW);
	media_expect_silence();
}

static void framing_and_fingerprint(void **state)
{
	static const unsigned int classes[] = {WIRE_STUN_INDICATION, WIRE_STUN_SUCCESS, WIRE_STUN_ERROR};
	size_t len;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	for (unsigned int i = 0; i < RTE_DIM(classes); i++) {
		wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_BINDING, classes[i], c.tid);
		assert_int_equal(media_ask(&c), MEDIA_NO_ANSWER);
		ASSERT_DROP(classes[i] == WIRE_STUN_INDICATION ? DROP_ICE_CLASS : DROP_ICE_ANSWER, 1);
	}
	wire_stun_build(&c.b, c.buf, sizeof(c.buf), WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST, c.tid);
	assert_int_equal(media_ask(&c), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_CLASS, 1);
	media_begin(&c);
	wire_stun_put_mi(&c.b, (const uint8_t *)c.set.pwd, strlen(c.set.pwd));
	assert_int_equal(media_ask_raw(&c), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_FINGERPRINT, 1);
	wire_stun_put_fingerprint(&c.b);
	len = en_written(&c.b.w);
	for (size_t cut = 1; cut < len; cut++) {
		media_send(&c, c.buf, cut);
		ASSERT_DROP(DROP_ICE_BAD, 1);
	}
	c.buf[len - 1] ^= 1;
	assert_int_equal(media_ask_raw(&c), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_FINGERPRINT, 1);
	c.buf[len - 1] ^= 1;
	assert_int_equal(media_ask_raw(&c), 0);
}

/* --- paths -------------------------------------------------------------------- */

/* covers: S5 */
static void the_newest_nomination_wins(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	d = c;
	d.ep = ep_of(MOVED4);
	/* S5: a check alone moves nothing */
	assert_int_equal(media_check(&d, false), 0);
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	media_expect_silence();
	assert_int_equal(media_check(&d, true), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &d.ep);
	assert_int_equal(media_check(&c, true), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	assert_int_equal(lab_counter(CTR_SESSION_MOVED), 2);
	media_inject(0, c.set.session, hello, sizeof(hello));
	assert_true(lab_recv(0, &c.answer));
	assert_true(en_ep_eq(&c.answer.dst, &c.ep));
}

/* DTLS may follow any valid check at once, and its answers go where that came from. */
static void before_nomination(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_install(&c);
	media_inject(0, c.set.session, hello, sizeof(hello));
	lab_expect_nothing();
	assert_int_equal(lab_counter(CTR_INJECT_NO_PATH), 1);
	assert_int_equal(media_check(&c, false), 0);
	media_expect(0, SHM_MSG_SESSION_EVENT, &msg);
	media_send(&c, hello, sizeof(hello));
	media_expect(0, SHM_MSG_PUNT, &msg);
	assert_int_equal(msg.packet.head.session.index, c.set.session.index);
	assert_int_equal(msg.packet.head.session.generation, 1);
	assert_int_equal(msg.packet.head.len, sizeof(hello));
	assert_memory_equal(msg.packet.bytes, hello, sizeof(hello));
	media_inject(0, c.set.session, hello, sizeof(hello));
	assert_true(lab_recv(0, &c.answer));
	assert_true(en_ep_eq(&c.answer.dst, &c.ep));
	assert_memory_equal(c.answer.data, hello, sizeof(hello));
	ASSERT_NO_DROPS();
}

static struct en_ep nth(unsigned int i)
{
	struct en_ep ep = ep_of(CLIENT4);

	ep.port = (uint16_t)(4000 + i);
	return ep;
}

static bool is_heard_from(unsigned int i)
{
	bool heard;

	d = c;
	d.ep = nth(i);
	media_send(&d, hello, sizeof(hello));
	heard = media_hear(0, &msg);
	lab_forget_drops();
	return heard;
}

/* Four validated paths; a fifth takes the place of the one that was silent longest, never of the nominated one. */
static void paths_are_bounded(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	for (unsigned int i = 1; i < 6; i++) {
		lab_pass(10 * LAB_MS, LAB_MS);
		d = c;
		d.ep = nth(i);
		assert_int_equal(media_check(&d, false), 0);
	}
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(is_heard_from(i), i == 0 || i > 2);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 4);
}

/* An address is one session's while that is heard there (a participant must not take away another's packets). */
static void an_address_is_one_sessions(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	media_client(&d, 0, 1, CLIENT4);
	media_install(&d);
	assert_int_equal(media_check(&d, true), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_PATH_TAKEN, 1);
	media_expect_silence();
	/* silent for longer than consent checks are apart: the client is another one now */
	lab_pass(11 * EN_NS_PER_S, 10 * LAB_MS);
	assert_int_equal(media_check(&d, true), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_LOST, NULL);
	media_expect_state(0, d.set.session, SHM_SESSION_CONNECTED, &d.ep);
	media_send(&d, hello, sizeof(hello));
	media_expect(0, SHM_MSG_PUNT, &msg);
	assert_int_equal(msg.packet.head.session.index, 1);
}

/* --- consent ------------------------------------------------------------------ */

/* covers: S7 */
static void consent_ends(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	for (unsigned int i = 0; i < 10; i++) {
		lab_pass(5 * EN_NS_PER_S, 10 * LAB_MS);
		assert_int_equal(media_check(&c, i % 2), 0);
	}
	/* packets renew nothing */
	lab_pass(29 * EN_NS_PER_S, 10 * LAB_MS);
	media_send(&c, hello, sizeof(hello));
	media_expect(0, SHM_MSG_PUNT, &msg);
	media_expect_silence();
	lab_pass(1100 * LAB_MS, 10 * LAB_MS);
	media_expect_state(0, c.set.session, SHM_SESSION_LOST, NULL);
	assert_int_equal(lab_counter(CTR_SESSION_LOST), 1);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 0);
	media_inject(0, c.set.session, hello, sizeof(hello));
	lab_expect_nothing();
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	/* a late check does not revive it */
	assert_int_equal(media_check(&c, true), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_LOST, 1);
	media_expect_silence();
	/* an ICE restart does */
	media_renew(&c);
	media_install(&c);
	assert_int_equal(media_check(&c, true), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	ASSERT_NO_DROPS();
}

/* Consent is the path's: checks from elsewhere, or refused ones, do not renew it. */
/* covers: S7 */
static void consent_of_another_path(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	c.set.consent_ms = 2000;
	media_connect(&c);
	for (unsigned int i = 0; i < 3; i++) {
		lab_pass(500 * LAB_MS, 10 * LAB_MS);
		d = c;
		d.ep = ep_of(MOVED4);
		assert_int_equal(media_check(&d, false), 0);
		d = c;
		d.set.pwd[0] ^= 1;
		assert_int_equal(media_check(&d, true), 401);
	}
	lab_pass(600 * LAB_MS, 10 * LAB_MS);
	media_expect_state(0, c.set.session, SHM_SESSION_LOST, NULL);
	/* one that never got as far as nomination ends the same way */
	media_client(&c, 0, 1, CLIENT4);
	c.set.consent_ms = 2000;
	media_install(&c);
	assert_int_equal(media_check(&c, false), 0);
	media_expect(0, SHM_MSG_SESSION_EVENT, &msg);
	lab_pass(2100 * LAB_MS, 10 * LAB_MS);
	media_expect_state(0, c.set.session, SHM_SESSION_LOST, NULL);
}

/* --- restart ------------------------------------------------------------------- */

static void an_ice_restart(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	d = c;
	media_renew(&d);
	media_install(&d);
	media_expect_silence();
	/* the path stays, and the old credentials serve until the new ones are used */
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	assert_int_equal(media_check(&c, true), 0);
	d.ep = ep_of(MOVED4);
	assert_int_equal(media_check(&d, false), 0);
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	assert_int_equal(media_check(&c, true), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_UFRAG, 1);
	assert_int_equal(media_check(&d, true), 0);
	media_expect_state(0, d.set.session, SHM_SESSION_CONNECTED, &d.ep);
	/* the same message again is no restart */
	media_install(&d);
	assert_int_equal(media_check(&d, true), 0);
	media_expect_silence();
	assert_int_equal(media_session(&d)->old_ufrag[0], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(a_check_is_answered),
		lab_test(any_listener_will_do),
		lab_test(strangers_get_no_answer),
		lab_test(passwords),
		lab_test(attributes_behind_the_signature),
		lab_test(unknown_attributes),
		lab_test(we_are_controlled),
		lab_test(framing_and_fingerprint),
		lab_test(the_newest_nomination_wins),
		lab_test(before_nomination),
		lab_test(paths_are_bounded),
		lab_test(an_address_is_one_sessions),
		lab_test(consent_ends),
		lab_test(consent_of_another_path),
		lab_test(an_ice_restart),
	};

	return cmocka_run_group_tests_name("ice", tests, NULL, NULL);
}
