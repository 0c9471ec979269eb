/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_voice.c - what is done for a voice (voice.h) in a pipe, block by block as it comes out of the jitter buffer; and
 * what the far side hears, noted for the pipe that hears it.
 *
 * Two channels are music and left alone.
 */
#include <stddef.h>

#include "control/transcode/pipe_inner.h"

bool cp_pipe_voice_mend(struct cp_pipe *p, int16_t *pcm, uint32_t rate, uint32_t channels, uint64_t now_us)
{
	if (!p->config.voice || channels != 1)
		return true;
	if (p->voice_rate != rate) {
		cp_voice_destroy(p->mender);
		p->mender = cp_voice_create(rate, p->config.voice, p->config.in_echo);
		p->voice_rate = rate;
	}
	/* without memory the voice goes on as it is */
	return !p->mender || cp_voice_mend(p->mender, pcm, now_us);
}

void cp_pipe_voice_say(struct cp_pipe *p, uint64_t now_us)
{
	if (p->config.out_echo && p->channels == 1)
		cp_echo_say(p->config.out_echo, now_us, p->pcm, p->rate, p->blocks);
}

void cp_pipe_voice_close(struct cp_pipe *p)
{
	cp_voice_destroy(p->mender);
	cp_echo_put(p->config.in_echo);
	cp_echo_put(p->config.out_echo);
}
