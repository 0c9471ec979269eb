/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_store.c - a sorted list of slots, a free list of slots, a free list of pieces.
 *
 * Invariants
 *   S1  order[] has `count` slots, by ts and by seq alike, and the free slots behind them.
 *   S2  every piece is in the chain of one slot in order[0 .. count) or in the free list.
 *
 * Most packets come in order: the search for their place goes from the end.
 */
#include "control/transcode/jitter_store.h"

#include <stdlib.h>
#include <string.h>

#include "control/transcode/codec.h"

#define PACKETS_MAX 4096
#define PIECES_MAX  65534
#define NONE        65535

struct piece {
	uint16_t next;
	uint8_t bytes[CP_JITTER_PIECE];
};

struct cp_jitter_store {
	struct cp_jitter_packet *packet; /* slots */
	uint16_t *order;
	struct piece *piece;
	uint32_t packets, count;
	uint64_t duration;
	uint32_t pieces, free_n;
	uint16_t free; /* the first free piece */
};

static uint32_t pieces_of(uint32_t len)
{
	return (len + CP_JITTER_PIECE - 1) / CP_JITTER_PIECE;
}

struct cp_jitter_store *cp_jitter_store_create(uint32_t packets, uint32_t bytes)
{
	struct cp_jitter_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->packets = packets < 1 ? 1 : packets > PACKETS_MAX ? PACKETS_MAX : packets;
	if (bytes < CP_CODEC_BYTES_MAX)
		bytes = CP_CODEC_BYTES_MAX;
	s->pieces = bytes > PIECES_MAX * CP_JITTER_PIECE ? PIECES_MAX : pieces_of(bytes);
	s->packet = calloc(s->packets, sizeof(*s->packet));
	s->order = calloc(s->packets, sizeof(*s->order));
	s->piece = calloc(s->pieces, sizeof(*s->piece));
	if (!s->packet || !s->order || !s->piece) {
		cp_jitter_store_destroy(s);
		return NULL;
	}
	cp_jitter_store_clear(s);
	return s;
}

void cp_jitter_store_destroy(struct cp_jitter_store *s)
{
	if (!s)
		return;
	free(s->packet);
	free(s->order);
	free(s->piece);
	free(s);
}

void cp_jitter_store_clear(struct cp_jitter_store *s)
{
	for (uint32_t i = 0; i < s->packets; i++)
		s->order[i] = (uint16_t)i;
	for (uint32_t i = 0; i < s->pieces; i++)
		s->piece[i].next = (uint16_t)(i + 1 < s->pieces ? i + 1 : NONE);
	s->count = 0;
	s->duration = 0;
	s->free = 0;
	s->free_n = s->pieces;
}

static struct cp_jitter_packet *at(const struct cp_jitter_store *s, uint32_t i)
{
	return &s->packet[s->order[i]];
}

/* Slot i of the order goes to the free ones. */
static void drop(struct cp_jitter_store *s, uint32_t i)
{
	uint16_t slot = s->order[i], p = s->packet[slot].first;

	while (p != NONE) {
		uint16_t next = s->piece[p].next;

		s->piece[p].next = s->free;
		s->free = p;
		s->free_n++;
		p = next;
	}
	s->duration -= s->packet[slot].duration;
	s->count--;
	memmove(s->order + i, s->order + i + 1, (s->count - i) * sizeof(*s->order));
	s->order[s->count] = slot;
}

static bool is_room(const struct cp_jitter_store *s, uint32_t len)
{
	return s->count < s->packets && s->free_n >= pieces_of(len);
}

static void fill(struct cp_jitter_store *s, struct cp_jitter_packet *slot, const uint8_t *payload)
{
	uint16_t *link = &slot->first;
	uint32_t done = 0;

	while (done < slot->len) {
		uint16_t p = s->free;
		uint32_t n = slot->len - done < CP_JITTER_PIECE ? slot->len - done : CP_JITTER_PIECE;

		s->free = s->piece[p].next;
		s->free_n--;
		memcpy(s->piece[p].bytes, payload + done, n);
		done += n;
		*link = p;
		link = &s->piece[p].next;
	}
	*link = NONE;
}

/* Where it belongs; false: it clashes with its neighbours. */
static bool place_of(const struct cp_jitter_store *s, const struct cp_jitter_packet *packet, uint32_t *ret_place)
{
	uint32_t i = s->count;

	while (i > 0 && at(s, i - 1)->ts >= packet->ts)
		i--;
	if (i < s->count && (at(s, i)->ts == packet->ts || (int16_t)(at(s, i)->seq - packet->seq) <= 0))
		return false;
	if (i > 0 && (int16_t)(packet->seq - at(s, i - 1)->seq) <= 0)
		return false;
	*ret_place = i;
	return true;
}

enum cp_jitter_stored cp_jitter_store_put(struct cp_jitter_store *s, const struct cp_jitter_packet *packet,
					  const uint8_t *payload, uint32_t *ret_lost)
{
	uint32_t place, lost = 0;
	uint16_t slot;

	if (packet->len == 0 || packet->len > CP_CODEC_BYTES_MAX || !place_of(s, packet, &place))
		return CP_JITTER_STORE_CLASH;
	while (!is_room(s, packet->len) && s->count > place) {
		drop(s, s->count - 1);
		lost++;
	}
	*ret_lost = lost;
	if (!is_room(s, packet->len))
		return CP_JITTER_STORE_FULL;
	slot = s->order[s->count];
	memmove(s->order + place + 1, s->order + place, (s->count - place) * sizeof(*s->order));
	s->order[place] = slot;
	s->count++;
	s->packet[slot] = *packet;
	s->duration += packet->duration;
	fill(s, &s->packet[slot], payload);
	return lost ? CP_JITTER_STORED_FOR : CP_JITTER_STORED;
}

const struct cp_jitter_packet *cp_jitter_store_head(const struct cp_jitter_store *s)
{
	return s->count ? at(s, 0) : NULL;
}

const struct cp_jitter_packet *cp_jitter_store_last(const struct cp_jitter_store *s)
{
	return s->count ? at(s, s->count - 1) : NULL;
}

void cp_jitter_store_read(const struct cp_jitter_store *s, const struct cp_jitter_packet *packet, uint8_t *buf)
{
	uint16_t p = packet->first;

	for (uint32_t done = 0; done < packet->len; done += CP_JITTER_PIECE, p = s->piece[p].next) {
		uint32_t n = packet->len - done;

		memcpy(buf + done, s->piece[p].bytes, n < CP_JITTER_PIECE ? n : CP_JITTER_PIECE);
	}
}

void cp_jitter_store_drop(struct cp_jitter_store *s)
{
	if (s->count)
		drop(s, 0);
}

uint32_t cp_jitter_store_count(const struct cp_jitter_store *s)
{
	return s->count;
}

uint64_t cp_jitter_store_duration(const struct cp_jitter_store *s)
{
	return s->duration;
}
