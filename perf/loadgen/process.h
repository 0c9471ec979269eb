/* SPDX-License-Identifier: BSD-3-Clause */
/* process.h - what the server's control process takes of this machine, when it runs here (/proc). */
#ifndef LOAD_PROCESS_H
#define LOAD_PROCESS_H

#include <stdint.h>

/* pid is turnpike-control, or its supervisor. 0: neither. */
int load_process_control(int pid);
/* Memory of its own, KiB; 0: not known. */
uint64_t load_process_memory(int pid);
/* Seconds of CPU so far; 0: not known. */
double load_process_cpu(int pid);

#endif
