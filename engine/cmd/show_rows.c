/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_rows.c - TURN allocations, neighbours and media sessions: rows of a snapshot.
 *
 * There may be a million: text is aligned in portions (table.c) and JSON is
 * written row by row.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/cmd.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"
#include "engine/shm/msg.h"

struct rows {
	const struct shm_region *region;
	FILE *out;
	struct cmd_table table;
	uint64_t n, limit;
};

static const char *ep_text(const struct en_ep *ep, char *buf)
{
	if (ep->addr.family != EN_AF_INET && ep->addr.family != EN_AF_INET6)
		return "-";
	return en_ep_str(ep, buf);
}

/* One element of a JSON list, each on a line. */
static int put_json(struct rows *rows, json_t *object)
{
	fputs(rows->n++ ? ",\n" : "\n", rows->out);
	json_dumpf(object, rows->out, JSON_COMPACT);
	json_decref(object);
	return ferror(rows->out) || (rows->limit && rows->n >= rows->limit);
}

static const char *user_text(const struct shm_row_allocation *row, char *buf, size_t cap)
{
	char user[SHM_USER_MAX + 1] = {0};

	memcpy(user, row->user, SHM_USER_MAX);
	return cmd_escape(user, buf, cap);
}

static void relayed_text(const struct shm_row_allocation *row, char *buf, size_t cap)
{
	char four[EN_ADDRSTR_MAX], six[EN_ADDRSTR_MAX];
	bool both = row->relay4.addr.family != EN_AF_NONE && row->relay6.addr.family != EN_AF_NONE;

	if (both)
		snprintf(buf, cap, "%s %s", ep_text(&row->relay4, four), ep_text(&row->relay6, six));
	else
		snprintf(buf, cap, "%s",
			 ep_text(row->relay4.addr.family != EN_AF_NONE ? &row->relay4 : &row->relay6, four));
}

static int print_allocation(const void *data, void *arg)
{
	const struct shm_row_allocation *row = data;
	struct rows *rows = arg;
	char client[EN_ADDRSTR_MAX], relayed[2 * EN_ADDRSTR_MAX], user[4 * SHM_USER_MAX + 1];

	relayed_text(row, relayed, sizeof(relayed));
	cmd_table_cell(&rows->table, "%s", ep_text(&row->client, client));
	cmd_table_cell(&rows->table, "%s", relayed);
	cmd_table_cell(&rows->table, "%s", user_text(row, user, sizeof(user)));
	cmd_table_cell(&rows->table, "%u", row->core);
	cmd_table_cell(&rows->table, "%" PRIu64 " s", row->age_ms / 1000);
	cmd_table_cell(&rows->table, "%" PRIu64 " s", row->expires_ms / 1000);
	cmd_table_cell(&rows->table, "%u", row->permissions);
	cmd_table_cell(&rows->table, "%u", row->channels);
	cmd_table_cell(&rows->table, "%" PRIu64 "/%" PRIu64, row->to_peer_packets, row->to_peer_bytes);
	cmd_table_cell(&rows->table, "%" PRIu64 "/%" PRIu64, row->to_client_packets, row->to_client_bytes);
	rows->n++;
	return ferror(rows->out);
}

static json_t *json_ep(const struct en_ep *ep)
{
	char text[EN_ADDRSTR_MAX];

	return ep->addr.family == EN_AF_NONE ? json_null() : json_string(ep_text(ep, text));
}

static int json_allocation(const void *data, void *arg)
{
	const struct shm_row_allocation *row = data;
	char user[4 * SHM_USER_MAX + 1];
	json_t *object = json_pack(
		"{s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "client",
		json_ep(&row->client), "server", json_ep(&row->server), "relayed4", json_ep(&row->relay4), "relayed6",
		json_ep(&row->relay6), "user", user_text(row, user, sizeof(user)), "core", (json_int_t)row->core,
		"age_ms", (json_int_t)row->age_ms, "expires_ms", (json_int_t)row->expires_ms, "permissions",
		(json_int_t)row->permissions, "channels", (json_int_t)row->channels, "to_peer_packets",
		(json_int_t)row->to_peer_packets, "to_peer_bytes", (json_int_t)row->to_peer_bytes, "to_client_packets",
		(json_int_t)row->to_client_packets, "to_client_bytes", (json_int_t)row->to_client_bytes);

	return put_json(arg, object);
}

static const char *neighbour_state(uint8_t state)
{
	switch (state) {
	case SHM_NEIGH_INCOMPLETE:
		return "incomplete";
	case SHM_NEIGH_REACHABLE:
		return "reachable";
	case SHM_NEIGH_STALE:
		return "stale";
	case SHM_NEIGH_FAILED:
		return "failed";
	}
	return "free";
}

struct neighbour_text {
	char port[4 * sizeof(((struct shm_port *)0)->name)];
	char addr[EN_ADDRSTR_MAX];
	char mac[24];
};

static void neighbour_text(const struct shm_region *r, const struct shm_row_neighbour *row, struct neighbour_text *ret)
{
	const uint8_t *m = row->mac;

	cmd_escape(row->port < r->port_n ? r->port[row->port].name : "?", ret->port, sizeof(ret->port));
	if (row->addr.family == EN_AF_INET || row->addr.family == EN_AF_INET6)
		en_addr_str(&row->addr, ret->addr);
	else
		snprintf(ret->addr, sizeof(ret->addr), "-");
	snprintf(ret->mac, sizeof(ret->mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static int print_neighbour(const void *data, void *arg)
{
	const struct shm_row_neighbour *row = data;
	struct rows *rows = arg;
	struct neighbour_text text;

	neighbour_text(rows->region, row, &text);
	cmd_table_cell(&rows->table, "%s", text.port);
	cmd_table_cell(&rows->table, "%s", text.addr);
	cmd_table_cell(&rows->table, "%s", text.mac);
	cmd_table_cell(&rows->table, "%s", neighbour_state(row->state));
	cmd_table_cell(&rows->table, "%" PRIu64 " s", row->age_ms / 1000);
	cmd_table_cell(&rows->table, "%u", row->held);
	cmd_table_cell(&rows->table, "%u", row->core);
	rows->n++;
	return ferror(rows->out);
}

static int json_neighbour(const void *data, void *arg)
{
	const struct shm_row_neighbour *row = data;
	struct rows *rows = arg;
	struct neighbour_text text;

	neighbour_text(rows->region, row, &text);
	return put_json(rows,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "port", text.port, "address", text.addr, "mac",
				  text.mac, "state", neighbour_state(row->state), "age_ms", (json_int_t)row->age_ms,
				  "held", (json_int_t)row->held, "core", (json_int_t)row->core));
}

static const char *session_state(uint32_t state)
{
	switch (state) {
	case SHM_SESSION_NEW:
		return "new";
	case SHM_SESSION_CHECKED:
		return "checked";
	case SHM_SESSION_CONNECTED:
		return "connected";
	case SHM_SESSION_LOST:
		return "lost";
	}
	return "unknown";
}

/* As RFC 5764 s4.1.2 and RFC 7714 s14.2 call them. */
static const char *session_profile(uint32_t profile)
{
	switch (profile) {
	case SHM_SRTP_NONE:
		return "-";
	case SHM_SRTP_CM_SHA1_80:
		return "AES_CM_128_HMAC_SHA1_80";
	case SHM_SRTP_CM_SHA1_32:
		return "AES_CM_128_HMAC_SHA1_32";
	case SHM_SRTP_GCM_128:
		return "AEAD_AES_128_GCM";
	case SHM_SRTP_GCM_256:
		return "AEAD_AES_256_GCM";
	}
	return "unknown";
}

static int print_session(const void *data, void *arg)
{
	const struct shm_row_session *row = data;
	struct rows *rows = arg;
	struct cmd_table *t = &rows->table;
	char local[EN_ADDRSTR_MAX], remote[EN_ADDRSTR_MAX];

	cmd_table_cell(t, "%u", row->core);
	cmd_table_cell(t, "%u", row->index);
	cmd_table_cell(t, "%s", session_state(row->state));
	cmd_table_cell(t, "%s", ep_text(&row->remote, remote));
	cmd_table_cell(t, "%s", ep_text(&row->local, local));
	cmd_table_cell(t, "%s", session_profile(row->profile));
	if (row->heard_ms == UINT64_MAX)
		cmd_table_cell(t, "-");
	else
		cmd_table_cell(t, "%" PRIu64 " s", row->heard_ms / 1000);
	cmd_table_cell(t, "%u", row->tracks);
	cmd_table_cell(t, "%u", row->streams);
	cmd_table_cell(t, "%u", row->routes);
	cmd_table_cell(t, "%" PRIu64 "/%" PRIu64, row->rx_packets, row->rx_bytes);
	cmd_table_cell(t, "%" PRIu64 "/%" PRIu64, row->tx_packets, row->tx_bytes);
	cmd_table_cell(t, "%" PRIu64, row->bad_packets);
	rows->n++;
	return ferror(rows->out);
}

static int json_session(const void *data, void *arg)
{
	const struct shm_row_session *row = data;
	json_t *heard = row->heard_ms == UINT64_MAX ? json_null() : json_integer((json_int_t)row->heard_ms);
	json_t *profile = row->profile == SHM_SRTP_NONE ? json_null() : json_string(session_profile(row->profile));

	json_t *o = json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			      "core", (json_int_t)row->core, "index", (json_int_t)row->index, "generation",
			      (json_int_t)row->generation, "state", session_state(row->state), "remote",
			      json_ep(&row->remote), "local", json_ep(&row->local), "profile", profile, "heard_ms",
			      heard, "paths", (json_int_t)row->paths, "tracks", (json_int_t)row->tracks, "streams",
			      (json_int_t)row->streams, "routes", (json_int_t)row->routes, "rx_packets",
			      (json_int_t)row->rx_packets, "rx_bytes", (json_int_t)row->rx_bytes, "tx_packets",
			      (json_int_t)row->tx_packets, "tx_bytes", (json_int_t)row->tx_bytes, "bad_packets",
			      (json_int_t)row->bad_packets);

	if (o && row->rtp_expected) {
		json_object_set_new(o, "rtp_expected", json_integer((json_int_t)row->rtp_expected));
		json_object_set_new(o, "rtp_received", json_integer((json_int_t)row->rtp_received));
		json_object_set_new(o, "jitter_us", json_integer((json_int_t)row->jitter_us));
	}
	return put_json(arg, o);
}

struct kind {
	const char *name, *heads; /* of one */
	enum shm_snapshot_kind snapshot;
	size_t row_size;
	int (*print)(const void *row, void *arg);
	int (*json)(const void *row, void *arg);
};

static int show_rows(const struct cmd_view *view, const struct cmd_show_how *how, const struct kind *kind, FILE *out)
{
	struct rows rows = {.region = view->region, .out = out, .limit = how->limit};
	struct en_err err;
	int code;

	if (how->json)
		fprintf(out, "{\"%ss\": [", kind->name);
	else
		cmd_table_begin(&rows.table, out, kind->heads);
	code = cmd_snapshot(view, kind->snapshot, kind->row_size, how->json ? kind->json : kind->print, &rows, &err);
	if (how->json)
		fputs("\n]}\n", out);
	else
		cmd_table_end(&rows.table);
	if (code != 0)
		return cmd_say(CMD_FAILED, "show", "%s", err.text);
	if (!how->json)
		fprintf(out, "%" PRIu64 " %s%s\n", rows.n, kind->name, rows.n == 1 ? "" : "s");
	return CMD_OK;
}

int cmd_show_allocations(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	static const struct kind allocations = {
		.name = "allocation",
		.heads = "CLIENT|RELAYED|USER|>CORE|>AGE|>EXPIRES|>PERMISSIONS|>CHANNELS|>TO PEER|>TO CLIENT",
		.snapshot = SHM_SNAP_ALLOCATIONS,
		.row_size = sizeof(struct shm_row_allocation),
		.print = print_allocation,
		.json = json_allocation,
	};

	return show_rows(view, how, &allocations, out);
}

int cmd_show_neighbours(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	static const struct kind neighbours = {
		.name = "neighbour",
		.heads = "PORT|ADDRESS|MAC|STATE|>CONFIRMED|>HELD|>CORE",
		.snapshot = SHM_SNAP_NEIGHBOURS,
		.row_size = sizeof(struct shm_row_neighbour),
		.print = print_neighbour,
		.json = json_neighbour,
	};

	return show_rows(view, how, &neighbours, out);
}

int cmd_show_sessions(const struct cmd_view *view, const struct cmd_show_how *how, FILE *out)
{
	static const struct kind sessions = {
		.name = "session",
		.heads = ">CORE|>SESSION|STATE|REMOTE|LOCAL|PROFILE|>HEARD|>TRACKS|>STREAMS|>ROUTES|>IN|>OUT|>BAD",
		.snapshot = SHM_SNAP_SESSIONS,
		.row_size = sizeof(struct shm_row_session),
		.print = print_session,
		.json = json_session,
	};

	return show_rows(view, how, &sessions, out);
}
