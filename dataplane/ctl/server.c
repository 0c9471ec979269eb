/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * server.c - connections of the control socket, one request and one reply at a time.
 *
 * Runs on:   housekeeping.
 * Invariants
 *   S1  a client can hold a connection and nothing else: replies never block,
 *       garbage closes, there are DP_CTL_CONNS at most.
 *   S2  the tap and the hold on the lanes end with the connection that asked for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/ctl/lane.h"
#include "dataplane/ctl/server.h"
#include "dataplane/ctl/snapshot.h"
#include "dataplane/publish.h"

void dp_ctl_init(struct dp_ctl *c, struct dp_world *w, int listen_fd, int region_fd)
{
	*c = (struct dp_ctl){.world = w, .listen_fd = listen_fd, .region_fd = region_fd, .tap_conn = -1};
	c->tapper.world = w;
	for (unsigned int i = 0; i < DP_CTL_CONNS; i++)
		c->conn[i] = -1;
}

static void close_conn(struct dp_ctl *c, int i)
{
	close(c->conn[i]);
	c->conn[i] = -1;
	dp_lanes_closed(c->world, i);
	if (c->tap_conn != i)
		return;
	c->tap_conn = -1;
	dp_tapper_end(&c->tapper);
}

void dp_ctl_fini(struct dp_ctl *c)
{
	for (int i = 0; i < DP_CTL_CONNS; i++)
		if (c->conn[i] >= 0)
			close_conn(c, i);
	dp_tapper_wait(&c->tapper);
}

/* poll() passes over negative descriptors: a full house does not accept */
void dp_ctl_polls(const struct dp_ctl *c, struct pollfd ret_fds[DP_CTL_POLLS])
{
	bool room = false;

	for (unsigned int i = 0; i < DP_CTL_CONNS; i++) {
		ret_fds[i] = (struct pollfd){.fd = c->conn[i], .events = POLLIN};
		room = room || c->conn[i] < 0;
	}
	ret_fds[DP_CTL_CONNS] = (struct pollfd){.fd = room ? c->listen_fd : -1, .events = POLLIN};
}

int dp_ctl_timeout(struct dp_ctl *c)
{
	return c->tapper.tap || !dp_lanes_work(c->world) ? DP_TAPPER_MS : -1;
}

void dp_ctl_drain(struct dp_world *w)
{
	if (w->region->draining)
		return;
	atomic_store_explicit(&w->turn->draining, true, memory_order_relaxed);
	w->region->draining = 1;
	en_info("ctl", "draining: no new allocations");
}

static int answer_region(struct dp_ctl *c, uint64_t *ret_size)
{
	dp_publish(c->world);
	*ret_size = c->world->region->size;
	return c->region_fd;
}

static int answer_tap(struct dp_ctl *c, int i, const struct shm_ctl_request *req, uint64_t *ret_size,
		      struct en_err *err)
{
	int fd = dp_tapper_begin(&c->tapper, req, ret_size, err);

	if (fd >= 0)
		c->tap_conn = i;
	return fd;
}

/* Ours stays with us; what is sent is a copy that can be closed. */
static int answer_lanes(struct dp_ctl *c, int i, const struct shm_ctl_request *req, uint64_t *ret_size,
			struct en_err *err)
{
	int fd = dp_lanes_answer(c->world, i, c->conn[i], req, ret_size, err);

	if (fd < 0)
		return fd;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 ? fd : en_fail(err, -errno, "no descriptor left for the lanes: %s", strerror(errno));
}

/* The descriptor to send along (-1 none), or an error below that. */
static int answer(struct dp_ctl *c, int i, const struct shm_ctl_request *req, struct shm_ctl_reply *reply,
		  struct en_err *err)
{
	switch ((enum shm_ctl_op)req->op) {
	case SHM_CTL_REGION:
		return answer_region(c, &reply->size);
	case SHM_CTL_SNAPSHOT:
		return dp_snapshot(c->world, req->kind, &reply->size, err);
	case SHM_CTL_TAP:
		return answer_tap(c, i, req, &reply->size, err);
	case SHM_CTL_DRAIN:
		dp_ctl_drain(c->world);
		snprintf(reply->text, sizeof(reply->text), "draining: no new allocations, live ones go on");
		return -1;
	case SHM_CTL_LANES:
	case SHM_CTL_LANE_WAKE:
	case SHM_CTL_LANE_EVENT:
		return answer_lanes(c, i, req, &reply->size, err);
	case SHM_CTL_N:
		break;
	}
	return en_fail(err, -EINVAL, "no such operation");
}

static void serve(struct dp_ctl *c, int i)
{
	struct shm_ctl_reply reply = {0};
	struct shm_ctl_request req;
	struct en_err err = {0};
	int rc = shm_ctl_receive(c->conn[i], &req);
	int fd;

	if (rc == -EAGAIN)
		return;
	if (rc <= 0) {
		close_conn(c, i);
		return;
	}
	fd = answer(c, i, &req, &reply, &err);
	if (err.text[0]) {
		reply.status = fd;
		snprintf(reply.text, sizeof(reply.text), "%.*s", (int)sizeof(reply.text) - 1, err.text);
		fd = -1;
	}
	rc = shm_ctl_reply(c->conn[i], &reply, fd);
	if (fd >= 0 && fd != c->region_fd)
		close(fd);
	if (rc != 0)
		close_conn(c, i);
}

static void accept_one(struct dp_ctl *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (unsigned int i = 0; i < DP_CTL_CONNS; i++) {
		if (c->conn[i] >= 0)
			continue;
		c->conn[i] = fd;
		return;
	}
	close(fd);
}

void dp_ctl_work(struct dp_ctl *c, const struct pollfd fds[DP_CTL_POLLS])
{
	for (int i = 0; i < DP_CTL_CONNS; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			serve(c, i);
	if (fds[DP_CTL_CONNS].fd >= 0 && fds[DP_CTL_CONNS].revents)
		accept_one(c);
	dp_tapper_work(&c->tapper);
}
