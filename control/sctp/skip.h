/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * skip.h - a FORWARD-TSN that ends within a message is shortened to what comes before that message.
 *
 * A sender gives up TSNs up to a number behind which all is acknowledged or given up (RFC 3758 s3.5). That number can
 * lie in the middle of a message that it has not given up: its beginning has come, its end is still on the way. usrsctp
 * 0.9.5 throws away what has come of every unordered message up to there, of reliable streams too
 * (sctp_handle_forward_tsn()): the message is lost although both sides believe that it arrived. Shortened, the
 * FORWARD-TSN does no harm, and the sender says it again when that message is complete. One that is given up half sent
 * is known by the next TSN, at which another one begins; else by time, for the rest of a message that lives can take
 * several timeouts of its sender.
 *
 * Fragments of one message have consecutive TSNs (RFC 9260 s6.9; without I-DATA), so only the message that holds the
 * number itself can be in the middle.
 */
#ifndef CP_SCTP_SKIP_H
#define CP_SCTP_SKIP_H

#include <stdbool.h>
#include <stdint.h>

#define CP_SCTP_SKIP_TSNS 8192 /* that are remembered: more than the receive buffer holds */
#define CP_SCTP_SKIP_MS   15000 /* a message that does not end until then was given up after all */

struct cp_sctp_skip {
	uint8_t seen[CP_SCTP_SKIP_TSNS]; /* flags of the fragment that came, by TSN; 0: none */
	bool any;
	uint32_t top; /* highest of them */
	uint32_t held; /* the last number that was shortened */
	uint64_t held_ms; /* when it was for the first time; 0: never */
};

/* A packet that the gate let in; what the stack shall see instead: it, or, with a number changed, a copy in `copy` (of
 * len bytes). Its checksum is not looked at any more. */
const uint8_t *cp_sctp_skip_look(struct cp_sctp_skip *k, const uint8_t *packet, uint32_t len, uint64_t now_ms,
				 uint8_t *copy);

#endif
