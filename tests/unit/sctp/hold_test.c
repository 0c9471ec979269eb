/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold_test.c - resets that are asked for before all data came.
 */
#include "engine/base/bytes.h"
#include "tests/unit/sctp/link.h"

#include "control/sctp/hold.h"

#define ROUNDS 40

static struct cp_sctp_hold h;
static uint8_t copy[200];

/* A packet: DATA, RE-CONFIG that asks for a reset behind `tsn`, DATA; its length. */
static uint32_t packet_of(uint8_t packet[200], uint32_t tsn)
{
	static const uint8_t data[20] = {0x00, 0x03, 0, 17, 1, 2, 3, 4};
	static const uint8_t reset[24] = {0x82, 0, 0, 22, 0, 13, 0, 18, 0, 0, 0, 9, 0, 0, 0, 8};

	memset(packet, 0xee, 12);
	memcpy(packet + 12, data, 20);
	memcpy(packet + 32, reset, 24);
	en_store32(packet + 32 + 16, tsn);
	packet[32 + 21] = 7;
	memcpy(packet + 56, data, 20);
	return 76;
}

static void an_early_one_waits(void **state)
{
	uint8_t packet[200], *later;
	uint32_t len = packet_of(packet, 100), n;

	(void)state;
	/* nothing was acknowledged yet: nothing is known */
	assert_ptr_equal(cp_sctp_hold_look(&h, packet, &len, copy), packet);
	assert_int_equal(len, 76);
	cp_sctp_hold_sacked(&h, 98);
	assert_ptr_equal(cp_sctp_hold_look(&h, packet, &len, copy), copy);
	assert_int_equal(len, 52);
	assert_memory_equal(copy, packet, 32);
	assert_memory_equal(copy + 32, packet + 56, 20);
	cp_sctp_hold_sacked(&h, 99);
	assert_null(cp_sctp_hold_take(&h, &n));
	/* again, in a packet of its own, and already copied */
	memcpy(copy, packet, 12);
	memcpy(copy + 12, packet + 32, 22);
	len = 34;
	assert_ptr_equal(cp_sctp_hold_look(&h, copy, &len, copy), copy);
	assert_int_equal(len, 12);
	cp_sctp_hold_sacked(&h, 100);
	cp_sctp_hold_sacked(&h, 97); /* late: it stays */
	later = cp_sctp_hold_take(&h, &n);
	assert_non_null(later);
	assert_int_equal(n, 34);
	assert_memory_equal(later, packet, 12);
	assert_memory_equal(later + 12, packet + 32, 22);
	free(later);
	assert_null(cp_sctp_hold_take(&h, &n));
	/* one that is not early passes, across the wrap too */
	len = 76;
	assert_ptr_equal(cp_sctp_hold_look(&h, packet, &len, copy), packet);
	h.sacked = 0xfffffff0;
	assert_ptr_equal(cp_sctp_hold_look(&h, packet, &len, copy), copy);
	cp_sctp_hold_fini(&h);
}

static void half_a_chunk_is_not_read(void **state)
{
	uint8_t packet[200];
	uint32_t whole = packet_of(packet, 100);

	(void)state;
	for (uint32_t n = 0; n <= whole; n++) {
		uint8_t *tight = malloc(n ? n : 1);
		uint32_t len = n;

		h = (struct cp_sctp_hold){.any = true};
		memcpy(tight, packet, n);
		cp_sctp_hold_look(&h, tight, &len, copy);
		/* the request is held when all of it came: its last two bytes are padding */
		assert_int_equal(h.packet != NULL, n >= 54);
		free(tight);
		cp_sctp_hold_fini(&h);
	}
}

/* Unordered messages come behind a reset that waits for what was lost. */
static void unordered_messages_beside_resets(void **state)
{
	static const struct cp_sctp_out ordered = {.stream = 1, .ppid = 53},
					loose = {.stream = 2, .ppid = 53, .unordered = true},
					expendable = {.stream = 3,
						      .ppid = 53,
						      .unordered = true,
						      .reliability = CP_SCTP_RETRANSMITS};
	struct lab *lab = *state;
	struct end *from = &lab->end[0], *to = &lab->end[1];
	uint32_t loose_n = 0, next = 0;
	static bool seen[ROUNDS * 16];

	connect_ends(lab);
	lab->loss_pm = 100;
	lab->delay_ns = MS;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int done = from->resets_out;

		send_sure(from, &ordered, i, 3000);
		assert_int_equal(cp_sctp_reset(from->assoc, 1), 0);
		for (unsigned int k = 0; k < 16; k++) {
			send_sure(from, &loose, next++, 100);
			send_sure(from, &expendable, k, 100);
			run(lab, NULL, 0, 1);
		}
		assert_true(run(lab, &from->resets_out, done + 1, 20000));
	}
	lab->loss_pm = 0;
	run(lab, NULL, 0, 1500);
	assert_string_equal(from->why, "");
	assert_string_equal(to->why, "");
	assert_int_equal(to->resets_in, ROUNDS);
	for (uint32_t i = 0; i < to->came_n; i++) {
		if (to->came[i].stream != 2)
			continue;
		assert_in_range(to->came[i].serial, 0, next - 1);
		assert_false(seen[to->came[i].serial]);
		seen[to->came[i].serial] = true;
		loose_n++;
	}
	assert_int_equal(loose_n, next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_early_one_waits),
		cmocka_unit_test(half_a_chunk_is_not_read),
		cmocka_unit_test_setup_teardown(unordered_messages_beside_resets, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
