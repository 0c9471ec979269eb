/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ng.h - the ng protocol's socket: a UDP datagram is a cookie and a command, the answer goes back to where it came
 * from.
 *
 * Runs on:   the control loop.
 * Invariants
 *   N1  a cookie that came before from the same address is a retransmission: it gets the answer that was given, and the
 *       command is not carried out again. The last CP_NG_REPLIES are kept, CP_NG_REPLY_BYTES of them, KEPT_MS long at
 *       most.
 */
#ifndef CP_NG_H
#define CP_NG_H

#include <jansson.h>
#include <uv.h>

#include "engine/base/log.h"

#define CP_NG_REPLIES     1024
#define CP_NG_REPLY_BYTES (4u << 20)

struct cp_ng;
struct cp_gateway_stats;

/* A command: the answer's dictionary, the caller's. */
typedef json_t *cp_ng_command(void *arg, json_t *dict);

/* where: ADDRESS:PORT. -errno with err. stats: commands, errors and repeated are counted there. */
int cp_ng_open(uv_loop_t *loop, const char *where, cp_ng_command *command, void *arg, struct cp_gateway_stats *stats,
	       struct cp_ng **ret_ng, struct en_err *err);
/* Memory goes once the loop has run on. NULL is fine. */
void cp_ng_close(struct cp_ng *ng);

#endif
