/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_text_test.c - figures with three digits and a unit, strings that cannot
 * command a terminal, axes that can always be drawn.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "perf/loadgen/result_svg.h"
#include "perf/loadgen/result_text.h"

static void test_counts(void **state)
{
	static const struct {
		double v;
		const char *text;
	} is[] = {
		{0, "0"},          {5, "5"},           {0.25, "0.25"},      {9.996, "10.0"},     {99.96, "100"},
		{100, "100"},      {999, "999"},       {999.4, "999"},      {999.6, "1.00 k"},   {1234, "1.23 k"},
		{20000, "20.0 k"}, {999499, "999 k"},  {999600, "1.00 M"},  {1.234e6, "1.23 M"}, {45.67e6, "45.7 M"},
		{1.2e9, "1.20 G"}, {-1500, "-1.50 k"}, {0.00123, "0.0012"}, {NAN, "-"},          {INFINITY, "-"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(is) / sizeof(is[0]); i++)
		assert_string_equal(load_text_count(is[i].v).s, is[i].text);
}

static void test_times_shares_limits(void **state)
{
	(void)state;
	assert_string_equal(load_text_time(8.523).s, "8.52 µs");
	assert_string_equal(load_text_time(0.4).s, "0.40 µs");
	assert_string_equal(load_text_time(81).s, "81 µs");
	assert_string_equal(load_text_time(1098).s, "1.10 ms");
	assert_string_equal(load_text_time(2.5e6).s, "2.50 s");
	assert_string_equal(load_text_time(NAN).s, "-");
	assert_string_equal(load_text_share(0).s, "0 %");
	assert_string_equal(load_text_share(0.001).s, "0.1 %");
	assert_string_equal(load_text_share(0.096).s, "9.6 %");
	assert_string_equal(load_text_share(0.0999).s, "10 %");
	assert_string_equal(load_text_share(2.09).s, "209 %");
	assert_string_equal(load_text_limit(0).s, "no loss");
	assert_string_equal(load_text_limit(0.005).s, "0.5 % loss");
	assert_string_equal(load_text_value(1500, "us").s, "1.50 ms");
	assert_string_equal(load_text_value_unit(1500, "packets/s").s, "1.50 k packets/s");
	assert_string_equal(load_text_value_unit(1500, "us").s, "1.50 ms");
	assert_string_equal(load_text_whole(1234567).s, "1234567");
}

static void test_strings_carry_no_commands(void **state)
{
	char out[64] = "";
	FILE *f;

	(void)state;
	assert_string_equal(load_text_fit("a\033[2Jb\n\x7f", 40).s, "a?[2Jb??");
	/* U+009B is a control sequence introducer, too */
	assert_string_equal(load_text_fit("\xc2\x9b"
					  "31m \xc2\xb5",
					  40)
				    .s,
			    "?31m \xc2\xb5");
	assert_string_equal(load_text_fit(NULL, 40).s, "");
	f = fmemopen(out, sizeof(out), "w");
	load_text_print("x\ry\xc2\x85z", f);
	fclose(f);
	assert_string_equal(out, "x?y?z");
}

static void test_cut_between_characters(void **state)
{
	struct load_text t;
	char longer[4 * LOAD_TEXT_MAX];

	(void)state;
	assert_string_equal(load_text_fit("abcdefgh", 8).s, "abcdefgh");
	assert_string_equal(load_text_fit("abcdefghi", 8).s, "abcde...");
	assert_string_equal(load_text_fit("µµµµµ", 4).s, "µ...");
	/* more bytes than the buffer holds, however many columns are allowed */
	for (size_t i = 0; i + 3 < sizeof(longer); i += 3)
		memcpy(longer + i, "\xe2\x82\xac", 4);
	t = load_text_fit(longer, 100000);
	assert_true(strlen(t.s) < LOAD_TEXT_MAX);
	assert_string_equal(t.s + strlen(t.s) - 3, "...");
	assert_int_equal((strlen(t.s) - 3) % 3, 0);
	/* a sequence that is cut off by the end of the string */
	assert_string_equal(load_text_fit("a\xe2\x82", 40).s, "a\xe2\x82");
	assert_int_equal(load_text_columns("8.5 µs"), 6);
}

static void test_axes_stand_anything(void **state)
{
	static const double odd[] = {NAN, -INFINITY, INFINITY, -1e15, -1, 0, 1e-12, 1e-3, 1, 7, 1000, 1e15};
	static const double share[] = {0, 0.5, 0.999999, 1, 2, -1};
	size_t n = sizeof(odd) / sizeof(odd[0]);

	(void)state;
	for (int scale = LOAD_LINEAR; scale <= LOAD_LOSS; scale++) {
		for (size_t i = 0; i < n * n; i++) {
			struct load_axis a = {.scale = (enum load_scale)scale};

			load_axis_fit(&a, odd[i / n], odd[i % n]);
			assert_true(isfinite(a.min) && isfinite(a.max) && a.max > a.min);
			for (size_t k = 0; k < n; k++) {
				double at = load_axis_place(&a, odd[k]);

				assert_true((isnan(odd[k]) && isnan(at)) || (at >= 0 && at <= 1) || isinf(odd[k]));
			}
			for (size_t k = 0; k < sizeof(share) / sizeof(share[0]); k++)
				assert_in_range(load_axis_place(&a, share[k]) * 1000, 0, 1000);
		}
	}
}

static void test_axes_place(void **state)
{
	struct load_axis linear = {.scale = LOAD_LINEAR}, log = {.scale = LOAD_LOG}, tail = {.scale = LOAD_TAIL},
			 loss = {.scale = LOAD_LOSS};

	(void)state;
	load_axis_fit(&linear, 0, 1.9e6);
	assert_float_equal(linear.max, 2e6, 1e-6);
	assert_float_equal(load_axis_place(&linear, 5e5), 0.25, 1e-9);
	load_axis_fit(&log, 3, 1500);
	assert_float_equal(log.min, 2, 1e-9);
	assert_float_equal(log.max, 2000, 1e-9);
	assert_float_equal(load_axis_place(&log, 20), 1.0 / 3, 1e-6);
	load_axis_fit(&tail, 0, 4);
	assert_float_equal(load_axis_place(&tail, 0.99), 0.5, 1e-6);
	load_axis_fit(&loss, 0.0002, 1);
	assert_float_equal(load_axis_place(&loss, 0), 0, 1e-9);
	assert_float_equal(load_axis_place(&loss, 1), 1, 1e-9);
	assert_true(load_axis_place(&loss, 0.0001) > 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_times_shares_limits),
		cmocka_unit_test(test_strings_carry_no_commands),
		cmocka_unit_test(test_cut_between_characters),
		cmocka_unit_test(test_axes_stand_anything),
		cmocka_unit_test(test_axes_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
