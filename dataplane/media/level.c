/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * level.c - loudness of audio tracks, for active speakers.
 *
 * Runs on:   the worker of the core.
 * Invariants
 *   L1  control hears of a track at most five times a second, and only while packets with a level come.
 *
 * Specs:     RFC 6464 s3, s4.
 */
#include "dataplane/media/level.h"

void dp_level_due(struct dp_core *c, struct dp_track *t)
{
	struct shm_msg_level msg;

	if (!t->level_any || c->now_ns - t->level_ns < DP_LEVEL_NS)
		return;
	msg = (struct shm_msg_level){
		.track = {.index = (uint32_t)(t - c->media->track), .generation = t->generation},
		.level = t->level,
		.voice = t->voice,
	};
	t->level_any = t->voice = false;
	t->level = DP_LEVEL_SILENT;
	t->level_ns = c->now_ns;
	dp_media_tell(c, SHM_MSG_LEVEL, &msg, sizeof(msg));
}

void dp_level_packet(struct dp_core *c, struct dp_track *t, const struct wire_ext *level)
{
	uint8_t db;
	bool voice;

	if (!level->value || !wire_ext_level(level, &db, &voice))
		return;
	if (!t->level_any || db < t->level)
		t->level = db;
	t->level_any = true;
	t->voice |= voice;
	dp_level_due(c, t);
}
