/* SPDX-License-Identifier: BSD-3-Clause */
/* payload.c - payloads that follow from a packet's number. */
#include "perf/loadgen/payload.h"

#include <string.h>

#include "engine/base/bytes.h"
#include "engine/base/csum.h"

static uint16_t stamp_sum(const uint8_t *data)
{
	return (uint16_t)(en_load16(data) + en_load16(data + 2) + en_load16(data + 4) + 0x5450);
}

uint64_t load_payload_put(uint8_t *data, size_t len, uint16_t tag, uint32_t seq)
{
	uint64_t word = load_mix(seq), sum;
	size_t words = (len - LOAD_PAYLOAD_MIN) / 8, rest = (len - LOAD_PAYLOAD_MIN) % 8;
	uint8_t *p = data + LOAD_PAYLOAD_MIN;

	en_store16(data, tag);
	en_store32(data + 2, seq);
	en_store16(data + 6, stamp_sum(data));
	for (size_t i = 0; i < words; i++, p += 8)
		memcpy(p, &word, 8);
	memcpy(p, &word, rest);
	sum = en_csum_fold((word & UINT32_MAX) + (word >> 32)) * (uint64_t)words;
	sum = en_csum_words(sum, data, LOAD_PAYLOAD_MIN / 4);
	return rest ? en_csum_add(sum, p, rest) : sum;
}

bool load_payload_get(const uint8_t *data, size_t len, uint16_t *ret_tag, uint32_t *ret_seq)
{
	if (len < LOAD_PAYLOAD_MIN || en_load16(data + 6) != stamp_sum(data))
		return false;
	*ret_tag = en_load16(data);
	*ret_seq = en_load32(data + 2);
	return true;
}

bool load_payload_intact(const uint8_t *data, size_t len, uint32_t seq)
{
	uint64_t word = load_mix(seq), wrong = 0, got;
	const uint8_t *p = data + LOAD_PAYLOAD_MIN, *end = data + len;

	for (; end - p >= 8; p += 8) {
		memcpy(&got, p, 8);
		wrong |= got ^ word;
	}
	return wrong == 0 && memcmp(p, &word, (size_t)(end - p)) == 0;
}
