/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main.c - the control process, from its arguments to its exit code.
 *
 *   turnpike-control -c FILE [--ready-fd N]
 *
 * `turnpike run` starts and supervises it; it runs alone as well. Once it serves, or cannot,
 * it says so in one line on the ready descriptor: "ready" or "fail: SENTENCE"; without one, in its log.
 * It serves when the dataplane is linked and synced, or after READY_MS without one: the page can say so then.
 * Exit: 0 ended by SIGTERM or SIGINT, 1 could not start, 2 usage or configuration.
 *
 * Order matters: socket and certificate are opened with the privileges of the start, everything that reads
 * from a network runs without them.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/admin/admin.h"
#include "control/bridge/bridge.h"
#include "control/control.h"
#include "control/dp/link.h"
#include "control/dtls/dtls.h"
#include "control/gateway/gateway.h"
#include "control/http/http.h"
#include "control/privilege.h"
#include "control/sctp/datachannel.h"
#include "control/signal/signal.h"
#include "engine/base/process.h"
#include "engine/conf/conf.h"

#define READY_MS    3000
#define DESCRIPTORS 8192
/* 50 ms of 300 Mb/s: what an association may have under way, each way (docs/data.md) */
#define SCTP_SEND    (2u << 20)
#define SCTP_RECEIVE (2u << 20)

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct process {
	struct conf conf;
	struct cp_control control;
	uv_loop_t loop;
	uv_signal_t term, interrupt;
	uv_timer_t patience;
	struct en_process_args args;
	bool reported;
};

static int usage(void)
{
	fputs("usage: turnpike-control -c FILE [--ready-fd N]   (`turnpike run -c FILE` starts it)\n", stderr);
	return EXIT_USAGE;
}

/* One line to whoever started us, once; without one, to the log. */
static void report(struct process *p, const char *failure)
{
	if (p->reported && !failure)
		return;
	p->reported = true;
	en_process_report(p->args.ready_fd, failure);
}

/* --- what the parts say to each other -------------------------------------------------- */

static void on_up(void *arg, bool again)
{
	struct process *p = arg;

	cp_signal_on_up(p->control.signal, again);
}

static void on_synced(void *arg)
{
	struct process *p = arg;

	p->control.synced = true;
	cp_signal_on_synced(p->control.signal);
	report(p, NULL);
}

static void on_down(void *arg)
{
	struct process *p = arg;

	p->control.synced = false;
	cp_signal_on_down(p->control.signal);
}

static void on_message(void *arg, unsigned int core, const struct shm_msg *m)
{
	struct process *p = arg;

	cp_signal_on_message(p->control.signal, core, m);
}

static void on_request(void *arg, struct cp_http_request *req, const struct cp_http_in *in)
{
	struct process *p = arg;

	if (strncmp(in->path, "/whip/", 6) == 0 || strncmp(in->path, "/whep/", 6) == 0)
		cp_signal_request(p->control.signal, req, in);
	else if (!cp_admin_request(p->control.admin, req, in) && !cp_page_request(req, in))
		cp_admin_refuse(req, 404, "there is nothing here");
}

static void *on_ws_open(void *arg, struct cp_ws *ws, const char *client, const char *query)
{
	struct process *p = arg;

	return cp_signal_ws_open(p->control.signal, ws, client, query);
}

static void on_ws_text(void *arg, struct cp_ws *ws, void *user, const char *text, size_t len)
{
	struct process *p = arg;

	cp_signal_ws_text(p->control.signal, ws, user, text, len);
}

static void on_ws_closed(void *arg, struct cp_ws *ws, void *user)
{
	struct process *p = arg;

	cp_signal_ws_closed(p->control.signal, ws, user);
}

static void on_stop(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static void on_patience(uv_timer_t *timer)
{
	struct process *p = timer->data;

	if (!p->reported)
		en_warn("link", "no dataplane yet");
	report(p, NULL);
}

/* --- start, run, end --------------------------------------------------------------------- */

static int open_http(struct process *p, struct en_err *err)
{
	static const struct cp_http_events events = {
		.request = on_request, .ws_open = on_ws_open, .ws_text = on_ws_text, .ws_closed = on_ws_closed};
	const struct conf_control *c = &p->conf.control;

	if (!c->http[0])
		return en_fail(err, -1, "http is empty in [control]: there is nothing to serve");
	if (!c->certificate[0] != !c->key[0])
		return en_fail(err, -1, "[control] needs both certificate and key, or neither");
	return cp_http_open(&p->loop, c->http, c->certificate[0] ? c->certificate : NULL, c->key[0] ? c->key : NULL,
			    &events, p, &p->control.http, err);
}

/* One of each session of the dataplane; each takes what it needs of its buffers. */
static int open_sctp(struct process *p, struct en_err *err)
{
	const struct cp_sctp_limits limits = {
		.associations = p->conf.media.max_sessions * p->conf.dataplane.core_n,
		.send_buffer = SCTP_SEND,
		.receive_buffer = SCTP_RECEIVE,
		.message = CP_DATA_MESSAGE_MAX,
	};

	return cp_sctp_stack_create(&p->loop, &limits, &p->control.sctp, err);
}

static int open_parts(struct process *p, struct en_err *err)
{
	static const struct cp_link_events events = {
		.on_up = on_up, .on_synced = on_synced, .on_down = on_down, .on_message = on_message};
	struct cp_control *c = &p->control;

	if (cp_dtls_context_create(&c->dtls, err) != 0 || open_sctp(p, err) != 0 ||
	    cp_admin_create(c, &c->admin, err) != 0 || cp_signal_create(c, &c->signal, err) != 0)
		return -1;
	if (p->conf.gateway.rtp_n > 0 && cp_gateway_create(c, &c->gateway, err) != 0)
		return -1;
	return cp_link_open(&p->loop, p->conf.runtime_dir, &events, p, &c->link, err);
}

static int start(struct process *p, struct en_err *err)
{
	struct cp_identity who;
	struct en_err no_bridge;
	int bridge_fd;

	uv_loop_init(&p->loop); /* stop() walks it, whatever fails here */
	p->control.loop = &p->loop;
	p->control.conf = &p->conf;
	if (cp_privilege_confine(p->conf.control.user, p->conf.user, DESCRIPTORS, &who, err) != 0)
		return -1;
	if (open_http(p, err) != 0)
		return -1;
	bridge_fd = cp_bridge_listen(p->conf.runtime_dir, who.stays ? getuid() : who.uid,
				     who.stays ? getgid() : who.gid, &no_bridge);
	if (cp_privilege_drop(&who, err) != 0 || open_parts(p, err) != 0)
		return -1;
	if (bridge_fd < 0 || cp_bridge_create(&p->control, bridge_fd, &p->control.bridge, &no_bridge) != 0)
		en_warn("start", "no programs: %s", no_bridge.text);
	else
		cp_bridge_tells_calls(p->control.bridge, cp_gateway_calls_json);
	uv_signal_init(&p->loop, &p->term);
	uv_signal_init(&p->loop, &p->interrupt);
	uv_timer_init(&p->loop, &p->patience);
	p->patience.data = p;
	uv_signal_start(&p->term, on_stop, SIGTERM);
	uv_signal_start(&p->interrupt, on_stop, SIGINT);
	uv_timer_start(&p->patience, on_patience, READY_MS, 0);
	return 0;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void stop(struct process *p)
{
	struct cp_control *c = &p->control;

	cp_http_close(c->http);
	cp_admin_destroy(c->admin);
	cp_gateway_destroy(c->gateway);
	if (c->link)
		cp_link_close(c->link);
	c->link = NULL;
	cp_bridge_destroy(c->bridge);
	if (c->signal)
		cp_signal_destroy(c->signal);
	if (c->sctp)
		cp_sctp_stack_destroy(c->sctp);
	if (c->dtls)
		cp_dtls_context_destroy(c->dtls);
	uv_walk(&p->loop, close_handle, NULL);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	uv_loop_close(&p->loop);
}

int main(int argc, char **argv)
{
	static struct process p;
	struct en_err err;
	int rc;

	if (en_process_args(argc, argv, &p.args) != 0)
		return usage();
	en_log_set_name("turnpike-control");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* a drain is the dataplane's */
	if (conf_load(p.args.file, stderr, &p.conf) != 0) {
		report(&p, "the configuration has errors");
		return EXIT_USAGE;
	}
	en_log_set_level_word(p.conf.log_level);
	rc = start(&p, &err);
	if (rc == 0)
		uv_run(&p.loop, UV_RUN_DEFAULT);
	else
		report(&p, err.text);
	stop(&p);
	conf_free(&p.conf);
	return rc == 0 ? 0 : EXIT_FAILED;
}
