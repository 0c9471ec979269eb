/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipes.c - the pipes of a stream whose sides have no codec in common, and the packets that go through them.
 *
 * Runs on:   the control loop.
 * Invariants
 *   T1  either both directions of a stream have a pipe or none has.
 */
#include "control/gateway/inner.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"

static struct cp_pipe_format noise_format(const struct cp_gw_known *k)
{
	return (struct cp_pipe_format){.pt = k->pt, .codec = {.kind = CP_CODEC_CN, .clock = k->clock, .channels = 1}};
}

/* Of what comes from `from`, said in one codec of each side. */
static int sound_make(struct cp_gw_leg *from, const struct cp_gw_known *in, struct cp_gw_leg *to,
		      const struct cp_gw_known *out, uint32_t ssrc, struct en_err *err)
{
	struct cp_gateway *g = from->stream->call->gateway;
	const struct cp_gw_known *in_event = cp_gw_event_of(from, in->clock),
				 *out_event = cp_gw_event_of(to, out->clock);
	const struct cp_gw_known *in_noise = cp_gw_noise_of(from, in->clock),
				 *out_noise = cp_gw_noise_of(to, out->clock);
	struct cp_echo *const *echo = from->stream->echo;
	struct cp_pipe_config config = {
		.in_n = 1,
		.in = {cp_gw_format_of(in)},
		.out = cp_gw_format_of(out),
		.ptime_ms = cp_gw_ptime_of(to),
		.in_event_pt = in_event ? in_event->pt : -1,
		.in_event_clock = in_event ? in_event->clock : 0,
		.out_event_pt = out_event ? out_event->pt : -1,
		.out_event_clock = out_event ? out_event->clock : 0,
		.out_cn_pt = out_noise ? out_noise->pt : 0,
		.voice = from->voice,
		.in_echo = echo[from->side],
		.out_echo = echo[to->side],
		.ssrc = ssrc,
	};

	if (in_noise)
		config.in[config.in_n++] = noise_format(in_noise);
	return cp_pool_add(g->pool, &config, from, &from->stream->pipe[from->side], err);
}

static int pipe_make(struct cp_gw_leg *from, const struct cp_gw_known *in, struct cp_gw_leg *to,
		     const struct cp_gw_known *out, struct en_err *err)
{
	struct cp_video_pipe_config video = {.ssrc = en_random32()};

	cp_report_begin(&to->report, out->clock, video.ssrc, out->clock, en_mono_ns());
	if (from->stream->media == CP_GW_AUDIO)
		return sound_make(from, in, to, out, video.ssrc, err);
	video.in = cp_gw_video_of(in);
	video.out = cp_gw_video_of(out);
	return cp_pool_add_video(from->stream->call->gateway->pool, &video, from, &from->stream->pipe[from->side], err);
}

/* Both directions, or none (T1). What a side hears is kept when its echo is to be taken out; the pipes take references.
 */
int cp_gw_pipes_make(struct cp_gw_leg *near, const struct cp_gw_known *in, struct cp_gw_leg *far,
		     const struct cp_gw_known *out, struct en_err *err)
{
	struct cp_gw_stream *st = near->stream;
	int rc;

	for (unsigned int k = 0; k < CP_GW_SIDES; k++)
		st->echo[k] = st->leg[k].voice & CP_VOICE_ECHO ? cp_echo_create() : NULL; /* without memory it stays */
	rc = pipe_make(near, in, far, out, err);
	if (rc == 0)
		rc = pipe_make(far, out, near, in, err);
	for (unsigned int k = 0; k < CP_GW_SIDES; k++) {
		cp_echo_put(st->echo[k]);
		st->echo[k] = NULL;
	}
	if (rc != 0)
		cp_gw_pipes_end(st);
	return rc;
}

/* --- pipes ----------------------------------------------------------------------------------- */

void cp_gw_pipes_end(struct cp_gw_stream *st)
{
	struct cp_gateway *g = st->call->gateway;

	for (unsigned int k = 0; k < CP_GW_SIDES; k++) {
		cp_pool_remove(g->pool, st->pipe[k]);
		st->pipe[k] = 0;
	}
}

void cp_gw_leg_on_rtp(void *arg, struct cp_peer *p, const uint8_t *bytes, uint32_t len)
{
	const struct cp_gateway *g = arg;
	struct cp_gw_leg *leg = p->owner_leg;
	uint32_t pipe = leg->stream->pipe[leg->side];
	struct wire_rtp h;

	if (!pipe)
		return;
	if (wire_is_rtcp(bytes, len)) {
		cp_gw_reported(leg, bytes, len);
	} else if (wire_rtp_parse(bytes, len, &h)) {
		cp_report_heard(&leg->report, &h, en_mono_ns());
		cp_pool_put(g->pool, pipe, bytes, len);
	}
}

void cp_gw_on_pipe(void *from, const uint8_t *rtp, uint32_t len)
{
	const struct cp_gw_leg *leg = from;
	struct cp_gw_leg *to = &leg->stream->leg[1 - leg->side];
	struct wire_rtp h;

	if (cp_gw_leg_made(to, rtp, len) && wire_rtp_parse(rtp, len, &h))
		cp_report_said(&to->report, &h, en_mono_ns());
}
