/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr_canonical.c - every IPv4 address that an IPv6 address carries.
 *
 * Runs on:   the packet path, once a permission, channel or Send.
 *
 * A translator or tunnel somewhere on the way may turn such an IPv6 address
 * into the IPv4 one, so policy must pass on all of them.
 *
 *   prefix            IPv4 at            called
 *   ::/96             12..15             IPv4-compatible (RFC 4291 s2.5.5.1)
 *   ::ffff:0:0/96     12..15             IPv4-mapped (RFC 4291 s2.5.5.2)
 *   ::ffff:0:0:0/96   12..15             IPv4-translated (RFC 2765 s2.1)
 *   64:ff9b::/96      12..15             NAT64, well-known (RFC 6052 s2.1)
 *   64:ff9b:1::/48    by prefix length   NAT64, local use (RFC 8215)
 *   2002::/16         2..5               6to4 (RFC 3056 s2)
 *   2001::/32         4..7, ~12..15      Teredo server and client (RFC 4380 s4)
 *
 * Not here:  prefixes that only a site knows to be NAT64: `deny-peer` is for
 *            those; ISATAP: link-scoped.
 */
#include "engine/base/addr.h"

#include "engine/base/bytes.h"

/* The forms found so far. */
struct forms {
	struct en_addr *at;
	unsigned int n;
};

static void add4(struct forms *f, const uint8_t four[4])
{
	en_addr_set4(&f->at[f->n++], four);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

/*
 * RFC 8215 s5 leaves the prefix length inside the /48 to the site. RFC 6052
 * s2.2: the address goes around octet 8 and is followed by a zero suffix; with
 * a suffix that is not zero the layout is not in use.
 */
static void add_nat64_local(struct forms *f, const uint8_t b[16])
{
	add4(f, b + 12); /* /96 */
	if (all_zero(b + 11, 5)) /* /48: octets 6, 7, 9, 10 */
		add4(f, (const uint8_t[]){b[6], b[7], b[9], b[10]});
	if (all_zero(b + 12, 4)) /* /56: octets 7, 9, 10, 11 */
		add4(f, (const uint8_t[]){b[7], b[9], b[10], b[11]});
	if (all_zero(b + 13, 3)) /* /64: octets 9..12 */
		add4(f, b + 9);
}

static void add_teredo(struct forms *f, const uint8_t b[16])
{
	add4(f, b + 4);
	add4(f, (const uint8_t[]){b[12] ^ 0xff, b[13] ^ 0xff, b[14] ^ 0xff, b[15] ^ 0xff});
}

/* ::/96, ::ffff:0:0/96 and ::ffff:0:0:0/96; :: and ::1 are IPv6's own. */
static void add_low32(struct forms *f, const uint8_t b[16])
{
	uint32_t middle = en_load32(b + 8);
	uint32_t low = en_load32(b + 12);

	if ((middle == 0 && low > 1) || middle == 0x0000ffff || middle == 0xffff0000)
		add4(f, b + 12);
}

unsigned int en_addr_canonical(const struct en_addr *a, struct en_addr ret_forms[EN_CANON_MAX])
{
	struct forms f = {.at = ret_forms, .n = 1};
	const uint8_t *b = a->b;
	uint64_t top = en_load64(b);

	ret_forms[0] = *a;
	if (a->family != EN_AF_INET6)
		return 1;
	if (top == 0)
		add_low32(&f, b);
	else if (top == UINT64_C(0x0064ff9b00000000) && all_zero(b + 8, 4))
		add4(&f, b + 12);
	else if (top >> 16 == UINT64_C(0x0064ff9b0001))
		add_nat64_local(&f, b);
	else if (top >> 48 == 0x2002)
		add4(&f, b + 2);
	else if (top >> 32 == 0x20010000)
		add_teredo(&f, b);
	return f.n;
}
