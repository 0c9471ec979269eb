/* SPDX-License-Identifier: BSD-3-Clause */
/* result_data.c - what became of messages on data channels, on the terminal: a line a kind of channel, of each run. */
#include "perf/loadgen/result.h"
#include "perf/loadgen/result_digest.h"
#include "perf/loadgen/result_text.h"

static double number(const json_t *j, const char *key)
{
	double n = load_digest_number(j, key);

	return n >= 0 ? n : 0; /* not a number, too */
}

static void print_kind(const json_t *kind, FILE *out)
{
	const json_t *latency = json_object_get(kind, "latency");

	fprintf(out, "  %-20s", load_text_fit(load_digest_string(kind, "kind"), 20).s);
	fprintf(out, " %10.0f %10.0f %7.0f %6.0f %7.0f %6.0f", number(kind, "sent"), number(kind, "received"),
		number(kind, "lost"), number(kind, "cut"), number(kind, "corrupt"), number(kind, "twice"));
	load_text_pad(load_text_time(number(latency, "p50_us")).s, 12, out);
	load_text_pad(load_text_time(number(latency, "p99_us")).s, 12, out);
	putc('\n', out);
}

static void print_memory(const json_t *memory, FILE *out)
{
	if (json_is_object(memory))
		fprintf(out, "  control's memory: %.1f MiB before, %.1f idle, %.1f at most, %.1f after\n",
			number(memory, "before_kib") / 1024, number(memory, "idle_kib") / 1024,
			number(memory, "peak_kib") / 1024, number(memory, "after_kib") / 1024);
}

void load_result_print_data(const json_t *result, FILE *out)
{
	const json_t *run, *kind;
	size_t i, k;

	json_array_foreach(json_object_get(result, "runs"), i, run)
	{
		const json_t *data = json_object_get(run, "data");

		if (!json_is_object(data))
			continue;
		fprintf(out, "\n  %-20s %10s %10s %7s %6s %7s %6s %11s %11s\n", "messages", "sent", "received", "lost",
			"cut", "corrupt", "twice", "p50", "p99");
		json_array_foreach(json_object_get(data, "kinds"), k, kind) print_kind(kind, out);
		fprintf(out, "  (cut: under way when we closed their channel)\n");
		fprintf(out, "  %.0f associations, %.0f lost; channels opened anew %.0f, closed by the server %.0f\n",
			number(data, "associations"), number(data, "lost"), number(data, "reopened"),
			number(data, "closed_by_server"));
		print_memory(json_object_get(data, "memory"), out);
	}
}
