/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admin.h - what operators ask over HTTP: metrics, the API, health; and the page's files.
 *
 *   GET /healthz                     200 while the process is alive
 *   GET /readyz                      200 when the dataplane is linked and synced, else 503
 *   GET /metrics                     Prometheus text
 *   GET /api/v1/sessions rooms       what signaling knows
 *   GET /api/v1/allocations          TURN allocations; ?limit=N
 *   GET /api/v1/drops cores          as `turnpike show … --json`
 *
 * Runs on:   the control loop; what asks the dataplane on a worker thread of libuv (jobs).
 * Invariants
 *   A1  a dataplane that does not answer holds up a job, never the loop; CP_JOBS_MAX jobs, then 503.
 *   A2  metrics and API are for clients on this machine, and for those with the token when there is one.
 */
#ifndef CP_ADMIN_H
#define CP_ADMIN_H

#include "control/control.h"
#include "control/http/http.h"

#define CP_JOBS_MAX     16
#define CP_ROWS_DEFAULT 1000
#define CP_ROWS_MAX     100000

int cp_admin_create(const struct cp_control *control, struct cp_admin **ret_admin, struct en_err *err);
/* Jobs that run are waited for. After cp_http_close(). NULL is fine. */
void cp_admin_destroy(struct cp_admin *a);

/* Each false: the path is not one of its own. */
bool cp_admin_request(struct cp_admin *a, struct cp_http_request *req, const struct cp_http_in *in);
bool cp_page_request(struct cp_http_request *req, const struct cp_http_in *in);

/* {"error": "…"} */
void cp_admin_refuse(struct cp_http_request *req, int status, const char *why);

#endif
