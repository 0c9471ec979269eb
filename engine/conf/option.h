/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option.h - the table of options and what can be done with each kind.
 * Internal to engine/conf.
 *
 * conf.def is read once, by option.c.  The parser stores, the printers read
 * and the reference describes through this table only.
 */
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/log.h"
#include "engine/conf/conf.h"

enum conf_section {
	CONF_SEC_ENGINE,
	CONF_SEC_DATAPLANE,
	CONF_SEC_PORT, /* [port NAME], one struct conf_port each */
	CONF_SEC_TURN,
	CONF_SEC_MEDIA,
	CONF_SEC_CONTROL,
	CONF_SEC_GATEWAY,
	CONF_SEC_N
};

#define CONF_VALUE_MAX 2048 /* bytes of one value as text */

struct conf_option;

struct conf_kind {
	const char *form; /* what a value looks like, for messages and the reference */
	bool repeat; /* the key may stand several times */
	bool may_be_empty;
	enum {
		CONF_JSON_STRING,
		CONF_JSON_INTEGER,
		CONF_JSON_BOOLEAN,
	} json;
	/* Store one value. Returns the index of the element that took it (0 for
	 * a scalar), or -1 with the reason in err, which the caller completes
	 * with file, line, key and value. */
	int (*set)(const struct conf_option *o, void *base, const char *text, struct en_err *err);
	/* Text of element i, secrets masked; false when there is none. */
	bool (*get)(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap);
};

struct conf_option {
	enum conf_section section;
	const char *key;
	const struct conf_kind *kind;
	size_t field, size; /* where in struct conf (or conf_port), sizeof */
	size_t counter; /* lists: where the count is */
	uint64_t min, max; /* numbers: the range; lists: max elements */
	const char *words; /* choices: "adaptive|poll", index = stored value */
	const char *def; /* text of the default; NULL none; "(...)" derived by check */
	const char *unit;
	const char *help;
};

extern const struct conf_option conf_options[];
extern const size_t conf_option_n;
extern const char *const conf_section_names[CONF_SEC_N];
extern const char *const conf_section_help[CONF_SEC_N];

const struct conf_option *conf_option_find(enum conf_section section, const char *key);
/* The struct that holds the option's field: &c->port[port] or c. */
void *conf_option_base(const struct conf_option *o, struct conf *c, unsigned int port);
const void *conf_option_base_ro(const struct conf_option *o, const struct conf *c, unsigned int port);
/* True when def is a value to be parsed (not none, not derived). */
bool conf_option_has_default(const struct conf_option *o);

/* kind_scalar.c */
extern const struct conf_kind conf_kind_number; /* unsigned int */
extern const struct conf_kind conf_kind_flag; /* bool */
extern const struct conf_kind conf_kind_text; /* char[] */
extern const struct conf_kind conf_kind_name; /* char[]: letters, digits, - _ . */
extern const struct conf_kind conf_kind_choice; /* bool or enum: the index of the word */
extern const struct conf_kind conf_kind_word; /* char[]: one of the words */
extern const struct conf_kind conf_kind_opaque; /* char[], OpaqueString-prepared */
extern const struct conf_kind conf_kind_endpoint_text; /* char[]: ADDRESS:PORT as written */
extern const struct conf_kind conf_kind_mac;
/* kind_device.c */
extern const struct conf_kind conf_kind_device; /* char[]: tap:NAME, a PCI address, ... */
/* kind_list.c */
extern const struct conf_kind conf_kind_cores;
extern const struct conf_kind conf_kind_interface; /* ADDRESS/LEN, host bits kept */
extern const struct conf_kind conf_kind_gateway;
extern const struct conf_kind conf_kind_route;
extern const struct conf_kind conf_kind_endpoint;
/* kind_turn.c */
extern const struct conf_kind conf_kind_relay;
extern const struct conf_kind conf_kind_external;
extern const struct conf_kind conf_kind_user;
extern const struct conf_kind conf_kind_secret;
extern const struct conf_kind conf_kind_peers;

/* kind_gateway.c */
extern const struct conf_kind conf_kind_rtp;

/* Digits only, within min..max. 0 or -1. */
int conf_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);
/* Split "left SEP right" at the first sep (any blank when sep is ' ') into
 * two trimmed parts of at most cap-1 bytes. 0, or -1 when it is not two parts. */
int conf_split(const char *text, char sep, char *ret_left, char *ret_right, size_t cap);

static inline void *conf_at(void *base, size_t offset)
{
	return (char *)base + offset;
}

static inline const void *conf_at_ro(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

#endif
