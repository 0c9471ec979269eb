/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memfd.c - sealed anonymous files.
 *
 * Invariants
 *   M1  F_SEAL_SHRINK and F_SEAL_GROW stand before anybody else sees the fd.
 *   M2  a frozen file is written only through the mapping that its maker
 *       already holds (F_SEAL_FUTURE_WRITE, Linux 5.1): however a receiver
 *       reopens the descriptor, it gets a read-only mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/shm/memfd.h"

int shm_memfd_create(const char *name, uint64_t size, void **ret_map, struct en_err *err)
{
	void *map;
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return en_fail(err, -1, "cannot make shared memory '%s': %s", name, strerror(errno));
	if (ftruncate(fd, (off_t)size) != 0) {
		en_fail(err, -1, "cannot size shared memory '%s' to %llu bytes: %s", name, (unsigned long long)size,
			strerror(errno));
		goto fail_fd;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		en_fail(err, -1, "cannot map shared memory '%s': %s", name, strerror(errno));
		goto fail_fd;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
		en_fail(err, -1, "cannot seal shared memory '%s': %s", name, strerror(errno));
		goto fail_map;
	}
	*ret_map = map;
	return fd;

fail_map:
	munmap(map, size);
fail_fd:
	close(fd);
	return -1;
}

int shm_memfd_freeze(int fd, struct en_err *err)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0)
		return en_fail(err, -1,
			       "cannot make shared memory read-only for others (Linux 5.1 or newer is needed): %s",
			       strerror(errno));
	return 0;
}

int shm_memfd_check(int fd, uint64_t min, const char *what, uint64_t *ret_size, struct en_err *err)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return en_fail(err, -1, "%s refused: its size is not sealed", what);
	if (fstat(fd, &st) != 0)
		return en_fail(err, -1, "%s refused: %s", what, strerror(errno));
	if (st.st_size < 0 || (uint64_t)st.st_size < min)
		return en_fail(err, -1, "%s refused: %lld bytes, at least %llu expected", what, (long long)st.st_size,
			       (unsigned long long)min);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}
