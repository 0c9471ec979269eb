/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr.h - IP addresses, prefixes and transport addresses.
 *
 * One representation for both families: 16 bytes, IPv4 held as ::ffff:a.b.c.d
 * (RFC 4291 s2.5.5.2), so that keys compare with one memcmp and one table
 * serves both families.  `family` tells what goes on the wire; it is not
 * derived from the bytes, because a peer may *write* an IPv4-mapped IPv6
 * address and must not gain IPv4 by it.
 */
#ifndef EN_ADDR_H
#define EN_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum en_family {
	EN_AF_NONE = 0,
	EN_AF_INET = 4,
	EN_AF_INET6 = 6,
};

struct en_addr {
	uint8_t b[16]; /* network order; IPv4 at b[12..15] behind ::ffff: */
	uint8_t family; /* enum en_family */
	uint8_t zero[3]; /* always 0: the struct may be hashed whole */
};

/* A transport address; port in host order. 24 bytes, no padding. */
struct en_ep {
	struct en_addr addr;
	uint16_t port;
	uint16_t zero; /* always 0 */
};

/* The port of an endpoint whose address stands there, as one word with the family for the same reason. */
static inline void en_ep_set_port(struct en_ep *ep, uint16_t port)
{
	uint32_t half[2] = {0, 0};
	uint64_t word;

	memcpy(&half[0], &ep->addr.family, 4);
	memcpy(&half[1], &port, 2);
	memcpy(&word, half, 8);
	memcpy(&ep->addr.family, &word, 8);
}

struct en_prefix {
	struct en_addr addr; /* host bits cleared */
	uint8_t len; /* 0..32 or 0..128, in the family's own bits */
	uint8_t zero[3];
};

_Static_assert(sizeof(struct en_addr) == 20, "hashed whole");
_Static_assert(sizeof(struct en_ep) == 24, "hashed whole");

#define EN_ADDRSTR_MAX 64 /* "[v6]:port" and "v6/len" fit */

static inline size_t en_addr_len(const struct en_addr *a)
{
	return a->family == EN_AF_INET ? 4 : 16;
}

/* The bytes as they stand on the wire: 4 or 16 of them. */
static inline const uint8_t *en_addr_bytes(const struct en_addr *a)
{
	return a->family == EN_AF_INET ? a->b + 12 : a->b;
}

static inline bool en_addr_eq(const struct en_addr *a, const struct en_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool en_ep_eq(const struct en_ep *a, const struct en_ep *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * Whole words are stored, because whole words will be loaded: a load that
 * spans several smaller stores just made has to wait for them.
 */
static inline void en_addr_set4(struct en_addr *ret_a, const void *four)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff}, tail[4] = {EN_AF_INET};
	uint32_t half[2];
	uint64_t low;

	memcpy(&half[0], mapped, 4);
	memcpy(&half[1], four, 4);
	memcpy(&low, half, 8);
	memset(ret_a->b, 0, 8);
	memcpy(ret_a->b + 8, &low, 8);
	memcpy(&ret_a->family, tail, 4);
}

static inline void en_addr_set6(struct en_addr *ret_a, const void *sixteen)
{
	memset(ret_a, 0, sizeof(*ret_a));
	memcpy(ret_a->b, sixteen, 16);
	ret_a->family = EN_AF_INET6;
}

/* Text to address. 0, or -EINVAL with *ret untouched. */
int en_addr_parse(const char *text, struct en_addr *ret_addr);
/* "a.b.c.d/len", "v6/len", or a bare address (full length). keep_host leaves
 * the host bits in addr ("198.18.0.2/24" as an interface address). */
int en_prefix_parse(const char *text, bool keep_host, struct en_prefix *ret_prefix);
/* "a.b.c.d:port", "[v6]:port". The port is 1..65535; a missing one is -EINVAL. */
int en_ep_parse(const char *text, struct en_ep *ret_ep);

/* Address to text; returns buf. buf holds at least EN_ADDRSTR_MAX. */
const char *en_addr_str(const struct en_addr *a, char *buf);
const char *en_ep_str(const struct en_ep *ep, char *buf);
const char *en_prefix_str(const struct en_prefix *p, char *buf);

bool en_prefix_has(const struct en_prefix *p, const struct en_addr *a);

/*
 * The one canonical form for policy: every way of writing an IPv4 address
 * inside an IPv6 address is unwrapped (IPv4-mapped, IPv4-compatible, 6to4
 * 2002::/16, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, Teredo 2001::/32, ISATAP
 * is link-scoped and left alone).  Writes up to EN_CANON_MAX addresses that
 * must *all* pass the policy (Teredo embeds two: server and client; the local
 * NAT64 prefix has four layouts) and returns how many; the address itself is
 * always the first.
 */
#define EN_CANON_MAX 5
unsigned int en_addr_canonical(const struct en_addr *a, struct en_addr ret_forms[EN_CANON_MAX]);

#endif
