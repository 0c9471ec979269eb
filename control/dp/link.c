/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - stay attached to the dataplane: connect, resync, carry messages, notice its end.
 *
 * Runs on:   the control loop, all of it.
 *
 *   down ──(tick: cp_attach_open)──► up ──(all cores' RESYNC_END)──► synced
 *    ▲────────(connection closed, or written to)─────┴─────────────────┘
 *
 * A tick of 100 ms connects again, repeats a resync that got no answer, and looks into
 * the rings even when nobody woke us: a dataplane that forgets to wake costs time, not messages.
 *
 * Invariants
 *   L1  the loop is never held up: each core is listened to in turns of TURN messages, and what is
 *       left is taken up when others had theirs.
 *   L2  commands of a core arrive in the order in which they were sent: once one waits, all later ones do.
 *   L3  before the loop sleeps each ring has its flag set and was looked into after that (lane.h).
 */
#include "control/dp/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/dp/attach.h"
#include "control/dp/place.h"
#include "engine/base/random.h"

#define TICK_MS   100
#define LONG_MS   2000 /* until the next attempt, where soon would be no better */
#define FLUSH_MS  2 /* commands that found the ring full are tried again */
#define RESYNC_MS 3000 /* then it is asked for again */
#define TURN      256 /* messages of a core at a time */

/* Handles of one attachment; they outlive it until libuv has let go of them. */
struct watch {
	uv_poll_t ctl, event;
	unsigned int open_n;
	struct cp_link *link; /* NULL: of the past */
};

struct cp_link {
	uv_loop_t *loop;
	struct cp_link_events events;
	void *arg;
	char runtime_dir[128];
	uv_timer_t tick, flush;
	uv_idle_t more; /* active: something waits in a ring */
	unsigned int handle_n; /* of these three, that libuv still has */
	bool closing;
	bool up, was_up, synced, was_synced;
	struct watch *watch;
	struct cp_attachment at;
	struct cp_places places[CP_PLACE_KINDS][SHM_LANES_MAX];
	uint64_t token, asked_ms, next_try_ms;
	uint32_t ended; /* cores whose resync has, a bit each */
	struct cp_link_stats past; /* of earlier attachments; connects of all */
	char last_failure[sizeof(((struct en_err *)0)->text)];
};

static void free_when_done(struct cp_link *l)
{
	if (l->closing && l->handle_n == 0)
		free(l);
}

/* --- messages up ----------------------------------------------------------------- */

static void on_resync_end(struct cp_link *l, unsigned int core, uint64_t token)
{
	if (token != l->token || l->synced)
		return;
	l->ended |= UINT32_C(1) << core;
	if (__builtin_popcount(l->ended) != (int)l->at.head.lane_n)
		return;
	l->synced = l->was_synced = true;
	l->events.on_synced(l->arg);
}

/* False: nothing more for now. Whoever is called may close the link. */
static bool take_turn(struct cp_link *l, unsigned int core)
{
	struct shm_rx *rx = &l->at.core[core].up;
	struct shm_msg msg;
	unsigned int n = 0;

	shm_rx_awake(rx);
	while (n < TURN && l->up && shm_rx_take(rx, true, &msg)) {
		n++;
		if (msg.type == SHM_MSG_RESYNC_END)
			on_resync_end(l, core, msg.resync.token);
		else
			l->events.on_message(l->arg, core, &msg);
	}
	return n == TURN;
}

static void flush_queues(struct cp_link *l);

static void on_more(uv_idle_t *more)
{
	struct cp_link *l = more->data;
	bool left = false;

	for (unsigned int i = 0; l->up && i < l->at.head.lane_n; i++)
		left = take_turn(l, i) || left;
	for (unsigned int i = 0; l->up && !left && i < l->at.head.lane_n; i++)
		left = !shm_rx_sleep(&l->at.core[i].up); /* L3 */
	if (l->up && left)
		uv_idle_start(&l->more, on_more);
	else if (!l->closing)
		uv_idle_stop(&l->more);
	flush_queues(l);
}

/* --- messages down --------------------------------------------------------------- */

static void on_flush(uv_timer_t *flush)
{
	flush_queues(flush->data);
}

static void flush_queues(struct cp_link *l)
{
	bool left = false;

	for (unsigned int i = 0; l->up && i < l->at.head.lane_n; i++) {
		struct cp_core_end *end = &l->at.core[i];

		if (end->queue.n > 0 && cp_queue_flush(&end->queue, &end->down) > 0)
			cp_attach_wake(&l->at, i);
		left = left || end->queue.n > 0;
	}
	if (left && !uv_is_active((uv_handle_t *)&l->flush))
		uv_timer_start(&l->flush, on_flush, FLUSH_MS, 0);
}

bool cp_link_send(struct cp_link *l, unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	struct cp_core_end *end;

	if (!l->up || core >= l->at.head.lane_n || !(shm_msg_way(type) & SHM_MSG_WAY_DOWN) || shm_msg_has_bytes(type) ||
	    len != shm_msg_body(type))
		return false;
	end = &l->at.core[core];
	if (end->queue.n == 0 && shm_tx_put(&end->down, type, body, len)) {
		cp_attach_wake(&l->at, core);
		return true;
	}
	if (!cp_queue_put(&end->queue, type, body, len))
		return false;
	flush_queues(l);
	return true;
}

bool cp_link_inject(struct cp_link *l, const struct cp_place *session, const void *bytes, uint32_t len)
{
	if (!l->up || session->core >= l->at.head.lane_n ||
	    !shm_tx_put_packet(&l->at.core[session->core].down, SHM_MSG_INJECT, session->h, bytes, len))
		return false;
	cp_attach_wake(&l->at, session->core);
	return true;
}

/* --- up and down ----------------------------------------------------------------- */

static void add_stats(const struct cp_link *l, struct cp_link_stats *s)
{
	for (unsigned int i = 0; l->up && i < l->at.head.lane_n; i++) {
		const struct cp_core_end *end = &l->at.core[i];

		s->sent += end->down.sent;
		s->received += end->up.received;
		s->full += end->down.full;
		s->bad += end->down.bad + end->up.bad;
	}
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;

	if (--w->open_n == 0)
		free(w);
}

static void close_watch(struct watch *w)
{
	w->link = NULL;
	if (w->open_n == 0) {
		free(w);
		return;
	}
	if (w->open_n > 1)
		uv_close((uv_handle_t *)&w->event, on_watch_closed);
	uv_close((uv_handle_t *)&w->ctl, on_watch_closed);
}

static void go_down(struct cp_link *l)
{
	add_stats(l, &l->past);
	l->up = l->synced = false;
	uv_idle_stop(&l->more);
	uv_timer_stop(&l->flush);
	close_watch(l->watch); /* before its descriptors are closed */
	l->watch = NULL;
	cp_attach_close(&l->at);
}

static void on_ctl(uv_poll_t *poll, int status, int events)
{
	struct cp_link *l = ((struct watch *)poll->data)->link;

	(void)status;
	(void)events;
	if (!l)
		return;
	/* it has nothing to say that was not asked for: whatever comes is its end */
	en_info("link", "the dataplane is gone");
	go_down(l);
	l->next_try_ms = uv_now(l->loop) + TICK_MS;
	l->events.on_down(l->arg);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct cp_link *l = ((struct watch *)poll->data)->link;

	(void)status;
	(void)events;
	if (!l)
		return;
	cp_attach_woken(&l->at);
	on_more(&l->more);
}

/* Each starts, or what did is closed again. */
static int watch_one(struct cp_link *l, struct watch *w, uv_poll_t *poll, int fd, uv_poll_cb on_ready)
{
	int rc = uv_poll_init(l->loop, poll, fd);

	if (rc != 0)
		return rc;
	poll->data = w;
	w->open_n++;
	return uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, on_ready);
}

static int start_watch(struct cp_link *l, struct en_err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return en_fail(err, -ENOMEM, "no memory to watch the dataplane");
	rc = watch_one(l, w, &w->ctl, l->at.ctl_fd, on_ctl);
	if (rc == 0)
		rc = watch_one(l, w, &w->event, l->at.event_fd, on_event);
	if (rc != 0) {
		close_watch(w);
		return en_fail(err, -EPROTO, "cannot watch the dataplane's descriptors: %s", uv_strerror(rc));
	}
	w->link = l;
	l->watch = w;
	return 0;
}

/* Tables may have other sizes than those of the dataplane before. */
static int size_places(struct cp_link *l, struct en_err *err)
{
	const uint32_t n[CP_PLACE_KINDS] = {
		[CP_PLACE_SESSION] = l->at.head.sessions,
		[CP_PLACE_TRACK] = l->at.head.tracks,
		[CP_PLACE_ROUTE] = l->at.head.routes,
	};

	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		for (unsigned int core = 0; core < SHM_LANES_MAX; core++)
			if (!cp_places_resize(&l->places[kind][core], core < l->at.head.lane_n ? n[kind] : 0))
				return en_fail(err, -ENOMEM, "no memory for the dataplane's tables");
	return 0;
}

static void ask_for_all(struct cp_link *l)
{
	struct shm_msg_resync m;

	m.token = l->token = en_random64();
	l->ended = 0;
	l->asked_ms = uv_now(l->loop);
	for (unsigned int i = 0; i < l->at.head.lane_n; i++)
		(void)cp_link_send(l, i, SHM_MSG_RESYNC, &m, sizeof(m));
}

/* --- connecting ------------------------------------------------------------------ */

static int attach(struct cp_link *l, struct en_err *err)
{
	int rc = cp_attach_open(&l->at, l->runtime_dir, err);

	if (rc != 0)
		return rc;
	rc = size_places(l, err);
	if (rc == 0)
		rc = start_watch(l, err);
	if (rc != 0)
		cp_attach_close(&l->at);
	return rc;
}

/* Said once, not ten times a second. */
static void say_failure(struct cp_link *l, const struct en_err *err)
{
	if (strcmp(l->last_failure, err->text) == 0)
		return;
	memcpy(l->last_failure, err->text, sizeof(l->last_failure));
	en_info("link", "no lanes yet: %s", err->text);
}

static void try_attach(struct cp_link *l)
{
	struct en_err err = {0};
	bool again = l->was_up;
	int rc = attach(l, &err);

	uv_update_time(l->loop); /* it may have waited */
	if (rc != 0) {
		bool soon = rc == -ENOENT || rc == -ECONNREFUSED || rc == -ECONNRESET || rc == -EBUSY;

		l->next_try_ms = uv_now(l->loop) + (soon ? TICK_MS : LONG_MS);
		say_failure(l, &err);
		return;
	}
	l->last_failure[0] = '\0';
	l->up = l->was_up = true;
	l->past.connects++;
	en_info("link", "attached to the dataplane: %u core%s", l->at.head.lane_n, l->at.head.lane_n == 1 ? "" : "s");
	ask_for_all(l);
	l->events.on_up(l->arg, again);
}

static void on_tick(uv_timer_t *tick)
{
	struct cp_link *l = tick->data;
	uint64_t now = uv_now(l->loop);

	if (!l->up) {
		if (now >= l->next_try_ms)
			try_attach(l);
		return;
	}
	if (!l->synced && now - l->asked_ms >= RESYNC_MS) {
		en_warn("link", "the dataplane has not told what runs within %d ms: asking again", RESYNC_MS);
		ask_for_all(l);
	}
	on_more(&l->more);
}

int cp_link_open(uv_loop_t *loop, const char *runtime_dir, const struct cp_link_events *events, void *arg,
		 struct cp_link **ret_link, struct en_err *err)
{
	struct cp_link *l = calloc(1, sizeof(*l));

	if (!l)
		return en_fail(err, -ENOMEM, "no memory for the link to the dataplane");
	if (strlen(runtime_dir) >= sizeof(l->runtime_dir)) {
		free(l);
		return en_fail(err, -ENAMETOOLONG, "runtime directory %s is too long", runtime_dir);
	}
	l->loop = loop;
	l->events = *events;
	l->arg = arg;
	strcpy(l->runtime_dir, runtime_dir);
	uv_timer_init(loop, &l->tick);
	uv_timer_init(loop, &l->flush);
	uv_idle_init(loop, &l->more);
	l->tick.data = l->flush.data = l->more.data = l;
	l->handle_n = 3;
	/* the first one at once, but from the loop: nobody hears of us before he has us */
	uv_timer_start(&l->tick, on_tick, 0, TICK_MS);
	*ret_link = l;
	return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct cp_link *l = handle->data;

	l->handle_n--;
	free_when_done(l);
}

void cp_link_close(struct cp_link *l)
{
	if (!l || l->closing)
		return;
	if (l->up)
		go_down(l);
	l->closing = true;
	for (unsigned int kind = 0; kind < CP_PLACE_KINDS; kind++)
		for (unsigned int core = 0; core < SHM_LANES_MAX; core++)
			cp_places_fini(&l->places[kind][core]);
	uv_close((uv_handle_t *)&l->tick, on_handle_closed);
	uv_close((uv_handle_t *)&l->flush, on_handle_closed);
	uv_close((uv_handle_t *)&l->more, on_handle_closed);
}

/* --- what it knows --------------------------------------------------------------- */

bool cp_link_is_up(const struct cp_link *l)
{
	return l->up;
}

unsigned int cp_link_cores(const struct cp_link *l)
{
	return l->up ? l->at.head.lane_n : 0;
}

void cp_link_stats(const struct cp_link *l, struct cp_link_stats *ret_stats)
{
	*ret_stats = l->past;
	add_stats(l, ret_stats);
}

bool cp_place_take(struct cp_link *l, enum cp_place_kind kind, unsigned int core, struct cp_place *ret_place)
{
	struct shm_handle h;

	/* what a control process before us left behind is known after the first resync only */
	if (core >= SHM_LANES_MAX || !l->was_synced || !cp_places_take(&l->places[kind][core], uv_now(l->loop), &h))
		return false;
	*ret_place = (struct cp_place){.core = core, .h = h};
	return true;
}

void cp_place_give(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	if (p->core < SHM_LANES_MAX)
		cp_places_give(&l->places[kind][p->core], uv_now(l->loop), p->h);
}

bool cp_place_adopt(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	return p->core < SHM_LANES_MAX && cp_places_adopt(&l->places[kind][p->core], p->h);
}
