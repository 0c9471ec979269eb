/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ws.c - a WebSocket: whole text messages in, a bounded queue out.
 *
 * Runs on:   the control loop.
 * Invariants
 *   W1  ws_open() is called once the handshake is over; ws_closed() once for each that ws_open() accepted.
 *   W2  neither is called from within cp_ws_send() or cp_ws_close().
 *   W3  after cp_ws_close() no message comes up, and what is queued goes out first.
 *
 * Specs:     RFC 6455 s5, s7.4.1 (codes: 1003 binary, 1007 not UTF-8, 1008 refused, 1009 too long).
 */
#include <stdlib.h>
#include <string.h>

#include "control/http/internal.h"

#define REASON_MAX 123 /* RFC 6455 s5.5 */

struct message {
	struct message *next;
	size_t len;
	uint8_t bytes[]; /* LWS_PRE of room, then the text */
};

struct cp_ws {
	struct cp_conn *conn;
	void *user; /* whoever accepted it; NULL: nobody (yet) */
	struct message *first, **last;
	size_t queued;
	char *text; /* the message that is coming in */
	size_t text_len, text_cap;
	unsigned int code; /* not 0: closing */
	char reason[REASON_MAX + 1];
	char query[2048];
};

/* --- out ---------------------------------------------------------------------------- */

static void drop_queue(struct cp_ws *ws)
{
	struct message *m;

	while ((m = ws->first) != NULL) {
		ws->first = m->next;
		free(m);
	}
	ws->last = &ws->first;
	ws->queued = 0;
}

bool cp_ws_send(struct cp_ws *ws, const char *text, size_t len)
{
	struct message *m;

	if (ws->code)
		return false;
	m = len <= CP_WS_QUEUE_MAX - ws->queued ? malloc(sizeof(*m) + LWS_PRE + len) : NULL;
	if (!m) { /* it does not read: a closing handshake would not reach it either */
		drop_queue(ws);
		ws->code = LWS_CLOSE_STATUS_POLICY_VIOLATION;
		cp_conn_kill(ws->conn);
		return false;
	}
	m->next = NULL;
	m->len = len;
	memcpy(m->bytes + LWS_PRE, text, len);
	*ws->last = m;
	ws->last = &m->next;
	ws->queued += len;
	lws_callback_on_writable(ws->conn->wsi);
	return true;
}

void cp_ws_close(struct cp_ws *ws, unsigned int code, const char *why)
{
	if (ws->code)
		return;
	ws->code = code ? code : LWS_CLOSE_STATUS_NORMAL;
	snprintf(ws->reason, sizeof(ws->reason), "%s", why ? why : "");
	lws_set_timeout(ws->conn->wsi, PENDING_TIMEOUT_CLOSE_SEND, CP_WS_CLOSE_S);
	lws_callback_on_writable(ws->conn->wsi);
	lws_cancel_service(ws->conn->http->lws);
}

int cp_ws_writable(struct cp_conn *c)
{
	struct cp_ws *ws = c->ws;
	struct message *m;
	int n;

	if (!ws)
		return -1;
	while ((m = ws->first) != NULL && !lws_send_pipe_choked(c->wsi)) {
		n = lws_write(c->wsi, m->bytes + LWS_PRE, m->len, LWS_WRITE_TEXT);
		ws->first = m->next;
		if (!ws->first)
			ws->last = &ws->first;
		ws->queued -= m->len;
		free(m);
		if (n < 0)
			return -1;
	}
	if (ws->first) {
		lws_callback_on_writable(c->wsi);
		return 0;
	}
	if (!ws->code)
		return 0;
	/* libwebsockets takes -1 of this callback for a broken socket, that of its timer's for a wish to close */
	lws_close_reason(c->wsi, (enum lws_close_status)ws->code, (unsigned char *)ws->reason, strlen(ws->reason));
	lws_set_timer_usecs(c->wsi, 1);
	return 0;
}

int cp_ws_timer(const struct cp_conn *c)
{
	return c->ws && c->ws->code ? -1 : 0;
}

/* --- in --------------------------------------------------------------------------------- */

static int refuse(struct cp_ws *ws, enum lws_close_status code, const char *why)
{
	char reason[REASON_MAX + 1];

	ws->code = code;
	snprintf(reason, sizeof(reason), "%s", why);
	lws_close_reason(ws->conn->wsi, code, (unsigned char *)reason, strlen(reason));
	return -1;
}

static bool has_room(struct cp_ws *ws, size_t more)
{
	size_t need = ws->text_len + more + 1, cap = ws->text_cap ? ws->text_cap : 4096;
	char *text;

	if (need <= ws->text_cap)
		return true;
	while (cap < need)
		cap *= 2;
	text = realloc(ws->text, cap);
	if (!text)
		return false;
	ws->text = text;
	ws->text_cap = cap;
	return true;
}

static void message_is_whole(struct cp_ws *ws)
{
	const struct cp_http *h = ws->conn->http;

	ws->text[ws->text_len] = '\0';
	h->events.ws_text(h->arg, ws, ws->user, ws->text, ws->text_len);
	ws->text_len = 0;
	if (ws->text_cap > 65536) { /* a large one is rare */
		free(ws->text);
		ws->text = NULL;
		ws->text_cap = 0;
	}
}

int cp_ws_receive(struct cp_conn *c, const char *bytes, size_t len)
{
	struct cp_ws *ws = c->ws;

	if (!ws)
		return -1;
	if (ws->code || !ws->user)
		return 0;
	if (lws_is_first_fragment(c->wsi))
		ws->text_len = 0;
	if (lws_frame_is_binary(c->wsi))
		return refuse(ws, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "text messages only");
	if (ws->text_len + len + lws_remaining_packet_payload(c->wsi) > CP_WS_MESSAGE_MAX)
		return refuse(ws, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "the message is too long");
	if (!has_room(ws, len))
		return -1;
	memcpy(ws->text + ws->text_len, bytes, len);
	ws->text_len += len;
	if (lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0)
		message_is_whole(ws);
	return 0;
}

/* --- its life --------------------------------------------------------------------------- */

int cp_ws_upgrade(struct cp_conn *c)
{
	struct cp_ws *ws = c->ws ? NULL : calloc(1, sizeof(*ws));

	if (!ws)
		return -1;
	ws->conn = c;
	ws->last = &ws->first;
	c->ws = ws;
	return cp_request_query(c->wsi, ws->query, sizeof(ws->query)) < 0 ? -1 : 0;
}

int cp_ws_established(struct cp_conn *c)
{
	const struct cp_http *h = c->http;
	struct cp_ws *ws = c->ws;

	if (!ws)
		return -1;
	cp_conn_set_deadline(c, 0);
	ws->user = h->events.ws_open(h->arg, ws, c->client, ws->query);
	if (!ws->user)
		cp_ws_close(ws, LWS_CLOSE_STATUS_POLICY_VIOLATION, "refused");
	return 0;
}

void cp_ws_gone(struct cp_conn *c)
{
	struct cp_ws *ws = c->ws;

	if (!ws)
		return;
	c->ws = NULL;
	if (ws->user)
		c->http->events.ws_closed(c->http->arg, ws, ws->user);
	drop_queue(ws);
	free(ws->text);
	free(ws);
}
