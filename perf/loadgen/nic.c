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

struct en_addr load_addr_plus(const struct en_addr *a, uint32_t n)
{
	struct en_addr r = *a;

	en_store32(r.b + 12, en_load32(a->b + 12) + n);
	return r;
}

uint32_t load_addr_index(const struct en_addr *a, const struct en_addr *b, uint32_t n)
{
	uint32_t d = en_load32(b->b + 12) - en_load32(a->b + 12);

	return d < n && a->family == b->family && memcmp(a->b, b->b, 12) == 0 ? d : n;
}

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

int load_nic_start(const struct load_options *o, struct en_err *err)
{
	static struct conf conf;
	bool hugepages;

	conf.dataplane = (struct conf_dataplane){.core = {o->cpu}, .core_n = 1, .memory = 256};
	snprintf(conf.dataplane.eal, sizeof(conf.dataplane.eal), "%s", o->eal);
	port_conf(o, o->port, "port", &conf.port[0]);
	port_conf(o, o->port2 ? o->port2 : "", "port2", &conf.port[1]);
	conf.port_n = o->port2 ? 2 : 1;
	if (dp_eal_init(&conf, &hugepages, err) != 0)
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

static inline uint32_t native32(const void *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Twenty bytes as five words: a call for each packet would be dearer than the sum. */
static void put_ip4(struct wire_ip4 *ip, const struct en_addr *src, const struct en_addr *dst, size_t len)
{
	const uint8_t *p = (const uint8_t *)ip;
	uint64_t sum = 0;
	uint16_t csum;

	*ip = (struct wire_ip4){.ver_ihl = 0x45, .ttl = TTL, .proto = WIRE_PROTO_UDP};
	en_store16(ip->len, (uint16_t)(sizeof(*ip) + len));
	en_store16(ip->frag, WIRE_IP4_DF);
	memcpy(ip->src, src->b + 12, 4);
	memcpy(ip->dst, dst->b + 12, 4);
	for (unsigned int i = 0; i < sizeof(*ip); i += 4)
		sum += native32(p + i);
	csum = (uint16_t)~en_csum_fold(sum);
	memcpy(ip->csum, &csum, 2);
}

static void put_ip6(struct wire_ip6 *ip, const struct en_addr *src, const struct en_addr *dst, size_t len)
{
	*ip = (struct wire_ip6){.vtf = {0x60}, .next = WIRE_PROTO_UDP, .hop = TTL};
	en_store16(ip->plen, (uint16_t)len);
	memcpy(ip->src, src->b, 16);
	memcpy(ip->dst, dst->b, 16);
}

/* RFC 768; the pseudo header of either family */
static uint64_t pseudo_sum(const struct en_addr *a)
{
	if (a->family == EN_AF_INET)
		return native32(a->b + 12);
	return (uint64_t)native32(a->b) + native32(a->b + 4) + native32(a->b + 8) + native32(a->b + 12);
}

static void put_udp(struct wire_udp *u, const struct en_ep *src, const struct en_ep *dst, size_t len, uint64_t sum)
{
	uint8_t fixed[4] = {0, WIRE_PROTO_UDP};
	uint16_t csum;

	en_store16(u->sport, src->port);
	en_store16(u->dport, dst->port);
	en_store16(u->len, (uint16_t)len);
	u->csum[0] = u->csum[1] = 0;
	en_store16(fixed + 2, (uint16_t)len);
	sum += (uint64_t)native32(u) + native32((const uint8_t *)u + 4) + native32(fixed);
	csum = (uint16_t)~en_csum_fold(sum + pseudo_sum(&src->addr) + pseudo_sum(&dst->addr));
	if (csum == 0)
		csum = 0xffff;
	memcpy(u->csum, &csum, 2);
}

void load_nic_head(const struct load_path *path, struct rte_mbuf *m, const struct en_ep *src, const struct en_ep *dst,
		   size_t len, uint64_t sum)
{
	struct wire_eth *eth = rte_pktmbuf_mtod(m, struct wire_eth *);
	uint8_t *ip = (uint8_t *)(eth + 1), *udp = ip + ip_len(path->family);
	size_t l4 = sizeof(struct wire_udp) + len;

	memcpy(eth->dst, path->dst_mac, 6);
	memcpy(eth->src, path->nic->port.mac, 6);
	if (path->family == EN_AF_INET) {
		en_store16(eth->type, WIRE_ETHERTYPE_IP4);
		put_ip4((struct wire_ip4 *)ip, &src->addr, &dst->addr, l4);
	} else {
		en_store16(eth->type, WIRE_ETHERTYPE_IP6);
		put_ip6((struct wire_ip6 *)ip, &src->addr, &dst->addr, l4);
	}
	put_udp((struct wire_udp *)udp, src, dst, l4, sum);
	m->data_len = (uint16_t)(udp - (uint8_t *)eth + (ptrdiff_t)l4);
	m->pkt_len = m->data_len;
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

bool load_nic_csum_ok(struct rte_mbuf *m, const struct load_dgram *d)
{
	const uint8_t *udp = d->data - sizeof(struct wire_udp);

	(void)m;
	if (en_load16(udp + 6) == 0)
		return d->src.addr.family == EN_AF_INET;
	return en_csum_udp_ok(&d->src.addr, &d->dst.addr, udp, sizeof(struct wire_udp) + d->len);
}
