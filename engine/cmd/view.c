/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view.c - connect to the engine that runs and copy what it shows.
 *
 * Invariants
 *   W1  the region is checked after it has been copied: nothing that the
 *       dataplane writes later is used.
 *   W2  snapshots are read, not mapped: a file that shrinks ends the rows
 *       instead of the process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/view.h"
#include "engine/conf/conf.h"

#define ROWS_AT_ONCE 256

static int find_runtime_dir(const struct cmd_where *where, char *buf, size_t cap, struct en_err *err)
{
	static struct conf conf; /* too big for the stack */
	const char *dir = where->runtime_dir ? where->runtime_dir : CMD_RUNTIME_DIR;

	if (!where->runtime_dir && where->config) {
		if (conf_load(where->config, stderr, &conf) != 0)
			return en_fail(err, -1, "the configuration %s is wrong", where->config);
		snprintf(buf, cap, "%s", conf.runtime_dir);
		conf_free(&conf);
		return 0;
	}
	if (strlen(dir) >= cap)
		return en_fail(err, -1, "the runtime directory has more than %zu characters", cap - 1);
	memcpy(buf, dir, strlen(dir) + 1);
	return 0;
}

static const struct shm_region *copy_region(int fd, struct en_err *err)
{
	const struct shm_region *shared = shm_region_open(fd, err);
	struct shm_region *copy;

	if (!shared)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (!copy) {
		en_fail(err, -1, "out of memory");
	} else {
		memcpy(copy, shared, sizeof(*copy));
		if (shm_region_check(copy, err) != 0) {
			free(copy);
			copy = NULL;
		}
	}
	shm_region_close(shared);
	return copy;
}

int cmd_view_open(const struct cmd_where *where, struct cmd_view *ret_view, struct en_err *err)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_REGION};
	struct shm_ctl_reply reply;
	struct cmd_view view;
	int fd = -1;

	_Static_assert(sizeof(view.dir) == sizeof(((struct conf *)0)->runtime_dir), "every runtime directory fits");
	if (find_runtime_dir(where, view.dir, sizeof(view.dir), err) != 0)
		return -1;
	view.sock = shm_ctl_connect(view.dir, err);
	if (view.sock < 0)
		return -1;
	view.region = NULL;
	if (shm_ctl_call(view.sock, &req, &reply, &fd, err) == 0) {
		view.region = copy_region(fd, err);
		if (fd >= 0)
			close(fd);
	}
	if (!view.region) {
		close(view.sock);
		return -1;
	}
	*ret_view = view;
	return 0;
}

void cmd_view_close(struct cmd_view *view)
{
	union { /* free() wants a pointer without const */
		const struct shm_region *ro;
		void *heap;
	} u = {.ro = view->region};

	free(u.heap);
	view->region = NULL;
	close(view->sock);
}

/* Up to len bytes at an offset; fewer at the end of the file. */
static size_t read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, (char *)buf + got, len - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static int read_rows(int fd, enum shm_snapshot_kind kind, size_t row_size, int (*on_row)(const void *row, void *arg),
		     void *arg, struct en_err *err)
{
	struct shm_snapshot head;
	uint64_t at = sizeof(head);
	char *rows;

	if (read_at(fd, &head, sizeof(head), 0) != sizeof(head) || head.magic != SHM_MAGIC || head.kind != kind ||
	    head.row_size != row_size)
		return en_fail(err, -1, "the dataplane that runs is of another build than this command");
	rows = calloc(ROWS_AT_ONCE, row_size);
	if (!rows)
		return en_fail(err, -1, "out of memory");
	for (uint64_t left = head.row_n; left > 0;) {
		size_t want = left < ROWS_AT_ONCE ? (size_t)left : ROWS_AT_ONCE;
		size_t got = read_at(fd, rows, want * row_size, at) / row_size;
		bool stop = got < want;

		for (size_t i = 0; i < got && !stop; i++)
			stop = on_row(rows + i * row_size, arg) != 0;
		if (stop)
			break;
		at += want * row_size;
		left -= want;
	}
	free(rows);
	return 0;
}

int cmd_snapshot(const struct cmd_view *view, enum shm_snapshot_kind kind, size_t row_size,
		 int (*on_row)(const void *row, void *arg), void *arg, struct en_err *err)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_SNAPSHOT, .kind = kind};
	struct shm_ctl_reply reply;
	int code, fd;

	if (shm_ctl_call(view->sock, &req, &reply, &fd, err) != 0)
		return -1;
	if (fd < 0)
		return en_fail(err, -1, "the dataplane's answer lacks its file");
	code = read_rows(fd, kind, row_size, on_row, arg, err);
	close(fd);
	return code;
}
