/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reass.h - fragments in, datagrams out, within a bound (RFC 791 s3.2,
 * RFC 8200 s4.5, RFC 5722: an overlap drops the datagram).
 *
 * One table a core, fixed at start. Fragments of a datagram meet on the core
 * that dp_reass_core() names; each is copied to its place in one jumbo buffer.
 */
#ifndef DP_REASS_H
#define DP_REASS_H

#include "dataplane/core.h"

#define DP_REASS_MAX        9216 /* bytes of IP datagram, header included */
#define DP_REASS_TIMEOUT_NS (UINT64_C(5) * 1000000000)

int dp_reass_create(struct dp_core *core, unsigned int entries, struct en_err *err);
void dp_reass_destroy(struct dp_core *core);
/* Owner core of a fragment; pkt->l3_off and family are set, headers checked by classify. */
unsigned int dp_reass_core(const struct dp_world *w, struct rte_mbuf *m);
/*
 * Take a fragment in (data starts at Ethernet, pkt->l3_off set). Returns the whole
 * datagram (data starts at IP: DP_PKT_AT_L3, l3_off 0; in_port of the first fragment)
 * or NULL; *ret_edge is DP_CONSUMED, or the drop edge with pkt->drop set on m itself.
 * Balance: a fragment taken in is consumed; the datagram buffer is originated
 * when made and held until it completes or times out.
 */
struct rte_mbuf *dp_reass_take(struct dp_core *core, struct rte_mbuf *m, uint16_t *ret_edge);
/* Drop what is too old. */
void dp_reass_advance(struct dp_core *core);
/* Datagrams under way (gauge). */
unsigned int dp_reass_held(const struct dp_core *core);

#endif
