/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_test.c - control stays attached to a dataplane that comes, goes, stalls and lies.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "control/dp/link.h"
#include "control/dp/queue.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "tests/unit/dp/fake_dataplane.h"

#define PLACES 64
#define SOON   (5 * EN_NS_PER_S)

/* messages that the link takes of a dataplane that lies; LANE_STORM in the environment: so many */
#ifdef __SANITIZE_ADDRESS__
#define STORM 1000000
#else
#define STORM 10000000
#endif

static struct fake_dataplane dp;
static bool dp_runs;
static uv_loop_t loop;
static struct cp_link *tested;
static char dir[64];
static struct en_err err;

/* What the link said. */
static struct {
	unsigned int up, up_again, synced, down, messages;
	struct shm_msg last;
	unsigned int last_core;
	bool close_at_message;
} heard;

/* What the workers heard. */
static struct {
	unsigned int resyncs, others, packets;
	uint32_t next; /* index that the next KEYFRAME carries */
	bool out_of_order, mute;
	struct shm_msg_session tell; /* at a resync, when its generation is not 0 */
} work;

static void on_up(void *arg, bool again)
{
	(void)arg;
	heard.up++;
	heard.up_again += again;
}

static void on_synced(void *arg)
{
	(void)arg;
	heard.synced++;
}

static void on_down(void *arg)
{
	(void)arg;
	heard.down++;
}

static void on_message(void *arg, unsigned int core, const struct shm_msg *m)
{
	(void)arg;
	assert_true(shm_msg_way(m->type) & SHM_MSG_WAY_UP);
	assert_true(shm_msg_is_sane(m) && shm_msg_len_fits(m->type, m->len));
	heard.messages++;
	heard.last = *m;
	heard.last_core = core;
	if (heard.close_at_message) {
		cp_link_close(tested);
		tested = NULL;
	}
}

static void start_dataplane(uint32_t places)
{
	assert_int_equal(fake_start(&dp, dir, places, &err), 0);
	dp_runs = true;
}

static void kill_dataplane(void)
{
	fake_kill(&dp);
	dp_runs = false;
}

static int set_up(void **state)
{
	const struct cp_link_events events = {on_up, on_synced, on_down, on_message};

	(void)state;
	memset(&heard, 0, sizeof(heard));
	memset(&work, 0, sizeof(work));
	snprintf(dir, sizeof(dir), "/tmp/turnpike-link-XXXXXX");
	if (!mkdtemp(dir) || uv_loop_init(&loop) != 0)
		return -1;
	return cp_link_open(&loop, dir, &events, NULL, &tested, &err);
}

static int tear_down(void **state)
{
	char path[128];

	(void)state;
	cp_link_close(tested);
	tested = NULL;
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop) != 0)
		return -1; /* a handle was left behind */
	if (dp_runs)
		kill_dataplane();
	snprintf(path, sizeof(path), "%s/%s", dir, SHM_CTL_SOCKET);
	unlink(path);
	return rmdir(dir);
}

/* --- the workers ------------------------------------------------------------------------- */

static void on_command(unsigned int core, const struct shm_msg *msg)
{
	if (msg->type == SHM_MSG_RESYNC) {
		work.resyncs++;
		if (work.mute)
			return;
		if (work.tell.session.generation)
			fake_tell(&dp, core, SHM_MSG_SESSION, &work.tell, sizeof(work.tell));
		fake_tell(&dp, core, SHM_MSG_RESYNC_END, &msg->resync, sizeof(msg->resync));
	} else if (msg->type == SHM_MSG_KEYFRAME) {
		work.others++;
		work.out_of_order |= msg->end.what.index != work.next++;
	} else if (msg->type == SHM_MSG_INJECT) {
		work.packets++;
	} else {
		work.others++;
	}
}

static void run_workers(void)
{
	struct shm_msg msg;

	for (unsigned int core = 0; dp_runs && core < FAKE_CORES; core++)
		while (shm_rx_take(&dp.core[core].down, false, &msg))
			on_command(core, &msg);
}

/* Loop and workers in turn until *counter is `n`; false after SOON. */
static bool reach(const unsigned int *counter, unsigned int n)
{
	uint64_t end = en_mono_ns() + SOON;

	while (*counter < n && en_mono_ns() < end) {
		uv_run(&loop, UV_RUN_NOWAIT);
		run_workers();
		usleep(500);
	}
	return *counter == n;
}

static void run_for(unsigned int ms)
{
	uint64_t end = en_mono_ns() + ms * (EN_NS_PER_S / 1000);

	while (en_mono_ns() < end) {
		uv_run(&loop, UV_RUN_NOWAIT);
		run_workers();
		usleep(500);
	}
}

static void come_up(void)
{
	start_dataplane(PLACES);
	assert_true(reach(&heard.synced, 1));
}

static bool send_keyframe(unsigned int core, uint32_t number)
{
	const struct shm_msg_end m = {.what = {.index = number, .generation = 1}};

	return cp_link_send(tested, core, SHM_MSG_KEYFRAME, &m, sizeof(m));
}

/* --- up, down, again ------------------------------------------------------------------------ */

static void waits_for_the_dataplane(void **state)
{
	struct cp_place p;

	(void)state;
	run_for(250);
	assert_int_equal(heard.up, 0);
	assert_false(cp_link_is_up(tested));
	assert_int_equal(cp_link_cores(tested), 0);
	assert_false(send_keyframe(0, 0));
	assert_false(cp_place_take(tested, CP_PLACE_SESSION, 0, &p));
	come_up();
	assert_int_equal(heard.up, 1);
	assert_int_equal(heard.up_again, 0);
	assert_int_equal(work.resyncs, FAKE_CORES);
	assert_int_equal(cp_link_cores(tested), FAKE_CORES);
	run_for(250);
	assert_int_equal(heard.synced, 1);
	assert_int_equal(heard.messages, 0);
}

static void comes_back_after_the_dataplane_did(void **state)
{
	struct cp_link_stats stats;

	(void)state;
	come_up();
	kill_dataplane();
	assert_true(reach(&heard.down, 1));
	assert_false(send_keyframe(0, 0));
	assert_int_equal(cp_link_cores(tested), 0);
	start_dataplane(PLACES);
	assert_true(reach(&heard.synced, 2));
	assert_int_equal(heard.up, 2);
	assert_int_equal(heard.up_again, 1);
	cp_link_stats(tested, &stats);
	assert_int_equal(stats.connects, 2);
	assert_int_equal(stats.sent, 2 * FAKE_CORES);
	assert_int_equal(stats.received, 2 * FAKE_CORES);
}

static void comes_back_after_the_connection_broke(void **state)
{
	(void)state;
	come_up();
	dp.hang_up = true;
	assert_true(reach(&heard.down, 1));
	assert_true(reach(&heard.synced, 2));
	assert_int_equal(heard.up_again, 1);
}

static void waits_for_another_to_let_go(void **state)
{
	(void)state;
	start_dataplane(PLACES);
	dp.refuse = -EBUSY;
	run_for(350);
	assert_int_equal(heard.up, 0);
	assert_true(dp.asked >= 2);
	dp.refuse = 0;
	assert_true(reach(&heard.synced, 1));
}

static void asks_again_when_a_resync_got_no_answer(void **state)
{
	(void)state;
	work.mute = true;
	start_dataplane(PLACES);
	assert_true(reach(&work.resyncs, FAKE_CORES));
	work.mute = false;
	assert_true(reach(&heard.synced, 1));
	assert_int_equal(work.resyncs, 2 * FAKE_CORES);
	assert_int_equal(heard.up, 1);
}

static void is_synced_by_its_own_token_only(void **state)
{
	const struct shm_msg_resync other = {.token = 12345};

	(void)state;
	work.mute = true;
	start_dataplane(PLACES);
	assert_true(reach(&work.resyncs, FAKE_CORES));
	for (unsigned int i = 0; i < FAKE_CORES; i++)
		fake_tell(&dp, i, SHM_MSG_RESYNC_END, &other, sizeof(other));
	run_for(50);
	assert_int_equal(heard.synced, 0);
	assert_int_equal(heard.messages, 0);
}

static void what_was_for_another_is_passed_over(void **state)
{
	struct shm_msg_level m = {.level = 3};

	(void)state;
	start_dataplane(PLACES);
	/* before the link hears of it */
	for (unsigned int i = 0; i < 10; i++)
		fake_tell(&dp, 0, SHM_MSG_LEVEL, &m, sizeof(m));
	work.tell.session = (struct shm_handle){.index = 3, .generation = 4};
	assert_true(reach(&heard.synced, 1));
	assert_int_equal(heard.messages, FAKE_CORES);
	assert_int_equal(heard.last.type, SHM_MSG_SESSION);
	assert_int_equal(heard.last.session.session.generation, 4);
}

static void may_be_closed_from_an_event(void **state)
{
	struct shm_msg_level m = {.level = 3};

	(void)state;
	come_up();
	heard.close_at_message = true;
	for (unsigned int i = 0; i < 10; i++)
		fake_tell(&dp, 0, SHM_MSG_LEVEL, &m, sizeof(m));
	assert_true(reach(&heard.messages, 1));
	run_for(50);
	assert_int_equal(heard.messages, 1);
	assert_int_equal(heard.down, 0);
}

/* --- messages --------------------------------------------------------------------------------- */

static void commands_keep_their_order_over_a_full_ring(void **state)
{
	const unsigned int n = SHM_LANE_SLOTS + 3000;

	(void)state;
	come_up();
	for (uint32_t i = 0; i < n; i++)
		assert_true(send_keyframe(1, i));
	assert_true(reach(&work.others, n));
	assert_false(work.out_of_order);
	/* and not for ever */
	for (uint32_t i = 0; i < 5000; i++)
		assert_true(send_keyframe(1, n + i));
	for (unsigned int i = 0; i < CP_QUEUE_MAX; i++)
		(void)send_keyframe(1, n + 5000 + i);
	assert_false(send_keyframe(1, 0));
	/* the other core's lane is not full */
	work.next = 0;
	work.others = 0;
	assert_true(send_keyframe(0, 0));
}

static void only_commands_are_sent(void **state)
{
	const struct shm_msg m = {0};

	(void)state;
	come_up();
	assert_false(cp_link_send(tested, 0, SHM_MSG_LEVEL, &m, shm_msg_body(SHM_MSG_LEVEL)));
	assert_false(cp_link_send(tested, 0, SHM_MSG_INJECT, &m, shm_msg_body(SHM_MSG_INJECT)));
	assert_false(cp_link_send(tested, 0, SHM_MSG_KEYFRAME, &m, 4));
	assert_false(cp_link_send(tested, FAKE_CORES, SHM_MSG_KEYFRAME, &m, 8));
	assert_false(cp_link_send(tested, UINT32_MAX, SHM_MSG_KEYFRAME, &m, 8));
	assert_false(cp_link_send(tested, 0, 4711, &m, 8));
}

static void packets_wait_and_are_lost(void **state)
{
	const struct cp_place session = {.core = 0, .h = {.index = 1, .generation = 1}};
	const struct cp_place nowhere = {.core = FAKE_CORES, .h = {.index = 1, .generation = 1}};
	uint8_t bytes[SHM_PACKET_MAX + 1] = {0};
	unsigned int sent = 0;

	(void)state;
	come_up();
	assert_false(cp_link_inject(tested, &nowhere, bytes, 10));
	assert_false(cp_link_inject(tested, &session, bytes, sizeof(bytes)));
	while (cp_link_inject(tested, &session, bytes, SHM_PACKET_MAX))
		sent++;
	assert_int_equal(sent, SHM_LANE_SLOTS + CP_PACKETS_MAX);
	assert_true(reach(&work.packets, sent));
}

static void *tell_later(void *arg)
{
	const struct shm_msg_level m = {.level = 42};

	(void)arg;
	usleep(30000);
	fake_tell(&dp, 1, SHM_MSG_LEVEL, &m, sizeof(m));
	return NULL;
}

/* Between two ticks, so that nothing else ends the wait. */
static void a_sleeping_loop_is_woken(void **state)
{
	uint64_t began, took;
	pthread_t thread;

	(void)state;
	come_up();
	run_for(150);
	uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(dp.lanes->lane[1].up.asleep, 1);
	assert_int_equal(pthread_create(&thread, NULL, tell_later, NULL), 0);
	began = en_mono_ns();
	while (heard.messages == 0)
		uv_run(&loop, UV_RUN_ONCE);
	took = en_mono_ns() - began;
	pthread_join(thread, NULL);
	assert_int_equal(heard.last.level.level, 42);
	assert_int_equal(heard.last_core, 1);
	assert_true(took < EN_NS_PER_S / 10);
}

static void a_new_link_waits_at_once(void **state)
{
	(void)state;
	start_dataplane(PLACES);
	work.mute = true;
	assert_true(reach(&heard.up, 1));
	for (unsigned int i = 0; i < FAKE_CORES; i++)
		assert_int_equal(dp.lanes->lane[i].up.asleep, 1);
}

static void a_dataplane_that_forgets_to_wake_is_heard(void **state)
{
	const struct shm_msg_level m = {.level = 1};

	(void)state;
	come_up();
	assert_true(shm_tx_put(&dp.core[0].up, SHM_MSG_LEVEL, &m, sizeof(m)));
	assert_true(reach(&heard.messages, 1));
}

static void a_flood_does_not_hold_up_the_loop(void **state)
{
	const struct shm_msg_level m = {.level = 1};

	(void)state;
	come_up();
	run_for(20);
	for (unsigned int i = 0; i < SHM_LANE_SLOTS; i++)
		fake_tell(&dp, 0, SHM_MSG_LEVEL, &m, sizeof(m));
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_in_range(heard.messages, 1, 3 * 256);
	assert_true(reach(&heard.messages, SHM_LANE_SLOTS));
}

static void a_dataplane_that_lies_costs_messages_only(void **state)
{
	struct cp_link_stats stats;

	(void)state;
	come_up();
	memset(&dp.lanes->head, 0xff, sizeof(dp.lanes->head));
	for (unsigned int i = 0; i < FAKE_CORES; i++) {
		dp.lanes->lane[i].up.head += SHM_LANE_SLOTS + 1;
		dp.lanes->lane[i].down.tail -= 5;
		assert_true(send_keyframe(i, 0)); /* waits in the queue */
	}
	run_for(250);
	cp_link_stats(tested, &stats);
	assert_true(stats.bad > 0);
	assert_int_equal(heard.messages, 0);
	assert_int_equal(heard.down, 0);
	kill_dataplane();
	assert_true(reach(&heard.down, 1));
}

static bool is_upward(uint32_t type)
{
	return shm_msg_way(type) & SHM_MSG_WAY_UP;
}

static uint8_t any_family(void)
{
	static const uint8_t families[] = {EN_AF_NONE, EN_AF_INET, EN_AF_INET6};

	return families[en_random_below(3)];
}

/* The words of a message end, its counts and families are such: the link takes it, whatever else it says. */
static void write_likely(struct shm_msg *m)
{
	while (!is_upward(m->type))
		m->type = en_random_below(SHM_MSG_N);
	m->len = shm_msg_body(m->type);
	if (m->type == SHM_MSG_SESSION) {
		m->session.ufrag[SHM_UFRAG_MAX - 1] = m->session.pwd[SHM_PWD_MAX - 1] = 0;
		m->session.remote.addr.family = any_family();
	} else if (m->type == SHM_MSG_TRACK) {
		m->track.mid[SHM_MID_MAX - 1] = 0;
		m->track.pt_n = en_random_below(SHM_PTS_MAX + 1);
		m->track.ssrc_n = en_random_below(SHM_SSRCS_MAX + 1);
	} else if (m->type == SHM_MSG_ROUTE) {
		m->route.mid[SHM_MID_MAX - 1] = 0;
		m->route.pt_n = en_random_below(SHM_PTS_MAX + 1);
	} else if (m->type == SHM_MSG_SESSION_EVENT) {
		m->event.remote.addr.family = any_family();
	} else if (shm_msg_has_bytes(m->type)) {
		m->packet.head.len = en_random_below(200);
		m->packet.head.remote.addr.family = any_family();
		m->len += m->packet.head.len;
	}
}

/* Anything at all in a slot, more often than not what gets further; now and then an index that is none. */
static void scribble(struct shm_lane *lane)
{
	struct shm_msg *slot = &lane->up.slot[lane->up.head % SHM_LANE_SLOTS];
	uint32_t dice = en_random32();

	slot->type = dice % 64 ? en_random_below(SHM_MSG_N + 1) : en_random32();
	slot->len = dice >> 8 & 31 ? shm_msg_body(slot->type) : en_random_below(2000);
	en_random(slot->packet.bytes + en_random_below(512), en_random_below(64));
	if (dice >> 14 & 3)
		memset(&slot->session, (int)(dice >> 30), 64);
	if (dice >> 16 & 7)
		write_likely(slot);
	lane->up.head++;
	if (dice >> 20 == 0)
		lane->up.head = en_random32();
	if (dice >> 20 == 1)
		lane->down.tail = en_random32();
}

/* The link takes what there is. An index that is none goes back to where the link is, or nothing more would be heard.
 */
static void let_it_take(void)
{
	(void)send(dp.event[0], "x", 1, MSG_DONTWAIT);
	for (unsigned int i = 0; i < FAKE_CORES; i++) {
		struct shm_ring *up = &dp.lanes->lane[i].up;

		while (shm_ring_used(up) > 0)
			uv_run(&loop, UV_RUN_NOWAIT);
		up->head = up->tail;
	}
}

/* Until it has taken so many: each has the form that it should (on_message()). */
static void a_hostile_dataplane_is_survived(void **state)
{
	const char *env = getenv("LANE_STORM");
	unsigned long n = env ? strtoul(env, NULL, 10) : STORM, written = 0;
	struct cp_link_stats stats;

	(void)state;
	come_up();
	while (heard.messages < n) {
		for (unsigned int i = 0; i < 400; i++, written++)
			scribble(&dp.lanes->lane[i % FAKE_CORES]);
		let_it_take();
		assert_true(written < 2 * n + 10000); /* most of it gets that far */
	}
	assert_int_equal(heard.down, 0);
	cp_link_stats(tested, &stats);
	print_message("%lu messages written, %u taken, %lu passed over\n", written, heard.messages,
		      (unsigned long)stats.bad);
	assert_true(stats.bad > n / 50);
	kill_dataplane();
	assert_true(reach(&heard.down, 1));
	start_dataplane(PLACES);
	assert_true(reach(&heard.synced, 2));
}

/* --- places ------------------------------------------------------------------------------------- */

static void places_are_given_out_once(void **state)
{
	struct cp_place p[PLACES], more;

	(void)state;
	come_up();
	for (unsigned int i = 0; i < PLACES; i++) {
		assert_true(cp_place_take(tested, CP_PLACE_TRACK, 1, &p[i]));
		assert_int_equal(p[i].core, 1);
		assert_int_equal(p[i].h.index, i);
		assert_int_not_equal(p[i].h.generation, 0);
	}
	assert_false(cp_place_take(tested, CP_PLACE_TRACK, 1, &more));
	assert_true(cp_place_take(tested, CP_PLACE_TRACK, 0, &more));
	assert_true(cp_place_take(tested, CP_PLACE_ROUTE, 1, &more));
	assert_false(cp_place_take(tested, CP_PLACE_TRACK, FAKE_CORES, &more));
	assert_false(cp_place_take(tested, CP_PLACE_TRACK, UINT32_MAX, &more));
	/* one that was given back may be taken at once */
	cp_place_give(tested, CP_PLACE_TRACK, &p[7]);
	assert_true(cp_place_take(tested, CP_PLACE_TRACK, 1, &more));
	assert_int_equal(more.h.index, 7);
	assert_int_not_equal(more.h.generation, p[7].h.generation);
	/* an old handle gives nothing back */
	cp_place_give(tested, CP_PLACE_TRACK, &p[7]);
	assert_false(cp_place_adopt(tested, CP_PLACE_TRACK, &more));
	assert_false(cp_place_take(tested, CP_PLACE_TRACK, 1, &more));
}

/* However many come and go: the place that is free for longest is the next one. */
static void places_take_turns(void **state)
{
	struct cp_place p;

	(void)state;
	come_up();
	for (unsigned int i = 0; i < 3 * PLACES; i++) {
		assert_true(cp_place_take(tested, CP_PLACE_SESSION, 0, &p));
		assert_int_equal(p.h.index, i % PLACES);
		cp_place_give(tested, CP_PLACE_SESSION, &p);
	}
}

static void places_that_run_are_adopted(void **state)
{
	struct cp_place run = {.core = 0, .h = {.index = 0, .generation = 99}}, p;

	(void)state;
	come_up();
	assert_true(cp_place_adopt(tested, CP_PLACE_SESSION, &run));
	assert_false(cp_place_adopt(tested, CP_PLACE_SESSION, &run));
	assert_true(cp_place_take(tested, CP_PLACE_SESSION, 0, &p));
	assert_int_equal(p.h.index, 1);
	run.h.index = PLACES;
	assert_false(cp_place_adopt(tested, CP_PLACE_SESSION, &run));
	run.h = (struct shm_handle){.index = 5, .generation = 0};
	assert_false(cp_place_adopt(tested, CP_PLACE_SESSION, &run));
	run.core = FAKE_CORES;
	run.h.generation = 1;
	assert_false(cp_place_adopt(tested, CP_PLACE_SESSION, &run));
}

static void places_outlive_the_dataplane(void **state)
{
	struct cp_place p, q;

	(void)state;
	come_up();
	assert_true(cp_place_take(tested, CP_PLACE_SESSION, 0, &p));
	kill_dataplane();
	assert_true(reach(&heard.down, 1));
	start_dataplane(2 * PLACES);
	assert_true(reach(&heard.synced, 2));
	for (unsigned int i = 1; i < 2 * PLACES; i++) {
		assert_true(cp_place_take(tested, CP_PLACE_SESSION, 0, &q));
		assert_int_not_equal(q.h.index, p.h.index);
	}
	assert_false(cp_place_take(tested, CP_PLACE_SESSION, 0, &q));
}

#define link_test(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		link_test(waits_for_the_dataplane),
		link_test(comes_back_after_the_dataplane_did),
		link_test(comes_back_after_the_connection_broke),
		link_test(waits_for_another_to_let_go),
		link_test(asks_again_when_a_resync_got_no_answer),
		link_test(is_synced_by_its_own_token_only),
		link_test(what_was_for_another_is_passed_over),
		link_test(may_be_closed_from_an_event),
		link_test(commands_keep_their_order_over_a_full_ring),
		link_test(only_commands_are_sent),
		link_test(packets_wait_and_are_lost),
		link_test(a_sleeping_loop_is_woken),
		link_test(a_new_link_waits_at_once),
		link_test(a_dataplane_that_forgets_to_wake_is_heard),
		link_test(a_flood_does_not_hold_up_the_loop),
		link_test(a_dataplane_that_lies_costs_messages_only),
		link_test(a_hostile_dataplane_is_survived),
		link_test(places_are_given_out_once),
		link_test(places_take_turns),
		link_test(places_that_run_are_adopted),
		link_test(places_outlive_the_dataplane),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
