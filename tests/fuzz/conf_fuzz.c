/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf_fuzz.c - the configuration parser on arbitrary text.
 *
 * Held besides memory safety: a refused text is explained in lines that each
 * begin with file and line, without control characters; an accepted one is
 * printed as a configuration that is accepted again and prints the same.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf conf; /* too big for the stack */

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Load and, if accepted, print; NULL when refused. */
static char *load_and_print(const char *text)
{
	char *msgs, *printed = NULL;
	size_t len, printed_len;
	FILE *out = open_memstream(&msgs, &len);
	int code = conf_load_string("f", text, out, &conf);

	fclose(out);
	must((code == 0) == (len == 0));
	for (const char *line = msgs; *line; line = strchr(line, '\n') + 1)
		must(strncmp(line, "f:", 2) == 0 && strchr(line, '\n'));
	for (size_t i = 0; i < len; i++)
		must((unsigned char)msgs[i] >= ' ' || msgs[i] == '\n');
	if (code == 0) {
		out = open_memstream(&printed, &printed_len);
		conf_print(&conf, out);
		fclose(out);
		out = fopen("/dev/null", "we");
		conf_print_json(&conf, out);
		fclose(out);
		conf_free(&conf);
	}
	free(msgs);
	return printed;
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *first, *second;

	must(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	first = load_and_print(text);
	/* long lists are cut, and OpaqueString may turn a foreign blank into one that is stripped */
	if (first && is_ascii(first) && is_ascii(text) && !strstr(first, " more\n")) {
		second = load_and_print(first);
		must(second && strcmp(first, second) == 0);
		free(second);
	}
	free(first);
	free(text);
	return 0;
}
