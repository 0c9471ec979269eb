/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check_gateway.c - rules for [gateway].
 */
#include <string.h>

#include "engine/conf/parse.h"

static int line_of(const struct conf_parser *p, const char *key, unsigned int index)
{
	return conf_line(p, CONF_SEC_GATEWAY, key, 0, (int)index);
}

static bool overlap(const struct conf_rtp *r, const struct en_addr *addr, unsigned int min, unsigned int max)
{
	return en_addr_eq(&r->addr, addr) && r->port_min <= max && min <= r->port_max;
}

/* Against every other that takes ports. */
static void check_range(struct conf_parser *p, unsigned int at)
{
	const struct conf *c = p->conf;
	const struct conf_rtp *r = &c->gateway.rtp[at];
	int line = line_of(p, "rtp", at);
	char text[EN_ADDRSTR_MAX];

	if (c->port_n > 0 && !conf_address_is_ours(c, &r->addr)) /* no port at all: said already */
		conf_error(p, line,
			   "rtp: %s is not an address of any port: add it to a [port NAME], or use one that is there",
			   en_addr_str(&r->addr, text));
	for (unsigned int i = 0; i < at; i++) {
		const struct conf_rtp *o = &c->gateway.rtp[i];

		if (overlap(r, &o->addr, o->port_min, o->port_max))
			conf_error(p, line, "rtp: these ports overlap those of line %d: give each its own",
				   line_of(p, "rtp", i));
		if (r->name[0] && strcmp(r->name, o->name) == 0)
			conf_error(p, line, "rtp: the name %s stands in line %d already: choose another", r->name,
				   line_of(p, "rtp", i));
	}
	for (unsigned int i = 0; i < c->turn.relay_n; i++)
		if (overlap(r, &c->turn.relay[i].addr, c->turn.relay[i].port_min, c->turn.relay[i].port_max))
			conf_error(p, line, "rtp: these ports overlap the relayed ones of line %d: move one of them",
				   conf_line(p, CONF_SEC_TURN, "relay", 0, (int)i));
	for (unsigned int i = 0; i < c->turn.listen_n; i++)
		if (overlap(r, &c->turn.listen[i].addr, c->turn.listen[i].port, c->turn.listen[i].port))
			conf_error(p, line, "rtp: the port of line %d lies in this range: move one of them",
				   conf_line(p, CONF_SEC_TURN, "listen", 0, (int)i));
	for (unsigned int i = 0; i < c->media.listen_n; i++)
		if (overlap(r, &c->media.listen[i].addr, c->media.listen[i].port, c->media.listen[i].port))
			conf_error(p, line, "rtp: the port of line %d lies in this range: move one of them",
				   conf_line(p, CONF_SEC_MEDIA, "listen", 0, (int)i));
}

void conf_check_gateway(struct conf_parser *p)
{
	const struct conf *c = p->conf;
	int line = p->section_line[CONF_SEC_GATEWAY];

	if (!line)
		return;
	if (!conf_given(p, CONF_SEC_GATEWAY, "rtp", 0))
		conf_error(p, line, "[gateway] has no ports: add rtp = ADDRESS 30000-39999 with an address of a port");
	if (c->media.listen_n == 0)
		conf_error(p, line, "[gateway] needs [media]: add it with listen = ADDRESS:3480");
	if (!c->control.http[0])
		conf_error(p, line, "[gateway] needs the control process: add [control] with http = 127.0.0.1:8080");
	for (unsigned int i = 0; i < c->gateway.rtp_n; i++)
		check_range(p, i);
}
