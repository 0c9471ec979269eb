/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * control.h - the parts of the control process, as main.c puts them together.
 *
 *     browsers ── http ── signal (rooms, sessions) ── link ── dataplane
 *                    └─── admin (metrics, api, health)
 *
 * Runs on:   the control loop.
 * Invariants
 *   C1  main.c makes and destroys all of it; the order is that of the members, destroyed backwards.
 *   C2  a part may call another through these pointers only after cp_signal_create() has returned.
 */
#ifndef CP_CONTROL_H
#define CP_CONTROL_H

#include <stdbool.h>

#include <uv.h>

struct conf;
struct cp_admin;
struct cp_bridge;
struct cp_dtls_context;
struct cp_gateway;
struct cp_http;
struct cp_link;
struct cp_sctp_stack;
struct cp_signal;

struct cp_control {
	uv_loop_t *loop;
	const struct conf *conf; /* read once, never changed */
	struct cp_dtls_context *dtls;
	struct cp_sctp_stack *sctp;
	struct cp_signal *signal;
	struct cp_gateway *gateway; /* NULL: no [gateway] */
	struct cp_bridge *bridge; /* NULL: it could not be opened */
	struct cp_link *link;
	struct cp_http *http;
	struct cp_admin *admin;
	bool synced; /* the link is up and its resync has ended */
};

#endif
