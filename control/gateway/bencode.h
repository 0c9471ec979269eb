/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bencode.h - bencode text <-> a tree of values.
 *
 *   4:ping      bytes        anything but NUL, so that what is read is a C string (often not UTF-8)
 *   i-12e       integer      64 bits
 *   l…e         list         of values
 *   d…e         dictionary   of keys and values; a key is printable ASCII, in any order; of two alike the last counts,
 *                            but lists of one key add up
 *
 * Runs on:   any thread, on what the caller owns.
 * Invariants
 *   B1  nothing is allocated for a length before that many bytes are known to be there.
 *   B2  no input costs more than CP_BENCODE_VALUES_MAX values and CP_BENCODE_DEPTH_MAX calls in one another.
 */
#ifndef CP_BENCODE_H
#define CP_BENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "engine/base/bytes.h"
#include "engine/base/log.h"

#define CP_BENCODE_DEPTH_MAX  16
#define CP_BENCODE_VALUES_MAX 4096 /* in one text, lists and dictionaries counted too */
#define CP_BENCODE_KEY_MAX    255

/*
 * The one value that the bytes are; *ret_json is the caller's (json_decref). Strings may hold bytes that are not
 * UTF-8: json_dumps() fails on those. Returns 0, or -1 with a sentence that names the byte, counted from 0.
 */
int cp_bencode_read(const void *data, size_t len, json_t **ret_json, struct en_err *err);

/*
 * Booleans come out as i1e and i0e. False when the writer is full (it is not ok then), or when the tree has what
 * bencode has not (real numbers, null) or is deeper than CP_BENCODE_DEPTH_MAX (the writer is made not ok).
 */
bool cp_bencode_write(const json_t *json, struct en_writer *w);

/* Whether a tree that came otherwise (JSON) keeps what cp_bencode_read() would hold it to; -1 with a sentence. */
int cp_bencode_judge(const json_t *json, struct en_err *err);

#endif
