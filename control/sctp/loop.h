/* SPDX-License-Identifier: BSD-3-Clause */
/* loop.h - the loop that a stack runs on, for those above it that have a timer. */
#ifndef CP_SCTP_LOOP_H
#define CP_SCTP_LOOP_H

#include "control/sctp/assoc.h"

uv_loop_t *cp_sctp_loop(const struct cp_sctp_stack *s);

#endif
