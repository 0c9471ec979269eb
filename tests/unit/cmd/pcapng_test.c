/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng_test.c - capture blocks, byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/bytes.h"
#include "engine/cmd/pcapng.h"

static char *bytes;
static size_t bytes_n;

static FILE *stream(void)
{
	FILE *out = open_memstream(&bytes, &bytes_n);

	assert_non_null(out);
	return out;
}

static void wrote(FILE *out, const void *expected, size_t len)
{
	fclose(out);
	assert_int_equal(bytes_n, len);
	assert_memory_equal(bytes, expected, len);
	free(bytes);
}

static void section_block(void **state)
{
	static const uint8_t expected[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 40, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0, 4, 0, 3,  'a',  'p',  'p',  0,    0, 0, 0, 0, 0,    0,    0,    40,
	};
	FILE *out = stream();

	(void)state;
	assert_int_equal(pcapng_section(out, "app"), 0);
	wrote(out, expected, sizeof(expected));
}

static void interface_block(void **state)
{
	static const uint8_t expected[] = {
		0,   0,   0,   1,   0, 0, 0, 40, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 2, 0, 4,
		'w', 'a', 'n', '0', 0, 9, 0, 1,  9, 0, 0, 0, 0, 0, 0,    0,    0, 0, 0, 40,
	};
	FILE *out = stream();

	(void)state;
	assert_int_equal(pcapng_interface(out, "wan0", 65535), 0);
	wrote(out, expected, sizeof(expected));
}

static void packet_block(void **state)
{
	static const uint8_t expected[] = {
		0,    0,    0,    6,    0,    0,    0,    60,   0, 0, 0, 2, /* type, length, interface */
		0x17, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0, 0, 0, 5, 0, 0, 0, 60, /* time, captured, length */
		'h',  'e',  'l',  'l',  'o',  0,    0,    0, /* data */
		0,    1,    0,    3,    'w',  'h',  'y',  0, /* comment */
		0,    2,    0,    4,    0,    0,    0,    1, /* inbound */
		0,    0,    0,    0,    0,    0,    0,    60,
	};
	const struct pcapng_packet p = {
		.interface = 2,
		.wall_ns = UINT64_C(0x1701020304050607),
		.len = 60,
		.caplen = 5,
		.data = "hello",
		.direction = PCAPNG_INBOUND,
		.comment = "why",
	};
	FILE *out = stream();

	(void)state;
	assert_int_equal(pcapng_packet(out, &p), 0);
	wrote(out, expected, sizeof(expected));
}

/* Every size of packet and comment gives whole 32-bit words, twice the same length. */
static void every_length_is_padded(void **state)
{
	static const uint8_t data[PCAPNG_SNAPLEN_MAX];
	char comment[400];

	(void)state;
	for (uint32_t len = 0; len < 70; len++) {
		struct pcapng_packet p = {.len = len, .caplen = len, .data = data, .comment = comment};
		FILE *out = stream();

		memset(comment, 'c', len * 5);
		comment[len * 5] = '\0';
		assert_int_equal(pcapng_packet(out, &p), 0);
		fclose(out);
		assert_int_equal(bytes_n % 4, 0);
		assert_int_equal(en_load32((uint8_t *)bytes + 4), bytes_n);
		assert_int_equal(en_load32((uint8_t *)bytes + bytes_n - 4), bytes_n);
		free(bytes);
	}
}

static void the_largest_fits_the_next_does_not(void **state)
{
	static const uint8_t data[2 * PCAPNG_SNAPLEN_MAX];
	struct pcapng_packet p = {.caplen = PCAPNG_SNAPLEN_MAX, .data = data};
	FILE *out = stream();

	(void)state;
	assert_int_equal(pcapng_packet(out, &p), 0);
	p.caplen = 2 * PCAPNG_SNAPLEN_MAX;
	assert_int_equal(pcapng_packet(out, &p), -1);
	fclose(out);
	free(bytes);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	assert_non_null(out);
	setbuf(out, NULL);
	assert_int_equal(pcapng_section(out, "app"), -1);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_block),
		cmocka_unit_test(interface_block),
		cmocka_unit_test(packet_block),
		cmocka_unit_test(every_length_is_padded),
		cmocka_unit_test(the_largest_fits_the_next_does_not),
		cmocka_unit_test(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
