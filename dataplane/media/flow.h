/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.h - from where a packet came to whose it is: (remote, listener) -> core, session.
 *
 * A flow is made by a valid check (RFC 8445 s7.3) and by nothing else. A session has
 * up to DP_FLOWS_OF_SESSION of them: media and DTLS are taken from any. The other
 * cores are told, so that a packet that a device gave to them is handed to the owner;
 * what they were told ends when nobody repeats it, and so a lost note does no lasting harm.
 *
 * An address is one session's at a time. While checks of its session come from it nobody else gets it,
 * or a participant could take another's packets away by naming its address as a source.
 */
#ifndef DP_MEDIA_FLOW_H
#define DP_MEDIA_FLOW_H

#include "dataplane/media/media.h"

#define DP_FLOWS_OF_SESSION 4

struct dp_flow {
	struct en_ep remote;
	uint64_t seen_ns; /* own: the last valid check; another core's: when it told us last */
	uint64_t told_ns; /* own: when the others were told last */
	uint32_t session; /* own */
	uint32_t next_of_session; /* own: chain */
	uint8_t listen; /* index in conf.media.listen */
	uint8_t core; /* the owner */
	bool used;
	uint8_t zero[5];
};
_Static_assert(sizeof(struct dp_flow) == 56, "fits a cache line");

int dp_media_flows_create(struct dp_media *md, struct en_err *err);
void dp_media_flows_destroy(struct dp_media *md);

/* NULL: nobody's. */
const struct dp_flow *dp_media_flow_find(const struct dp_media *md, const struct en_ep *remote, unsigned int listen);
/* A valid check of the session came from there. False: the address is another session's. */
bool dp_media_flow_checked(struct dp_core *c, uint32_t session, const struct en_ep *remote, unsigned int listen);
/* The session ends, or lost its consent: forget its flows, here and elsewhere. */
void dp_media_flows_forget(struct dp_core *c, uint32_t session);
/* What another core says (DP_NOTE_FLOW). */
void dp_media_flow_on_note(struct dp_core *c, const struct dp_note *note);
/* Forget the one at this place when it has not been heard of for long (a nominated path ends with consent). */
void dp_media_flow_age(struct dp_core *c, uint32_t at);

#endif
