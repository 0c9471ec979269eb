/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run.c - `turnpike run`: check the configuration, then supervise the
 * dataplane and, with [control] http, the control process; say once when they serve.
 *
 * Not here:  the children's life (supervise.c).
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/option.h"
#include "engine/cmd/supervise.h"
#include "engine/conf/conf.h"

static void say_media(const struct conf *c)
{
	char text[EN_ADDRSTR_MAX];

	for (unsigned int i = 0; i < c->media.listen_n; i++)
		printf("%s%s (udp)", i ? ", " : ", media on ", en_ep_str(&c->media.listen[i], text));
	if (c->control.http[0])
		printf(", page on http%s://%s/", c->control.certificate[0] ? "s" : "", c->control.http);
}

static void on_first_ready(void *arg)
{
	const struct conf *c = arg;
	char text[EN_ADDRSTR_MAX];

	fputs("turnpike: ready; ", stdout);
	for (unsigned int i = 0; i < c->turn.listen_n; i++)
		printf("%s%s (udp)", i ? ", " : "TURN on ", en_ep_str(&c->turn.listen[i], text));
	if (c->turn.listen_n == 0)
		fputs("no TURN", stdout);
	say_media(c);
	printf(", %u core%s, show with: turnpike show counters --runtime-dir %s\n", c->dataplane.core_n,
	       c->dataplane.core_n == 1 ? "" : "s", c->runtime_dir);
	fflush(stdout);
}

/* A program beside this binary, or where the environment says. */
static int find_program(const char *name, const char *variable, char *buf, size_t cap)
{
	const char *env = getenv(variable);
	char self[PATH_MAX];
	ssize_t len;
	char *slash;

	if (env && *env) {
		snprintf(buf, cap, "%s", env);
		return 0;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return cmd_say(CMD_FAILED, "run", "cannot tell where this program is: %s; set %s", strerror(errno),
			       variable);
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	if ((size_t)snprintf(buf, cap, "%s%s", self, name) >= cap)
		return cmd_say(CMD_FAILED, "run", "the path of %s is too long; set %s", name, variable);
	return 0;
}

static const struct {
	struct cmd_child child; /* without its path */
	const char *variable; /* of the environment: another path */
} programs[CMD_CHILDREN_MAX] = {
	{{.name = "the dataplane", .word = "turnpike-dataplane", .drains = true}, "TURNPIKE_DATAPLANE"},
	{{.name = "the control process", .word = "turnpike-control"}, "TURNPIKE_CONTROL"},
};

static int find_programs(struct cmd_supervision *s, char path[][PATH_MAX])
{
	for (unsigned int i = 0; i < s->child_n; i++) {
		int status = find_program(programs[i].child.word, programs[i].variable, path[i], PATH_MAX);

		if (status != 0)
			return status;
		s->child[i] = programs[i].child;
		s->child[i].program = path[i];
	}
	return 0;
}

int cmd_run(int argc, char **argv)
{
	static struct conf conf; /* too big for the stack */
	const char *file = NULL;
	const struct cmd_option options[] = {{.name = "--config", .letter = "-c", .value = &file}, {0}};
	char path[CMD_CHILDREN_MAX][PATH_MAX];
	struct cmd_supervision s = {.on_first_ready = on_first_ready, .arg = &conf};
	int words, status = cmd_options(argc, argv, options, &words);

	if (status >= 0)
		return status;
	if (!file || words > 0)
		return cmd_say(CMD_USAGE, "run", "name the configuration: turnpike run -c FILE");
	if (conf_load(file, stderr, &conf) != 0)
		return CMD_FAILED;
	s.config = file;
	s.child_n = conf.control.http[0] ? 2 : 1;
	status = find_programs(&s, path);
	if (status == 0)
		status = cmd_supervise(&s);
	conf_free(&conf);
	return status;
}
