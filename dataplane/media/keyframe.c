/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyframe.c - tell the first packet of a key frame by its payload descriptor.
 *
 * Runs on:   the packet path.
 * Specs:     RFC 7741 s4.2, s4.3 (VP8); RFC 6184 s5.4-s5.8 (H.264);
 *            RFC 9628 s4.2 (VP9); AV1 RTP payload s4.4, AV1 bitstream s5.3.2.
 */
#include "dataplane/media/keyframe.h"

#include "engine/base/bytes.h"
#include "engine/shm/msg.h"

/* RFC 7741 s4.2: |X|R|N|S|R| PID |, X: |I|L|T|K| RSV |, I: picture id of 7 or 15 bits. */
static bool vp8(struct en_reader r)
{
	uint8_t d = en_get8(&r), x;

	if (!(d & 0x10) || (d & 0x07))
		return false; /* not the start of the first partition */
	if (d & 0x80) {
		x = en_get8(&r);
		if ((x & 0x80) && (en_get8(&r) & 0x80))
			en_get8(&r);
		if (x & 0x40)
			en_get8(&r);
		if (x & 0x30)
			en_get8(&r);
	}
	d = en_get8(&r); /* RFC 7741 s4.3: P, inverse key frame */
	return r.ok && !(d & 0x01);
}

/* RFC 9628 s4.2: |I|P|L|F|B|E|V|Z|, then picture id, then |TID|U|SID|D|. */
static bool vp9(struct en_reader r)
{
	uint8_t d = en_get8(&r);

	if ((d & 0x40) || !(d & 0x08))
		return false; /* predicted from other pictures, or not the start of a frame */
	if ((d & 0x80) && (en_get8(&r) & 0x80))
		en_get8(&r);
	if ((d & 0x20) && (en_get8(&r) >> 1 & 0x07))
		return false; /* a higher spatial layer of the picture */
	return r.ok;
}

#define NAL_IDR 5
#define NAL_SPS 7
#define STAP_A  24
#define FU_A    28

static bool is_key_nal(uint8_t header)
{
	uint8_t type = header & 0x1f;

	return type == NAL_IDR || type == NAL_SPS;
}

static bool h264(struct en_reader r)
{
	uint8_t first = en_get8(&r), fu;
	const uint8_t *nal;
	uint16_t len;

	switch (first & 0x1f) {
	case STAP_A:
		while (en_left(&r) > 2) {
			len = en_get16(&r);
			nal = en_take(&r, len);
			if (nal && len && is_key_nal(nal[0]))
				return true;
		}
		return false;
	case FU_A:
		fu = en_get8(&r);
		return r.ok && (fu & 0x80) && is_key_nal(fu);
	}
	return r.ok && is_key_nal(first);
}

#define OBU_SEQUENCE_HEADER 1

/* |Z|Y|W|N|: Z: begins with the rest of an OBU; W: how many OBU elements, 0: each has its length; N: new sequence. */
static bool av1(struct en_reader r)
{
	uint8_t d = en_get8(&r);

	if (d & 0x80)
		return false;
	if (d & 0x08)
		return r.ok && en_left(&r) > 0;
	if ((d >> 4 & 0x03) != 1)
		while (en_get8(&r) & 0x80)
			;
	d = en_get8(&r);
	return r.ok && (d >> 3 & 0x0f) == OBU_SEQUENCE_HEADER;
}

bool dp_has_keyframes(uint8_t codec)
{
	return codec == SHM_CODEC_VP8 || codec == SHM_CODEC_VP9 || codec == SHM_CODEC_H264 || codec == SHM_CODEC_AV1;
}

bool dp_is_keyframe(uint8_t codec, const uint8_t *payload, size_t len)
{
	struct en_reader r = en_reader(payload, len);

	switch (codec) {
	case SHM_CODEC_VP8:
		return vp8(r);
	case SHM_CODEC_VP9:
		return vp9(r);
	case SHM_CODEC_H264:
		return h264(r);
	case SHM_CODEC_AV1:
		return av1(r);
	}
	return true;
}
