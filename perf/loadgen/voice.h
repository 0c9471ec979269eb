/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice.h - transcoded calls: what was heard of each leg while they were spoken on, and what it is worth.
 *
 * During a trial everything that comes is kept as it came, with its time; it is decoded and compared with what was
 * said afterwards, when the calls are over: judging costs neither the generator nor the server anything.
 *
 *   |-- settle: jitter buffers find their size --|-- what counts, by arrival --|-- tail: still spoken --|
 */
#ifndef LOAD_VOICE_H
#define LOAD_VOICE_H

#include "perf/loadgen/calls.h"

#define LOAD_VOICE_SETTLE_MS 1500
#define LOAD_VOICE_TAIL_MS   200
#define LOAD_VOICE_FRAME_NS  UINT64_C(20000000)

struct load_heard {
	uint64_t at_ns;
	uint32_t ts;
	uint16_t seq, len;
	uint8_t pt;
	uint8_t bytes[LOAD_OPUS_MAX];
};

struct load_ear {
	uint32_t offset; /* frame of the sound with which its leg began */
	uint64_t begin_ns; /* when that was due */
	struct load_heard *heard;
	uint32_t n, cap;
};

/* Of all that callers said, or of all that those said whom they called. */
struct load_verdict {
	uint64_t expected, received; /* packets that should have come, and came, in the time that counts */
	uint64_t lost; /* too few, or numbers that are missing */
	uint64_t duplicates, reordered, wrong; /* wrong: of another codec, or not to be decoded */
	uint64_t judged, damaged; /* decoded and loud enough; unlike what was said at its place */
	uint64_t shifts; /* places at which the sound went on earlier or later than before */
	uint32_t unknown; /* legs on which what was said was not to be found at all: their packets count as damaged */
	double alike; /* mean over judged */
	struct load_hist delay; /* of the sound: from when it was due to when it had come */
};

struct load_voice {
	struct load_bed *b;
	uint32_t calls;
	uint64_t count_from_ns, count_to_ns;
	struct load_ear *ear; /* of each leg */
	struct load_verdict verdict[2]; /* by the side that spoke */
};

/* --- calls_voice.c */
static inline double load_verdict_bad(const struct load_verdict *v)
{
	return v->expected ? (double)(v->lost + v->damaged) / (double)v->expected : 1;
}

/* --- voice_judge.c: fills the verdicts. -1: no memory. */
int load_voice_judge(struct load_voice *v, struct en_err *err);

#endif
