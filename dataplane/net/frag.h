/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frag.h - a datagram bigger than the path MTU goes out in fragments
 * (RFC 791 s3.2, RFC 8200 s4.5).
 */
#ifndef DP_FRAG_H
#define DP_FRAG_H

#include "dataplane/core.h"

#define DP_FRAG_MAX 16

/*
 * m starts at its IP header (DP_PKT_AT_L3) and is longer than mtu. Copies it into
 * fragments from world->pool (each originated, metadata copied from m, starting at
 * L3). Returns how many were written to ret_frag (0: no buffers or too many; nothing is
 * left behind). m is untouched: the caller consumes or drops it.
 */
unsigned int dp_frag(struct dp_core *core, struct rte_mbuf *m, unsigned int mtu,
		     struct rte_mbuf *ret_frag[DP_FRAG_MAX]);

#endif
