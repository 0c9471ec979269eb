/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telephone_event.c - the payload, and the sender's machine.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Specs:     RFC 4733 s2.3, s2.5.1.
 * Not here:  receiving (telephone_receiver.c).
 */
#include "control/transcode/telephone_event.h"

#include <string.h>

#include "engine/base/bytes.h"

#define ENDS 3 /* s2.5.1.4: the final packet is sent three times in all */

static const char keys[] = "0123456789*#ABCD";

bool cp_telephone_event_parse(const uint8_t *payload, uint32_t len, struct cp_telephone_event *ret_event)
{
	if (len < CP_TELEPHONE_EVENT_BYTES)
		return false;
	*ret_event = (struct cp_telephone_event){
		.event = payload[0],
		.end = payload[1] & 0x80,
		.volume = payload[1] & 0x3f,
		.duration = en_load16(payload + 2),
	};
	return true;
}

void cp_telephone_event_build(const struct cp_telephone_event *e, uint8_t payload[CP_TELEPHONE_EVENT_BYTES])
{
	payload[0] = e->event;
	payload[1] = (uint8_t)((e->end ? 0x80 : 0) | (e->volume & 0x3f));
	en_store16(payload + 2, e->duration);
}

char cp_telephone_event_key(uint8_t event)
{
	return event < sizeof(keys) - 1 ? keys[event] : 0;
}

uint8_t cp_telephone_event_of_key(char key)
{
	const char *at;

	if (key >= 'a' && key <= 'd')
		key = (char)(key - 'a' + 'A');
	at = key ? strchr(keys, key) : NULL;
	return at ? (uint8_t)(at - keys) : CP_TELEPHONE_EVENT_NONE;
}

void cp_telephone_sender_start(struct cp_telephone_sender *s, uint8_t event, uint8_t volume, uint32_t timestamp,
			       uint32_t step, uint32_t duration)
{
	*s = (struct cp_telephone_sender){
		.event = {.event = event, .volume = volume},
		.timestamp = timestamp,
		.step = step ? step : 1,
		.left = duration ? duration : UINT32_MAX,
		.first = true,
		.running = true,
	};
}

void cp_telephone_sender_stop(struct cp_telephone_sender *s)
{
	s->left = s->first ? s->step : 0; /* what was never told of lasts one packet */
}

/* Let time pass; the packet after tells of it. */
static void advance(struct cp_telephone_sender *s)
{
	uint32_t by = s->left < s->step ? s->left : s->step;

	if (s->event.duration == UINT16_MAX) { /* that segment was told whole */
		s->timestamp += UINT16_MAX;
		s->elapsed -= UINT16_MAX;
	}
	s->elapsed += by;
	if (s->left != UINT32_MAX)
		s->left -= by;
}

bool cp_telephone_sender_next(struct cp_telephone_sender *s, struct cp_telephone_packet *ret_packet)
{
	if (!s->running)
		return false;
	if (!s->event.end)
		advance(s);
	s->event.duration = (uint16_t)(s->elapsed < UINT16_MAX ? s->elapsed : UINT16_MAX);
	s->event.end = s->left == 0 && s->elapsed <= UINT16_MAX;
	ret_packet->timestamp = s->timestamp;
	ret_packet->marker = s->first;
	cp_telephone_event_build(&s->event, ret_packet->payload);
	s->first = false;
	if (s->event.end && ++s->ends == ENDS)
		s->running = false;
	return true;
}
