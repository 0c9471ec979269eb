/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter.h - an adaptive audio jitter buffer: packets of RTP in as they come, 10 ms of samples out whenever asked.
 *
 * What NetEQ does for WebRTC: the delay follows what the path does (jitter_delay.h), by periods of the signal taken
 * out or said twice (stretch.h), and what does not come is concealed (codec.h). The consumer's clock rules: a sender
 * whose clock is faster or slower is followed by stretching too.
 *
 * Timestamps tell what a gap is. Missing packets are a loss; a gap in time without one in the sequence numbers is a
 * sender that had nothing to say (DTX), and is neither lost nor concealed in the counters. When nothing is there the
 * timeline waits, and what comes late but next is played late: the delay grows by it, and is taken back when the path
 * is better.
 *
 * A sender that starts again (another SSRC, a jump of sequence numbers or timestamps) is believed after two packets in
 * a row, as RFC 3550 A.1 has it, and at once when nothing else comes.
 *
 * Runs on:   any thread, one at a time. Allocates at creation only, the decoders' own needs aside.
 * Memory:    fixed at creation: `packets` and `bytes` below, and about 200 ms of samples.
 * Specs:     RFC 3550 s5.1, s6.4.1, A.1, A.3, A.8.
 * Comfort noise (RFC 3389) is a codec whose packets are silence, as what follows them is until sound comes again.
 * Not here:  telephone events: the caller keeps them out.
 */
#ifndef CP_JITTER_H
#define CP_JITTER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/transcode/codec.h"

#define CP_JITTER_CODECS    8
#define CP_JITTER_BLOCK_MAX 960 /* values of a block: 10 ms at 48 kHz, 2 channels */

struct cp_jitter_config {
	const struct cp_codec *codec; /* `codecs` of them, 1 to CP_JITTER_CODECS; copied */
	uint32_t codecs;
	uint32_t min_ms, max_ms; /* the target delay stays within; max_ms is 2000 at most */
	uint32_t packets; /* that wait; 0: 128 */
	uint32_t bytes; /* of these together; 0: 160 each */
};

struct cp_jitter_in {
	uint32_t ssrc;
	uint16_t seq;
	uint32_t ts;
	uint8_t codec; /* index into the config's */
	const uint8_t *payload;
	uint32_t len;
	uint64_t arrival_us; /* a monotonic clock */
};

/* What happened to a packet. */
enum cp_jitter_verdict {
	CP_JITTER_TAKEN,
	CP_JITTER_CODEC, /* there is none of that index */
	CP_JITTER_BROKEN, /* empty, too long, or none of its codec */
	CP_JITTER_DUPLICATE,
	CP_JITTER_LATE, /* its time was concealed, or something was played in its place */
	CP_JITTER_FAR, /* sequence number, timestamp, SSRC or clock are not this run's: maybe a new one */
	CP_JITTER_ORDER, /* sequence number and timestamp contradict each other */
	CP_JITTER_FULL, /* the store has no room, and others are nearer; or it made room for one */
	CP_JITTER_EXCESS, /* taken, then left out: far more delay than max_ms had come together */
	CP_JITTER_VERDICTS
};
const char *cp_jitter_verdict_name(enum cp_jitter_verdict v);

enum cp_jitter_sound {
	CP_JITTER_SILENCE, /* nobody speaks: before the first packet, and pauses of the sender */
	CP_JITTER_SPEECH,
	CP_JITTER_CONCEALED, /* at least in part */
};

struct cp_jitter_block {
	uint32_t rate, channels;
	uint32_t samples; /* of a channel: rate / 100 */
	enum cp_jitter_sound sound;
};

/* Counters only grow. Samples are those of a channel, at the rate of the codec then in use. */
struct cp_jitter_stats {
	uint64_t received; /* all that was put */
	uint64_t verdict[CP_JITTER_VERDICTS];
	uint64_t restarts;
	uint64_t lost; /* RFC 3550 A.3: expected less come; late ones have come */
	uint64_t played; /* samples out */
	uint64_t silent; /* of these: for pauses */
	uint64_t concealed, concealed_events; /* of these: for what was lost or late, and how often that began */
	uint64_t cut, cuts; /* samples taken out by stretching, and how often */
	uint64_t added, adds; /* put in */
	uint64_t fec; /* losses for which the packet behind was here: its FEC, if it has any (opus) */
	/* now */
	uint32_t delay_ms; /* from the fastest packet's arrival to its sound */
	uint32_t target_ms;
	uint32_t waiting_ms; /* audio in the buffer */
	double jitter_ms; /* RFC 3550's */
	double concealment; /* concealed / (played - silent), 0 to 1 */
};

struct cp_jitter;

/* 0, -EINVAL (with what is wrong) or -ENOMEM. */
int cp_jitter_create(const struct cp_jitter_config *config, struct cp_jitter **ret_jitter, struct en_err *err);
void cp_jitter_destroy(struct cp_jitter *j);

/* The payload is copied. */
enum cp_jitter_verdict cp_jitter_put(struct cp_jitter *j, const struct cp_jitter_in *in);
/*
 * The next 10 ms, into `pcm` of CP_JITTER_BLOCK_MAX values: always all of them. now_us: of the clock of arrival_us;
 * called every 10 ms on average, a timer's own jitter does no harm. Rate and channels are those of the codec in use
 * and may change from block to block (the first codec's before the first packet).
 */
struct cp_jitter_block cp_jitter_get(struct cp_jitter *j, uint64_t now_us, int16_t *pcm);

void cp_jitter_stats(const struct cp_jitter *j, struct cp_jitter_stats *ret_stats);

#endif
