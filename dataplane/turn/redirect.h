/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * redirect.h - client flows that another core owns: an Allocate with a
 * RESERVATION-TOKEN went to the core that had reserved the port.
 *
 * Soft state: an entry ends when told, after a pause for retransmissions, or
 * when nobody has renewed it for longer than an allocation can live. So a note
 * that a full ring lost does no lasting harm.
 */
#ifndef DP_TURN_REDIRECT_H
#define DP_TURN_REDIRECT_H

#include "dataplane/turn/turn.h"

int dp_redirects_create(struct dp_turn *t, struct en_err *err);
void dp_redirects_destroy(struct dp_turn *t);
/* On the flow's hash core: what the note says. */
void dp_redirect_on_note(struct dp_turn *t, const struct dp_turn_note *note);
/* On the owner core: tell the hash core. False: the note could not be sent. True when there is nothing to tell. */
bool dp_redirect_tell(struct dp_turn *t, enum dp_turn_note_op op, const struct en_ep *client, unsigned int listener);
unsigned int dp_redirects_advance(struct dp_turn *t, unsigned int budget);
unsigned int dp_redirects_n(const struct dp_turn *t);

#endif
