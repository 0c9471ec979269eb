/* SPDX-License-Identifier: BSD-3-Clause */
/* video_scale.c - images of another size, by libyuv. */
#include "control/transcode/video_codec.h"

#include <stdlib.h>

#include <libyuv/scale.h>

static uint32_t even(uint64_t n)
{
	return n < CP_VIDEO_SIDE_MIN ? CP_VIDEO_SIDE_MIN : (uint32_t)n & ~1u;
}

void cp_video_fit(uint32_t width, uint32_t height, uint32_t most_width, uint32_t most_height, uint32_t *ret_width,
		  uint32_t *ret_height)
{
	uint32_t w = most_width ? most_width : width, h = most_height ? most_height : height;

	*ret_width = width;
	*ret_height = height;
	if (width <= w && height <= h)
		return;
	if ((uint64_t)width * h > (uint64_t)height * w) { /* its width is what is too much */
		*ret_width = even(w);
		*ret_height = even((uint64_t)height * w / width);
	} else {
		*ret_width = even((uint64_t)width * h / height);
		*ret_height = even(h);
	}
}

static bool room_for(struct cp_video_scaler *s, size_t n)
{
	uint8_t *p;

	if (n <= s->room)
		return true;
	p = realloc(s->bytes, n);
	if (!p)
		return false;
	s->bytes = p;
	s->room = n;
	return true;
}

bool cp_video_scale(struct cp_video_scaler *s, const struct cp_video_image *image, uint32_t width, uint32_t height,
		    struct cp_video_image *ret_image)
{
	size_t luma = (size_t)width * height, w2 = (width + 1) / 2, chroma = w2 * ((height + 1) / 2);

	if (!room_for(s, luma + 2 * chroma))
		return false;
	*ret_image = (struct cp_video_image){
		.plane = {s->bytes, s->bytes + luma, s->bytes + luma + chroma},
		.stride = {(int)width, (int)w2, (int)w2},
		.width = width,
		.height = height,
	};
	return I420Scale(image->plane[0], image->stride[0], image->plane[1], image->stride[1], image->plane[2],
			 image->stride[2], (int)image->width, (int)image->height, s->bytes, (int)width, s->bytes + luma,
			 (int)w2, s->bytes + luma + chroma, (int)w2, (int)width, (int)height, kFilterBox) == 0;
}

void cp_video_scaler_fini(struct cp_video_scaler *s)
{
	free(s->bytes);
	*s = (struct cp_video_scaler){.room = 0};
}
