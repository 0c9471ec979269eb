/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turnload.c - load any TURN server over UDP from kernel sockets, and say
 * what it stood: relayed packets/s, latency, allocations/s.
 *
 * One thread. Everything that it reports was received: at the peer sockets
 * for packets, as success responses for requests.
 *
 * Not here:  the subcommands (relay.c, allocate.c), the client's side of TURN
 *            (client.c, clients_run.c), the inner loop (trial.c).
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "perf/loadgen/command.h"
#include "perf/loadgen/cpu.h"

/* A socket for each client: thousands of descriptors. */
static void raise_descriptor_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_NOFILE, &lim);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct load_options *o);
	} commands[] = {
		{"relay", load_relay},
		{"allocate", load_allocate},
		{"hold", load_hold},
	};
	struct load_options o;

	for (unsigned int i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (load_options_parse(argc - 1, argv + 1, &o) < 0)
			return 2;
		raise_descriptor_limit();
		if (o.cpu >= 0 && load_cpu_pin(o.cpu) < 0)
			return 1;
		return commands[i].run(&o);
	}
	load_options_usage();
	return 2;
}
