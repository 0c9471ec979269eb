/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic.c - opening the generator's ports, and frames in and out of them.
 *
 * The ports are opened by the dataplane's own code, so whatever the engine
 * runs on the generator runs on.
 */
#include "perf/loadgen/nic.h"

#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "dataplane/device.h"
#include "dataplane/eal.h"
#include "dataplane/iface.h"
#include "dataplane/port.h"
#include "engine/base/csum.h"
#include "engine/wire/net.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/nic_neigh.h"
#include "perf/loadgen/stop.h"

#define LINK_WAIT_NS UINT64_C(5000000000)
#define TTL          64
#define BUFFER_EXTRA 1024 /* head room, metadata, what the pool puts around a buffer */

bool load_nic_parse_mac(const char *text, uint8_t ret_mac[6])
{
	struct rte_ether_addr a;

	if (rte_ether_unformat_addr(text, &a) != 0)
		return false;
	memcpy(ret_mac, a.addr_bytes, 6);
	return true;
}

static void port_conf(const struct load_options *o, const char *device, const char *name, struct conf_port *ret)
{
	*ret = (struct conf_port){.mtu = o->mtu, .buffers = o->buffers, .descriptors = o->descriptors, .queues = 1};
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->device, sizeof(ret->device), "%s", device);
}

/* Address space for ordinary pages, of which only what is used is taken: the pools, each in one piece, with room
 * around. */
static unsigned int memory_mib(const struct load_options *o)
{
	uint64_t pool = (uint64_t)o->buffers * (2u * o->mtu + BUFFER_EXTRA) >> 20;

	return (unsigned int)(128 + (o->port2 ? 2 : 1) * 2 * pool);
}

int load_nic_start(const struct load_options *o, bool *ret_hugepages, struct en_err *err)
{
	static struct conf conf;

	conf.dataplane = (struct conf_dataplane){.core = {o->cpu}, .core_n = 1, .memory = memory_mib(o)};
	snprintf(conf.dataplane.eal, sizeof(conf.dataplane.eal), "%s", o->eal);
	port_conf(o, o->port, "port", &conf.port[0]);
	port_conf(o, o->port2 ? o->port2 : "", "port2", &conf.port[1]);
	conf.port_n = o->port2 ? 2 : 1;
	if (dp_eal_init(&conf, ret_hugepages, err) != 0)
		return -1;
	load_clock_init();
	return 0;
}

/* Drivers on a kernel interface report a link that is always up: its own state is the truth. */
static bool has_link(const struct load_nic *nic)
{
	struct rte_eth_link link = {0};
	struct dp_device dev;
	struct en_err ignored;

	if (dp_device_parse(&nic->conf, 0, 1, &dev, &ignored) == 0 && dev.iface[0])
		return dp_iface_is_running(dev.iface);
	return rte_eth_link_get_nowait(nic->port.id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

static int wait_for_link(const struct load_nic *nic, struct en_err *err)
{
	uint64_t end = load_now() + LINK_WAIT_NS;

	do {
		if (has_link(nic))
			return 0;
		rte_delay_us_sleep(10000);
	} while (load_now() < end && !load_stop());
	return en_fail(err, -1,
		       "port %s has no link after 5 s: is the cable in, the interface up, the other end there?",
		       nic->conf.device);
}

/* A memif client needs its server to start; DPDK's own words do not say so. */
static int ask_for_memif_server(const char *device, struct en_err *err)
{
	struct en_err dpdk = *err;

	return en_fail(err, -1, "%s is not served: start the other end, the memif's server, first (%s)", device,
		       dpdk.text);
}

int load_nic_open(const struct load_options *o, const char *device, const char *name, struct load_nic *ret_nic,
		  struct en_err *err)
{
	struct load_nic *nic = ret_nic;

	memset(nic, 0, sizeof(*nic));
	port_conf(o, device, name, &nic->conf);
	nic->on_link = o->address;
	nic->gateway = o->gateway;
	if (dp_port_open(&nic->conf, 1, &nic->port, err) != 0)
		return strstr(device, "role=client") ? ask_for_memif_server(device, err) : -1;
	if (wait_for_link(nic, err) == 0)
		return 0;
	load_nic_close(nic);
	return -1;
}

void load_nic_close(struct load_nic *nic)
{
	dp_port_close(&nic->port);
}

void load_nic_add(struct load_nic *nic, const struct en_addr *first, uint32_t n)
{
	for (unsigned int i = 0; i < nic->range_n; i++) {
		struct load_range *r = &nic->range[i];
		uint32_t at = load_addr_index(&r->first, first, r->n + 1);

		if (at <= r->n) { /* within it, or next to it */
			r->n = at + n > r->n ? at + n : r->n;
			return;
		}
	}
	if (nic->range_n < LOAD_RANGES_MAX)
		nic->range[nic->range_n++] = (struct load_range){.first = *first, .n = n};
}

/* --- out --------------------------------------------------------------------- */

static size_t ip_len(uint8_t family)
{
	return family == EN_AF_INET ? sizeof(struct wire_ip4) : sizeof(struct wire_ip6);
}

uint8_t *load_nic_new(struct load_nic *nic, uint8_t family, struct rte_mbuf **ret_m)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(nic->port.pool);

	*ret_m = m;
	return m ? rte_pktmbuf_mtod_offset(m, uint8_t *, WIRE_ETH_LEN + ip_len(family) + sizeof(struct wire_udp))
		 : NULL;
}

/* 16 bits of a value as they stand in memory in network order: what checksums are made of. */
static inline uint64_t be(size_t v)
{
	return rte_cpu_to_be_16((uint16_t)v);
}

/*
 * Headers are made as whole words, and their sums from the values: reading
 * back what was just written in pieces would wait for the pieces.
 */
static inline void put_ip4(uint8_t *at, const struct en_addr *src, const struct en_addr *dst, size_t len)
{
	size_t total = sizeof(struct wire_ip4) + len;
	uint32_t from = load_addr_low(src), to = load_addr_low(dst), word[5];
	uint64_t sum = be(0x4500) + be(total) + be(WIRE_IP4_DF) + be(TTL << 8 | WIRE_PROTO_UDP) + from + to;

	word[0] = rte_cpu_to_be_32(UINT32_C(0x45) << 24 | (uint32_t)total);
	word[1] = rte_cpu_to_be_32(WIRE_IP4_DF);
	word[2] = rte_cpu_to_be_32((uint32_t)TTL << 24 | WIRE_PROTO_UDP << 16 |
				   rte_be_to_cpu_16((uint16_t)~en_csum_fold(sum)));
	word[3] = from;
	word[4] = to;
	memcpy(at, word, sizeof(word));
}

static inline void put_ip6(uint8_t *at, const struct en_addr *src, const struct en_addr *dst, size_t len)
{
	struct wire_ip6 *ip = (struct wire_ip6 *)at;

	*ip = (struct wire_ip6){.vtf = {0x60}, .next = WIRE_PROTO_UDP, .hop = TTL};
	en_store16(ip->plen, (uint16_t)len);
	memcpy(ip->src, src->b, 16);
	memcpy(ip->dst, dst->b, 16);
}

static inline uint64_t pseudo_sum(const struct en_addr *a)
{
	return a->family == EN_AF_INET ? load_addr_low(a) : en_csum_words(0, a->b, 4);
}

/* RFC 768; the pseudo header of either family */
static inline void put_udp(uint8_t *at, const struct en_ep *src, const struct en_ep *dst, size_t len, uint64_t sum)
{
	uint32_t word[2];
	uint16_t csum;

	sum += be(src->port) + be(dst->port) + 2 * be(len) + be(WIRE_PROTO_UDP);
	csum = (uint16_t)~en_csum_fold(sum + pseudo_sum(&src->addr) + pseudo_sum(&dst->addr));
	word[0] = rte_cpu_to_be_32((uint32_t)src->port << 16 | dst->port);
	word[1] = rte_cpu_to_be_32((uint32_t)len << 16 | rte_be_to_cpu_16(csum ? csum : 0xffff));
	memcpy(at, word, sizeof(word));
}

void load_nic_head(const struct load_path *path, struct rte_mbuf *m, const struct en_ep *src, const struct en_ep *dst,
		   size_t len, uint64_t sum)
{
	uint8_t *eth = rte_pktmbuf_mtod(m, uint8_t *), *ip = eth + WIRE_ETH_LEN, *udp = ip + ip_len(path->family);
	size_t l4 = sizeof(struct wire_udp) + len;

	memcpy(eth, path->eth, WIRE_ETH_LEN);
	if (path->family == EN_AF_INET)
		put_ip4(ip, &src->addr, &dst->addr, l4);
	else
		put_ip6(ip, &src->addr, &dst->addr, l4);
	put_udp(udp, src, dst, l4, sum);
	m->data_len = (uint16_t)((size_t)(udp - eth) + l4);
	m->pkt_len = m->data_len;
}

void load_path_set(struct load_path *path, struct load_nic *nic, uint8_t family, const uint8_t mac[6])
{
	struct wire_eth *eth = (struct wire_eth *)path->eth;

	path->nic = nic;
	path->family = family;
	memcpy(eth->dst, mac, 6);
	memcpy(eth->src, nic->port.mac, 6);
	en_store16(eth->type, family == EN_AF_INET ? WIRE_ETHERTYPE_IP4 : WIRE_ETHERTYPE_IP6);
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];

	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

void load_nic_swap(struct rte_mbuf *m)
{
	struct wire_eth *eth = rte_pktmbuf_mtod(m, struct wire_eth *);
	uint8_t *ip = (uint8_t *)(eth + 1);
	bool v4 = en_load16(eth->type) == WIRE_ETHERTYPE_IP4;
	struct wire_udp *udp = (struct wire_udp *)(ip + (v4 ? 20 : 40));

	swap_bytes(eth->dst, eth->src, 6);
	if (v4)
		swap_bytes(ip + 12, ip + 16, 4);
	else
		swap_bytes(ip + 8, ip + 24, 16);
	swap_bytes(udp->sport, udp->dport, 2);
}

unsigned int load_nic_send(struct load_nic *nic, struct rte_mbuf **m, unsigned int n)
{
	unsigned int sent = rte_eth_tx_burst(nic->port.id, 0, m, (uint16_t)n);

	nic->tx += sent;
	nic->tx_full += sent < n;
	return sent;
}

void load_nic_say(const struct load_path *path, const struct en_ep *src, const struct en_ep *dst, const void *data,
		  size_t len)
{
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(path->nic, path->family, &m);

	if (!p)
		return; /* a lost packet: whoever waits for an answer says it again */
	memcpy(p, data, len);
	load_nic_head(path, m, src, dst, len, en_csum_add(0, data, len));
	if (load_nic_send(path->nic, &m, 1) == 0)
		rte_pktmbuf_free(m);
}

/* --- in ---------------------------------------------------------------------- */

bool load_nic_owns(const struct load_nic *nic, const struct en_addr *a)
{
	for (unsigned int i = 0; i < nic->range_n; i++)
		if (load_addr_index(&nic->range[i].first, a, nic->range[i].n) < nic->range[i].n)
			return true;
	return false;
}

unsigned int load_nic_receive(struct load_nic *nic, struct rte_mbuf **m, unsigned int cap, unsigned int *ret_taken)
{
	unsigned int n = rte_eth_rx_burst(nic->port.id, 0, m, (uint16_t)cap), kept = 0;

	nic->rx += n;
	*ret_taken = n;
	for (unsigned int i = 0; i < n; i++) {
		if (load_nic_neighbourly(nic, m[i]))
			rte_pktmbuf_free(m[i]);
		else
			m[kept++] = m[i];
	}
	return kept;
}

bool load_nic_dgram(const struct load_nic *nic, struct rte_mbuf *m, struct load_dgram *ret_d)
{
	struct en_reader r = en_reader(rte_pktmbuf_mtod(m, void *), m->data_len);
	const struct wire_eth *eth = (const void *)en_take(&r, sizeof(*eth));
	const struct wire_udp *udp;
	const uint8_t *ip;
	size_t len;

	if (!eth)
		return false;
	if (en_load16(eth->type) == WIRE_ETHERTYPE_IP4) {
		ip = en_take(&r, sizeof(struct wire_ip4));
		if (!ip || ip[0] != 0x45 || ip[9] != WIRE_PROTO_UDP || (en_load16(ip + 6) & ~WIRE_IP4_DF))
			return false;
	} else {
		ip = en_take(&r, sizeof(struct wire_ip6));
		if (!ip || en_load16(eth->type) != WIRE_ETHERTYPE_IP6 || ip[6] != WIRE_PROTO_UDP)
			return false;
	}
	udp = (const void *)en_take(&r, sizeof(*udp));
	if (!udp)
		return false;
	len = en_load16(udp->len);
	if (len < sizeof(*udp) || len - sizeof(*udp) > en_left(&r))
		return false;
	wire_ip_ends(ip, &ret_d->src.addr, &ret_d->dst.addr);
	ret_d->src.port = en_load16(udp->sport);
	ret_d->dst.port = en_load16(udp->dport);
	ret_d->src.zero = ret_d->dst.zero = 0;
	ret_d->len = len - sizeof(*udp);
	ret_d->data = rte_pktmbuf_mtod(m, uint8_t *) + (m->data_len - en_left(&r));
	return load_nic_owns(nic, &ret_d->dst.addr);
}

bool load_nic_csum_ok(const struct load_dgram *d)
{
	const uint8_t *udp = d->data - sizeof(struct wire_udp);

	if (en_load16(udp + 6) == 0)
		return d->src.addr.family == EN_AF_INET;
	return en_csum_udp_ok(&d->src.addr, &d->dst.addr, udp, sizeof(struct wire_udp) + d->len);
}
