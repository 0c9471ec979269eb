/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_inner.h - what the files of a pipe share: pipe.c (life, packets in and out), pipe_sound.c (blocks of any rate to
 * frames of the far side's), pipe_event.c (keys), pipe_tone.c (keys heard as tones).
 *
 * A packet goes out at every `blocks` ticks. Sound is collected whatever goes out: while a key is told as events, the
 * frame that stands for the same time is thrown away.
 */
#ifndef CP_PIPE_INNER_H
#define CP_PIPE_INNER_H

#include "control/transcode/mixer.h"
#include "control/transcode/pipe.h"
#include "control/transcode/resample.h"
#include "control/transcode/telephone_event.h"
#include "control/transcode/tone.h"

#define CP_PIPE_PRESSES 8 /* that wait, the one that is told included */

/* A source of blocks, and its way to the far side's rate; re-made when the rate or the channels change. */
struct cp_pipe_lane {
	struct cp_resampler *resampler;
	uint32_t rate, channels; /* channels: after the mean was taken */
};

/* A key of the sender. */
struct cp_pipe_press {
	uint8_t event, volume;
	bool over; /* it is up again, after: */
	uint32_t ms;
};

struct cp_pipe {
	struct cp_pipe_config config; /* rates and channels settled */
	struct cp_jitter *jitter; /* or, with config.mix: */
	struct cp_mixer *mixer;
	struct cp_encoder *encoder;

	/* sound, at the far side's rate and channels */
	struct cp_pipe_lane voice, tones;
	uint32_t rate, channels, frame; /* frame: samples of a channel in a packet */
	int16_t *pcm;
	uint32_t pcm_n; /* samples of a channel; room for frame and two blocks */

	/* keys: press[0] is told now, when `telling` */
	struct cp_telephone_receiver receiver;
	bool heard; /* any event packet */
	uint32_t event_ssrc;
	uint64_t event_us; /* the last one's arrival */
	struct cp_pipe_press press[CP_PIPE_PRESSES];
	uint32_t presses;
	bool telling;
	uint32_t told_ms;
	uint32_t rest; /* ticks until another tone may begin */
	struct cp_telephone_sender sender;
	struct cp_tone_generator *generator; /* NULL: the far side is told in events */
	struct cp_tone_detector *detector; /* NULL: the near side tells in events, or the far side knows none */
	struct cp_pipe_lane listening; /* to the detector's rate */
	uint32_t tone_ms; /* since the tone that is heard began */

	/* what goes out */
	uint16_t seq;
	uint32_t ts, ticks; /* ticks: of the RTP clock in a packet */
	uint32_t blocks, block; /* of 10 ms: in a packet, since the last one */
	struct cp_voice *mender; /* NULL: nothing is done for the voice, yet */
	uint32_t voice_rate;
	uint32_t silent_ms; /* that nobody has spoken */
	bool noise_told; /* comfort noise of noise_level, noise_ms ago */
	uint8_t noise_level;
	uint32_t noise_ms;
	bool marker; /* the next packet of sound is the first one after a pause */

	struct cp_pipe_stats stats;
};

/* pipe_sound.c: 10 ms more of sound (changed), or as much silence when there is no memory. */
void cp_pipe_push(struct cp_pipe *p, struct cp_pipe_lane *lane, int16_t *pcm, uint32_t rate, uint32_t channels);
/* Make p->pcm hold a frame at least; and then drop it. */
void cp_pipe_fill(struct cp_pipe *p);
void cp_pipe_drop(struct cp_pipe *p);

/* How loud what p->pcm holds is, in -dBov: 0 to 127 (RFC 6465 appendix A). */
uint8_t cp_pipe_level(const struct cp_pipe *p);

/* pipe_event.c: a packet of telephone-event came. */
void cp_pipe_event_put(struct cp_pipe *p, uint32_t ssrc, uint32_t ts, const uint8_t *payload, uint32_t len,
		       uint64_t now_us);
/* A key is down; it is up, `ms` after it began: heard of by whatever way. */
void cp_pipe_press(struct cp_pipe *p, uint8_t event, uint8_t volume);
void cp_pipe_release(struct cp_pipe *p, uint32_t ms);
/* 10 ms have passed. */
void cp_pipe_event_tick(struct cp_pipe *p, uint64_t now_us);
/* 10 ms of a key's tone instead of the voice, at CP_TONE_RATE; false: there is none. */
bool cp_pipe_event_tone(struct cp_pipe *p, int16_t *pcm);
/* An event's packet instead of the sound of p->ts; false: there is none. */
bool cp_pipe_event_next(struct cp_pipe *p, struct cp_telephone_packet *ret_packet);

/* pipe_tone.c: false: no memory. */
bool cp_pipe_tone_open(struct cp_pipe *p);
/* A block of the near side's sound. */
void cp_pipe_tone_hear(struct cp_pipe *p, const int16_t *pcm, uint32_t rate, uint32_t channels);

/* pipe_voice.c: a block as it came; whether it is speech. */
bool cp_pipe_voice_mend(struct cp_pipe *p, int16_t *pcm, uint32_t rate, uint32_t channels, uint64_t now_us);
/* The frame in p->pcm goes out. */
void cp_pipe_voice_say(struct cp_pipe *p, uint64_t now_us);
void cp_pipe_voice_close(struct cp_pipe *p);

/* pipe_silence.c: a block of it, or of sound. */
void cp_pipe_silence_note(struct cp_pipe *p, bool silent);
/* Comfort noise stands for the frame in p->pcm; and whether a packet of it is due: one byte. */
bool cp_pipe_silence_is_told(struct cp_pipe *p);
bool cp_pipe_silence_next(struct cp_pipe *p, uint8_t *ret_payload);

#endif
