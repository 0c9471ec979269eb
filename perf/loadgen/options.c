/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.c - turnload's command line: one table gives the names, the types,
 * the ranges and the help.
 */
#include "perf/loadgen/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "perf/loadgen/trial.h"

enum kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_ADDR,
	KIND_EP,
	KIND_UINT,
	KIND_INT,
	KIND_U64,
	KIND_REAL,
	KIND_SECONDS, /* written in seconds, kept in milliseconds */
};

struct spec {
	const char *name;
	enum kind kind;
	size_t offset;
	double min, max; /* of the numbers */
	const char *help;
};

#define AT(field) offsetof(struct load_options, field)

static const struct spec specs[] = {
	{"server", KIND_EP, AT(server), 0, 0, "A:P  the TURN server"},
	{"client", KIND_ADDR, AT(client), 0, 0, "A    source address of the clients"},
	{"peer", KIND_EP, AT(peer), 0, 0, "A:P  the first peer socket"},
	{"client-ns", KIND_TEXT, AT(client_ns), 0, 0,
	 "N    network namespace of the client sockets: a name, or a path such as /proc/PID/ns/net"},
	{"peer-ns", KIND_TEXT, AT(peer_ns), 0, 0, "N    network namespace of the peer sockets"},
	{"user", KIND_TEXT, AT(user), 0, 0, "U    long-term credentials"},
	{"password", KIND_TEXT, AT(password), 0, 0, "P"},
	{"clients", KIND_UINT, AT(clients), 1, 60000, "N    allocations, each from a source port of its own; 100"},
	{"peers", KIND_UINT, AT(peers), 1, LOAD_PEERS_MAX, "N    peer sockets, on consecutive ports; 1"},
	{"window", KIND_UINT, AT(window), 1, 60000, "N    clients with a request outstanding; 64"},
	{"size", KIND_UINT, AT(size), LOAD_PAYLOAD_MIN, LOAD_PAYLOAD_MAX, "B    application data in a message; 200"},
	{"burst", KIND_UINT, AT(burst), 1, LOAD_BATCH, "N    consecutive packets of one client; 8"},
	{"whole-bursts", KIND_FLAG, AT(whole), 0, 0, "     wait until a burst is due as a whole"},
	{"gso", KIND_FLAG, AT(gso), 0, 0, "     one walk of the kernel's stack for a burst"},
	{"cpu", KIND_INT, AT(cpu), -1, 1023, "N    pin the generator to this CPU"},
	{"rate", KIND_U64, AT(rate), 1, 1e9, "R    relay: packets/s of a fixed-rate run"},
	{"seconds", KIND_SECONDS, AT(ms), 0.01, 3600, "S    relay: length of the fixed-rate run; 5"},
	{"search", KIND_FLAG, AT(search), 0, 0, "     relay: highest rate at 0.5 %, 0.1 % and no loss"},
	{"start", KIND_U64, AT(search_start), 1, 1e9, "R    first rate of the search; 50000"},
	{"max", KIND_U64, AT(search_max), 1, 1e9, "R    highest rate of the search; 2000000"},
	{"width", KIND_REAL, AT(search_width), 0.0001, 0.5, "F    relative precision of the search; 0.02"},
	{"votes", KIND_UINT, AT(search_votes), 1, 10, "N    trials of a rate that must agree; 2"},
	{"trial", KIND_SECONDS, AT(trial_ms), 0.01, 3600, "S    length of a search trial; 1"},
	{"direct", KIND_FLAG, AT(direct), 0, 0,
	 "     relay: no server, straight to the peer: the generator's own limit"},
	{"rounds", KIND_UINT, AT(rounds), 1, 1000, "N    allocate: times that all clients allocate; 5"},
	{"json", KIND_FLAG, AT(json), 0, 0, "     the result on one line (it is JSON in any case)"},
};

#define SPECS (sizeof(specs) / sizeof(specs[0]))

void load_options_usage(void)
{
	fputs("usage: turnload relay    --server A:P --client A --peer A:P [--rate R] [--search]\n"
	      "       turnload allocate --server A:P --client A\n"
	      "       turnload hold     --server A:P --client A --peer A:P    (until stdin closes)\n\n",
	      stderr);
	for (unsigned int i = 0; i < SPECS; i++)
		fprintf(stderr, "  --%-12s %s\n", specs[i].name, specs[i].help);
}

static int set_number(const struct spec *s, void *field, const char *text)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(v >= s->min && v <= s->max)) {
		fprintf(stderr, "turnload: --%s %s: a number from %g to %g is needed\n", s->name, text, s->min, s->max);
		return -1;
	}
	switch (s->kind) {
	case KIND_UINT:
		*(unsigned int *)field = (unsigned int)v;
		break;
	case KIND_INT:
		*(int *)field = (int)v;
		break;
	case KIND_U64:
		*(uint64_t *)field = (uint64_t)v;
		break;
	case KIND_SECONDS:
		*(unsigned int *)field = (unsigned int)(v * 1000);
		break;
	default:
		*(double *)field = v;
	}
	return 0;
}

static int set(const struct spec *s, struct load_options *o, const char *text)
{
	void *field = (char *)o + s->offset;
	int rc;

	switch (s->kind) {
	case KIND_FLAG:
		*(bool *)field = true;
		return 0;
	case KIND_TEXT:
		*(const char **)field = text;
		return 0;
	case KIND_ADDR:
		rc = en_addr_parse(text, field);
		break;
	case KIND_EP:
		rc = en_ep_parse(text, field);
		break;
	default:
		return set_number(s, field, text);
	}
	if (rc < 0)
		fprintf(stderr, "turnload: --%s %s: not an address%s\n", s->name, text,
			s->kind == KIND_EP ? " and port" : "");
	return rc;
}

static int check(struct load_options *o)
{
	if (o->client.family == EN_AF_NONE || (!o->direct && o->server.addr.family != o->client.family)) {
		fputs("turnload: --client and --server are needed, of one family\n", stderr);
		return -1;
	}
	if (o->search_start > o->search_max)
		o->search_start = o->search_max;
	return 0;
}

int load_options_parse(int argc, char **argv, struct load_options *ret_options)
{
	struct option longopts[SPECS + 1] = {0};
	struct load_options o = {
		.user = "",
		.password = "",
		.clients = 100,
		.peers = 1,
		.window = 64,
		.size = 200,
		.burst = 8,
		.cpu = -1,
		.ms = 5000,
		.search_start = 50000,
		.search_max = 2000000,
		.search_width = 0.02,
		.search_votes = 2,
		.trial_ms = 1000,
		.rounds = 5,
	};
	int i;

	for (unsigned int k = 0; k < SPECS; k++) {
		longopts[k].name = specs[k].name;
		longopts[k].has_arg = specs[k].kind == KIND_FLAG ? no_argument : required_argument;
	}
	/* every entry's value is 0, so getopt_long() returns 0 and tells the index */
	for (int rc; (rc = getopt_long(argc, argv, "", longopts, &i)) != -1;) {
		if (rc != 0 || set(&specs[i], &o, optarg) < 0)
			return -1;
	}
	if (optind != argc) {
		fprintf(stderr, "turnload: unexpected argument '%s'\n", argv[optind]);
		return -1;
	}
	if (check(&o) < 0)
		return -1;
	*ret_options = o;
	return 0;
}
