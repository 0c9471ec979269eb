/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter_want.c - what the sender is to be told: packets that are missing, and that only a key frame will do.
 *
 * Invariants
 *   W1  bounded: a packet is asked for ASK_MOST times, a key frame once in KEY_EVERY_US.
 *
 * Specs:     RFC 4585 s6.2.1, s6.3.1; s3.5.2 leaves the times to the application.
 */
#include "control/transcode/video_jitter_inner.h"

#define REORDER_US   10000 /* a packet that comes out of order is not asked for */
#define ASK_LEAST_US 20000
#define ASK_MOST     10
#define KEY_EVERY_US 500000
#define BLOCKED_US   300000 /* beyond that a key frame is better than what is missing, */
#define STUCK_US     2000000 /* and better than a picture that does not end */

static bool is_due(const struct cp_video_jitter *j, const struct cp_video_slot *s, uint64_t now_us)
{
	if (s->state != CP_VIDEO_MISSING || s->asked == ASK_MOST)
		return false;
	if (s->asked == 0)
		return now_us >= s->since_us + REORDER_US;
	return now_us >= s->asked_us + (j->rtt_us > ASK_LEAST_US ? j->rtt_us : ASK_LEAST_US);
}

uint32_t cp_video_jitter_missing(struct cp_video_jitter *j, uint64_t now_us, uint16_t *ret_seq, uint32_t most)
{
	uint32_t n = 0;

	if (j->missing == 0)
		return 0;
	for (int64_t i = j->first; i <= j->top && n < most; i++) {
		struct cp_video_slot *s = cp_video_slot(j, i);

		if (!is_due(j, s, now_us))
			continue;
		s->asked++;
		s->asked_us = now_us;
		ret_seq[n++] = (uint16_t)i;
	}
	j->stats.asked += n;
	return n;
}

/* What has been first for so long keeps all behind it waiting. A picture without a gap may be long on a slow path. */
static bool is_blocked(struct cp_video_jitter *j, uint64_t now_us)
{
	const struct cp_video_slot *s = cp_video_slot(j, j->first);

	if (j->first > j->top)
		return false;
	return now_us >= s->since_us + (j->missing ? BLOCKED_US : STUCK_US);
}

bool cp_video_jitter_wants_key(struct cp_video_jitter *j, uint64_t now_us)
{
	bool on_its_way = j->key_came_us && now_us < j->key_came_us + KEY_EVERY_US;

	if (!j->any || (j->key_asked_us && now_us < j->key_asked_us + KEY_EVERY_US))
		return false;
	if (j->searching ? on_its_way : !is_blocked(j, now_us))
		return false;
	j->key_asked_us = now_us;
	j->stats.keys_asked++;
	return true;
}

bool cp_video_jitter_ssrc(const struct cp_video_jitter *j, uint32_t *ret_ssrc)
{
	if (j->any)
		*ret_ssrc = j->ssrc;
	return j->any;
}

void cp_video_jitter_set_rtt(struct cp_video_jitter *j, uint32_t rtt_us)
{
	j->rtt_us = rtt_us;
}
