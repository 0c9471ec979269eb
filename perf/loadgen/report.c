/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - trials, client runs and whole results as JSON. */
#include "perf/loadgen/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_version.h>

#include "perf/loadgen/machine.h"
#include "perf/loadgen/result.h"

static double us(uint64_t ns)
{
	return (double)ns / 1000;
}

static json_t *buckets(const struct load_hist *h)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < LOAD_HIST_BUCKETS; i++)
		if (h->bucket[i])
			json_array_append_new(
				list, json_pack("[f, I]", us(load_hist_bucket_end(i)), (json_int_t)h->bucket[i]));
	return list;
}

json_t *load_report_hist(const struct load_hist *h)
{
	if (h->count == 0)
		return json_pack("{s:i}", "count", 0);
	return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o}", "count", (json_int_t)h->count, "min_us",
			 us(h->min), "mean_us", load_hist_mean(h) / 1000, "p50_us", us(load_hist_quantile(h, 0.5)),
			 "p90_us", us(load_hist_quantile(h, 0.9)), "p99_us", us(load_hist_quantile(h, 0.99)),
			 "p99_9_us", us(load_hist_quantile(h, 0.999)), "max_us", us(h->max), "buckets", buckets(h));
}

static json_t *cpus(const struct load_trial *t)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < t->cpus; i++) {
		const struct load_cpu *c = &t->cpu[i];

		json_array_append_new(list, json_pack("{s:f, s:f, s:f, s:f, s:f}", "user", c->user, "system", c->system,
						      "softirq", c->softirq, "idle", c->idle, "steal", c->steal));
	}
	return list;
}

static void ways(const struct load_trial *t, json_t *j)
{
	static const char *const names[] = {"from_caller", "from_called"};

	for (unsigned int i = 0; i < 2 && t->way[0].received + t->way[1].received; i++)
		json_object_set_new(j, names[i],
				    json_pack("{s:I, s:I, s:I, s:I}", "received", (json_int_t)t->way[i].received,
					      "late", (json_int_t)t->way[i].late, "duplicates",
					      (json_int_t)t->way[i].duplicates, "reordered",
					      (json_int_t)t->way[i].reordered));
}

static void beside(const struct load_trial *t, json_t *j)
{
	if (t->junk_sent)
		json_object_set_new(j, "junk_sent", json_integer((json_int_t)t->junk_sent));
	if (t->churn_started)
		json_object_set_new(j, "churn",
				    json_pack("{s:I, s:I, s:I}", "started", (json_int_t)t->churn_started, "completed",
					      (json_int_t)t->churn_completed, "failed", (json_int_t)t->churn_failed));
	if (t->rtp_jitter_us > 0 || t->rtp_gaps)
		json_object_set_new(j, "rtp",
				    json_pack("{s:I, s:I, s:f}", "gaps", (json_int_t)t->rtp_gaps, "wrong",
					      (json_int_t)t->rtp_wrong, "jitter_us", t->rtp_jitter_us));
}

json_t *load_report_trial(const struct load_trial *t)
{
	json_t *j = json_pack("{s:I, s:f, s:f, s:b, s:I, s:I, s:I, s:f, s:I, s:I}", "rate", (json_int_t)t->rate,
			      "achieved", t->achieved, "generator_idle", t->idle, "generator_held", load_trial_held(t),
			      "planned", (json_int_t)t->planned, "sent", (json_int_t)t->sent, "received",
			      (json_int_t)t->received, "loss", load_trial_loss(t), "corrupt", (json_int_t)t->corrupt,
			      "misdelivered", (json_int_t)t->misdelivered);
	json_t *more =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "duplicates", (json_int_t)t->duplicates,
			  "reordered", (json_int_t)t->reordered, "send_errors", (json_int_t)t->tx_full, "sink_drops",
			  (json_int_t)t->sink_drops, "preempted", (json_int_t)t->preempted, "latency",
			  load_report_hist(&t->latency), "send_lag", load_report_hist(&t->lag), "cpu", cpus(t));

	json_object_update(j, more);
	json_decref(more);
	if (t->copies > 1)
		json_object_set_new(j, "copies", json_integer(t->copies));
	json_object_set_new(j, "generator_blocked", json_real(t->blocked));
	beside(t, j);
	ways(t, j);
	return j;
}

json_t *load_report_clients(const struct load_clients *cs, uint64_t ns)
{
	json_t *errors = json_object();
	char code[16];

	for (unsigned int i = 0; i < LOAD_ERROR_MAX; i++) {
		if (cs->error_n[i] == 0)
			continue;
		snprintf(code, sizeof(code), "%u", i);
		json_object_set_new(errors, code, json_integer(cs->error_n[i]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:o}", "completed", (json_int_t)cs->completed, "failed",
			 (json_int_t)cs->failed, "requests", (json_int_t)cs->requests, "retransmits",
			 (json_int_t)cs->retransmits, "seconds", (double)ns / 1e9, "per_second",
			 ns ? (double)cs->completed * 1e9 / (double)ns : 0, "errors", errors, "latency",
			 load_report_hist(&cs->latency));
}

/* --- the whole --------------------------------------------------------------------- */

static void set_text(json_t *j, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(j, key, json_string(text));
}

static void set_number(json_t *j, const char *key, uint64_t n)
{
	if (n)
		json_object_set_new(j, key, json_integer((json_int_t)n));
}

static void rooms(const struct load_options *o, json_t *j)
{
	char text[EN_ADDRSTR_MAX];

	set_text(j, "http", en_ep_str(&o->http, text));
	set_number(j, "rooms", o->rooms);
	set_number(j, "publishers", o->publishers);
	set_number(j, "subscribers", o->subscribers);
	set_text(j, "media", !o->audio ? "video" : o->video ? "audio and video" : "audio");
	set_number(j, "streams", o->clients);
	set_text(j, "profile", load_profile_name(o->profile));
}

static void data_channels(const struct load_options *o, json_t *j)
{
	char text[EN_ADDRSTR_MAX];

	set_text(j, "http", en_ep_str(&o->http, text));
	set_number(j, "associations", o->associations);
	set_number(j, "channels", o->channels);
	set_number(j, "largest", o->largest);
	set_number(j, "reopen", o->reopen);
	set_text(j, "through", o->pairs ? "rooms of two" : "echo");
}

static void calls(const struct load_options *o, json_t *j)
{
	char text[EN_ADDRSTR_MAX];

	set_text(j, "mode", load_call_mode_name(o->call_mode));
	set_number(j, "calls", o->calls);
	if (o->call_mode == LOAD_CALL_CODECS) {
		json_object_set_new(j, "complexity", json_integer(o->complexity));
		set_number(j, "opus_rate", o->opus_rate);
		set_number(j, "opus_channels", o->opus_channels);
		return;
	}
	set_text(j, "ng", en_ep_str(&o->ng, text));
	if (o->call_mode == LOAD_CALL_SRTP)
		set_text(j, "profile", load_profile_name(o->profile));
}

static json_t *setup(const struct load_options *o)
{
	bool turn = !(o->command & (LOAD_FORWARD | LOAD_STUN | LOAD_ROOMS | LOAD_DATA | LOAD_CALLS));
	bool data = !(o->command & (LOAD_ALLOCATE | LOAD_HOLD | LOAD_DATA | LOAD_CALLS));
	char text[EN_ADDRSTR_MAX], sizes[LOAD_SIZES_MAX * 6] = "";
	json_t *j = json_object();

	set_text(j, "port", o->port);
	set_text(j, "port2", o->port2);
	set_text(j, "address", en_prefix_str(&o->address, text));
	if (o->server.port)
		set_text(j, "server", en_ep_str(&o->server, text));
	if (o->destination.port)
		set_text(j, "destination", en_ep_str(&o->destination, text));
	if (o->command == LOAD_ROOMS)
		rooms(o, j);
	else if (o->command == LOAD_DATA)
		data_channels(o, j);
	else if (o->command == LOAD_CALLS)
		calls(o, j);
	else
		set_number(j, "clients", o->clients);
	if (turn && data) {
		set_number(j, "peers", o->peers);
		set_text(j, "direction", load_direction_name(o->direction));
		set_text(j, "method", o->send ? "send" : "channel");
	}
	for (unsigned int i = 0; i < o->sizes; i++)
		snprintf(sizes + strlen(sizes), sizeof(sizes) - strlen(sizes), "%s%u", i ? "," : "", o->size[i]);
	if (data) {
		set_text(j, "size", o->command == LOAD_STUN ? "20" : sizes);
		set_text(j, "order", o->random ? "random" : "sequential");
		set_number(j, "burst", o->burst);
		set_number(j, "trial_ms", o->search ? o->trial_ms : 0);
	} else if (o->command == LOAD_CALLS) {
		set_number(j, "trial_ms", o->search ? o->trial_ms : 0);
	} else {
		set_number(j, "window", o->window);
	}
	set_number(j, "fixed_rate", o->rate);
	set_number(j, "seconds_ms", o->rate ? o->ms : 0);
	set_number(j, "junk", o->junk);
	set_number(j, "churn", o->churn);
	json_object_set_new(j, "cpu", json_integer(o->cpu));
	set_number(j, "descriptors", o->descriptors);
	return j;
}

/* "--password", "--password=P", and what getopt takes for them: "--pass", "--pa=P" …; and "--token" */
static bool is_password(const char *arg)
{
	return strncmp(arg, "--pa", 4) == 0 || strncmp(arg, "--to", 4) == 0;
}

/* As typed, but no password: a report is passed on. */
static json_t *command_line(int argc, char **argv)
{
	char text[4096] = LOAD_RESULT_TOOL;
	size_t used = strlen(text);

	for (int i = 0; i < argc && used < sizeof(text); i++) {
		bool secret = i > 0 && is_password(argv[i - 1]) && !strchr(argv[i - 1], '=');
		const char *arg = secret ? "…"
				  : is_password(argv[i]) && strchr(argv[i], '=')
					  ? (argv[i][2] == 't' ? "--token=…" : "--password=…")
					  : argv[i];
		bool quote = strpbrk(arg, " \t\"'$&|;<>()*?") != NULL;

		used += (size_t)snprintf(text + used, sizeof(text) - used, quote ? " '%s'" : " %s", arg);
	}
	return json_string(text);
}

json_t *load_report_new(const struct load_options *o, int argc, char **argv)
{
	json_t *machine = load_machine((int)o->cpu, o->cpu ? 0 : 1);
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_object_set_new(machine, "dpdk", json_string(rte_version()));
	return json_pack("{s:s, s:i, s:s, s:o, s:s, s:s, s:o, s:o, s:[], s:{}, s:[]}", "tool", LOAD_RESULT_TOOL,
			 "schema", LOAD_RESULT_SCHEMA, "command", argv[0], "arguments", command_line(argc, argv),
			 "started", when, "name", o->name, "machine", machine, "setup", setup(o), "runs", "metrics",
			 "doubts");
}

void load_report_metric(json_t *result, const char *name, const char *unit, const char *better, double value)
{
	json_t *metrics = json_object_get(result, "metrics"), *m = json_object_get(metrics, name);

	if (!m) {
		m = json_pack("{s:s, s:s, s:[]}", "unit", unit, "better", better, "values");
		json_object_set_new(metrics, name, m);
	}
	json_array_append_new(json_object_get(m, "values"), json_real(value));
}

void load_report_doubt(json_t *result, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(result, "doubts"), json_string(text));
}

int load_report_out(json_t *result, const struct load_options *o)
{
	bool to_stdout = o->json && strcmp(o->json, "-") == 0;
	int rc = 0;

	if (to_stdout) {
		json_dumpf(result, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
		putchar('\n');
	} else {
		load_result_print(result, stdout);
	}
	if (o->json && !to_stdout && load_result_write_json(result, o->json, stderr) != 0)
		rc = -1;
	if (o->html && load_result_write_html(result, o->html, stderr) != 0)
		rc = -1;
	fflush(stdout);
	return rc;
}
