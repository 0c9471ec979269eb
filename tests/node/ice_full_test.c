/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ice_full_test.c - the dataplane's half of a full ICE agent: checks of control's go out, their answers come up, and
 * a path is taken on its word when something there answered (RFC 8445 s7; security.md S5, S6, S7).
 */
#include <string.h>

#include "engine/base/random.h"
#include "engine/shm/ice.h"
#include "tests/node/lib/media_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define CLIENT6 "[2001:db8:1::10]:4000"
#define MOVED4  "198.18.0.11:5000"
#define VICTIM4 "198.18.0.99:53"

static const struct lab_options full = {.media = "ice = full"};
static const struct lab_options full2 = {.media = "ice = full", .cores = 2};
static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static struct media_client c, d;
static struct shm_msg msg;
static uint8_t ours[WIRE_STUN_TID_LEN]; /* transaction id of the last check of ours */

static void begin(uint32_t ice)
{
	media_open(&full);
	media_client(&c, 0, 0, CLIENT4);
	c.set.ice = ice;
	c.set.tie_breaker = 1000;
	media_install(&c);
}

/* --- control's side ------------------------------------------------------------ */

static size_t build_check(const struct media_client *who, uint8_t *buf, size_t cap)
{
	struct wire_stun_builder b;

	shm_tid_make(who->core, who->set.session.index, en_random64(), ours);
	wire_stun_build(&b, buf, cap, WIRE_STUN_BINDING, WIRE_STUN_REQUEST, ours);
	wire_stun_put(&b, WIRE_ATTR_USERNAME, "them:us", 7);
	wire_stun_put_mi(&b, (const uint8_t *)"their password", 14);
	wire_stun_put_fingerprint(&b);
	return wire_stun_finish(&b);
}

static void ask(const struct media_client *who, const struct en_ep *to)
{
	uint8_t buf[200];
	size_t len = build_check(who, buf, sizeof(buf));

	media_inject_to(who->core, who->set.session, who->set.listen, to, buf, (uint32_t)len);
}

/* The check left for there. */
static bool asked(const struct en_ep *to)
{
	struct packet p;
	struct wire_stun s;

	if (!lab_recv(0, &p))
		return false;
	assert_true(en_ep_eq(&p.dst, to));
	assert_int_equal(wire_stun_parse(p.data, p.data_len, &s), WIRE_STUN_OK);
	assert_int_equal(s.cls, WIRE_STUN_REQUEST);
	assert_memory_equal(s.tid, ours, sizeof(ours));
	return true;
}

static void answer_from(const struct media_client *who, const uint8_t tid[WIRE_STUN_TID_LEN])
{
	struct wire_stun_builder b;
	uint8_t buf[200];

	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_SUCCESS, tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, &who->server);
	wire_stun_put_mi(&b, (const uint8_t *)"their password", 14);
	wire_stun_put_fingerprint(&b);
	media_send(who, buf, wire_stun_finish(&b));
}

static void expect_stun(const struct media_client *who, unsigned int cls)
{
	struct wire_stun s;

	media_expect(who->core, SHM_MSG_STUN, &msg);
	assert_int_equal(msg.packet.head.session.index, who->set.session.index);
	assert_int_equal(msg.packet.head.session.generation, who->set.session.generation);
	assert_int_equal(msg.packet.head.listen, who->set.listen);
	assert_true(en_ep_eq(&msg.packet.head.remote, &who->ep));
	assert_int_equal(wire_stun_parse(msg.packet.bytes, msg.packet.head.len, &s), WIRE_STUN_OK);
	assert_int_equal(s.cls, cls);
}

static void path(const struct media_client *who, const struct en_ep *to, uint32_t nominated)
{
	const struct shm_msg_path m = {
		.session = who->set.session, .listen = who->set.listen, .nominated = nominated, .remote = *to};

	media_command(who->core, SHM_MSG_PATH, &m, sizeof(m));
}

/* Check, answer, and control's word for it. */
static void prove(const struct media_client *who)
{
	ask(who, &who->ep);
	assert_true(asked(&who->ep));
	answer_from(who, ours);
	expect_stun(who, WIRE_STUN_SUCCESS);
	path(who, &who->ep, 1);
}

static void connect_full(void)
{
	begin(SHM_ICE_CONTROLLED);
	assert_int_equal(media_check(&c, true), 0);
	expect_stun(&c, WIRE_STUN_REQUEST);
	media_expect(0, SHM_MSG_SESSION_EVENT, &msg);
	prove(&c);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	media_expect_silence();
}

/* --- the path -------------------------------------------------------------------- */

/* A nomination is told, and moves nothing by itself. */
static void checks_are_answered_and_told(void **state)
{
	(void)state;
	begin(SHM_ICE_CONTROLLED);
	assert_int_equal(media_check(&c, true), 0);
	expect_stun(&c, WIRE_STUN_REQUEST);
	media_expect_state(0, c.set.session, SHM_SESSION_CHECKED, NULL);
	assert_int_equal(media_session(&c)->remote.addr.family, EN_AF_NONE);
	/* not each of a burst */
	assert_int_equal(media_check(&c, true), 0);
	media_expect_silence();
	lab_pass(20 * LAB_MS, LAB_MS);
	assert_int_equal(media_check(&c, true), 0);
	expect_stun(&c, WIRE_STUN_REQUEST);
	assert_int_equal(lab_counter(CTR_ICE_TOLD), 2);
	/* nothing goes where no answer came from */
	media_inject(0, c.set.session, hello, sizeof(hello));
	assert_false(lab_recv(0, &c.answer));
	assert_int_equal(lab_counter(CTR_INJECT_NO_PATH), 1);
	/* what is not right is not told */
	lab_pass(20 * LAB_MS, LAB_MS);
	d = c;
	d.set.pwd[1] ^= 1;
	assert_int_equal(media_check(&d, true), 401);
	media_expect_silence();
}

static void a_path_of_our_own_check(void **state)
{
	static const char *const from[] = {CLIENT4, CLIENT6};

	(void)state;
	media_open(&full);
	for (uint32_t i = 0; i < 2; i++) {
		media_client(&c, 0, i, from[i]);
		c.set.ice = SHM_ICE_CONTROLLING;
		media_install(&c);
		/* a lite peer never checks */
		ask(&c, &c.ep);
		assert_true(asked(&c.ep));
		answer_from(&c, ours);
		expect_stun(&c, WIRE_STUN_SUCCESS);
		/* the handshake may go on there */
		path(&c, &c.ep, 0);
		media_expect_silence();
		media_inject(0, c.set.session, hello, sizeof(hello));
		assert_true(lab_recv(0, &c.answer));
		assert_true(en_ep_eq(&c.answer.dst, &c.ep));
		assert_int_equal(media_session(&c)->remote.addr.family, EN_AF_NONE);
		media_send(&c, hello, sizeof(hello));
		media_expect(0, SHM_MSG_PUNT, &msg);
		path(&c, &c.ep, 1);
		media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
		assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	}
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_ICE_ASKED), 2);
	assert_int_equal(lab_counter(CTR_ICE_ANSWERED), 2);
}

/* covers: S5 */
static void somebody_elses_address(void **state)
{
	const struct en_ep victim = ep_of(VICTIM4);

	(void)state;
	connect_full();
	/* a legal client names the victim as its own address */
	lab_pass(100 * LAB_MS, LAB_MS);
	d = c;
	d.ep = victim;
	assert_int_equal(media_check(&d, true), 0);
	expect_stun(&d, WIRE_STUN_REQUEST);
	media_inject(0, c.set.session, hello, sizeof(hello));
	assert_true(lab_recv(0, &c.answer));
	assert_true(en_ep_eq(&c.answer.dst, &c.ep));
	/* not even control can turn it there: nothing has answered; nor does an answer from elsewhere help */
	path(&c, &victim, 1);
	media_expect_refusal(0, SHM_MSG_PATH, SHM_REFUSED_RANGE);
	ask(&c, &victim);
	assert_true(asked(&victim));
	answer_from(&c, ours);
	ASSERT_DROP(DROP_ICE_ANSWER, 1);
	path(&c, &victim, 1);
	media_expect_refusal(0, SHM_MSG_PATH, SHM_REFUSED_RANGE);
	media_expect_silence();
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
}

static void a_client_that_moves(void **state)
{
	(void)state;
	connect_full();
	lab_pass(100 * LAB_MS, LAB_MS);
	d = c;
	d.ep = ep_of(MOVED4);
	assert_int_equal(media_check(&d, true), 0);
	expect_stun(&d, WIRE_STUN_REQUEST);
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	prove(&d);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &d.ep);
	assert_int_equal(lab_counter(CTR_SESSION_MOVED), 1);
	/* on the path nothing is told any more */
	lab_pass(100 * LAB_MS, LAB_MS);
	assert_int_equal(media_check(&d, true), 0);
	media_expect_silence();
}

static void an_answer_reaches_its_core(void **state)
{
	(void)state;
	media_open(&full2);
	media_client(&c, 1, 3, CLIENT4);
	c.set.ice = SHM_ICE_CONTROLLED;
	media_install(&c);
	prove(&c);
	media_expect_state(1, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	media_expect_silence();
}

/* --- what is no check, no answer ----------------------------------------------------- */

static void refused(unsigned int listen, const struct en_ep *to, const void *bytes, size_t len)
{
	uint64_t before = lab_counter(CTR_ICE_REFUSED);

	media_inject_to(0, c.set.session, listen, to, bytes, (uint32_t)len);
	assert_int_equal(lab_counter(CTR_ICE_REFUSED), before + 1);
	assert_false(lab_recv(0, &c.answer));
}

static void only_checks_leave(void **state)
{
	const struct en_ep to = ep_of(CLIENT4), six = ep_of(CLIENT6), none = {0};
	struct wire_stun_builder b;
	uint8_t buf[700];
	size_t len;

	(void)state;
	begin(SHM_ICE_CONTROLLED);
	len = build_check(&c, buf, sizeof(buf));
	refused(2, &to, buf, len); /* no such listener */
	refused(1, &to, buf, len); /* another family */
	refused(0, &six, buf, len);
	refused(0, &none, buf, len);
	refused(0, &to, buf, len - 1);
	refused(0, &to, buf, 0);
	refused(0, &to, hello, sizeof(hello));
	buf[0] ^= 0x80; /* RTP */
	refused(0, &to, buf, len);
	build_check(&c, buf, sizeof(buf));
	buf[9] ^= 1; /* by its transaction id another core's, another session's */
	buf[8] ^= 1;
	refused(0, &to, buf, len);
	build_check(&c, buf, sizeof(buf));
	buf[12] ^= 1;
	refused(0, &to, buf, len);
	for (unsigned int cls = WIRE_STUN_INDICATION; cls <= WIRE_STUN_ERROR; cls++) {
		wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, cls, ours);
		refused(0, &to, buf, wire_stun_finish(&b));
	}
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST, ours);
	refused(0, &to, buf, wire_stun_finish(&b));
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, ours);
	for (unsigned int i = 0; i < 80; i++)
		wire_stun_put(&b, WIRE_ATTR_SOFTWARE, "long", 4);
	refused(0, &to, buf, wire_stun_finish(&b));
	/* a session that is not there, and one that is ICE-lite */
	len = build_check(&c, buf, sizeof(buf));
	c.set.session.generation++;
	refused(0, &to, buf, len);
	c.set.ice = SHM_ICE_LITE;
	media_install(&c);
	refused(0, &to, buf, len);
	path(&c, &to, 1);
	media_expect_refusal(0, SHM_MSG_PATH, SHM_REFUSED_RANGE);
}

/* covers: S6 */
static void the_pace_is_kept(void **state)
{
	uint8_t buf[200];
	unsigned int sent = 0;

	(void)state;
	begin(SHM_ICE_CONTROLLED);
	lab_pass(1000 * LAB_MS, 10 * LAB_MS);
	for (unsigned int i = 0; i < 1000; i++) {
		size_t len = build_check(&c, buf, sizeof(buf));

		media_inject_to(0, c.set.session, 0, &c.ep, buf, (uint32_t)len);
		while (lab_recv(0, &c.answer))
			sent++;
		lab_pass(LAB_MS, LAB_MS);
	}
	/* one in 50 ms, and those that may come together */
	assert_in_range(sent, 18, 1000 / 50 + 5);
	assert_int_equal(lab_counter(CTR_ICE_ASKED), sent);
	assert_int_equal(lab_counter(CTR_ICE_REFUSED), 1000 - sent);
}

static void only_answers_come_up(void **state)
{
	uint8_t tid[WIRE_STUN_TID_LEN];

	(void)state;
	begin(SHM_ICE_CONTROLLED);
	/* never asked; another core's, another place's */
	for (unsigned int i = 0; i < 4; i++) {
		shm_tid_make(i == 1 ? 1 : 0, i == 2 ? 1 : i == 3 ? MEDIA_SESSIONS : 0, en_random64(), tid);
		answer_from(&c, tid);
		ASSERT_DROP(DROP_ICE_ANSWER, 1);
	}
	ask(&c, &c.ep);
	assert_true(asked(&c.ep));
	/* one bit beside it */
	memcpy(tid, ours, sizeof(tid));
	tid[11] ^= 1;
	answer_from(&c, tid);
	ASSERT_DROP(DROP_ICE_ANSWER, 1);
	answer_from(&c, ours);
	expect_stun(&c, WIRE_STUN_SUCCESS);
	/* once */
	answer_from(&c, ours);
	ASSERT_DROP(DROP_ICE_ANSWER, 1);
	/* nobody there */
	ask(&c, &c.ep);
	assert_true(asked(&c.ep));
	media_detach();
	answer_from(&c, ours);
	ASSERT_DROP(DROP_PUNT_NOBODY, 1);
	media_attach();
	media_expect_silence();
}

static void lite_takes_no_part(void **state)
{
	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	c.set.ice = SHM_ICE_CONTROLLED;
	media_install(&c);
	media_expect_refusal(0, SHM_MSG_SESSION, SHM_REFUSED_RANGE);
	c.set.ice = SHM_ICE_N;
	media_install(&c);
	media_expect_refusal(0, SHM_MSG_SESSION, SHM_REFUSED_RANGE);
	media_expect_silence();
}

/* --- roles ----------------------------------------------------------------------------- */

static int check_with_role(unsigned int type, uint64_t tie_breaker)
{
	uint8_t tie[8];

	en_store64(tie, tie_breaker);
	media_begin(&c);
	wire_stun_put(&c.b, type, tie, sizeof(tie));
	return media_ask(&c);
}

/* RFC 8445 s7.3.1.1; ours is 1000 */
static void role_conflicts(void **state)
{
	static const struct {
		uint32_t ours;
		unsigned int theirs;
		uint64_t tie_breaker;
		int code;
		uint32_t then;
	} cases[] = {
		{SHM_ICE_CONTROLLED, WIRE_ATTR_ICE_CONTROLLING, 0, 0, SHM_ICE_CONTROLLED},
		{SHM_ICE_CONTROLLING, WIRE_ATTR_ICE_CONTROLLED, 5000, 0, SHM_ICE_CONTROLLING},
		{SHM_ICE_CONTROLLING, WIRE_ATTR_ICE_CONTROLLING, 999, 487, SHM_ICE_CONTROLLING},
		{SHM_ICE_CONTROLLING, WIRE_ATTR_ICE_CONTROLLING, 1000, 487, SHM_ICE_CONTROLLING},
		{SHM_ICE_CONTROLLING, WIRE_ATTR_ICE_CONTROLLING, 1001, 0, SHM_ICE_CONTROLLED},
		{SHM_ICE_CONTROLLED, WIRE_ATTR_ICE_CONTROLLED, 999, 0, SHM_ICE_CONTROLLING},
		{SHM_ICE_CONTROLLED, WIRE_ATTR_ICE_CONTROLLED, 1000, 0, SHM_ICE_CONTROLLING},
		{SHM_ICE_CONTROLLED, WIRE_ATTR_ICE_CONTROLLED, 1001, 487, SHM_ICE_CONTROLLED},
	};

	(void)state;
	begin(SHM_ICE_CONTROLLED);
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		c.set.ice = cases[i].ours;
		media_install(&c);
		assert_int_equal(check_with_role(cases[i].theirs, cases[i].tie_breaker), cases[i].code);
		assert_int_equal(media_session(&c)->ice, cases[i].then);
		lab_pass(20 * LAB_MS, LAB_MS);
		if (cases[i].code == 0)
			expect_stun(&c, WIRE_STUN_REQUEST);
		if (i == 0)
			media_expect(0, SHM_MSG_SESSION_EVENT, &msg);
		media_expect_silence();
	}
}

/* --- consent ------------------------------------------------------------------------------ */

/* covers: S7. The client's own checks do not stand in for its answers; they do when control is away. */
static void consent_is_controls(void **state)
{
	(void)state;
	begin(SHM_ICE_CONTROLLED);
	c.set.consent_ms = 30000;
	media_install(&c);
	prove(&c);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	for (unsigned int s = 0; s < 60; s += 5) { /* answered */
		lab_pass(5000 * LAB_MS, 50 * LAB_MS);
		ask(&c, &c.ep);
		assert_true(asked(&c.ep));
		answer_from(&c, ours);
		expect_stun(&c, WIRE_STUN_SUCCESS);
		path(&c, &c.ep, 1);
	}
	media_expect_silence();
	for (unsigned int s = 0; s < 25; s += 5) { /* asked, not answered; the client checks and sends */
		lab_pass(5000 * LAB_MS, 50 * LAB_MS);
		ask(&c, &c.ep);
		assert_true(asked(&c.ep));
		assert_int_equal(media_check(&c, true), 0);
	}
	media_expect_silence();
	lab_pass(4900 * LAB_MS, 50 * LAB_MS);
	media_expect_silence();
	lab_pass(300 * LAB_MS, 50 * LAB_MS);
	media_expect_state(0, c.set.session, SHM_SESSION_LOST, NULL);
	/* too late */
	answer_from(&c, ours);
	expect_stun(&c, WIRE_STUN_SUCCESS);
	path(&c, &c.ep, 1);
	media_expect_refusal(0, SHM_MSG_PATH, SHM_REFUSED_STALE);
	ask(&c, &c.ep);
	assert_false(asked(&c.ep));
	/* an ICE restart helps */
	media_renew(&c);
	media_install(&c);
	prove(&c);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
}

static void a_call_outlives_control(void **state)
{
	(void)state;
	connect_full();
	media_detach();
	for (unsigned int s = 0; s < 120; s += 5) {
		lab_pass(5000 * LAB_MS, 50 * LAB_MS);
		assert_int_equal(media_check(&c, true), 0);
	}
	assert_int_equal(media_session(&c)->state, SHM_SESSION_CONNECTED);
	lab_pass(31000 * LAB_MS, 50 * LAB_MS);
	assert_int_equal(media_session(&c)->state, SHM_SESSION_LOST);
}

/* Until the new path is there the old one stays, and what happens on it is told again. */
static void an_ice_restart(void **state)
{
	(void)state;
	connect_full();
	lab_pass(100 * LAB_MS, LAB_MS);
	media_renew(&c);
	media_install(&c);
	assert_int_equal(media_check(&c, true), 0);
	expect_stun(&c, WIRE_STUN_REQUEST);
	assert_true(en_ep_eq(&media_session(&c)->remote, &c.ep));
	prove(&c);
	media_expect_silence();
	assert_int_equal(media_session(&c)->state, SHM_SESSION_CONNECTED);
	lab_pass(100 * LAB_MS, LAB_MS);
	assert_int_equal(media_check(&c, true), 0);
	media_expect_silence();
}

/* A new control process learns role and tie-breaker. */
static void told_again(void **state)
{
	const struct shm_msg_resync m = {.token = 7};

	(void)state;
	connect_full();
	media_command(0, SHM_MSG_RESYNC, &m, sizeof(m));
	media_expect(0, SHM_MSG_SESSION, &msg);
	assert_int_equal(msg.session.ice, SHM_ICE_CONTROLLED);
	assert_int_equal(msg.session.tie_breaker, 1000);
	assert_true(en_ep_eq(&msg.session.remote, &c.ep));
	media_expect(0, SHM_MSG_RESYNC_END, &msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(checks_are_answered_and_told),
		lab_test(a_path_of_our_own_check),
		lab_test(somebody_elses_address),
		lab_test(a_client_that_moves),
		lab_test(an_answer_reaches_its_core),
		lab_test(only_checks_leave),
		lab_test(the_pace_is_kept),
		lab_test(only_answers_come_up),
		lab_test(lite_takes_no_part),
		lab_test(role_conflicts),
		lab_test(consent_is_controls),
		lab_test(a_call_outlives_control),
		lab_test(an_ice_restart),
		lab_test(told_again),
	};

	return cmocka_run_group_tests_name("ice_full", tests, NULL, NULL);
}
