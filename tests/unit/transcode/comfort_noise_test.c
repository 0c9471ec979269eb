/* SPDX-License-Identifier: BSD-3-Clause */
/* comfort_noise_test.c - RFC 3389: noise is as loud as the payload says, and a payload says how loud noise is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "control/transcode/comfort_noise.h"

static void comfort_noise_has_the_level_it_is_told(void **state)
{
	struct cp_comfort_noise c;
	int16_t pcm[8000];

	(void)state;
	cp_comfort_noise_init(&c, 7);
	cp_comfort_noise_make(&c, pcm, 8000);
	assert_int_equal(cp_comfort_noise_level(pcm, 8000), 127);
	assert_false(cp_comfort_noise_set(&c, NULL, 0));
	assert_false(cp_comfort_noise_set(&c, (const uint8_t *)"\x80", 1));
	for (uint8_t level = 5; level < 80; level += 5) {
		assert_true(cp_comfort_noise_set(&c, &level, 1));
		cp_comfort_noise_make(&c, pcm, 8000);
		cp_comfort_noise_make(&c, pcm, 8000);
		assert_in_range(cp_comfort_noise_level(pcm, 8000), level - 1, level + 1);
	}
}

/* A new level comes without a step larger than the noise itself has. */
static void a_change_of_level_is_gradual(void **state)
{
	struct cp_comfort_noise c;
	int16_t pcm[64];

	(void)state;
	cp_comfort_noise_init(&c, 7);
	assert_true(cp_comfort_noise_set(&c, (const uint8_t *)"\x0a", 1));
	cp_comfort_noise_make(&c, pcm, 64);
	for (unsigned int i = 0; i < 8; i++)
		assert_true(abs(pcm[i]) <= 3000);
	assert_true(c.amplitude > 0 && c.amplitude < c.target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comfort_noise_has_the_level_it_is_told),
		cmocka_unit_test(a_change_of_level_is_gradual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
