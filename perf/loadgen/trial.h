/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.h - one open-loop trial: packets at a paced rate, and what came of
 * them.
 */
#ifndef LOAD_TRIAL_H
#define LOAD_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "perf/loadgen/cpu.h"
#include "perf/loadgen/hist.h"
#include "perf/loadgen/pace.h"
#include "perf/loadgen/payload.h"

struct load_bed;

struct load_trial {
	uint64_t rate; /* asked for */
	double achieved; /* packets/s that left */
	double idle; /* share of the sending time in which the generator had nothing to do */
	double blocked; /* share in which packets were due and the port took none: the other end is slow */
	uint64_t planned, sent;
	unsigned int copies; /* of each packet that arrive when none is lost; 1 but for rooms */
	uint64_t received; /* where they belong, each once, whole */
	uint64_t duplicates, reordered;
	uint64_t corrupt; /* payload, length or checksum not what was sent */
	uint64_t misdelivered; /* to another flow's end, or from another source than its server */
	uint64_t tx_full; /* times that the send ring took less than was due */
	uint64_t sink_drops; /* by our own full receive rings: the generator's loss, not the server's */
	struct {
		uint64_t received, duplicates, reordered, late;
	} way[2]; /* calls: what was said by callers, by those they called */
	uint64_t junk_sent, churn_started, churn_completed, churn_failed;
	uint64_t rtp_gaps, rtp_wrong; /* streams' sequence gaps; timestamps that do not fit the sequence */
	double rtp_jitter_us; /* RFC 3550 A.8, mean over the streams */
	bool stopped; /* by a signal: `planned` is what was sent until then */
	long preempted; /* times that the generator was taken off its CPU */
	struct load_cpu cpu[LOAD_CPUS_MAX];
	unsigned int cpus;
	struct load_hist latency; /* intended send time to arrival */
	struct load_hist lag; /* intended to actual send time: the generator's own delay */

	/* of the running trial */
	struct load_pace pace;
	uint64_t now; /* of the burst under way */
	uint16_t tag;
	uint64_t top; /* highest number received, plus one */
	uint64_t *seen; /* one bit a copy of a number */
};

/* Packet `seq` of the trial has arrived where it belongs. False: it had before. */
bool load_trial_arrived(struct load_trial *t, uint32_t seq);
/* The same of one of its copies; order is the caller's to judge. */
bool load_trial_copy_arrived(struct load_trial *t, uint32_t seq, unsigned int copy);

/* Sends rate × ms packets; returns when all have come or none came for a while. 0, or -1 with err. */
int load_trial_run(struct load_bed *b, uint64_t rate, unsigned int ms, struct load_trial *ret_trial);

/* lost / planned, copies counted; a packet that the generator could not send in time counts as lost. */
double load_trial_loss(const struct load_trial *t);
/* False when the generator, not the server, was what failed: rate not held, or its sink overflowed. */
bool load_trial_held(const struct load_trial *t);
/*
 * True when packets came back and then, long before the end, none any more: half a second's worth at least. A server
 * that is only too slow lets some of the last ones through.
 */
bool load_trial_died(const struct load_trial *t);
/* What gave way in a trial that failed: "server", "generator", or that it cannot be told. */
const char *load_trial_gave_way(const struct load_trial *t);

#endif
