/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge.h - programs of this machine as participants: a UNIX socket whose frames open and carry data channels.
 * docs/data.md says what the frames are.
 *
 * Runs on:   the control loop.
 * Invariants
 *   B1  who may open the socket is the file system's affair (its owner and group): no token is asked for.
 *   B2  bounded: connections, channels of each, a frame, what waits to be read by a program. One that does not read
 *       loses messages or channels as their options say, and its connection when it does not even hear events.
 *   B3  a program whose message cannot be passed on is read no further.
 */
#ifndef CP_BRIDGE_H
#define CP_BRIDGE_H

#include <sys/types.h>

#include <jansson.h>

#include "control/control.h"
#include "engine/base/log.h"
#include "engine/shm/ctl.h"

#define CP_BRIDGE_SOCKET SHM_PROGRAM_SOCKET

struct cp_bridge;

/* Make the socket, for uid and gid to use; to be called with the privileges of the start. Its descriptor or -errno. */
int cp_bridge_listen(const char *runtime_dir, uid_t uid, gid_t gid, struct en_err *err);
/* Takes fd over. ctl->signal is used from when the first program comes. */
int cp_bridge_create(struct cp_control *ctl, int fd, struct cp_bridge **ret_bridge, struct en_err *err);
/* Where `calls` are known (docs/data.md): an array, the caller's. Until then there are none. */
struct cp_gateway;
typedef json_t *cp_bridge_calls(const struct cp_gateway *g);
void cp_bridge_tells_calls(struct cp_bridge *b, cp_bridge_calls *calls);
/* All programs are cut off. NULL is fine. The loop must run once more. */
void cp_bridge_destroy(struct cp_bridge *b);

#endif
