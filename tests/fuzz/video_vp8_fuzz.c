/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_vp8_fuzz.c - payload descriptors of VP8: the input is a payload (video_depacket_fuzz.h).
 */
#include "tests/fuzz/video_depacket_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	depacket_anything(CP_VIDEO_VP8, data, size);
	return 0;
}
