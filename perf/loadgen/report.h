/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - what was measured as the JSON that result.h describes. The caller owns what is returned. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <jansson.h>

#include "perf/loadgen/client.h"
#include "perf/loadgen/trial.h"

/* count, min, mean, p50 … max in microseconds, and the buckets. */
json_t *load_report_hist(const struct load_hist *h);
json_t *load_report_trial(const struct load_trial *t);
/* The run of a plan that took `ns`. */
json_t *load_report_clients(const struct load_clients *cs, uint64_t ns);
/* A result without runs: arguments, machine, setup. */
json_t *load_report_new(const struct load_options *o, int argc, char **argv);
/* One value of a metric, of one run. */
void load_report_metric(json_t *result, const char *name, const char *unit, const char *better, double value);
void load_report_doubt(json_t *result, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Table, files, all that the options ask for. 0 or -1 after a line on stderr. */
int load_report_out(json_t *result, const struct load_options *o);

#endif
