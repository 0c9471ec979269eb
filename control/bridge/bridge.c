/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge.c - the socket that programs come in by.
 *
 * Runs on:   the control loop; cp_bridge_listen() before it runs, with the privileges of the start.
 */
#include "control/bridge/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

/* Nobody answers behind it: a control process that was killed left it. */
static bool is_stale(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, code;

	if (lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	code = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? 0 : errno;
	close(fd);
	return code == ECONNREFUSED;
}

static int open_at(const struct sockaddr_un *sun, uid_t uid, gid_t gid)
{
	const mode_t owner_and_group = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), code;

	if (fd < 0)
		return -errno;
	/* fchmod: what bind() makes has no other mode in between */
	if (fchmod(fd, owner_and_group) == 0 && bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 &&
	    chmod(sun->sun_path, owner_and_group) == 0 && lchown(sun->sun_path, uid, gid) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

int cp_bridge_listen(const char *runtime_dir, uid_t uid, gid_t gid, struct en_err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", runtime_dir, CP_BRIDGE_SOCKET), fd;

	if (n < 0 || (size_t)n >= sizeof(sun.sun_path))
		return en_fail(err, -ENAMETOOLONG, "runtime directory %s is too long for a socket path", runtime_dir);
	if (mkdir(runtime_dir, 0755) != 0 && errno != EEXIST)
		return en_fail(err, -errno, "cannot make %s: %s", runtime_dir, strerror(errno));
	if (is_stale(&sun))
		unlink(sun.sun_path);
	fd = open_at(&sun, uid, gid);
	return fd >= 0 ? fd : en_fail(err, fd, "cannot listen on %s: %s", sun.sun_path, strerror(-fd));
}

static void on_connection(uv_stream_t *listener, int status)
{
	if (status == 0)
		cp_bridge_accept(listener->data);
}

static void listener_closed(uv_handle_t *handle)
{
	free(handle);
}

int cp_bridge_create(struct cp_control *ctl, int fd, struct cp_bridge **ret_bridge, struct en_err *err)
{
	struct cp_bridge *b = calloc(1, sizeof(*b));
	int rc;

	if (b)
		b->listener = calloc(1, sizeof(*b->listener));
	if (!b || !b->listener) {
		free(b);
		close(fd);
		return en_fail(err, -ENOMEM, "no memory for the bridge");
	}
	b->ctl = ctl;
	TAILQ_INIT(&b->conns);
	uv_pipe_init(ctl->loop, b->listener, 0);
	b->listener->data = b;
	rc = uv_pipe_open(b->listener, fd);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)b->listener, BACKLOG, on_connection);
	if (rc != 0) {
		cp_bridge_destroy(b);
		return en_fail(err, rc, "cannot listen for programs: %s", uv_strerror(rc));
	}
	*ret_bridge = b;
	return 0;
}

void cp_bridge_tells_calls(struct cp_bridge *b, cp_bridge_calls *calls)
{
	b->calls = calls;
}

void cp_bridge_destroy(struct cp_bridge *b)
{
	if (!b)
		return;
	while (!TAILQ_EMPTY(&b->conns))
		cp_bridge_end(TAILQ_FIRST(&b->conns));
	uv_close((uv_handle_t *)b->listener, listener_closed);
	free(b);
}
