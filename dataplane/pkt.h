/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pkt.h - the only place that defines per-packet metadata.
 *
 * It lies in the mbuf's private area (one cache line). rx (or whoever makes a
 * packet: dp_pkt_new) clears it; each field has one writer stage:
 *
 *   field                      written by              read by
 *   in_port                    rx                      classify, arp, nd, trace
 *   src dport where cls        classify                all behind it
 *   l3_off l4_off data_*       classify, rewrite       all behind it
 *   family tos df              classify                channel relay stun
 *   owner stage flags          who asks for handoff    handoff, handoff_in
 *   hops                       self (relay to own)     relay
 *   out_port                   ip_out, arp, nd         tx
 *   session stream             media_in, srtp_in       ice srtp_in rtcp forward punt
 *   session                    rtcp, inject, srtp_out  trace
 *   fan                        forward                 srtp_out
 *   due_ns                     srtp_out                pace
 *   next                       pace                    pace
 *   drop                       whoever drops           drop
 *   trace                      rx (dp_trace_in)        burst loop, drop
 *
 * Two shapes of packet: from rx to the rewriting nodes the data starts at the
 * Ethernet header; from there to ip_out it starts at the IP header
 * (DP_PKT_AT_L3); ip_out puts the Ethernet header in front.
 */
#ifndef DP_PKT_H
#define DP_PKT_H

#include <stdint.h>

#include <rte_mbuf.h>

#include "engine/base/addr.h"

enum dp_class {
	DP_CLS_NONE,
	DP_CLS_STUN, /* on a listener */
	DP_CLS_CHANNEL, /* on a listener */
	DP_CLS_RELAY, /* on a relayed port */
	DP_CLS_FRAG, /* a fragment, for the reassembling core */
	DP_CLS_MEDIA, /* on a media listener: STUN, DTLS, SRTP */
	DP_CLS_LEG, /* on a port of a call */
	DP_CLS_ICMP, /* for the core that owns the datagram an ICMP error is about */
};

/* Where handoff_in continues. */
enum dp_stage {
	DP_STAGE_CLASS, /* by cls */
	DP_STAGE_IP_OUT,
	DP_STAGE_TX,
};

#define DP_PKT_AT_L3      0x01 /* data starts at the IP header */
#define DP_PKT_HANDED_OFF 0x02 /* given by redirect or token: not to be handed on */
#define DP_PKT_DF         0x04 /* the datagram that came in said don't fragment */
#define DP_PKT_NO_CSUM    0x08 /* it came without UDP checksum */
#define DP_PKT_MADE       0x10 /* of a call: control made it of what it was sent up */

struct dp_pkt {
	union {
		struct en_ep src; /* who sent it */
		struct { /* media, made here */
			uint64_t due_ns; /* when it may leave (media/pace.h); 0: at once */
			struct rte_mbuf *next; /* that waits behind it */
		};
	};
	uint16_t l3_off, l4_off; /* from the data start */
	uint16_t data_off, data_len; /* UDP payload */
	uint16_t dport;
	uint8_t where; /* listener or relay index, by cls */
	uint8_t cls; /* enum dp_class */
	uint8_t in_port; /* index in dp_world.port; DP_PORT_NONE: made here */
	uint8_t family; /* of the packet that came in */
	uint8_t tos;
	uint8_t flags;
	uint8_t hops;
	uint8_t owner; /* core to hand off to */
	uint8_t stage; /* enum dp_stage */
	uint8_t out_port;
	uint16_t drop; /* enum shm_drop */
	uint16_t zero;
	uint32_t trace; /* number of the traced packet; 0 = not traced */
	uint32_t session; /* media: index of the session it came from, or goes to */
	uint32_t stream; /* media: index of the inbound stream */
	uint32_t fan; /* media: index of where it goes (media/send.h) */
};
_Static_assert(sizeof(struct dp_pkt) == 64, "one cache line");

#define DP_PORT_NONE 0xff

static inline struct dp_pkt *dp_pkt(struct rte_mbuf *m)
{
	return rte_mbuf_to_priv(m);
}

#endif
