/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media_test.c - the media port and the lane: what goes where by its first byte, commands good and bad,
 * flows of two cores, control going and coming (security.md S1, S8).
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/media/flow.h"
#include "engine/base/random.h"
#include "engine/shm/ctl.h"
#include "tests/node/lib/media_client.h"

#define CLIENT4 "198.18.0.10:4000"
#define OTHER4  "198.18.0.12:4000"

static struct media_client c, d;
static struct shm_msg msg;

static const uint8_t hello[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* --- demultiplexing ------------------------------------------------------------- */

static enum shm_drop reason_of(unsigned int first, bool known)
{
	if (first <= 3)
		return DROP_ICE_BAD;
	if (first >= 20 && first <= 63)
		return known ? DROP_N : DROP_MEDIA_NO_PATH;
	if (first >= 128 && first <= 191)
		return known ? DROP_MEDIA_NO_KEYS : DROP_MEDIA_NO_PATH;
	return DROP_MEDIA_CLASS;
}

/* covers: S8 S1 */
static void each_first_byte_has_one_handler(void **state)
{
	uint8_t bytes[64];

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	d = c;
	d.ep = ep_of(OTHER4);
	for (unsigned int first = 0; first < 256; first++)
		for (size_t len = 1; len <= sizeof(bytes); len += 7)
			for (unsigned int known = 0; known < 2; known++) {
				enum shm_drop reason = reason_of(first, known);

				memset(bytes, (int)first, sizeof(bytes));
				media_send(known ? &c : &d, bytes, len);
				lab_assert_drop(reason, reason == DROP_N ? 0 : 1, __FILE__, __LINE__);
				assert_int_equal(media_hear(0, &msg), reason == DROP_N);
			}
	media_send(&c, "", 0);
	ASSERT_DROP(DROP_MEDIA_CLASS, 1);
	media_expect_silence();
	lab_expect_nothing();
	/* each of them once, and none for a stranger: */
	media_send(&d, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	d.ep.port++;
	media_send(&d, "\x80\x60", 2);
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	media_send(&c, "\x80\x60", 2);
	ASSERT_DROP(DROP_MEDIA_NO_KEYS, 1);
}

/* The sum of what is looked at before it is authenticated must be right. */
static void checksums(void **state)
{
	struct frame f;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	frame_udp(&f, &c.ep, &c.server, hello, sizeof(hello), NULL);
	f.b[f.len - 1] ^= 1;
	lab_run(0, &f);
	ASSERT_DROP(DROP_UDP_CSUM, 1);
	frame_udp(&f, &c.ep, &c.server, hello, sizeof(hello), &(struct frame_opts){.no_csum = true});
	lab_run(0, &f);
	ASSERT_NO_DROPS();
	media_expect(0, SHM_MSG_PUNT, &msg);
}

/* The TURN ports are what they were. */
static void other_ports(void **state)
{
	struct en_ep to = ep_of("198.18.0.2:3481");
	struct frame f;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	frame_udp(&f, &c.ep, &to, hello, sizeof(hello), NULL);
	lab_run(0, &f);
	ASSERT_DROP(DROP_NO_PORT, 1);
	assert_true(lab_recv(0, &c.answer));
}

/* --- the lane ------------------------------------------------------------------- */

static void punting_has_limits(void **state)
{
	static uint8_t big[SHM_PACKET_MAX + 1];

	(void)state;
	media_open(&(struct lab_options){.port = "mtu = 2000"});
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	memset(big, 22, sizeof(big));
	media_send(&c, big, SHM_PACKET_MAX);
	media_expect(0, SHM_MSG_PUNT, &msg);
	assert_int_equal(msg.packet.head.len, SHM_PACKET_MAX);
	media_send(&c, big, sizeof(big));
	ASSERT_DROP(DROP_PUNT_SIZE, 1);
	/* nobody reads */
	for (unsigned int i = 0; i < SHM_LANE_SLOTS; i++)
		media_send(&c, hello, sizeof(hello));
	ASSERT_NO_DROPS();
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_PUNT_FULL, 1);
	/* an event finds no room either */
	d = c;
	d.ep = ep_of(OTHER4);
	assert_int_equal(media_check(&d, true), 0);
	assert_int_equal(lab_counter(CTR_LANE_FULL), 1);
	for (unsigned int i = 0; i < SHM_LANE_SLOTS; i++)
		media_expect(0, SHM_MSG_PUNT, &msg);
	media_expect_silence();
	/* it is told when there is room */
	lab_pass(100 * DP_NS_MS, DP_NS_MS);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &d.ep);
	media_expect_silence();
	assert_int_equal(media_check(&c, true), 0);
	media_expect_state(0, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
	/* nobody is there */
	media_detach();
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_PUNT_NOBODY, 1);
	assert_int_equal(media_check(&c, true), 0);
	media_attach();
	media_expect_silence();
	media_send(&c, hello, sizeof(hello));
	media_expect(0, SHM_MSG_PUNT, &msg);
}

static void injecting(void **state)
{
	static uint8_t big[SHM_PACKET_MAX];

	(void)state;
	media_open(&(struct lab_options){.port = "mtu = 2000"});
	media_client(&c, 0, 0, CLIENT4);
	media_connect(&c);
	memset(big, 23, sizeof(big));
	media_inject(0, c.set.session, big, sizeof(big));
	lab_expect(0, &c.answer);
	assert_true(en_ep_eq(&c.answer.src, &c.server));
	assert_true(en_ep_eq(&c.answer.dst, &c.ep));
	assert_int_equal(c.answer.data_len, sizeof(big));
	assert_memory_equal(c.answer.data, big, sizeof(big));
	media_inject(0, c.set.session, big, 0);
	media_inject(0, (struct shm_handle){.index = 0, .generation = 2}, big, 1);
	media_inject(0, (struct shm_handle){.index = UINT32_MAX, .generation = 1}, big, 1);
	assert_int_equal(lab_counter(CTR_INJECT_NO_PATH), 3);
	lab_expect_nothing();
	for (unsigned int i = 0; i < 200; i++)
		media_inject(0, c.set.session, hello, sizeof(hello));
	for (unsigned int i = 0; i < 200; i++)
		lab_expect(0, &c.answer);
	assert_int_equal(lab_counter(CTR_INJECTED), 201);
	ASSERT_NO_DROPS();
}

/* --- commands --------------------------------------------------------------------- */

static void refused_session(const struct shm_msg_session *set)
{
	media_command(0, SHM_MSG_SESSION, set, sizeof(*set));
	media_expect_refusal(0, SHM_MSG_SESSION, SHM_REFUSED_RANGE);
}

static void sessions_that_make_no_sense(void **state)
{
	struct shm_msg_session set;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
#define REFUSED(change)                                                                                                \
	do {                                                                                                           \
		set = c.set;                                                                                           \
		change;                                                                                                \
		refused_session(&set);                                                                                 \
	} while (0)
	REFUSED(set.session.index = MEDIA_SESSIONS);
	REFUSED(set.session.index = UINT32_MAX);
	REFUSED(set.session.index = 1); /* the ufrag says 0 */
	REFUSED(set.session.generation = 0);
	REFUSED(set.listen = 2);
	REFUSED(set.ufrag[0] = 'b'); /* core 1 */
	REFUSED(set.ufrag[3] = 'A');
	REFUSED(set.ufrag[11] = '\0');
	REFUSED(set.pwd[21] = '\0');
	REFUSED(set.consent_ms = UINT32_MAX);
#undef REFUSED
	/* text without its end is passed over by the lane itself */
	set = c.set;
	memset(set.pwd, 'x', sizeof(set.pwd));
	media_command(0, SHM_MSG_SESSION, &set, sizeof(set));
	media_expect_silence();
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 0);
	assert_int_equal(lab_counter(CTR_LANE_REFUSED), 10);
}

static void a_place_given_out_anew(void **state)
{
	struct shm_msg_end end;

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 3, CLIENT4);
	media_connect(&c);
	end.what = c.set.session;
	media_client(&d, 0, 3, OTHER4);
	d.set.session.generation = 2;
	media_connect(&d);
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 1);
	assert_null(media_session(&c));
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	media_expect_refusal(0, SHM_MSG_SESSION_END, SHM_REFUSED_STALE);
	end.what = d.set.session;
	media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	media_expect_silence();
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 0);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 0);
	assert_int_equal(media_check(&d, true), MEDIA_NO_ANSWER);
	ASSERT_DROP(DROP_ICE_UFRAG, 1);
}

static void keys(void **state)
{
	struct shm_msg_keys k = {.profile = SHM_SRTP_GCM_128};

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 0, CLIENT4);
	k.session = c.set.session;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	media_expect_refusal(0, SHM_MSG_KEYS, SHM_REFUSED_STALE);
	media_connect(&c);
	k.profile = 0x77;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	media_expect_refusal(0, SHM_MSG_KEYS, SHM_REFUSED_KEYS);
	assert_false(media_session(&c)->keyed);
	k.profile = SHM_SRTP_GCM_128;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	assert_true(media_session(&c)->keyed);
	/* E3: the same keys again leave the packet indexes alone; others start anew */
	media_session(&c)->rtcp_out.rtcp_index = 7;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	assert_int_equal(media_session(&c)->rtcp_out.rtcp_index, 7);
	k.tx_key[0] ^= 1;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	assert_int_equal(media_session(&c)->rtcp_out.rtcp_index, 0);
	/* an unknown profile takes the old keys, too: nothing of the old handshake goes on */
	k.profile = 0;
	k.tx_key[0] ^= 1;
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
	media_expect_refusal(0, SHM_MSG_KEYS, SHM_REFUSED_KEYS);
	assert_false(media_session(&c)->keyed);
	media_expect_silence();
}

/* What a new control process is told: all of it, and then that this was all; also when the lane was full meanwhile. */
static void resync(void **state)
{
	const struct shm_msg_resync ask = {.token = 0x1234567890};
	uint32_t seen = 0;

	(void)state;
	media_open(NULL);
	for (uint32_t i = 0; i < MEDIA_SESSIONS; i += 3) {
		char ep[32];

		snprintf(ep, sizeof(ep), "198.18.0.10:%u", 4000 + i);
		media_client(&c, 0, i, ep);
		memset(c.set.note, (int)i, sizeof(c.set.note));
		media_connect(&c);
	}
	media_detach();
	media_attach();
	media_command(0, SHM_MSG_RESYNC, &ask, sizeof(ask));
	lab_settle();
	while (media_hear(0, &msg) && msg.type == SHM_MSG_SESSION) {
		assert_int_equal(msg.session.session.index, seen);
		assert_int_equal(msg.session.remote.port, 4000 + seen);
		assert_int_equal(msg.session.consent_ms, 30000);
		assert_int_equal(msg.session.note[5], seen);
		seen += 3;
	}
	assert_in_range(seen, MEDIA_SESSIONS, MEDIA_SESSIONS + 2);
	assert_int_equal(msg.type, SHM_MSG_RESYNC_END);
	assert_int_equal(msg.resync.token, ask.token);
	media_expect_silence();
	/* nobody reads until the lane is full */
	for (unsigned int i = 0; i < SHM_LANE_SLOTS - 2; i++)
		media_send(&c, hello, sizeof(hello));
	media_command(0, SHM_MSG_RESYNC, &ask, sizeof(ask));
	lab_settle();
	for (seen = 0; media_hear(0, &msg) && msg.type != SHM_MSG_RESYNC_END; lab_step(1))
		seen += msg.type == SHM_MSG_SESSION;
	assert_int_equal(msg.type, SHM_MSG_RESYNC_END);
	assert_int_equal(seen, (MEDIA_SESSIONS + 2) / 3);
}

/* Whatever stands in the ring: no crash, the books balance, and a session of before answers as before. */
static void hostile_control(void **state)
{
	static struct shm_msg junk;
	static const uint32_t types[] = {SHM_MSG_SESSION,   SHM_MSG_SESSION_END, SHM_MSG_KEYS,      SHM_MSG_TRACK,
					 SHM_MSG_TRACK_END, SHM_MSG_ROUTE,       SHM_MSG_ROUTE_END, SHM_MSG_KEYFRAME,
					 SHM_MSG_INJECT,    SHM_MSG_RESYNC};

	(void)state;
	media_open(NULL);
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t type = types[en_random_below(RTE_DIM(types))];
		uint32_t *words = (uint32_t *)(void *)((uint8_t *)&junk + offsetof(struct shm_msg, session));

		en_random(&junk, sizeof(junk));
		/* handles that are often right, or nothing would get far */
		for (unsigned int w = 0; w < 6; w++)
			words[w] = en_random_below(w % 2 ? 3 : MEDIA_SESSIONS + 2);
		if (type == SHM_MSG_SESSION) {
			media_client(&c, 0, en_random_below(MEDIA_SESSIONS), CLIENT4);
			c.set.session.generation = 1 + en_random_below(2);
			memcpy(words, &c.set, sizeof(c.set));
		}
		if (type == SHM_MSG_INJECT)
			media_inject(0, junk.end.what, junk.packet.bytes, en_random_below(SHM_PACKET_MAX));
		else
			media_command(0, type, words, shm_msg_body(type));
		while (media_hear(0, &msg))
			;
	}
	lab_forget_drops();
	media_client(&c, 0, 5, CLIENT4);
	c.set.session.generation = 77;
	media_connect(&c);
}

/* --- two cores ---------------------------------------------------------------------- */

/* covers: D10 D12 */
static void a_session_has_one_core(void **state)
{
	(void)state;
	media_open(&(struct lab_options){.cores = 2});
	for (unsigned int core = 0; core < 2; core++) {
		char ep[32];

		snprintf(ep, sizeof(ep), "198.18.0.10:%u", 4000 + core);
		media_client(&c, core, 4, ep);
		media_install(&c);
		/* DTLS ahead of every check, on either core */
		for (lab.queue = 0; lab.queue < 2; lab.queue++) {
			media_send(&c, hello, sizeof(hello));
			ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
		}
		/* a check on the wrong core finds its owner by the ufrag; what follows, by the note */
		for (lab.queue = 0; lab.queue < 2; lab.queue++) {
			assert_int_equal(media_check(&c, true), 0);
			media_send(&c, hello, sizeof(hello));
		}
		media_expect_state(core, c.set.session, SHM_SESSION_CONNECTED, &c.ep);
		for (unsigned int i = 0; i < 2; i++)
			media_expect(core, SHM_MSG_PUNT, &msg);
		media_expect_silence();
		ASSERT_NO_DROPS();
	}
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 4);
	assert_int_equal(lab_gauge(GAUGE_SESSIONS), 2);
	/* the end is told, too */
	for (unsigned int core = 0; core < 2; core++) {
		const struct shm_msg_end end = {.what = {.index = 4, .generation = 1}};

		media_command(core, SHM_MSG_SESSION_END, &end, sizeof(end));
	}
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 0);
	lab.queue = 0;
}

/* Notes were lost: what a core knows of the other's paths ends, and checks tell it again. */
static void lost_notes_do_no_lasting_harm(void **state)
{
	struct dp_note gone = {.op = DP_NOTE_FLOW, .flow = {.core = 1, .gone = 1}};

	(void)state;
	media_open(&(struct lab_options){.cores = 2});
	media_client(&c, 1, 0, CLIENT4);
	media_connect(&c);
	lab.queue = 0;
	gone.flow.remote = c.ep;
	dp_media_flow_on_note(lab.world->core[0], &gone);
	media_send(&c, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1);
	lab_pass(6 * EN_NS_PER_S, 10 * LAB_MS);
	assert_int_equal(media_check(&c, true), 0);
	media_send(&c, hello, sizeof(hello));
	media_expect(1, SHM_MSG_PUNT, &msg);
	/* the other way: nobody says that it has ended */
	gone.flow.gone = 0;
	gone.flow.remote.port++;
	dp_media_flow_on_note(lab.world->core[0], &gone);
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 3);
	d = c;
	d.ep.port++;
	media_send(&d, hello, sizeof(hello));
	ASSERT_DROP(DROP_MEDIA_NO_PATH, 1); /* handed on once, and not back */
	for (unsigned int i = 0; i < 13; i++) {
		lab_pass(5 * EN_NS_PER_S, 10 * LAB_MS);
		assert_int_equal(media_check(&c, true), 0);
	}
	assert_int_equal(lab_gauge(GAUGE_FLOWS), 2);
}

/* --- rows ------------------------------------------------------------------------- */

static void rows(void **state)
{
	struct shm_row_session row[4];

	(void)state;
	media_open(NULL);
	media_client(&c, 0, 2, CLIENT4);
	media_connect(&c);
	media_client(&d, 0, 7, OTHER4);
	media_install(&d);
	assert_int_equal(dp_media_rows(lab.world->core[0]->media, row, 4), 2);
	assert_int_equal(row[0].index, 2);
	assert_int_equal(row[0].state, SHM_SESSION_CONNECTED);
	assert_int_equal(row[0].paths, 1);
	assert_true(en_ep_eq(&row[0].remote, &c.ep));
	assert_true(en_ep_eq(&row[0].local, &c.server));
	assert_int_equal(row[1].index, 7);
	assert_int_equal(row[1].state, SHM_SESSION_NEW);
	assert_int_equal(row[1].paths, 0);
	assert_true(row[1].heard_ms == UINT64_MAX);
	assert_int_equal(dp_media_rows(lab.world->core[0]->media, row, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(each_first_byte_has_one_handler),
		lab_test(checksums),
		lab_test(other_ports),
		lab_test(punting_has_limits),
		lab_test(injecting),
		lab_test(sessions_that_make_no_sense),
		lab_test(a_place_given_out_anew),
		lab_test(keys),
		lab_test(resync),
		lab_test(hostile_control),
		lab_test(a_session_has_one_core),
		lab_test(lost_notes_do_no_lasting_harm),
		lab_test(rows),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
