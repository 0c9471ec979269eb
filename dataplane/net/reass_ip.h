/* SPDX-License-Identifier: BSD-3-Clause */
/* reass_ip.h - what reassembly reads from a fragment's headers, and the headers of the datagram it makes. */
#ifndef DP_REASS_IP_H
#define DP_REASS_IP_H

#include "dataplane/core.h"

/* Fragments with equal keys are of one datagram: RFC 791 s3.2, RFC 8200 s4.5. Hashed whole. */
struct dp_frag_key {
	struct en_addr src, dst;
	uint32_t id;
	uint32_t proto; /* IPv4 only; 0 for IPv6, where it is no part of the key */
};

/* What the finished header takes from the fragment with offset 0. */
struct dp_frag_head {
	uint8_t proto, tos, ttl, zero;
};

struct dp_frag_in {
	struct dp_frag_key key;
	struct dp_frag_head head;
	const uint8_t *data; /* payload, inside the packet */
	uint16_t off, len; /* bytes; off + len and a header fit DP_REASS_MAX */
	bool more;
};

/* False: malformed, or beyond the largest datagram. *ret_in is then undefined. */
bool dp_frag_parse(struct rte_mbuf *m, struct dp_frag_in *ret_in);

/* A buffer for the datagram; NULL: none free. */
struct rte_mbuf *dp_frag_buffer(struct dp_core *core, const struct dp_frag_key *key);
/* Where its payload starts: room for DP_REASS_MAX with the header. */
uint8_t *dp_frag_payload(struct rte_mbuf *m, const struct dp_frag_key *key);
/* Write its IP header, without options, and set length and metadata. */
void dp_frag_finish(struct rte_mbuf *m, const struct dp_frag_key *key, const struct dp_frag_head *head,
		    uint16_t payload_len);

#endif
