/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_cores.c - the workers, and what each node costs.
 */
#include <inttypes.h>

#include "engine/base/clock.h"
#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"

static const char *state_name(uint32_t state)
{
	switch (state) {
	case SHM_CORE_STARTING:
		return "starting";
	case SHM_CORE_POLLING:
		return "polling";
	case SHM_CORE_SLEEPING:
		return "sleeping";
	case SHM_CORE_STOPPED:
		return "stopped";
	}
	return "unknown";
}

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0.0;
}

/* Time since the worker last came round. */
static uint64_t silence_ms(const struct shm_core *core)
{
	uint64_t now = en_mono_ns();

	return core->heartbeat && now > core->heartbeat ? (now - core->heartbeat) / 1000000 : 0;
}

static json_t *json_core(const struct shm_core *core, unsigned int i)
{
	return json_pack("{s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "core", (json_int_t)i, "cpu",
			 (json_int_t)core->cpu, "state", state_name(core->state), "silence_ms",
			 (json_int_t)silence_ms(core), "loops", (json_int_t)core->loops, "busy_loops",
			 (json_int_t)core->busy_loops, "cycles", (json_int_t)core->cycles, "busy_cycles",
			 (json_int_t)core->busy_cycles, "sleeps", (json_int_t)core->sleeps, "received",
			 (json_int_t)core->counter[CTR_RX], "sent", (json_int_t)core->counter[CTR_TX]);
}

static void print_cores(const struct shm_region *r, FILE *out)
{
	struct cmd_table t;

	cmd_table_begin(&t, out,
			"CORE|>CPU|STATE|>BUSY|>RECEIVED|>SENT|>CYCLES/PACKET|>LOOPS|>SLEEPS|>ALLOCATIONS|>LAST LOOP");
	for (unsigned int i = 0; i < r->core_n; i++) {
		const struct shm_core *core = &r->core[i];

		cmd_table_cell(&t, "%u", i);
		cmd_table_cell(&t, "%u", core->cpu);
		cmd_table_cell(&t, "%s", state_name(core->state));
		cmd_table_cell(&t, "%.1f %%", per_cent(core->busy_cycles, core->cycles));
		cmd_table_cell(&t, "%" PRIu64, core->counter[CTR_RX]);
		cmd_table_cell(&t, "%" PRIu64, core->counter[CTR_TX]);
		cmd_table_cell(&t, "%.0f", ratio(core->busy_cycles, core->counter[CTR_RX]));
		cmd_table_cell(&t, "%" PRIu64, core->loops);
		cmd_table_cell(&t, "%" PRIu64, core->sleeps);
		cmd_table_cell(&t, "%" PRIu64, core->gauge[GAUGE_ALLOCATIONS]);
		cmd_table_cell(&t, "%" PRIu64 " ms ago", silence_ms(core));
	}
	cmd_table_end(&t);
}

int cmd_show_cores(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	json_t *root, *list;

	if (!how->json) {
		print_cores(r, out);
		fprintf(out, "\npid %" PRIu64 ", packet memory on %s%s\n", r->pid,
			r->hugepages ? "hugepages" : "ordinary pages", r->draining ? ", draining" : "");
		return CMD_OK;
	}
	list = json_array();
	for (unsigned int i = 0; i < r->core_n; i++)
		json_array_append_new(list, json_core(&r->core[i], i));
	root = json_pack("{s:I, s:I, s:I, s:b, s:b, s:o}", "pid", (json_int_t)r->pid, "started",
			 (json_int_t)r->start_wall_s, "tsc_hz", (json_int_t)r->tsc_hz, "hugepages", r->hugepages != 0,
			 "draining", r->draining != 0, "cores", list);
	return cmd_print_json(root, out);
}

static struct shm_node_stat node_sum(const struct shm_region *r, unsigned int node)
{
	struct shm_node_stat sum = {0};

	for (unsigned int i = 0; i < r->core_n; i++) {
		sum.calls += r->core[i].node[node].calls;
		sum.packets += r->core[i].node[node].packets;
		sum.cycles += r->core[i].node[node].cycles;
	}
	return sum;
}

static json_t *json_nodes(const struct shm_region *r)
{
	char name[4 * sizeof(r->node[0].name)];
	json_t *list = json_array();

	for (unsigned int i = 0; i < r->node_n; i++) {
		struct shm_node_stat sum = node_sum(r, i);

		json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I}", "node",
						      cmd_escape(r->node[i].name, name, sizeof(name)), "calls",
						      (json_int_t)sum.calls, "packets", (json_int_t)sum.packets,
						      "cycles", (json_int_t)sum.cycles));
	}
	return json_pack("{s:o}", "nodes", list);
}

int cmd_show_nodes(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	char name[4 * sizeof(r->node[0].name)];
	struct cmd_table t;

	if (how->json)
		return cmd_print_json(json_nodes(r), out);
	cmd_table_begin(&t, out, "NODE|>CALLS|>PACKETS|>PACKETS/CALL|>CYCLES/PACKET");
	for (unsigned int i = 0; i < r->node_n; i++) {
		struct shm_node_stat sum = node_sum(r, i);

		cmd_table_cell(&t, "%s", cmd_escape(r->node[i].name, name, sizeof(name)));
		cmd_table_cell(&t, "%" PRIu64, sum.calls);
		cmd_table_cell(&t, "%" PRIu64, sum.packets);
		cmd_table_cell(&t, "%.1f", ratio(sum.packets, sum.calls));
		cmd_table_cell(&t, "%.0f", ratio(sum.cycles, sum.packets));
	}
	cmd_table_end(&t);
	return CMD_OK;
}
