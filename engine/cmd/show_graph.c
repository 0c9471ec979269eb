/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_graph.c - the packet graph as it runs, and the configuration in effect.
 *
 * The drawing is the same whatever the order in which the dataplane made its
 * nodes: nodes by name, edges by name. docs/graph.dot is compared with it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"

#define NAME_MAX_ESCAPED (4 * sizeof(((struct shm_graph_node *)0)->name))

static int by_name(const void *a, const void *b)
{
	const struct shm_graph_node *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static const char *name_of(const struct shm_graph_node *node, char *buf)
{
	return cmd_escape(node->name, buf, NAME_MAX_ESCAPED);
}

/* The targets of a node's edges, by name. */
static unsigned int sorted_edges(const struct shm_region *r, const struct shm_graph_node *node,
				 const struct shm_graph_node *ret_to[SHM_EDGES_MAX])
{
	for (unsigned int e = 0; e < node->edge_n; e++)
		ret_to[e] = &r->node[node->edge[e]];
	qsort(ret_to, node->edge_n, sizeof(*ret_to), by_name);
	return node->edge_n;
}

static void print_dot(const struct shm_region *r, const struct shm_graph_node *const *node, FILE *out)
{
	char from[NAME_MAX_ESCAPED], to[NAME_MAX_ESCAPED];

	fputs("digraph turnpike {\n\trankdir=LR;\n\tnode [shape=box];\n", out);
	for (unsigned int i = 0; i < r->node_n; i++)
		fprintf(out, "\t\"%s\"%s;\n", name_of(node[i], from), node[i]->is_source ? " [style=bold]" : "");
	for (unsigned int i = 0; i < r->node_n; i++) {
		const struct shm_graph_node *edge[SHM_EDGES_MAX];
		unsigned int n = sorted_edges(r, node[i], edge);

		for (unsigned int e = 0; e < n; e++)
			fprintf(out, "\t\"%s\" -> \"%s\";\n", name_of(node[i], from), name_of(edge[e], to));
	}
	fputs("}\n", out);
}

static json_t *json_graph(const struct shm_region *r, const struct shm_graph_node *const *node)
{
	char name[NAME_MAX_ESCAPED];
	json_t *list = json_array();

	for (unsigned int i = 0; i < r->node_n; i++) {
		const struct shm_graph_node *edge[SHM_EDGES_MAX];
		unsigned int n = sorted_edges(r, node[i], edge);
		json_t *edges = json_array();

		for (unsigned int e = 0; e < n; e++)
			json_array_append_new(edges, json_string(name_of(edge[e], name)));
		json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "name", name_of(node[i], name), "source",
						      node[i]->is_source != 0, "edges", edges));
	}
	return json_pack("{s:o}", "nodes", list);
}

int cmd_show_graph(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	const struct shm_region *r = view->region;
	const struct shm_graph_node *node[SHM_NODES_MAX];

	for (unsigned int i = 0; i < r->node_n; i++)
		node[i] = &r->node[i];
	qsort(node, r->node_n, sizeof(node[0]), by_name);
	if (how->json)
		return cmd_print_json(json_graph(r, node), out);
	print_dot(r, node, out);
	return CMD_OK;
}

int cmd_show_config(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	json_error_t error;
	json_t *root;

	if (!how->json) {
		for (const char *c = view->region->config; *c; c++)
			fputc((unsigned char)*c < ' ' && *c != '\n' ? '?' : *c, out);
		return CMD_OK;
	}
	root = json_loads(view->region->config_json, 0, &error);
	if (!root)
		return cmd_say(CMD_FAILED, "show", "the configuration that the dataplane shows is not JSON: %s",
			       error.text);
	return cmd_print_json(root, out);
}
