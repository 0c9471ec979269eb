/* SPDX-License-Identifier: BSD-3-Clause */
/* consttime.h - comparing and wiping secrets without telling by timing. */
#ifndef EN_CONSTTIME_H
#define EN_CONSTTIME_H

#include <stdbool.h>
#include <stddef.h>

/* True when the n bytes are equal; the time depends on n only. */
bool en_ct_eq(const void *a, const void *b, size_t n);
/* Overwrite; never optimised away. */
void en_wipe(void *p, size_t n);

#endif
