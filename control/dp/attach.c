/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attach.c - ask the dataplane for its lanes and map them.
 *
 * Runs on:   the control loop.
 * Invariants
 *   A1  what decides indexes and sizes here is the private copy that was checked,
 *       never the shared page.
 *   A2  no call on a descriptor of the dataplane's making waits: the other side
 *       may share the open file and change its flags.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "control/dp/attach.h"
#include "engine/shm/ctl.h"

#define CALL_TIMEOUT_US 500000 /* the loop stands still for as long */
#define WAKES_MAX       64

static int ask(const struct cp_attachment *a, enum shm_ctl_op op, unsigned int core, int *ret_fd, struct en_err *err)
{
	const struct shm_ctl_request req = {.op = op, .kind = core};
	struct shm_ctl_reply reply;
	int code = shm_ctl_call(a->ctl_fd, &req, &reply, ret_fd, err);

	if (code == 0 && *ret_fd < 0)
		code = en_fail(err, -EPROTO, "the dataplane's answer lacks its descriptor");
	return code;
}

static int map_lanes(struct cp_attachment *a, struct en_err *err)
{
	int fd, code = ask(a, SHM_CTL_LANES, 0, &fd, err);

	if (code != 0)
		return code;
	a->lanes = shm_lanes_open(fd, &a->head, err);
	close(fd);
	return a->lanes ? 0 : -EPROTO;
}

static int take_ends(struct cp_attachment *a, struct en_err *err)
{
	int code = ask(a, SHM_CTL_LANE_EVENT, 0, &a->event_fd, err);

	for (unsigned int i = 0; code == 0 && i < a->head.lane_n; i++) {
		struct cp_core_end *end = &a->core[i];

		code = ask(a, SHM_CTL_LANE_WAKE, i, &end->wake_fd, err);
		shm_tx_init(&end->down, &a->lanes->lane[i].down);
		shm_rx_init(&end->up, &a->lanes->lane[i].up);
		shm_rx_skip(&end->up);
	}
	return code;
}

int cp_attach_open(struct cp_attachment *a, const char *runtime_dir, struct en_err *err)
{
	const struct timeval timeout = {.tv_usec = CALL_TIMEOUT_US};
	int code;

	*a = (struct cp_attachment){.ctl_fd = -1, .event_fd = -1};
	for (unsigned int i = 0; i < SHM_LANES_MAX; i++)
		a->core[i].wake_fd = -1;
	a->ctl_fd = shm_ctl_connect(runtime_dir, err);
	if (a->ctl_fd < 0)
		return a->ctl_fd;
	if (setsockopt(a->ctl_fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0)
		code = en_fail(err, -errno, "cannot limit the time that the dataplane has to answer");
	else
		code = map_lanes(a, err);
	if (code == 0)
		code = take_ends(a, err);
	if (code != 0)
		cp_attach_close(a);
	return code;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void cp_attach_close(struct cp_attachment *a)
{
	for (unsigned int i = 0; i < SHM_LANES_MAX; i++) {
		cp_queue_fini(&a->core[i].queue);
		cp_packets_fini(&a->core[i].packets);
		close_fd(&a->core[i].wake_fd);
	}
	close_fd(&a->event_fd);
	close_fd(&a->ctl_fd);
	shm_lanes_close(a->lanes, a->head.lane_n);
	a->lanes = NULL;
}

void cp_attach_wake(struct cp_attachment *a, unsigned int core)
{
	const uint8_t one = 1;

	if (shm_tx_must_wake(&a->core[core].down))
		(void)!send(a->core[core].wake_fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void cp_attach_woken(const struct cp_attachment *a)
{
	uint8_t byte;

	for (unsigned int i = 0; i < WAKES_MAX; i++)
		if (recv(a->event_fd, &byte, sizeof(byte), MSG_DONTWAIT) < 0)
			break;
}
