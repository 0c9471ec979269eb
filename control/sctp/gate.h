/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gate.h - what of a far end's packets the SCTP stack gets to see.
 *
 * usrsctp 0.9.5 loops for ever on an INIT whose parameter says that it is 0 bytes long (found by sctp_fuzz), and code
 * for extensions that are off is reached all the same. So: chunks and parameters lie within what holds them, and
 * chunks of those extensions never come in (security.md D5).
 */
#ifndef CP_SCTP_GATE_H
#define CP_SCTP_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/sctp/refusal.h"

/*
 * False: it is not let in, *ret_why CP_REFUSAL_LENGTH, _CHUNK, _EXTENSION or _INIT.
 * up: the association stands; INIT and INIT ACK can only be late or hostile then (a restart of SCTP alone does not
 * happen within one DTLS association).
 */
bool cp_sctp_gate_lets_in(const uint8_t *packet, uint32_t len, bool up, enum cp_refusal *ret_why);

#endif
