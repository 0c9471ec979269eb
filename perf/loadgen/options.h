/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.h - what one run of turnload is asked to do.
 */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

struct load_options {
	struct en_ep server;
	struct en_addr client; /* source address of the clients */
	struct en_ep peer; /* first peer; the others have the ports after it */
	const char *client_ns, *peer_ns; /* NULL: where turnload runs */
	const char *user, *password;

	unsigned int clients; /* relay, hold: allocations; allocate: source ports */
	unsigned int peers;
	unsigned int window; /* requests outstanding */
	unsigned int size; /* bytes of application data in a packet */
	unsigned int burst; /* consecutive packets of one client */
	int cpu; /* the generator's CPU; -1: not pinned */
	unsigned int ms; /* length of a fixed-rate run */

	uint64_t rate; /* fixed-rate run; 0: none */
	bool search;
	uint64_t search_start, search_max;
	double search_width;
	unsigned int search_votes;
	unsigned int trial_ms;

	bool direct; /* no TURN: the generator's own limit */
	bool whole; /* send whole bursts only: each packet at the time its burst is due */
	bool gso; /* hand a client's run of packets to the kernel as one */
	unsigned int rounds; /* allocate: times that all clients allocate */
	bool json;
};

/*
 * Read the options behind the subcommand's name. 0, or -1 after a line on
 * stderr. Strings are borrowed from argv.
 */
int load_options_parse(int argc, char **argv, struct load_options *ret_options);
void load_options_usage(void);

#endif
