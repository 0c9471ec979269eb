/* SPDX-License-Identifier: BSD-3-Clause */
/* port.c - pairs of ports, each range a ring that is gone around. */
#include "control/gateway/port.h"

#include <stdlib.h>

#include "engine/base/random.h"
#include "engine/shm/msg.h"

struct range {
	uint16_t first;
	unsigned int pair_n, used_n, next;
	bool *used;
};

struct cp_gw_ports {
	unsigned int range_n;
	struct range range[CONF_RTP_MAX];
};

struct cp_gw_ports *cp_gw_ports_create(const struct conf_gateway *conf)
{
	struct cp_gw_ports *p = calloc(1, sizeof(*p));

	for (unsigned int i = 0; p && i < conf->rtp_n; i++) {
		struct range *r = &p->range[i];

		r->first = conf->rtp[i].port_min;
		r->pair_n = (conf->rtp[i].port_max - conf->rtp[i].port_min + 1u) / 2;
		r->used = calloc(r->pair_n, sizeof(bool));
		p->range_n++;
		if (!r->used) {
			cp_gw_ports_destroy(p);
			return NULL;
		}
		r->next = en_random32() % r->pair_n; /* who guesses a port shall not guess the first (RFC 6056) */
	}
	return p;
}

void cp_gw_ports_destroy(struct cp_gw_ports *p)
{
	for (unsigned int i = 0; p && i < p->range_n; i++)
		free(p->range[i].used);
	free(p);
}

uint16_t cp_gw_ports_take(struct cp_gw_ports *p, unsigned int range, unsigned int core, unsigned int core_n)
{
	struct range *r = &p->range[range];

	for (unsigned int i = 0; i < r->pair_n; i++) {
		unsigned int at = (r->next + i) % r->pair_n;
		uint16_t port = (uint16_t)(r->first + 2 * at);

		if (r->used[at] || shm_leg_core(port, core_n) != core)
			continue;
		r->used[at] = true;
		r->used_n++;
		r->next = (at + 1) % r->pair_n;
		return port;
	}
	return 0;
}

void cp_gw_ports_give(struct cp_gw_ports *p, unsigned int range, uint16_t port)
{
	struct range *r = &p->range[range];
	unsigned int at = (unsigned int)(port - r->first) / 2;

	r->used_n -= r->used[at];
	r->used[at] = false;
}

unsigned int cp_gw_ports_used(const struct cp_gw_ports *p, unsigned int range)
{
	return p->range[range].used_n;
}
