/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telephone_receiver.c - one report for one press, whatever was repeated, lost or came late.
 *
 * A press is known by the timestamp of its first packet. A packet with a newer one is another press, or the next
 * segment of one that lasts longer than 65535 units: then it begins where the segment before it stops.
 *
 * Specs:     RFC 4733 s2.5.1.3, s2.5.2.
 */
#include "control/transcode/telephone_event.h"

#define LATE_S  1 /* a timestamp that is further back is no late packet but a source that starts again */
#define IDLE_MS 200 /* s2.5.2.2: at least the time of three packets, of those that come every 50 ms */

void cp_telephone_receiver_init(struct cp_telephone_receiver *r, uint32_t clock)
{
	*r = (struct cp_telephone_receiver){.clock = clock};
}

uint32_t cp_telephone_receiver_duration(const struct cp_telephone_receiver *r)
{
	return r->known ? r->heard - r->began : 0;
}

static bool is_late(const struct cp_telephone_receiver *r, uint32_t timestamp)
{
	uint32_t back = r->segment - timestamp;

	return back && back <= LATE_S * r->clock + UINT16_MAX;
}

/* It begins 65535 units after the one before: senders that count whole packets are a little earlier. */
static bool is_next_segment(const struct cp_telephone_receiver *r, uint32_t timestamp, uint8_t event)
{
	uint32_t after = timestamp - r->segment;

	return r->running && event == r->event.event && after <= UINT16_MAX && after >= UINT16_MAX - r->clock / 8;
}

static unsigned int begin(struct cp_telephone_receiver *r, uint32_t timestamp)
{
	unsigned int meant = CP_TELEPHONE_BEGAN;

	if (r->running)
		meant |= CP_TELEPHONE_LOST_END;
	r->known = r->running = true;
	r->began = r->segment = r->heard = timestamp;
	return meant;
}

unsigned int cp_telephone_receive(struct cp_telephone_receiver *r, uint32_t timestamp, const uint8_t *payload,
				  uint32_t len)
{
	struct cp_telephone_event e;
	unsigned int meant = 0;
	uint32_t until;

	if (!cp_telephone_event_parse(payload, len, &e) || (r->known && is_late(r, timestamp)))
		return 0;
	if (r->known && is_next_segment(r, timestamp, e.event))
		r->segment = timestamp;
	else if (!r->known || timestamp != r->segment)
		meant = begin(r, timestamp);
	else if (!r->running || e.event != r->event.event)
		return 0; /* repeated; or two events in one moment, which nobody presses */
	r->event = e;
	until = timestamp + e.duration;
	if ((int32_t)(until - r->heard) > 0)
		r->heard = until;
	if (e.end) {
		r->running = false;
		meant |= CP_TELEPHONE_ENDED;
	}
	return meant;
}

unsigned int cp_telephone_receiver_idle(struct cp_telephone_receiver *r, uint32_t now)
{
	if (!r->running || (int32_t)(now - r->heard - r->clock / 1000 * IDLE_MS) < 0)
		return 0;
	r->running = false;
	return CP_TELEPHONE_LOST_END;
}
