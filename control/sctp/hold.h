/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold.h - a far end's request to reset streams waits until all data before it has come.
 *
 * A request names the last TSN that was given out before it (RFC 6525 s4.1). usrsctp 0.9.5 that gets one early puts
 * whole messages that come behind it aside, and queues them as ordered ones when the reset is done: of unordered
 * messages the second is "a duplicate" and ends the association, or stays in the queue until a FORWARD-TSN empties it
 * (sctp_process_a_data_chunk()). Kept here until a SACK of ours covers that TSN, the request is carried out at once.
 *
 * A far end has one request under way (RFC 6525 s5.1.1); one that it sends again replaces what is held.
 */
#ifndef CP_SCTP_HOLD_H
#define CP_SCTP_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct cp_sctp_hold {
	uint8_t *packet; /* a common header and the RE-CONFIG chunk; NULL: none */
	uint32_t len, tsn;
	bool any; /* a SACK was sent */
	uint32_t sacked; /* its cumulative TSN */
};

void cp_sctp_hold_fini(struct cp_sctp_hold *h);

/*
 * A packet that the gate let in; what the stack shall see instead: it, or, without a chunk that is held, a copy in
 * `copy` (of *len bytes; it may lie there already). *len becomes that one's length: 12, when there is nothing in it.
 */
const uint8_t *cp_sctp_hold_look(struct cp_sctp_hold *h, const uint8_t *packet, uint32_t *len, uint8_t *copy);
/* A SACK goes out. */
void cp_sctp_hold_sacked(struct cp_sctp_hold *h, uint32_t tsn);
/* What is held and may go in now; NULL: nothing. The caller frees it. */
uint8_t *cp_sctp_hold_take(struct cp_sctp_hold *h, uint32_t *ret_len);

#endif
