/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter_inner.h - what the files of a video jitter buffer share: video_jitter.c (life, packets in),
 * video_jitter_next.c (pictures out), video_jitter_want.c (what the sender is to be told).
 *
 * Sequence numbers are unwrapped to 64 bits. The window is first to top, both included, and has a slot for each:
 * missing, filler (padding alone), or full. All other slots are empty.
 */
#ifndef CP_VIDEO_JITTER_INNER_H
#define CP_VIDEO_JITTER_INNER_H

#include "control/transcode/video_jitter.h"

enum cp_video_slot_state {
	CP_VIDEO_EMPTY,
	CP_VIDEO_MISSING,
	CP_VIDEO_FILLER,
	CP_VIDEO_FULL
};

struct cp_video_slot {
	uint8_t state; /* enum cp_video_slot_state */
	uint64_t since_us; /* it is what it is */
	/* MISSING */
	uint8_t asked; /* how often */
	uint64_t asked_us; /* last */
	/* FULL */
	bool marker, begin, end, key;
	uint32_t ts, len;
	uint8_t *bytes; /* of the frame */
};

struct cp_video_jitter {
	enum cp_video_kind kind;
	bool any; /* there is a run */
	uint32_t ssrc;
	int64_t first, top; /* first: the first that no picture has taken; top + 1 when all were */
	bool searching; /* only a key frame will do */
	bool changed; /* since _next() last found nothing */
	bool restarted; /* no picture of this run came out */
	uint32_t missing; /* slots */
	/* a packet that is none of this run; the next one in a row begins another */
	bool has_stranger;
	uint32_t stranger_ssrc;
	uint16_t stranger_seq;
	/* asking */
	uint32_t rtt_us;
	uint64_t key_came_us, key_asked_us; /* 0: never */
	uint8_t *picture; /* the one that is out */
	uint32_t picture_room;
	struct cp_video_jitter_stats stats;
	struct cp_video_slot slot[CP_VIDEO_WINDOW];
};

static inline struct cp_video_slot *cp_video_slot(struct cp_video_jitter *j, int64_t seq)
{
	return &j->slot[seq & (CP_VIDEO_WINDOW - 1)];
}

/* video_jitter.c: the window begins at `seq` or behind top; what is before is gone, and counted as skipped or lost when
 * it was not `used`. */
void cp_video_advance(struct cp_video_jitter *j, int64_t seq, bool used);

#endif
