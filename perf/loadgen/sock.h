/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sock.h - UDP sockets in named network namespaces.
 */
#ifndef LOAD_SOCK_H
#define LOAD_SOCK_H

#include <stdint.h>

#include "engine/base/addr.h"

/*
 * Move the calling thread into the namespace of that name, or of that path
 * when there is a slash in it, such as /proc/PID/ns/net (NULL: stay). Returns a
 * descriptor for load_ns_leave(), or -1 after a line on stderr. Sockets keep
 * the namespace that they were opened in.
 */
int load_ns_enter(const char *name);
void load_ns_leave(int saved);

/*
 * A non-blocking UDP socket bound to `local` and, unless `remote` is NULL,
 * connected. Its buffers are as large as the privileges allow, so that the
 * generator is not what loses packets. The descriptor, or -1 after a line on
 * stderr. The caller closes it.
 */
int load_sock_open(const struct en_ep *local, const struct en_ep *remote);

/* Packets that the kernel threw away because this socket's buffer was full. */
uint32_t load_sock_drops(int fd);

#endif
