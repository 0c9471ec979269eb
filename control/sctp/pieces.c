/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pieces.c - messages in pieces: a short list (a message is in pieces rarely), each with a buffer that doubles.
 */
#include "control/sctp/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cp_sctp_pieces_init(struct cp_sctp_pieces *p, uint32_t message, uint32_t total)
{
	*p = (struct cp_sctp_pieces){.message = message, .total = total};
	LIST_INIT(&p->list);
}

static void forget(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece)
{
	LIST_REMOVE(piece, link);
	p->held -= piece->len;
	free(piece->bytes);
	free(piece);
}

void cp_sctp_pieces_fini(struct cp_sctp_pieces *p)
{
	while (!LIST_EMPTY(&p->list))
		forget(p, LIST_FIRST(&p->list));
}

static struct cp_sctp_piece *of_stream(struct cp_sctp_pieces *p, uint16_t stream)
{
	struct cp_sctp_piece *piece;

	LIST_FOREACH(piece, &p->list, link)
	if (piece->stream == stream)
		return piece;
	return NULL;
}

struct cp_sctp_piece *cp_sctp_pieces_find(struct cp_sctp_pieces *p, uint16_t stream, uint32_t first_tsn)
{
	struct cp_sctp_piece *piece = of_stream(p, stream);

	if (piece && piece->first_tsn != first_tsn) {
		forget(p, piece);
		return NULL;
	}
	return piece;
}

static int grow(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint32_t need)
{
	uint32_t size = piece->size ? piece->size : 65536;
	uint8_t *bytes;

	while (size < need)
		size *= 2;
	if (size > p->message)
		size = p->message;
	if (size == piece->size)
		return 0;
	bytes = realloc(piece->bytes, size);
	if (!bytes)
		return -ENOMEM;
	piece->bytes = bytes;
	piece->size = size;
	return 0;
}

static struct cp_sctp_piece *make(struct cp_sctp_pieces *p, uint16_t stream, uint32_t first_tsn)
{
	struct cp_sctp_piece *piece = calloc(1, sizeof(*piece));

	if (!piece)
		return NULL;
	piece->stream = stream;
	piece->first_tsn = first_tsn;
	LIST_INSERT_HEAD(&p->list, piece, link);
	return piece;
}

int cp_sctp_pieces_add(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint16_t stream, uint32_t first_tsn,
		       const uint8_t *bytes, uint32_t len, struct cp_sctp_piece **ret_piece)
{
	uint32_t before = piece ? piece->len : 0;

	if (len > p->message || before > p->message - len)
		return -EMSGSIZE;
	if (len > p->total || p->held > p->total - len)
		return -ENOBUFS;
	if (!piece)
		piece = make(p, stream, first_tsn);
	if (!piece)
		return -ENOMEM;
	if (grow(p, piece, before + len) < 0)
		return -ENOMEM;
	memcpy(piece->bytes + before, bytes, len);
	piece->len += len;
	p->held += len;
	*ret_piece = piece;
	return 0;
}

bool cp_sctp_pieces_skip(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint16_t stream, uint32_t first_tsn)
{
	if (!piece)
		piece = make(p, stream, first_tsn);
	if (!piece)
		return false;
	p->held -= piece->len;
	free(piece->bytes);
	piece->bytes = NULL;
	piece->len = piece->size = 0;
	piece->skipped = true;
	return true;
}

uint8_t *cp_sctp_pieces_take(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint32_t *ret_len)
{
	uint8_t *bytes = piece->bytes;

	*ret_len = piece->len;
	piece->bytes = NULL;
	forget(p, piece);
	return bytes;
}

void cp_sctp_pieces_drop(struct cp_sctp_pieces *p, uint16_t stream)
{
	struct cp_sctp_piece *piece = of_stream(p, stream);

	if (piece)
		forget(p, piece);
}
