/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.c - from the tree to the struct, by way of the table of names (option_names.c).
 *
 * Every way to say something ends in apply_text(): a name of the table and the text of its value, or none.
 * What calls itself here is bounded: by the depth of the tree (bencode.h), and by the longest name that is a group.
 */
#include "control/gateway/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/option_finish.h"
#include "control/gateway/option_names.h"
#include "control/gateway/words.h"

struct filling {
	struct cp_gw_options *o;
	struct en_err *err;
	bool own; /* at the keys of the dictionary itself, not at words */
	bool failed; /* err has the sentence */
};

static void apply_value(struct filling *f, const struct cp_gw_name *n, json_t *value);

static void *field(const struct filling *f, const struct cp_gw_name *n)
{
	return (char *)f->o + n->at;
}

static void fail(struct filling *f, const char *name, const char *what)
{
	if (!f->failed)
		en_fail(f->err, -1, "%s %s", name, what);
	f->failed = true;
}

/* A text of ours, which lives as long as the options; NULL, and failed, without memory. */
static const char *keep(struct filling *f, json_t *text)
{
	if (text && json_array_append_new(f->o->made, text) == 0)
		return json_string_value(text);
	fail(f, "the options", "find no memory");
	return NULL;
}

static bool is_no(const char *value)
{
	return value && (cp_gw_name_is(value, "no") || cp_gw_name_is(value, "off") || cp_gw_name_is(value, "false") ||
			 cp_gw_name_is(value, "0"));
}

static void apply_string(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	const char **at = field(f, n);

	if (strlen(value) > n->value) {
		char what[48];

		snprintf(what, sizeof(what), "is longer than %u bytes", n->value);
		fail(f, n->name, what);
	} else if (*value) {
		*at = value;
	}
}

/* In the specification of a codec "--" stands for '=', which a flag cannot have in it. */
static const char *without_dashes(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	char text[CP_GW_NAME_MAX + 1];
	size_t len = 0;

	if (n->at < offsetof(struct cp_gw_options, strip) || n->at > offsetof(struct cp_gw_options, set) ||
	    !strstr(value, "--"))
		return value;
	for (const char *p = value; *p; p++) {
		bool dashes = p[0] == '-' && p[1] == '-';

		text[len++] = dashes ? '=' : *p;
		p += dashes;
	}
	return keep(f, json_stringn_nocheck(text, len));
}

static void apply_item(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	struct cp_gw_list *list = field(f, n);

	if (!*value || strlen(value) > CP_GW_NAME_MAX || list->n >= n->value) {
		cp_gw_unknown(f->o, n->name, value);
		return;
	}
	value = without_dashes(f, n, value);
	if (value)
		list->item[list->n++] = value;
}

static void apply_number(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	int32_t *at = field(f, n);
	char *end;
	long number = strtol(value, &end, 10); /* what is beyond a long comes out as the greatest, which is too much */

	if (end == value || *end || number > (long)n->value)
		cp_gw_unknown(f->o, n->name, value);
	else if (number >= 0)
		*at = (int32_t)number;
}

static void apply_text(struct filling *f, const struct cp_gw_name *n, const char *value);

/* A word: a name with or without its value behind it. front: the group that it belongs to, or NULL. */
static void apply_word(struct filling *f, const char *front, const char *word)
{
	const char *value;
	const struct cp_gw_name *n = cp_gw_name_find(front, word, false, &value);

	if (n)
		apply_text(f, n, value);
	else if (*word)
		cp_gw_unknown(f->o, front, word);
}

static void apply_words(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	json_t *words;

	if (!f->own) /* words in words: nobody writes them, and they would not end */
		return;
	words = cp_gw_words(value, strlen(value), f->err);
	if (!words || json_array_append_new(f->o->made, words))
		f->failed = true;
	else
		apply_value(f, n, words);
}

static void apply_nothing(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	(void)f;
	(void)n;
	(void)value;
}

static void apply_key(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	if (f->own)
		apply_string(f, n, value);
}

static void apply_itself(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	(void)value;
	apply_item(f, n, n->name);
}

static void apply_bit(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	uint32_t *at = field(f, n);

	*at = is_no(value) ? *at & ~n->value : *at | n->value;
}

static void apply_choice(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	uint8_t *at = field(f, n);

	*at = is_no(value) ? 0 : (uint8_t)n->value;
}

static void apply_group(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	apply_word(f, n->name, value);
}

/* value: NULL when the name stands alone, which those alone do that need none (cp_gw_name_find). */
static void apply_text(struct filling *f, const struct cp_gw_name *n, const char *value)
{
	static void (*const apply[])(struct filling *, const struct cp_gw_name *, const char *) = {
		[CP_GW_KIND_KEY] = apply_key,       [CP_GW_KIND_TEXT] = apply_string,
		[CP_GW_KIND_LIST] = apply_item,     [CP_GW_KIND_ITSELF] = apply_itself,
		[CP_GW_KIND_NUMBER] = apply_number, [CP_GW_KIND_BIT] = apply_bit,
		[CP_GW_KIND_CHOICE] = apply_choice, [CP_GW_KIND_GROUP] = apply_group,
		[CP_GW_KIND_WORDS] = apply_words,   [CP_GW_KIND_ELSEWHERE] = apply_nothing,
	};

	apply[n->kind](f, n, value);
}

static void apply_pair(struct filling *f, const char *front, const char *key, json_t *value)
{
	const char *none;
	const struct cp_gw_name *n = cp_gw_name_find(front, key, true, &none);

	if (n)
		apply_value(f, n, value);
	else
		cp_gw_unknown(f->o, front, key);
}

/* {"codec":{"transcode":…}}, and {"transcode":…} as an item of a list of words or of a group. */
static void apply_object(struct filling *f, const struct cp_gw_name *n, json_t *object)
{
	const char *key, *front = n->kind == CP_GW_KIND_GROUP ? n->name : NULL;
	bool own = f->own;
	json_t *value;

	if (n->kind != CP_GW_KIND_GROUP && n->kind != CP_GW_KIND_WORDS) {
		cp_gw_unknown(f->o, NULL, n->name);
		return;
	}
	f->own = false;
	json_object_foreach(object, key, value) apply_pair(f, front, key, value);
	f->own = own;
}

/* One value that is no list. */
static void apply_scalar(struct filling *f, const struct cp_gw_name *n, json_t *value)
{
	char number[32];
	const char *text = json_string_value(value);

	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = keep(f, json_string(number));
	} else if (json_is_boolean(value)) {
		text = json_is_true(value) ? "yes" : "no";
	}
	if (text)
		apply_text(f, n, text);
	else
		cp_gw_unknown(f->o, NULL, n->name);
}

static void apply_list(struct filling *f, const struct cp_gw_name *n, json_t *list)
{
	bool own = f->own;
	json_t *item;
	size_t i;

	f->own = false;
	json_array_foreach(list, i, item)
	{
		if (json_is_object(item))
			apply_object(f, n, item);
		else if (n->kind == CP_GW_KIND_WORDS && json_is_string(item))
			apply_word(f, NULL, json_string_value(item));
		else
			apply_scalar(f, n, item);
	}
	f->own = own;
}

static void apply_value(struct filling *f, const struct cp_gw_name *n, json_t *value)
{
	if (n->kind == CP_GW_KIND_ELSEWHERE)
		return;
	if (n->kind == CP_GW_KIND_KEY && !json_is_string(value)) {
		if (f->own)
			fail(f, n->name, "is no text");
	} else if (json_is_array(value)) {
		apply_list(f, n, value);
	} else if (json_is_object(value)) {
		apply_object(f, n, value);
	} else {
		apply_scalar(f, n, value);
	}
}

int cp_gw_options_read(json_t *dict, uint32_t needs, struct cp_gw_options *ret_options, struct en_err *err)
{
	struct cp_gw_options o = {.dict = json_incref(dict), .made = json_array()};
	struct filling f = {.o = &o, .err = err};
	const char *key;
	json_t *value;

	o.ptime = o.ptime_reverse = o.tos = o.delete_delay = -1;
	json_object_foreach(dict, key, value)
	{
		f.own = true;
		apply_pair(&f, NULL, key, value);
		if (f.failed)
			break;
	}
	if (f.failed || cp_gw_options_finish(&o, needs, err)) {
		cp_gw_options_fini(&o);
		return -1;
	}
	*ret_options = o;
	return 0;
}

void cp_gw_options_fini(struct cp_gw_options *o)
{
	json_decref(o->dict);
	json_decref(o->made);
	o->dict = o->made = NULL;
}
