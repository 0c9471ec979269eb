/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conn.c - a program's connection: lines and bytes in, frames out.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   N1  what came in is looked at in place, and moved up when all whole frames of it were taken.
 *   N2  frames of one connection go out in the order in which they were put.
 *   N3  memory goes when libuv has let go of it: an ended connection hears and says nothing.
 */
#include "control/bridge/internal.h"

#include <stdlib.h>
#include <string.h>

/* --- its life ------------------------------------------------------------------------------ */

void cp_bridge_frame_free(struct cp_bridge_conn *c, struct cp_bridge_frame *f)
{
	c->queued -= f->len;
	if (f->channel)
		f->channel->queued -= f->len;
	free(f);
}

static void drop_frames(struct cp_bridge_conn *c, struct cp_bridge_frames *list)
{
	struct cp_bridge_frame *f;

	while ((f = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, next);
		cp_bridge_frame_free(c, f);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct cp_bridge_conn *c = handle->data;

	drop_frames(c, &c->flying);
	free(c);
}

struct cp_peer *cp_bridge_leave(struct cp_bridge_conn *c)
{
	struct cp_peer *p = c->peer;

	c->peer = NULL;
	if (!p)
		return NULL;
	p->door = NULL;
	while (!TAILQ_EMPTY(&c->channels))
		cp_bridge_channel_close(TAILQ_FIRST(&c->channels));
	cp_source_fini(&c->source);
	return p;
}

void cp_bridge_end(struct cp_bridge_conn *c)
{
	struct cp_peer *p;

	if (c->ended)
		return;
	c->ended = true;
	p = cp_bridge_leave(c);
	drop_frames(c, &c->queue);
	TAILQ_REMOVE(&c->bridge->conns, c, of_bridge);
	c->bridge->conn_n--;
	uv_close((uv_handle_t *)&c->pipe, on_closed);
	if (p)
		cp_signal_program_left(c->bridge->ctl->signal, p);
}

/* --- out --------------------------------------------------------------------------------------- */

static void go_on_writing(struct cp_bridge_conn *c);

static void on_written(uv_write_t *write, int status)
{
	struct cp_bridge_conn *c = write->handle->data;

	if (c->ended)
		return; /* on_closed() comes */
	drop_frames(c, &c->flying);
	if (status != 0) {
		cp_bridge_end(c);
		return;
	}
	cp_bridge_channels_wake(c);
	if (!c->ended)
		go_on_writing(c);
}

static void go_on_writing(struct cp_bridge_conn *c)
{
	uv_buf_t buf[CP_BRIDGE_BATCH];
	unsigned int n = 0;
	struct cp_bridge_frame *f;

	if (!STAILQ_EMPTY(&c->flying))
		return;
	while (n < CP_BRIDGE_BATCH && (f = STAILQ_FIRST(&c->queue))) {
		STAILQ_REMOVE_HEAD(&c->queue, next);
		STAILQ_INSERT_TAIL(&c->flying, f, next);
		buf[n++] = uv_buf_init(f->bytes, f->len);
	}
	if (n > 0 && uv_write(&c->write, (uv_stream_t *)&c->pipe, buf, n, on_written) != 0)
		drop_frames(c, &c->flying); /* it is broken: the read tells so */
}

bool cp_bridge_put(struct cp_bridge_conn *c, struct cp_bridge_channel *ch, json_t *head, const uint8_t *bytes,
		   uint32_t len)
{
	char *text = head && !c->ended ? json_dumps(head, JSON_COMPACT) : NULL;
	size_t head_len = text ? strlen(text) : 0;
	struct cp_bridge_frame *f = text ? malloc(sizeof(*f) + head_len + 1 + len) : NULL;

	json_decref(head);
	if (f) {
		f->channel = ch;
		f->len = (uint32_t)(head_len + 1 + len);
		memcpy(f->bytes, text, head_len);
		f->bytes[head_len] = '\n';
		if (len)
			memcpy(f->bytes + head_len + 1, bytes, len);
		STAILQ_INSERT_TAIL(&c->queue, f, next);
		c->queued += f->len;
		if (ch)
			ch->queued += f->len;
		go_on_writing(c);
	}
	free(text);
	return f != NULL;
}

/* --- in ------------------------------------------------------------------------------------------ */

/* One frame of what there is; its length, 0: not whole yet, or not taken; below 0: it is none. */
static int64_t take_frame(struct cp_bridge_conn *c, const char *at, uint32_t len)
{
	const char *end = memchr(at, '\n', len < CP_BRIDGE_LINE ? len : CP_BRIDGE_LINE);
	json_error_t why;
	json_int_t more;
	uint32_t head_len;
	json_t *head;
	bool taken;

	if (!end)
		return len >= CP_BRIDGE_LINE ? -1 : 0;
	head_len = (uint32_t)(end - at) + 1;
	head = json_loadb(at, head_len, JSON_REJECT_DUPLICATES, &why);
	more = json_integer_value(json_object_get(head, "len"));
	if (!json_is_object(head) || more < 0 || more > CP_DATA_MESSAGE_MAX) {
		json_decref(head);
		return -1;
	}
	taken = len - head_len >= more && cp_bridge_said(c, head, (const uint8_t *)at + head_len, (uint32_t)more);
	json_decref(head);
	return taken ? head_len + more : 0;
}

static void take_frames(struct cp_bridge_conn *c)
{
	uint32_t at = 0;
	int64_t n = 1;

	while (!c->ended && n > 0 && at < c->in_len) {
		n = take_frame(c, c->in + at, c->in_len - at);
		at += n > 0 ? (uint32_t)n : 0;
	}
	if (c->ended)
		return;
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	if (n >= 0)
		return;
	cp_bridge_error(c, "frame",
			"A frame is one line of JSON, an object of at most 4 KiB, and \"len\" bytes of payload.", NULL);
	cp_bridge_end(c);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *ret_buf)
{
	struct cp_bridge_conn *c = handle->data;

	(void)hint;
	*ret_buf = uv_buf_init(c->in + c->in_len, (unsigned int)(sizeof(c->in) - c->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void read_or_not(struct cp_bridge_conn *c)
{
	if (c->paused && c->reading)
		uv_read_stop((uv_stream_t *)&c->pipe);
	else if (!c->paused && !c->reading)
		uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	c->reading = !c->paused;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct cp_bridge_conn *c = stream->data;

	(void)buf;
	if (n < 0) {
		cp_bridge_end(c);
		return;
	}
	c->in_len += (uint32_t)n;
	take_frames(c);
	if (!c->ended)
		read_or_not(c);
}

void cp_bridge_resume(struct cp_source *s)
{
	struct cp_bridge_conn *c = (struct cp_bridge_conn *)((char *)s - offsetof(struct cp_bridge_conn, source));

	c->paused = false;
	take_frames(c);
	if (!c->ended)
		read_or_not(c);
}

void cp_bridge_accept(struct cp_bridge *b)
{
	struct cp_bridge_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return;
	c->bridge = b;
	TAILQ_INIT(&c->channels);
	STAILQ_INIT(&c->queue);
	STAILQ_INIT(&c->flying);
	c->door.open = cp_bridge_on_pipe;
	uv_pipe_init(b->ctl->loop, &c->pipe, 0);
	c->pipe.data = c;
	TAILQ_INSERT_TAIL(&b->conns, c, of_bridge);
	b->conn_n++;
	if (uv_accept((uv_stream_t *)b->listener, (uv_stream_t *)&c->pipe) != 0 || b->conn_n > CP_BRIDGE_CONNS)
		cp_bridge_end(c);
	else
		read_or_not(c);
}
