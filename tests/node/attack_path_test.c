/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attack_path_test.c - attacks on where packets may come from and go to: a race of ClientHellos, a session's media led
 * to somebody else, consent kept alive by media, every first byte, sprayed RTP (security.md S1, S5, S7, S8, M1).
 *
 * Peer 0 publishes audio, peer 1 receives it. The attacker has addresses of its own, or writes others' as its source.
 */
#include <stdio.h>
#include <string.h>

#include "dataplane/media/flow.h"
#include "engine/wire/rtcp.h"
#include "tests/node/lib/rtp_peer.h"

#define GCM SHM_SRTP_GCM_128

/* A ClientHello whose only cipher is none. */
static const uint8_t null_hello[67] = {
	22, 0xfe, 0xfd, [12] = 54, 1, [16] = 42, [24] = 42, 0xfe, 0xfd, [62] = 2, [65] = 1};

static struct shm_msg msg;

static struct en_ep ep_at(const char *addr, unsigned int port)
{
	char text[64];

	snprintf(text, sizeof(text), "%s:%u", addr, port);
	return ep_of(text);
}

/* From whatever address to the media port; runs the lab. */
static void send_from(const struct en_ep *from, const void *bytes, size_t len)
{
	struct en_ep server = ep_of(from->addr.family == EN_AF_INET ? MEDIA_LISTEN4 : MEDIA_LISTEN6);
	struct frame f;

	frame_udp(&f, from, &server, bytes, len, NULL);
	lab_run(0, &f);
}

static struct rtp_packet sound(uint16_t seq)
{
	return (struct rtp_packet){
		.pt = PT_OPUS, .seq = seq, .ts = seq * 960u, .ssrc = 0xa0, .mid = "0", .payload = "sound", .len = 5};
}

static void open_call(uint32_t profile)
{
	struct shm_msg_track t;
	struct shm_msg_route r;

	rtp_open(2, profile, NULL);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	r = rtp_route(0, &t, 1);
	rtp_tell_track(&t);
	rtp_tell_route(&r);
}

static void must_pass(uint16_t seq)
{
	struct rtp_packet p = sound(seq);
	struct rtp_got g;

	rtp_send(0, &p);
	rtp_expect(1, &g);
	rtp_assert_payload(&g, "sound", 5);
}

/* --- S1 ------------------------------------------------------------------------------------- */

static unsigned int sprayed;

static void spray(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct en_ep from = ep_at(sprayed % 3 ? "198.18.0.99" : "[2001:db8:1::99]", 1024 + sprayed % 60000);

		send_from(&from, null_hello, sizeof(null_hello));
		sprayed++;
	}
}

/* Before, between and after the checks of each set-up. Nobody but the victim gets as far as control, or an answer. */
/* covers: S1 */
static void race_of_hellos(void **state)
{
	static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct media_client c;

	(void)state;
	sprayed = 0;
	media_open(NULL);
	lab_forget_drops();
	for (uint32_t i = 0; i < MEDIA_SESSIONS; i++) {
		char text[32];

		snprintf(text, sizeof(text), "198.18.0.10:%u", 4000 + i);
		media_client(&c, 0, i, text);
		spray(20);
		media_install(&c);
		spray(20);
		assert_int_equal(media_check(&c, false), 0);
		spray(20);
		media_expect_state(0, c.set.session, SHM_SESSION_CHECKED, &c.ep);
		media_send(&c, hello, sizeof(hello));
		spray(20);
		media_expect(0, SHM_MSG_PUNT, &msg);
		assert_int_equal(msg.packet.head.session.index, i);
		assert_int_equal(msg.packet.head.len, sizeof(hello));
		assert_int_equal(media_check(&c, true), 0);
		spray(20);
		media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	}
	media_expect_silence();
	lab_expect_nothing();
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 100 * MEDIA_SESSIONS);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), MEDIA_SESSIONS);
}

/* --- S5 ------------------------------------------------------------------------------------- */

/* A check of a session's client that says the victim's address is its own. */
static int check_as(const struct rtp_peer *p, const char *from, bool nominate, bool right)
{
	struct media_client c = p->c;

	c.ep = ep_of(from);
	c.set.pwd[0] ^= right ? 0 : 1;
	media_begin(&c);
	wire_stun_put(&c.b, WIRE_ATTR_ICE_CONTROLLING, "12345678", 8);
	if (nominate)
		wire_stun_put(&c.b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	return media_ask(&c);
}

/* What the engine has sent to this address (NULL: to any but the peers'); all of it is taken. */
static unsigned int taken(const struct en_ep *to)
{
	unsigned int n = 0;
	struct packet p;

	while (lab_recv(0, &p))
		if (to)
			n += en_ep_eq(&p.dst, to);
		else
			n += !en_ep_eq(&p.dst, &rtp_peer[0].c.ep) && !en_ep_eq(&p.dst, &rtp_peer[1].c.ep);
	return n;
}

/* A check without nomination, with nothing else under way. */
static int keep_alive(unsigned int peer)
{
	rtp_forget();
	return media_check(&rtp_peer[peer].c, false);
}

/* covers: S5 */
static void no_media_to_a_claimed_address(void **state)
{
	struct media_client refused;

	(void)state;
	open_call(GCM);
	must_pass(1);
	/* a higher priority, no nomination: answered, no more */
	refused = rtp_peer[1].c;
	refused.ep = ep_of("198.18.0.77:9");
	media_begin(&refused);
	wire_stun_put_u32(&refused.b, WIRE_ATTR_PRIORITY, UINT32_MAX);
	assert_int_equal(media_ask(&refused), 0);
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(check_as(&rtp_peer[1], "198.18.0.77:9", false, true), 0);
	/* a nomination without the password */
	assert_int_equal(check_as(&rtp_peer[1], "198.18.0.78:9", true, false), 401);
	for (uint16_t seq = 2; seq < 50; seq++)
		must_pass(seq);
	lab_pass(1200 * LAB_MS, LAB_MS);
	assert_int_equal(taken(NULL), 0);
	/* nor may a session take the address that another one is at */
	assert_int_equal(check_as(&rtp_peer[1], "198.18.0.10:5000", true, true), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_PATH_TAKEN, 1);
	must_pass(50);
}

/* Authentic RTCP of peer 1, from there. */
static void report_from(const struct en_ep *from)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1, 0, 0, 0, 9};
	uint8_t b[RTP_MAX];

	send_from(from, b, rtcp_protect(1, rr, sizeof(rr), b));
}

static bool is_at(const struct en_ep *ep)
{
	return en_ep_eq(&media_session(&rtp_peer[1].c)->remote, ep);
}

/* Overheard: the last check of peer 1, and RTCP. Sent again from elsewhere, as often as one likes, they move nothing.
 */
/* covers: S5 */
static void a_nomination_sent_again(void **state)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1, 0, 0, 0, 9};
	const struct en_ep elsewhere = ep_of("198.18.0.66:6");
	struct media_client *c = &rtp_peer[1].c;
	uint8_t check[sizeof(c->buf)], b[RTP_MAX];
	size_t len, rtcp_len;
	uint64_t heard;

	(void)state;
	open_call(GCM);
	must_pass(1);
	assert_int_equal(media_check(c, true), 0);
	memcpy(check, c->buf, sizeof(check));
	len = 20u + en_load16(check + 2);
	rtcp_len = rtcp_protect(1, rr, sizeof(rr), b);
	send_from(&c->ep, b, rtcp_len);
	for (unsigned int s = 0; s < 20; s++) {
		lab_pass(EN_NS_PER_S, 10 * LAB_MS);
		if (s % 3 == 0)
			assert_int_equal(keep_alive(1), 0);
		assert_int_equal(keep_alive(0), 0);
		send_from(&elsewhere, check, len);
		send_from(&elsewhere, b, rtcp_len);
		assert_true(is_at(&c->ep));
		rtp_forget();
	}
	ASSERT_DROP(DROP_SRTP_REPLAY, 20);
	assert_int_equal(lab_counter(CTR_SESSION_MOVED), 0);
	/* nor is it consent */
	heard = media_session(c)->heard_ns;
	lab_pass(EN_NS_PER_S, 10 * LAB_MS);
	send_from(&elsewhere, check, len);
	assert_int_equal(media_session(c)->heard_ns, heard);
	rtp_forget();
}

static int move_to(const char *where, bool nominate)
{
	rtp_forget();
	return check_as(&rtp_peer[1], where, nominate, true);
}

/* Who is elsewhere now says so by RTCP, by having left the old address, or by an ICE restart. */
/* covers: S5 */
static void who_moves_is_followed(void **state)
{
	const struct en_ep next[] = {ep_of("198.18.0.21:1"), ep_of("198.18.0.22:2"), ep_of("198.18.0.23:3")};
	struct media_client *c = &rtp_peer[1].c, old;

	(void)state;
	open_call(GCM);
	/* before the nomination it proves nothing */
	assert_int_equal(move_to("198.18.0.21:1", false), 0);
	report_from(&next[0]);
	assert_true(is_at(&c->ep));
	assert_int_equal(move_to("198.18.0.21:1", true), 0);
	assert_true(is_at(&c->ep));
	report_from(&c->ep);
	assert_true(is_at(&c->ep));
	report_from(&next[0]);
	assert_true(is_at(&next[0]));
	rtp_forget();
	lab_pass(5 * EN_NS_PER_S, 10 * LAB_MS);
	assert_int_equal(move_to("198.18.0.22:2", true), 0);
	assert_true(is_at(&next[1]));
	old = *c;
	c->ep = next[1];
	media_renew(c);
	media_install(c);
	rtp_forget();
	rtp_peer[1].c = old; /* a check with the old credentials is not the restart's */
	assert_int_equal(move_to("198.18.0.23:3", true), 0);
	assert_true(is_at(&next[1]));
	media_renew(c);
	media_install(c);
	assert_int_equal(move_to("198.18.0.23:3", true), 0);
	assert_true(is_at(&next[2]));
	rtp_forget();
}

/* A nomination moves the path, and consent is asked of the new one: without checks from there it is over. */
/* covers: S5 */
static void what_was_nominated_must_go_on_consenting(void **state)
{
	const struct en_ep victim = ep_of("198.18.0.77:9");
	struct rtp_packet p = sound(1);
	unsigned int sent = 0;

	(void)state;
	open_call(GCM);
	assert_int_equal(check_as(&rtp_peer[1], "198.18.0.77:9", true, true), 0);
	report_from(&victim);
	for (unsigned int s = 0; s < 40; s++) {
		lab_pass(EN_NS_PER_S, 10 * LAB_MS);
		if (taken(&victim))
			sent = s;
		assert_int_equal(keep_alive(0), 0);
		/* from where it was before: that is not the path any more */
		if (s < 28)
			assert_int_equal(keep_alive(1), 0);
		p.seq++;
		rtp_send(0, &p);
		if (taken(&victim))
			sent = s;
	}
	assert_in_range(sent, 27, 30);
	assert_int_equal(media_session(&rtp_peer[1].c)->state, SHM_SESSION_LOST);
}

/* --- S7 ------------------------------------------------------------------------------------- */

/* What peer 1 is sent in each second while peer 0 goes on. With `talks`, peer 1 goes on sending RTP and RTCP itself. */
static uint64_t sent_until(bool talks)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1, 0, 0, 0, 9};
	uint64_t began = lab.now_ns, last = 0;
	struct rtp_packet p = sound(100), own = sound(1);

	own.ssrc = 0xb7;
	for (unsigned int i = 0; i < 400; i++) { /* 40 s */
		lab_pass(100 * LAB_MS, 10 * LAB_MS);
		if (taken(&rtp_peer[1].c.ep))
			last = lab.now_ns - began;
		if (i % 50 == 0)
			assert_int_equal(keep_alive(0), 0);
		p.seq++;
		rtp_send(0, &p);
		if (talks) {
			own.seq++;
			rtp_send(1, &own);
			rtcp_send(1, rr, sizeof(rr));
		}
		if (taken(&rtp_peer[1].c.ep))
			last = lab.now_ns - began;
	}
	return last;
}

/* covers: S7 */
static void consent_lasts_thirty_seconds(bool talks)
{
	uint64_t last;
	struct rtp_got g;
	struct rtp_packet p = sound(900);

	open_call(GCM);
	must_pass(1);
	assert_int_equal(keep_alive(1), 0);
	last = sent_until(talks);
	assert_in_range(last, 29 * EN_NS_PER_S, 31 * EN_NS_PER_S);
	media_expect_state(0, rtp_peer[1].c.set.session, SHM_SESSION_LOST, NULL);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 1);
	/* late ones do not revive it */
	rtp_forget();
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(media_check(&rtp_peer[1].c, true), MEDIA_NO_ANSWER);
	rtp_send(0, &p);
	rtp_expect_nothing(1);
	/* an ICE restart does, with the keys that were */
	media_renew(&rtp_peer[1].c);
	media_install(&rtp_peer[1].c);
	rtp_forget();
	assert_int_equal(media_check(&rtp_peer[1].c, true), 0);
	p.seq++;
	rtp_send(0, &p);
	rtp_expect(1, &g);
	/* and the end frees it all */
	media_command(0, SHM_MSG_SESSION_END, &(const struct shm_msg_end){.what = rtp_peer[1].c.set.session},
		      sizeof(struct shm_msg_end));
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 1);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 1);
}

/* covers: S7 */
static void media_is_no_consent(void **state)
{
	(void)state;
	consent_lasts_thirty_seconds(true);
}

/* covers: S7 */
static void a_client_that_vanished(void **state)
{
	(void)state;
	consent_lasts_thirty_seconds(false);
}

/* --- S8 ------------------------------------------------------------------------------------- */

/* What may become of a datagram; DROP_N: it goes up to control. Who has keys has RTP, too. */
static bool is_reason(unsigned int first, size_t len, unsigned int who, enum shm_drop d)
{
	if (len == 0 || (first > 3 && first < 20) || (first > 63 && first < 128) || first > 191)
		return d == DROP_MEDIA_CLASS;
	if (first <= 3)
		return d == DROP_ICE_BAD;
	if (who == 0)
		return d == DROP_MEDIA_NO_PATH;
	if (first <= 63)
		return d == DROP_N;
	if (who == 1)
		return d == DROP_MEDIA_NO_KEYS;
	return d == DROP_SRTP_SHORT || d == DROP_SRTP_AUTH;
}

/* Each is dropped for one reason, or punted once; by its first byte alone. */
static void one_handler(const struct en_ep *from, unsigned int who, const uint8_t *bytes, size_t len)
{
	uint64_t before[DROP_N], dropped = 0;
	bool up;

	for (unsigned int d = 0; d < DROP_N; d++)
		before[d] = shm_drop_sum(lab.region, d);
	send_from(from, bytes, len);
	up = media_hear(0, &msg);
	for (unsigned int d = 0; d < DROP_N; d++) {
		uint64_t n = shm_drop_sum(lab.region, d) - before[d];

		dropped += n;
		if (n && !is_reason(bytes[0], len, who, d))
			fail_msg("first byte %u, %zu bytes, source %u: %s", bytes[0], len, who, shm_drop_names[d].id);
	}
	if (dropped + up != 1 || up != is_reason(bytes[0], len, who, DROP_N))
		fail_msg("first byte %u, %zu bytes, source %u: %u handlers", bytes[0], len, who,
			 (unsigned int)dropped + up);
}

/* covers: S8 */
static void every_byte_and_length(void **state)
{
	struct en_ep source[4];
	struct media_client c, c6;
	uint8_t bytes[64];

	(void)state;
	rtp_open(1, GCM, NULL);
	media_client(&c, 0, 5, "198.18.0.40:4000");
	media_connect(&c);
	media_client(&c6, 0, 6, "[2001:db8:1::40]:4000");
	media_connect(&c6);
	source[0] = ep_of("198.18.0.99:77");
	source[1] = c.ep;
	source[2] = rtp_peer[0].c.ep;
	source[3] = c6.ep;
	for (unsigned int first = 0; first < 256; first++)
		for (size_t len = 0; len <= sizeof(bytes); len++)
			for (unsigned int who = 0; who < 4; who++) {
				memset(bytes, len % 2 ? 0 : 0xa5, sizeof(bytes));
				bytes[0] = (uint8_t)first;
				one_handler(&source[who], who % 3 ? who : who / 3, bytes, len);
			}
	assert_int_equal(lab_counter(CTR_PUNTED), 44 * 64 * 3);
	assert_int_equal(taken(NULL), 0);
	media_expect_silence();
}

/* --- M1 ------------------------------------------------------------------------------------- */

/* RTP in the clear, RTP under other keys, and what was overheard, from everywhere. */
static void sprayed_rtp(uint32_t profile)
{
	uint8_t plain[64] = {0x80, PT_OPUS, [11] = 0xa0};
	uint8_t heard[RTP_MAX];
	struct packet got;
	size_t len;

	open_call(profile);
	must_pass(1);
	for (uint16_t seq = 2; seq < 400; seq++) {
		struct rtp_packet p = sound(seq);
		struct en_ep from = ep_at(seq % 2 ? "198.18.0.99" : "198.18.0.11", 1024 + seq);

		en_store16(plain + 2, (uint16_t)(seq + 30));
		send_from(&from, plain, sizeof(plain));
		if (seq % 10 == 0) { /* overheard and faster than its sender */
			len = rtp_protect(0, &p, heard);
			send_from(&from, heard, len);
			ASSERT_DROP(DROP_MEDIA_NO_PATH, 2);
			media_send(&rtp_peer[0].c, heard, len);
			rtp_forget();
			/* the right address and no key */
			media_send(&rtp_peer[0].c, plain, sizeof(plain));
			/* a participant's packet, from another one's path */
			media_send(&rtp_peer[1].c, heard, len);
			ASSERT_DROP(DROP_SRTP_AUTH, 2);
		} else {
			ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
			must_pass(seq);
		}
		rtp_expect_nothing(1);
		rtp_expect_nothing(0);
		assert_false(lab_recv(0, &got));
	}
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 2);
}

/* covers: R1 */
static void sprayed_rtp_gcm(void **state)
{
	(void)state;
	sprayed_rtp(SHM_SRTP_GCM_128);
}

/* covers: R1 */
static void sprayed_rtp_cm(void **state)
{
	(void)state;
	sprayed_rtp(SHM_SRTP_CM_SHA1_80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(race_of_hellos),
		rtp_test(no_media_to_a_claimed_address),
		rtp_test(a_nomination_sent_again),
		rtp_test(who_moves_is_followed),
		rtp_test(what_was_nominated_must_go_on_consenting),
		rtp_test(media_is_no_consent),
		rtp_test(a_client_that_vanished),
		rtp_test(every_byte_and_length),
		rtp_test(sprayed_rtp_gcm),
		rtp_test(sprayed_rtp_cm),
	};

	return cmocka_run_group_tests_name("attack_path", tests, NULL, NULL);
}
