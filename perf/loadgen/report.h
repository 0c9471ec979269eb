/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.h - results as JSON objects. The caller owns what is returned.
 */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <jansson.h>

#include "perf/loadgen/client.h"
#include "perf/loadgen/trial.h"

/* count, min, mean, p50 … max in microseconds. */
json_t *load_report_hist(const struct load_hist *h);
json_t *load_report_trial(const struct load_trial *t);
/* The run of a plan that took `ns`. */
json_t *load_report_clients(const struct load_clients *cs, uint64_t ns);

/* Write to stdout, as one line or indented for reading, and drop the reference. */
void load_report_print(json_t *j, bool one_line);

#endif
