/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pmtu.c - a direct-mapped cache of path MTUs, one a core.
 *
 * Runs on:   the core that owns the cache.
 * Writes:    core->pmtu.
 *
 * Invariants
 *   P1  fixed memory: a collision replaces, nothing grows.
 *   P2  an entry never rises while it lives (RFC 8201 s4): it ends by time.
 *
 * Specs:     RFC 1191 s6.3; RFC 8201 s4, s5.2.
 * Not here:  who may teach us (node/icmp.c).
 */
#include "dataplane/net/pmtu.h"

#include <stdlib.h>

#include "engine/base/clock.h"

#define PMTU_SLOTS       1024
#define PMTU_LIFETIME_NS (600 * EN_NS_PER_S) /* RFC 8201 s5.2: recommended 10 minutes */

struct pmtu_entry {
	struct en_addr dst; /* family 0: free */
	uint32_t mtu;
	uint64_t expires_ns;
};

struct dp_pmtu {
	uint64_t until_ns; /* the latest entry's end: before any is learned, packets need no look */
	struct pmtu_entry entry[PMTU_SLOTS];
};

int dp_pmtu_create(struct dp_core *core, struct en_err *err)
{
	core->pmtu = calloc(1, sizeof(*core->pmtu));
	if (!core->pmtu)
		return en_fail(err, -1, "no memory for the path MTU cache of a core");
	return 0;
}

void dp_pmtu_destroy(struct dp_core *core)
{
	free(core->pmtu);
	core->pmtu = NULL;
}

static struct pmtu_entry *slot_of(const struct dp_core *core, const struct en_addr *dst)
{
	return &core->pmtu->entry[en_hash(&core->world->hash_key, dst, sizeof(*dst)) % PMTU_SLOTS];
}

static bool is_live(const struct pmtu_entry *e, const struct en_addr *dst, uint64_t now_ns)
{
	return e->expires_ns > now_ns && en_addr_eq(&e->dst, dst);
}

void dp_pmtu_learn(struct dp_core *core, const struct en_addr *dst, uint32_t mtu)
{
	struct pmtu_entry *e = slot_of(core, dst);

	/* RFC 8201 s4 MUST: a Packet Too Big below the IPv6 minimum link MTU is discarded */
	if (dst->family == EN_AF_INET6 && mtu < DP_MTU_MIN6)
		return;
	if (dst->family == EN_AF_INET && mtu < DP_MTU_MIN4)
		mtu = DP_MTU_MIN4;
	/* RFC 8201 s4 MUST NOT: increase the estimate in response to a Packet Too Big */
	if (is_live(e, dst, core->now_ns) && mtu >= e->mtu)
		return;
	*e = (struct pmtu_entry){.dst = *dst, .mtu = mtu, .expires_ns = core->now_ns + PMTU_LIFETIME_NS};
	core->pmtu->until_ns = e->expires_ns;
}

unsigned int dp_pmtu(const struct dp_core *core, const struct en_addr *dst, unsigned int port_mtu)
{
	const struct pmtu_entry *e;

	if (likely(core->pmtu->until_ns <= core->now_ns))
		return port_mtu;
	e = slot_of(core, dst);
	if (likely(!is_live(e, dst, core->now_ns)) || e->mtu > port_mtu)
		return port_mtu;
	return e->mtu;
}
