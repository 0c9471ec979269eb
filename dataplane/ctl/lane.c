/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lane.c - hand the lanes to one control process at a time.
 *
 * Runs on:   housekeeping, start and end; wake_fd and woken on workers.
 * Invariants
 *   N1  one connection holds the lanes; it lets go by closing, and dies with its process.
 *   N2  who may hold them: root, the user of this process, [control] user. The
 *       socket file alone does not decide: its group may have other members.
 *   N3  whether control is there is decided here and known to a worker by a note
 *       only (media/tell.c): the last epoch counts, those in between may be left out.
 *   N4  sockets, not eventfds: of a pair each side has its own file, so that control can
 *       change no flag of ours, and no worker ever waits for it.
 */
#include "dataplane/ctl/lane.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/idle.h"
#include "dataplane/media/media.h"

#define WAKES_MAX 16

/* --- start and end --------------------------------------------------------------- */

/* Datagrams: unlike a stream's, this end is no other after the far one was shut down. */
static int make_pair(int ret_pair[DP_LANES_ENDS], struct en_err *err)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret_pair) == 0)
		return 0;
	ret_pair[DP_LANES_OURS] = ret_pair[DP_LANES_THEIRS] = -1;
	return en_fail(err, -1, "cannot make a socket pair for the lanes: %s", strerror(errno));
}

static int make_pairs(struct dp_lanes *l, unsigned int core_n, struct en_err *err)
{
	for (unsigned int i = 0; i < core_n; i++)
		if (make_pair(l->wake[i], err) != 0)
			return -1;
	return make_pair(l->event, err);
}

int dp_lanes_create(struct dp_world *w, struct en_err *err)
{
	const struct conf_media *media = &w->conf->media;
	struct dp_lanes *l;

	if (media->listen_n == 0)
		return 0;
	l = calloc(1, sizeof(*l));
	if (!l)
		return en_fail(err, -ENOMEM, "no memory for the lanes");
	w->lanes = l;
	memset(l->wake, -1, sizeof(l->wake));
	memset(l->event, -1, sizeof(l->event));
	l->holder = -1;
	l->fd = shm_lanes_create(w->core_n, media->max_sessions, media->max_tracks, media->max_routes, &l->shm, err);
	return l->fd < 0 ? -1 : make_pairs(l, w->core_n, err);
}

static void close_pair(const int pair[DP_LANES_ENDS])
{
	for (unsigned int i = 0; i < DP_LANES_ENDS; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

void dp_lanes_destroy(struct dp_world *w)
{
	struct dp_lanes *l = w->lanes;

	if (!l)
		return;
	for (unsigned int i = 0; i < w->core_n; i++)
		close_pair(l->wake[i]);
	close_pair(l->event);
	shm_lanes_close(l->shm, w->core_n);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	w->lanes = NULL;
}

/* --- who holds them -------------------------------------------------------------- */

static bool tell(struct dp_world *w, unsigned int core)
{
	struct dp_lanes *l = w->lanes;
	struct dp_note note = {.op = DP_NOTE_LANE, .lane.event_fd = l->event[DP_LANES_OURS]};

	if (l->holder >= 0)
		note.lane.lane = &l->shm->lane[core];
	if (rte_ring_sp_enqueue_elem(w->core[core]->note_in[w->core_n], &note, sizeof(note)) != 0)
		return false;
	dp_wake(w->core[core]);
	return true;
}

bool dp_lanes_work(struct dp_world *w)
{
	struct dp_lanes *l = w->lanes;
	bool all = true;

	for (unsigned int i = 0; l && i < w->core_n; i++) {
		if (l->told[i] != l->epoch && tell(w, i))
			l->told[i] = l->epoch;
		all = all && l->told[i] == l->epoch;
	}
	return all;
}

static bool may_hold(const struct conf *conf, const struct ucred *who)
{
	const struct passwd *pw;

	if (who->uid == 0 || who->uid == geteuid())
		return true;
	pw = getpwnam(conf->control.user);
	return pw && pw->pw_uid == who->uid;
}

static int take(struct dp_world *w, int conn, int sock, struct en_err *err)
{
	struct dp_lanes *l = w->lanes;
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return en_fail(err, -errno, "cannot see who asks for the lanes: %s", strerror(errno));
	if (!may_hold(w->conf, &who))
		return en_fail(err, -EACCES,
			       "user %u may not be the control process: root, the dataplane's user and '%s' ([control] "
			       "user) may",
			       (unsigned int)who.uid, w->conf->control.user);
	if (l->holder >= 0 && l->holder != conn)
		return en_fail(err, -EBUSY, "process %u is the control process already: there can be one at a time",
			       l->pid);
	if (l->holder == conn)
		return 0;
	l->holder = conn;
	l->pid = (uint32_t)who.pid;
	l->epoch++;
	dp_lanes_work(w);
	en_info("lane", "process %u holds the lanes", l->pid);
	return 0;
}

void dp_lanes_closed(struct dp_world *w, int conn)
{
	struct dp_lanes *l = w->lanes;

	if (!l || l->holder != conn)
		return;
	en_info("lane", "process %u has let go of the lanes", l->pid);
	l->holder = -1;
	l->pid = 0;
	l->epoch++;
	dp_lanes_work(w);
}

int dp_lanes_answer(struct dp_world *w, int conn, int sock, const struct shm_ctl_request *req, uint64_t *ret_size,
		    struct en_err *err)
{
	struct dp_lanes *l = w->lanes;

	if (!l)
		return en_fail(err, -ENOTSUP, "there are no lanes: [media] listens nowhere");
	if (req->op == SHM_CTL_LANES) {
		int rc = take(w, conn, sock, err);

		*ret_size = l->shm->head.size;
		return rc == 0 ? l->fd : rc;
	}
	if (l->holder != conn)
		return en_fail(err, -EPERM, "this connection does not hold the lanes");
	if (req->op == SHM_CTL_LANE_EVENT)
		return l->event[DP_LANES_THEIRS];
	if (req->kind >= w->core_n)
		return en_fail(err, -EINVAL, "there is no core %u", req->kind);
	return l->wake[req->kind][DP_LANES_THEIRS];
}

uint32_t dp_lanes_rows(const struct dp_world *w, unsigned int core, struct shm_row_lane *ret_row)
{
	const struct dp_lanes *l = w->lanes;
	const struct dp_media *md = w->core[core]->media;
	const struct shm_lane *lane;

	if (!l || !md)
		return 0;
	lane = &l->shm->lane[core];
	*ret_row = (struct shm_row_lane){
		.core = core,
		.attached = md->attached,
		.pid = l->pid,
		.up_waiting = shm_ring_used(&lane->up),
		.down_waiting = shm_ring_used(&lane->down),
		.up_asleep = __atomic_load_n(&lane->up.asleep, __ATOMIC_RELAXED) != 0,
		.down_asleep = __atomic_load_n(&lane->down.asleep, __ATOMIC_RELAXED) != 0,
		.up_sent = shm_load(&md->up.sent),
		.up_full = shm_load(&md->up.full),
		.up_bad = shm_load(&md->up.bad),
		.down_received = shm_load(&md->down.received),
		.down_bad = shm_load(&md->down.bad),
	};
	return 1;
}

/* --- workers --------------------------------------------------------------------- */

int dp_lanes_wake_fd(const struct dp_lanes *l, unsigned int core)
{
	return l ? l->wake[core][DP_LANES_OURS] : -1;
}

void dp_lanes_woken(const struct dp_lanes *l, unsigned int core)
{
	uint8_t byte;

	/* as a rule there is one; who sends more keeps this core awake, and nothing else */
	for (unsigned int i = 0; i < WAKES_MAX; i++)
		if (recv(l->wake[core][DP_LANES_OURS], &byte, sizeof(byte), MSG_DONTWAIT) < 0)
			break;
}
