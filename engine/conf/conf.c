/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf.c - load a configuration: read, parse, check; and free it.
 *
 * Runs on:   start of every process, single-threaded.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/consttime.h"
#include "engine/conf/parse.h"

#define FILE_MAX_BYTES (64u << 20) /* a million users */

static void free_secret(char *text)
{
	if (text)
		en_wipe(text, strlen(text));
	free(text);
}

void conf_free(struct conf *c)
{
	struct conf_turn *turn = &c->turn;

	for (unsigned int i = 0; i < turn->user_n; i++) {
		free(turn->user[i].name);
		free_secret(turn->user[i].password);
	}
	for (unsigned int i = 0; i < turn->secret_n; i++)
		free_secret(turn->secret[i]);
	free(turn->user);
	free(turn->allow_peer);
	free(turn->deny_peer);
	memset(c, 0, sizeof(*c));
}

int conf_load_string(const char *name, const char *text, FILE *msgs, struct conf *ret_conf)
{
	struct conf_parser p = {.file = name, .msgs = msgs, .section = CONF_SEC_N};
	int code = -1;

	p.conf = calloc(1, sizeof(*p.conf));
	if (!p.conf) {
		fprintf(msgs, "%s:0: out of memory\n", name);
		return -1;
	}
	snprintf(p.conf->file, sizeof(p.conf->file), "%s", name);
	conf_parse(&p, text);
	conf_check(&p);
	conf_print_errors(&p);
	if (p.error_n == 0) {
		memcpy(ret_conf, p.conf, sizeof(*ret_conf));
		code = 0;
	} else {
		conf_free(p.conf);
	}
	free(p.mark);
	free(p.conf);
	return code;
}

/* The whole file, closed by a NUL, on the heap; NULL with errno. */
static char *read_file(const char *path, size_t *ret_len)
{
	size_t len = 0, cap = 4096;
	FILE *in = fopen(path, "re");
	char *text = NULL;

	if (!in)
		return NULL;
	for (;;) {
		char *more = realloc(text, cap);

		if (!more)
			goto fail;
		text = more;
		len += fread(text + len, 1, cap - 1 - len, in);
		if (ferror(in))
			goto fail;
		if (len < cap - 1)
			break;
		if (cap >= FILE_MAX_BYTES) {
			errno = EFBIG;
			goto fail;
		}
		cap *= 2;
	}
	fclose(in);
	text[len] = '\0';
	*ret_len = len;
	return text;

fail:
	free(text);
	fclose(in);
	return NULL;
}

static int line_of(const char *text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

int conf_load(const char *path, FILE *msgs, struct conf *ret_conf)
{
	size_t len;
	char *text = read_file(path, &len);
	int code = -1;

	if (!text) {
		fprintf(msgs, "%s:0: cannot read the configuration: %s\n", path, strerror(errno));
		return -1;
	}
	if (strlen(text) != len)
		fprintf(msgs, "%s:%d: a NUL byte stands here: this is not a text file\n", path,
			line_of(text, strlen(text)));
	else
		code = conf_load_string(path, text, msgs, ret_conf);
	en_wipe(text, len);
	free(text);
	return code;
}
