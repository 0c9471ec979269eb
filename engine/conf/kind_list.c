/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kind_list.c - options that hold several values in a fixed array: CPUs,
 * interface addresses, gateways, routes, transport addresses.
 */
#include <stdio.h>
#include <string.h>

#include "engine/conf/option.h"

#define CPU_MAX 1023

static unsigned int count_of(const struct conf_option *o, const void *base)
{
	unsigned int n;

	memcpy(&n, conf_at_ro(base, o->counter), sizeof(n));
	return n;
}

/* Copy one element behind the last; its index, or -1 when the array is full. */
static int append(const struct conf_option *o, void *base, const void *element, size_t size, struct en_err *err)
{
	unsigned int n = count_of(o, base);

	if (n >= o->max)
		return en_fail(err, -1, "there is room for %llu of them only", (unsigned long long)o->max);
	memcpy((char *)conf_at(base, o->field) + n * size, element, size);
	n++;
	memcpy(conf_at(base, o->counter), &n, sizeof(n));
	return (int)n - 1;
}

static const void *element(const struct conf_option *o, const void *base, unsigned int i, size_t size)
{
	if (i >= count_of(o, base))
		return NULL;
	return (const char *)conf_at_ro(base, o->field) + i * size;
}

int conf_split(const char *text, char sep, char *ret_left, char *ret_right, size_t cap)
{
	const char *cut = sep == ' ' ? strpbrk(text, " \t") : strchr(text, sep);
	size_t left_len, right_len;

	if (!cut)
		return -1;
	left_len = (size_t)(cut - text);
	while (left_len && strchr(" \t", text[left_len - 1]))
		left_len--;
	cut += 1 + strspn(cut + 1, " \t");
	right_len = strlen(cut);
	if (!left_len || !right_len || left_len >= cap || right_len >= cap)
		return -1;
	memcpy(ret_left, text, left_len);
	ret_left[left_len] = '\0';
	memcpy(ret_right, cut, right_len + 1);
	return 0;
}

/* --- cores: "1,2" or "1-3,8" ------------------------------------------- */

static int add_cores(const struct conf_option *o, void *base, uint64_t first, uint64_t last, struct en_err *err)
{
	const unsigned int *have = conf_at_ro(base, o->field);

	for (unsigned int cpu = (unsigned int)first; cpu <= last; cpu++) {
		for (unsigned int i = 0; i < count_of(o, base); i++) {
			if (have[i] == cpu)
				return en_fail(err, -1, "CPU %u stands there twice", cpu);
		}
		if (append(o, base, &cpu, sizeof(cpu), err) < 0)
			return -1;
	}
	return 0;
}

static int add_core_range(const struct conf_option *o, void *base, const char *item, struct en_err *err)
{
	char low[16], high[16];
	uint64_t first, last;

	if (conf_number(item, 0, CPU_MAX, &first) == 0)
		return add_cores(o, base, first, first, err);
	if (conf_split(item, '-', low, high, sizeof(low)) == 0 && conf_number(low, 0, CPU_MAX, &first) == 0 &&
	    conf_number(high, first, CPU_MAX, &last) == 0)
		return add_cores(o, base, first, last, err);
	return en_fail(err, -1, "write CPU numbers such as 1,2 or 1-3");
}

static int cores_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	const unsigned int none = 0;
	char item[32];

	memcpy(conf_at(base, o->counter), &none, sizeof(none));
	for (;;) {
		size_t len = strcspn(text, ",");
		size_t skip = strspn(text, " \t");
		size_t end = len;

		while (end > skip && strchr(" \t", text[end - 1]))
			end--;
		if (skip >= end || end - skip >= sizeof(item))
			return en_fail(err, -1, "write CPU numbers such as 1,2 or 1-3");
		memcpy(item, text + skip, end - skip);
		item[end - skip] = '\0';
		if (add_core_range(o, base, item, err) != 0)
			return -1;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

static bool cores_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const unsigned int *core = conf_at_ro(base, o->field);
	unsigned int n = count_of(o, base);
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int c = 0; c < n && at < cap; c++)
		at += (size_t)snprintf(buf + at, cap - at, "%s%u", c ? "," : "", core[c]);
	return i == 0;
}

const struct conf_kind conf_kind_cores = {
	.form = "CPU[,CPU...]",
	.set = cores_set,
	.get = cores_get,
};

/* --- addresses ----------------------------------------------------------- */

static int interface_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct en_prefix p;

	if (!strchr(text, '/') || en_prefix_parse(text, true, &p) != 0)
		return en_fail(err, -1, "write ADDRESS/LENGTH, for example 198.18.0.2/24 or 2001:db8::2/64");
	return append(o, base, &p, sizeof(p), err);
}

static bool interface_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct en_prefix *p = element(o, base, i, sizeof(*p));
	char text[EN_ADDRSTR_MAX];

	if (!p)
		return false;
	snprintf(buf, cap, "%s", en_prefix_str(p, text));
	return true;
}

const struct conf_kind conf_kind_interface = {
	.form = "ADDRESS/LENGTH",
	.repeat = true,
	.set = interface_set,
	.get = interface_get,
};

/* One slot a family: [0] IPv4, [1] IPv6. */
static int gateway_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct en_addr *gateway = conf_at(base, o->field);
	struct en_addr a;
	int slot;

	if (en_addr_parse(text, &a) != 0)
		return en_fail(err, -1, "write an address, for example 198.18.0.1 or fe80::1");
	slot = a.family == EN_AF_INET6;
	if (gateway[slot].family != EN_AF_NONE)
		return en_fail(err, -1, "the port has an %s gateway already: one of each family",
			       slot ? "IPv6" : "IPv4");
	gateway[slot] = a;
	return slot;
}

static bool gateway_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct en_addr *gateway = conf_at_ro(base, o->field);
	char text[EN_ADDRSTR_MAX];

	for (unsigned int slot = 0; slot < 2; slot++) {
		if (gateway[slot].family == EN_AF_NONE)
			continue;
		if (i-- == 0) {
			snprintf(buf, cap, "%s", en_addr_str(&gateway[slot], text));
			return true;
		}
	}
	return false;
}

const struct conf_kind conf_kind_gateway = {
	.form = "ADDRESS",
	.repeat = true,
	.set = gateway_set,
	.get = gateway_get,
};

static int route_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	char to[EN_ADDRSTR_MAX], rest[EN_ADDRSTR_MAX], word[EN_ADDRSTR_MAX], via[EN_ADDRSTR_MAX];
	struct conf_route route;

	memset(&route, 0, sizeof(route));
	if (conf_split(text, ' ', to, rest, sizeof(to)) != 0 || conf_split(rest, ' ', word, via, sizeof(word)) != 0 ||
	    strcmp(word, "via") != 0 || en_prefix_parse(to, false, &route.to) != 0 ||
	    en_addr_parse(via, &route.via) != 0)
		return en_fail(err, -1, "write PREFIX via ADDRESS, for example 10.0.0.0/8 via 198.18.0.254");
	if (route.to.addr.family != route.via.family)
		return en_fail(err, -1, "destination and next hop are of different families");
	return append(o, base, &route, sizeof(route), err);
}

static bool route_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct conf_route *route = element(o, base, i, sizeof(*route));
	char to[EN_ADDRSTR_MAX], via[EN_ADDRSTR_MAX];

	if (!route)
		return false;
	snprintf(buf, cap, "%s via %s", en_prefix_str(&route->to, to), en_addr_str(&route->via, via));
	return true;
}

const struct conf_kind conf_kind_route = {
	.form = "PREFIX via ADDRESS",
	.repeat = true,
	.set = route_set,
	.get = route_get,
};

static int endpoint_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct en_ep ep;

	if (en_ep_parse(text, &ep) != 0 || ep.port == 0)
		return en_fail(err, -1, "write ADDRESS:PORT, for example 198.18.0.2:3478 or [2001:db8::2]:3478");
	return append(o, base, &ep, sizeof(ep), err);
}

static bool endpoint_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct en_ep *ep = element(o, base, i, sizeof(*ep));
	char text[EN_ADDRSTR_MAX];

	if (!ep)
		return false;
	snprintf(buf, cap, "%s", en_ep_str(ep, text));
	return true;
}

const struct conf_kind conf_kind_endpoint = {
	.form = "ADDRESS:PORT",
	.repeat = true,
	.set = endpoint_set,
	.get = endpoint_get,
};
