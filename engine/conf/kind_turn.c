/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kind_turn.c - options that TURN has (external addresses: [media] as well): relayed ranges, external
 * addresses, users, secrets, peer lists.
 *
 * Users and peer lists may be long: they grow on the heap, at powers of two.
 * conf_free() (conf.c) releases them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"
#include "engine/base/opaque.h"
#include "engine/conf/option.h"

#define RELAY_PORT_MIN 1024
#define USERNAME_MAX   508 /* RFC 8489 s14.3 MUST: fewer than 509 bytes */

static unsigned int count_of(const struct conf_option *o, const void *base)
{
	unsigned int n;

	memcpy(&n, conf_at_ro(base, o->counter), sizeof(n));
	return n;
}

static int full(const struct conf_option *o, struct en_err *err)
{
	return en_fail(err, -1, "there is room for %llu of them only", (unsigned long long)o->max);
}

static int relay_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	char addr[EN_ADDRSTR_MAX], range[EN_ADDRSTR_MAX], low[EN_ADDRSTR_MAX], high[EN_ADDRSTR_MAX];
	struct conf_turn *turn = &((struct conf *)base)->turn;
	struct conf_relay *relay = &turn->relay[turn->relay_n];
	uint64_t min, max;

	if (turn->relay_n >= o->max)
		return full(o, err);
	if (conf_split(text, ' ', addr, range, sizeof(addr)) != 0 ||
	    conf_split(range, '-', low, high, sizeof(low)) != 0 || conf_number(low, 0, UINT16_MAX, &min) != 0 ||
	    conf_number(high, 0, UINT16_MAX, &max) != 0 || en_addr_parse(addr, &relay->addr) != 0)
		return en_fail(err, -1, "write ADDRESS FIRST-LAST, for example 198.18.0.2 49152-65535");
	if (min < RELAY_PORT_MIN)
		return en_fail(err, -1, "relayed ports begin at %d", RELAY_PORT_MIN);
	if (min > max)
		return en_fail(err, -1, "the range runs backwards: write %llu-%llu", (unsigned long long)max,
			       (unsigned long long)min);
	relay->port_min = (uint16_t)min;
	relay->port_max = (uint16_t)max;
	return (int)turn->relay_n++;
}

static bool relay_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct conf_relay *relay = (const struct conf_relay *)conf_at_ro(base, o->field) + i;
	char text[EN_ADDRSTR_MAX];

	if (i >= count_of(o, base))
		return false;
	snprintf(buf, cap, "%s %u-%u", en_addr_str(&relay->addr, text), relay->port_min, relay->port_max);
	return true;
}

const struct conf_kind conf_kind_relay = {
	.form = "ADDRESS FIRST-LAST",
	.repeat = true,
	.set = relay_set,
	.get = relay_get,
};

static int external_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	char external[EN_ADDRSTR_MAX], internal[EN_ADDRSTR_MAX];
	unsigned int n = count_of(o, base);
	struct conf_external *pair = (struct conf_external *)conf_at(base, o->field) + n;

	if (n >= o->max)
		return full(o, err);
	if (conf_split(text, '/', external, internal, sizeof(external)) != 0 ||
	    en_addr_parse(external, &pair->external) != 0 || en_addr_parse(internal, &pair->internal) != 0)
		return en_fail(err, -1, "write PUBLIC/PRIVATE, for example 203.0.113.7/198.18.0.2");
	if (pair->external.family != pair->internal.family)
		return en_fail(err, -1, "public and private address are of different families");
	memcpy(conf_at(base, o->counter), &(unsigned int){n + 1}, sizeof(n));
	return (int)n;
}

static bool external_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct conf_external *pair = (const struct conf_external *)conf_at_ro(base, o->field) + i;
	char external[EN_ADDRSTR_MAX], internal[EN_ADDRSTR_MAX];

	if (i >= count_of(o, base))
		return false;
	snprintf(buf, cap, "%s/%s", en_addr_str(&pair->external, external), en_addr_str(&pair->internal, internal));
	return true;
}

const struct conf_kind conf_kind_external = {
	.form = "PUBLIC/PRIVATE",
	.repeat = true,
	.set = external_set,
	.get = external_get,
};

/* Room for one more element at *list, which has n. */
static int grow(void **list, unsigned int n, size_t size, struct en_err *err)
{
	size_t cap = n ? (size_t)n * 2 : 1;
	void *more;

	if (n & (n - 1)) /* capacity is the next power of two: there is room */
		return 0;
	more = reallocarray(*list, cap, size);
	if (!more)
		return en_fail(err, -1, "out of memory");
	*list = more;
	return 0;
}

/* A heap copy of text in OpaqueString form; NULL with err. */
static char *prepare(const char *text, const char *what, struct en_err *err)
{
	char prepared[CONF_VALUE_MAX];
	char *copy;

	if (en_opaque(text, prepared, sizeof(prepared)) != 0) {
		en_fail(err, -1, "the %s has characters that RFC 8265 OpaqueString does not allow, or is too long",
			what);
		return NULL;
	}
	copy = strdup(prepared);
	if (!copy)
		en_fail(err, -1, "out of memory");
	en_wipe(prepared, sizeof(prepared));
	return copy;
}

/* The name ends at the first colon; blanks of the password are its own. */
static int user_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct conf_turn *turn = &((struct conf *)base)->turn;
	const char *colon = strchr(text, ':');
	struct conf_user user = {0};
	void *list = turn->user;
	char name[USERNAME_MAX + 1];

	if (turn->user_n >= o->max)
		return full(o, err);
	if (!colon || colon == text || !colon[1])
		return en_fail(err, -1, "write NAME:PASSWORD");
	if (colon - text > USERNAME_MAX)
		return en_fail(err, -1, "a name has at most %d bytes", USERNAME_MAX);
	if (grow(&list, turn->user_n, sizeof(user), err) != 0)
		return -1;
	turn->user = list;
	memcpy(name, text, (size_t)(colon - text));
	name[colon - text] = '\0';
	user.name = prepare(name, "name", err);
	user.password = user.name ? prepare(colon + 1, "password", err) : NULL;
	if (!user.password) {
		free(user.name);
		return -1;
	}
	turn->user[turn->user_n] = user;
	return (int)turn->user_n++;
}

static bool user_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct conf_turn *turn = &((const struct conf *)base)->turn;

	if (i >= count_of(o, base))
		return false;
	snprintf(buf, cap, "%s:***", turn->user[i].name);
	return true;
}

const struct conf_kind conf_kind_user = {
	.form = "NAME:PASSWORD",
	.repeat = true,
	.set = user_set,
	.get = user_get,
};

static int secret_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	struct conf_turn *turn = &((struct conf *)base)->turn;

	if (turn->secret_n >= o->max)
		return full(o, err);
	turn->secret[turn->secret_n] = strdup(text);
	if (!turn->secret[turn->secret_n])
		return en_fail(err, -1, "out of memory");
	return (int)turn->secret_n++;
}

static bool secret_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	snprintf(buf, cap, "***");
	return i < count_of(o, base);
}

const struct conf_kind conf_kind_secret = {
	.form = "SECRET",
	.repeat = true,
	.set = secret_set,
	.get = secret_get,
};

static int peers_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	unsigned int n = count_of(o, base);
	struct en_prefix *peers, p;
	void *list;

	if (n >= o->max)
		return full(o, err);
	if (en_prefix_parse(text, false, &p) != 0)
		return en_fail(err, -1, "write ADDRESS or ADDRESS/LENGTH, for example 192.0.2.0/24");
	memcpy(&list, conf_at(base, o->field), sizeof(list));
	if (grow(&list, n, sizeof(p), err) != 0)
		return -1;
	memcpy(conf_at(base, o->field), &list, sizeof(list));
	peers = list;
	peers[n++] = p;
	memcpy(conf_at(base, o->counter), &n, sizeof(n));
	return (int)n - 1;
}

static bool peers_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct en_prefix *peers;
	char text[EN_ADDRSTR_MAX];

	if (i >= count_of(o, base))
		return false;
	memcpy(&peers, conf_at_ro(base, o->field), sizeof(peers));
	snprintf(buf, cap, "%s", en_prefix_str(&peers[i], text));
	return true;
}

const struct conf_kind conf_kind_peers = {
	.form = "ADDRESS[/LENGTH]",
	.repeat = true,
	.set = peers_set,
	.get = peers_get,
};
