/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result.h - what turnpike-bench found, as one JSON object, and the four ways to
 * show it: terminal table, JSON file, HTML report, comparison with another.
 *
 * The object is the contract between the generator and the reports; the same
 * object is what the JSON file holds and what `compare` reads back.
 *
 *	RESULT  tool      LOAD_RESULT_TOOL
 *	        schema    LOAD_RESULT_SCHEMA
 *	        command   relay | allocate | forward | rtp | rooms | data | calls | stun | junk
 *	        arguments the full command line
 *	        started   ISO 8601, UTC
 *	        name      the label given with --name, or the command
 *	        machine   object: load_machine() and what the caller adds (dpdk …)
 *	        setup     object, flat: key -> string, number or boolean
 *	        runs      array of RUN, one for each repetition
 *	        metrics   object: name -> METRIC
 *	        doubts    array of sentences
 *	        browsers  rooms: {publishers, completed, failed, per_second, latency: HIST}: setting up
 *	RUN     label     string, optional
 *	        fixed     TRIAL, optional
 *	        search    array of LIMIT, optional
 *	        tried     array of {rate, loss, held, p99_us?}: every trial of the search, optional
 *	        curve     array of {share, trial: TRIAL}, optional; share 1 is the no-drop rate
 *	        allocate  {completed, failed, per_second, errors: {code: n}, latency: HIST}, optional
 *	        data      {associations, lost, reopened, closed_by_server, strange, seconds, setup: HIST, kinds: [KIND],
 *	                   memory: {before_kib, idle_kib, peak_kib, after_kib}?}, optional; the last KIND is "all"
 *	KIND    {kind, sent, received, lost, twice, corrupt, disordered, held, cut, bytes_sent, bytes_received,
 *	         latency: HIST}: messages on data channels; held: due, not sent; cut: under way when we closed the
 *channel LIMIT   {loss_limit, rate, trials, limited_by, passed: TRIAL?, failed: TRIAL?} METRIC  {unit, better: "higher"
 *| "lower", values: [one number a run]} TRIAL   {rate, achieved, generator_idle (0..1), generator_held, planned, sent,
 *received, loss (0..1), corrupt, duplicates, reordered, send_errors, preempted, latency: HIST, send_lag: HIST, copies?
 *(rooms: ends that a packet is sent on to; received and loss count them all), drops: {reason: n}?, cpu: [{user, system,
 *softirq, idle, steal}]?} HIST    {count, min_us, mean_us, p50_us, p90_us, p99_us, p99_9_us, max_us, buckets:
 *[[upper_us, count] …]?}; buckets ascending, only those that hold something
 *
 * Rates are packets/s, losses and shares are fractions of 1, times are
 * microseconds. A unit "us" is shown as µs.
 *
 * Invariants
 *   A file may come from anywhere: a missing key or a wrong type is left out of
 *   the report and never fatal; every string is escaped before it is HTML, and
 *   carries no control character to the terminal.
 *   Nothing here changes or keeps the object.
 */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include <stdio.h>

#include <jansson.h>

#define LOAD_RESULT_TOOL   "turnpike-bench"
#define LOAD_RESULT_SCHEMA 1

/* Setup, metrics with their spread, who gave way at each limit, latency, the generator itself, doubts. 100 columns. */
void load_result_print(const json_t *result, FILE *out);
/* Of that: messages on data channels, when there were any. */
void load_result_print_data(const json_t *result, FILE *out);

/*
 * Write a file, replacing what was there. 0, or -errno after one plain sentence
 * on `err`.
 */
int load_result_write_json(const json_t *result, const char *path, FILE *err);
/* One self-contained page: no script, nothing loaded from elsewhere. */
int load_result_write_html(const json_t *result, const char *path, FILE *err);

/* What both of them do around `print` (0, or -1 with errno). The same answer. */
int load_result_file(const json_t *result, const char *path, int (*print)(const json_t *result, FILE *out), FILE *err);

/*
 * The subcommand: what differs between two result files, and whether by more
 * than the spread of their runs. 0 when a comparison was printed, whatever its
 * verdict; -errno after one plain sentence on `err` when a file cannot be read,
 * is no result, or the two have no metric in common.
 */
int load_compare(const char *a_path, const char *b_path, FILE *out, FILE *err);

#endif
