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
#include "dataplane/ctl/lane.h"
#include "dataplane/media/media.h"
#include "dataplane/net/neigh.h"
#include "engine/base/clock.h"
#include "engine/shm/memfd.h"

#define SLACK 256 /* rows a core, beside an eighth of those there are */

static uint32_t allocations(const struct dp_core *core, void *rows, uint32_t max)
{
	return dp_turn_rows(core->turn, rows, max);
}

static uint32_t neighbours(const struct dp_core *core, void *rows, uint32_t max)
{
	return dp_neigh_rows(core, rows, max);
}

static uint32_t lanes(const struct dp_core *core, void *rows, uint32_t max)
{
	return max > 0 ? dp_lanes_rows(core->world, core->index, rows) : 0;
}

static uint32_t sessions(const struct dp_core *core, void *rows, uint32_t max)
{
	return core->media ? dp_media_rows(core->media, rows, max) : 0;
}

static const struct kind {
	uint32_t row_size;
	enum shm_gauge rows_n; /* about so many; GAUGE_N: few */
	uint32_t (*rows)(const struct dp_core *core, void *rows, uint32_t max);
} kinds[] = {
	[SHM_SNAP_ALLOCATIONS] = {sizeof(struct shm_row_allocation), GAUGE_ALLOCATIONS, allocations},
	[SHM_SNAP_NEIGHBOURS] = {sizeof(struct shm_row_neighbour), GAUGE_NEIGHBOURS, neighbours},
	[SHM_SNAP_LANES] = {sizeof(struct shm_row_lane), GAUGE_N, lanes},
	[SHM_SNAP_SESSIONS] = {sizeof(struct shm_row_session), GAUGE_SESSIONS, sessions},
};

static uint32_t most_rows(const struct dp_core *core, const struct kind *kind)
{
	uint64_t n = kind->rows_n < GAUGE_N ? shm_load(&core->stats->gauge[kind->rows_n]) : 0;

	return (uint32_t)(n + n / 8 + SLACK);
}

static uint64_t fill(const struct dp_world *w, const struct kind *kind, uint8_t *rows, uint64_t cap)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < w->core_n; i++)
		n += kind->rows(w->core[i], rows + n * kind->row_size, (uint32_t)(cap - n));
	return n;
}

int dp_snapshot(const struct dp_world *w, uint32_t kind, uint64_t *ret_size, struct en_err *err)
{
	uint64_t cap = 0, size;
	struct shm_snapshot *s;
	void *map;
	int fd;

	if (kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[kind].rows)
		return en_fail(err, -EINVAL, "there is no snapshot of kind %u", kind);
	for (unsigned int i = 0; i < w->core_n; i++)
		cap += most_rows(w->core[i], &kinds[kind]);
	size = sizeof(*s) + cap * kinds[kind].row_size;
	fd = shm_memfd_create("turnpike-snapshot", size, &map, err);
	if (fd < 0)
		return -ENOMEM;
	s = map;
	s->magic = SHM_MAGIC;
	s->kind = kind;
	s->row_size = kinds[kind].row_size;
	s->now_ms = en_mono_ns() / 1000000;
	s->row_n = fill(w, &kinds[kind], (uint8_t *)map + sizeof(*s), cap);
	*ret_size = sizeof(*s) + s->row_n * s->row_size;
	munmap(map, size);
	if (shm_memfd_freeze(fd, err) != 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}
