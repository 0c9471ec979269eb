/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * route.c - connected prefixes, static routes and gateways of all ports.
 *
 * Runs on:   built before the workers start; read by all of them.
 */
#include "dataplane/net/route.h"

static int by_length(const void *a, const void *b)
{
	const struct dp_route *x = a, *y = b;

	if (x->to.addr.family != y->to.addr.family)
		return x->to.addr.family - y->to.addr.family;
	return (int)y->to.len - (int)x->to.len;
}

static struct en_prefix network_of(const struct en_prefix *interface)
{
	struct en_prefix p = *interface;
	unsigned int first = p.addr.family == EN_AF_INET ? 96 : 0;

	for (unsigned int bit = first + p.len; bit < 128; bit++)
		p.addr.b[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
	return p;
}

static void set_words(struct dp_route *r)
{
	unsigned int bits = (r->to.addr.family == EN_AF_INET ? 96u : 0u) + r->to.len;
	uint8_t mask[16] = {0};

	for (unsigned int bit = 0; bit < bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
	memcpy(r->mask, mask, sizeof(r->mask));
	memcpy(r->value, r->to.addr.b, sizeof(r->value));
}

static void add(struct dp_world *w, const struct en_prefix *to, const struct en_addr *via, unsigned int port)
{
	struct dp_route *r = &w->route[w->route_n++];

	r->to = *to;
	memset(&r->via, 0, sizeof(r->via));
	if (via)
		r->via = *via;
	r->port = (uint8_t)port;
	set_words(r);
}

static void add_port(struct dp_world *w, unsigned int i)
{
	const struct conf_port *c = w->port[i].conf;
	struct en_prefix p;

	for (unsigned int k = 0; k < c->address_n; k++) {
		p = network_of(&c->address[k]);
		add(w, &p, NULL, i);
	}
	for (unsigned int k = 0; k < c->route_n; k++)
		add(w, &c->route[k].to, &c->route[k].via, i);
	for (unsigned int k = 0; k < 2; k++) {
		if (c->gateway[k].family == EN_AF_NONE)
			continue;
		memset(&p, 0, sizeof(p));
		if (c->gateway[k].family == EN_AF_INET)
			en_addr_set4(&p.addr, "\0\0\0\0");
		else
			p.addr.family = EN_AF_INET6;
		add(w, &p, &c->gateway[k], i);
	}
	if (en_prefix_parse("fe80::/64", false, &p) == 0)
		add(w, &p, NULL, i);
}

void dp_route_create(struct dp_world *w)
{
	w->route_n = 0;
	for (unsigned int i = 0; i < w->port_n; i++)
		add_port(w, i);
	qsort(w->route, w->route_n, sizeof(w->route[0]), by_length);
}

/* Several ports: among routes of the same length the one of the port that owns the source. */
const struct dp_route *dp_route_choose(const struct dp_world *w, const struct en_addr *dst, const struct en_addr *src)
{
	const struct dp_route *best = NULL;
	int local = -1;

	for (unsigned int i = 0; i < w->route_n; i++) {
		const struct dp_route *r = &w->route[i];

		if ((best && r->to.len < best->to.len) || !dp_route_covers(r, dst))
			continue;
		if (local < 0 && (local = dp_local_find(w, src)) < 0)
			local = DP_LOCAL_MAX; /* not ours: no preference */
		if (!best)
			best = r;
		if (local < DP_LOCAL_MAX && w->local[local].port == r->port)
			return r;
	}
	return best;
}
