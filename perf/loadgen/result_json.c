/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_json.c - a result as a file of JSON that people can read and `git diff`
 * can compare: what fits on a line stays on one, and so do histogram buckets,
 * of which there are hundreds.
 */
#include "perf/loadgen/result.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 100
#define FLAGS        (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))
#define DEPTH_MAX    16 /* of our own; deeper is written on one line */

static int write_value(const json_t *value, bool one_line, unsigned int depth, FILE *out);

static int write_members(const json_t *object, unsigned int depth, FILE *out)
{
	const json_t *value;
	const char *key, *comma = "";

	json_object_foreach((json_t *)object, key, value)
	{
		json_t *name = json_string(key);
		int bad;

		fprintf(out, "%s\n%*s", comma, (int)depth + 1, "");
		bad = name == NULL || json_dumpf(name, out, FLAGS) != 0;
		json_decref(name);
		fputs(": ", out);
		if (bad || write_value(value, strcmp(key, "buckets") == 0, depth + 1, out) != 0)
			return -1;
		comma = ",";
	}
	return 0;
}

static int write_elements(const json_t *array, unsigned int depth, FILE *out)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		fprintf(out, "%s\n%*s", i ? "," : "", (int)depth + 1, "");
		if (write_value(value, false, depth + 1, out) != 0)
			return -1;
	}
	return 0;
}

static int write_value(const json_t *value, bool one_line, unsigned int depth, FILE *out)
{
	bool object = json_is_object(value);
	int bad;

	/* a buffer of NULL: only the length is told */
	if (one_line || depth >= DEPTH_MAX || (!object && !json_is_array(value)) ||
	    json_dumpb(value, NULL, 0, FLAGS) <= LINE_MAX_LEN)
		return json_dumpf(value, out, FLAGS);
	putc(object ? '{' : '[', out);
	bad = object ? write_members(value, depth, out) : write_elements(value, depth, out);
	fprintf(out, "\n%*s%c", (int)depth, "", object ? '}' : ']');
	return bad;
}

static int print_json(const json_t *result, FILE *out)
{
	return write_value(result, false, 0, out) != 0 || putc('\n', out) == EOF ? -1 : 0;
}

int load_result_write_json(const json_t *result, const char *path, FILE *err)
{
	return load_result_file(result, path, print_json, err);
}

int load_result_file(const json_t *result, const char *path, int (*print)(const json_t *result, FILE *out), FILE *err)
{
	FILE *out = fopen(path, "we");
	int error = 0;

	if (out == NULL) {
		error = errno;
	} else {
		errno = 0;
		if (print(result, out) != 0 || ferror(out))
			error = errno ? errno : EIO;
		if (fclose(out) != 0 && error == 0)
			error = errno;
	}
	if (error != 0)
		fprintf(err, "turnpike-bench: cannot write %s: %s\n", path, strerror(error));
	return -error;
}
