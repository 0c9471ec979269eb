/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace_print.c - one packet's way through the graph.
 *
 * Steps come from shared memory: every index in them is bounded here, every
 * text escaped.
 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/cmd/cmd.h"
#include "engine/cmd/trace_print.h"

#define TEXT_ESCAPED (4 * sizeof(((struct shm_tap_step *)0)->text) + 1)
#define NAME_ESCAPED (4 * sizeof(((struct shm_graph_node *)0)->name))

static int by_time(const void *a, const void *b)
{
	const struct shm_tap_step *x = a, *y = b;

	return x->wall_ns < y->wall_ns ? -1 : x->wall_ns > y->wall_ns;
}

/* Insertion keeps steps of equal time in the order in which they came. */
static void sort_steps(struct trace_packet *p)
{
	for (unsigned int i = 1; i < p->step_n; i++) {
		struct shm_tap_step step = p->step[i];
		unsigned int at = i;

		for (; at > 0 && by_time(&p->step[at - 1], &step) > 0; at--)
			p->step[at] = p->step[at - 1];
		p->step[at] = step;
	}
}

static const char *node_name(const struct shm_region *r, unsigned int node, char *buf)
{
	if (node >= r->node_n)
		return "?";
	return cmd_escape(r->node[node].name, buf, NAME_ESCAPED);
}

/* Where the step sent the packet: a node's name, "dropped" or "consumed". */
static const char *target_name(const struct shm_region *r, const struct shm_tap_step *step, char *buf)
{
	if (step->edge == TRACE_DROPPED)
		return "dropped";
	if (step->edge == TRACE_CONSUMED)
		return "consumed";
	if (step->node >= r->node_n || step->edge >= r->node[step->node].edge_n)
		return "?";
	return node_name(r, r->node[step->node].edge[step->edge], buf);
}

static const char *step_text(const struct shm_tap_step *step, char *buf)
{
	char text[sizeof(step->text) + 1] = {0};
	size_t len = step->text_len < sizeof(step->text) ? step->text_len : sizeof(step->text);

	memcpy(text, step->text, len);
	return cmd_escape(text, buf, TEXT_ESCAPED);
}

static const struct shm_name *drop_name(const struct shm_tap_step *step)
{
	return step->edge == TRACE_DROPPED && step->drop < DROP_N ? &shm_drop_names[step->drop] : NULL;
}

static void print_time(uint64_t wall_ns, FILE *out)
{
	time_t seconds = (time_t)(wall_ns / EN_NS_PER_S);
	struct tm tm;
	char text[32];

	if (!localtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%H:%M:%S", &tm) == 0)
		snprintf(text, sizeof(text), "?");
	fprintf(out, "%s.%09" PRIu64, text, wall_ns % EN_NS_PER_S);
}

/* What the node said, and for a drop its reason and meaning, once each. */
static void print_words(const struct shm_tap_step *step, FILE *out)
{
	const struct shm_name *drop = drop_name(step);
	char text[TEXT_ESCAPED];

	step_text(step, text);
	if (text[0] && !(drop && strcmp(text, drop->name) == 0))
		fprintf(out, "  %s%s", text, drop ? ";" : "");
	if (drop)
		fprintf(out, "  %s: %s", drop->name, drop->text);
}

void trace_print_text(const struct shm_region *r, struct trace_packet *p, unsigned long long number, FILE *out)
{
	char node[NAME_ESCAPED], to[NAME_ESCAPED];

	sort_steps(p);
	fprintf(out, "packet %llu, ", number);
	print_time(p->step[0].wall_ns, out);
	fprintf(out, ", core %u\n", p->step[0].core);
	for (unsigned int i = 0; i < p->step_n; i++) {
		const struct shm_tap_step *step = &p->step[i];

		fprintf(out, "  %-10s -> %s", node_name(r, step->node, node), target_name(r, step, to));
		print_words(step, out);
		if (i > 0 && step->core != p->step[i - 1].core)
			fprintf(out, "  [now on core %u]", step->core);
		fputc('\n', out);
	}
	fflush(out);
}

static json_t *json_step(const struct shm_region *r, const struct shm_tap_step *step)
{
	char node[NAME_ESCAPED], to[NAME_ESCAPED], text[TEXT_ESCAPED];
	json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:s}", "node", node_name(r, step->node, node), "to",
				   target_name(r, step, to), "core", (json_int_t)step->core, "time_ns",
				   (json_int_t)step->wall_ns, "text", step_text(step, text));
	const struct shm_name *drop = drop_name(step);

	if (drop)
		json_object_set_new(object, "drop", json_string(drop->name));
	return object;
}

void trace_print_json(const struct shm_region *r, struct trace_packet *p, FILE *out)
{
	json_t *steps = json_array(), *root;
	char to[NAME_ESCAPED];

	sort_steps(p);
	for (unsigned int i = 0; i < p->step_n; i++)
		json_array_append_new(steps, json_step(r, &p->step[i]));
	root = json_pack("{s:I, s:s, s:o}", "id", (json_int_t)p->id, "end", target_name(r, &p->step[p->step_n - 1], to),
			 "steps", steps);
	json_dumpf(root, out, JSON_COMPACT);
	fputc('\n', out);
	fflush(out);
	json_decref(root);
}
