/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admin.c - the operator's paths, who may ask, and the jobs that ask the dataplane.
 *
 * Runs on:   the control loop; job_work() on a thread of libuv's pool, with nothing but its job and the
 *            runtime directory's name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "control/admin/internal.h"
#include "control/gateway/gateway.h"
#include "control/http/token.h"
#include "engine/cmd/show.h"

struct cp_admin {
	const struct cp_control *control;
	unsigned int job_n;
};

typedef int (*print_fn)(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out);

struct job {
	uv_work_t work;
	struct cp_admin *admin;
	struct cp_http_request *req;
	const char *runtime_dir;
	print_fn print; /* NULL: metrics */
	uint64_t limit;
	char *text;
	size_t len;
	int status; /* of HTTP */
	struct en_err err;
};

/* --- answers -------------------------------------------------------------------------- */

static void answer_json(struct cp_http_request *req, int status, json_t *root)
{
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	if (text)
		cp_http_answer(req, status, "application/json", NULL, 0, text, strlen(text));
	else
		cp_http_answer(req, 500, NULL, NULL, 0, NULL, 0);
	free(text);
}

void cp_admin_refuse(struct cp_http_request *req, int status, const char *why)
{
	answer_json(req, status, json_pack("{s:s}", "error", why));
}

/* --- jobs ------------------------------------------------------------------------------- */

static int print_metrics(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	(void)how;
	cp_metrics_region(view->region, out);
	return 0;
}

static void job_print(struct job *job, FILE *out)
{
	const struct cmd_where where = {.runtime_dir = job->runtime_dir};
	const struct cmd_show_how how = {.json = true, .limit = job->limit};
	print_fn print = job->print ? job->print : print_metrics;
	struct cmd_view view;

	if (cmd_view_open(&where, &view, &job->err) != 0) {
		job->status = 503;
		return;
	}
	if (print(&view, &how, out) == 0) {
		job->status = 200;
	} else {
		job->status = 503;
		en_fail(&job->err, -1, "the dataplane did not tell all of it");
	}
	cmd_view_close(&view);
}

static void job_work(uv_work_t *work)
{
	struct job *job = work->data;
	FILE *out = open_memstream(&job->text, &job->len);

	if (!out) {
		en_fail(&job->err, -1, "out of memory");
		job->status = 500;
		return;
	}
	job_print(job, out);
	if (fclose(out) != 0)
		job->status = 500;
}

static void answer_metrics(const struct job *job)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out) {
		fprintf(out,
			"# HELP turnpike_dataplane_up whether the dataplane answers\n"
			"# TYPE turnpike_dataplane_up gauge\nturnpike_dataplane_up %d\n",
			job->status == 200);
		if (job->status == 200)
			fwrite(job->text, 1, job->len, out);
		cp_metrics_control(job->admin->control, out);
	}
	if (out && fclose(out) == 0)
		cp_http_answer(job->req, 200, "text/plain; version=0.0.4; charset=utf-8", NULL, 0, text, len);
	else
		cp_http_answer(job->req, 500, NULL, NULL, 0, NULL, 0);
	free(text);
}

static void job_done(uv_work_t *work, int status)
{
	struct job *job = work->data;

	if (status != 0) {
		job->status = 503;
		en_fail(&job->err, -1, "stopping");
	}
	job->admin->job_n--;
	if (!job->print)
		answer_metrics(job);
	else if (job->status == 200)
		cp_http_answer(job->req, 200, "application/json", NULL, 0, job->text, job->len);
	else
		cp_admin_refuse(job->req, job->status, job->err.text);
	free(job->text);
	free(job);
}

static void job_start(struct cp_admin *a, struct cp_http_request *req, print_fn print, uint64_t limit)
{
	struct job *job = a->job_n < CP_JOBS_MAX ? calloc(1, sizeof(*job)) : NULL;

	if (!job) {
		cp_admin_refuse(req, 503, "too many of these at once");
		return;
	}
	job->work.data = job;
	job->admin = a;
	job->req = req;
	job->print = print;
	job->limit = limit;
	job->runtime_dir = a->control->conf->runtime_dir;
	a->job_n++;
	uv_queue_work(a->control->loop, &job->work, job_work, job_done);
}

/* --- who may ask ------------------------------------------------------------------------- */

static bool is_local(const char *client)
{
	return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0;
}

/* False: refused. */
static bool may_ask(const struct cp_admin *a, struct cp_http_request *req, const struct cp_http_in *in)
{
	static const struct cp_http_header challenge = {"WWW-Authenticate", "Bearer"};
	static const char why[] = "{\"error\": \"give the token of [control] as Authorization: Bearer\"}";
	const char *token = a->control->conf->control.token;

	if (is_local(in->client) || cp_token_is_given(token, in->query, in->authorization))
		return true;
	if (*token)
		cp_http_answer(req, 401, "application/json", &challenge, 1, why, sizeof(why) - 1);
	else
		cp_admin_refuse(req, 403, "metrics and API are for this machine only, unless [control] has a token");
	return false;
}

/* --- paths -------------------------------------------------------------------------------- */

static uint64_t limit_of(const char *query)
{
	static const char word[] = "limit=";
	const char *at = strncmp(query, word, sizeof(word) - 1) == 0 ? query : strstr(query, "&limit=");
	unsigned long n;

	if (!at)
		return CP_ROWS_DEFAULT;
	n = strtoul(strchr(at, '=') + 1, NULL, 10);
	return n == 0 || n > CP_ROWS_MAX ? CP_ROWS_MAX : n;
}

static void answer_ready(const struct cp_admin *a, struct cp_http_request *req)
{
	static const char yes[] = "ready\n", no[] = "no dataplane\n";
	bool ready = a->control->synced;

	cp_http_answer(req, ready ? 200 : 503, "text/plain", NULL, 0, ready ? yes : no,
		       ready ? sizeof(yes) - 1 : sizeof(no) - 1);
}

/* id: libwebsockets has undone its %xx. */
static void answer_call(const struct cp_admin *a, struct cp_http_request *req, const char *id)
{
	json_t *call = cp_admin_call(a->control, id);

	if (call)
		answer_json(req, 200, call);
	else
		cp_admin_refuse(req, 404, "there is no such call");
}

static void answer_api(struct cp_admin *a, struct cp_http_request *req, const struct cp_http_in *in)
{
	static const struct {
		const char *name;
		print_fn print;
	} things[] = {{"allocations", cmd_show_allocations}, {"drops", cmd_show_drops}, {"cores", cmd_show_cores}};
	const char *name = in->path + strlen("/api/v1/");

	if (strcmp(name, "sessions") == 0) {
		answer_json(req, 200, cp_admin_sessions(a->control));
		return;
	}
	if (strcmp(name, "rooms") == 0) {
		answer_json(req, 200, cp_admin_rooms(a->control));
		return;
	}
	if (strcmp(name, "data") == 0) {
		answer_json(req, 200, cp_admin_data(a->control));
		return;
	}
	if (strcmp(name, "calls") == 0) {
		answer_json(req, 200, cp_admin_calls(a->control));
		return;
	}
	if (strncmp(name, "calls/", 6) == 0) {
		answer_call(a, req, name + 6);
		return;
	}
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		if (strcmp(name, things[i].name) == 0) {
			job_start(a, req, things[i].print, limit_of(in->query));
			return;
		}
	}
	cp_admin_refuse(req, 404, "here are sessions, rooms, data, calls, allocations, drops, cores");
}

/* Scripts of other origins cannot send this type unasked. */
static void answer_command(const struct cp_admin *a, struct cp_http_request *req, const struct cp_http_in *in)
{
	json_t *reply;
	bool ok;

	if (!a->control->gateway) {
		cp_admin_refuse(req, 404, "there are no calls without [gateway] rtp");
	} else if (strcmp(in->content_type, "application/json") != 0) {
		cp_admin_refuse(req, 415, "a command is application/json");
	} else {
		reply = cp_gateway_command(a->control->gateway, in->body, in->body_len, &ok);
		answer_json(req, ok ? 200 : 400, reply);
	}
}

bool cp_admin_request(struct cp_admin *a, struct cp_http_request *req, const struct cp_http_in *in)
{
	static const char alive[] = "alive\n";
	bool health = strcmp(in->path, "/healthz") == 0, ready = strcmp(in->path, "/readyz") == 0;
	bool metrics = strcmp(in->path, "/metrics") == 0, api = strncmp(in->path, "/api/v1/", 8) == 0;
	bool command = strcmp(in->method, "POST") == 0 && strcmp(in->path, "/api/v1/calls") == 0;

	if (!health && !ready && !metrics && !api)
		return false;
	if (strcmp(in->method, "GET") != 0 && !command)
		cp_admin_refuse(req, 405, "only GET here, and POST for commands of calls");
	else if (health)
		cp_http_answer(req, 200, "text/plain", NULL, 0, alive, sizeof(alive) - 1);
	else if (ready)
		answer_ready(a, req);
	else if (!may_ask(a, req, in))
		return true;
	else if (command)
		answer_command(a, req, in);
	else if (metrics)
		job_start(a, req, NULL, 0);
	else
		answer_api(a, req, in);
	return true;
}

int cp_admin_create(const struct cp_control *control, struct cp_admin **ret_admin, struct en_err *err)
{
	struct cp_admin *a = calloc(1, sizeof(*a));

	if (!a)
		return en_fail(err, -ENOMEM, "out of memory");
	a->control = control;
	*ret_admin = a;
	return 0;
}

void cp_admin_destroy(struct cp_admin *a)
{
	while (a && a->job_n)
		uv_run(a->control->loop, UV_RUN_ONCE);
	free(a);
}
