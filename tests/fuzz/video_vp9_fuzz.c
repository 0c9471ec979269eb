/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * video_vp9_fuzz.c - payload descriptors of VP9: the input is a payload (video_depacket_fuzz.h).
 */
#include "tests/fuzz/video_depacket_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	depacket_anything(CP_VIDEO_VP9, data, size);
	return 0;
}
