/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * snapshot.c - copy tables out row by row while their cores go on.
 *
 * Runs on:   housekeeping. Reads other cores' tables: the row functions take
 *            each row only when it was the same before and after.
 * The file is sized by what the cores count now, and some more; rows that come up in
 * between and find no room are left out, as if asked a moment earlier.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/ctl/snapshot.h"
#include "dataplane/net/neigh.h"
#include "engine/base/clock.h"
#include "engine/shm/memfd.h"

#define SLACK 256 /* rows a core, beside an eighth of those there are */

static uint32_t rows_of(const struct dp_core *core, uint32_t kind, void *rows, uint32_t max)
{
	return kind == SHM_SNAP_ALLOCATIONS ? dp_turn_rows(core->turn, rows, max) : dp_neigh_rows(core, rows, max);
}

static uint32_t most_rows(const struct dp_core *core, uint32_t kind)
{
	enum shm_gauge g = kind == SHM_SNAP_ALLOCATIONS ? GAUGE_ALLOCATIONS : GAUGE_NEIGHBOURS;
	uint64_t n = shm_load(&core->stats->gauge[g]);

	return (uint32_t)(n + n / 8 + SLACK);
}

static uint64_t fill(const struct dp_world *w, uint32_t kind, uint32_t row_size, uint8_t *rows, uint64_t cap)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < w->core_n; i++)
		n += rows_of(w->core[i], kind, rows + n * row_size, (uint32_t)(cap - n));
	return n;
}

int dp_snapshot(const struct dp_world *w, uint32_t kind, uint64_t *ret_size, struct en_err *err)
{
	uint32_t row_size;
	uint64_t cap = 0, size;
	struct shm_snapshot *s;
	void *map;
	int fd;

	if (kind == SHM_SNAP_ALLOCATIONS)
		row_size = sizeof(struct shm_row_allocation);
	else if (kind == SHM_SNAP_NEIGHBOURS)
		row_size = sizeof(struct shm_row_neighbour);
	else
		return en_fail(err, -EINVAL, "there is no snapshot of kind %u", kind);
	for (unsigned int i = 0; i < w->core_n; i++)
		cap += most_rows(w->core[i], kind);
	size = sizeof(*s) + cap * row_size;
	fd = shm_memfd_create("turnpike-snapshot", size, &map, err);
	if (fd < 0)
		return -ENOMEM;
	s = map;
	s->magic = SHM_MAGIC;
	s->kind = kind;
	s->row_size = row_size;
	s->now_ms = en_mono_ns() / 1000000;
	s->row_n = fill(w, kind, row_size, (uint8_t *)map + sizeof(*s), cap);
	*ret_size = sizeof(*s) + s->row_n * row_size;
	munmap(map, size);
	if (shm_memfd_freeze(fd, err) != 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}
