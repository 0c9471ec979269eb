/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_kit.h - a sender, a path, one or two pipes and a listener in virtual time, with the real codecs.
 *
 *   speech, keys ─► encoder ─► path ─► pipe ─► (pipe back) ─► checks of numbers and times ─► decoder
 */
#ifndef TESTS_UNIT_TRANSCODE_PIPE_KIT_H
#define TESTS_UNIT_TRANSCODE_PIPE_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "control/transcode/pipe.h"
#include "control/transcode/telephone_event.h"
#include "engine/wire/rtp.h"
#include "tests/unit/transcode/codec_kit.h"

#define PT_EVENT 101
#define PTIME_MS 20
#define FLYING   64
#define BASE_US  1000000
#define SSRC     0x5eed

struct flying {
	uint8_t bytes[CP_PIPE_PACKET_MAX];
	uint32_t len; /* 0: free */
	uint64_t arrival;
};

/* Sends 20 ms a packet. */
struct sender {
	struct cp_codec codec;
	struct cp_encoder *encoder;
	const int16_t *speech;
	uint32_t each; /* samples */
	uint32_t sent, ts;
	uint16_t seq;
	uint32_t lose_percent, jitter_us;
	uint32_t burst; /* packets that are lost in a row, on average; 0: each for itself */
	bool losing;
	uint8_t *lost; /* a note for each packet; NULL: not wanted */
	uint64_t random;
	struct flying flying[FLYING];
	/* a key for 5 packets out of every 20 */
	const char *keys;
	uint32_t key_n;
	struct cp_telephone_sender key;
};

/* Hears a pipe out, packet by packet. */
struct listener {
	struct cp_codec codec;
	struct cp_decoder *decoder;
	uint32_t ptime_ms, packets, ticks_seen; /* ticks_seen: of 10 ms */
	uint16_t seq;
	uint32_t ts0;
	int event_pt;
	int16_t *out;
	uint32_t out_n, out_max;
	struct cp_telephone_receiver receiver;
	char keys[64];
	uint32_t key_n, ended, event_packets, ends;
};

static inline uint8_t pt_of(const struct cp_codec *c)
{
	return (uint8_t)(96 + c->kind);
}

static inline uint32_t pipe_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* event: whether either side speaks telephone-event. */
static inline struct cp_pipe_config config_of(const struct cp_codec *in, const struct cp_codec *out, bool event_in,
					      bool event_out)
{
	return (struct cp_pipe_config){
		.in_n = 1,
		.in = {{.codec = *in, .pt = pt_of(in)}},
		.out = {.codec = *out, .pt = pt_of(out)},
		.in_event_pt = event_in ? PT_EVENT : -1,
		.out_event_pt = event_out ? PT_EVENT : -1,
		.in_event_clock = in->clock,
		.out_event_clock = out->clock,
		.ssrc = SSRC,
	};
}

static inline struct cp_pipe *pipe_of(const struct cp_pipe_config *config)
{
	struct cp_pipe *p;
	struct en_err err;

	if (cp_pipe_create(config, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

static inline void sender_open(struct sender *s, const struct cp_codec *c, const int16_t *speech)
{
	*s = (struct sender){.codec = *c, .speech = speech, .seq = 65500, .ts = 0xffff0000u, .random = 7};
	s->encoder = encoder_of(c);
	s->each = cp_codec_rate(c) * PTIME_MS / 1000;
}

static inline void listener_open(struct listener *l, const struct cp_codec *c, uint32_t ptime_ms, uint32_t seconds)
{
	*l = (struct listener){.codec = *c, .ptime_ms = ptime_ms, .event_pt = -1};
	l->decoder = decoder_of(c);
	l->out_max = seconds * cp_codec_rate(c);
	l->out = samples_new(l->out_max + CP_CODEC_FRAME_MAX);
	cp_telephone_receiver_init(&l->receiver, c->clock);
}

static inline void listener_close(struct listener *l)
{
	cp_decoder_destroy(l->decoder);
	free(l->out);
}

/* The key's packet that stands for this packet's time, when one is held. */
static inline bool key_packet(struct sender *s, struct wire_rtp *h, uint8_t *payload)
{
	struct cp_telephone_packet p;
	uint32_t step = s->codec.clock * PTIME_MS / 1000;

	if (s->keys && s->sent % 20 == 10 && s->keys[s->key_n])
		cp_telephone_sender_start(&s->key, cp_telephone_event_of_key(s->keys[s->key_n++]), 10, s->ts, step,
					  5 * step);
	if (!cp_telephone_sender_next(&s->key, &p))
		return false;
	h->pt = PT_EVENT;
	h->ts = p.timestamp;
	h->marker = p.marker;
	memcpy(payload, p.payload, sizeof(p.payload));
	return true;
}

static inline void fly(struct sender *s, const uint8_t *bytes, uint32_t len, uint64_t now)
{
	for (int i = 0; i < FLYING; i++)
		if (!s->flying[i].len) {
			memcpy(s->flying[i].bytes, bytes, len);
			s->flying[i].len = len;
			s->flying[i].arrival = now + (s->jitter_us ? pipe_random(&s->random) % s->jitter_us : 0);
			return;
		}
	fail_msg("too many packets under way");
}

/* Bursts: Gilbert's model, two states. */
static inline bool is_lost(struct sender *s)
{
	uint32_t dice = pipe_random(&s->random) % 10000, percent = s->lose_percent;

	if (!s->burst)
		return dice < percent * 100;
	s->losing = s->losing ? dice >= 10000 / s->burst : dice < 10000 * percent / (s->burst * (100 - percent));
	return s->losing;
}

static inline void send_one(struct sender *s, uint64_t now)
{
	uint8_t bytes[CP_PIPE_PACKET_MAX];
	struct wire_rtp h = {.pt = pt_of(&s->codec), .seq = s->seq++, .ts = s->ts, .ssrc = 77};
	int len = CP_TELEPHONE_EVENT_BYTES;
	bool lost;

	if (!key_packet(s, &h, bytes + WIRE_RTP_HDR_LEN))
		len = cp_encode(s->encoder, s->speech + (size_t)s->sent * s->each, s->each, bytes + WIRE_RTP_HDR_LEN);
	assert_true(len > 0);
	wire_rtp_build(bytes, &h);
	s->ts += s->codec.clock * PTIME_MS / 1000;
	s->sent++;
	lost = is_lost(s);
	if (s->lost)
		s->lost[s->sent - 1] = lost;
	if (!lost)
		fly(s, bytes, WIRE_RTP_HDR_LEN + (uint32_t)len, now);
}

/* What has come by `now`, in the order of arrival. */
static inline void deliver(struct sender *s, struct cp_pipe *p, uint64_t now)
{
	for (;;) {
		struct flying *first = NULL;

		for (int i = 0; i < FLYING; i++)
			if (s->flying[i].len && s->flying[i].arrival <= now &&
			    (!first || s->flying[i].arrival < first->arrival))
				first = &s->flying[i];
		if (!first)
			return;
		cp_pipe_put(p, first->bytes, first->len, first->arrival);
		first->len = 0;
	}
}

static inline void hear_event(struct listener *l, const struct wire_rtp *h, const uint8_t *payload)
{
	unsigned int meant = cp_telephone_receive(&l->receiver, h->ts, payload, h->payload_len);

	assert_int_equal(h->payload_len, CP_TELEPHONE_EVENT_BYTES);
	assert_int_equal(h->marker, (meant & CP_TELEPHONE_BEGAN) != 0);
	assert_false(meant & CP_TELEPHONE_LOST_END);
	l->event_packets++;
	l->ends += payload[1] >> 7;
	if (meant & CP_TELEPHONE_BEGAN)
		l->keys[l->key_n++ % (sizeof(l->keys) - 1)] = cp_telephone_event_key(payload[0]);
	if (meant & CP_TELEPHONE_ENDED)
		l->ended++;
}

/* A tick of the pipe: a packet at each ptime and not else, numbered without gaps, its time that of the tick. */
static inline void hear(struct listener *l, const uint8_t *rtp, uint32_t len)
{
	uint32_t ticks = l->codec.clock * l->ptime_ms / 1000;
	struct wire_rtp h;

	l->ticks_seen++;
	assert_int_equal(len > 0, l->ticks_seen * 10 % l->ptime_ms == 0);
	if (!len)
		return;
	assert_true(wire_rtp_parse(rtp, len, &h));
	assert_int_equal(h.ssrc, SSRC);
	if (l->packets++ == 0)
		l->ts0 = h.ts;
	else
		assert_int_equal(h.seq, (uint16_t)(l->seq + 1));
	l->seq = h.seq;
	if (h.pt == l->event_pt) {
		hear_event(l, &h, rtp + h.payload_off);
		memset(l->out + l->out_n, 0, cp_codec_rate(&l->codec) / 1000 * l->ptime_ms * sizeof(*l->out));
	} else {
		assert_int_equal(h.pt, pt_of(&l->codec));
		assert_int_equal(h.ts, l->ts0 + (l->packets - 1) * ticks);
		assert_int_equal(cp_decode(l->decoder, rtp + h.payload_off, h.payload_len, l->out + l->out_n),
				 cp_codec_rate(&l->codec) / 1000 * l->ptime_ms);
	}
	l->out_n += cp_codec_rate(&l->codec) / 1000 * l->ptime_ms;
	assert_true(l->out_n <= l->out_max);
}

/* Of the sender through one pipe, or there and back, to the listener. */
static inline void run(struct sender *s, struct cp_pipe *there, struct cp_pipe *back, struct listener *l,
		       double seconds)
{
	uint8_t rtp[CP_PIPE_PACKET_MAX];

	for (uint32_t t = 0; t < seconds * 100; t++) {
		uint64_t now = BASE_US + t * UINT64_C(10000);
		uint32_t len;

		if (t % (PTIME_MS / 10) == 0)
			send_one(s, now);
		deliver(s, there, now + 3000);
		len = cp_pipe_tick(there, now + 3000, rtp);
		if (back && len)
			cp_pipe_put(back, rtp, len, now + 4000);
		if (back)
			len = cp_pipe_tick(back, now + 5000, rtp);
		hear(l, rtp, len);
	}
}

/* Every (rate / 8000)th sample: the speech has nothing above 3400 Hz. */
static inline int16_t *thinned(const int16_t *x, uint32_t n, uint32_t by)
{
	int16_t *y = samples_new(n / by);

	for (uint32_t i = 0; i < n / by; i++)
		y[i] = x[(size_t)i * by];
	return y;
}

/* How alike they are at the best lag up to 500 ms: looked for at 8000 Hz, then exactly. */
static inline double likeness(const int16_t *in, const int16_t *out, uint32_t n, uint32_t rate, double *ret_ms)
{
	uint32_t by = rate / 8000, lag, from;
	int16_t *a = thinned(in, n, by), *b = thinned(out, n, by);
	double best;

	lag = lag_of(a, b, n / by, 4000, &best) * by;
	from = lag > by ? lag - by : 0;
	lag = from + lag_of(in, out + from, n - from, 2 * by, &best);
	*ret_ms = lag * 1000.0 / rate;
	free(a);
	free(b);
	return best;
}

#endif
