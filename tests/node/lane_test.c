/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane_test.c - lanes handed out over the real control socket, worker and control waking each
 * other, and a control process that lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/ctl/lane.h"
#include "dataplane/ctl/server.h"
#include "dataplane/idle.h"
#include "dataplane/media/media.h"
#include "dataplane/step.h"
#include "engine/base/random.h"
#include "engine/shm/ufrag.h"
#include "tests/node/lib/lab.h"

#define HOUR_NS  (3600 * EN_NS_PER_S)
#define ENOUGH   10000 /* more empty steps than any spin lasts */
#define STORM    300000u /* messages; LANE_STORM in the environment: so many */
#define SESSIONS 16
#define MEDIA    "listen = 198.18.0.2:3480\nmax-sessions = 16\nmax-tracks = 32\nmax-routes = 64\nmax-caches = 4\n"

static const struct lab_options with_media = {.cores = 2, .media = MEDIA};
static struct dp_ctl ctl;
static int listen_fd;
static char dir[64];
static struct en_err err;

static void open_lab(const struct lab_options *o)
{
	lab_open(o);
	snprintf(dir, sizeof(dir), "/tmp/turnpike-lane-XXXXXX");
	assert_non_null(mkdtemp(dir));
	listen_fd = shm_ctl_listen(dir, &err);
	assert_true(listen_fd >= 0);
	dp_ctl_init(&ctl, lab.world, listen_fd, -1);
}

static void close_lab(void)
{
	char path[128];

	dp_ctl_fini(&ctl);
	close(listen_fd);
	snprintf(path, sizeof(path), "%s/%s", dir, SHM_CTL_SOCKET);
	unlink(path);
	rmdir(dir);
	lab_settle();
}

/* --- requests ------------------------------------------------------------------------------ */

/* Housekeeping and the workers, as long as `done` says. */
static void serve_until(const _Atomic bool *done)
{
	struct pollfd fds[DP_CTL_POLLS];

	while (!atomic_load(done)) {
		dp_ctl_polls(&ctl, fds);
		poll(fds, DP_CTL_POLLS, 1);
		dp_ctl_work(&ctl, fds);
	}
	lab_step(2);
}

struct call {
	int sock, fd, code;
	struct shm_ctl_request req;
	struct en_err err;
	_Atomic bool done;
};

static void *call_thread(void *arg)
{
	struct call *c = arg;
	struct shm_ctl_reply reply;

	c->fd = -1;
	c->code = shm_ctl_call(c->sock, &c->req, &reply, &c->fd, &c->err);
	c->done = true;
	return NULL;
}

/* The descriptor, or negative errno with err. */
static int ask(int sock, enum shm_ctl_op op, uint32_t kind)
{
	struct call c = {.sock = sock, .req = {.op = op, .kind = kind}};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, call_thread, &c), 0);
	serve_until(&c.done);
	pthread_join(thread, NULL);
	err = c.err;
	return c.code == 0 ? c.fd : c.code;
}

static int dial(void)
{
	int sock = shm_ctl_connect(dir, &err);

	assert_true(sock >= 0);
	return sock;
}

static void hang_up(int sock)
{
	struct pollfd fds[DP_CTL_POLLS];

	close(sock);
	for (unsigned int i = 0; i < 3; i++) {
		dp_ctl_polls(&ctl, fds);
		poll(fds, DP_CTL_POLLS, 1);
		dp_ctl_work(&ctl, fds);
	}
	lab_step(2);
}

static bool attached(unsigned int core)
{
	return lab.world->core[core]->media->attached;
}

/* --- a control process ------------------------------------------------------------------------ */

static struct {
	int sock, event;
	int wake[2];
	struct shm_lanes *lanes;
	struct shm_lanes_head head;
	struct shm_tx tx[2];
	struct shm_rx rx[2];
} cp;

static void attach(void)
{
	int fd;

	cp.sock = dial();
	fd = ask(cp.sock, SHM_CTL_LANES, 0);
	assert_true(fd >= 0);
	cp.lanes = shm_lanes_open(fd, &cp.head, &err);
	assert_non_null(cp.lanes);
	close(fd);
	cp.event = ask(cp.sock, SHM_CTL_LANE_EVENT, 0);
	assert_true(cp.event >= 0);
	for (unsigned int i = 0; i < cp.head.lane_n; i++) {
		cp.wake[i] = ask(cp.sock, SHM_CTL_LANE_WAKE, i);
		assert_true(cp.wake[i] >= 0);
		shm_tx_init(&cp.tx[i], &cp.lanes->lane[i].down);
		shm_rx_init(&cp.rx[i], &cp.lanes->lane[i].up);
	}
}

static void detach(void)
{
	for (unsigned int i = 0; i < cp.head.lane_n; i++)
		close(cp.wake[i]);
	close(cp.event);
	shm_lanes_close(cp.lanes, cp.head.lane_n);
	hang_up(cp.sock);
}

static void put_session(unsigned int core, uint32_t index, uint32_t generation)
{
	struct shm_msg_session m = {.session = {.index = index, .generation = generation},
				    .pwd = "abcdefghijklmnopqrstuvwx",
				    .consent_ms = 30000};

	shm_ufrag_make(core, index, en_random64(), m.ufrag);
	assert_true(shm_tx_put(&cp.tx[core], SHM_MSG_SESSION, &m, sizeof(m)));
}

static void ask_for_all(unsigned int core, uint64_t token)
{
	const struct shm_msg_resync m = {.token = token};

	assert_true(shm_tx_put(&cp.tx[core], SHM_MSG_RESYNC, &m, sizeof(m)));
}

static bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* --- who gets them ------------------------------------------------------------------------------ */

static void one_process_at_a_time(void **state)
{
	int second;

	(void)state;
	open_lab(&with_media);
	assert_false(attached(0));
	attach();
	assert_int_equal(cp.head.lane_n, 2);
	assert_int_equal(cp.head.sessions, SESSIONS);
	assert_true(attached(0) && attached(1));
	second = dial();
	assert_int_equal(ask(second, SHM_CTL_LANES, 0), -EBUSY);
	assert_non_null(strstr(err.text, "one at a time"));
	assert_int_equal(ask(second, SHM_CTL_LANE_EVENT, 0), -EPERM);
	assert_int_equal(ask(second, SHM_CTL_LANE_WAKE, 0), -EPERM);
	assert_int_equal(ask(cp.sock, SHM_CTL_LANE_WAKE, 2), -EINVAL);
	assert_int_equal(ask(cp.sock, SHM_CTL_LANE_WAKE, UINT32_MAX), -EINVAL);
	detach();
	assert_false(attached(0) || attached(1));
	close(ask(second, SHM_CTL_LANES, 0));
	assert_true(attached(0) && attached(1));
	hang_up(second);
	assert_false(attached(0) || attached(1));
	close_lab();
}

static void without_media_there_are_none(void **state)
{
	int sock;

	(void)state;
	open_lab(NULL);
	sock = dial();
	assert_int_equal(ask(sock, SHM_CTL_LANES, 0), -ENOTSUP);
	assert_non_null(strstr(err.text, "[media]"));
	hang_up(sock);
	close_lab();
}

/* In the child: another user asks. Its exit code says how it went. */
static void ask_as_stranger(void)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_LANES};
	struct shm_ctl_reply reply;
	int sock, fd, code;

	if (setresuid(12345, 12345, 12345) != 0)
		_exit(2);
	sock = shm_ctl_connect(dir, &err);
	if (sock < 0)
		_exit(3);
	code = shm_ctl_call(sock, &req, &reply, &fd, &err);
	_exit(code == -EACCES ? 0 : 1);
}

static void strangers_get_none(void **state)
{
	struct pollfd fds[DP_CTL_POLLS];
	char path[128];
	int status = 0;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	open_lab(&with_media);
	snprintf(path, sizeof(path), "%s/%s", dir, SHM_CTL_SOCKET);
	/* even if the file's mode lets them connect */
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod(path, 0666), 0);
	child = fork();
	if (child == 0)
		ask_as_stranger();
	while (waitpid(child, &status, WNOHANG) == 0) {
		dp_ctl_polls(&ctl, fds);
		poll(fds, DP_CTL_POLLS, 1);
		dp_ctl_work(&ctl, fds);
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close_lab();
}

/* --- commands and their leavings --------------------------------------------------------------- */

static void a_resync_is_answered(void **state)
{
	struct shm_msg msg;

	(void)state;
	open_lab(&with_media);
	attach();
	put_session(0, 3, 9);
	ask_for_all(0, 4711);
	assert_true(shm_rx_sleep(&cp.rx[0]));
	lab_step(20);
	assert_true(is_readable(cp.event));
	assert_true(shm_rx_take(&cp.rx[0], true, &msg));
	assert_int_equal(msg.type, SHM_MSG_SESSION);
	assert_int_equal(msg.session.session.index, 3);
	assert_int_equal(msg.session.session.generation, 9);
	assert_true(shm_rx_take(&cp.rx[0], true, &msg));
	assert_int_equal(msg.type, SHM_MSG_RESYNC_END);
	assert_int_equal(msg.resync.token, 4711);
	detach();
	close_lab();
}

static void what_a_dead_control_process_said_counts(void **state)
{
	struct shm_msg msg;

	(void)state;
	open_lab(&with_media);
	attach();
	put_session(0, 1, 5);
	detach(); /* before any worker had a look */
	assert_int_equal(lab.world->core[0]->media->session[1].generation, 5);
	assert_int_equal(shm_ring_used(&lab.world->lanes->shm->lane[0].down), 0);
	attach();
	ask_for_all(0, 1);
	lab_step(20);
	assert_true(shm_rx_take(&cp.rx[0], true, &msg));
	assert_int_equal(msg.type, SHM_MSG_SESSION);
	assert_int_equal(msg.session.session.generation, 5);
	detach();
	close_lab();
}

static void rows_say_who_holds_them(void **state)
{
	struct shm_row_lane row;

	(void)state;
	open_lab(&with_media);
	assert_int_equal(dp_lanes_rows(lab.world, 1, &row), 1);
	assert_int_equal(row.attached, 0);
	assert_int_equal(row.pid, 0);
	attach();
	ask_for_all(1, 1);
	assert_int_equal(dp_lanes_rows(lab.world, 1, &row), 1);
	assert_int_equal(row.core, 1);
	assert_int_equal(row.attached, 1);
	assert_int_equal(row.pid, getpid());
	assert_int_equal(row.down_waiting, 1);
	lab_step(20);
	assert_int_equal(dp_lanes_rows(lab.world, 1, &row), 1);
	assert_int_equal(row.down_waiting, 0);
	assert_int_equal(row.down_received, 1);
	assert_int_equal(row.up_sent, 1);
	assert_int_equal(row.up_waiting, 1);
	detach();
	close_lab();
}

/* --- sleep ------------------------------------------------------------------------------------------ */

/* Nothing but a wake-up ends its sleep: the lab's rings have no descriptors. */
static struct dp_core *sleeper(void)
{
	struct dp_core *c = lab.world->core[0];

	c->idle.timed = false;
	c->idle.longest_ns = HOUR_NS;
	for (unsigned int i = 0; i < ENOUGH && !c->idle.asleep; i++)
		dp_idle(c);
	assert_true(c->idle.asleep);
	return c;
}

static void *command_later(void *arg)
{
	(void)arg;
	usleep(20000);
	put_session(0, 2, 2);
	if (shm_tx_must_wake(&cp.tx[0]))
		(void)!send(cp.wake[0], "x", 1, MSG_DONTWAIT);
	return NULL;
}

static void a_command_wakes_the_worker(void **state)
{
	struct dp_core *c;
	pthread_t thread;
	uint64_t sleeps;

	(void)state;
	open_lab(&with_media);
	attach();
	c = sleeper();
	sleeps = c->stats->sleeps;
	assert_int_equal(pthread_create(&thread, NULL, command_later, NULL), 0);
	dp_idle(c); /* for an hour */
	pthread_join(thread, NULL);
	assert_int_equal(c->stats->sleeps, sleeps + 1);
	assert_false(is_readable(c->idle.fd[1].fd));
	c->worked = 0;
	dp_core_step(c, lab.now_ns, lab.wall_s);
	assert_int_equal(c->worked, 1);
	assert_int_equal(c->media->session[2].generation, 2);
	dp_idle_end(c);
	assert_false(shm_tx_must_wake(&cp.tx[0]));
	detach();
	close_lab();
}

static void a_command_keeps_it_up(void **state)
{
	struct dp_core *c;
	uint64_t sleeps;

	(void)state;
	open_lab(&with_media);
	attach();
	c = sleeper();
	sleeps = c->stats->sleeps;
	put_session(0, 2, 2);
	dp_idle(c); /* would sleep for an hour */
	assert_int_equal(c->stats->sleeps, sleeps);
	assert_false(shm_tx_must_wake(&cp.tx[0]));
	detach();
	close_lab();
}

/* All that control can do to its ends of the socket pairs. */
static void descriptors_are_no_weapon(void **state)
{
	struct dp_core *c;

	(void)state;
	open_lab(&with_media);
	attach();
	c = lab.world->core[0];
	assert_int_equal(fcntl(cp.wake[0], F_SETFL, 0), 0);
	assert_int_equal(fcntl(cp.event, F_SETFL, 0), 0);
	while (send(cp.wake[0], "x", 1, MSG_DONTWAIT) == 1)
		;
	/* as much as it likes: workers write, and do not wait */
	for (unsigned int i = 0; i < 1000; i++) {
		lab.world->lanes->shm->lane[0].up.asleep = 1;
		dp_media_wake(c->media);
	}
	c->idle.loops = 0;
	c = sleeper();
	dp_idle(c); /* ends at once */
	for (unsigned int i = 0; i < 1000 && is_readable(c->idle.fd[1].fd); i++)
		dp_lanes_woken(lab.world->lanes, 0);
	assert_false(is_readable(c->idle.fd[1].fd));
	/* nothing there: the worker does not wait for it either */
	dp_lanes_woken(lab.world->lanes, 0);
	shutdown(cp.wake[0], SHUT_RDWR);
	shutdown(cp.event, SHUT_RDWR);
	assert_false(is_readable(c->idle.fd[1].fd));
	lab.world->lanes->shm->lane[0].up.asleep = 1;
	dp_media_wake(c->media);
	dp_idle_end(c);
	detach();
	close_lab();
}

/* --- lies ------------------------------------------------------------------------------------------------ */

static struct shm_handle any_handle(void)
{
	return (struct shm_handle){en_random_below(SESSIONS + 1), en_random_below(3)};
}

/* A message that may well be carried out. */
static void write_likely(struct shm_msg *m)
{
	m->session.session = any_handle();
	switch (m->type) {
	case SHM_MSG_SESSION:
		m->session.listen = en_random_below(2);
		shm_ufrag_make(0, m->session.session.index, en_random64(), m->session.ufrag);
		memset(m->session.pwd, 0, sizeof(m->session.pwd));
		memset(m->session.pwd, 'p', en_random_below(SHM_PWD_MAX));
		break;
	case SHM_MSG_KEYS:
		m->keys.profile = en_random_below(10);
		break;
	case SHM_MSG_TRACK:
		m->track.session = any_handle();
		m->track.kind = en_random_below(4);
		memset(m->track.mid, 0, sizeof(m->track.mid));
		m->track.mid[0] = 'm';
		m->track.pt_n = en_random_below(SHM_PTS_MAX + 2);
		m->track.ssrc_n = en_random_below(SHM_SSRCS_MAX + 2);
		break;
	case SHM_MSG_ROUTE:
		m->route.track = any_handle();
		m->route.session = any_handle();
		memset(m->route.mid, 0, sizeof(m->route.mid));
		m->route.pt_n = en_random_below(SHM_PTS_MAX + 2);
		break;
	}
}

static void scribble_over_indexes(struct shm_lane *lane)
{
	lane->down.head = en_random32();
	lane->up.tail = en_random32();
	lane->down.tail = en_random32();
	lane->up.head = en_random32();
}

/* Anything at all, often almost right: then it gets further. */
static void scribble(struct shm_lane *lane)
{
	uint32_t head = lane->down.head;
	struct shm_msg *slot = &lane->down.slot[head % SHM_LANE_SLOTS];
	uint32_t dice = en_random32();

	slot->type = dice % 64 ? en_random_below(SHM_MSG_N + 1) : en_random32();
	slot->len = dice >> 8 & 31 ? shm_msg_body(slot->type) : en_random_below(2000);
	en_random(slot->packet.bytes + en_random_below(512), en_random_below(64));
	if (dice >> 14 & 3)
		write_likely(slot);
	if (shm_msg_has_bytes(slot->type)) {
		slot->len += en_random_below(200);
		slot->packet.head.len = slot->len - (uint32_t)sizeof(slot->packet.head);
	}
	lane->down.head = head + 1;
	if (dice >> 20 == 0)
		scribble_over_indexes(lane);
	else if (dice >> 20 == 1)
		memset(&lab.world->lanes->shm->head, (int)dice, sizeof(struct shm_lanes_head));
}

static void a_hostile_control_process_spoils_its_own_only(void **state)
{
	const char *env = getenv("LANE_STORM");
	unsigned long n = env ? strtoul(env, NULL, 10) : STORM;
	struct dp_media *md;

	(void)state;
	open_lab(&with_media);
	attach();
	md = lab.world->core[0]->media;
	for (unsigned long i = 0; i < n; i++) {
		scribble(&cp.lanes->lane[0]);
		if (i % 32)
			continue;
		/* back to where the worker is, or nothing would be heard from here on */
		if (cp.lanes->lane[0].down.head - md->down.tail > SHM_LANE_SLOTS)
			cp.lanes->lane[0].down.head = md->down.tail;
		cp.lanes->lane[0].up.tail = md->up.head;
		lab_step(1);
	}
	assert_true(md->down.received > n / 4);
	print_message("%lu messages taken, %lu passed over, %lu refused\n", (unsigned long)md->down.received,
		      (unsigned long)md->down.bad, (unsigned long)lab_counter(CTR_LANE_REFUSED));
	detach();
	/* the next one is served as if nothing had been */
	lab.world->lanes->shm->head = cp.head;
	attach();
	put_session(0, 0, 77);
	lab_step(4);
	assert_int_equal(md->session[0].generation, 77);
	detach();
	while (lab_recv(0, &(struct packet){0}))
		;
	lab_forget_drops();
	close_lab();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(one_process_at_a_time),
		lab_test(without_media_there_are_none),
		lab_test(strangers_get_none),
		lab_test(a_resync_is_answered),
		lab_test(what_a_dead_control_process_said_counts),
		lab_test(rows_say_who_holds_them),
		lab_test(a_command_wakes_the_worker),
		lab_test(a_command_keeps_it_up),
		lab_test(descriptors_are_no_weapon),
		lab_test(a_hostile_control_process_spoils_its_own_only),
	};

	en_log_set_level(EN_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
