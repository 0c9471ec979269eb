/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * result_compare_test.c - verdicts of `turnpike-bench compare`, its warnings, and
 * files that are no results.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "perf/loadgen/result.h"

static char dir[] = "/tmp/turnpike-compare-XXXXXX";
static char path_a[64], path_b[64];
static char out[16384], said[1024];

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A result with one metric; `values` as JSON. */
static void put_result(const char *path, const char *unit, const char *better, const char *values)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "{\"tool\":\"turnpike-bench\",\"schema\":1,\"command\":\"relay\",\"name\":\"x\",\"started\":\"now\","
		 "\"machine\":{},\"setup\":{},\"runs\":[],\"doubts\":[],\"metrics\":{\"m\":{\"unit\":\"%s\","
		 "\"better\":\"%s\",\"values\":%s}}}",
		 unit, better, values);
	put(path, text);
}

static int compare(void)
{
	FILE *o = fmemopen(out, sizeof(out), "w"), *e = fmemopen(said, sizeof(said), "w");
	int rc;

	memset(out, 0, sizeof(out));
	memset(said, 0, sizeof(said));
	rc = load_compare(path_a, path_b, o, e);
	fclose(o);
	fclose(e);
	return rc;
}

static void assert_says(const char *where, const char *what)
{
	if (strstr(where, what) == NULL)
		fail_msg("\"%s\" is missing in:\n%s", what, where);
}

static void assert_verdict(const char *unit, const char *better, const char *a, const char *b, const char *verdict)
{
	put_result(path_a, unit, better, a);
	put_result(path_b, unit, better, b);
	assert_int_equal(compare(), 0);
	assert_says(out, verdict);
	assert_string_equal(said, "");
}

static void test_verdicts(void **state)
{
	(void)state;
	assert_verdict("packets/s", "higher", "[100,100,100]", "[150,150,150]", "B is 1.50x A (1.50-1.50): faster\n");
	assert_verdict("packets/s", "higher", "[150,150,150]", "[100,100,100]", "B is 0.67x A (0.67-0.67): slower\n");
	assert_verdict("us", "lower", "[80,80,82]", "[8,8,8.2]", "): lower, better\n");
	assert_verdict("us", "lower", "[8,8,8.2]", "[80,80,82]", "): higher, worse\n");
	assert_verdict("us", "sideways", "[8,8,8.2]", "[80,80,82]", "): higher\n");
	assert_verdict("us", "lower", "[1000,1000,1000]", "[20,20,20]",
		       "B is 0.0200x A (0.0200-0.0200): lower, better\n");
	assert_verdict("packets/s", "higher", "[100,100,100]", "[100,100,100]", "no difference\n");
}

/* Spread of A: 20 %, so nothing below a factor of 1.4 is claimed; above it is. */
static void test_no_claim_below_twice_the_spread(void **state)
{
	(void)state;
	assert_verdict("packets/s", "higher", "[90,100,110]", "[139,139,139]",
		       "no difference that the spread of 20 % would show\n");
	assert_verdict("packets/s", "higher", "[90,100,110]", "[141,141,141]", "): faster\n");
	assert_verdict("packets/s", "higher", "[139,139,139]", "[90,100,110]",
		       "no difference that the spread of 20 % would show\n");
	assert_verdict("packets/s", "higher", "[141,141,141]", "[90,100,110]", "): slower\n");
}

static void test_other_refusals(void **state)
{
	(void)state;
	assert_verdict("packets/s", "higher", "[100]", "[900,900,900]", "too few runs (1): no verdict\n");
	assert_verdict("packets/s", "higher", "[100,100,100]", "[900,900]", "too few runs (2): no verdict\n");
	assert_verdict("packets/s", "higher", "[1000,1000,1000]", "[1019,1019,1019]",
		       "no difference of 2 % or more, and less is not measured\n");
	assert_verdict("packets/s", "higher", "[0,0,0]", "[100,100,100]",
		       "a value is 0 or less: no ratio, no verdict\n");
}

static void test_units_must_agree(void **state)
{
	(void)state;
	put_result(path_a, "us", "lower", "[1,1,1]");
	put_result(path_b, "packets/s", "higher", "[9,9,9]");
	assert_int_equal(compare(), 0);
	assert_says(out, "A is in us, B in packets/s: no verdict\n");
}

static void test_what_differs_is_named(void **state)
{
	(void)state;
	put(path_a, "{\"tool\":\"turnpike-bench\",\"schema\":1,\"command\":\"relay\",\"runs\":[{}],"
		    "\"machine\":{\"cpu\":\"X\",\"tsc_mhz\":2596,\"load_average\":1,\"governor\":\"performance\"},"
		    "\"setup\":{\"clients\":100,\"size\":200},\"doubts\":[\"A doubtful\",7],"
		    "\"metrics\":{\"p99\":{\"unit\":\"us\",\"better\":\"lower\",\"values\":[1,1,1]},"
		    "\"only\":{\"values\":[1]}}}");
	put(path_b, "{\"tool\":\"turnpike-bench\",\"schema\":1,\"command\":\"rtp\",\"runs\":[{},{}],"
		    "\"machine\":{\"cpu\":\"Y\",\"tsc_mhz\":2600,\"load_average\":9},"
		    "\"setup\":{\"clients\":\"100\",\"size\":200,\"vlan\":5},"
		    "\"metrics\":{\"p99\":{\"unit\":\"us\",\"better\":\"lower\",\"values\":[1,1,1]}}}");
	assert_int_equal(compare(), 0);
	assert_says(out, "1 run: ");
	assert_says(out, "2 runs: ");
	assert_says(out, "! command differs: (A: relay, B: rtp)\n");
	assert_says(out, "! machine differs: cpu (A: X, B: Y)\n");
	assert_says(out, "! machine differs: governor (A: performance, B: not said)\n");
	assert_says(out, "! setup differs: clients (A: 100, B: 100)\n");
	assert_says(out, "! setup differs: vlan (A: not said, B: 5)\n");
	assert_says(out, "! A's own doubt: A doubtful\n");
	assert_says(out, "only A has only\n");
	assert_null(strstr(out, "tsc_mhz"));
	assert_null(strstr(out, "load_average"));
	assert_null(strstr(out, "size"));
}

static void assert_refused(const char *text, const char *sentence)
{
	put_result(path_a, "us", "lower", "[1,1,1]");
	put(path_b, text);
	assert_true(compare() < 0);
	assert_string_equal(out, "");
	assert_says(said, sentence);
	assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
}

static void test_files_that_are_no_results(void **state)
{
	(void)state;
	assert_refused("", "is not JSON");
	assert_refused("{\"tool\":", "is not JSON: line 1");
	assert_refused("[]", "is JSON, but not a result of turnpike-bench");
	assert_refused("{\"tool\":7}", "is JSON, but not a result of turnpike-bench");
	assert_refused("{\"tool\":\"turnpike-bench\"}", "has schema -, and this program reads 1");
	assert_refused("{\"tool\":\"turnpike-bench\",\"schema\":2}", "has schema 2, and this program reads 1");
	assert_refused("{\"tool\":\"turnpike-bench\",\"schema\":1}", "have no metric in common");
	assert_refused("{\"tool\":\"turnpike-bench\",\"schema\":1,\"metrics\":{\"m\":{\"values\":[\"1\",null]}}}",
		       "have no metric in common");
	unlink(path_b);
	assert_int_equal(compare(), -ENOENT);
	assert_says(said, "cannot read");
	assert_says(said, "No such file or directory\n");
}

static void test_a_folder_is_no_result(void **state)
{
	FILE *sink = fmemopen(said, sizeof(said), "w");

	(void)state;
	memset(said, 0, sizeof(said));
	assert_true(load_compare(dir, dir, sink, sink) < 0);
	fclose(sink);
	assert_says(said, "cannot read");
}

/* Wrong types where figures are expected: some verdict or a refusal, no crash, nothing for the terminal to obey. */
static void test_hostile(void **state)
{
	static const char *const values[] = {
		"7",      "{}", "[[],{},null,true,\"x\",1e308,-5,1]", "[1e308,1e308,1e308]", "[1e-300,1e-300,1e-300]",
		"[1,2,3]"};
	char text[2048];

	(void)state;
	put_result(path_a, "us", "lower", "[1,2,3]");
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"tool\":\"turnpike-bench\",\"schema\":1,\"command\":[],\"name\":\"\\u001b[2J\","
			 "\"machine\":[1],\"setup\":{\"\\u001b]0;\":{\"a\":[]}},\"runs\":9,\"doubts\":[\"\\u001b[2J\"],"
			 "\"metrics\":{\"m\":{\"unit\":\"us\",\"better\":3,\"values\":%s}}}",
			 values[i]);
		put(path_b, text);
		compare();
		assert_null(strchr(out, '\033'));
	}
}

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path_a, sizeof(path_a), "%s/a.json", dir);
	snprintf(path_b, sizeof(path_b), "%s/b.json", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path_a);
	unlink(path_b);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_no_claim_below_twice_the_spread),
		cmocka_unit_test(test_other_refusals),
		cmocka_unit_test(test_units_must_agree),
		cmocka_unit_test(test_what_differs_is_named),
		cmocka_unit_test(test_files_that_are_no_results),
		cmocka_unit_test(test_a_folder_is_no_result),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
