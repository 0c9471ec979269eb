/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic.h - a port of the generator: one DPDK queue pair, the addresses that it
 * answers for, and UDP datagrams in and out.
 *
 * One thread uses a NIC. It answers ARP and neighbour solicitations for every
 * address of its ranges as a side of receiving, so whoever waits for
 * something keeps receiving.
 */
#ifndef LOAD_NIC_H
#define LOAD_NIC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "dataplane/core.h"
#include "engine/base/bytes.h"
#include "perf/loadgen/options.h"

#define LOAD_NICS_MAX   2
#define LOAD_NEIGHBOURS 8
#define LOAD_RANGES_MAX 8

struct load_range {
	struct en_addr first;
	uint32_t n;
};

struct load_nic {
	struct conf_port conf;
	struct dp_port port;
	struct en_prefix on_link;
	struct en_addr gateway;
	struct load_range range[LOAD_RANGES_MAX];
	unsigned int range_n;
	struct {
		struct en_addr addr;
		uint8_t mac[6];
	} neighbour[LOAD_NEIGHBOURS];
	unsigned int neighbour_n;
	uint64_t rx, tx, tx_full, foreign; /* frames; times the send ring took less than all; frames not for us */
};

/* How a packet gets to a destination: resolved once, used by every packet. */
struct load_path {
	struct load_nic *nic;
	uint8_t family;
	uint8_t eth[16]; /* the Ethernet header, 14 bytes */
};

/* A received UDP datagram. */
struct load_dgram {
	struct en_ep src, dst;
	uint8_t *data; /* in the mbuf */
	size_t len;
};

/* DPDK's environment for these options, once a process. *ret_hugepages: packets lie on hugepages. */
int load_nic_start(const struct load_options *o, bool *ret_hugepages, struct en_err *err);
/* Open the port that `device` says and wait up to 5 s for its link. */
int load_nic_open(const struct load_options *o, const char *device, const char *name, struct load_nic *ret_nic,
		  struct en_err *err);
void load_nic_close(struct load_nic *nic);
/* Answer for these addresses from now on. */
void load_nic_add(struct load_nic *nic, const struct en_addr *first, uint32_t n);
/* The path to a next hop that is known. */
void load_path_set(struct load_path *path, struct load_nic *nic, uint8_t family, const uint8_t mac[6]);
/* Find the next hop's MAC, asking for up to 2 s. */
int load_nic_resolve(struct load_nic *nic, const struct en_addr *to, struct load_path *ret_path, struct en_err *err);

/* "02:00:00:00:00:01" */
bool load_nic_parse_mac(const char *text, uint8_t ret_mac[6]);

/* Where the payload of a new packet goes. NULL: no buffer free. */
uint8_t *load_nic_new(struct load_nic *nic, uint8_t family, struct rte_mbuf **ret_m);
/* Headers in front of `len` bytes of payload whose sum is `sum` (csum.h). */
void load_nic_head(const struct load_path *path, struct rte_mbuf *m, const struct en_ep *src, const struct en_ep *dst,
		   size_t len, uint64_t sum);
/* Turn a received datagram round: source and destination change places, nothing else does. */
void load_nic_swap(struct rte_mbuf *m);
/* Send; returns how many the ring took: the rest stays the caller's. */
unsigned int load_nic_send(struct load_nic *nic, struct rte_mbuf **m, unsigned int n);
/* One datagram, from the control side of things: built, sent, forgotten. */
void load_nic_say(const struct load_path *path, const struct en_ep *src, const struct en_ep *dst, const void *data,
		  size_t len);
/*
 * Receive up to `cap` frames; what is for the NIC itself is answered and freed.
 * *ret_taken: frames that came in at all.
 */
unsigned int load_nic_receive(struct load_nic *nic, struct rte_mbuf **m, unsigned int cap, unsigned int *ret_taken);
/* False when the frame holds no whole UDP datagram for an address of ours. */
bool load_nic_dgram(const struct load_nic *nic, struct rte_mbuf *m, struct load_dgram *ret_d);
/* Does the UDP checksum of a received datagram hold? */
bool load_nic_csum_ok(const struct load_dgram *d);

/* The low 32 bits as they stand on the wire: all of an IPv4 address. */
static inline uint32_t load_addr_low(const struct en_addr *a)
{
	uint32_t w;

	memcpy(&w, a->b + 12, sizeof(w));
	return w;
}

/* a + n, within the low 32 bits */
static inline struct en_addr load_addr_plus(const struct en_addr *a, uint32_t n)
{
	struct en_addr r = *a;

	if (n)
		en_store32(r.b + 12, en_load32(a->b + 12) + n);
	return r;
}

/* b - a when that is below n; else n */
static inline uint32_t load_addr_index(const struct en_addr *a, const struct en_addr *b, uint32_t n)
{
	uint32_t d = rte_be_to_cpu_32(load_addr_low(b)) - rte_be_to_cpu_32(load_addr_low(a));
	uint64_t high[2];
	uint32_t mid[2];

	memcpy(&high[0], a->b, 8);
	memcpy(&high[1], b->b, 8);
	memcpy(&mid[0], a->b + 8, 4);
	memcpy(&mid[1], b->b + 8, 4);
	return d < n && a->family == b->family && high[0] == high[1] && mid[0] == mid[1] ? d : n;
}

#endif
