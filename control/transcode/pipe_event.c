/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_event.c - keys on their way through a pipe: events in, events or tones out.
 *
 * A key is told when it is heard of: the sound that it replaces is late by the jitter buffer. Keys that come faster
 * than they can be told wait, CP_PIPE_PRESSES at most.
 *
 * Invariants
 *   E1  presses > 0 while telling; press[0] is the one that is told.
 *   E2  only the newest press may be not over.
 *
 * Specs:     RFC 4733 s2.5.1.2 (what replaces sound), s2.5.1.4, s2.5.2.2; ITU-T Q.24 (40 ms of tone and of pause).
 * Not here:  tones in the sound of a side without telephone-event (pipe_tone.c).
 */
#include <string.h>

#include "control/transcode/pipe_inner.h"

#define KEYS      16 /* events that are keys */
#define TONE_MS   80 /* the shortest */
#define REST_10MS 6 /* between two */
#define LATE_MS   500 /* the longest that one is told when it is over already, whatever its last packet says */
#define LOUD      5 /* -dBm0: of tones, whatever the sender says: some know no other volume than 0, */
#define SOFT      25 /* some no other than 63 */

static struct cp_pipe_press *newest(struct cp_pipe *p)
{
	return p->presses && !p->press[p->presses - 1].over ? &p->press[p->presses - 1] : NULL;
}

void cp_pipe_release(struct cp_pipe *p, uint32_t ms)
{
	struct cp_pipe_press *press = newest(p);
	uint32_t most = LATE_MS;

	if (!press)
		return;
	if (p->telling && p->presses == 1)
		most += p->told_ms;
	press->over = true;
	press->ms = ms < most ? ms : most;
}

void cp_pipe_press(struct cp_pipe *p, uint8_t event, uint8_t volume)
{
	if (p->presses == CP_PIPE_PRESSES) {
		p->stats.events_lost++;
		return;
	}
	p->press[p->presses++] = (struct cp_pipe_press){.event = event, .volume = volume};
}

static uint32_t heard_ms(const struct cp_pipe *p)
{
	return (uint32_t)(cp_telephone_receiver_duration(&p->receiver) * UINT64_C(1000) / p->config.in_event_clock);
}

/* Of another source: what the old one held down is up. */
static void meet(struct cp_pipe *p, uint32_t ssrc)
{
	if (p->heard && p->event_ssrc == ssrc)
		return;
	cp_pipe_release(p, heard_ms(p));
	cp_telephone_receiver_init(&p->receiver, p->config.in_event_clock);
	p->heard = true;
	p->event_ssrc = ssrc;
}

void cp_pipe_event_put(struct cp_pipe *p, uint32_t ssrc, uint32_t ts, const uint8_t *payload, uint32_t len,
		       uint64_t now_us)
{
	uint32_t before = heard_ms(p);
	unsigned int meant;

	if (len < CP_TELEPHONE_EVENT_BYTES || payload[0] >= KEYS) {
		p->stats.refused++;
		return;
	}
	meet(p, ssrc);
	meant = cp_telephone_receive(&p->receiver, ts, payload, len);
	p->event_us = now_us;
	if (meant & CP_TELEPHONE_LOST_END)
		cp_pipe_release(p, before);
	if (meant & CP_TELEPHONE_BEGAN)
		cp_pipe_press(p, p->receiver.event.event, p->receiver.event.volume);
	/* without room for it, the press before it is over already (E2) */
	if (meant & CP_TELEPHONE_ENDED)
		cp_pipe_release(p, heard_ms(p));
}

void cp_pipe_event_tick(struct cp_pipe *p, uint64_t now_us)
{
	uint32_t clock = p->config.in_event_clock;
	int64_t since = (int64_t)(now_us - p->event_us);

	if (!p->receiver.running || since <= 0)
		return;
	if (since > 1000000)
		since = 1000000; /* it is known that it is long ago */
	if (cp_telephone_receiver_idle(&p->receiver, p->receiver.heard + (uint32_t)(since * clock / 1000000)))
		cp_pipe_release(p, heard_ms(p));
}

/* The next one, when there is one and its time has come. */
static bool start(struct cp_pipe *p)
{
	if (p->telling || !p->presses)
		return p->telling;
	p->telling = true;
	p->told_ms = 0;
	p->stats.events++;
	return true;
}

static void finish(struct cp_pipe *p)
{
	p->telling = false;
	p->presses--;
	memmove(p->press, p->press + 1, p->presses * sizeof(*p->press));
}

bool cp_pipe_event_tone(struct cp_pipe *p, int16_t *pcm)
{
	struct cp_pipe_press *press = &p->press[0];
	bool was = p->telling;
	uint8_t volume;

	if (p->rest > 0) {
		p->rest--;
		return false;
	}
	if (!p->generator || !start(p))
		return false;
	volume = press->volume < LOUD ? LOUD : press->volume > SOFT ? SOFT : press->volume;
	if (!was)
		cp_tone_start(p->generator, cp_telephone_event_key(press->event), volume, 0);
	cp_tone_make(p->generator, pcm, CP_TONE_RATE / 100);
	p->told_ms += 10;
	if (press->over && p->told_ms >= TONE_MS && p->told_ms >= press->ms) {
		cp_tone_stop(p->generator);
		p->rest = REST_10MS;
		finish(p);
	}
	return true;
}

bool cp_pipe_event_next(struct cp_pipe *p, struct cp_telephone_packet *ret_packet)
{
	struct cp_pipe_press *press = &p->press[0];
	uint32_t step_ms = p->blocks * 10, clock = p->config.out_event_clock;
	bool was = p->telling;

	if (p->generator || !start(p))
		return false;
	if (!was)
		cp_telephone_sender_start(&p->sender, press->event, press->volume, p->ts, clock / 100 * p->blocks,
					  press->over ? (press->ms > 0 ? press->ms : 1) * (clock / 1000) : 0);
	else if (press->over && p->sender.left == UINT32_MAX && p->told_ms >= press->ms)
		cp_telephone_sender_stop(&p->sender);
	p->told_ms += step_ms;
	if (cp_telephone_sender_next(&p->sender, ret_packet))
		return true;
	finish(p);
	return cp_pipe_event_next(p, ret_packet);
}
