/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kind_gateway.c - options that only [gateway] has: ranges of ports for plain RTP.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/conf/option.h"

#define PORT_MIN 1024

/* Letters, digits, - _ . and not empty: what the `direction` of an ng command can say. */
static bool is_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			return false;
	return name[0] != '\0' && strlen(name) < CONF_RTP_NAME_MAX;
}

static bool range_is(const char *text, struct conf_rtp *ret_rtp)
{
	char low[EN_ADDRSTR_MAX], high[EN_ADDRSTR_MAX];
	uint64_t min, max;

	if (conf_split(text, '-', low, high, sizeof(low)) != 0 || conf_number(low, 0, UINT16_MAX, &min) != 0 ||
	    conf_number(high, 0, UINT16_MAX, &max) != 0)
		return false;
	ret_rtp->port_min = (uint16_t)min;
	ret_rtp->port_max = (uint16_t)max;
	return true;
}

static int rtp_set(const struct conf_option *o, void *base, const char *text, struct en_err *err)
{
	char addr[CONF_VALUE_MAX], rest[CONF_VALUE_MAX], range[CONF_VALUE_MAX], name[CONF_VALUE_MAX];
	struct conf_gateway *g = &((struct conf *)base)->gateway;
	struct conf_rtp *rtp = &g->rtp[g->rtp_n];

	if (g->rtp_n >= o->max)
		return en_fail(err, -1, "there is room for %llu of them only", (unsigned long long)o->max);
	*rtp = (struct conf_rtp){.name = ""};
	if (conf_split(text, ' ', addr, rest, sizeof(addr)) != 0 || en_addr_parse(addr, &rtp->addr) != 0)
		return en_fail(err, -1, "write ADDRESS FIRST-LAST [NAME], for example 198.18.0.2 30000-39999 outside");
	if (conf_split(rest, ' ', range, name, sizeof(range)) != 0) {
		snprintf(range, sizeof(range), "%s", rest);
	} else if (!is_name(name)) {
		return en_fail(err, -1, "a name has at most %d letters, digits, '-', '_' and '.'",
			       CONF_RTP_NAME_MAX - 1);
	} else {
		memcpy(rtp->name, name, strlen(name) + 1);
	}
	if (!range_is(range, rtp))
		return en_fail(err, -1, "write ADDRESS FIRST-LAST [NAME], for example 198.18.0.2 30000-39999 outside");
	if (rtp->port_min < PORT_MIN)
		return en_fail(err, -1, "ports for RTP begin at %d", PORT_MIN);
	if (rtp->port_min % 2 != 0 || rtp->port_max % 2 != 1 || rtp->port_min > rtp->port_max)
		return en_fail(err, -1, "RTP and RTCP take a pair of ports: begin with an even one, end with an odd one");
	return (int)g->rtp_n++;
}

static bool rtp_get(const struct conf_option *o, const void *base, unsigned int i, char *buf, size_t cap)
{
	const struct conf_gateway *g = &((const struct conf *)base)->gateway;
	char text[EN_ADDRSTR_MAX];

	(void)o;
	if (i >= g->rtp_n)
		return false;
	snprintf(buf, cap, "%s %u-%u%s%s", en_addr_str(&g->rtp[i].addr, text), g->rtp[i].port_min, g->rtp[i].port_max,
		 g->rtp[i].name[0] ? " " : "", g->rtp[i].name);
	return true;
}

const struct conf_kind conf_kind_rtp = {
	.form = "ADDRESS FIRST-LAST [NAME]",
	.repeat = true,
	.set = rtp_set,
	.get = rtp_get,
};
