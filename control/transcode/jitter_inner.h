/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_inner.h - what the files of a jitter buffer share: jitter.c (life, counters), jitter_put.c (which packets are
 * this run's), jitter_get.c (what is played next), jitter_adapt.c (the delay), jitter_pcm.c (decoded samples).
 *
 * A run is a sender's sequence numbers and timestamps from one start on. Its timestamps are unwrapped to 64 bits, the
 * first is 0. The timeline is `next`: the timestamp behind the last sample in `pcm`. While nothing is there to play
 * it stands, and `stalled` counts what was played meanwhile; the next packet tells whether that was a pause, a loss or
 * a delay.
 */
#ifndef CP_JITTER_INNER_H
#define CP_JITTER_INNER_H

#include "control/transcode/jitter.h"
#include "control/transcode/jitter_delay.h"
#include "control/transcode/jitter_store.h"
#include "control/transcode/stretch.h"

/* A packet that is none of this run; the next one in a row begins another. */
struct cp_jitter_stranger {
	bool any;
	uint32_t ssrc, ts;
	uint16_t seq;
	uint8_t codec;
};

struct cp_jitter {
	struct cp_codec codec[CP_JITTER_CODECS];
	struct cp_decoder *decoder[CP_JITTER_CODECS];
	uint32_t codecs, max_ms;

	/* put: the run, and what came of it */
	bool any; /* there is a run */
	uint32_t ssrc, clock, top_ts;
	uint16_t top_seq; /* newest */
	int64_t top; /* its timestamp, unwrapped */
	unsigned __int128 seen; /* bit n: top_seq - n came */
	uint64_t expected, come; /* of this run */
	uint64_t lost_before; /* in earlier runs */
	int64_t quiet_at; /* the next packet was due long ago */
	struct cp_jitter_stranger stranger;
	struct cp_jitter_store *store;
	struct cp_delay delay;

	/* get */
	bool playing; /* else the first packets of a run wait until the target delay is there */
	bool was_loud; /* something was played, ever: the decoder knows how to go on */
	int64_t next;
	uint16_t last_seq; /* of the last packet that was decoded */
	uint64_t stalled; /* samples */
	uint32_t waited; /* blocks that a new run has waited for its start */
	bool in_gap; /* concealing: the next is not another event */
	double late_us; /* the delay, smoothed */
	bool has_late;
	uint32_t rest; /* blocks until stretching may be tried again */
	uint32_t vain; /* blocks in which it was tried, and nothing was alike */

	/* decoded samples: `head` to `tail` are to be played, what stands before `head` was */
	uint32_t using; /* codec */
	struct cp_stretch_shape shape;
	bool seam; /* what comes next does not continue what is there: */
	uint32_t before; /* the codec of that */
	uint32_t made_to; /* what stands before this was made up, as: */
	enum cp_jitter_sound made_as;
	int16_t *pcm;
	uint32_t pcm_max, head, tail; /* samples of a channel */
	uint8_t payload[CP_CODEC_BYTES_MAX];

	struct cp_jitter_stats stats;
};

/* Samples of a channel that last as long as units of a codec's RTP clock do, and back; rounded down. One rate divides
 * the other (cp_jitter_create()), and opus has more units than samples when it decodes for a narrow far side. */
static inline uint64_t cp_codec_samples_of(const struct cp_codec *c, uint64_t units)
{
	return units * cp_codec_rate(c) / c->clock;
}

static inline uint64_t cp_codec_units_of(const struct cp_codec *c, uint64_t samples)
{
	return samples * c->clock / cp_codec_rate(c);
}

/* Comfort noise is played: nobody speaks. */
static inline bool cp_jitter_is_noise(const struct cp_jitter *j)
{
	return j->codec[j->using].kind == CP_CODEC_CN;
}

/* jitter_pcm.c: those, of the codec in use; samples to be played */
uint64_t cp_jitter_samples_of(const struct cp_jitter *j, uint64_t units);
uint64_t cp_jitter_units_of(const struct cp_jitter *j, uint64_t samples);
uint32_t cp_jitter_ready(const struct cp_jitter *j);
/* The block's length. */
uint32_t cp_jitter_block(const struct cp_jitter *j);
/* Room for a frame and a block again. */
void cp_jitter_pcm_tidy(struct cp_jitter *j);
/* Another codec's samples follow; nothing of the old ones is left. */
void cp_jitter_pcm_use(struct cp_jitter *j, uint32_t codec);
/* Decode the store's head, and drop it; how long it was, in units of the clock. */
uint32_t cp_jitter_pcm_decode(struct cp_jitter *j);
/* Make up `samples`. next: the packet behind, when it is the one right behind. as: CP_JITTER_SILENCE or _CONCEALED. */
void cp_jitter_pcm_conceal(struct cp_jitter *j, uint32_t samples, const struct cp_jitter_packet *next,
			   enum cp_jitter_sound as);
/* One piece less, or more, when the signal allows; in samples. least: the similarity. */
uint32_t cp_jitter_pcm_cut(struct cp_jitter *j, uint32_t most, float least);
uint32_t cp_jitter_pcm_add(struct cp_jitter *j, uint32_t most, float least);
/* A block, of those to be played. */
struct cp_jitter_block cp_jitter_pcm_take(struct cp_jitter *j, int16_t *ret_pcm);

/* jitter_get.c: a run ends where it is, another begins. */
void cp_jitter_get_restart(struct cp_jitter *j);
/* The timeline is where this packet begins. */
void cp_jitter_begin_at(struct cp_jitter *j, const struct cp_jitter_packet *p);
/* Decode ahead what is here in order, until `samples` are ready. False: there are fewer. */
bool cp_jitter_gather(struct cp_jitter *j, uint32_t samples);

/* jitter_adapt.c: before a block, while sound goes on. */
void cp_jitter_adapt(struct cp_jitter *j, int64_t now);

/* Of the run's timestamps. */
static inline int64_t cp_jitter_us(const struct cp_jitter *j, int64_t ts)
{
	return ts / j->clock * 1000000 + ts % j->clock * 1000000 / j->clock;
}

/* Whatever a caller's clock says: sums of a few of these do not overflow. */
static inline int64_t cp_jitter_time(uint64_t us)
{
	return (int64_t)(us & ((UINT64_C(1) << 60) - 1));
}

#endif
