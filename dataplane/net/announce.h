/* SPDX-License-Identifier: BSD-3-Clause */
/* announce.h - telling the links where our addresses are, unasked. */
#ifndef DP_ANNOUNCE_H
#define DP_ANNOUNCE_H

#include "dataplane/core.h"

/* At each tick: for the first seconds of the core that does it, now and then all addresses. */
void dp_announce_advance(struct dp_core *core);

#endif
