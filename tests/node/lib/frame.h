/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame.h - Ethernet frames of the node tests: built as other hosts build
 * them, and taken apart with every checksum verified.
 */
#ifndef TESTS_NODE_FRAME_H
#define TESTS_NODE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define FRAME_MAX 2304

struct frame {
	uint8_t b[FRAME_MAX];
	size_t len;
};

/* What a test wants other than usual; all zero is the usual. */
struct frame_opts {
	const uint8_t *src_mac, *dst_mac; /* NULL: host_mac(source), the engine's */
	uint16_t vlan; /* 0: untagged */
	uint8_t tos, ttl; /* ttl 0: 64 */
	bool df, no_csum;
	/* this is one fragment of a datagram: IPv6 gets a fragment header */
	bool fragment, more;
	uint16_t off; /* bytes */
	uint32_t id;
};

extern const uint8_t engine_mac[6];
extern const uint8_t broadcast_mac[6];

struct en_addr addr_of(const char *text);
struct en_ep ep_of(const char *text);

/* The MAC that the fake host with this address has. */
void host_mac(const struct en_addr *a, uint8_t ret_mac[6]);

void frame_eth(struct frame *f, const struct en_addr *from, uint16_t type, const void *payload, size_t len,
	       const struct frame_opts *o);
/* IP with any payload; checksum of the IPv4 header right. */
void frame_ip(struct frame *f, const struct en_addr *src, const struct en_addr *dst, uint8_t proto, const void *payload,
	      size_t len, const struct frame_opts *o);
void frame_udp(struct frame *f, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
	       const struct frame_opts *o);
/* UDP header and payload with checksum: what frame_ip() and fragments carry. Returns 8 + len. */
size_t udp_bytes(uint8_t *out, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		 bool no_csum);
/* rest: bytes 4 to 7 of the ICMP header. */
void frame_icmp(struct frame *f, const struct en_addr *src, const struct en_addr *dst, uint8_t type, uint8_t code,
		uint32_t rest, const void *data, size_t len, const struct frame_opts *o);
void frame_arp(struct frame *f, unsigned int op, const struct en_addr *sender, const struct en_addr *target,
	       const struct frame_opts *o);
/* Neighbour solicitation to the solicited-node group, and advertisement to `to`, each with its address option. */
void frame_ns(struct frame *f, const struct en_addr *sender, const struct en_addr *target, const struct frame_opts *o);
void frame_na(struct frame *f, const struct en_addr *target, const struct en_addr *to, const struct frame_opts *o);

/* A frame that the engine sent, taken apart. */
struct packet {
	struct frame f;
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan, type;
	unsigned int l3_off, l4_off;
	uint8_t family; /* 0: not IP */
	struct en_ep src, dst; /* ports 0 unless UDP */
	uint8_t proto, tos, ttl;
	uint32_t id, flow_label;
	bool df, more, fragment;
	uint16_t off; /* of the fragment, bytes */
	const uint8_t *l4;
	size_t l4_len;
	const uint8_t *data; /* UDP payload, ICMP message behind its 8 bytes; of a whole datagram only */
	size_t data_len;
	bool udp_csum; /* there is one */
};

/* Take f apart. NULL, or what is wrong with it: lengths, checksums, anything that must not be on a wire. */
const char *packet_parse(const struct frame *f, struct packet *ret_p);

#endif
