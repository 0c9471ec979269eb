/* SPDX-License-Identifier: BSD-3-Clause */
/* command.h - the subcommands. They run on the generator's thread; 0, or -1 with the sentence that says why not. */
#ifndef LOAD_COMMAND_H
#define LOAD_COMMAND_H

#include <jansson.h>

#include "perf/loadgen/bed.h"

/* relay, rtp, junk, forward, stun: fixed rate, search and curve, as often as asked for. */
int load_stream(const struct load_options *o, json_t *result, struct en_err *err);
int load_allocate(const struct load_options *o, json_t *result, struct en_err *err);
/* Prints its own result, before it waits for the end of standard input. */
int load_hold(const struct load_options *o, struct en_err *err);

/* Associations with data channels. */
int load_data(const struct load_options *o, json_t *result, struct en_err *err);

/* Calls through a gateway, in any --mode. */
int load_calls(const struct load_options *o, json_t *result, struct en_err *err);

/* One search for every loss limit, loosest first; appends to the run. 0 or -1. */
int load_search_limits(struct load_bed *b, json_t *result, json_t *run, uint64_t *ret_no_loss, struct en_err *err);
/* The sentence on a trial of which nothing came back; -1. */
int load_trial_nothing(const struct load_bed *b, const struct load_trial *t, struct en_err *err);
/* A trial in which the generator held, if it can be had in a few tries. */
int load_trial_try(struct load_bed *b, uint64_t rate, unsigned int ms, struct load_trial *t, struct en_err *err);

#endif
