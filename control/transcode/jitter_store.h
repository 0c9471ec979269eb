/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_store.h - the packets that wait in a jitter buffer, in the order of their timestamps.
 *
 * Fixed in number and bytes at creation: a full store gives up the packet that is furthest ahead, for the nearest is
 * needed first. Payloads lie in pieces of CP_JITTER_PIECE bytes, so that small ones take little.
 *
 * Runs on:   any thread, one at a time; allocates at creation only.
 */
#ifndef CP_JITTER_STORE_H
#define CP_JITTER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#define CP_JITTER_PIECE 160 /* bytes: 20 ms of G.711 or of opus at 64 kbit/s */

struct cp_jitter_packet {
	int64_t ts; /* unwrapped, in units of the RTP clock */
	uint32_t duration; /* likewise */
	uint16_t seq;
	uint8_t codec;
	uint32_t len;
	uint16_t first; /* the store's: its first piece */
};

struct cp_jitter_store;

/* packets: 1 to 4096; bytes: at least CP_CODEC_BYTES_MAX, rounded up to pieces. NULL: no memory. */
struct cp_jitter_store *cp_jitter_store_create(uint32_t packets, uint32_t bytes);
void cp_jitter_store_destroy(struct cp_jitter_store *s);
void cp_jitter_store_clear(struct cp_jitter_store *s);

/* What becomes of a packet. */
enum cp_jitter_stored {
	CP_JITTER_STORED,
	CP_JITTER_STORED_FOR, /* packets further ahead were given up for it: *ret_lost of them */
	CP_JITTER_STORE_FULL, /* and this one is furthest ahead */
	CP_JITTER_STORE_CLASH, /* another has its timestamp, or seq and ts are not in the same order */
};
enum cp_jitter_stored cp_jitter_store_put(struct cp_jitter_store *s, const struct cp_jitter_packet *packet,
					  const uint8_t *payload, uint32_t *ret_lost);

/* The earliest; NULL: none. Stands until the next put, drop or clear. */
const struct cp_jitter_packet *cp_jitter_store_head(const struct cp_jitter_store *s);
const struct cp_jitter_packet *cp_jitter_store_last(const struct cp_jitter_store *s);
/* Its payload, into `buf` of CP_CODEC_BYTES_MAX. */
void cp_jitter_store_read(const struct cp_jitter_store *s, const struct cp_jitter_packet *packet, uint8_t *buf);
/* Without the earliest. */
void cp_jitter_store_drop(struct cp_jitter_store *s);
uint32_t cp_jitter_store_count(const struct cp_jitter_store *s);
/* The audio in all of them, in units of the RTP clock. */
uint64_t cp_jitter_store_duration(const struct cp_jitter_store *s);

#endif
