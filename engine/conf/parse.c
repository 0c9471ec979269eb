/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse.c - from INI text to a struct conf.
 *
 * libinih splits sections, keys, values and comments.  Its reader callback is
 * ours, for two reasons: it counts lines (the library's handler is not told
 * them), and it sees section lines that have no keys.
 *
 * Invariants
 *   P1  every error is reported with its line, not only the first.
 *   P2  an option is stored through conf_options[] only.
 */
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "engine/conf/nearest.h"
#include "engine/conf/parse.h"

#define LINE_MAX_BYTES 1024
#define KEYS_MAX       64

_Static_assert(LINE_MAX_BYTES <= CONF_VALUE_MAX, "a value fits where it is printed");

/* --- marks ----------------------------------------------------------------- */

static const struct conf_mark *find_mark(const struct conf_parser *p, const struct conf_option *o, const void *base,
					 int index)
{
	for (size_t i = 0; i < p->mark_n; i++) {
		if (p->mark[i].option == o && p->mark[i].base == base && (index < 0 || p->mark[i].index == index))
			return &p->mark[i];
	}
	return NULL;
}

static void add_mark(struct conf_parser *p, const struct conf_option *o, const void *base, int index)
{
	if (p->mark_n == p->mark_cap) {
		size_t cap = p->mark_cap ? p->mark_cap * 2 : 64;
		struct conf_mark *more = reallocarray(p->mark, cap, sizeof(*more));

		if (!more) {
			conf_error(p, p->line, "out of memory");
			return;
		}
		p->mark = more;
		p->mark_cap = cap;
	}
	p->mark[p->mark_n++] = (struct conf_mark){.option = o, .base = base, .index = index, .line = p->line};
}

int conf_line(const struct conf_parser *p, enum conf_section section, const char *key, unsigned int port, int index)
{
	const struct conf_option *o = conf_option_find(section, key);
	const struct conf_mark *mark = find_mark(p, o, conf_option_base(o, p->conf, port), index);

	if (mark)
		return mark->line;
	if (section == CONF_SEC_PORT)
		return p->conf->port[port].line;
	return p->section_line[section] ? p->section_line[section] : 1;
}

bool conf_given(const struct conf_parser *p, enum conf_section section, const char *key, unsigned int port)
{
	const struct conf_option *o = conf_option_find(section, key);

	return find_mark(p, o, conf_option_base(o, p->conf, port), -1) != NULL;
}

/* --- sections -------------------------------------------------------------- */

static void set_default(struct conf_parser *p, const struct conf_option *o, unsigned int port)
{
	struct en_err err;

	if (conf_option_has_default(o) && o->kind->set(o, conf_option_base(o, p->conf, port), o->def, &err) < 0)
		conf_error(p, 0, "the built-in default '%s' of '%s' is wrong: %s", o->def, o->key, err.text);
}

static void set_defaults(struct conf_parser *p, bool of_port, unsigned int port)
{
	for (size_t i = 0; i < conf_option_n; i++) {
		if ((conf_options[i].section == CONF_SEC_PORT) == of_port)
			set_default(p, &conf_options[i], port);
	}
}

static bool name_is_good(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return *name && strlen(name) < CONF_NAME_MAX && !name[strspn(name, good)];
}

static void open_port(struct conf_parser *p, const char *name)
{
	struct conf *c = p->conf;

	p->section = CONF_SEC_N;
	if (!name_is_good(name)) {
		conf_error(p, p->line,
			   "a port needs a name of at most %d letters, digits, '-', '_' and '.': write [port wan]",
			   CONF_NAME_MAX - 1);
		return;
	}
	for (unsigned int i = 0; i < c->port_n; i++) {
		if (strcmp(c->port[i].name, name) == 0) {
			conf_error(
				p, p->line,
				"port '%s' stands in line %d already: give this one another name, or put its keys there",
				name, c->port[i].line);
			return;
		}
	}
	if (c->port_n == CONF_PORTS_MAX) {
		conf_error(p, p->line, "there is room for %d ports only: remove [port %s]", CONF_PORTS_MAX, name);
		return;
	}
	p->port = c->port_n++;
	p->section = CONF_SEC_PORT;
	snprintf(c->port[p->port].name, sizeof(c->port[p->port].name), "%.*s", CONF_NAME_MAX - 1, name);
	c->port[p->port].line = p->line;
	set_defaults(p, true, p->port);
}

static void unknown_section(struct conf_parser *p, const char *word)
{
	const char *near = conf_nearest(word, conf_section_names, CONF_SEC_N);

	p->section = CONF_SEC_N;
	if (near && strcmp(near, "port") == 0)
		conf_error(p, p->line, "unknown section [%s]; did you mean [port NAME]?", p->section_text);
	else if (near)
		conf_error(p, p->line, "unknown section [%s]; did you mean [%s]?", p->section_text, near);
	else
		conf_error(
			p, p->line,
			"unknown section [%s]: there are [engine], [dataplane], [port NAME], [turn], [media] and [control]",
			p->section_text);
}

/* "word" or "word name", blanks around both; name is "" when absent. */
static void open_section(struct conf_parser *p)
{
	char word[sizeof(p->section_text)], name[sizeof(p->section_text)];

	if (conf_split(p->section_text, ' ', word, name, sizeof(word)) != 0) {
		snprintf(word, sizeof(word), "%s", p->section_text);
		name[0] = '\0';
	}
	for (unsigned int s = 0; s < CONF_SEC_N; s++) {
		if (strcmp(word, conf_section_names[s]) != 0)
			continue;
		if (!p->section_line[s])
			p->section_line[s] = p->line;
		p->section = (enum conf_section)s;
		if (s == CONF_SEC_PORT)
			open_port(p, name);
		else if (name[0])
			conf_error(p, p->line, "[%s] takes no name: write [%s]", word, word);
		return;
	}
	unknown_section(p, word);
}

/* --- keys -------------------------------------------------------------------- */

static void unknown_key(struct conf_parser *p, const char *key)
{
	const char *list[KEYS_MAX] = {0}, *section = conf_section_names[p->section], *near;
	size_t n = 0;

	for (size_t i = 0; i < conf_option_n && n < KEYS_MAX; i++) {
		if (conf_options[i].section == p->section)
			list[n++] = conf_options[i].key;
	}
	near = conf_nearest(key, list, n);
	if (near) {
		conf_error(p, p->line, "unknown key '%s' in [%s]; did you mean '%s'?", key, section, near);
		return;
	}
	for (size_t i = 0; i < conf_option_n; i++) {
		if (strcmp(conf_options[i].key, key) == 0) {
			conf_error(p, p->line, "unknown key '%s' in [%s]; it belongs in [%s]", key, section,
				   conf_section_names[conf_options[i].section]);
			return;
		}
	}
	conf_error(p, p->line,
		   "unknown key '%s' in [%s]; remove the line, or see docs/config.md for the keys there are", key,
		   section);
}

static void set_value(struct conf_parser *p, const struct conf_option *o, const char *value)
{
	void *base = conf_option_base(o, p->conf, p->port);
	const struct conf_mark *before = o->kind->repeat ? NULL : find_mark(p, o, base, -1);
	struct en_err err;
	int index;

	if (before) {
		conf_error(p, p->line, "'%s' stands in line %d already: keep one of them", o->key, before->line);
		return;
	}
	if (!*value && !o->kind->may_be_empty) {
		conf_error(p, p->line, "'%s' has no value: write %s = %s, or remove the line", o->key, o->key,
			   o->words ? o->words : o->kind->form);
		return;
	}
	if (*value == ';') { /* with a blank before it, it would have been a comment */
		conf_error(p, p->line, "'%s' has a value that begins with ';': put a blank before a comment", o->key);
		return;
	}
	index = o->kind->set(o, base, value, &err);
	if (index < 0 && (o->kind == &conf_kind_user || o->kind == &conf_kind_secret))
		conf_error(p, p->line, "%s: %s", o->key, err.text); /* the value is a secret */
	else if (index < 0)
		conf_error(p, p->line, "%s = %s: %s", o->key, value, err.text);
	/* a wrong value counts as given: no "is missing" on top */
	add_mark(p, o, base, index < 0 ? 0 : index);
}

static int on_pair(void *arg, const char *section, const char *key, const char *value)
{
	struct conf_parser *p = arg;
	const struct conf_option *o;

	(void)section; /* cut at 49 bytes by the library; the reader has the whole line */
	if (p->last_error_line == p->line) /* the reader has said what is wrong with it */
		return 1;
	if (!value) {
		conf_error(p, p->line, "'%s' is neither [section] nor key = value nor a comment (;)", key);
		return 1;
	}
	if (!p->section_text[0]) {
		conf_error(p, p->line, "'%s' stands before the first section: put [engine], [port NAME], … above it",
			   key);
		return 1;
	}
	if (p->section == CONF_SEC_N) /* unknown section: said once, at its line */
		return 1;
	o = conf_option_find(p->section, key);
	if (o)
		set_value(p, o, value);
	else
		unknown_key(p, key);
	return 1;
}

/* --- lines ------------------------------------------------------------------- */

struct line_source {
	struct conf_parser *p;
	const char *at; /* rest of the text */
};

/* The keys below a section line that makes no sense are skipped. */
static void refuse_section(struct conf_parser *p, const char *why)
{
	conf_error(p, p->line, "%s", why);
	snprintf(p->section_text, sizeof(p->section_text), "?");
	p->section = CONF_SEC_N;
}

static void look_for_section(struct conf_parser *p, const char *line)
{
	const char *start = line + strspn(line, " \t\xef\xbb\xbf"), *close, *end, *rest;

	if (*start != '[')
		return;
	start++;
	start += strspn(start, " \t");
	close = end = start + strcspn(start, ";]");
	while (end > start && strchr(" \t", end[-1]))
		end--;
	if (*close != ']' || end == start || (size_t)(end - start) >= sizeof(p->section_text)) {
		refuse_section(p, "this section line has no name between [ and ]: write [turn] or [port wan]");
		return;
	}
	rest = close + 1 + strspn(close + 1, " \t\r");
	if (*rest && *rest != ';') {
		refuse_section(
			p,
			"behind the ] of a section there is room for a ; comment only: move the rest to a line of its own");
		return;
	}
	memcpy(p->section_text, start, (size_t)(end - start));
	p->section_text[end - start] = '\0';
	open_section(p);
}

/* ini_reader: the next line with its newline in buf of cap bytes, or NULL. */
static char *next_line(char *buf, int cap, void *stream)
{
	struct line_source *src = stream;
	size_t len = strcspn(src->at, "\n"), keep = len;

	if (!*src->at)
		return NULL;
	src->p->line++;
	if (keep > LINE_MAX_BYTES || keep + 2 > (size_t)cap) {
		conf_error(src->p, src->p->line, "this line has more than %d bytes: shorten it", LINE_MAX_BYTES);
		keep = 0;
	} else if (u8_check((const uint8_t *)src->at, len)) {
		conf_error(src->p, src->p->line, "this line is not UTF-8: save the file in that encoding");
		keep = 0;
	}
	memcpy(buf, src->at, keep);
	buf[keep] = '\0';
	look_for_section(src->p, buf);
	buf[keep] = '\n';
	buf[keep + 1] = '\0';
	src->at += len + (src->at[len] == '\n');
	return buf;
}

void conf_parse(struct conf_parser *p, const char *text)
{
	struct line_source src = {.p = p, .at = text};
	int wrong;

	/* the library's settings are process-wide; these are the only ones used here */
	ini_allow_multiline = false;
	ini_allow_no_value = true;
	ini_use_stack = true;
	ini_max_line = LINE_MAX_BYTES + 4;

	set_defaults(p, false, 0);
	wrong = ini_parse_stream(next_line, &src, on_pair, p);
	if (wrong && !p->error_n)
		conf_error(p, wrong > 0 ? wrong : p->line,
			   "this line cannot be understood: write [section], key = value or ; comment");
}
