/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy.c - the deny list: what it holds and how it is asked.
 *
 * Runs on:   built at start; asked on every core, read-only.
 *
 * Rules, in order
 *   P1  a relayed address of this server (external addresses translated) is
 *       allowed, with a port outside its relay range refused;
 *   P2  never: unspecified, multicast, broadcast (ours too), the server's own
 *       other addresses;
 *   P3  else the longest prefix decides; of equal ones deny-peer wins over
 *       allow-peer and that over the built-in list; no prefix: allowed (IPv4),
 *       denied outside 2000::/3 (IPv6);
 *   P4  an IPv6 address that carries IPv4 ones passes only if each of them does
 *       (en_addr_canonical), P1 excepted: it is for addresses spelled as such.
 *
 * The prefixes of one family are flattened at start to sorted disjoint ranges
 * with one verdict each: a lookup is one binary search.
 *
 * Specs:     IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890);
 *            what they call globally reachable but is a service of the local
 *            network (192.0.0.9, 192.0.0.10, 2001:1::1 to ::3, AMT) or a tunnel
 *            (6to4) is denied all the same. RFC 8656 s21.1.4, s21.2.
 */
#include "dataplane/turn/policy.h"

#include <stdlib.h>

struct rule {
	struct en_prefix prefix;
	uint8_t rank; /* of equal lengths the higher rank wins */
	bool deny;
};
enum {
	RANK_BUILTIN,
	RANK_ALLOW,
	RANK_DENY
};

struct range {
	uint8_t first[16]; /* up to the next range's first */
	bool deny;
};

struct dp_policy {
	struct en_prefix broadcast[CONF_PORTS_MAX * CONF_PORT_ADDRS_MAX]; /* of our own subnets, each a /32 */
	unsigned int broadcast_n;
	struct en_addr own[CONF_PORTS_MAX * CONF_PORT_ADDRS_MAX + CONF_LISTEN_MAX + CONF_RELAY_MAX + CONF_EXTERNAL_MAX];
	unsigned int own_n;
	struct range *range[2]; /* [0] IPv4, [1] IPv6 */
	unsigned int range_n[2];
};

static const struct {
	const char *prefix;
	bool deny;
} builtin[] = {
	{"0.0.0.0/8", true}, /* this network */
	{"10.0.0.0/8", true}, /* private */
	{"100.64.0.0/10", true}, /* shared address space, CGNAT */
	{"127.0.0.0/8", true}, /* loopback */
	{"169.254.0.0/16", true}, /* link-local, cloud metadata */
	{"172.16.0.0/12", true}, /* private */
	{"192.0.0.0/24", true}, /* IETF protocol assignments */
	{"192.0.2.0/24", true}, /* documentation */
	{"192.52.193.0/24", true}, /* AMT */
	{"192.88.99.0/24", true}, /* 6to4 relay anycast, deprecated */
	{"192.168.0.0/16", true}, /* private */
	{"198.18.0.0/15", true}, /* benchmarking */
	{"198.51.100.0/24", true}, /* documentation */
	{"203.0.113.0/24", true}, /* documentation */
	{"224.0.0.0/4", true}, /* multicast */
	{"240.0.0.0/4", true}, /* reserved, broadcast */
	{"::/0", true}, /* loopback, link-local, ULA, site-local, SRv6 SIDs, discard, reserved, multicast, … */
	{"2000::/3", false}, /* global unicast */
	{"64:ff9b::/96", false}, /* NAT64: what it carries decides (P4) */
	{"2001::/23", true}, /* IETF protocol assignments: Teredo, ORCHID, AMT, … */
	{"2001:db8::/32", true}, /* documentation */
	{"2002::/16", true}, /* 6to4 */
	{"3fff::/20", true}, /* documentation */
};
#define BUILTIN_N (sizeof(builtin) / sizeof(builtin[0]))

/* --- start: rules to ranges ------------------------------------------------ */

static unsigned int family_index(const struct en_addr *a)
{
	return a->family == EN_AF_INET6;
}

static bool better(const struct rule *a, const struct rule *b)
{
	return a->prefix.len != b->prefix.len ? a->prefix.len > b->prefix.len : a->rank > b->rank;
}

/* The reference: what P3 says about one address. */
static bool rules_deny(const struct rule *rule, unsigned int n, const struct en_addr *a)
{
	const struct rule *best = NULL;

	for (unsigned int i = 0; i < n; i++)
		if (en_prefix_has(&rule[i].prefix, a) && (!best || better(&rule[i], best)))
			best = &rule[i];
	return best && best->deny;
}

/* The first address behind a prefix; false when there is none. */
static bool prefix_after(const struct en_prefix *p, uint8_t ret_b[16])
{
	unsigned int len = p->len + (p->addr.family == EN_AF_INET ? 96u : 0u);
	unsigned int at;

	memcpy(ret_b, p->addr.b, 16);
	if (!len)
		return false;
	at = (len - 1) / 8;
	ret_b[at] = (uint8_t)(ret_b[at] + (1u << (7 - (len - 1) % 8)));
	while (at && ret_b[at] == 0) {
		/* carried over: the byte that the step made 0 adds one to the left */
		at--;
		ret_b[at]++;
	}
	return at || ret_b[0];
}

static int compare_first(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

/* Ranges of one family; out has room for two a rule and one. Returns how many. */
static unsigned int flatten(const struct rule *rule, unsigned int rule_n, unsigned int family, struct range *out)
{
	struct en_addr a = {.family = family ? EN_AF_INET6 : EN_AF_INET};
	unsigned int n = 1;
	unsigned int kept = 0;

	memset(out, 0, sizeof(*out)); /* the first range begins at zero */
	for (unsigned int i = 0; i < rule_n; i++) {
		if (family_index(&rule[i].prefix.addr) != family)
			continue;
		memcpy(out[n++].first, rule[i].prefix.addr.b, 16);
		if (prefix_after(&rule[i].prefix, out[n].first))
			n++;
	}
	qsort(out, n, sizeof(*out), compare_first);
	for (unsigned int i = 0; i < n; i++) {
		struct range r = out[i];

		memcpy(a.b, r.first, 16);
		r.deny = rules_deny(rule, rule_n, &a);
		if (kept && (out[kept - 1].deny == r.deny || memcmp(out[kept - 1].first, r.first, 16) == 0))
			continue;
		out[kept++] = r;
	}
	return kept;
}

static unsigned int collect_rules(const struct conf_turn *c, struct rule *ret_rule)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < BUILTIN_N; i++) {
		ret_rule[n].deny = builtin[i].deny;
		ret_rule[n].rank = RANK_BUILTIN;
		if (en_prefix_parse(builtin[i].prefix, false, &ret_rule[n].prefix) == 0)
			n++;
	}
	for (unsigned int i = 0; i < c->allow_peer_n; i++)
		ret_rule[n++] = (struct rule){.prefix = c->allow_peer[i], .rank = RANK_ALLOW};
	for (unsigned int i = 0; i < c->deny_peer_n; i++)
		ret_rule[n++] = (struct rule){.prefix = c->deny_peer[i], .rank = RANK_DENY, .deny = true};
	return n;
}

static int build_ranges(struct dp_policy *p, const struct conf_turn *c)
{
	size_t rule_max = BUILTIN_N + c->allow_peer_n + c->deny_peer_n;
	struct rule *rule = calloc(rule_max, sizeof(*rule));
	unsigned int n;

	if (!rule)
		return -1;
	n = collect_rules(c, rule);
	for (unsigned int family = 0; family < 2; family++) {
		p->range[family] = calloc(2 * rule_max + 2, sizeof(struct range));
		if (!p->range[family]) {
			free(rule);
			return -1;
		}
		p->range_n[family] = flatten(rule, n, family, p->range[family]);
	}
	free(rule);
	return 0;
}

/* P2's broadcast: the two ends of every IPv4 subnet that a port is in. */
static void add_broadcast(struct dp_policy *p, const struct en_prefix *interface)
{
	struct en_prefix *at = &p->broadcast[p->broadcast_n];

	if (interface->addr.family == EN_AF_INET && interface->len && interface->len <= 30) {
		*at = *interface;
		p->broadcast_n++;
	}
}

int dp_policy_create(const struct conf *c, const struct dp_turn_shared *s, struct dp_policy **ret_policy,
		     struct en_err *err)
{
	struct dp_policy *p = calloc(1, sizeof(*p));

	if (!p || build_ranges(p, &c->turn)) {
		dp_policy_destroy(p);
		return en_fail(err, -1, "no memory for the peer policy");
	}
	for (unsigned int i = 0; i < s->own_n; i++)
		p->own[p->own_n++] = s->own[i];
	for (unsigned int i = 0; i < s->listener_n; i++)
		p->own[p->own_n++] = s->listener[i].ep.addr;
	for (unsigned int i = 0; i < s->relay_n; i++)
		p->own[p->own_n++] = s->relay[i].addr;
	for (unsigned int i = 0; i < c->turn.external_n; i++)
		p->own[p->own_n++] = c->turn.external[i].external;
	for (unsigned int i = 0; i < c->port_n; i++)
		for (unsigned int k = 0; k < c->port[i].address_n; k++)
			add_broadcast(p, &c->port[i].address[k]);
	*ret_policy = p;
	return 0;
}

void dp_policy_destroy(struct dp_policy *p)
{
	if (!p)
		return;
	free(p->range[0]);
	free(p->range[1]);
	free(p);
}

/* --- lookup ------------------------------------------------------------------ */

static bool ranges_deny(const struct dp_policy *p, const struct en_addr *a)
{
	const struct range *r = p->range[family_index(a)];
	unsigned int low = 0;
	unsigned int high = p->range_n[family_index(a)];

	while (high - low > 1) {
		unsigned int mid = (low + high) / 2;

		if (memcmp(r[mid].first, a->b, 16) <= 0)
			low = mid;
		else
			high = mid;
	}
	return r[low].deny;
}

/* Every host bit of the subnet 0, or every one 1? */
static bool is_subnet_end(const struct en_prefix *interface, const struct en_addr *a)
{
	uint32_t host = 0xffffffffu >> interface->len;
	uint32_t diff = en_load32(a->b + 12) ^ en_load32(interface->addr.b + 12);
	uint32_t low = en_load32(a->b + 12) & host;

	return (diff & ~host) == 0 && (low == 0 || low == host);
}

static bool is_never_allowed4(const struct dp_policy *p, const struct en_addr *a)
{
	uint32_t v = en_load32(a->b + 12);

	if (v == 0 || v == 0xffffffff || v >> 28 == 0xe)
		return true;
	for (unsigned int i = 0; i < p->broadcast_n; i++)
		if (is_subnet_end(&p->broadcast[i], a))
			return true;
	return false;
}

/* P2 */
static bool is_never_allowed(const struct dp_policy *p, const struct en_addr *a)
{
	static const uint8_t unspecified[16];

	if (a->family == EN_AF_INET ? is_never_allowed4(p, a) : a->b[0] == 0xff || memcmp(a->b, unspecified, 16) == 0)
		return true;
	for (unsigned int i = 0; i < p->own_n; i++)
		if (en_addr_eq(&p->own[i], a))
			return true;
	return false;
}

static void internalise(const struct dp_turn_shared *s, struct en_addr *a)
{
	const struct conf_turn *c = s->conf;

	for (unsigned int i = 0; i < c->external_n; i++) {
		if (en_addr_eq(&c->external[i].external, a)) {
			*a = c->external[i].internal;
			return;
		}
	}
}

bool dp_policy_peer(const struct dp_turn_shared *s, const struct en_ep *asked, bool port, struct en_ep *ret_peer,
		    bool *ret_self)
{
	struct en_addr form[EN_CANON_MAX];
	unsigned int n, relay;

	*ret_peer = *asked;
	internalise(s, &ret_peer->addr);
	relay = dp_turn_relay_of(s, &ret_peer->addr);
	*ret_self = relay != DP_RELAY_NONE;
	if (*ret_self)
		return !port || (asked->port >= s->relay[relay].port_min && asked->port <= s->relay[relay].port_max);
	if (port && asked->port == 0)
		return false;
	n = en_addr_canonical(&ret_peer->addr, form);
	for (unsigned int i = 0; i < n; i++)
		if (is_never_allowed(s->policy, &form[i]) || ranges_deny(s->policy, &form[i]))
			return false;
	return true;
}
