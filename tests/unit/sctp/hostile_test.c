/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hostile_test.c - a far end that means harm (security.md D5 to D7): the association lives or ends, its neighbours
 * notice nothing, memory is bounded, and no address of ours is on the wire.
 */
#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "tests/unit/sctp/link.h"

#define MANY   10000
#define PACKET 1400

static const struct cp_sctp_out ordered = {.stream = 1, .ppid = 53};

/* The common header of the last packet to the victim (end 1), its TSN when it had data. */
static uint8_t header[12];
static uint32_t tsn;
static uint8_t recorded[512][PACKET];
static uint32_t recorded_len[512], recorded_n;

static void note(struct end *e, const uint8_t *bytes, uint32_t len)
{
	(void)e;
	memcpy(header, bytes, sizeof(header));
	if (len >= 20 && (bytes[12] == 0x00 || bytes[12] == 0x40))
		tsn = en_load32(bytes + 16);
	if (recorded_n < 512 && len <= PACKET) {
		memcpy(recorded[recorded_n], bytes, len);
		recorded_len[recorded_n++] = len;
	}
}

static void meet(struct lab *lab)
{
	lab->end[0].tap = note;
	connect_ends(lab);
	send_sure(&lab->end[0], &ordered, 1, 3000);
	assert_true(run(lab, &lab->end[1].came_n, 1, 5000));
}

static void meet_again(struct lab *lab)
{
	for (unsigned int i = 0; i < 2; i++) {
		cp_sctp_destroy(lab->end[i].assoc);
		lab->end[i].assoc = NULL;
		lab->end[i].cut = false;
		lab->end[i].up = lab->end[i].closed = 0;
		lab->end[i].came_n = 0;
		drop_packets(&lab->end[i]);
	}
	meet(lab);
}

static void strike(struct lab *lab, uint8_t *packet, uint32_t len)
{
	cp_sctp_crc32c_write(packet, len);
	cp_sctp_input(lab->end[1].assoc, packet, len);
}

static size_t heap(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/*
 * `make` writes packet i and says its length. An association that ends is begun anew; a message between the neighbours
 * passes at the end.
 */
static size_t peak;

static unsigned int attack(struct lab *lab, uint32_t (*make)(struct lab *lab, uint8_t *packet, uint32_t i))
{
	uint8_t packet[PACKET];
	unsigned int ended = 0;
	uint32_t before;

	connect_pair(lab, 2);
	meet(lab);
	peak = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		lab->end[0].cut = lab->end[1].cut = true;
		strike(lab, packet, make(lab, packet, i));
		if (i % 64 == 0) {
			turn(lab);
			peak = heap() > peak ? heap() : peak;
		}
		if (lab->end[1].closed) {
			ended++;
			meet_again(lab);
		}
	}
	before = lab->end[3].came_n;
	send_sure(&lab->end[2], &ordered, 9, 100000);
	assert_true(run(lab, &lab->end[3].came_n, before + 1, 5000));
	check_message(&lab->end[3].came[before], 9, 100000);
	assert_int_equal(lab->end[2].closed + lab->end[3].closed, 0);
	return ended;
}

/* After an attack that must not matter. */
static void still_works(struct lab *lab)
{
	lab->end[0].cut = lab->end[1].cut = false;
	send_sure(&lab->end[0], &ordered, 2, 50000);
	assert_true(run(lab, &lab->end[1].came_n, 2, 20000));
	check_message(&lab->end[1].came[1], 2, 50000);
}

static uint32_t put_chunk(struct lab *lab, uint8_t *packet, uint8_t type, uint32_t len)
{
	memcpy(packet, header, 12);
	packet[12] = type;
	packet[13] = (uint8_t)chance(lab);
	en_store16(packet + 14, (uint16_t)len);
	for (uint32_t i = 16; i < 12 + len; i++)
		packet[i] = (uint8_t)chance(lab);
	return 12 + ((len + 3) & ~3u);
}

static uint32_t make_noise(struct lab *lab, uint8_t *packet, uint32_t i)
{
	uint32_t len = 16 + chance(lab) % (PACKET - 16);

	for (uint32_t k = 0; k < len; k++)
		packet[k] = (uint8_t)chance(lab);
	if (i % 2)
		memcpy(packet, header, 12);
	return len;
}

static uint32_t make_chunks(struct lab *lab, uint8_t *packet, uint32_t i)
{
	static const uint8_t types[] = {0x00, 0x40, 0x01, 0x02, 0x03, 0x04, 0x05, 0x07, 0x08, 0x09,
					0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x80, 0x81, 0x82,
					0x84, 0xc0, 0xc1, 0xc2, 0x3f, 0x7f, 0xbf, 0xff};
	uint32_t len = put_chunk(lab, packet, types[i % sizeof(types)], 4 + chance(lab) % 400);

	if (chance(lab) % 2 && (packet[12] == 0x00 || packet[12] == 0x40 || packet[12] >= 0xc0))
		en_store32(packet + 16, tsn + 1 + chance(lab) % 64);
	if (chance(lab) % 4 == 0)
		en_store16(packet + 14, (uint16_t)chance(lab));
	return len;
}

static uint32_t make_init(struct lab *lab, uint8_t *packet, uint32_t i)
{
	uint32_t len = put_chunk(lab, packet, 0x01, 20);

	(void)i;
	en_store32(packet + 4, 0); /* the tag of a packet with INIT */
	packet[13] = 0;
	en_store32(packet + 20, 1 << 17);
	en_store16(packet + 24, 0xffff);
	en_store16(packet + 26, 0xffff);
	return len;
}

static uint32_t make_cookie(struct lab *lab, uint8_t *packet, uint32_t i)
{
	return put_chunk(lab, packet, 0x0a, 4 + chance(lab) % (i % 2 ? 1000 : 50));
}

static uint32_t make_forward(struct lab *lab, uint8_t *packet, uint32_t i)
{
	uint32_t len = put_chunk(lab, packet, i % 2 ? 0xc0 : 0xc2, 8 + 8 * (chance(lab) % 20));

	en_store32(packet + 16, i % 3 ? tsn + chance(lab) % 100000 : chance(lab));
	return len;
}

/* Beginnings of messages that never end, on every stream; every other packet is filled up to keep more memory busy. */
static uint32_t make_beginning(struct lab *lab, uint8_t *packet, uint32_t i)
{
	bool interleaved = !lab->plain;
	uint32_t len = put_chunk(lab, packet, interleaved ? 0x40 : 0x00, interleaved ? 21 : 17);

	packet[13] = interleaved ? 0x02 : 0x02 | (i % 2) << 2;
	en_store32(packet + 16, tsn + 1 + i);
	en_store16(packet + 20, (uint16_t)(i % CP_SCTP_STREAMS));
	en_store16(packet + 22, 0);
	en_store32(packet + 24, i / CP_SCTP_STREAMS);
	packet[len] = 0x84; /* PAD (RFC 4820) */
	packet[len + 1] = 0;
	en_store16(packet + len + 2, 1000);
	memset(packet + len + 4, 0, 996);
	return i % 2 ? len + 1000 : len;
}

/* Whole messages of a byte, all but the first: none can be given to anyone. */
static uint32_t make_gap(struct lab *lab, uint8_t *packet, uint32_t i)
{
	uint32_t len = make_beginning(lab, packet, i | 1);

	packet[13] = 0x03;
	en_store32(packet + 16, tsn + 2 + i);
	en_store16(packet + 20, 5);
	en_store16(packet + 22, (uint16_t)(lab->plain ? 1 + i : 0));
	if (!lab->plain)
		en_store32(packet + 24, 1 + i);
	return len;
}

static uint32_t make_reset(struct lab *lab, uint8_t *packet, uint32_t i)
{
	uint32_t len = put_chunk(lab, packet, 0x82, 4 + 16 + 2 * (i % 40));

	en_store16(packet + 16, (uint16_t)(0x0d + i % 6));
	en_store16(packet + 18, (uint16_t)(16 + 2 * (i % 40)));
	return len;
}

/* covers: K1 */
static void noise_changes_nothing_for_others(void **state)
{
	attack(*state, make_noise);
}

/* covers: K1 */
static void chunks_of_every_type_with_noise_in_them(void **state)
{
	attack(*state, make_chunks);
}

/* covers: K3 */
static void a_flood_of_init_keeps_nothing(void **state)
{
	struct lab *lab = *state;
	size_t before = heap();

	attack(lab, make_init);
	assert_true(heap() - before < 8 << 20);
	if (!lab->end[1].closed)
		still_works(lab);
}

/* covers: K3 */
static void cookies_that_we_never_made_are_dropped(void **state)
{
	assert_int_equal(attack(*state, make_cookie), 0);
	still_works(*state);
}

/* covers: K3 */
static void tsn_jumps_end_it_or_do_not(void **state)
{
	attack(*state, make_forward);
}

/* covers: K3 */
static void resets_in_storms(void **state)
{
	attack(*state, make_reset);
}

/* covers: K2 */
static void beginnings_without_an_end_are_bounded(void **state)
{
	struct lab *lab = *state;
	size_t before = heap();
	unsigned int ended = attack(lab, make_beginning);

	printf("    beginnings: at most %zu KiB, ended %u times\n", (peak - before) >> 10, ended);
	assert_true(peak - before < 4 << 20);
}

/* covers: K2 */
static void messages_behind_a_gap_are_bounded(void **state)
{
	struct lab *lab = *state;
	size_t before = heap();
	unsigned int ended = attack(lab, make_gap);

	printf("    behind a gap: at most %zu KiB, ended %u times\n", (peak - before) >> 10, ended);
	assert_true(peak - before < 8 << 20);
}

/* covers: K3 */
static void a_wrong_checksum_is_dropped(void **state)
{
	struct lab *lab = *state;
	uint8_t packet[PACKET];
	struct cp_sctp_stats stats, after;

	meet(lab);
	cp_sctp_stats(lab->end[1].assoc, &stats);
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t n = chance(lab) % recorded_n, len = recorded_len[n];

		memcpy(packet, recorded[n], len);
		packet[chance(lab) % len] ^= (uint8_t)(1u << chance(lab) % 8);
		cp_sctp_input(lab->end[1].assoc, packet, len);
	}
	cp_sctp_stats(lab->end[1].assoc, &after);
	assert_int_equal(after.packets_in, stats.packets_in);
	still_works(lab);
}

/* covers: K1 */
static void packets_cut_anywhere_do_no_harm(void **state)
{
	struct lab *lab = *state;
	uint8_t packet[PACKET];

	recorded_n = 0;
	meet(lab);
	for (uint32_t i = 0, n = recorded_n; i < n; i++) {
		for (uint32_t len = 0; len <= recorded_len[i]; len++) {
			lab->end[0].cut = lab->end[1].cut = true;
			memcpy(packet, recorded[i], len);
			if (len >= 12)
				cp_sctp_crc32c_write(packet, len);
			cp_sctp_input(lab->end[1].assoc, packet, len);
			if (lab->end[1].closed)
				meet_again(lab);
		}
	}
}

/* --- addresses on the wire (D5) --- */

struct range {
	uint64_t from, to;
};

static struct range ranges[4096];
static unsigned int range_n, found;

static void read_ranges(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], mode[8];

	assert_non_null(f);
	for (range_n = 0; range_n < 4096 && fgets(line, sizeof(line), f);) {
		struct range *r = &ranges[range_n];

		/* what a sanitizer reserves is huge, or low like a number; no object of ours is in there */
		if (sscanf(line, "%lx-%lx %7s", &r->from, &r->to, mode) == 3 && mode[0] == 'r' &&
		    r->to - r->from < 1 << 30 && r->from > UINT32_MAX)
			range_n++;
	}
	fclose(f);
}

static void look(struct end *e, const uint8_t *bytes, uint32_t len)
{
	(void)e;
	for (uint32_t at = 0; at + 8 <= len; at++) {
		uint64_t little;

		memcpy(&little, bytes + at, 8);
		for (unsigned int i = 0; i < range_n; i++)
			found += (little >= ranges[i].from && little < ranges[i].to) ||
				 (en_load64(bytes + at) >= ranges[i].from && en_load64(bytes + at) < ranges[i].to);
	}
}

/* covers: K1 */
static void no_address_of_ours_is_on_the_wire(void **state)
{
	struct lab *lab = *state;

	begin(&lab->end[2]); /* so that the heap is there already */
	run(lab, NULL, 0, 20);
	read_ranges();
	assert_true(range_n > 5);
	found = 0;
	lab->end[0].tap = lab->end[1].tap = look;
	connect_ends(lab);
	assert_int_equal(cp_sctp_reset(lab->end[0].assoc, 1), 0);
	assert_true(run(lab, &lab->end[1].resets_in, 1, 5000));
	run(lab, NULL, 0, 100);
	assert_int_equal(found, 0);
}

/* --- memory --- */

/* covers: K2 */
static void an_idle_association_costs_little(void **state)
{
	enum {
		N = 200
	}; /* of ours, each with its far end: twice as many */
	struct lab *lab = lab_with(2 * N, 4 << 20, MESSAGE);
	struct cp_sctp *all[2 * N];
	size_t before = heap();

	(void)state;
	for (unsigned int i = 0; i < N; i++) {
		for (unsigned int k = 0; k < 2; k++)
			lab->end[k].up = lab->end[k].closed = 0;
		connect_ends(lab);
		send_sure(&lab->end[0], &ordered, i, 1000);
		run(lab, NULL, 0, 2);
		for (unsigned int k = 0; k < 2; k++) {
			all[2 * i + k] = lab->end[k].assoc;
			lab->end[k].assoc = NULL;
			drop_packets(&lab->end[k]);
		}
	}
	printf("    an idle association: %zu bytes\n", (heap() - before) / (2 * N));
	assert_true((heap() - before) / (2 * N) < 400000);
	for (unsigned int i = 0; i < 2 * N; i++)
		cp_sctp_destroy(all[i]);
	printf("    left after %u were destroyed: %zd bytes\n", 2 * N, (ssize_t)(heap() - before));
	lab_free(lab);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define PLAIN(test)                                                                                                    \
	{                                                                                                              \
#test " (without I-DATA)", test, set_up_plain, tear_down, NULL                                         \
	}
	const struct CMUnitTest tests[] = {
		CASE(noise_changes_nothing_for_others),
		CASE(chunks_of_every_type_with_noise_in_them),
		PLAIN(chunks_of_every_type_with_noise_in_them),
		CASE(a_flood_of_init_keeps_nothing),
		CASE(cookies_that_we_never_made_are_dropped),
		CASE(tsn_jumps_end_it_or_do_not),
		PLAIN(tsn_jumps_end_it_or_do_not),
		CASE(resets_in_storms),
		CASE(beginnings_without_an_end_are_bounded),
		PLAIN(beginnings_without_an_end_are_bounded),
		CASE(messages_behind_a_gap_are_bounded),
		PLAIN(messages_behind_a_gap_are_bounded),
		CASE(a_wrong_checksum_is_dropped),
		CASE(packets_cut_anywhere_do_no_harm),
		CASE(no_address_of_ours_is_on_the_wire),
		cmocka_unit_test(an_idle_association_costs_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
