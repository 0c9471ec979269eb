/* SPDX-License-Identifier: BSD-3-Clause */
/* eth.h - put an Ethernet header in front of a packet. */
#ifndef DP_ETH_H
#define DP_ETH_H

#include "dataplane/core.h"
#include "engine/wire/net.h"

/* In front of a packet at L3: Ethernet header and VLAN tag. Returns false without headroom. */
static inline bool dp_eth_push(struct rte_mbuf *m, const struct dp_port *port, const uint8_t dst[6], uint16_t ethertype)
{
	unsigned int len = WIRE_ETH_LEN + (port->vlan ? WIRE_VLAN_LEN : 0);
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)len);

	if (unlikely(!p))
		return false;
	memcpy(p, dst, 6);
	memcpy(p + 6, port->mac, 6);
	if (unlikely(port->vlan)) {
		en_store16(p + 12, WIRE_ETHERTYPE_VLAN);
		en_store16(p + 14, port->vlan);
		en_store16(p + 16, ethertype);
	} else {
		en_store16(p + 12, ethertype);
	}
	dp_pkt(m)->flags &= (uint8_t)~DP_PKT_AT_L3;
	return true;
}

#endif
