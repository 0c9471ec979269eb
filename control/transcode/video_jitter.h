/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter.h - a video jitter buffer: packets of RTP in as they come, whole pictures out in the order to decode
 * them.
 *
 * A picture comes out as soon as all of it and of those before it is there: nothing is held back to make the distances
 * even, for the far receiver has a buffer that does so by the timestamps. A picture with a gap waits for what is
 * missing, which _missing() tells; a key frame behind the gap that is whole ends the waiting at once; when none comes,
 * _wants_key() tells to ask for one. After the start, a new sender, an overflow or the decoder's complaint only a key
 * frame will do.
 *
 * A picture is all packets of a timestamp: of VP9, its spatial layers.
 *
 * A sender that starts again (another SSRC, a jump of sequence numbers) is believed after two packets in a row, as
 * RFC 3550 A.1 has it.
 *
 * Runs on:   any thread, one at a time.
 * Memory:    CP_VIDEO_WINDOW payloads of CP_VIDEO_PAYLOAD_MAX, allocated as they come; a picture of as many.
 * Specs:     RFC 3550 A.1; RFC 4585 s6.2.1 (NACK), s6.3.1 (PLI); RFC 7741, RFC 9628.
 */
#ifndef CP_VIDEO_JITTER_H
#define CP_VIDEO_JITTER_H

#include "control/transcode/video_depacket.h"

#define CP_VIDEO_WINDOW      1024 /* sequence numbers from the first that is waited for; a power of two */
#define CP_VIDEO_PAYLOAD_MAX 1500
#define CP_VIDEO_LAYERS      8

struct cp_video_in {
	uint32_t ssrc;
	uint16_t seq;
	uint32_t ts;
	bool marker;
	const uint8_t *payload; /* copied */
	uint32_t len; /* 0: padding alone, which senders use to probe */
	uint64_t arrival_us; /* a monotonic clock */
};

enum cp_video_verdict {
	CP_VIDEO_TAKEN,
	CP_VIDEO_BROKEN, /* too long, or none of its codec */
	CP_VIDEO_DUPLICATE,
	CP_VIDEO_LATE, /* its place has passed */
	CP_VIDEO_FAR, /* SSRC or sequence number are not this run's: maybe a new one */
	CP_VIDEO_NO_MEMORY,
	CP_VIDEO_VERDICTS
};

/* A picture, as the decoder takes it; its bytes stand until the next call of the buffer. */
struct cp_video_picture {
	const uint8_t *bytes;
	uint32_t len;
	uint32_t ts;
	bool key;
	bool restart; /* the first of a sender: its timestamps have nothing to do with those before */
	uint32_t layer_n; /* 1, or more of VP9 */
	uint32_t layer_end[CP_VIDEO_LAYERS];
};

/* Counters only grow. */
struct cp_video_jitter_stats {
	uint64_t received; /* all that was put */
	uint64_t verdict[CP_VIDEO_VERDICTS];
	uint64_t restarts;
	uint64_t pictures, keys; /* that came out; of these: key frames */
	uint64_t missed; /* sequence numbers that something came behind of, */
	uint64_t asked; /* how often one of those was told as missing, */
	uint64_t found; /* that came after all, */
	uint64_t lost; /* that were given up, */
	uint64_t skipped; /* packets that were thrown away with them */
	uint64_t keys_asked;
	/* now */
	uint32_t waiting; /* packets */
};

struct cp_video_jitter;

/* NULL: no memory. */
struct cp_video_jitter *cp_video_jitter_create(enum cp_video_kind kind);
void cp_video_jitter_destroy(struct cp_video_jitter *j);

enum cp_video_verdict cp_video_jitter_put(struct cp_video_jitter *j, const struct cp_video_in *in);
/* The next picture that can be decoded. False: there is none yet. */
bool cp_video_jitter_next(struct cp_video_jitter *j, struct cp_video_picture *ret_picture);
/* The decoder could not go on with what came out. */
void cp_video_jitter_need_key(struct cp_video_jitter *j);

/*
 * What is to be said to the sender (cp_video_jitter_ssrc()) now; whoever asks, says it. Each missing packet is told
 * some 10 ms after it was missed, for it may be on its way, again after each round trip, and 10 times at most; at most
 * `most` of them, the first ones first. A key frame is asked for twice a second at most.
 */
uint32_t cp_video_jitter_missing(struct cp_video_jitter *j, uint64_t now_us, uint16_t *ret_seq, uint32_t most);
bool cp_video_jitter_wants_key(struct cp_video_jitter *j, uint64_t now_us);
/* False: nobody has sent yet. */
bool cp_video_jitter_ssrc(const struct cp_video_jitter *j, uint32_t *ret_ssrc);
/* 100 ms unless it is said. */
void cp_video_jitter_set_rtt(struct cp_video_jitter *j, uint32_t rtt_us);

void cp_video_jitter_stats(const struct cp_video_jitter *j, struct cp_video_jitter_stats *ret_stats);

#endif
