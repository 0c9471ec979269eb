/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_silence.c - a sender's silence told to a far side that speaks comfort noise: a packet now and then, not at each
 * ptime.
 *
 * Silence is what the sender says it is: its comfort noise, a pause of its packets (DTX) or nothing for HOLD_MS. Sound
 * that is quiet is sound, unless voice.h judges it.
 *
 * Specs:     RFC 3389 s4; RFC 3551 s4.1 (marker).
 */
#include <stdlib.h>

#include "control/transcode/comfort_noise.h"
#include "control/transcode/pipe_inner.h"

#define HOLD_MS  100
#define AGAIN_MS 400 /* and as soon as the level is another by */
#define OTHER_DB 3

void cp_pipe_silence_note(struct cp_pipe *p, bool silent)
{
	if (!silent)
		p->silent_ms = 0;
	else if (p->silent_ms < HOLD_MS)
		p->silent_ms += 10;
}

bool cp_pipe_silence_is_told(struct cp_pipe *p)
{
	if (p->config.out_cn_pt && p->silent_ms >= HOLD_MS)
		return true;
	p->noise_told = false;
	return false;
}

bool cp_pipe_silence_next(struct cp_pipe *p, uint8_t *ret_payload)
{
	uint8_t level = cp_comfort_noise_level(p->pcm, p->frame * p->channels);

	p->noise_ms += p->config.ptime_ms;
	if (p->noise_told && p->noise_ms < AGAIN_MS && abs(level - p->noise_level) < OTHER_DB)
		return false;
	p->noise_told = true;
	p->noise_ms = 0;
	p->noise_level = level;
	*ret_payload = level;
	return true;
}
