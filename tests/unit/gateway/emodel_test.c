/* SPDX-License-Identifier: BSD-3-Clause */
/* emodel_test.c - R and MOS against values worked out by hand, and how they move. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/gateway/emodel.h"

static void near(double got, double want)
{
	if (fabs(got - want) > 0.005)
		fail_msg("got %f, want %f", got, want);
}

/* G.107 Annex B: the points of its curve, and table B.1's R = 50 to 90. */
static void mos_of_r(void **state)
{
	(void)state;
	near(cp_emodel_mos(-5), 1);
	near(cp_emodel_mos(0), 1);
	near(cp_emodel_mos(3), 1);
	near(cp_emodel_mos(50), 2.575);
	near(cp_emodel_mos(60), 3.1);
	near(cp_emodel_mos(70), 3.597);
	near(cp_emodel_mos(80), 4.024);
	near(cp_emodel_mos(90), 4.339);
	near(cp_emodel_mos(93.2), 4.409);
	near(cp_emodel_mos(100), 4.5);
}

static void r_by_hand(void **state)
{
	struct cp_emodel_codec g711 = cp_emodel_codec("pcmu"), g729 = cp_emodel_codec("G729");

	(void)state;
	near(cp_emodel_r(g711.ie, g711.bpl, 0, 0), 93.2);
	near(cp_emodel_r(g711.ie, g711.bpl, 0, 100), 90.8);
	near(cp_emodel_r(g711.ie, g711.bpl, 0, 277.3), 93.2 - 6.6552 - 11);
	near(cp_emodel_r(g711.ie, g711.bpl, 5, 0), 93.2 - 95 * 5 / 30.1);
	near(cp_emodel_r(g729.ie, g729.bpl, 1, 0), 93.2 - 11 - 84 * 1 / 20.0);
	near(cp_emodel_r(g711.ie, g711.bpl, 100, 1000), 0);
}

static void worse_is_worse(void **state)
{
	struct cp_emodel_codec c = cp_emodel_codec("opus");
	double before = 5;

	(void)state;
	for (int loss = 0; loss <= 100; loss++) {
		double mos = cp_emodel_mos(cp_emodel_r(c.ie, c.bpl, loss, 50));

		assert_true(mos <= before && mos >= 1);
		before = mos;
	}
	before = 5;
	for (int delay = 0; delay <= 2000; delay += 10) {
		double mos = cp_emodel_mos(cp_emodel_r(c.ie, c.bpl, 1, delay));

		assert_true(mos <= before && mos >= 1);
		before = mos;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mos_of_r),
		cmocka_unit_test(r_by_hand),
		cmocka_unit_test(worse_is_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
