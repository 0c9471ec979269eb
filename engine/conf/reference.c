/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reference.c - docs/config.md, from conf.def.
 */
#include <string.h>

#include "engine/conf/option.h"

static const char head[] =
	"# Configuration\n"
	"\n"
	"<!-- made by `turnpike conf-reference` from engine/conf/conf.def: do not edit -->\n"
	"\n"
	"One INI file: `[section]`, `key = value`, and comments that begin with `;` or `#` at the start of a line, or\n"
	"with a blank and `;` behind a value. A value can therefore not hold a blank followed by `;`. A line has at most\n"
	"1024 bytes of UTF-8. An unknown section or key, a wrong value and a contradiction between values are errors;\n"
	"`turnpike check -c FILE` names all of them with their lines.\n"
	"\n"
	"Keys marked *repeat* may stand several times; every other key once a section.\n";

/* Table cells: '|' would end the cell. */
static void put_cell(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_form(const struct conf_option *o, FILE *out)
{
	fputc('`', out);
	put_cell(o->words ? o->words : o->kind->form, out);
	fputc('`', out);
	if (o->kind == &conf_kind_number)
		fprintf(out, " %llu to %llu", (unsigned long long)o->min, (unsigned long long)o->max);
	if (o->unit && o->unit[0])
		fprintf(out, " %s", o->unit);
	if (o->kind->repeat)
		fputs(", *repeat*", out);
}

static void put_default(const struct conf_option *o, FILE *out)
{
	if (!o->def)
		fputs("none", out);
	else if (o->def[0] == '(')
		fprintf(out, "%.*s", (int)strlen(o->def) - 2, o->def + 1);
	else if (!o->def[0])
		fputs("empty", out);
	else
		fprintf(out, "`%s`", o->def);
}

void conf_print_reference(FILE *out)
{
	fputs(head, out);
	for (unsigned int s = 0; s < CONF_SEC_N; s++) {
		fprintf(out, "\n## [%s%s]\n\n%s\n\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n",
			conf_section_names[s], s == CONF_SEC_PORT ? " NAME" : "", conf_section_help[s]);
		for (size_t i = 0; i < conf_option_n; i++) {
			const struct conf_option *o = &conf_options[i];

			if (o->section != (enum conf_section)s)
				continue;
			fprintf(out, "| `%s` | ", o->key);
			put_form(o, out);
			fputs(" | ", out);
			put_default(o, out);
			fputs(" | ", out);
			put_cell(o->help, out);
			fputs(" |\n", out);
		}
	}
}
