/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr.c - addresses from and to text, and prefixes.
 *
 * Runs on:   start-up and display; en_prefix_has also where policy is built.
 *
 * Not here:  IPv4 hidden in IPv6 (addr_canonical.c).
 */
#include "engine/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

/* A decimal number of 1..max_digits digits and nothing else, no leading zeros. */
static int parse_number(const char *text, unsigned int max_digits, unsigned int max, unsigned int *ret_n)
{
	unsigned int n = 0;
	unsigned int digits = 0;

	for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
		if (digits == max_digits)
			return -EINVAL;
		n = n * 10 + (unsigned int)(text[digits] - '0');
	}
	if (digits == 0 || text[digits] || (digits > 1 && text[0] == '0') || n > max)
		return -EINVAL;
	*ret_n = n;
	return 0;
}

/* The first len bytes of text as a string of their own. */
static int copy_part(const char *text, size_t len, char part[EN_ADDRSTR_MAX])
{
	if (len == 0 || len >= EN_ADDRSTR_MAX)
		return -EINVAL;
	memcpy(part, text, len);
	part[len] = '\0';
	return 0;
}

int en_addr_parse(const char *text, struct en_addr *ret_addr)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		en_addr_set4(ret_addr, bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		en_addr_set6(ret_addr, bytes);
	else
		return -EINVAL;
	return 0;
}

static unsigned int family_bits(const struct en_addr *a)
{
	return a->family == EN_AF_INET ? 32 : 128;
}

/* Where the family's own bits begin in b[]. */
static unsigned int first_bit(const struct en_addr *a)
{
	return 128 - family_bits(a);
}

static void clear_host_bits(struct en_addr *a, unsigned int len)
{
	unsigned int keep = first_bit(a) + len;

	if (keep % 8)
		a->b[keep / 8] &= (uint8_t)(0xff << (8 - keep % 8));
	for (unsigned int i = (keep + 7) / 8; i < 16; i++)
		a->b[i] = 0;
}

int en_prefix_parse(const char *text, bool keep_host, struct en_prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	char part[EN_ADDRSTR_MAX];
	struct en_prefix p = {0};
	unsigned int len;

	if (copy_part(text, slash ? (size_t)(slash - text) : strnlen(text, EN_ADDRSTR_MAX), part))
		return -EINVAL;
	if (en_addr_parse(part, &p.addr))
		return -EINVAL;
	len = family_bits(&p.addr);
	if (slash && parse_number(slash + 1, 3, len, &len))
		return -EINVAL;
	p.len = (uint8_t)len;
	if (!keep_host)
		clear_host_bits(&p.addr, len);
	*ret_prefix = p;
	return 0;
}

int en_ep_parse(const char *text, struct en_ep *ret_ep)
{
	bool bracketed = text[0] == '[';
	const char *start = text + bracketed;
	const char *end = strchr(start, bracketed ? ']' : ':');
	char part[EN_ADDRSTR_MAX];
	struct en_ep ep = {0};
	unsigned int port;

	if (!end || copy_part(start, (size_t)(end - start), part) || en_addr_parse(part, &ep.addr))
		return -EINVAL;
	if (bracketed != (ep.addr.family == EN_AF_INET6))
		return -EINVAL;
	end += bracketed;
	if (*end != ':' || parse_number(end + 1, 5, 65535, &port) || port == 0)
		return -EINVAL;
	ep.port = (uint16_t)port;
	*ret_ep = ep;
	return 0;
}

const char *en_addr_str(const struct en_addr *a, char *buf)
{
	if (a->family != EN_AF_INET && a->family != EN_AF_INET6)
		return memcpy(buf, "-", sizeof("-"));
	return inet_ntop(a->family == EN_AF_INET ? AF_INET : AF_INET6, en_addr_bytes(a), buf, EN_ADDRSTR_MAX);
}

const char *en_ep_str(const struct en_ep *ep, char *buf)
{
	char addr[EN_ADDRSTR_MAX];
	const char *form = ep->addr.family == EN_AF_INET6 ? "[%.45s]:%u" : "%.45s:%u";

	snprintf(buf, EN_ADDRSTR_MAX, form, en_addr_str(&ep->addr, addr), ep->port);
	return buf;
}

const char *en_prefix_str(const struct en_prefix *p, char *buf)
{
	char addr[EN_ADDRSTR_MAX];

	snprintf(buf, EN_ADDRSTR_MAX, "%.45s/%u", en_addr_str(&p->addr, addr), p->len);
	return buf;
}

bool en_prefix_has(const struct en_prefix *p, const struct en_addr *a)
{
	unsigned int bits = first_bit(&p->addr) + p->len;
	unsigned int rest = bits % 8;

	if (p->addr.family != a->family || memcmp(p->addr.b, a->b, bits / 8) != 0)
		return false;
	return rest == 0 || ((p->addr.b[bits / 8] ^ a->b[bits / 8]) >> (8 - rest)) == 0;
}
