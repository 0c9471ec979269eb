/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bencode_write.c - a tree to text; keys in the order in which they came into the dictionary.
 */
#include "control/gateway/bencode.h"

#include <stdio.h>

static void write_bytes(struct en_writer *w, const char *p, size_t len)
{
	char head[24];

	en_put(w, head, (size_t)snprintf(head, sizeof(head), "%zu:", len));
	en_put(w, p, len);
}

static void write_integer(struct en_writer *w, json_int_t value)
{
	char text[32];

	en_put(w, text, (size_t)snprintf(text, sizeof(text), "i%" JSON_INTEGER_FORMAT "e", value));
}

static void write_value(struct en_writer *w, const json_t *json, unsigned int depth);

static void write_nested(struct en_writer *w, const json_t *json, unsigned int depth)
{
	const char *key;
	json_t *value;
	size_t i;

	en_put8(w, json_is_array(json) ? 'l' : 'd');
	json_array_foreach(json, i, value) write_value(w, value, depth);
	json_object_foreach((json_t *)json, key, value)
	{
		write_bytes(w, key, strlen(key));
		write_value(w, value, depth);
	}
	en_put8(w, 'e');
}

static void write_value(struct en_writer *w, const json_t *json, unsigned int depth)
{
	if (!w->ok)
		return;
	if (json_is_string(json))
		write_bytes(w, json_string_value(json), json_string_length(json));
	else if (json_is_integer(json))
		write_integer(w, json_integer_value(json));
	else if (json_is_boolean(json))
		write_integer(w, json_is_true(json));
	else if ((json_is_array(json) || json_is_object(json)) && depth)
		write_nested(w, json, depth - 1);
	else
		w->ok = false;
}

bool cp_bencode_write(const json_t *json, struct en_writer *w)
{
	write_value(w, json, CP_BENCODE_DEPTH_MAX);
	return w->ok;
}
