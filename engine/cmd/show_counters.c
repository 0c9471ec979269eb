/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_counters.c - counters, present values, drops, and the balance.
 */
#include <inttypes.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"

static void core_columns(struct cmd_table *t, const struct shm_region *r, const struct cmd_show_how *how)
{
	char head[32];

	for (unsigned int i = 0; how->cores && i < r->core_n; i++) {
		snprintf(head, sizeof(head), ">CORE %u", i);
		cmd_table_column(t, head);
	}
}

static void print_counters(const struct shm_region *r, const struct cmd_show_how *how, FILE *out)
{
	struct cmd_table t;

	cmd_table_begin(&t, out, "COUNTER|UNIT|>ALL");
	core_columns(&t, r, how);
	for (unsigned int c = 0; c < CTR_N; c++) {
		cmd_table_cell(&t, "%s", shm_counter_names[c].name);
		cmd_table_cell(&t, "%s", shm_counter_names[c].group);
		cmd_table_cell(&t, "%" PRIu64, shm_counter_sum(r, (enum shm_counter)c));
		for (unsigned int i = 0; how->cores && i < r->core_n; i++)
			cmd_table_cell(&t, "%" PRIu64, r->core[i].counter[c]);
	}
	cmd_table_end(&t);
}

static void print_gauges(const struct shm_region *r, const struct cmd_show_how *how, FILE *out)
{
	struct cmd_table t;

	cmd_table_begin(&t, out, "PRESENT|>ALL");
	core_columns(&t, r, how);
	for (unsigned int g = 0; g < GAUGE_N; g++) {
		cmd_table_cell(&t, "%s", shm_gauge_names[g].name);
		cmd_table_cell(&t, "%" PRIu64, shm_gauge_sum(r, (enum shm_gauge)g));
		for (unsigned int i = 0; how->cores && i < r->core_n; i++)
			cmd_table_cell(&t, "%" PRIu64, r->core[i].gauge[g]);
	}
	cmd_table_end(&t);
}

static void print_balance(const struct shm_region *r, FILE *out)
{
	int64_t balance = shm_balance(r);

	fputs("received + originated - sent - consumed - drops - held: ", out);
	if (balance == 0)
		fputs("balanced\n", out);
	else
		fprintf(out, "%" PRId64 " (exact at rest only)\n", balance);
}

static uint64_t drops_sum(const struct shm_region *r)
{
	uint64_t sum = 0;

	for (unsigned int d = 0; d < DROP_N; d++)
		sum += shm_drop_sum(r, (enum shm_drop)d);
	return sum;
}

/* One value of a core, or with core -1 the sum. */
typedef uint64_t (*value_fn)(const struct shm_region *r, int core, unsigned int i);

static uint64_t counter_value(const struct shm_region *r, int core, unsigned int i)
{
	return core < 0 ? shm_counter_sum(r, (enum shm_counter)i) : r->core[core].counter[i];
}

static uint64_t gauge_value(const struct shm_region *r, int core, unsigned int i)
{
	return core < 0 ? shm_gauge_sum(r, (enum shm_gauge)i) : r->core[core].gauge[i];
}

static uint64_t drop_value(const struct shm_region *r, int core, unsigned int i)
{
	return core < 0 ? shm_drop_sum(r, (enum shm_drop)i) : r->core[core].drop[i];
}

static json_t *json_values(const struct shm_region *r, int core, const struct shm_name *names, unsigned int n,
			   value_fn value)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < n; i++)
		json_object_set_new(object, names[i].name, json_integer((json_int_t)value(r, core, i)));
	return object;
}

static json_t *json_cores(const struct shm_region *r, bool drops)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < r->core_n; i++) {
		json_t *core = json_object();

		json_object_set_new(core, "core", json_integer(i));
		if (drops) {
			json_object_set_new(core, "drops", json_values(r, (int)i, shm_drop_names, DROP_N, drop_value));
		} else {
			json_object_set_new(core, "counters",
					    json_values(r, (int)i, shm_counter_names, CTR_N, counter_value));
			json_object_set_new(core, "gauges",
					    json_values(r, (int)i, shm_gauge_names, GAUGE_N, gauge_value));
		}
		json_array_append_new(list, core);
	}
	return list;
}

int cmd_show_counters(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	json_t *root;

	if (!how->json) {
		print_counters(r, how, out);
		fputc('\n', out);
		print_gauges(r, how, out);
		fprintf(out, "\ndrops: %" PRIu64 " packets\n", drops_sum(r));
		print_balance(r, out);
		return CMD_OK;
	}
	root = json_object();
	json_object_set_new(root, "counters", json_values(r, -1, shm_counter_names, CTR_N, counter_value));
	json_object_set_new(root, "gauges", json_values(r, -1, shm_gauge_names, GAUGE_N, gauge_value));
	json_object_set_new(root, "drops", json_integer((json_int_t)drops_sum(r)));
	json_object_set_new(root, "balance", json_integer((json_int_t)shm_balance(r)));
	json_object_set_new(root, "balanced", json_boolean(shm_balance(r) == 0));
	json_object_set_new(root, "draining", json_boolean(r->draining));
	json_object_set_new(root, "cores", json_cores(r, false));
	return cmd_print_json(root, out);
}

static void print_drops(const struct shm_region *r, const struct cmd_show_how *how, FILE *out)
{
	struct cmd_table t;

	cmd_table_begin(&t, out, "REASON|NODE|>PACKETS");
	core_columns(&t, r, how);
	cmd_table_column(&t, "MEANING");
	for (unsigned int d = 0; d < DROP_N; d++) {
		uint64_t sum = shm_drop_sum(r, (enum shm_drop)d);

		if (sum == 0 && !how->all)
			continue;
		cmd_table_cell(&t, "%s", shm_drop_names[d].name);
		cmd_table_cell(&t, "%s", shm_drop_names[d].group);
		cmd_table_cell(&t, "%" PRIu64, sum);
		for (unsigned int i = 0; how->cores && i < r->core_n; i++)
			cmd_table_cell(&t, "%" PRIu64, r->core[i].drop[d]);
		cmd_table_cell(&t, "%s", shm_drop_names[d].text);
	}
	cmd_table_end(&t);
}

int cmd_show_drops(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	json_t *root;

	if (!how->json) {
		if (drops_sum(r) == 0 && !how->all)
			fputs("no drops\n", out);
		else
			print_drops(r, how, out);
		return CMD_OK;
	}
	root = json_object();
	json_object_set_new(root, "drops", json_values(r, -1, shm_drop_names, DROP_N, drop_value));
	json_object_set_new(root, "total", json_integer((json_int_t)drops_sum(r)));
	json_object_set_new(root, "cores", json_cores(r, true));
	return cmd_print_json(root, out);
}
