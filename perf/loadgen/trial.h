/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.h - one open-loop trial: ChannelData out of the client sockets at a
 * paced rate, datagrams into the peer sockets.
 *
 * Payload of every packet, big endian; the rest is zero:
 *
 *	offset  0  4 bytes   magic
 *	        4  4         number of the trial: stragglers of an earlier one do not count
 *	        8  8         sequence number, from 0
 *	       16  8         intended send time, monotonic ns
 */
#ifndef LOAD_TRIAL_H
#define LOAD_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "perf/loadgen/cpu.h"
#include "perf/loadgen/hist.h"

#define LOAD_PAYLOAD_MIN 24
#define LOAD_PAYLOAD_MAX 1400
#define LOAD_PEERS_MAX   64
#define LOAD_BATCH       64 /* packets in one system call */

struct load_clients;

/* Where packets leave and arrive; made once, used by all trials. */
struct load_bench {
	const struct load_clients *clients;
	int peer_fd[LOAD_PEERS_MAX];
	unsigned int peers;
	unsigned int size, burst;
	bool direct; /* no ChannelData header */
	bool whole; /* wait until a client's whole run is due: later, and fewer system calls */
	bool gso; /* a client's run of packets is one UDP_SEGMENT send */
	uint32_t trials; /* run so far */
};

struct load_trial {
	uint64_t rate; /* asked for */
	double achieved; /* packets/s that left */
	double idle; /* share of the sending time in which the generator had nothing to do */
	uint64_t planned, sent, received; /* received: at the peers, each packet once */
	uint64_t duplicates, reordered, send_errors;
	uint64_t sink_drops; /* by the peers' own full buffers: the generator's loss, not the server's */
	long preempted; /* times that the generator was taken off its CPU */
	struct load_cpu cpu[LOAD_CPUS_MAX];
	unsigned int cpus;
	struct load_hist latency; /* intended send time to arrival at the peer's reader */
	struct load_hist lag; /* intended to actual send time: the generator's own delay */
};

/* Runs rate × ms packets; returns when all have come or none came for a while. 0 or -errno. */
int load_trial_run(struct load_bench *b, uint64_t rate, unsigned int ms, struct load_trial *ret_trial);

/* lost / planned; a packet that the generator could not send in time counts as lost. */
double load_trial_loss(const struct load_trial *t);
/* False when the generator, not the server, was what failed: rate not held, or its sink overflowed. */
bool load_trial_generator_held(const struct load_trial *t);

#endif
