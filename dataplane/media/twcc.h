/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * twcc.h - transport-wide congestion control: what a session sends is numbered over all its streams, and told back
 * by number and time of arrival; the sender makes a rate of that. Both ways: publishers get feedback from us
 * (twcc.c), receivers give it to us (twcc_in.c), where it is read as loss and delay so far and nothing is made of it.
 *
 * Runs on:   the worker of the core.
 * Specs:     draft-holmer-rmcat-transport-wide-cc-extensions-01.
 */
#ifndef DP_TWCC_H
#define DP_TWCC_H

#include "dataplane/media/pace.h"
#include "engine/wire/rtcp_twcc.h"
#include "engine/wire/rtp.h"

#define DP_TWCC_RING   512 /* numbers of a session whose arrival is kept: not told of yet, and the last told */
#define DP_TWCC_AT_ONE 256 /* of which one feedback packet tells: it is sent early when so many wait */

#define DP_TWCC_SENT 1024 /* numbers to a session whose time of sending is kept: two seconds of 5 Mb/s */

struct dp_twcc_in; /* twcc.c */

/* Of a receiver. */
struct dp_twcc_out {
	uint32_t us[DP_TWCC_SENT]; /* when it left, by number; low bits of the clock, DP_TWCC_* in the last two */
	/* of the path, by its feedback */
	bool started;
	uint32_t least_us,
		least_before_us; /* shortest way, arrival by its clock less sending by ours; of the time before */
	uint64_t least_ns; /* since when */
	uint32_t delay_us; /* that packets now take more than the shortest way */
	uint64_t came, lost;
};
#define DP_TWCC_WAITS 1u /* not told of yet, or told as lost */
#define DP_TWCC_LOST  2u

struct dp_twcc {
	uint32_t session_n;
	struct dp_twcc_in *in; /* by session */
	struct dp_twcc_out *out; /* by session */
};

/* session_n: places of md->session. */
int dp_twcc_create(uint32_t session_n, struct dp_twcc **ret_twcc, struct en_err *err);
void dp_twcc_destroy(struct dp_twcc *t); /* NULL: nothing */

/* A session's tracks changed: does it number its packets, and under which extension id? */
void dp_twcc_settle(struct dp_media *md, uint32_t session);
/* An authenticated RTP packet of a session that numbers its packets came just now. */
void dp_twcc_arrived(struct dp_core *c, uint32_t session, const struct wire_rtp *h, const uint8_t *bytes);
/* Feedback on what came since the last: called again and again, sent about every 50 ms. */
void dp_twcc_due(struct dp_core *c, uint32_t session);
/* The session's place is another's: nothing of it may be told, or believed, of that. */
void dp_twcc_forget(struct dp_media *md, uint32_t session);

/* The number of a packet to the route's receiver, which leaves at sent_ns. 0: it asked for none. */
static inline uint16_t dp_twcc_number(struct dp_media *md, const struct dp_media_route *r, uint64_t sent_ns)
{
	uint16_t number;

	if (r->set.ext[SHM_EXT_TWCC] == 0)
		return 0;
	number = md->paces->of[r->session].number++;
	md->twcc->out[r->session].us[number % DP_TWCC_SENT] =
		((uint32_t)(sent_ns / 1000) & ~(DP_TWCC_WAITS | DP_TWCC_LOST)) | DP_TWCC_WAITS;
	return number;
}

/* A receiver's feedback; `budget`: numbers that may still be looked at. */
void dp_twcc_told(struct dp_core *c, uint32_t session, const struct wire_fb *fb, unsigned int *budget);

#endif
