/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attack_srtp_test.c - attacks on a running call's packets: a flood without keys, packets sent again, sequence numbers
 * at their end, SSRCs and headers without measure (security.md M2 to M5). What a single forged packet may do is in
 * srtp_test.c.
 *
 * Peer 0 publishes audio under SSRC 0xa0, peer 1 receives it. "Overheard" packets come from the path of peer 0.
 */
#include <malloc.h>
#include <string.h>

#include <rte_malloc.h>

#include "engine/base/random.h"
#include "tests/node/lib/rtp_peer.h"

static struct dp_media *media(void)
{
	return lab.world->core[0]->media;
}

static struct rtp_packet sound(uint32_t ssrc, uint32_t n)
{
	return (struct rtp_packet){.pt = PT_OPUS,
				   .seq = (uint16_t)n,
				   .ts = n * 960u,
				   .ssrc = ssrc,
				   .mid = "0",
				   .payload = "sound",
				   .len = 5};
}

static void open_call(uint32_t profile, const char *lines)
{
	const struct lab_options o = {.media = lines};
	struct shm_msg_track t;
	struct shm_msg_route r;

	rtp_open(2, profile, &o);
	t = rtp_track(0, 0, SHM_TRACK_AUDIO, "0");
	r = rtp_route(0, &t, 1);
	rtp_tell_track(&t);
	rtp_tell_route(&r);
}

static void must_pass(uint32_t n)
{
	struct rtp_packet p = sound(0xa0, n);
	struct rtp_got g;

	rtp_send(0, &p);
	rtp_expect(1, &g);
	rtp_assert_payload(&g, "sound", 5);
}

/* --- M2 ------------------------------------------------------------------------------------- */

#define FLOOD     1000000
#define AT_A_TIME 50

/* A packet like those of the call: the SSRC right, or not; the numbers near the call's, or anywhere. */
static size_t forge(uint8_t b[200], uint32_t n)
{
	size_t len = 20 + n % 150;

	memset(b, (int)n, 200);
	b[0] = n % 7 ? 0x80 : 0x90;
	b[1] = n % 5 ? PT_OPUS : 200 + n % 8;
	en_store16(b + 2, (uint16_t)(n * (n % 3 ? 1 : 977)));
	en_store32(b + (n % 5 ? 8 : 4), n % 4 ? 0xa0 : n);
	return len;
}

static void flood(uint32_t profile)
{
	struct dp_srtp_stream before;
	uint8_t b[200];
	struct frame f;

	open_call(profile, NULL);
	must_pass(1);
	for (uint32_t n = 0; n < FLOOD; n++) {
		frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, b, forge(b, n), NULL);
		lab_send(0, &f);
		if (n % AT_A_TIME)
			continue;
		before = dp_stream_find(media(), 0, 0xa0)->srtp;
		lab_step(2);
		assert_memory_equal(&dp_stream_find(media(), 0, 0xa0)->srtp, &before, sizeof(before));
		if (n % (20 * AT_A_TIME) == 0)
			must_pass(2 + n / (20 * AT_A_TIME)); /* none is lost */
	}
	lab_settle();
	rtp_expect_nothing(1);
	media_expect_silence(); /* control hears nothing of it */
	assert_int_equal(media()->stream_used, 1);
	assert_int_equal(media()->session[0].bad_packets + shm_drop_sum(lab.region, DROP_SRTP_SHORT) >= FLOOD, true);
	must_pass(FLOOD / (20 * AT_A_TIME) + 2);
}

/* covers: R2 */
static void flood_gcm(void **state)
{
	(void)state;
	flood(SHM_SRTP_GCM_128);
}

/* covers: R2 */
static void flood_cm(void **state)
{
	(void)state;
	flood(SHM_SRTP_CM_SHA1_80);
}

/* --- M3 ------------------------------------------------------------------------------------- */

#define KEPT 1200

struct kept {
	uint8_t b[128];
	size_t len;
};
static struct kept rtp_kept[KEPT], rtcp_kept[KEPT];

static void keep_and_send(unsigned int n)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1, 0, 0, 0, 0xa0};
	struct rtp_packet p = sound(0xa0, 65000 + n);
	uint8_t b[RTP_MAX];
	struct rtp_got g;

	rtp_kept[n].len = rtp_protect(0, &p, b);
	memcpy(rtp_kept[n].b, b, sizeof(rtp_kept[n].b));
	rtcp_kept[n].len = rtcp_protect(0, rr, sizeof(rr), b);
	memcpy(rtcp_kept[n].b, b, sizeof(rtcp_kept[n].b));
	media_send(&rtp_peer[0].c, rtp_kept[n].b, rtp_kept[n].len);
	media_send(&rtp_peer[0].c, rtcp_kept[n].b, rtcp_kept[n].len);
	rtp_expect(1, &g);
	ASSERT_NO_DROPS();
}

static void again(unsigned int n, enum shm_drop reason)
{
	media_send(&rtp_peer[0].c, rtp_kept[n].b, rtp_kept[n].len);
	media_send(&rtp_peer[0].c, rtcp_kept[n].b, rtcp_kept[n].len);
	ASSERT_DROP(reason, 2);
	rtp_expect_nothing(1);
}

static void replays(uint32_t profile, const char *lines)
{
	static const unsigned int behind[] = {0, 1, 63, 64, 65, 127, 128, 129, 1024};

	open_call(profile, lines);
	for (unsigned int n = 0; n < KEPT; n++) { /* the numbers wrap on the way */
		keep_and_send(n);
		for (unsigned int i = 0; i < RTE_DIM(behind); i++)
			if (n >= behind[i])
				again(n - behind[i], DROP_SRTP_REPLAY);
	}
	/* new keys: what was sent under the old ones is forged now, the newest and the oldest */
	rtp_keys(0, profile, 1);
	for (unsigned int n = 0; n < KEPT; n += 100)
		again(n, DROP_SRTP_AUTH);
	must_pass(65000 + KEPT);
	again(KEPT - 1, DROP_SRTP_AUTH);
	/* the first keys once more: control never does so, but the packets are as good as new then. None may come
	 * twice. */
	rtp_keys(0, profile, 2);
	must_pass(65000 + KEPT + 1);
	again(KEPT - 1, DROP_SRTP_AUTH);
}

/* covers: R3 */
static void replays_gcm(void **state)
{
	(void)state;
	replays(SHM_SRTP_GCM_128, NULL);
}

/* covers: R3 */
static void replays_cm(void **state)
{
	(void)state;
	replays(SHM_SRTP_CM_SHA1_80, NULL);
}

/* covers: R3 */
static void replays_portable(void **state)
{
	(void)state;
	replays(SHM_SRTP_GCM_128, "srtp = libsrtp");
}

/* --- M4 ------------------------------------------------------------------------------------- */

/* A packet so far ahead, with a tag that was another packet's. More than half a turn ahead looks long past. */
static void jump(uint32_t ssrc, uint32_t n, uint16_t ahead)
{
	struct rtp_packet p = sound(ssrc, n + 1);
	uint64_t auth = shm_drop_sum(lab.region, DROP_SRTP_AUTH);
	struct dp_srtp_stream before[RTP_STREAMS];
	uint8_t b[RTP_MAX];
	size_t len;

	memcpy(before, rtp_peer[0].out_stream, sizeof(before));
	len = rtp_protect(0, &p, b);
	memcpy(rtp_peer[0].out_stream, before, sizeof(before));
	en_store16(b + 2, (uint16_t)(n + ahead));
	media_send(&rtp_peer[0].c, b, len);
	/* one or the other; the first time round nothing is long past */
	ASSERT_DROP(shm_drop_sum(lab.region, DROP_SRTP_AUTH) > auth ? DROP_SRTP_AUTH : DROP_SRTP_REPLAY, 1);
}

/* The stream begins just before the wrap, its first `lost` packets do not arrive, and forgeries come in between. */
static void start_at_the_end(uint32_t profile, const char *lines, unsigned int lost)
{
	uint8_t b[RTP_MAX];

	open_call(profile, lines);
	for (uint32_t n = 65530; n < 65530 + 60; n++) {
		struct rtp_packet p = sound(0xa0, n);

		if (n < 65530 + lost) {
			rtp_protect(0, &p, b);
			continue;
		}
		must_pass(n);
		ASSERT_NO_DROPS();
		jump(0xa0, n, n % 2 ? 30000 : 40000);
	}
	assert_int_equal(dp_stream_find(media(), 0, 0xa0)->srtp.roc, 1);
}

static void starts(uint32_t profile, const char *lines)
{
	for (unsigned int lost = 0; lost <= 20; lost++) {
		start_at_the_end(profile, lines, lost);
		assert_int_equal(rtp_teardown(NULL), 0);
	}
	start_at_the_end(profile, lines, 3);
}

/* covers: R4 */
static void starts_gcm(void **state)
{
	(void)state;
	starts(SHM_SRTP_GCM_128, NULL);
}

/* covers: R4 */
static void starts_cm(void **state)
{
	(void)state;
	starts(SHM_SRTP_CM_SHA1_80, NULL);
}

/* covers: R4 */
static void starts_portable(void **state)
{
	(void)state;
	starts(SHM_SRTP_GCM_128, "srtp = libsrtp");
}

/* Two SSRCs of one session: one wraps three times, the other stays; each has its own rollover counter. */
static void one_of_two_wraps(uint32_t profile)
{
	struct rtp_packet other = sound(0xa1, 7);

	other.mid = "none of ours";
	open_call(profile, NULL);
	must_pass(1);
	for (uint32_t n = 1; n < 3 * 65536 + 100; n += 500) {
		must_pass(n + 500);
		ASSERT_NO_DROPS();
		jump(0xa0, n + 500, n / 500 % 2 ? 30000 : 40000);
		other.seq++;
		rtp_send(0, &other);
		ASSERT_DROP(DROP_RTP_NO_TRACK, 1);
	}
	assert_int_equal(dp_stream_find(media(), 0, 0xa0)->srtp.roc, 3);
	assert_int_equal(dp_stream_find(media(), 0, 0xa1)->srtp.roc, 0);
}

/* covers: R4 */
static void one_of_two_wraps_gcm(void **state)
{
	(void)state;
	one_of_two_wraps(SHM_SRTP_GCM_128);
}

/* covers: R4 */
static void one_of_two_wraps_cm(void **state)
{
	(void)state;
	one_of_two_wraps(SHM_SRTP_CM_SHA1_80);
}

/* --- M5 ------------------------------------------------------------------------------------- */

static struct dp_srtp_stream throw_away;

/* Any bytes that are RTP get a right tag. Their length with it; 0: they are no RTP. */
static size_t make_authentic(uint8_t b[RTP_MAX], size_t len)
{
	struct dp_srtp_job job = {.keys = rtp_peer[0].out, .stream = &throw_away, .dst = b, .len = (uint32_t)len};
	struct wire_rtp h;

	if (!wire_rtp_parse(b, len, &h))
		return 0;
	throw_away = (struct dp_srtp_stream){.ssrc = h.ssrc};
	job.header_len = h.payload_off;
	job.src = b + h.payload_off;
	dp_srtp_protect(rtp_peer[0].srtp, &job, 1);
	assert_int_equal(job.status, DP_SRTP_OK);
	return job.len;
}

#define SSRCS           1000000
#define SSRCS_AT_A_TIME 8 /* in one round; more than places that may give way would be dropped, not tried */

static void send_new_ssrc(uint32_t n)
{
	static const char mids[][4] = {"1", "no", "0"};
	const char *mid = mids[n % (n < SSRCS / 2 ? 2 : 3)];
	uint8_t b[RTP_MAX] = {0x90, PT_OPUS};
	uint8_t *at = b + WIRE_RTP_HDR_LEN;
	struct frame f;
	size_t len;

	en_store32(b + 8, 0x10000 + n);
	en_store32(at, 0xbede0001);
	at[4] = (uint8_t)(PUB_MID << 4 | (strlen(mid) - 1));
	memcpy(at + 5, mid, strlen(mid));
	len = make_authentic(b, 40);
	assert_int_not_equal(len, 0);
	frame_udp(&f, &rtp_peer[0].c.ep, &rtp_peer[0].c.server, b, len, NULL);
	lab_send(0, &f);
}

/* What the engine has taken: of the C library, of DPDK. Its tables and buffers are there from the start. */
struct memory {
	size_t heap, dpdk;
	unsigned int buffers;
};

static struct memory memory_taken(void)
{
	struct memory m = {.heap = mallinfo2().uordblks, .buffers = lab_buffers_out()};
	struct rte_malloc_socket_stats dpdk;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &dpdk) == 0)
			m.dpdk += dpdk.heap_allocsz_bytes;
	assert_int_not_equal(m.dpdk, 0);
	return m;
}

/*
 * A new SSRC in each of a million packets of a participant: it has its places, and those are all. Of no track, they
 * take each other's places; then some are of its track, and stay until nothing gives way any more.
 */
/* covers: R5 */
static void ssrcs_without_end(void **state)
{
	struct memory first = {0}, now;

	(void)state;
	open_call(SHM_SRTP_GCM_128, NULL);
	rtp_be_quick(0);
	must_pass(1);
	for (uint32_t n = 0; n < SSRCS; n++) {
		send_new_ssrc(n);
		if (n % SSRCS_AT_A_TIME == SSRCS_AT_A_TIME - 1)
			lab_step(1);
		if (n % 200 == 0)
			rtp_forget();
		if (n % 1000)
			continue;
		lab_settle();
		rtp_forget();
		lab_forget_drops();
		lab_pass(LAB_MS, LAB_MS);
		must_pass(2 + n / 1000);
		assert_in_range(media()->stream_used, 1, DP_STREAMS_OF_SESSION);
		now = memory_taken();
		if (n == 10000)
			first = now;
		if (n > 10000) {
			assert_int_equal(now.heap, first.heap);
			assert_int_equal(now.dpdk, first.dpdk);
			assert_int_equal(now.buffers, first.buffers);
		}
	}
	lab_settle();
	rtp_forget();
	assert_int_equal(media()->stream_used, DP_STREAMS_OF_SESSION);
	/* each was authentic, and one that is of no track, or found all places taken */
	assert_int_equal(shm_drop_sum(lab.region, DROP_SRTP_AUTH) + shm_drop_sum(lab.region, DROP_SRTP_REPLAY), 0);
	assert_in_range(shm_drop_sum(lab.region, DROP_RTP_NO_TRACK), SSRCS / 2, SSRCS);
	assert_in_range(shm_drop_sum(lab.region, DROP_RTP_NO_TRACK) + shm_drop_sum(lab.region, DROP_STREAM_FULL),
			SSRCS - DP_STREAMS_OF_SESSION, SSRCS);
	assert_non_null(dp_stream_find(media(), 0, 0xa0));
}

/* Authentic packets with headers of every make: CSRCs, extensions to the brim, padding that lies. */
/* covers: R5 */
static void headers_without_measure(void **state)
{
	uint8_t b[RTP_MAX];
	unsigned int sent = 0;
	struct rtp_got g;

	(void)state;
	open_call(SHM_SRTP_GCM_128, NULL);
	must_pass(1);
	for (uint32_t n = 0; n < 20000; n++) {
		size_t len = WIRE_RTP_HDR_LEN + en_random_below(n % 8 ? 120 : 1300);
		uint32_t csrcs, words;

		en_random(b, len);
		csrcs = n % 3 ? 0 : en_random_below(16);
		b[0] = (uint8_t)(0x80 | (n % 5 ? 0x10 : 0) | (n % 4 ? 0 : 0x20) | csrcs);
		b[1] = n % 6 ? PT_OPUS : PT_RTX;
		en_store32(b + 8, n % 2 ? 0xc0 : 0xc0 + en_random_below(64));
		if (len >= WIRE_RTP_HDR_LEN + 4 * csrcs + 4) {
			words = en_random_below((uint32_t)(len - WIRE_RTP_HDR_LEN - 4 * csrcs) / 4 + 1);
			en_store16(b + WIRE_RTP_HDR_LEN + 4 * csrcs, n % 7 ? 0xbede : 0x1000 + n % 16);
			en_store16(b + WIRE_RTP_HDR_LEN + 4 * csrcs + 2, (uint16_t)words);
		}
		len = make_authentic(b, len);
		if (len) {
			media_send(&rtp_peer[0].c, b, len);
			sent++;
		}
		while (rtp_recv(1, &g))
			assert_in_range(g.h.payload_off, WIRE_RTP_HDR_LEN, 64); /* ours, whatever theirs was */
		if (n % 500 == 0) {
			lab_pass(LAB_MS, LAB_MS);
			rtp_forget();
			lab_forget_drops();
		}
	}
	assert_true(sent > 5000);
	assert_in_range(media()->stream_used, 1, DP_STREAMS_OF_SESSION);
	assert_in_range(media()->track[0].rid_n, 0, DP_RIDS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rtp_test(flood_gcm),           rtp_test(flood_cm),          rtp_test(replays_gcm),
		rtp_test(replays_cm),          rtp_test(replays_portable),  rtp_test(starts_gcm),
		rtp_test(starts_cm),           rtp_test(starts_portable),   rtp_test(one_of_two_wraps_gcm),
		rtp_test(one_of_two_wraps_cm), rtp_test(ssrcs_without_end), rtp_test(headers_without_measure),
	};

	return cmocka_run_group_tests_name("attack_srtp", tests, NULL, NULL);
}
