/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net.h - Ethernet, VLAN, ARP, IPv4, IPv6, UDP, ICMP headers as they stand on
 * the wire. Packed and unaligned: multi-byte fields are byte arrays, read with
 * en_load16/32, so any alignment is right.
 */
#ifndef WIRE_NET_H
#define WIRE_NET_H

#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/bytes.h"

#define WIRE_ETH_LEN        14
#define WIRE_VLAN_LEN       4
#define WIRE_ETHERTYPE_IP4  0x0800
#define WIRE_ETHERTYPE_ARP  0x0806
#define WIRE_ETHERTYPE_VLAN 0x8100
#define WIRE_ETHERTYPE_IP6  0x86dd

#define WIRE_PROTO_ICMP  1
#define WIRE_PROTO_UDP   17
#define WIRE_PROTO_FRAG6 44
#define WIRE_PROTO_ICMP6 58

struct wire_eth {
	uint8_t dst[6];
	uint8_t src[6];
	uint8_t type[2];
};
_Static_assert(sizeof(struct wire_eth) == WIRE_ETH_LEN, "RFC 894");

struct wire_vlan { /* behind type 0x8100 */
	uint8_t tci[2]; /* PCP 3, DEI 1, VID 12 */
	uint8_t type[2];
};

/* RFC 826 for Ethernet and IPv4 */
struct wire_arp {
	uint8_t htype[2]; /* 1 */
	uint8_t ptype[2]; /* 0x0800 */
	uint8_t hlen; /* 6 */
	uint8_t plen; /* 4 */
	uint8_t op[2]; /* 1 request, 2 reply */
	uint8_t sha[6];
	uint8_t spa[4];
	uint8_t tha[6];
	uint8_t tpa[4];
};
_Static_assert(sizeof(struct wire_arp) == 28, "RFC 826");

/* RFC 791 s3.1 */
struct wire_ip4 {
	uint8_t ver_ihl;
	uint8_t tos; /* DSCP 6, ECN 2 */
	uint8_t len[2];
	uint8_t id[2];
	uint8_t frag[2]; /* 0, DF, MF, offset 13 */
	uint8_t ttl;
	uint8_t proto;
	uint8_t csum[2];
	uint8_t src[4];
	uint8_t dst[4];
};
_Static_assert(sizeof(struct wire_ip4) == 20, "RFC 791 s3.1");
#define WIRE_IP4_DF     0x4000
#define WIRE_IP4_MF     0x2000
#define WIRE_IP4_OFFSET 0x1fff

/* RFC 8200 s3 */
struct wire_ip6 {
	uint8_t vtf[4]; /* version 4, traffic class 8, flow label 20 */
	uint8_t plen[2];
	uint8_t next;
	uint8_t hop;
	uint8_t src[16];
	uint8_t dst[16];
};
_Static_assert(sizeof(struct wire_ip6) == 40, "RFC 8200 s3");

/* RFC 8200 s4.5 */
struct wire_ip6_frag {
	uint8_t next;
	uint8_t zero;
	uint8_t off[2]; /* offset 13, reserved 2, M */
	uint8_t id[4];
};

/* RFC 768 */
struct wire_udp {
	uint8_t sport[2];
	uint8_t dport[2];
	uint8_t len[2];
	uint8_t csum[2];
};
_Static_assert(sizeof(struct wire_udp) == 8, "RFC 768");

/* RFC 792, RFC 4443 */
struct wire_icmp {
	uint8_t type;
	uint8_t code;
	uint8_t csum[2];
	uint8_t data[4]; /* id+seq, MTU, unused */
};
_Static_assert(sizeof(struct wire_icmp) == 8, "RFC 792");

#define WIRE_ICMP4_ECHO_REPLY    0
#define WIRE_ICMP4_UNREACHABLE   3
#define WIRE_ICMP4_ECHO          8
#define WIRE_ICMP4_TIME_EXCEEDED 11
#define WIRE_ICMP4_FRAG_NEEDED   4 /* code of 3 */
#define WIRE_ICMP6_UNREACHABLE   1
#define WIRE_ICMP6_TOO_BIG       2
#define WIRE_ICMP6_TIME_EXCEEDED 3
#define WIRE_ICMP6_ECHO          128
#define WIRE_ICMP6_ECHO_REPLY    129
#define WIRE_ICMP6_NS            135
#define WIRE_ICMP6_NA            136
/* RFC 4861 s4.4: flags of an NA; s4.6.1: link-layer address options. */
#define WIRE_NA_SOLICITED  0x40
#define WIRE_NA_OVERRIDE   0x20
#define WIRE_ND_OPT_SOURCE 1
#define WIRE_ND_OPT_TARGET 2

/* The addresses of a whole IP header of either version. */
static inline void wire_ip_src(const uint8_t *ip, struct en_addr *ret_src)
{
	if (ip[0] >> 4 == 4)
		en_addr_set4(ret_src, ((const struct wire_ip4 *)ip)->src);
	else
		en_addr_set6(ret_src, ((const struct wire_ip6 *)ip)->src);
}

static inline void wire_ip_dst(const uint8_t *ip, struct en_addr *ret_dst)
{
	if (ip[0] >> 4 == 4)
		en_addr_set4(ret_dst, ((const struct wire_ip4 *)ip)->dst);
	else
		en_addr_set6(ret_dst, ((const struct wire_ip6 *)ip)->dst);
}

static inline void wire_ip_ends(const uint8_t *ip, struct en_addr *ret_src, struct en_addr *ret_dst)
{
	wire_ip_src(ip, ret_src);
	wire_ip_dst(ip, ret_dst);
}

#endif
