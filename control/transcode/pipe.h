/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe.h - one direction of a transcoded audio stream: RTP of one side in, RTP for the other side out.
 *
 *   RTP ─► jitter buffer ─► voice ─► channels, rate ─► encoder ─► RTP with our own SSRC, numbers and times
 *     └─► telephone events ─────────────────────────────┘ (in its place, while a key is held)
 *
 * With `mix` all senders that there are are heard together (mixer.h); else the last that began.
 *
 * Runs on:   a worker thread, one at a time for each pipe; nothing here is global.
 * Invariants
 *   I1  what comes out is numbered without gaps, its timestamps rise with the clock of the consumer: 10 ms a tick.
 *   I2  bounded: the jitter buffer's store, one packet being put together.
 *
 * Before the first packet comes, and while the sender pauses, silence goes out: a packet at each ptime, but for an
 * opus encoder with dtx, and for a far side that speaks comfort noise.
 *
 * Specs:     RFC 3550 s5.1, RFC 3551 s4, RFC 4733, RFC 7587.
 */
#ifndef CP_PIPE_H
#define CP_PIPE_H

#include "control/transcode/codec.h"
#include "control/transcode/jitter.h"
#include "control/transcode/voice.h"

#define CP_PIPE_FORMATS 8

/* A codec under its payload type. */
struct cp_pipe_format {
	struct cp_codec codec;
	uint8_t pt;
};

struct cp_pipe_config {
	unsigned int in_n; /* what may come; 1 to CP_PIPE_FORMATS */
	struct cp_pipe_format in[CP_PIPE_FORMATS];
	struct cp_pipe_format out;
	uint32_t ptime_ms; /* of what goes out: a multiple of 10 up to 120; 0: 20 */
	int in_event_pt, out_event_pt; /* telephone-event; -1: not spoken there */
	uint32_t in_event_clock, out_event_clock; /* Hz: of durations. Timestamps are those of the sound. */
	uint8_t out_cn_pt; /* comfort noise of the out codec's clock; 0: not spoken. What comes of it is one of `in`. */
	uint32_t ssrc; /* of what goes out */
	uint32_t min_ms, max_ms; /* of the jitter buffer; 0: 20, 500 */
	bool mix; /* the `in` codecs have one rate then */
	uint8_t level_ext; /* id of RFC 6464's header extension in what goes out, 1 to 14; 0: none */
	uint32_t voice; /* CP_VOICE_…: done for what comes. What is no speech is then silence to comfort noise. */
	struct cp_echo *in_echo; /* what was said to the near side, for CP_VOICE_ECHO; NULL: not known */
	struct cp_echo *out_echo; /* where what goes out is noted; NULL: nowhere. References of its own are taken. */
};

struct cp_pipe_stats {
	struct cp_jitter_stats jitter;
	uint32_t rate; /* of its samples, Hz: the first format's of what comes */
	uint64_t packets_in, packets_out;
	uint64_t events, events_lost; /* keys that were passed on; that came faster than they can be */
	uint64_t refused; /* of payload types that are not spoken, events that are no keys, and what is no RTP */
};

struct cp_pipe;

/*
 * 0, -EINVAL or -ENOMEM with err. pcm_rate 0 of opus: the least that loses nothing of what the other side can say or
 * hear; its channels likewise.
 */
int cp_pipe_create(const struct cp_pipe_config *config, struct cp_pipe **ret_pipe, struct en_err *err);
void cp_pipe_destroy(struct cp_pipe *p);

/* An RTP packet came. now_us: a monotonic clock, the same as at cp_pipe_tick(). */
void cp_pipe_put(struct cp_pipe *p, const uint8_t *rtp, uint32_t len, uint64_t now_us);
/*
 * 10 ms have passed. A packet that is due now, in ret_rtp (room for CP_PIPE_PACKET_MAX); its length, 0: none. A key
 * that the far side cannot be told as an event is played to it as a tone; a tone of a side that has no events is told
 * to a far side that has them.
 */
#define CP_PIPE_PACKET_MAX (12 + 8 + CP_CODEC_BYTES_MAX)
uint32_t cp_pipe_tick(struct cp_pipe *p, uint64_t now_us, uint8_t *ret_rtp);
void cp_pipe_stats(const struct cp_pipe *p, struct cp_pipe_stats *ret_stats);

#endif
