/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - stay attached to the dataplane: connect, notice its end, connect again.
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
 *   L1  places outlive an attachment; nothing else does.
 *   L2  callbacks come from the loop only, and each may close the link.
 */
#include "control/dp/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS   100
#define LONG_MS   2000 /* until the next attempt, where soon would be no better */
#define RESYNC_MS 3000 /* then it is asked for again */

static void free_when_done(struct cp_link *l)
{
	if (l->closing && l->handle_n == 0)
		free(l);
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
	struct cp_watch *w = handle->data;

	if (--w->open_n == 0)
		free(w);
}

static void close_watch(struct cp_watch *w)
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
	struct cp_link *l = ((struct cp_watch *)poll->data)->link;

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
	struct cp_link *l = ((struct cp_watch *)poll->data)->link;

	(void)status;
	(void)events;
	if (!l)
		return;
	cp_attach_woken(&l->at);
	cp_carry(l);
}

/* Each starts, or what did is closed again. */
static int watch_one(struct cp_link *l, struct cp_watch *w, uv_poll_t *poll, int fd, uv_poll_cb on_ready)
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
	struct cp_watch *w = calloc(1, sizeof(*w));
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
		/* one that starts is not there, then not ours to open, then busy: all that is over soon */
		bool soon = rc != -ETIMEDOUT && rc != -ENOTSUP && rc != -EPROTO;

		l->next_try_ms = uv_now(l->loop) + (soon ? TICK_MS : LONG_MS);
		say_failure(l, &err);
		return;
	}
	l->last_failure[0] = '\0';
	l->up = l->was_up = true;
	l->past.connects++;
	en_info("link", "attached to the dataplane: %u core%s", l->at.head.lane_n, l->at.head.lane_n == 1 ? "" : "s");
	cp_carry_resync(l);
	l->events.on_up(l->arg, again);
	cp_carry(l); /* the rings learn that we wait */
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
		cp_carry_resync(l);
	}
	cp_carry(l);
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
	memcpy(l->runtime_dir, runtime_dir, strlen(runtime_dir) + 1);
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
	if (core >= SHM_LANES_MAX || !l->was_synced || !cp_places_take(&l->places[kind][core], &h))
		return false;
	*ret_place = (struct cp_place){.core = core, .h = h};
	return true;
}

void cp_place_give(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	if (p->core < SHM_LANES_MAX)
		cp_places_give(&l->places[kind][p->core], p->h);
}

bool cp_place_adopt(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	return p->core < SHM_LANES_MAX && cp_places_adopt(&l->places[kind][p->core], p->h);
}
