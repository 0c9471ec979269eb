/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attack_rtcp_test.c - attacks by RTCP: key frames asked for without end, and compounds that are none (security.md M6,
 * M8). Peer 0 publishes video under SSRC, the others receive it.
 */
#include <stdlib.h>

#include "engine/base/random.h"
#include "engine/wire/rtcp.h"
#include "engine/wire/rtcp_twcc.h"
#include "tests/node/lib/rtp_peer.h"

#define SSRC     0x1000u
#define ROUTES   50
#define KEY_SIZE (sizeof(KEY_FRAME) - 1)

static struct shm_msg_track track;
static uint16_t number;

static void send_video(bool key)
{
	const struct rtp_packet p = {.pt = PT_VP8,
				     .seq = ++number,
				     .ts = number * 3000u,
				     .ssrc = SSRC,
				     .mid = "v",
				     .payload = key ? KEY_FRAME : DELTA_FRAME,
				     .len = key ? KEY_SIZE : sizeof(DELTA_FRAME) - 1};

	rtp_send(0, &p);
}

static void open_room(unsigned int peers, unsigned int routes)
{
	rtp_open(peers, SHM_SRTP_GCM_128, NULL);
	number = 0;
	track = rtp_track(0, 0, SHM_TRACK_VIDEO, "v");
	rtp_tell_track(&track);
	for (uint32_t i = 0; i < routes; i++) {
		struct shm_msg_route r = rtp_route(i, &track, 1 + i % (peers - 1));

		rtp_tell_route(&r);
	}
	send_video(true);
	rtp_forget();
}

/* --- M6 ------------------------------------------------------------------------------------- */

static void ask(unsigned int peer, uint32_t ssrc, bool fir)
{
	uint8_t buf[64];
	struct en_writer w = en_writer(buf, sizeof(buf));

	wire_rtcp_put_rr(&w, 0x77, NULL, 0);
	if (fir)
		wire_rtcp_put_fir(&w, 0x77, ssrc, (uint8_t)number);
	else
		wire_rtcp_put_pli(&w, 0x77, ssrc);
	rtcp_send(peer, buf, en_written(&w));
}

/* How many key-frame requests the publisher got; with `obey`, it answers each with one. */
static unsigned int asked(bool obey)
{
	unsigned int n = 0;

	for (; rtcp_wants(0, WIRE_RTCP_PSFB, WIRE_PSFB_PLI) || rtcp_wants(0, WIRE_RTCP_PSFB, WIRE_PSFB_FIR); n++)
		if (obey)
			send_video(true);
	return n;
}

/* 1000 a second for 10 s, by one receiver; in the middle of it somebody comes and needs one. */
static void one_asks_without_end(bool fir, bool obey)
{
	struct shm_msg_route late;
	unsigned int n = 0;
	uint64_t began, wanted;
	struct rtp_got g;

	open_room(3, 1);
	began = lab.now_ns;
	for (unsigned int ms = 0; lab.now_ns - began < 10 * EN_NS_PER_S; ms++) {
		lab_pass(LAB_MS, LAB_MS);
		ask(1, SUB_SSRC(0), fir);
		n += asked(obey);
		if (ms % 20 == 0)
			send_video(false);
		if (ms % 100 == 0)
			rtp_forget();
	}
	/* at most two a second, however many are asked for */
	assert_in_range(n, 10, 21);
	assert_int_equal(lab_counter(CTR_RTCP_KEYFRAME), n);
	late = rtp_route(1, &track, 2);
	rtp_tell_route(&late);
	wanted = lab.now_ns;
	while (lab.now_ns - wanted < 700 * LAB_MS && !rtp_recv(2, &g)) {
		lab_pass(LAB_MS, LAB_MS);
		ask(1, SUB_SSRC(0), fir);
		send_video(false); /* a late joiner's wish is made by a packet that it cannot begin with */
		asked(true);
	}
	assert_in_range(lab.now_ns - wanted, 0, 600 * LAB_MS);
	rtp_assert_payload(&g, KEY_FRAME, KEY_SIZE);
}

/* covers: R6 */
static void picture_loss_without_end(void **state)
{
	(void)state;
	one_asks_without_end(false, true);
}

/* covers: R6 */
static void full_intra_without_end(void **state)
{
	(void)state;
	one_asks_without_end(true, true);
}

/* A publisher that does not obey is not asked more often. */
/* covers: R6 */
static void a_deaf_publisher(void **state)
{
	(void)state;
	one_asks_without_end(false, false);
}

/* covers: R6 */
static void fifty_ask_at_once(void **state)
{
	unsigned int n = 0;

	(void)state;
	open_room(RTP_PEERS, ROUTES);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	for (uint32_t i = 0; i < ROUTES; i++) {
		ask(1 + i % (RTP_PEERS - 1), SUB_SSRC(i), i % 2);
		n += asked(false);
	}
	assert_int_equal(n, 1);
	for (unsigned int ms = 0; ms < 5000; ms += 10) {
		lab_pass(10 * LAB_MS, LAB_MS);
		n += asked(n < 2);
	}
	assert_in_range(n, 1, 2);
}

/* Whoever asks under an SSRC that is not its own is not heard. */
/* covers: R6 */
static void asking_for_others(void **state)
{
	(void)state;
	open_room(3, 2);
	lab_pass(600 * LAB_MS, LAB_MS);
	rtp_forget();
	for (uint32_t ssrc = 0; ssrc < 300; ssrc++)
		ask(1, ssrc % 3 == 0 ? SUB_SSRC(1) : ssrc % 3 == 1 ? SSRC : ssrc, false);
	lab_pass(1000 * LAB_MS, LAB_MS);
	assert_int_equal(asked(false), 0);
}

/* --- M8 ------------------------------------------------------------------------------------- */

/* Of everything something, and all of it right. */
static size_t whole(uint8_t *buf, size_t cap)
{
	struct en_writer w = en_writer(buf, cap);
	struct wire_report rep[3] = {{.ssrc = SUB_SSRC(0), .lost = 3}, {.ssrc = 1}, {.ssrc = SSRC}};
	const uint64_t packets[5] = {1000000, 2000000, 0, 4000000, 5000000};
	struct wire_sr sr = {.ssrc = 0x77, .ntp = 1, .rtp = 2, .packets = 3, .octets = 4};
	struct wire_dlrr dlrr = {.ssrc = 0x77, .lrr = 1, .dlrr = 2};
	const uint16_t lost[4] = {1, 2, 40, 9000};

	wire_rtcp_put_sr(&w, &sr, rep, 3);
	wire_rtcp_put_cname(&w, &sr.ssrc, 1, "somebody");
	wire_rtcp_put_rr(&w, 0x77, rep, 2);
	wire_rtcp_put_pli(&w, 0x77, SUB_SSRC(0));
	wire_rtcp_put_fir(&w, 0x77, SUB_SSRC(0), 1);
	wire_rtcp_put_nack(&w, 0x77, SUB_SSRC(0), lost, 4);
	wire_rtcp_put_remb(&w, 0x77, 1000000, &sr.ssrc, 1);
	wire_rtcp_put_twcc(&w, 0x77, SUB_SSRC(0), 1, 1, packets, 5);
	wire_rtcp_put_rrtr(&w, 0x77, 5);
	wire_rtcp_put_dlrr(&w, 0x77, &dlrr, 1);
	wire_rtcp_put_bye(&w, &sr.ssrc, 1);
	assert_true(w.ok);
	return en_written(&w);
}

/* As SRTCP from a receiver and from the publisher, and in the clear from both and from a stranger. */
static void send_everywhere(const uint8_t *bytes, size_t len, bool plain)
{
	struct media_client stranger = rtp_peer[1].c;

	if (len >= 8) {
		rtcp_send(1, bytes, len);
		rtcp_send(0, bytes, len);
	}
	if (!plain)
		return;
	media_send(&rtp_peer[1].c, bytes, len);
	media_send(&rtp_peer[0].c, bytes, len);
	stranger.ep.port++;
	media_send(&stranger, bytes, len);
}

static void must_go_on(void)
{
	struct rtp_got g;

	rtp_forget();
	for (unsigned int i = 0; i < 20; i++) {
		send_video(i == 0);
		rtp_expect(1, &g);
		rtp_expect(2, &g);
	}
	rtp_forget();
}

/* covers: R8 */
static void cut_and_lying_compounds(void **state)
{
	uint8_t all[600], b[600];
	size_t len;

	(void)state;
	open_room(3, 2);
	len = whole(all, sizeof(all));
	send_everywhere(all, len, true);
	for (size_t cut = 1; cut < len; cut++)
		send_everywhere(all, cut, true);
	must_go_on();
	/* each packet's count and length, whatever they say; four bytes that say they are a compound */
	for (size_t at = 0; at + 4 <= len; at += 4 * (en_load16(all + at + 2) + 1u)) {
		for (unsigned int value = 0; value < 64; value++) {
			memcpy(b, all, len);
			b[at] = (uint8_t)(value * 4 + value / 16);
			send_everywhere(b, len, false);
			memcpy(b, all, len);
			en_store16(b + at + 2, (uint16_t)(value < 60 ? value : 0xffff - value));
			send_everywhere(b, len, false);
			rtp_forget();
		}
		send_everywhere(all + at, 4, true);
		send_everywhere(all + at, 8, true);
	}
	lab_forget_drops();
	must_go_on();
}

/* covers: R8 */
static void mutilated_compounds(void **state)
{
	uint8_t all[600], b[600];
	size_t len;

	(void)state;
	open_room(3, 2);
	len = whole(all, sizeof(all));
	for (unsigned int n = 0; n < 20000; n++) {
		size_t cut = n % 4 ? len : 8 + en_random_below((uint32_t)len - 8);

		memcpy(b, all, len);
		for (unsigned int i = 0; i < 1 + n % 5; i++)
			b[en_random_below((uint32_t)cut)] = (uint8_t)en_random32();
		en_store32(b + 4, 0x77);
		send_everywhere(b, cut, false);
		if (n % 50 == 0)
			lab_pass(LAB_MS, LAB_MS);
		rtp_forget();
	}
	lab_forget_drops();
	must_go_on();
}

/* BYE of every SSRC that there is, from everybody: nobody's stream ends. */
/* covers: R8 */
static void goodbye_to_all(void **state)
{
	const uint32_t ssrc[] = {SSRC, SUB_SSRC(0), SUB_SSRC(1), SUB_RTX(0), 0x77};
	uint8_t buf[64];

	(void)state;
	open_room(3, 2);
	for (unsigned int round = 0; round < 20; round++) {
		struct en_writer w = en_writer(buf, sizeof(buf));

		wire_rtcp_put_bye(&w, ssrc, 1 + round % 5);
		for (unsigned int peer = 0; peer < 3; peer++)
			rtcp_send(peer, buf, en_written(&w));
		must_go_on();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(picture_loss_without_end), rtp_test(full_intra_without_end), rtp_test(a_deaf_publisher),
		rtp_test(fifty_ask_at_once),        rtp_test(asking_for_others),      rtp_test(cut_and_lying_compounds),
		rtp_test(mutilated_compounds),      rtp_test(goodbye_to_all),
	};

	return cmocka_run_group_tests_name("attack_rtcp", tests, NULL, NULL);
}
