/* SPDX-License-Identifier: BSD-3-Clause */
/* keyframe.h - does a key frame begin with this payload? Pure: no state, no DPDK. */
#ifndef DP_KEYFRAME_H
#define DP_KEYFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Codecs of which receivers can only start at a key frame; of the others they can start anywhere. */
bool dp_has_keyframes(uint8_t codec);
/* codec: enum shm_codec; payload: behind the RTP header, without padding. Of a codec without key frames: true. */
bool dp_is_keyframe(uint8_t codec, const uint8_t *payload, size_t len);

#endif
