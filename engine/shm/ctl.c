/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl.c - one request, one reply, perhaps a file descriptor.
 *
 * Runs on:   the command and control (connect, call); the dataplane's
 *            housekeeping (listen, receive, reply). Never on a worker.
 * Invariants
 *   C1  a message of another size, magic or version is refused by either side.
 *   C2  a socket file is removed only when nobody answers behind it, and only
 *       while the directory is locked: two starts cannot remove each other's.
 *   C3  no descriptor leaks: those that were not asked for are closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/shm/ctl.h"
#include "engine/shm/region.h"

#define CALL_TIMEOUT_S  5 /* housekeeping answers within milliseconds */
#define BACKLOG         8
#define LEAVE_MS        1500 /* how long a killed process may take to be gone */
#define OWNER_AND_GROUP (S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP)
#define FDS_MAX         4 /* room for more than the one that is expected: the rest is closed */

static int socket_address(const char *runtime_dir, struct sockaddr_un *ret_sun, struct en_err *err)
{
	int n;

	memset(ret_sun, 0, sizeof(*ret_sun));
	ret_sun->sun_family = AF_UNIX;
	n = snprintf(ret_sun->sun_path, sizeof(ret_sun->sun_path), "%s/%s", runtime_dir, SHM_CTL_SOCKET);
	if (n < 0 || (size_t)n >= sizeof(ret_sun->sun_path))
		return en_fail(err, -ENAMETOOLONG,
			       "runtime directory %s is too long for a socket path: choose a shorter one", runtime_dir);
	return 0;
}

static int explain_connect(const char *runtime_dir, int code, struct en_err *err)
{
	if (code == ENOENT || code == ECONNREFUSED)
		return en_fail(
			err, -code,
			"nothing runs in %s: start it with 'turnpike run -c FILE', or name the directory of the one "
			"that runs with --runtime-dir DIR",
			runtime_dir);
	if (code == EACCES || code == EPERM)
		return en_fail(err, -code, "may not open %s/%s: run this as root or as the user who started it",
			       runtime_dir, SHM_CTL_SOCKET);
	return en_fail(err, -code, "cannot connect to %s/%s: %s", runtime_dir, SHM_CTL_SOCKET, strerror(code));
}

int shm_ctl_connect(const char *runtime_dir, struct en_err *err)
{
	struct timeval timeout = {.tv_sec = CALL_TIMEOUT_S};
	struct sockaddr_un sun;
	int code = socket_address(runtime_dir, &sun, err);
	int sock;

	if (code != 0)
		return code;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return en_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0 ||
	    setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0 ||
	    connect(sock, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		code = errno;
		close(sock);
		return explain_connect(runtime_dir, code, err);
	}
	return sock;
}

/* Take the first descriptor of a message, close all others. */
static int take_fd(struct msghdr *msg)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int one;

			memcpy(&one, CMSG_DATA(c) + at, sizeof(one));
			if (fd < 0)
				fd = one;
			else
				close(one);
		}
	}
	return fd;
}

static ssize_t receive_reply(int sock, struct shm_ctl_reply *ret_reply, int *ret_fd)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = ret_reply, .iov_len = sizeof(*ret_reply)};
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof(control.buf)};
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	*ret_fd = n < 0 ? -1 : take_fd(&msg);
	return n;
}

static int check_reply(const struct shm_ctl_reply *reply, ssize_t n, struct en_err *err)
{
	if (n == 0)
		return en_fail(err, -ECONNRESET, "the dataplane closed the connection: is it of another build?");
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return en_fail(err, -ETIMEDOUT, "the dataplane did not answer within %d seconds", CALL_TIMEOUT_S);
	if (n < 0)
		return en_fail(err, -errno, "no answer from the dataplane: %s", strerror(errno));
	if (n != (ssize_t)sizeof(*reply) || reply->magic != SHM_CTL_MAGIC || reply->version != SHM_VERSION)
		return en_fail(err, -EPROTO, "the dataplane that runs is of another build than this command");
	if (reply->status < 0)
		return en_fail(err, reply->status, "%.*s", (int)sizeof(reply->text),
			       reply->text[0] ? reply->text : strerror(-reply->status));
	return 0;
}

int shm_ctl_call(int sock, const struct shm_ctl_request *req, struct shm_ctl_reply *ret_reply, int *ret_fd,
		 struct en_err *err)
{
	struct shm_ctl_request out = *req;
	struct shm_ctl_reply reply;
	int code, fd;

	out.magic = SHM_CTL_MAGIC;
	out.version = SHM_VERSION;
	if (send(sock, &out, sizeof(out), MSG_NOSIGNAL) != (ssize_t)sizeof(out))
		return en_fail(err, -errno, "cannot ask the dataplane: %s", strerror(errno));
	memset(&reply, 0, sizeof(reply));
	code = check_reply(&reply, receive_reply(sock, &reply, &fd), err);
	if (code == 0 && reply.has_fd && fd < 0)
		code = en_fail(err, -EPROTO, "the dataplane's answer lacks its file");
	if (code != 0) {
		if (fd >= 0)
			close(fd);
		return code;
	}
	reply.text[sizeof(reply.text) - 1] = '\0';
	*ret_reply = reply;
	*ret_fd = fd;
	return 0;
}

/* A killed dataplane's socket answers until the last of its threads is gone: then the connection breaks. */
static bool is_leaving(int probe)
{
	struct pollfd p = {.fd = probe, .events = POLLIN};

	return poll(&p, 1, LEAVE_MS) > 0;
}

/* Somebody answers behind the socket file, or it is not a socket: err says
 * so. Otherwise it is a dead process's: removed. */
static int remove_stale(const struct sockaddr_un *sun, const char *runtime_dir, struct en_err *err)
{
	struct stat st;
	int code, probe;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0
				       : en_fail(err, -errno, "cannot look at %s: %s", sun->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return en_fail(err, -EEXIST,
			       "%s is in the way and is not a socket: remove it or choose another runtime-dir",
			       sun->sun_path);
	probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return en_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	code = connect(probe, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? 0 : errno;
	if (code == 0 && is_leaving(probe))
		code = ECONNREFUSED;
	close(probe);
	if (code != ECONNREFUSED)
		return en_fail(
			err, -EADDRINUSE,
			"another Turnpike already serves in %s: stop it first, or give this one its own runtime-dir",
			runtime_dir);
	if (unlink(sun->sun_path) != 0)
		return en_fail(err, -errno, "cannot remove the stale socket %s: %s", sun->sun_path, strerror(errno));
	return 0;
}

static int bind_listen(const struct sockaddr_un *sun, struct en_err *err)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (sock < 0)
		return en_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	/* the mode set before bind() is the file's, less what the umask takes: no moment in which others may connect */
	if (fchmod(sock, OWNER_AND_GROUP) != 0 || bind(sock, (const struct sockaddr *)sun, sizeof(*sun)) != 0 ||
	    chmod(sun->sun_path, OWNER_AND_GROUP) != 0 || listen(sock, BACKLOG) != 0) {
		code = errno;
		close(sock);
		return en_fail(err, -code, "cannot listen on %s: %s", sun->sun_path, strerror(code));
	}
	return sock;
}

/* The directory, made when missing, open and locked. */
static int lock_dir(const char *runtime_dir, struct en_err *err)
{
	int dir;

	if (mkdir(runtime_dir, 0755) != 0 && errno != EEXIST)
		return en_fail(err, -errno, "cannot make the runtime directory %s: %s", runtime_dir, strerror(errno));
	dir = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return en_fail(err, -errno, "cannot open the runtime directory %s: %s", runtime_dir, strerror(errno));
	if (flock(dir, LOCK_EX) != 0) {
		int code = errno;

		close(dir);
		return en_fail(err, -code, "cannot lock the runtime directory %s: %s", runtime_dir, strerror(code));
	}
	return dir;
}

int shm_ctl_listen(const char *runtime_dir, struct en_err *err)
{
	struct sockaddr_un sun;
	int code = socket_address(runtime_dir, &sun, err);
	int dir;

	if (code != 0)
		return code;
	dir = lock_dir(runtime_dir, err);
	if (dir < 0)
		return dir;
	code = remove_stale(&sun, runtime_dir, err);
	if (code == 0)
		code = bind_listen(&sun, err);
	close(dir);
	return code;
}

static bool prefix_is_sane(const struct en_prefix *p)
{
	if (p->addr.family == EN_AF_NONE)
		return true;
	return (p->addr.family == EN_AF_INET && p->len <= 32) || (p->addr.family == EN_AF_INET6 && p->len <= 128);
}

static bool request_is_sane(const struct shm_ctl_request *req)
{
	if (req->magic != SHM_CTL_MAGIC || req->version != SHM_VERSION)
		return false;
	if (req->op < SHM_CTL_REGION || req->op >= SHM_CTL_N)
		return false;
	return prefix_is_sane(&req->filter.host) && req->filter.drop < DROP_N &&
	       req->filter.core_plus1 <= SHM_CORES_MAX;
}

int shm_ctl_receive(int conn, struct shm_ctl_request *ret_req)
{
	struct shm_ctl_request req;
	ssize_t n;

	do {
		/* without room for control data the kernel closes descriptors that come along */
		n = recv(conn, &req, sizeof(req), MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(req) || !request_is_sane(&req))
		return -EBADMSG;
	*ret_req = req;
	return 1;
}

int shm_ctl_reply(int conn, const struct shm_ctl_reply *reply, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct shm_ctl_reply out = *reply;
	struct iovec iov = {.iov_base = &out, .iov_len = sizeof(out)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	out.magic = SHM_CTL_MAGIC;
	out.version = SHM_VERSION;
	out.has_fd = fd >= 0;
	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	if (sendmsg(conn, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(out))
		return -errno;
	return 0;
}
