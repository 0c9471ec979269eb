/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print.c - the effective configuration, as INI text and as JSON.
 *
 * Invariants
 *   S1  no password and no secret leaves through here (the kinds mask them).
 *   S2  long lists are cut at LIST_SHOWN: a million users do not fit a page.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/conf/option.h"

#define LIST_SHOWN 64

/* Elements that the list has beyond those shown. */
static unsigned int hidden(const struct conf_option *o, const void *base)
{
	char value[CONF_VALUE_MAX];
	unsigned int n = LIST_SHOWN;

	while (o->kind->repeat && o->kind->get(o, base, n, value, sizeof(value)))
		n++;
	return n - LIST_SHOWN;
}

static void print_option(const struct conf_option *o, const void *base, FILE *out)
{
	char value[CONF_VALUE_MAX];
	unsigned int more = hidden(o, base);

	for (unsigned int i = 0; i < LIST_SHOWN && o->kind->get(o, base, i, value, sizeof(value)); i++)
		fprintf(out, "%s = %s\n", o->key, value);
	if (more)
		fprintf(out, "; %s: %u more\n", o->key, more);
}

static void print_section(const struct conf *c, enum conf_section section, unsigned int port, FILE *out)
{
	if (section == CONF_SEC_PORT)
		fprintf(out, "[port %s]\n", c->port[port].name);
	else
		fprintf(out, "[%s]\n", conf_section_names[section]);
	for (size_t i = 0; i < conf_option_n; i++) {
		if (conf_options[i].section == section)
			print_option(&conf_options[i], conf_option_base_ro(&conf_options[i], c, port), out);
	}
}

/* How often a section stands in the file. [turn] always listens, [gateway] always has ports. */
static unsigned int section_n(const struct conf *c, unsigned int section)
{
	if (section == CONF_SEC_PORT)
		return c->port_n;
	return section == CONF_SEC_TURN ? c->turn.listen_n > 0 : section == CONF_SEC_GATEWAY ? c->gateway.rtp_n > 0 : 1;
}

void conf_print(const struct conf *c, FILE *out)
{
	for (unsigned int s = 0; s < CONF_SEC_N; s++) {
		unsigned int n = section_n(c, s);

		for (unsigned int i = 0; i < n; i++) {
			if (s || i)
				fputc('\n', out);
			print_section(c, (enum conf_section)s, i, out);
		}
	}
}

static json_t *json_value(const struct conf_option *o, const char *value)
{
	if (o->kind->json == CONF_JSON_INTEGER)
		return json_integer(strtoll(value, NULL, 10));
	if (o->kind->json == CONF_JSON_BOOLEAN)
		return json_boolean(strcmp(value, "on") == 0);
	return json_string(value);
}

static json_t *json_option(const struct conf_option *o, const void *base)
{
	char value[CONF_VALUE_MAX];
	json_t *list;

	if (!o->kind->repeat)
		return o->kind->get(o, base, 0, value, sizeof(value)) ? json_value(o, value) : json_null();
	list = json_array();
	for (unsigned int i = 0; i < LIST_SHOWN && o->kind->get(o, base, i, value, sizeof(value)); i++)
		json_array_append_new(list, json_value(o, value));
	return list;
}

static json_t *json_section(const struct conf *c, enum conf_section section, unsigned int port)
{
	json_t *object = json_object();

	for (size_t i = 0; i < conf_option_n; i++) {
		const struct conf_option *o = &conf_options[i];
		const void *base = conf_option_base_ro(o, c, port);
		char key[64];
		unsigned int more;

		if (o->section != section)
			continue;
		json_object_set_new(object, o->key, json_option(o, base));
		more = hidden(o, base);
		if (more) {
			snprintf(key, sizeof(key), "%s-hidden", o->key);
			json_object_set_new(object, key, json_integer(more));
		}
	}
	return object;
}

static json_t *json_ports(const struct conf *c)
{
	json_t *ports = json_object();

	for (unsigned int i = 0; i < c->port_n; i++)
		json_object_set_new(ports, c->port[i].name, json_section(c, CONF_SEC_PORT, i));
	return ports;
}

void conf_print_json(const struct conf *c, FILE *out)
{
	json_t *root = json_object();

	for (unsigned int s = 0; s < CONF_SEC_N; s++) {
		json_t *section = s == CONF_SEC_PORT ? json_ports(c) : NULL;

		if (!section)
			section = section_n(c, s) ? json_section(c, (enum conf_section)s, 0) : json_null();
		json_object_set_new(root, conf_section_names[s], section);
	}
	json_dumpf(root, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(root);
}
