/* SPDX-License-Identifier: BSD-3-Clause */
/* telephone_event_test.c - RFC 4733: the payload, one press sent, presses received over a bad network. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "control/transcode/telephone_event.h"
#include "tests/harness/exact.h"

#define BEGAN    CP_TELEPHONE_BEGAN
#define ENDED    CP_TELEPHONE_ENDED
#define LOST_END CP_TELEPHONE_LOST_END
#define MOST     400

static void every_truncation_is_refused(void **state)
{
	static const uint8_t payload[] = {11, 0x8a, 0x03, 0x20};
	struct cp_telephone_event e;

	(void)state;
	for (size_t len = 0; len <= sizeof(payload); len++) {
		struct exact x = exact_copy(payload, len, len % 4);

		assert_int_equal(cp_telephone_event_parse(x.data, (uint32_t)len, &e), len == 4);
		exact_free(&x);
	}
	assert_true(e.event == 11 && e.end && e.volume == 10 && e.duration == 800);
}

static void what_is_built_is_read(void **state)
{
	struct cp_telephone_event e, back;
	uint8_t payload[4];

	(void)state;
	for (unsigned int i = 0; i < 65536; i += 17) {
		e = (struct cp_telephone_event){(uint8_t)i, i & 1, (uint8_t)(i % 64), (uint16_t)i};
		cp_telephone_event_build(&e, payload);
		assert_false(payload[1] & 0x40);
		assert_true(cp_telephone_event_parse(payload, 4, &back));
		assert_true(e.event == back.event && e.end == back.end && e.volume == back.volume &&
			    e.duration == back.duration);
	}
}

static void keys_have_numbers(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		assert_int_equal(cp_telephone_event_key((uint8_t)i), "0123456789*#ABCD"[i]);
		assert_int_equal(cp_telephone_event_of_key("0123456789*#abcd"[i]), i);
	}
	assert_int_equal(cp_telephone_event_key(16), 0);
	assert_int_equal(cp_telephone_event_of_key('E'), CP_TELEPHONE_EVENT_NONE);
	assert_int_equal(cp_telephone_event_of_key(0), CP_TELEPHONE_EVENT_NONE);
}

/* A press of `duration` in packets every `step`. */
static unsigned int press(struct cp_telephone_packet *p, uint8_t event, uint32_t at, uint32_t step, uint32_t duration)
{
	struct cp_telephone_sender s;
	unsigned int n = 0;

	cp_telephone_sender_start(&s, event, 10, at, step, duration);
	while (n < MOST && cp_telephone_sender_next(&s, &p[n]))
		n++;
	assert_true(n < MOST);
	return n;
}

static void a_press_grows_and_ends_three_times(void **state)
{
	struct cp_telephone_packet p[MOST];
	unsigned int n = press(p, 5, 0xfffffff0, 160, 880);

	(void)state;
	assert_int_equal(n, 8); /* 160 320 480 640 800 880 880 880 */
	for (unsigned int i = 0; i < n; i++) {
		struct cp_telephone_event e;

		assert_true(cp_telephone_event_parse(p[i].payload, 4, &e));
		assert_int_equal(p[i].timestamp, 0xfffffff0);
		assert_int_equal(p[i].marker, i == 0);
		assert_int_equal(e.duration, i < 5 ? 160 * (i + 1) : 880);
		assert_int_equal(e.end, i >= 5);
		assert_true(e.event == 5 && e.volume == 10);
	}
}

static void a_press_lasts_until_it_is_stopped(void **state)
{
	struct cp_telephone_packet p;
	struct cp_telephone_sender s;
	struct cp_telephone_event e;

	(void)state;
	cp_telephone_sender_start(&s, 1, 10, 1000, 960, 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_true(cp_telephone_sender_next(&s, &p));
	cp_telephone_sender_stop(&s);
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(cp_telephone_sender_next(&s, &p));
		assert_true(cp_telephone_event_parse(p.payload, 4, &e) && e.end && e.duration == 9600);
	}
	assert_false(cp_telephone_sender_next(&s, &p));
	cp_telephone_sender_start(&s, 1, 10, 1000, 960, 0);
	cp_telephone_sender_stop(&s); /* before anything was told */
	assert_true(cp_telephone_sender_next(&s, &p) && cp_telephone_event_parse(p.payload, 4, &e));
	assert_true(e.end && e.duration == 960 && p.marker);
}

static unsigned int hear(struct cp_telephone_receiver *r, const struct cp_telephone_packet *p)
{
	struct exact x = exact_copy(p->payload, sizeof(p->payload), 0);
	unsigned int meant = cp_telephone_receive(r, p->timestamp, x.data, sizeof(p->payload));

	exact_free(&x);
	return meant;
}

/* s2.5.1.3: contiguous segments of one press; the receiver tells of one press. */
static void a_long_press_has_segments_and_is_one(void **state)
{
	struct cp_telephone_packet p[MOST];
	struct cp_telephone_receiver r;
	unsigned int n = press(p, 9, 500, 960, 200000), began = 0, ended = 0;

	(void)state;
	cp_telephone_receiver_init(&r, 48000);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int meant = hear(&r, &p[i]);

		assert_int_equal(p[i].marker, i == 0);
		assert_true((p[i].timestamp - 500) % 65535 == 0);
		assert_int_equal(meant & LOST_END, 0);
		began += !!(meant & BEGAN);
		ended += !!(meant & ENDED);
	}
	assert_int_equal(p[n - 1].timestamp, 500 + 3 * 65535);
	assert_true(began == 1 && ended == 1);
	assert_int_equal(cp_telephone_receiver_duration(&r), 200000);
}

static void exactly_one_segment_ends_in_it(void **state)
{
	struct cp_telephone_packet p[MOST];
	unsigned int n = press(p, 9, 500, 4369, 65535);
	struct cp_telephone_event e;

	(void)state;
	assert_true(cp_telephone_event_parse(p[n - 1].payload, 4, &e));
	assert_true(n == 17 && e.end && e.duration == 65535 && p[n - 1].timestamp == 500);
}

/* Whichever packets of a press are lost, doubled or in disorder: one press, as long as one of them comes. */
static void any_part_of_a_press_is_one_press(void **state)
{
	struct cp_telephone_packet p[MOST];
	unsigned int n = press(p, 3, 70000, 160, 800); /* 7 packets */

	(void)state;
	assert_int_equal(n, 7);
	for (unsigned int came = 1; came < 1u << n; came++) {
		for (unsigned int backwards = 0; backwards < 2; backwards++) {
			unsigned int began = 0, over = 0;
			struct cp_telephone_receiver r;

			cp_telephone_receiver_init(&r, 8000);
			for (unsigned int k = 0; k < 2 * n; k++) {
				unsigned int i = backwards ? n - 1 - k / 2 : k / 2, meant;

				meant = came & 1u << i ? hear(&r, &p[i]) : 0;
				began += !!(meant & BEGAN);
				over += !!(meant & ENDED);
				assert_int_equal(meant & LOST_END, 0);
			}
			over += cp_telephone_receiver_idle(&r, 70000 + 4000) == LOST_END;
			assert_true(began == 1 && over == 1 && r.event.event == 3);
			assert_int_equal(cp_telephone_receiver_idle(&r, 70000 + 9000), 0);
		}
	}
}

static void a_press_whose_end_is_lost_is_over_with_the_next(void **state)
{
	struct cp_telephone_packet a[MOST], b[MOST], c[MOST];
	struct cp_telephone_receiver r;

	(void)state;
	press(a, 1, 1000, 160, 800);
	press(b, 1, 2200, 160, 800);
	press(c, 1, 4000, 160, 800);
	cp_telephone_receiver_init(&r, 8000);
	assert_int_equal(hear(&r, &a[0]), BEGAN);
	assert_int_equal(hear(&r, &a[3]), 0);
	assert_int_equal(cp_telephone_receiver_duration(&r), 640);
	assert_int_equal(cp_telephone_receiver_idle(&r, 1000 + 640 + 1599), 0);
	assert_int_equal(hear(&r, &b[0]), LOST_END | BEGAN);
	assert_int_equal(hear(&r, &a[4]), 0); /* late */
	assert_int_equal(hear(&r, &b[5]), ENDED);
	assert_int_equal(hear(&r, &c[6]), BEGAN | ENDED); /* all but the last one lost */
	assert_int_equal(hear(&r, &b[6]), 0);
}

static void a_source_that_starts_again_is_heard(void **state)
{
	struct cp_telephone_packet p[MOST];
	struct cp_telephone_receiver r;

	(void)state;
	cp_telephone_receiver_init(&r, 8000);
	press(p, 1, 1000000, 160, 320);
	assert_int_equal(hear(&r, &p[4 - 1]), BEGAN | ENDED);
	press(p, 2, 1000, 160, 320);
	assert_int_equal(hear(&r, &p[0]), BEGAN);
	assert_int_equal(r.event.event, 2);
	assert_int_equal(cp_telephone_receive(&r, 5000, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(what_is_built_is_read),
		cmocka_unit_test(keys_have_numbers),
		cmocka_unit_test(a_press_grows_and_ends_three_times),
		cmocka_unit_test(a_press_lasts_until_it_is_stopped),
		cmocka_unit_test(a_long_press_has_segments_and_is_one),
		cmocka_unit_test(exactly_one_segment_ends_in_it),
		cmocka_unit_test(any_part_of_a_press_is_one_press),
		cmocka_unit_test(a_press_whose_end_is_lost_is_over_with_the_next),
		cmocka_unit_test(a_source_that_starts_again_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
