/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * filter.c - filter words to a struct shm_filter.
 *
 * The grammar is a table: a word, whether it takes an argument, and what it
 * sets.  A property said twice with different values can match nothing and is
 * refused.
 */
#include <string.h>
#include <strings.h>

#include "engine/cmd/filter.h"
#include "engine/conf/nearest.h"
#include "engine/wire/net.h"

#define PROTO_ARP 255 /* struct shm_filter */

static int once(bool taken, const char *what, struct en_err *err)
{
	return taken ? en_fail(err, -1, "filter: %s stands there twice: a packet cannot match both", what) : 0;
}

static int number(const char *word, const char *text, unsigned int max, unsigned int *ret_value, struct en_err *err)
{
	unsigned int value = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && value <= max; p++)
		value = value * 10 + (unsigned int)(*p - '0');
	if (p == text || *p || value > max)
		return en_fail(err, -1, "filter: %s %s: write a number up to %u", word, text, max);
	*ret_value = value;
	return 0;
}

static int set_host(struct shm_filter *f, const char *arg, struct en_err *err)
{
	if (once(f->host.addr.family != EN_AF_NONE, "host", err) != 0)
		return -1;
	if (en_prefix_parse(arg, false, &f->host) != 0)
		return en_fail(err, -1, "filter: host %s: write ADDRESS or ADDRESS/LENGTH, for example 198.18.0.7",
			       arg);
	return 0;
}

static int set_port(struct shm_filter *f, const char *arg, struct en_err *err)
{
	unsigned int port = 0;

	if (once(f->port != 0, "port", err) != 0 || number("port", arg, UINT16_MAX, &port, err) != 0)
		return -1;
	if (port == 0)
		return en_fail(err, -1, "filter: port 0: ports begin at 1");
	f->port = (uint16_t)port;
	return 0;
}

static int set_core(struct shm_filter *f, const char *arg, struct en_err *err)
{
	unsigned int core = 0;

	if (once(f->core_plus1 != 0, "core", err) != 0 || number("core", arg, SHM_CORES_MAX - 1, &core, err) != 0)
		return -1;
	f->core_plus1 = core + 1;
	return 0;
}

static int set_drop(struct shm_filter *f, const char *arg, struct en_err *err)
{
	enum shm_drop drop;

	if (once(f->drop_set, "drop", err) != 0 || cmd_drop_parse(arg, &drop, err) != 0)
		return -1;
	f->drops_only = 1;
	f->drop_set = 1;
	f->drop = (uint16_t)drop;
	return 0;
}

static int set_drops(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)arg;
	(void)err;
	f->drops_only = 1;
	return 0;
}

static int set_proto(struct shm_filter *f, uint8_t proto, struct en_err *err)
{
	if (once(f->proto != 0, "a protocol", err) != 0)
		return -1;
	f->proto = proto;
	return 0;
}

static int set_udp(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)arg;
	return set_proto(f, WIRE_PROTO_UDP, err);
}

static int set_icmp(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)arg;
	return set_proto(f, WIRE_PROTO_ICMP, err);
}

static int set_icmp6(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)arg;
	return set_proto(f, WIRE_PROTO_ICMP6, err);
}

static int set_arp(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)arg;
	return set_proto(f, PROTO_ARP, err);
}

static int set_nothing(struct shm_filter *f, const char *arg, struct en_err *err)
{
	(void)f;
	(void)arg;
	(void)err;
	return 0;
}

static const struct {
	const char *word;
	const char *arg; /* NULL: none */
	int (*set)(struct shm_filter *f, const char *arg, struct en_err *err);
} words_known[] = {
	{"host", "ADDRESS", set_host}, {"port", "NUMBER", set_port}, {"udp", NULL, set_udp},
	{"icmp", NULL, set_icmp},      {"icmp6", NULL, set_icmp6},   {"arp", NULL, set_arp},
	{"core", "NUMBER", set_core},  {"drop", "REASON", set_drop}, {"drops", NULL, set_drops},
	{"and", NULL, set_nothing},
};

#define WORDS_N (sizeof(words_known) / sizeof(words_known[0]))

static int unknown(const char *word, struct en_err *err)
{
	const char *list[WORDS_N] = {0}, *near;

	for (size_t i = 0; i < WORDS_N; i++)
		list[i] = words_known[i].word;
	near = conf_nearest(word, list, WORDS_N);
	if (near)
		return en_fail(err, -1, "filter: unknown word '%s'; did you mean '%s'?", word, near);
	return en_fail(
		err, -1,
		"filter: unknown word '%s': there are host, port, udp, icmp, icmp6, arp, core, drop, drops and and",
		word);
}

int cmd_filter_parse(char *const *words, int n, struct shm_filter *filter, struct en_err *err)
{
	for (int i = 0; i < n; i++) {
		const char *arg = NULL;
		size_t k = 0;

		while (k < WORDS_N && strcmp(words_known[k].word, words[i]) != 0)
			k++;
		if (k == WORDS_N)
			return unknown(words[i], err);
		if (words_known[k].arg) {
			if (i + 1 >= n)
				return en_fail(err, -1, "filter: %s needs a value: write %s %s", words[i], words[i],
					       words_known[k].arg);
			arg = words[++i];
		}
		if (words_known[k].set(filter, arg, err) != 0)
			return -1;
	}
	return 0;
}

static int find_drop(const char *word)
{
	for (int d = 0; d < DROP_N; d++) {
		if (strcmp(shm_drop_names[d].name, word) == 0 || strcasecmp(shm_drop_names[d].id, word) == 0)
			return d;
	}
	return -1;
}

bool cmd_is_drop(const char *word)
{
	return find_drop(word) >= 0;
}

int cmd_drop_parse(const char *word, enum shm_drop *ret_drop, struct en_err *err)
{
	const char *list[DROP_N] = {0}, *near;
	int d = find_drop(word);

	if (d >= 0) {
		*ret_drop = (enum shm_drop)d;
		return 0;
	}
	for (int i = 0; i < DROP_N; i++)
		list[i] = shm_drop_names[i].name;
	near = conf_nearest(word, list, DROP_N);
	if (near)
		return en_fail(err, -1, "unknown drop reason '%s'; did you mean '%s'?", word, near);
	return en_fail(err, -1, "unknown drop reason '%s': turnpike show drops --all lists them", word);
}
