/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * read.c - what the SCTP stack has for an association, turned into its events.
 *
 * Runs on:   the control loop, from cp_sctp_serve_marked().
 * Invariants
 *   A2, A4 (assoc.h): whatever is called here may have destroyed or ended the association; nothing of it is used
 *   afterwards without a look (cp_sctp_is_alive()).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sctp/glue.h"
#include "control/sctp/inner.h"

/* `own`: the bytes are in a block of their own, which is taken. */
static void give(struct cp_sctp *a, uint16_t stream, uint32_t ppid, uint8_t *bytes, uint32_t len, bool own)
{
	bool taken = a->events->message(a->arg, stream, ppid, bytes, len);

	if (taken || !cp_sctp_is_alive(a)) {
		if (own)
			free(bytes);
		return;
	}
	if (!own) {
		uint8_t *copy = malloc(len);

		if (!copy) {
			cp_sctp_end(a, "no memory for a message", true);
			return;
		}
		bytes = memcpy(copy, bytes, len);
	}
	a->kept = bytes;
	a->kept_len = len;
	a->kept_ppid = ppid;
	a->kept_stream = stream;
	a->paused = true;
}

static void give_kept(struct cp_sctp *a)
{
	uint8_t *bytes = a->kept;

	a->kept = NULL;
	give(a, a->kept_stream, a->kept_ppid, bytes, a->kept_len, true);
}

static void end_over_pieces(struct cp_sctp *a, int rc)
{
	cp_sctp_refuse(a, CP_REFUSAL_LIMIT);
	cp_sctp_end(a,
		    rc == -EMSGSIZE  ? "a message is bigger than we take"
		    : rc == -ENOBUFS ? "too many messages in pieces"
				     : "no memory for a message",
		    true);
}

/* The rest of it is not kept. */
static void skip(struct cp_sctp *a, struct cp_sctp_piece *piece, const struct cp_glue_item *item)
{
	if (!a->events->too_big)
		end_over_pieces(a, -EMSGSIZE);
	else if (!item->end && !cp_sctp_pieces_skip(&a->pieces, piece, item->stream, item->first_tsn))
		end_over_pieces(a, -ENOMEM);
	else {
		if (item->end)
			cp_sctp_pieces_drop(&a->pieces, item->stream);
		a->events->too_big(a->arg, item->stream);
	}
}

static void take_data(struct cp_sctp *a, const struct cp_glue_item *item)
{
	struct cp_sctp_stack *s = a->stack;
	struct cp_sctp_piece *piece = cp_sctp_pieces_find(&a->pieces, item->stream, item->first_tsn);
	int rc;

	if (!piece && item->end && item->len <= s->limits.message) {
		give(a, item->stream, item->ppid, s->scratch, item->len, false);
		return;
	}
	if (piece && piece->skipped) {
		if (item->end)
			cp_sctp_pieces_drop(&a->pieces, item->stream);
		return;
	}
	rc = cp_sctp_pieces_add(&a->pieces, piece, item->stream, item->first_tsn, s->scratch, item->len, &piece);
	if (rc == -EMSGSIZE) {
		skip(a, piece, item);
	} else if (rc < 0) {
		end_over_pieces(a, rc);
	} else if (item->end) {
		uint32_t len;
		uint8_t *bytes = cp_sctp_pieces_take(&a->pieces, piece, &len);

		give(a, item->stream, item->ppid, bytes, len, true);
	}
}

static void take_reset(struct cp_sctp *a, const struct cp_glue_item *item)
{
	uint32_t n = item->stream_n ? item->stream_n : CP_SCTP_STREAMS;

	for (uint32_t i = 0; i < n && cp_sctp_is_alive(a); i++) {
		uint16_t stream = item->stream_n ? item->streams[i] : (uint16_t)i;

		a->events->reset(a->arg, stream, item->outgoing, item->denied);
	}
}

static void take_end(struct cp_sctp *a, const struct cp_glue_item *item)
{
	char why[CP_SCTP_CAUSE_MAX + 96];

	if (item->given_up)
		cp_sctp_refuse(a, CP_REFUSAL_GIVEN_UP);
	snprintf(why, sizeof(why), a->cause[0] ? "%s (%s)" : "%s", item->why, a->cause);
	cp_sctp_end(a, why, false);
}

static void take(struct cp_sctp *a, const struct cp_glue_item *item)
{
	switch (item->what) {
	case CP_GLUE_DATA:
		take_data(a, item);
		break;
	case CP_GLUE_UP:
		a->up = true;
		a->streams_out = item->streams_out;
		a->events->up(a->arg, item->streams_out, item->streams_in);
		break;
	case CP_GLUE_RESET:
		take_reset(a, item);
		break;
	case CP_GLUE_GIVEN_UP:
		cp_sctp_pieces_drop(&a->pieces, item->stream);
		break;
	case CP_GLUE_GONE:
		take_end(a, item);
		break;
	case CP_GLUE_EMPTY:
	case CP_GLUE_OTHER:
		break;
	}
}

/* A quarter of the buffer: a writer that is told of every byte would come for every packet. */
static bool has_room(const struct cp_sctp *a)
{
	uint32_t size = a->stack->limits.send_buffer;

	return cp_glue_queued(a->socket) <= size - size / 4 && a->late.bytes <= size - size / 4;
}

/* A reset that the far end asked for early. */
static void give_back(struct cp_sctp *a)
{
	uint32_t len;
	uint8_t *packet = cp_sctp_hold_take(&a->hold, &len);

	if (!packet)
		return;
	a->stack->inside = true;
	cp_glue_input(a->id, packet, len);
	a->stack->inside = false;
	free(packet);
}

void cp_sctp_serve(struct cp_sctp *a)
{
	struct cp_sctp_stack *s = a->stack;
	struct cp_glue_item item = {.what = CP_GLUE_OTHER};

	if (cp_sctp_is_alive(a))
		give_back(a);
	if (cp_sctp_is_alive(a) && a->kept && !a->paused)
		give_kept(a);
	while (cp_sctp_is_alive(a) && !a->paused && item.what != CP_GLUE_EMPTY) {
		s->inside = true;
		cp_glue_read(a->socket, s->scratch, s->scratch_size, &item);
		s->inside = false;
		take(a, &item);
	}
	if (cp_sctp_is_alive(a))
		cp_sctp_pump(a);
	if (cp_sctp_is_alive(a) && a->up && a->want_room && has_room(a)) {
		a->want_room = false;
		a->events->writable(a->arg);
	}
}
