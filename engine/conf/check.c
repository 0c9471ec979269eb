/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check.c - rules between options, after all lines have been read.
 *
 * Invariants
 *   K1  each message names the line of the value to change, what is wrong and
 *       the remedy.
 *   K2  the memory rule comes last and only for a file that is otherwise
 *       right: it counts with the tables as they will be.
 */
#include <string.h>

#include "engine/conf/parse.h"

static void check_engine(struct conf_parser *p)
{
	const struct conf *c = p->conf;

	if (c->runtime_dir[0] != '/')
		conf_error(p, conf_line(p, CONF_SEC_ENGINE, "runtime-dir", 0, 0),
			   "runtime-dir = %s: write an absolute path such as /run/turnpike", c->runtime_dir);
}

static void check_dataplane(struct conf_parser *p)
{
	const struct conf_dataplane *dp = &p->conf->dataplane;

	if (dp->handoff_ring & (dp->handoff_ring - 1))
		conf_error(p, conf_line(p, CONF_SEC_DATAPLANE, "handoff-ring", 0, 0),
			   "handoff-ring = %u: write a power of two such as 2048", dp->handoff_ring);
}

static void check_control(struct conf_parser *p)
{
	const struct conf_control *c = &p->conf->control;

	if (!c->certificate[0] == !c->key[0])
		return;
	conf_error(p, conf_line(p, CONF_SEC_CONTROL, c->key[0] ? "key" : "certificate", 0, 0),
		   "%s stands alone: HTTPS needs certificate and key, plain HTTP neither",
		   c->key[0] ? "key" : "certificate");
}

static void check_memory(struct conf_parser *p)
{
	unsigned int need = conf_memory_need(p->conf), have = p->conf->dataplane.memory;

	if (need > have)
		conf_error(
			p, conf_line(p, CONF_SEC_DATAPLANE, "memory", 0, 0),
			"this configuration needs %u MiB, memory = %u: set memory = %u or lower max-allocations or buffers",
			need, have, need);
}

void conf_check(struct conf_parser *p)
{
	check_engine(p);
	check_dataplane(p);
	conf_check_ports(p);
	conf_check_turn(p);
	check_control(p);
	conf_check_gateway(p);
	if (p->error_n == 0)
		check_memory(p);
}
