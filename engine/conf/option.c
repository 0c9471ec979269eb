/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option.c - the table of options, made from conf.def.
 */
#include <string.h>

#include "engine/conf/option.h"

#define FIELD(type, member) .field = offsetof(type, member), .size = sizeof(((type *)0)->member)

#define NUMBER(sec, name, type, member, least, most, dflt, what, text)                                                 \
	{.section = sec,                                                                                               \
	 .key = name,                                                                                                  \
	 .kind = &conf_kind_number,                                                                                    \
	 FIELD(type, member),                                                                                          \
	 .min = least,                                                                                                 \
	 .max = most,                                                                                                  \
	 .def = dflt,                                                                                                  \
	 .unit = what,                                                                                                 \
	 .help = text},
#define FLAG(sec, name, type, member, dflt, text)                                                                      \
	{.section = sec, .key = name, .kind = &conf_kind_flag, FIELD(type, member), .def = dflt, .help = text},
#define WORDS(sec, name, how, type, member, list, dflt, text)                                                          \
	{.section = sec, .key = name, .kind = &how, FIELD(type, member), .words = list, .def = dflt, .help = text},
#define TEXT(sec, name, how, type, member, dflt, text)                                                                 \
	{.section = sec, .key = name, .kind = &how, FIELD(type, member), .def = dflt, .help = text},
#define LIST(sec, name, how, type, member, count, most, dflt, text)                                                    \
	{.section = sec,                                                                                               \
	 .key = name,                                                                                                  \
	 .kind = &how,                                                                                                 \
	 FIELD(type, member),                                                                                          \
	 .counter = offsetof(type, count),                                                                             \
	 .max = most,                                                                                                  \
	 .def = dflt,                                                                                                  \
	 .help = text},

const struct conf_option conf_options[] = {
#include "engine/conf/conf.def"
};

const size_t conf_option_n = sizeof(conf_options) / sizeof(conf_options[0]);

const char *const conf_section_names[CONF_SEC_N] = {
	[CONF_SEC_ENGINE] = "engine", [CONF_SEC_DATAPLANE] = "dataplane", [CONF_SEC_PORT] = "port",
	[CONF_SEC_TURN] = "turn",     [CONF_SEC_MEDIA] = "media",         [CONF_SEC_CONTROL] = "control",
	[CONF_SEC_GATEWAY] = "gateway",
};

const char *const conf_section_help[CONF_SEC_N] = {
	[CONF_SEC_ENGINE] = "What both processes share.",
	[CONF_SEC_DATAPLANE] = "The process that moves the packets.",
	[CONF_SEC_PORT] = "One network device. The section repeats, each with a name of its own: `[port wan]`.",
	[CONF_SEC_TURN] = "The STUN/TURN relay. Without this section the engine serves none.",
	[CONF_SEC_MEDIA] = "WebRTC media sessions.",
	[CONF_SEC_CONTROL] = "The process for signaling and negotiation.",
	[CONF_SEC_GATEWAY] = "The media gateway of SIP proxies. Needs [media] and [control].",
};

const struct conf_option *conf_option_find(enum conf_section section, const char *key)
{
	for (size_t i = 0; i < conf_option_n; i++) {
		if (conf_options[i].section == section && strcmp(conf_options[i].key, key) == 0)
			return &conf_options[i];
	}
	return NULL;
}

void *conf_option_base(const struct conf_option *o, struct conf *c, unsigned int port)
{
	if (o->section == CONF_SEC_PORT)
		return &c->port[port];
	return c;
}

const void *conf_option_base_ro(const struct conf_option *o, const struct conf *c, unsigned int port)
{
	if (o->section == CONF_SEC_PORT)
		return &c->port[port];
	return c;
}

bool conf_option_has_default(const struct conf_option *o)
{
	return o->def && o->def[0] != '(';
}
