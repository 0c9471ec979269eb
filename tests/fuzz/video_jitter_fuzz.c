/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_jitter_fuzz.c - a video jitter buffer under any packets at any times: the input is a program of steps.
 *
 * Held besides memory safety: what waits is bounded; counters only grow and agree; only what is missing is asked for,
 * each 10 times at most; pictures are told whole, with the layers in them in order; and after all of it a new sender's
 * pictures come out, every one.
 */
#include <stdlib.h>
#include <string.h>

#include "control/transcode/video_jitter.h"
#include "control/transcode/video_packet.h"
#include "engine/base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAYLOAD 64

static struct cp_video_jitter *j;
static struct cp_video_jitter_stats before;
static struct cp_video_in in;
static enum cp_video_kind kind;
static uint8_t payload[CP_VIDEO_PAYLOAD_MAX + 1];
static uint64_t now;
static volatile uint32_t seen;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check(void)
{
	struct cp_video_jitter_stats t;
	uint64_t sum = 0;

	cp_video_jitter_stats(j, &t);
	for (int i = 0; i < CP_VIDEO_VERDICTS; i++) {
		must(t.verdict[i] >= before.verdict[i]);
		sum += t.verdict[i];
	}
	must(sum == t.received);
	must(t.waiting <= CP_VIDEO_WINDOW && t.waiting <= t.verdict[CP_VIDEO_TAKEN]);
	must(t.found + t.lost <= t.missed && t.missed - t.found - t.lost <= CP_VIDEO_WINDOW);
	must(t.asked <= 10 * t.missed && t.asked >= before.asked);
	must(t.keys <= t.pictures && t.pictures >= before.pictures);
	must(t.skipped + t.waiting <= t.verdict[CP_VIDEO_TAKEN]);
	before = t;
}

static void take_pictures(void)
{
	struct cp_video_picture p;

	while (cp_video_jitter_next(j, &p)) {
		must(p.len > 0 && p.layer_n > 0 && p.layer_n <= CP_VIDEO_LAYERS);
		must(p.layer_end[p.layer_n - 1] == p.len);
		for (uint32_t i = 1; i < p.layer_n; i++)
			must(p.layer_end[i] > p.layer_end[i - 1]);
		for (uint32_t i = 0; i < p.len; i++)
			seen += p.bytes[i]; /* all of it can be read */
	}
}

static void ask(uint8_t n)
{
	uint16_t seq[255];
	uint32_t told = cp_video_jitter_missing(j, now, seq, n);

	must(told <= n);
	for (uint32_t i = 1; i < told; i++)
		must((int16_t)(seq[i] - seq[i - 1]) > 0);
	(void)cp_video_jitter_wants_key(j, now);
}

static void put(void)
{
	in.payload = payload;
	in.arrival_us = now;
	(void)cp_video_jitter_put(j, &in);
	in.seq++;
}

/* Packets as a sender makes them: n of a picture, with or without its end. */
static void put_picture(uint8_t n, bool key)
{
	struct cp_video_cutter c = {.kind = kind, .most = CP_VIDEO_DESCRIPTOR_MAX + 8};
	uint8_t frame[256] = {kind == CP_VIDEO_VP8 ? !key : key ? 0x82 : 0x86};
	bool last = false;

	cp_video_cut(&c, frame, n + 1u, key, 16, 16);
	while ((in.len = cp_video_cut_next(&c, payload, &last)) > 0) {
		in.marker = last && n % 3;
		put();
	}
	in.ts += 3000;
}

static void put_bytes(struct en_reader *r, uint8_t n)
{
	uint32_t len = n % PAYLOAD;
	const uint8_t *p = en_take(r, len);

	if (!p)
		return;
	memcpy(payload, p, len);
	in.len = n == 255 ? sizeof(payload) : len;
	in.marker = n & 0x40;
	put();
}

static void step(struct en_reader *r)
{
	uint8_t op = en_get8(r), n = en_get8(r);

	switch (op % 8) {
	case 0:
		put_picture(n, op & 0x80);
		break;
	case 1:
		put_bytes(r, n);
		break;
	case 2:
		take_pictures();
		break;
	case 3:
		now += n * 1000u << (op >> 3 & 3);
		ask(n);
		break;
	case 4:
		in.seq = (uint16_t)(in.seq + (int8_t)n * (op & 0x80 ? 16 : 1));
		break;
	case 5:
		in.ts += (uint32_t)(int8_t)n * 3000;
		break;
	case 6:
		in.ssrc = n % 3;
		break;
	default:
		if (n % 4 == 0)
			cp_video_jitter_need_key(j);
		cp_video_jitter_set_rtt(j, n * 1000u);
	}
}

/* Whatever was: another sender is understood. */
static void recover(void)
{
	uint64_t pictures;

	in.ssrc = 77;
	put_picture(40, true); /* two packets at least: it is believed */
	put_picture(40, true);
	take_pictures();
	pictures = before.pictures;
	check();
	must(before.pictures > pictures);
	pictures = before.pictures;
	for (uint32_t i = 0; i < 50; i++) {
		put_picture((uint8_t)(i * 3 + 1), false);
		take_pictures();
	}
	put_picture(1, false); /* of one packet, and marked: what was not marked before it ends there */
	take_pictures();
	check();
	must(before.pictures == pictures + 51 && before.waiting == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);

	kind = en_get8(&r) % CP_VIDEO_KINDS;
	j = cp_video_jitter_create(kind);
	must(j);
	memset(&in, 0, sizeof(in));
	memset(&before, 0, sizeof(before));
	now = 1000000;
	for (unsigned int steps = 0; en_left(&r) && steps < 500; steps++) {
		step(&r);
		check();
	}
	recover();
	cp_video_jitter_destroy(j);
	return 0;
}
