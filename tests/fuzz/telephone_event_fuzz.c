/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * telephone_event_fuzz.c - telephone-event packets in any order; a press of any shape through the sender.
 *
 * The first byte picks the clock. Then a row of records: how the timestamp moves (2 bytes, signed, times 16), length
 * (1 byte, modulo 8), payload. Length 7 has no payload: time passes. The first six bytes of all are a press to be sent
 * as well: duration (4 bytes), step (2).
 *
 * Held besides memory safety: presses begin and end in turn; a press that is sent has the marker once, grows, ends
 * three times, and comes back as one press of that length.
 */
#include <stdlib.h>

#include "control/transcode/telephone_event.h"
#include "engine/base/bytes.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_turn(bool *running, unsigned int meant)
{
	if (meant & CP_TELEPHONE_LOST_END) {
		must(*running);
		*running = false;
	}
	if (meant & CP_TELEPHONE_BEGAN) {
		must(!*running);
		*running = true;
	}
	if (meant & CP_TELEPHONE_ENDED) {
		must(*running);
		*running = false;
	}
}

static void receive(struct en_reader *r, uint32_t clock)
{
	struct cp_telephone_receiver receiver;
	uint32_t timestamp = 0;
	bool running = false;

	cp_telephone_receiver_init(&receiver, clock);
	while (en_left(r) >= 3) {
		uint32_t len;
		struct exact x;

		timestamp += (uint32_t)(int16_t)en_get16(r) * 16u;
		len = en_get8(r) % 8;
		if (len == 7) {
			check_turn(&running, cp_telephone_receiver_idle(&receiver, timestamp));
			continue;
		}
		if (len > en_left(r))
			len = (uint32_t)en_left(r);
		x = exact_copy(en_take(r, len), len, 0);
		check_turn(&running, cp_telephone_receive(&receiver, timestamp, x.data, len));
		exact_free(&x);
	}
}

static void send_one(uint32_t duration, uint32_t step, uint32_t clock)
{
	struct cp_telephone_receiver receiver;
	unsigned int n = 0, markers = 0, ends = 0, began = 0, ended = 0;
	struct cp_telephone_packet p;
	struct cp_telephone_sender s;

	cp_telephone_receiver_init(&receiver, clock);
	cp_telephone_sender_start(&s, 5, 10, duration ^ step, step, duration);
	for (; cp_telephone_sender_next(&s, &p); n++) {
		unsigned int meant = cp_telephone_receive(&receiver, p.timestamp, p.payload, sizeof(p.payload));

		must(n < duration / step + 10);
		markers += p.marker;
		ends += p.payload[1] >> 7;
		must(!(meant & CP_TELEPHONE_LOST_END));
		began += !!(meant & CP_TELEPHONE_BEGAN);
		ended += !!(meant & CP_TELEPHONE_ENDED);
	}
	must(markers == 1 && ends == 3 && began == 1 && ended == 1);
	must(cp_telephone_receiver_duration(&receiver) == duration);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);
	uint32_t clock = en_get8(&r) & 1 ? 48000 : 8000, duration = en_get32(&r) % 1000000, step = en_get16(&r) % 9600;

	if (duration && step >= 80)
		send_one(duration, step, clock);
	receive(&r, clock);
	return 0;
}
