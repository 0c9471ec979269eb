/* SPDX-License-Identifier: BSD-3-Clause */
/* message.c - messages out of their numbers: a head, and a piece of one of two long patterns that begins anywhere. */
#include "perf/loadgen/message.h"

#include <string.h>

#include "perf/loadgen/payload.h"

#define STARTS 4096 /* places where a piece may begin */

/* A share of the messages in 1/256, and the sizes that they have. */
static const struct {
	unsigned int share;
	uint32_t from, to;
} mix[] = {
	{10, 0, 0},      {10, 1, 1},       {20, 2, 15},      {112, 16, 200},
	{70, 201, 1200}, {24, 1201, 8192}, {8, 8193, 32768}, {2, 65536, 65536},
};

#define MIXES (sizeof(mix) / sizeof(mix[0]))

static uint64_t mixed(uint32_t number, uint32_t seq)
{
	return load_mix((uint64_t)number << 32 | seq);
}

struct load_message load_message_of(uint32_t number, uint32_t seq, uint32_t largest)
{
	uint64_t random = mixed(number, seq);
	unsigned int at = random & 255, i = 0;
	struct load_message m = {.binary = random >> 8 & 1};

	while (i + 1 < MIXES && at >= mix[i].share)
		at -= mix[i++].share;
	m.len = mix[i].from + (uint32_t)((random >> 16 & 0xffffff) % (mix[i].to - mix[i].from + 1));
	if (m.len > largest)
		m.len = largest;
	return m;
}

/* The piece: of all bytes that there are, or of letters for strings, which are UTF-8. */
static const uint8_t *body(bool binary, uint32_t number, uint32_t seq)
{
	static uint8_t pattern[2][LOAD_MESSAGE_LARGEST + STARTS];
	static bool made;

	for (uint32_t i = 0; !made && i < sizeof(pattern[0]); i++) {
		pattern[1][i] = (uint8_t)load_mix(i);
		pattern[0][i] = (uint8_t)('a' + pattern[1][i] % 26);
	}
	made = true;
	return pattern[binary] + (mixed(number, seq) >> 40) % STARTS;
}

static void put_hex(uint8_t *at, uint32_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 4)
		at[i] = (uint8_t) "0123456789abcdef"[v & 15];
}

static bool get_hex(const uint8_t *at, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 8; i++) {
		bool digit = at[i] >= '0' && at[i] <= '9';

		if (!digit && (at[i] < 'a' || at[i] > 'f'))
			return false;
		v = v << 4 | (uint32_t)(digit ? at[i] - '0' : at[i] - 'a' + 10);
	}
	*ret = v;
	return true;
}

void load_message_put(uint8_t *bytes, const struct load_message *m, uint32_t number, uint32_t seq)
{
	memcpy(bytes, body(m->binary, number, seq), m->len);
	if (m->len < LOAD_MESSAGE_HEAD)
		return;
	put_hex(bytes, number);
	put_hex(bytes + 8, seq);
}

bool load_message_get(const uint8_t *bytes, size_t len, uint32_t *ret_number, uint32_t *ret_seq)
{
	return len >= LOAD_MESSAGE_HEAD && get_hex(bytes, ret_number) && get_hex(bytes + 8, ret_seq);
}

bool load_message_is(const uint8_t *bytes, size_t len, bool binary, uint32_t number, uint32_t seq, uint32_t largest)
{
	struct load_message m = load_message_of(number, seq, largest);
	uint32_t n, s, head = m.len < LOAD_MESSAGE_HEAD ? 0 : LOAD_MESSAGE_HEAD;

	if (len != m.len || binary != m.binary)
		return false;
	if (head && (!load_message_get(bytes, len, &n, &s) || n != number || s != seq))
		return false;
	return len == head || memcmp(bytes + head, body(binary, number, seq) + head, len - head) == 0;
}
