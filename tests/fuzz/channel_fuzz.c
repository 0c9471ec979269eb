/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel_fuzz.c - demultiplexing and ChannelData on arbitrary bytes: the
 * application data named lies inside the datagram, and a header built from
 * what was read is the header that was read.
 */
#include <stdlib.h>

#include "engine/wire/channel.h"
#include "engine/wire/demux.h"
#include "tests/harness/exact.h"

static volatile uint8_t sink; /* so that the bytes are really read */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, size % 4);
	uint8_t head[WIRE_CHANNEL_HDR_LEN];
	struct wire_channel ch;

	if (size && wire_demux(e.data[0]) > WIRE_CLASS_RTP)
		abort();
	if (wire_channel_parse(e.data, size, &ch)) {
		for (size_t i = 0; i < ch.len; i++)
			sink ^= e.data[WIRE_CHANNEL_HDR_LEN + i];
		wire_channel_build(head, ch.number, ch.len);
		if (memcmp(head, e.data, sizeof(head)) != 0)
			abort();
	}
	exact_free(&e);
	return 0;
}
