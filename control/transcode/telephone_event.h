/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telephone_event.h - key presses as RTP payloads: reading, writing, sending one, receiving them.
 *
 * Times and durations are in units of the payload type's clock (8000, 16000 or 48000). Sequence numbers and the wire
 * are the caller's.
 *
 * Specs:     RFC 4733 s2.3, s2.5.1, s2.5.2.
 */
#ifndef CP_TELEPHONE_EVENT_H
#define CP_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#define CP_TELEPHONE_EVENT_BYTES 4
#define CP_TELEPHONE_EVENT_NONE  255 /* no key has this number */

struct cp_telephone_event {
	uint8_t event; /* 0 to 15: 0-9 * # A-D */
	bool end;
	uint8_t volume; /* -dBm0, 0 to 63 */
	uint16_t duration; /* since the packet's timestamp */
};

/* False: shorter than 4 bytes. Of several reports in one payload (s2.5.1.5) this is the first. */
bool cp_telephone_event_parse(const uint8_t *payload, uint32_t len, struct cp_telephone_event *ret_event);
void cp_telephone_event_build(const struct cp_telephone_event *e, uint8_t payload[CP_TELEPHONE_EVENT_BYTES]);
/* '0'-'9' '*' '#' 'A'-'D', 0 for another event; and back (small letters too; CP_TELEPHONE_EVENT_NONE: no key). */
char cp_telephone_event_key(uint8_t event);
uint8_t cp_telephone_event_of_key(char key);

/* --- sending --------------------------------------------------------------- */

struct cp_telephone_packet {
	uint32_t timestamp; /* the same for the whole event, but see _next() */
	bool marker; /* on the first one */
	uint8_t payload[CP_TELEPHONE_EVENT_BYTES];
};

/* One press. Open for all to copy, written by the functions below only. */
struct cp_telephone_sender {
	struct cp_telephone_event event;
	uint32_t timestamp;
	uint32_t elapsed; /* of this segment */
	uint32_t step; /* between packets */
	uint32_t left; /* until its end; UINT32_MAX: not known */
	bool first, running;
	uint8_t ends; /* end packets that were sent */
};

/* A press begins at RTP time `timestamp`. step: what passes between two calls of _next(). duration: 0: until _stop(). A
 * press that runs is dropped: have the end of one before the next one begins. */
void cp_telephone_sender_start(struct cp_telephone_sender *s, uint8_t event, uint8_t volume, uint32_t timestamp,
			       uint32_t step, uint32_t duration);
/* The key is up: the next packet is the first of three that say so. */
void cp_telephone_sender_stop(struct cp_telephone_sender *s);
/*
 * Every `step`: the packet that is to be sent; false: the press is over and all was sent. A press of more than 65535
 * units goes on as a new segment with a timestamp of its own (s2.5.1.3).
 */
bool cp_telephone_sender_next(struct cp_telephone_sender *s, struct cp_telephone_packet *ret_packet);

/* --- receiving ------------------------------------------------------------- */

/* What a packet, or its absence, meant. Several may be true of one. */
#define CP_TELEPHONE_LOST_END 1u /* the press before is over: its own end never came. First in time. */
#define CP_TELEPHONE_BEGAN    2u
#define CP_TELEPHONE_ENDED    4u

/* Written by the functions below only; a new source (SSRC) needs a new one. */
struct cp_telephone_receiver {
	uint32_t clock;
	struct cp_telephone_event event; /* the press that runs, or was the last */
	uint32_t began; /* RTP time of its first segment */
	uint32_t segment; /* of the newest one */
	uint32_t heard; /* up to when it is known to last */
	bool known, running;
};

void cp_telephone_receiver_init(struct cp_telephone_receiver *r, uint32_t clock);
/*
 * A packet of the payload type, in whatever order. CP_TELEPHONE_* or 0: nothing new, broken, late or repeated.
 * r->event.event is the press meant by BEGAN and ENDED, cp_telephone_receiver_duration() how long it lasts by now.
 */
unsigned int cp_telephone_receive(struct cp_telephone_receiver *r, uint32_t timestamp, const uint8_t *payload,
				  uint32_t len);
/* RTP time is `now`. CP_TELEPHONE_LOST_END once when a press that runs has not been heard of for 200 ms; or 0. */
unsigned int cp_telephone_receiver_idle(struct cp_telephone_receiver *r, uint32_t now);
uint32_t cp_telephone_receiver_duration(const struct cp_telephone_receiver *r);

#endif
