/* SPDX-License-Identifier: BSD-3-Clause */
/* call.c - calls by their id, and the tags of their sides. */
#include <stdlib.h>
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/hash.h"

static unsigned int bucket_of(const char *id)
{
	return (unsigned int)(en_fnv64(id, strlen(id)) % CP_GW_BUCKETS);
}

struct cp_gw_call *cp_gw_call_find(const struct cp_gateway *g, const char *id)
{
	struct cp_gw_call *c;

	LIST_FOREACH(c, &g->bucket[bucket_of(id)], of_bucket)
	if (strcmp(c->id, id) == 0)
		return c;
	return NULL;
}

struct cp_gw_call *cp_gw_call_make(struct cp_gateway *g, const char *id)
{
	struct cp_gw_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->id = strdup(id);
	if (!c->id) {
		free(c);
		return NULL;
	}
	c->gateway = g;
	c->created_ms = c->signal_ms = cp_hub_now(g->hub);
	for (unsigned int i = 0; i < CP_GW_SECTIONS_MAX; i++) {
		c->stream[i].call = c;
		for (unsigned int k = 0; k < CP_GW_SIDES; k++)
			c->stream[i].leg[k] = (struct cp_gw_leg){.stream = &c->stream[i], .side = k};
	}
	TAILQ_INSERT_TAIL(&g->calls, c, of_gateway);
	LIST_INSERT_HEAD(&g->bucket[bucket_of(id)], c, of_bucket);
	g->stats.calls++;
	g->stats.present++;
	return c;
}

void cp_gw_call_end(struct cp_gw_call *c, const char *why)
{
	en_info("call", "%s ends: %s", c->id, why);
	for (unsigned int i = 0; i < c->stream_n; i++)
		for (unsigned int k = 0; k < CP_GW_SIDES; k++)
			cp_gw_leg_end(&c->stream[i].leg[k]);
	for (unsigned int i = 0; i < CP_GW_SECTIONS_MAX; i++)
		for (unsigned int k = 0; k < CP_GW_SIDES; k++)
			free(c->stream[i].leg[k].known);
	TAILQ_REMOVE(&c->gateway->calls, c, of_gateway);
	LIST_REMOVE(c, of_bucket);
	c->gateway->stats.present--;
	for (unsigned int k = 0; k < CP_GW_SIDES; k++)
		free(c->side[k].tag);
	free(c->id);
	free(c);
}

int cp_gw_call_side(const struct cp_gw_call *c, const char *tag)
{
	for (unsigned int k = 0; tag && k < CP_GW_SIDES; k++)
		if (c->side[k].tag && strcmp(c->side[k].tag, tag) == 0)
			return (int)k;
	return -1;
}

bool cp_gw_call_set_tag(struct cp_gw_call *c, unsigned int side, const char *tag)
{
	char *copy = strdup(tag);

	if (!copy)
		return false;
	free(c->side[side].tag);
	c->side[side].tag = copy;
	return true;
}
