/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop.c - the loop that a stack runs on.
 *
 * Runs on:   the control loop.
 */
#include "control/sctp/loop.h"
#include "control/sctp/inner.h"

uv_loop_t *cp_sctp_loop(const struct cp_sctp_stack *s)
{
	return s->loop;
}
