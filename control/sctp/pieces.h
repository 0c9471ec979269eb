/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pieces.h - messages that the SCTP stack hands over in pieces ("partial delivery": big ones, and those of several
 * streams at once with I-DATA), put together again.
 *
 * Invariants
 *   P1  one message a stream is in pieces at a time: the stack delivers so (RFC 6458 s8.1.20, level 2).
 *   P2  bounded: one message by `message`, all of an association by `total`.
 */
#ifndef CP_SCTP_PIECES_H
#define CP_SCTP_PIECES_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

struct cp_sctp_piece {
	LIST_ENTRY(cp_sctp_piece) link;
	uint16_t stream;
	uint32_t first_tsn; /* tells the message from the next one when its end never came */
	uint8_t *bytes;
	uint32_t len, size;
	bool skipped; /* it is too big: nothing of it is kept, and nothing will be */
};

struct cp_sctp_pieces {
	LIST_HEAD(, cp_sctp_piece) list;
	uint32_t message, total; /* limits */
	uint32_t held;
};

void cp_sctp_pieces_init(struct cp_sctp_pieces *p, uint32_t message, uint32_t total);
void cp_sctp_pieces_fini(struct cp_sctp_pieces *p);
/* NULL: nothing of this message was kept; what was kept of another one of this stream is dropped. */
struct cp_sctp_piece *cp_sctp_pieces_find(struct cp_sctp_pieces *p, uint16_t stream, uint32_t first_tsn);
/* `piece` NULL: a new one. -EMSGSIZE, -ENOBUFS: beyond the limits (P2); -ENOMEM. */
int cp_sctp_pieces_add(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint16_t stream, uint32_t first_tsn,
		       const uint8_t *bytes, uint32_t len, struct cp_sctp_piece **ret_piece);
/* What was kept of it goes, and what comes is to be thrown away. `piece` as above. False: no memory. */
bool cp_sctp_pieces_skip(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint16_t stream, uint32_t first_tsn);
/* The bytes are the caller's. */
uint8_t *cp_sctp_pieces_take(struct cp_sctp_pieces *p, struct cp_sctp_piece *piece, uint32_t *ret_len);
/* The stack gave up the message that this stream has in pieces. */
void cp_sctp_pieces_drop(struct cp_sctp_pieces *p, uint16_t stream);

#endif
