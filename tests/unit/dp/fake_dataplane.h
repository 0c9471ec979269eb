/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_dataplane.h - the far side of a link in a test: a thread serves the
 * control socket, the test itself plays the workers on real rings.
 */
#ifndef TESTS_FAKE_DATAPLANE_H
#define TESTS_FAKE_DATAPLANE_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/shm/ctl.h"
#include "engine/shm/lane.h"

#define FAKE_CORES 2
#define FAKE_CONNS 8

struct fake_core {
	struct shm_tx up;
	struct shm_rx down;
	int wake[2];
};

struct fake_dataplane {
	const char *dir;
	pthread_t thread;
	int listen_fd, stop[2], lanes_fd, event[2];
	int conn[FAKE_CONNS], holder;
	struct shm_lanes *lanes;
	struct fake_core core[FAKE_CORES];
	_Atomic int refuse; /* negative errno for LANES; 0: serve */
	_Atomic bool hang_up; /* close the holder's connection, go on serving */
	_Atomic unsigned int asked; /* requests for LANES */
};

static inline void fake_close(struct fake_dataplane *d, unsigned int i)
{
	close(d->conn[i]);
	d->conn[i] = -1;
	if (d->holder == (int)i)
		d->holder = -1;
}

static inline int fake_answer(struct fake_dataplane *d, unsigned int i, const struct shm_ctl_request *req,
			      struct shm_ctl_reply *reply)
{
	reply->status = -EPERM;
	if (req->op == SHM_CTL_LANES) {
		d->asked++;
		reply->status = d->refuse;
		if (reply->status == 0 && d->holder >= 0 && d->holder != (int)i)
			reply->status = -EBUSY;
		if (reply->status == 0)
			d->holder = (int)i;
		reply->size = d->lanes->head.size;
		return reply->status == 0 ? d->lanes_fd : -1;
	}
	if (d->holder != (int)i || req->kind >= FAKE_CORES)
		return -1;
	reply->status = 0;
	return req->op == SHM_CTL_LANE_EVENT ? d->event[1] : d->core[req->kind].wake[1];
}

static inline void fake_serve(struct fake_dataplane *d, unsigned int i)
{
	struct shm_ctl_reply reply = {0};
	struct shm_ctl_request req;
	int fd, rc = shm_ctl_receive(d->conn[i], &req);

	if (rc <= 0) {
		fake_close(d, i);
		return;
	}
	fd = fake_answer(d, i, &req, &reply);
	(void)shm_ctl_reply(d->conn[i], &reply, fd);
}

static inline void *fake_thread(void *arg)
{
	struct fake_dataplane *d = arg;

	for (;;) {
		struct pollfd fds[FAKE_CONNS + 2];

		for (unsigned int i = 0; i < FAKE_CONNS; i++)
			fds[i] = (struct pollfd){.fd = d->conn[i], .events = POLLIN};
		fds[FAKE_CONNS] = (struct pollfd){.fd = d->listen_fd, .events = POLLIN};
		fds[FAKE_CONNS + 1] = (struct pollfd){.fd = d->stop[0], .events = POLLIN};
		poll(fds, FAKE_CONNS + 2, 5);
		if (fds[FAKE_CONNS + 1].revents)
			return NULL;
		if (atomic_exchange(&d->hang_up, false) && d->holder >= 0) {
			fake_close(d, (unsigned int)d->holder);
			continue;
		}
		for (unsigned int i = 0; i < FAKE_CONNS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				fake_serve(d, i);
		for (unsigned int i = 0; i < FAKE_CONNS && fds[FAKE_CONNS].revents; i++) {
			if (d->conn[i] >= 0)
				continue;
			d->conn[i] = accept4(d->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
			break;
		}
	}
}

static inline int fake_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

/* sessions: places of each table. */
static inline int fake_start(struct fake_dataplane *d, const char *dir, uint32_t places, struct en_err *err)
{
	*d = (struct fake_dataplane){.dir = dir, .holder = -1};
	memset(d->conn, -1, sizeof(d->conn));
	d->lanes_fd = shm_lanes_create(FAKE_CORES, places, places, places, &d->lanes, err);
	if (d->lanes_fd < 0 || fake_pair(d->event) != 0 || pipe(d->stop) != 0)
		return -1;
	for (unsigned int i = 0; i < FAKE_CORES; i++) {
		if (fake_pair(d->core[i].wake) != 0)
			return -1;
		shm_tx_init(&d->core[i].up, &d->lanes->lane[i].up);
		shm_rx_init(&d->core[i].down, &d->lanes->lane[i].down);
	}
	d->listen_fd = shm_ctl_listen(dir, err);
	if (d->listen_fd < 0)
		return -1;
	return pthread_create(&d->thread, NULL, fake_thread, d);
}

/* As if it were killed: the socket's file stays. */
static inline void fake_kill(struct fake_dataplane *d)
{
	(void)!write(d->stop[1], "x", 1);
	pthread_join(d->thread, NULL);
	for (unsigned int i = 0; i < FAKE_CONNS; i++)
		if (d->conn[i] >= 0)
			fake_close(d, i);
	close(d->listen_fd);
	close(d->stop[0]);
	close(d->stop[1]);
	close(d->lanes_fd);
	close(d->event[0]);
	close(d->event[1]);
	for (unsigned int i = 0; i < FAKE_CORES; i++) {
		close(d->core[i].wake[0]);
		close(d->core[i].wake[1]);
	}
	shm_lanes_close(d->lanes, FAKE_CORES);
}

/* A worker's message, and the wake-up that it owes. */
static inline bool fake_tell(struct fake_dataplane *d, unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	bool ok = shm_tx_put(&d->core[core].up, type, body, len);

	if (shm_tx_must_wake(&d->core[core].up))
		(void)!send(d->event[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	return ok;
}

#endif
