/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leg_test.c - calls: what comes on the ports of one leg goes to the far end of the other, from where it may come, and
 * protected where it must be (leg.h; security.md M1, M5).
 */
#include <string.h>

#include "dataplane/media/leg.h"
#include "engine/wire/rtcp.h"
#include "tests/node/lib/rtp_peer.h"

#define RANGES                                                                                                         \
	"rtp = 198.18.0.2 30000-30099 outside\n"                                                                       \
	"rtp = 2001:db8:1::2 30000-30099"
#define A_SESSION 8
#define B_SESSION 9

static const struct lab_options with_calls = {.calls = RANGES};
static const struct lab_options two_cores = {.calls = RANGES, .cores = 2};

struct leg {
	struct media_client c; /* its session; ep: where its far end is */
	struct shm_msg_leg set;
};
static struct leg a, b;

static uint8_t packet[200];

/* RTP with a payload of n bytes; how long it is. */
static size_t rtp(uint32_t ssrc, uint16_t seq, size_t n)
{
	const struct wire_rtp h = {.pt = 8, .seq = seq, .ts = seq * 160u, .ssrc = ssrc};

	wire_rtp_build(packet, &h);
	memset(packet + WIRE_RTP_HDR_LEN, (int)seq, n);
	return WIRE_RTP_HDR_LEN + n;
}

static size_t receiver_report(uint32_t ssrc)
{
	memcpy(packet, "\x80\xc9\x00\x01", 4);
	en_store32(packet + 4, ssrc);
	return 8;
}

static void plain(struct leg *l, uint32_t session, uint32_t port, const char *far)
{
	media_client(&l->c, 0, session, far);
	l->c.set.ice = SHM_ICE_NONE;
	l->c.set.consent_ms = 10000;
	media_install(&l->c);
	l->set = (struct shm_msg_leg){
		.session = l->c.set.session,
		.range = l->c.ep.addr.family == EN_AF_INET ? 0 : 1,
		.port = port,
		.rtcp_port = port + 1,
		.remote = l->c.ep,
		.remote_rtcp = l->c.ep,
	};
	l->set.remote_rtcp.port++;
}

static void tell(struct leg *l)
{
	media_command(0, SHM_MSG_LEG, &l->set, sizeof(l->set));
}

static void pair(void)
{
	a.set.to = b.set.session;
	b.set.to = a.set.session;
	tell(&a);
	tell(&b);
}

static void call(const char *far_a, const char *far_b)
{
	media_open(&with_calls);
	plain(&a, A_SESSION, 30000, far_a);
	plain(&b, B_SESSION, 30010, far_b);
	pair();
}

static void send_from(const struct en_ep *from, const struct leg *to, uint16_t port, size_t len)
{
	struct en_ep server = {.addr = lab.conf.gateway.rtp[to->set.range].addr, .port = port};
	struct frame f;

	frame_udp(&f, from, &server, packet, len, NULL);
	lab_run(0, &f);
}

/* It comes to there, from that port of the leg, as it is. */
static void comes(const struct en_ep *to, uint16_t port, size_t len)
{
	struct packet p;

	lab_expect(0, &p);
	assert_true(en_ep_eq(&p.dst, to));
	assert_int_equal(p.src.port, port);
	assert_int_equal(p.data_len, len);
	assert_memory_equal(p.data, packet, len);
}

static struct en_ep near_to(const struct leg *l, uint16_t port)
{
	struct en_ep ep = l->c.ep;

	ep.port = port;
	return ep;
}

/* --- plain ----------------------------------------------------------------------- */

static void both_ways(void **state)
{
	size_t len;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	for (uint16_t seq = 0; seq < 200; seq++) {
		len = rtp(0x1234, seq, seq % 180);
		send_from(&a.set.remote, &a, 30000, len);
		comes(&b.set.remote, 30010, len);
		len = rtp(0x4321, seq, 160);
		send_from(&b.set.remote, &b, 30010, len);
		comes(&a.set.remote, 30000, len);
	}
	len = receiver_report(0x1234);
	send_from(&a.set.remote_rtcp, &a, 30001, len);
	comes(&b.set.remote_rtcp, 30011, len);
	ASSERT_NO_DROPS();
	assert_int_equal(lab_counter(CTR_BRIDGED), 401);
	assert_int_equal(lab_counter(CTR_LEG_LEARNED), 0);
}

static void families_meet(void **state)
{
	size_t len = rtp(1, 1, 160);

	(void)state;
	call("198.18.0.10:7000", "[2001:db8:1::10]:8000");
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&a.set.remote, 30000, len);
}

/* RTCP of a leg that muxes goes to the pair of ports of one that does not, and back. */
static void mux_and_demux(void **state)
{
	size_t len;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	a.set.rtcp_port = a.set.port;
	tell(&a);
	len = receiver_report(5);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote_rtcp, 30011, len);
	send_from(&b.set.remote_rtcp, &b, 30011, len);
	comes(&a.set.remote, 30000, len);
	/* the port is nobody's any more */
	send_from(&a.set.remote_rtcp, &a, 30001, len);
	ASSERT_DROP(DROP_LEG_NO_CALL, 1);
}

static void what_is_not_media(void **state)
{
	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	for (unsigned int first = 0; first < 256; first++) {
		packet[0] = (uint8_t)first;
		send_from(&a.set.remote, &a, 30000, 1);
	}
	send_from(&a.set.remote, &a, 30000, 0);
	/* 128 to 191 are RTP, and too short to be any */
	assert_int_equal(ASSERT_SOME_DROPS(DROP_LEG_CLASS), 256 - 64 + 1);
	lab_forget_drops();
	receiver_report(1);
	packet[3] = 9; /* longer than it is */
	send_from(&a.set.remote_rtcp, &a, 30001, 8);
	ASSERT_DROP(DROP_RTCP_BAD, 1);
	send_from(&a.set.remote, &a, 30050, rtp(1, 1, 20));
	ASSERT_DROP(DROP_LEG_NO_CALL, 1);
	lab_expect_nothing();
}

/* --- whom it takes packets from ------------------------------------------------------ */

static void strict_is_strict(void **state)
{
	struct en_ep other = {0};

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	a.set.strict = 1;
	tell(&a);
	other = near_to(&a, 7002);
	for (uint16_t seq = 0; seq < 50; seq++)
		send_from(&other, &a, 30000, rtp(1, seq, 20));
	ASSERT_DROP(DROP_LEG_SOURCE, 50);
	lab_expect_nothing();
}

/* A phone behind NAT: its packets come from elsewhere than it says. */
static void learns_once(void **state)
{
	struct en_ep nat, thief;
	size_t len;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	nat = ep_of("198.18.0.20:9999");
	thief = ep_of("198.18.0.66:6666");
	len = rtp(1, 1, 20);
	send_from(&nat, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	media_expect_state(0, a.set.session, SHM_SESSION_CONNECTED, &nat);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&nat, 30000, len);
	/* at once, and for ever */
	for (unsigned int i = 0; i < 10; i++) {
		send_from(&thief, &a, 30000, len);
		lab_pass(1000 * LAB_MS, 10 * LAB_MS);
		send_from(&nat, &a, 30000, len);
		comes(&b.set.remote, 30010, len);
	}
	ASSERT_DROP(DROP_LEG_SOURCE, 10);
	/* the same again says nothing new */
	tell(&a);
	send_from(&thief, &a, 30000, len);
	ASSERT_DROP(DROP_LEG_SOURCE, 1);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&nat, 30000, len);
	/* another address does */
	a.set.remote = thief;
	tell(&a);
	send_from(&nat, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&thief, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&nat, &a, 30000, len);
	ASSERT_DROP(DROP_LEG_SOURCE, 1);
}

static void the_signalled_one_wins(void **state)
{
	struct en_ep thief;
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	thief = ep_of("198.18.0.66:6666");
	send_from(&thief, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&thief, &a, 30000, len);
	ASSERT_DROP(DROP_LEG_SOURCE, 1);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&a.set.remote, 30000, len);
}

/* One packet is no call: whoever sent it, and however long ago. */
static void one_packet_holds_nothing(void **state)
{
	struct en_ep thief;
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	thief = ep_of("198.18.0.66:6666");
	send_from(&thief, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	lab_pass(4000 * LAB_MS, 10 * LAB_MS);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&thief, &a, 30000, len);
	ASSERT_DROP(DROP_LEG_SOURCE, 1);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&a.set.remote, 30000, len);
}

/* A thief who was the first, and sent much: the one that was signalled has its call after a second of speech. */
static void the_signalled_one_takes_back(void **state)
{
	struct en_ep thief;
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	thief = ep_of("198.18.0.66:6666");
	for (unsigned int i = 0; i < 20; i++) {
		send_from(&thief, &a, 30000, len);
		comes(&b.set.remote, 30010, len);
		send_from(&thief, &a, 30001, receiver_report(1));
		comes(&b.set.remote_rtcp, 30011, 8);
		rtp(1, 1, 20);
	}
	for (unsigned int i = 1; i < 50; i++) {
		send_from(&a.set.remote, &a, 30000, len);
		send_from(&thief, &a, 30000, len);
		comes(&b.set.remote, 30010, len);
	}
	ASSERT_DROP(DROP_LEG_SOURCE, 49);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	for (unsigned int i = 0; i < 300; i++)
		send_from(&thief, &a, 30000, len);
	ASSERT_DROP(DROP_LEG_SOURCE, 300);
	send_from(&thief, &a, 30001, receiver_report(1));
	ASSERT_DROP(DROP_LEG_SOURCE, 1);
	lab_expect_nothing();
	send_from(&a.set.remote_rtcp, &a, 30001, 8);
	comes(&b.set.remote_rtcp, 30011, 8);
	rtp(1, 1, 20);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&a.set.remote, 30000, len);
}

/* security.md M1: sprays at every port, before and during a call that has begun. */
static void spray(void **state)
{
	struct en_ep thief;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	thief = ep_of("198.18.0.66:6666");
	send_from(&a.set.remote, &a, 30000, rtp(1, 1, 20));
	comes(&b.set.remote, 30010, 32);
	send_from(&b.set.remote, &b, 30010, rtp(2, 1, 20));
	comes(&a.set.remote, 30000, 32);
	for (uint16_t port = 30000; port < 30100; port++) {
		for (unsigned int i = 0; i < 20; i++)
			send_from(&thief, &a, port, rtp(1, (uint16_t)i, 20));
		send_from(&thief, &a, port, receiver_report(1));
	}
	lab_expect_nothing();
	/* RTP to both, RTCP to all four */
	assert_int_equal(ASSERT_SOME_DROPS(DROP_LEG_SOURCE), 2 * 20 + 4);
}

static void unknown_until_it_comes(void **state)
{
	struct en_ep none = {0}, from;
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	from = a.set.remote;
	a.set.remote = a.set.remote_rtcp = none;
	tell(&a);
	send_from(&b.set.remote, &b, 30010, len);
	ASSERT_DROP(DROP_BRIDGE_NO_ADDRESS, 1);
	send_from(&from, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&from, 30000, len);
}

/* --- the other side --------------------------------------------------------------------- */

static void ends_and_blocks(void **state)
{
	const struct shm_msg_end end = {.what = {.index = B_SESSION, .generation = 1}};
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	a.set.blocked = 1;
	tell(&a);
	send_from(&a.set.remote, &a, 30000, len);
	ASSERT_DROP(DROP_BRIDGE_BLOCKED, 1);
	a.set.blocked = 0;
	tell(&a);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	send_from(&a.set.remote, &a, 30000, len);
	ASSERT_DROP(DROP_BRIDGE_NOWHERE, 1);
	send_from(&b.set.remote, &b, 30010, len);
	ASSERT_DROP(DROP_LEG_NO_CALL, 1);
	/* its ports are free */
	plain(&b, B_SESSION + 1, 30010, "198.18.0.11:8000");
	pair();
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
}

static void silence_is_told(void **state)
{
	struct shm_msg msg;
	size_t len = rtp(1, 1, 20);

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	for (unsigned int i = 0; i < 12; i++) {
		lab_pass(1000 * LAB_MS, 10 * LAB_MS);
		send_from(&b.set.remote, &b, 30010, len);
		comes(&a.set.remote, 30000, len);
	}
	media_expect(0, SHM_MSG_SESSION_EVENT, &msg);
	assert_int_equal(msg.event.session.index, A_SESSION);
	assert_int_equal(msg.event.state, SHM_SESSION_LOST);
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30010, len);
	media_expect_state(0, a.set.session, SHM_SESSION_CONNECTED, &a.set.remote);
	media_expect_silence();
}

/* A leg that is transcoded: its RTP comes up, what is made of it goes on as if it had come from there. */
static void up_and_on(void **state)
{
	struct shm_handle gone;
	struct shm_msg msg;
	size_t len;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	a.set.up = 1;
	tell(&a);
	len = rtp(0x1234, 7, 160);
	send_from(&a.set.remote, &a, 30000, len);
	lab_expect_nothing();
	media_expect(0, SHM_MSG_RTP, &msg);
	assert_int_equal(msg.packet.head.session.index, A_SESSION);
	assert_int_equal(msg.packet.head.len, len);
	assert_memory_equal(msg.packet.bytes, packet, len);
	/* reports are of numbers that the other side never saw: control reads them */
	len = receiver_report(1);
	send_from(&a.set.remote_rtcp, &a, 30001, len);
	lab_expect_nothing();
	media_expect(0, SHM_MSG_RTP, &msg);
	assert_int_equal(msg.packet.head.len, len);
	assert_memory_equal(msg.packet.bytes, packet, len);
	media_expect_silence();
	/* the other way is open */
	len = rtp(0x4321, 1, 20);
	send_from(&b.set.remote, &b, 30010, len);
	comes(&a.set.remote, 30000, len);
	len = rtp(0x99, 1, 20);
	media_rtp(0, a.set.session, packet, (uint32_t)len);
	comes(&b.set.remote, 30010, len);
	ASSERT_NO_DROPS();
	len = receiver_report(0x99);
	media_rtp(0, a.set.session, packet, (uint32_t)len);
	comes(&b.set.remote_rtcp, 30011, len);
	gone = (struct shm_handle){.index = A_SESSION, .generation = 77};
	media_rtp(0, gone, packet, (uint32_t)len);
	lab_expect_nothing();
	media_detach();
	send_from(&a.set.remote, &a, 30000, rtp(0x1234, 8, 160));
	ASSERT_DROP(DROP_PUNT_NOBODY, 1);
}

/* What a leg's far end sends: every tenth is lost, and each second one is 5 ms late; then it begins anew. */
static void loss_and_jitter_are_told(void **state)
{
	struct shm_row_session rows[8], *row = NULL;
	uint32_t n;

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	for (uint16_t seq = 1; seq <= 1000; seq++) {
		lab_pass((seq % 2 ? 25 : 15) * LAB_MS, 5 * LAB_MS);
		if (seq % 10 == 5)
			continue;
		send_from(&a.set.remote, &a, 30000, rtp(0x1234, seq, 20));
		comes(&b.set.remote, 30010, 32);
	}
	send_from(&a.set.remote, &a, 30000, rtp(0x1234, 40000, 20));
	send_from(&a.set.remote, &a, 30000, rtp(0x1234, 40001, 20));
	send_from(&a.set.remote, &a, 30000, rtp(0x4321, 7, 20));
	n = dp_media_rows(lab.world->core[0]->media, rows, 8);
	for (uint32_t i = 0; i < n; i++)
		if (rows[i].index == A_SESSION)
			row = &rows[i];
	assert_non_null(row);
	assert_int_equal(row->rtp_expected, 1000 + 2 + 1);
	assert_int_equal(row->rtp_received, 900 + 2 + 1);
	assert_int_equal(row->jitter_us, 0);
	for (uint16_t seq = 8; seq <= 400; seq++) {
		lab_pass((seq % 2 ? 25 : 15) * LAB_MS, 5 * LAB_MS);
		send_from(&a.set.remote, &a, 30000, rtp(0x4321, seq, 20));
	}
	dp_media_rows(lab.world->core[0]->media, rows, 8);
	assert_in_range(row->jitter_us, 4500, 5500);
}

static void refused(uint32_t why)
{
	tell(&a);
	media_expect_refusal(0, SHM_MSG_LEG, why);
}

static void refusals(void **state)
{

	(void)state;
	call("198.18.0.10:7000", "198.18.0.11:8000");
	a.set.port = 29999;
	refused(SHM_REFUSED_RANGE);
	a.set.port = 30100;
	refused(SHM_REFUSED_RANGE);
	a.set.port = 0;
	refused(SHM_REFUSED_RANGE);
	a.set.port = UINT32_MAX;
	refused(SHM_REFUSED_RANGE);
	a.set.port = 30010; /* b's */
	refused(SHM_REFUSED_RANGE);
	a.set.port = 30000;
	a.set.range = 2;
	refused(SHM_REFUSED_RANGE);
	a.set.range = 0;
	a.set.session.generation = 2;
	refused(SHM_REFUSED_STALE);
	a.set.session.index = UINT32_MAX;
	refused(SHM_REFUSED_STALE);
}

/* A pair of ports is one core's. */
static void cores_have_their_ports(void **state)
{
	size_t len = rtp(1, 1, 20);

	(void)state;
	media_open(&two_cores);
	plain(&a, A_SESSION, 30000, "198.18.0.10:7000");
	plain(&b, B_SESSION, 30004, "198.18.0.11:8000");
	pair();
	lab.queue = 1; /* it comes on the other core */
	send_from(&a.set.remote, &a, 30000, len);
	comes(&b.set.remote, 30004, len);
	lab.queue = 0;
	a.set.port = 30002;
	refused(SHM_REFUSED_RANGE);
}

/* --- with keys --------------------------------------------------------------------------- */

#define CRYPT 0 /* rtp_peer: a leg with ICE and SRTP */

static void call_browser(uint32_t profile)
{
	rtp_open(1, profile, &with_calls);
	plain(&a, A_SESSION, 30000, "198.18.0.20:7000");
	b = (struct leg){.set = {.session = rtp_peer[CRYPT].c.set.session, .secured = 1}};
	pair();
}

static void browser_and_phone(uint32_t profile)
{
	struct rtp_packet out = {.pt = 8, .ssrc = 0x77, .payload = "from the browser", .len = 16};
	struct packet p;
	struct rtp_got g;
	struct wire_rtp h;
	size_t len;

	call_browser(profile);
	for (uint16_t seq = 65500; seq != 100; seq++) {
		len = rtp(0x1234, seq, 160);
		send_from(&a.set.remote, &a, 30000, len);
		rtp_expect(CRYPT, &g);
		assert_int_equal(g.h.seq, seq);
		assert_int_equal(g.h.ssrc, 0x1234);
		assert_int_equal(g.h.pt, 8);
		rtp_assert_payload(&g, packet + WIRE_RTP_HDR_LEN, 160);
		out.seq = seq;
		rtp_send(CRYPT, &out);
		lab_expect(0, &p);
		assert_true(en_ep_eq(&p.dst, &a.set.remote));
		assert_true(wire_rtp_parse(p.data, p.data_len, &h));
		assert_int_equal(h.seq, seq);
		assert_int_equal(h.payload_len, 16);
		assert_memory_equal(p.data + h.payload_off, "from the browser", 16);
	}
	len = receiver_report(0x1234);
	send_from(&a.set.remote_rtcp, &a, 30001, len);
	assert_true(rtcp_recv(CRYPT, &g));
	assert_int_equal(g.len, 8);
	rtcp_send(CRYPT, packet, len);
	comes(&a.set.remote_rtcp, 30001, len);
	/* the same number again would be a second text under one key stream */
	send_from(&a.set.remote, &a, 30000, rtp(0x1234, 99, 160));
	ASSERT_DROP(DROP_BRIDGE_SRTP, 1);
	rtp_expect_nothing(CRYPT);
}

static void gcm(void **state)
{
	(void)state;
	browser_and_phone(SHM_SRTP_GCM_128);
}

static void cm(void **state)
{
	(void)state;
	browser_and_phone(SHM_SRTP_CM_SHA1_80);
}

/* security.md M1 of a secured leg: nothing forged goes on, nothing in the clear goes out. */
static void forged_is_not_given_on(void **state)
{
	struct rtp_packet out = {.pt = 8, .seq = 1, .ssrc = 0x77, .payload = "x", .len = 1};
	uint8_t buf[RTP_MAX];
	size_t len;

	(void)state;
	call_browser(SHM_SRTP_GCM_128);
	len = rtp_protect(CRYPT, &out, buf);
	buf[len - 1] ^= 1;
	media_send(&rtp_peer[CRYPT].c, buf, len);
	ASSERT_DROP(DROP_SRTP_AUTH, 1);
	lab_expect_nothing();
}

/* security.md M5 */
static void ssrcs_are_bounded(void **state)
{
	struct rtp_got g;

	(void)state;
	call_browser(SHM_SRTP_GCM_128);
	for (uint32_t ssrc = 1; ssrc <= DP_LEG_SSRCS; ssrc++) {
		send_from(&a.set.remote, &a, 30000, rtp(ssrc, 1, 20));
		rtp_expect(CRYPT, &g);
	}
	for (uint32_t ssrc = 1000; ssrc < 1100; ssrc++)
		send_from(&a.set.remote, &a, 30000, rtp(ssrc, 1, 20));
	ASSERT_DROP(DROP_BRIDGE_SSRC, 100);
	rtp_expect_nothing(CRYPT);
	send_from(&a.set.remote, &a, 30000, rtp(1, 2, 20));
	rtp_expect(CRYPT, &g);
}

/* SDES: ports of its own, and keys. Learned only from what is authentic. */
static void secured_ports(void **state)
{
	struct rtp_packet out = {.pt = 8, .seq = 1, .ssrc = 0x77, .payload = "x", .len = 1};
	struct en_ep nat, thief;
	uint8_t buf[RTP_MAX];
	struct packet p;
	size_t len;

	(void)state;
	call_browser(SHM_SRTP_CM_SHA1_80); /* its crypto, on ports */
	plain(&b, B_SESSION, 30010, "198.18.0.11:8000");
	b.set.secured = 1;
	pair();
	nat = ep_of("198.18.0.21:8001");
	thief = ep_of("198.18.0.66:6666");
	send_from(&a.set.remote, &a, 30000, rtp(1, 1, 20));
	ASSERT_DROP(DROP_BRIDGE_NO_KEYS, 1);
	send_from(&nat, &b, 30010, rtp(1, 1, 20));
	ASSERT_DROP(DROP_LEG_NO_KEYS, 1);
	rtp_peer[CRYPT].keys.session = b.set.session;
	media_command(0, SHM_MSG_KEYS, &rtp_peer[CRYPT].keys, sizeof(rtp_peer[CRYPT].keys));
	send_from(&thief, &b, 30010, rtp(1, 1, 20));
	ASSERT_DROP(DROP_SRTP_AUTH, 1);
	len = rtp_protect(CRYPT, &out, buf);
	memcpy(packet, buf, len);
	send_from(&nat, &b, 30010, len);
	lab_expect(0, &p);
	assert_true(en_ep_eq(&p.dst, &a.set.remote));
	assert_int_equal(p.data_len, len - 10);
	assert_int_equal(p.data[p.data_len - 1], 'x');
	send_from(&a.set.remote, &a, 30000, rtp(1, 1, 20));
	lab_expect(0, &p);
	assert_true(en_ep_eq(&p.dst, &nat));
	assert_int_equal(p.data_len, WIRE_RTP_HDR_LEN + 20 + 10);
	media_command(0, SHM_MSG_KEYS, &rtp_peer[CRYPT].keys, sizeof(rtp_peer[CRYPT].keys));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(both_ways),
		lab_test(families_meet),
		lab_test(mux_and_demux),
		lab_test(what_is_not_media),
		lab_test(strict_is_strict),
		lab_test(learns_once),
		lab_test(the_signalled_one_wins),
		lab_test(one_packet_holds_nothing),
		lab_test(the_signalled_one_takes_back),
		lab_test(spray),
		lab_test(unknown_until_it_comes),
		lab_test(ends_and_blocks),
		lab_test(silence_is_told),
		lab_test(up_and_on),
		lab_test(loss_and_jitter_are_told),
		lab_test(refusals),
		lab_test(cores_have_their_ports),
		rtp_test(gcm),
		rtp_test(cm),
		rtp_test(forged_is_not_given_on),
		rtp_test(ssrcs_are_bounded),
		rtp_test(secured_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
