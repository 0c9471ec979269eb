/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DP_HUGEPAGES_H
#define DP_HUGEPAGES_H

#include <stdint.h>

/* MiB of hugepages, of all sizes, that nobody uses. */
uint64_t dp_hugepages_free_mib(void);

#endif
