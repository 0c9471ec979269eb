/* SPDX-License-Identifier: BSD-3-Clause */
/* gateway.c - the gateway's life: the hub's legs, the socket, the clock. */
#include "control/gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/inner.h"
#include "control/signal/signal.h"
#include "engine/base/random.h"

#define TICK_MS 500

static void on_tick(uv_timer_t *uv)
{
	struct cp_gateway *g = uv->data;

	cp_gw_end_silent(g);
	cp_gw_reports(g);
	cp_gw_measuring_tick(g->measuring);
}

static void tick_closed(uv_handle_t *handle)
{
	free(handle);
}

/* The CPUs that no core of the dataplane polls. */
static unsigned int threads(const struct conf *conf)
{
	unsigned int all = uv_available_parallelism();

	return all > conf->dataplane.core_n ? all - conf->dataplane.core_n : 1;
}

static int begin(struct cp_gateway *g, struct en_err *err)
{
	const struct conf_gateway *conf = &g->ctl->conf->gateway;
	int rc;

	g->ports = cp_gw_ports_create(conf);
	g->measuring = cp_gw_measuring_create(g);
	g->tick = malloc(sizeof(*g->tick));
	if (!g->ports || !g->measuring || !g->tick) {
		free(g->tick);
		g->tick = NULL;
		return en_fail(err, -ENOMEM, "no memory for the gateway");
	}
	uv_timer_init(g->ctl->loop, g->tick);
	g->tick->data = g;
	uv_timer_start(g->tick, on_tick, TICK_MS, TICK_MS);
	g->hub->leg_change = cp_gw_leg_on_change;
	g->hub->leg_rtp = cp_gw_leg_on_rtp;
	g->hub->leg_arg = g;
	rc = cp_pool_create(g->ctl->loop, threads(g->ctl->conf), cp_gw_on_pipe, &g->pool, err);
	if (rc == 0)
		cp_pool_listen(g->pool, cp_gw_on_want);
	if (rc != 0 || !conf->ng[0])
		return rc;
	return cp_ng_open(g->ctl->loop, conf->ng, cp_gw_command, g, &g->stats, &g->ng, err);
}

int cp_gateway_create(struct cp_control *ctl, struct cp_gateway **ret_gateway, struct en_err *err)
{
	struct cp_gateway *g = calloc(1, sizeof(*g));
	int rc;

	if (!g)
		return en_fail(err, -ENOMEM, "no memory for the gateway");
	g->ctl = ctl;
	g->hub = cp_signal_hub(ctl->signal);
	TAILQ_INIT(&g->calls);
	for (unsigned int i = 0; i < CP_GW_BUCKETS; i++)
		LIST_INIT(&g->bucket[i]);
	snprintf(g->instance, sizeof(g->instance), "%016llx", (unsigned long long)en_random64());
	rc = begin(g, err);
	if (rc == 0)
		*ret_gateway = g;
	else
		cp_gateway_destroy(g);
	return rc;
}

void cp_gateway_destroy(struct cp_gateway *g)
{
	struct cp_gw_call *c;

	if (!g)
		return;
	cp_ng_close(g->ng);
	cp_gw_measuring_destroy(g->measuring);
	g->measuring = NULL;
	while ((c = TAILQ_FIRST(&g->calls)))
		cp_gw_call_end(c, "the gateway ends");
	g->hub->leg_change = NULL;
	g->hub->leg_rtp = NULL;
	cp_pool_destroy(g->pool);
	if (g->tick) {
		uv_timer_stop(g->tick);
		uv_close((uv_handle_t *)g->tick, tick_closed);
	}
	cp_gw_ports_destroy(g->ports);
	free(g);
}

void cp_gateway_stats(const struct cp_gateway *g, struct cp_gateway_stats *ret_stats)
{
	struct cp_pool_stats pool;

	cp_pool_stats(g->pool, &pool);
	*ret_stats = g->stats;
	for (unsigned int i = 0; i < g->ctl->conf->gateway.rtp_n; i++)
		ret_stats->ports += cp_gw_ports_used(g->ports, i);
	ret_stats->pipes = pool.pipes;
	ret_stats->transcoded = pool.out;
	ret_stats->unheard = pool.lost;
	ret_stats->cpu_us = pool.cpu_us;
	ret_stats->spoken_ms = pool.spoken_ms;
	ret_stats->concealed_ms = pool.concealed_ms;
	cp_gw_measure_stats(g, ret_stats);
}
