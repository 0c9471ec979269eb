/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run.c - `turnpike run`: check the configuration, then supervise the
 * dataplane and say once when it serves.
 *
 * Not here:  the child's life (supervise.c).
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

#define DATAPLANE     "turnpike-dataplane"
#define DATAPLANE_ENV "TURNPIKE_DATAPLANE"

static void on_first_ready(void *arg)
{
	const struct conf *c = arg;
	char text[EN_ADDRSTR_MAX];

	fputs("turnpike: ready; ", stdout);
	for (unsigned int i = 0; i < c->turn.listen_n; i++)
		printf("%s%s (udp)", i ? ", " : "TURN on ", en_ep_str(&c->turn.listen[i], text));
	if (c->turn.listen_n == 0)
		fputs("no TURN", stdout);
	printf(", %u core%s, show with: turnpike show counters --runtime-dir %s\n", c->dataplane.core_n,
	       c->dataplane.core_n == 1 ? "" : "s", c->runtime_dir);
	fflush(stdout);
}

/* The dataplane beside this binary, or where the environment says. */
static int find_dataplane(char *buf, size_t cap)
{
	const char *env = getenv(DATAPLANE_ENV);
	char self[PATH_MAX];
	ssize_t len;
	char *slash;

	if (env && *env) {
		snprintf(buf, cap, "%s", env);
		return 0;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return cmd_say(CMD_FAILED, "run", "cannot tell where this program is: %s; set " DATAPLANE_ENV,
			       strerror(errno));
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	if ((size_t)snprintf(buf, cap, "%s%s", self, DATAPLANE) >= cap)
		return cmd_say(CMD_FAILED, "run", "the path of " DATAPLANE " is too long; set " DATAPLANE_ENV);
	return 0;
}

/* Keys of the contract whose servers are not built yet: said, so that nobody waits for them. */
static void warn_unserved(const struct conf *c)
{
	if (c->media.listen_n)
		fputs("turnpike: [media] listen is read, but this version serves TURN only\n", stderr);
	if (c->control.http[0])
		fputs("turnpike: [control] http is read, but this version has no control process\n", stderr);
}

int cmd_run(int argc, char **argv)
{
	static struct conf conf; /* too big for the stack */
	const char *file = NULL;
	const struct cmd_option options[] = {{.name = "--config", .letter = "-c", .value = &file}, {0}};
	char program[PATH_MAX];
	struct cmd_supervision s = {.program = program, .on_first_ready = on_first_ready, .arg = &conf};
	int words, status = cmd_options(argc, argv, options, &words);

	if (status >= 0)
		return status;
	if (!file || words > 0)
		return cmd_say(CMD_USAGE, "run", "name the configuration: turnpike run -c FILE");
	if (conf_load(file, stderr, &conf) != 0)
		return CMD_FAILED;
	warn_unserved(&conf);
	s.config = file;
	status = find_dataplane(program, sizeof(program));
	if (status == 0)
		status = cmd_supervise(&s);
	conf_free(&conf);
	return status;
}
