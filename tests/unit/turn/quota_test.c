/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quota_test.c - counts by subject against a model, with one thread and with
 * several (docs/conformance.md L9, A11; attack T3).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "dataplane/turn/quota.h"
#include "dataplane/turn/rest.h"
#include "engine/base/random.h"
#include "tests/harness/turn_kit.h"

#define SUBJECTS 300
#define QUOTA    7
#define THREADS  4

static struct dp_quota *create(unsigned int user, unsigned int total, unsigned int table)
{
	struct conf_turn c = {.user_quota = user, .total_quota = total, .max_allocations = table};
	struct dp_quota *q;
	struct en_err err;

	assert_int_equal(dp_quota_create(&c, &q, &err), 0);
	return q;
}

/* crowded: subjects that all fall on a few slots of one shard */
static void against_model(bool crowded)
{
	struct dp_quota *q = create(QUOTA, 0, 4096);
	static uint64_t subject[SUBJECTS];
	static unsigned int count[SUBJECTS];

	memset(count, 0, sizeof(count));
	for (unsigned int i = 0; i < SUBJECTS; i++)
		subject[i] = crowded ? ((uint64_t)i << 32) | (i % 3) : en_random64();
	for (unsigned int round = 0; round < 200000; round++) {
		/* crowded: no more subjects than the shard has room for */
		unsigned int i = en_random_below(crowded ? 100 : SUBJECTS);

		if (count[i] && en_random_below(2)) {
			dp_quota_release(q, subject[i]);
			count[i]--;
		} else {
			assert_int_equal(dp_quota_take(q, subject[i]), count[i] < QUOTA ? 0 : 486);
			count[i] += count[i] < QUOTA;
		}
	}
	for (unsigned int i = 0; i < SUBJECTS; i++)
		while (count[i]--)
			dp_quota_release(q, subject[i]);
	/* all forgotten: everyone has the whole quota again */
	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int k = 0; k <= QUOTA; k++)
			assert_int_equal(dp_quota_take(q, subject[i]), k < QUOTA ? 0 : 486);
	dp_quota_destroy(q);
}

/* covers: L9 */
static void subjects_against_the_model(void **state)
{
	(void)state;
	against_model(false);
}

/* covers: L9 */
static void crowded_subjects_against_the_model(void **state)
{
	(void)state;
	against_model(true);
}

/* covers: L9 */
static void a_full_shard_is_508_and_recovers(void **state)
{
	struct dp_quota *q = create(1, 0, 1);
	unsigned int n = 0;

	(void)state;
	while (dp_quota_take(q, n) == 0)
		n++;
	assert_in_range(n, 1, 64);
	assert_int_equal(dp_quota_take(q, 1000), 508);
	assert_int_equal(dp_quota_take(q, 0), 486);
	dp_quota_release(q, 0);
	assert_int_equal(dp_quota_take(q, 1000), 0);
	dp_quota_destroy(q);
}

/* covers: L9 T3 */
static void idle_ports_count_too(void **state)
{
	struct dp_quota *q = create(2, 0, 100);

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		assert_int_equal(dp_quota_take(q, 9), 0);
		dp_quota_idle(q, 9);
		dp_quota_release(q, 9);
	}
	assert_int_equal(dp_quota_take(q, 9), 486);
	assert_int_equal(dp_quota_take(q, 10), 0);
	dp_quota_idle_end(q, 9);
	assert_int_equal(dp_quota_take(q, 9), 0);
	assert_int_equal(dp_quota_take(q, 9), 486);
	for (unsigned int i = 0; i < 15; i++)
		dp_quota_idle_end(q, 9);
	dp_quota_release(q, 9);
	/* nobody left but 10: what is unknown stays unknown */
	dp_quota_idle_end(q, 9);
	dp_quota_release(q, 9);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(dp_quota_take(q, 9), i < 2 ? 0 : 486);
	dp_quota_destroy(q);
}

/* covers: L9 */
static void the_total_is_kept_and_zero_means_none(void **state)
{
	struct dp_quota *q = create(0, 5, 100);

	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(dp_quota_take(q, 1), i < 5 ? 0 : 508);
	dp_quota_release(q, 1);
	assert_int_equal(dp_quota_take(q, 2), 0);
	assert_int_equal(dp_quota_take(q, 2), 508);
	dp_quota_destroy(q);
	q = create(0, 0, 1);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(dp_quota_take(q, 1), 0);
	dp_quota_destroy(q);
}

static void *churn(void *arg)
{
	struct dp_quota *q = arg;
	unsigned int held[8] = {0};

	for (unsigned int round = 0; round < 50000; round++) {
		unsigned int i = round % 8;

		if (held[i] && round % 3) {
			dp_quota_release(q, i);
			held[i]--;
		} else if (dp_quota_take(q, i) == 0) {
			held[i]++;
		}
		if (held[i] > QUOTA)
			return q; /* more than the quota by one thread alone */
	}
	for (unsigned int i = 0; i < 8; i++)
		while (held[i]--)
			dp_quota_release(q, i);
	return NULL;
}

/* covers: L9 */
static void several_cores_at_once_lose_no_count(void **state)
{
	struct dp_quota *q = create(QUOTA, 0, 100);
	pthread_t thread[THREADS];
	void *failed;

	(void)state;
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, churn, q), 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	for (unsigned int i = 0; i < 8; i++)
		for (unsigned int k = 0; k <= QUOTA; k++)
			assert_int_equal(dp_quota_take(q, i), k < QUOTA ? 0 : 486);
	dp_quota_destroy(q);
}

/* covers: A11 L9 */
static void the_quota_counts_the_subject_of_a_rest_name(void **state)
{
	static const char *const subjects[] = {":carol", ":carol", ":carol", ":dave"};
	static const int codes[] = {0, 0, 486, 0};
	char password[DP_REST_PASSWORD_MAX];
	char name[64];
	struct kit kit;

	(void)state;
	kit_start(&kit, 1, KIT_RELAYS, "secret = s\nuser-quota = 2\n");
	for (unsigned int i = 0; i < 4; i++) {
		struct kit_client c = kit_alice(&kit, 4000 + i);

		/* a new name each time, as the issuer would give */
		snprintf(name, sizeof(name), "%llu%s", (unsigned long long)kit.wall_s + 100 + i, subjects[i]);
		dp_rest_password("s", (const uint8_t *)name, strlen(name), password);
		c.user = name;
		c.password = password;
		assert_int_equal(kit_allocate(&kit, &c), codes[i]);
	}
	assert_true(kit_all_gone(&kit));
	kit_stop(&kit);
}

/* A refusal for another reason gives the place back. */
/* covers: L9 */
static void a_failed_allocate_costs_no_quota(void **state)
{
	struct kit kit;
	struct kit_client c;

	(void)state;
	kit_start(&kit, 1, "relay = " KIT_SERVER4 " 50000-50001\n", "user-quota = 3\nport-quarantine = 0\n");
	for (unsigned int i = 0; i < 10; i++) {
		c = kit_alice(&kit, 4000 + i);
		assert_int_equal(kit_allocate(&kit, &c), i < 2 ? 0 : 508);
	}
	kit_pass(&kit, 600);
	for (unsigned int i = 0; i < 2; i++) {
		c = kit_alice(&kit, 5000 + i);
		assert_int_equal(kit_allocate(&kit, &c), 0);
	}
	kit_stop(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects_against_the_model),
		cmocka_unit_test(crowded_subjects_against_the_model),
		cmocka_unit_test(a_full_shard_is_508_and_recovers),
		cmocka_unit_test(idle_ports_count_too),
		cmocka_unit_test(the_total_is_kept_and_zero_means_none),
		cmocka_unit_test(several_cores_at_once_lose_no_count),
		cmocka_unit_test(the_quota_counts_the_subject_of_a_rest_name),
		cmocka_unit_test(a_failed_allocate_costs_no_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
