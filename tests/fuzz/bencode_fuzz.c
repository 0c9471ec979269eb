/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bencode_fuzz.c - arbitrary bytes as bencode.
 *
 * Held besides memory safety: a refusal says where; what is read keeps the limits, is written into no more room than
 * it was read from needs, and is the same when it is read again.
 */
#include <stdlib.h>

#include "control/gateway/bencode.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact in = exact_copy(data, size, 0), out = exact_copy(data, size, 0);
	struct en_writer w = en_writer(out.data, size); /* shorter at most: leading zeros, keys that came twice */
	json_t *json = NULL, *again = NULL;
	struct en_err err;

	if (cp_bencode_read(in.data, size, &json, &err)) {
		must(!json && strstr(err.text, "at byte"));
	} else {
		must(cp_bencode_judge(json, &err) == 0);
		must(cp_bencode_write(json, &w));
		must(cp_bencode_read(out.data, en_written(&w), &again, &err) == 0);
		must(json_equal(json, again));
	}
	json_decref(json);
	json_decref(again);
	exact_free(&in);
	exact_free(&out);
	return 0;
}
