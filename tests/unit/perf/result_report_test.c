/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_report_test.c - a result as table, JSON and HTML: what must stand in
 * them, and results that are hostile: every value of a good one replaced by
 * every wrong type, or left out, must still give a report.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "perf/loadgen/machine.h"
#include "perf/loadgen/result.h"

#define HIST                                                                                                           \
	"{\"count\":4,\"min_us\":5,\"mean_us\":20,\"p50_us\":8,\"p90_us\":50,\"p99_us\":50,\"p99_9_us\":50,"           \
	"\"max_us\":50,\"buckets\":[[5,1],[8,2],[50,1]]}"
#define TRIAL                                                                                                          \
	"{\"rate\":20000,\"achieved\":19999.5,\"generator_idle\":0.4,\"generator_held\":true,\"planned\":1000,"        \
	"\"sent\":1000,\"received\":998,\"loss\":0.002,\"corrupt\":0,\"duplicates\":1,\"reordered\":2,"                \
	"\"send_errors\":0,\"preempted\":3,\"latency\":" HIST ",\"send_lag\":" HIST ",\"drops\":{\"no_route\":2},"     \
	"\"cpu\":[{\"user\":0.5,\"system\":0.1,\"softirq\":0.1,\"idle\":0.2,\"steal\":0.1}]}"
#define RUN                                                                                                            \
	"{\"label\":\"first\",\"fixed\":" TRIAL ",\"search\":[{\"loss_limit\":0,\"rate\":900000,\"trials\":9,"         \
	"\"limited_by\":\"server\",\"passed\":" TRIAL ",\"failed\":" TRIAL "},{\"loss_limit\":0.005,\"rate\":1000000," \
	"\"trials\":7,\"limited_by\":\"generator\",\"passed\":" TRIAL "}],\"tried\":[{\"rate\":800000,\"loss\":0,"     \
	"\"held\":true,\"p99_us\":30},{\"rate\":1200000,\"loss\":0.2,\"held\":false}],\"curve\":[{\"share\":0.5,"      \
	"\"trial\":" TRIAL "},{\"share\":2,\"trial\":" TRIAL "}],\"allocate\":{\"completed\":5000,\"failed\":2,"       \
	"\"per_second\":41000,\"errors\":{\"486\":2},\"latency\":" HIST "}}"
static const char good[] =
	"{\"tool\":\"turnpike-bench\",\"schema\":1,\"command\":\"relay\",\"arguments\":\"turnpike-bench relay\","
	"\"started\":\"2026-01-02T03:04:05Z\",\"name\":\"mine\",\"machine\":{\"cpu\":\"Some CPU\",\"cpus\":2},"
	"\"setup\":{\"port\":\"memif\",\"clients\":1000},\"runs\":[" RUN "," RUN "],\"metrics\":{\"rate_no_loss\":"
	"{\"unit\":\"packets/s\",\"better\":\"higher\",\"values\":[900000,1100000]},\"p99\":{\"unit\":\"us\","
	"\"better\":\"lower\",\"values\":[80,82]}},\"doubts\":[\"The generator was idle for 8 %.\"]}";

static char dir[] = "/tmp/turnpike-result-XXXXXX";
static char html_path[64], json_path[64];

static json_t *good_result(void)
{
	json_t *r = json_loads(good, 0, NULL);

	assert_non_null(r);
	return r;
}

static char *contents(const char *path)
{
	char *s = calloc(1, 1 << 20);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(s);
	assert_true(fread(s, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return s;
}

/* The caller frees. */
static char *printed(const json_t *r)
{
	char *s = NULL;
	size_t len;
	FILE *f = open_memstream(&s, &len);

	assert_non_null(f);
	load_result_print(r, f);
	fclose(f);
	return s;
}

static char *page(const json_t *r)
{
	assert_int_equal(load_result_write_html(r, html_path, stderr), 0);
	return contents(html_path);
}

static void assert_holds(const char *s, const char *what)
{
	if (strstr(s, what) == NULL)
		fail_msg("\"%s\" is missing in:\n%s", what, s);
}

static void test_table(void **state)
{
	json_t *r = good_result();
	char *s = printed(r);
	size_t column = 0;

	(void)state;
	assert_holds(s, "turnpike-bench relay: mine, 2 runs, 2026-01-02T03:04:05Z");
	assert_holds(s, "port memif, clients 1000");
	assert_holds(s, "1.00 M       900 k      1.10 M     20 %     2");
	assert_holds(s, "81 µs");
	assert_holds(s, "server 2");
	assert_holds(s, "generator 2");
	assert_holds(s, "idle 40 %");
	assert_holds(s, "received 1996");
	assert_holds(s, "no_route 4");
	assert_holds(s, "486 4");
	assert_holds(s, "    - The generator was idle for 8 %.");
	for (const char *c = s; *c; c++) {
		column = *c == '\n' ? 0 : column + ((*c & 0xc0) != 0x80);
		assert_in_range(column, 0, 100);
	}
	free(s);
	json_decref(r);
}

static void test_json_comes_back(void **state)
{
	json_t *r = good_result(), *back;

	(void)state;
	assert_int_equal(load_result_write_json(r, json_path, stderr), 0);
	back = json_load_file(json_path, 0, NULL);
	assert_true(json_equal(r, back));
	json_decref(back);
	json_decref(r);
}

static void test_files_that_cannot_be_written(void **state)
{
	json_t *r = good_result();
	char said[400] = "";
	FILE *err = fmemopen(said, sizeof(said), "w");

	(void)state;
	assert_true(load_result_write_json(r, "/nonexistent/x.json", err) < 0);
	assert_true(load_result_write_html(r, "/nonexistent/x.html", err) < 0);
	assert_true(load_result_write_json(r, "/dev/full", err) < 0);
	assert_true(load_result_write_html(r, "/dev/full", err) < 0);
	fclose(err);
	assert_holds(said, "cannot write /nonexistent/x.json: No such file or directory\n");
	assert_holds(said, "cannot write /dev/full: No space left on device\n");
	json_decref(r);
}

static void test_page(void **state)
{
	json_t *r = good_result();
	char *s = page(r);

	(void)state;
	assert_holds(s, "Offered rate against loss");
	assert_holds(s, "Latency distribution");
	assert_holds(s, "Run-to-run spread");
	assert_holds(s, "Load curve: what arrives");
	assert_holds(s, "no loss: 900 k");
	assert_holds(s, "Some CPU");
	assert_holds(s, "first");
	assert_null(strstr(s, "nan"));
	assert_null(strstr(s, "inf,"));
	/* nothing from elsewhere, nothing that runs */
	assert_null(strstr(s, "http:"));
	assert_null(strstr(s, "https:"));
	assert_null(strstr(s, "<script"));
	assert_null(strstr(s, "url("));
	assert_null(strstr(s, "src="));
	free(s);
	json_decref(r);
}

/* A page of a result whose every string and key is an attempt. */
static json_t *poisoned(const json_t *j)
{
	static const char poison[] = "\"><script>alert('x')</script>&\033[2J";
	const json_t *value;
	json_t *copy;
	const char *key;
	size_t i;

	if (json_is_string(j))
		return json_string(poison);
	if (json_is_array(j)) {
		copy = json_array();
		json_array_foreach(j, i, value) json_array_append_new(copy, poisoned(value));
		return copy;
	}
	if (!json_is_object(j))
		return json_deep_copy(j);
	copy = json_object();
	json_object_foreach((json_t *)j, key, value) json_object_set_new(copy, key, poisoned(value));
	return copy;
}

static void poison_keys(json_t *object, const char *name)
{
	json_t *in = json_object_get(object, name), *first = json_object_iter_value(json_object_iter(in));

	json_object_set(in, "<img src=x onerror=alert(1)>\033[31m", first);
}

static void test_strings_are_escaped(void **state)
{
	json_t *r = good_result(), *bad = poisoned(r);
	char *s;

	(void)state;
	poison_keys(bad, "metrics");
	poison_keys(bad, "setup");
	poison_keys(bad, "machine");
	poison_keys(json_object_get(json_array_get(json_object_get(bad, "runs"), 0), "fixed"), "drops");
	poison_keys(json_object_get(json_array_get(json_object_get(bad, "runs"), 0), "allocate"), "errors");
	s = page(bad);
	assert_null(strstr(s, "<script"));
	assert_null(strstr(s, "<img"));
	assert_null(strstr(s, "alert('"));
	assert_null(strchr(s, '\033'));
	assert_holds(s, "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;?[2J");
	assert_holds(s, "&lt;img src=x onerror=alert(1)&gt;");
	free(s);
	s = printed(bad);
	assert_null(strchr(s, '\033'));
	free(s);
	json_decref(bad);
	json_decref(r);
}

static void report_all(const json_t *r)
{
	free(printed(r));
	free(page(r));
	assert_int_equal(load_result_write_json(r, json_path, stderr), 0);
}

static json_t *wrong(unsigned int which)
{
	switch (which) {
	case 0:
		return NULL; /* left out */
	case 1:
		return json_null();
	case 2:
		return json_string("nonsense");
	case 3:
		return json_integer(-1);
	case 4:
		return json_real(1.7e308);
	case 5:
		return json_array();
	case 6:
		return json_pack("{s:{}, s:[]}", "buckets", "values");
	case 7:
		return json_pack("[n, i, s, [], [[]], {s:n}]", 0, "x", "rate");
	case 8:
		return json_true();
	default:
		return json_integer(0);
	}
}

#define WRONG_N 10

/* Puts each wrong value at each place below `at`, reporting `whole` every time. Returns how many reports. */
static unsigned int spoil(const json_t *whole, json_t *at)
{
	json_t *keys = json_copy(at), *value;
	unsigned int n = 0;
	const char *key;

	/* both runs are alike: the first is enough, and one hist, trial … tells as much as all */
	for (size_t i = 0; json_is_array(at) && i < 2 && i < json_array_size(at); i++) {
		json_t *kept = json_incref(json_array_get(at, i));

		for (unsigned int w = 1; w < WRONG_N; w++, n++) {
			json_array_set_new(at, i, wrong(w));
			report_all(whole);
		}
		json_array_set_new(at, i, kept);
		n += i == 0 ? spoil(whole, kept) : 0;
	}
	/* a key that comes back goes to the end: walking the object itself would never end */
	json_object_foreach(keys, key, value)
	{
		json_t *kept = json_incref(json_object_get(at, key));

		for (unsigned int w = 0; w < WRONG_N; w++, n++) {
			if (w == 0)
				json_object_del(at, key);
			else
				json_object_set_new(at, key, wrong(w));
			report_all(whole);
		}
		json_object_set_new(at, key, kept);
	}
	json_decref(keys);
	return n;
}

static json_t *run_part(json_t *r, const char *name)
{
	return json_object_get(json_array_get(json_object_get(r, "runs"), 0), name);
}

static void test_wrong_types_everywhere(void **state)
{
	json_t *r = good_result(), *run = json_array_get(json_object_get(r, "runs"), 0);
	json_t *fixed = run_part(r, "fixed"), *latency = json_object_get(fixed, "latency");
	json_t *part[] = {r,
			  json_object_get(r, "metrics"),
			  json_object_get(json_object_get(r, "metrics"), "p99"),
			  json_object_get(json_object_get(json_object_get(r, "metrics"), "p99"), "values"),
			  json_object_get(r, "runs"),
			  json_object_get(r, "setup"),
			  json_object_get(r, "doubts"),
			  run,
			  fixed,
			  latency,
			  json_object_get(latency, "buckets"),
			  json_object_get(fixed, "cpu"),
			  json_object_get(fixed, "drops"),
			  run_part(r, "search"),
			  run_part(r, "tried"),
			  run_part(r, "curve"),
			  run_part(r, "allocate")};

	(void)state;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		json_t *held = json_incref(part[i]);

		assert_true(spoil(r, held) > 0);
		json_decref(held);
	}
	json_decref(r);
}

static void test_whole_thing_wrong(void **state)
{
	(void)state;
	for (unsigned int w = 0; w < WRONG_N; w++) {
		json_t *j = wrong(w);

		free(printed(j));
		free(page(j));
		json_decref(j);
	}
}

static void test_machine(void **state)
{
	json_t *m = load_machine(-1, -1);

	(void)state;
	assert_non_null(m);
	assert_true(json_integer_value(json_object_get(m, "cpus")) >= 1);
	assert_true(json_integer_value(json_object_get(m, "memory_mib")) > 0);
	assert_true(json_is_string(json_object_get(m, "kernel")));
	assert_null(json_object_get(m, "shared_core_slowdown"));
	json_decref(m);
	assert_true(load_machine_slowdown(0, 0) == 0);
	assert_true(load_machine_slowdown(-1, 0) == 0);
	assert_true(load_machine_slowdown(0, 1 << 20) == 0);
}

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(html_path, sizeof(html_path), "%s/r.html", dir);
	snprintf(json_path, sizeof(json_path), "%s/r.json", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(html_path);
	unlink(json_path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_json_comes_back),
		cmocka_unit_test(test_files_that_cannot_be_written),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_strings_are_escaped),
		cmocka_unit_test(test_wrong_types_everywhere),
		cmocka_unit_test(test_whole_thing_wrong),
		cmocka_unit_test(test_machine),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
