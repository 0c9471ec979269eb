/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guest.c - a telephone in a room: the far leg of its stream is inside, a participant that the gateway is (hub.h,
 * CP_PEER_PHONE).
 *
 *   telephone ── leg 0 ═ up ═► pipe 0 (its codec to Opus) ══► participant's track ──► the others
 *             ◄─ leg 0 ◄═════ pipe 1 (all of them mixed) ◄═ up ═ participant's routes ◄── the others
 *
 * Runs on:   the control loop.
 * Invariants
 *   U1  a leg that is inside has no port, no keys and no far end; it is a member of the room as long as it has a peer.
 */
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/clock.h"
#include "engine/base/random.h"

#define NAME "telephone" /* of who has no label */

static const struct cp_codec in_rooms = {
	.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .complexity = -1, .fec = true, .loss = 5};

int cp_gw_guest_join(struct cp_gw_leg *inside, const char *room, const char *label, struct en_err *err)
{
	struct cp_hub *h = inside->stream->call->gateway->hub;
	int rc;

	if (inside->peer && strcmp(inside->peer->room->name, room) == 0)
		return 0;
	if (!cp_room_name_is_valid(room))
		return en_fail(err, -EINVAL, "A room's name has 1 to 64 of the characters A-Z a-z 0-9 _ . -");
	cp_gw_leg_end(inside);
	inside->inside = true;
	inside->peer =
		cp_peer_join(h, room, CP_PEER_PHONE, label && cp_name_is_valid(label, CP_NAME_MAX) ? label : NAME, err);
	if (!inside->peer)
		return -ENOSPC;
	inside->peer->owner_leg = inside;
	rc = cp_listener_install(inside->peer, err);
	if (rc != 0)
		cp_gw_leg_end(inside);
	return rc;
}

/* What it says, for the room. */
static int speak(struct cp_gw_leg *leg, struct cp_gw_leg *inside, const struct cp_gw_known *said, struct en_err *err)
{
	const struct cp_gw_known *event = cp_gw_event_of(leg, said->clock);
	const struct cp_pipe_config config = {
		.in_n = 1,
		.in = {cp_gw_format_of(said)},
		.out = {.codec = in_rooms, .pt = CP_PHONE_PT},
		.in_event_pt = event ? event->pt : -1,
		.in_event_clock = event ? event->clock : 0,
		.out_event_pt = -1,
		.ssrc = en_random32(),
		.level_ext = CP_PHONE_LEVEL,
	};
	int rc = cp_listener_publish(inside->peer, config.ssrc, err);

	return rc ? rc
		  : cp_pool_add(leg->stream->call->gateway->pool, &config, leg, &leg->stream->pipe[leg->side], err);
}

/* What all the others say, for it. */
static int hear(struct cp_gw_leg *leg, struct cp_gw_leg *inside, const struct cp_gw_known *heard, struct en_err *err)
{
	const struct cp_pipe_config config = {
		.in_n = 1,
		.in = {{.codec = in_rooms, .pt = CP_PHONE_PT}},
		.out = cp_gw_format_of(heard),
		.ptime_ms = cp_gw_ptime_of(leg),
		.in_event_pt = -1,
		.out_event_pt = -1,
		.ssrc = en_random32(),
		.mix = true,
	};

	cp_report_begin(&leg->report, heard->clock, config.ssrc, heard->clock, en_mono_ns());
	return cp_pool_add(leg->stream->call->gateway->pool, &config, inside, &inside->stream->pipe[inside->side], err);
}

int cp_gw_guest_codecs(const struct cp_gw_section *s, struct cp_gw_leg *leg, struct cp_gw_leg *inside,
		       struct cp_gw_codec *ret_codec, unsigned int *ret_n, struct en_err *err)
{
	const struct cp_gw_known *k;
	int rc;

	cp_gw_pipes_end(leg->stream);
	leg->ptime = s->ptime;
	leg->stream->media = CP_GW_AUDIO;
	cp_gw_codecs_keep(leg, s->codec, s->codec_n);
	k = cp_gw_first_ours(leg);
	if (!k)
		return en_fail(err, -EINVAL, "The gateway knows no codec of it.");
	rc = speak(leg, inside, k, err);
	if (rc == 0)
		rc = hear(leg, inside, k, err);
	if (rc != 0) {
		cp_gw_pipes_end(leg->stream);
		return rc;
	}
	*ret_n = cp_gw_answer_with(leg, k, ret_codec);
	return 0;
}
