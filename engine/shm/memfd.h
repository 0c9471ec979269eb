/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memfd.h - sealed anonymous files, the carrier of everything in shm/.
 *
 * A file that may shrink would let its maker kill the reader with SIGBUS, so
 * both sides insist on the size seals.
 */
#ifndef SHM_MEMFD_H
#define SHM_MEMFD_H

#include <stdint.h>

#include "engine/base/log.h"

/* Make a memfd of `size` zero bytes, map it read-write at *ret_map and seal
 * its size. Returns the fd (caller closes) or -1 with err. */
int shm_memfd_create(const char *name, uint64_t size, void **ret_map, struct en_err *err);
/* From now on nobody but the holder of the present mapping can write. */
int shm_memfd_freeze(int fd, struct en_err *err);

/* Foreign fd: 0 when its size is sealed, at least `min` and then in
 * *ret_size; else -1 with err. `what` names it in the sentence. */
int shm_memfd_check(int fd, uint64_t min, const char *what, uint64_t *ret_size, struct en_err *err);

#endif
