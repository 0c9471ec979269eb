/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options_test.c - turnpike-bench's command line: what is left out has its default, and each wrong word is refused with
 * a sentence that names it.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/shm/msg.h"
#include "perf/loadgen/options.h"

#define WORDS 64
#define TURN  "--port memif:/m --address 198.18.0.10/24 --server 198.18.0.2:3478 --user u --password p "
#define ROOMS "--port memif:/m --address 198.18.0.10/24 --http 10.0.0.1:8080 "
#define CALLS "--port memif:/m --address 198.18.0.10/24 --ng 10.0.0.1:22222 "
#define PLAIN "--port memif:/m --address 198.18.0.10/24 "

static char line[1024], said[8192];

/* Runs the parser on a line of words; what it says on stdout and stderr is in `said`. */
static int parse(const char *text, struct load_options *ret)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), rc, n = 0;
	char *argv[WORDS + 1], *save = NULL;
	FILE *f = tmpfile();
	size_t len;

	snprintf(line, sizeof(line), "%s", text);
	for (char *w = strtok_r(line, " ", &save); w && n < WORDS; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	optind = 0; /* getopt starts anew */
	assert_non_null(f);
	fflush(stdout);
	dup2(fileno(f), STDOUT_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	memset(ret, 0, sizeof(*ret));
	rc = load_options_parse(n, argv, ret);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(f);
	len = fread(said, 1, sizeof(said) - 1, f);
	said[len] = '\0';
	fclose(f);
	return rc;
}

static void accept(const char *text, struct load_options *ret)
{
	if (parse(text, ret) != 0)
		fail_msg("%s: %s", text, said);
	assert_string_equal(said, "");
}

static void test_defaults(void **state)
{
	struct load_options o;

	(void)state;
	accept("relay " TURN "--rate 1000", &o);
	assert_int_equal(o.command, LOAD_RELAY);
	assert_string_equal(o.name, "relay");
	assert_int_equal(o.clients, 100);
	assert_int_equal(o.peers, 1);
	assert_int_equal(o.window, 64);
	assert_int_equal(o.sizes, 1);
	assert_int_equal(o.size[0], 200);
	assert_int_equal(o.burst, 1);
	assert_int_equal(o.direction, LOAD_UP);
	assert_int_equal(o.ms, 5000);
	assert_int_equal(o.runs, 1);
	assert_int_equal(o.mtu, 1500);
	assert_false(o.send || o.random || o.search || o.curve || o.quiet);
	assert_true(en_addr_eq(&o.peer_address, &o.address.addr));
	assert_int_equal(o.junk + o.churn, 0);
}

static void test_values(void **state)
{
	struct load_options o;

	(void)state;
	accept("relay " TURN
	       "--search --curve --direction echo --method send --order random --seconds 0.25 --width 0.1 "
	       "--peer-address 198.18.0.77 --gateway 198.18.0.1 --votes=3 --burst 64 --churn 10 --name x --json - --quiet",
	       &o);
	assert_true(o.search && o.curve && o.send && o.random && o.quiet);
	assert_int_equal(o.direction, LOAD_ECHO);
	assert_int_equal(o.ms, 250);
	assert_int_equal(o.peer_address.b[15], 77);
	assert_int_equal(o.gateway.b[15], 1);
	assert_int_equal(o.search_votes, 3);
	assert_int_equal(o.burst, 64);
	assert_int_equal(o.churn, 10);
	assert_string_equal(o.json, "-");
	/* a later word wins */
	accept("relay " TURN "--rate 1 --rate 2000", &o);
	assert_int_equal(o.rate, 2000);
}

static void test_sizes(void **state)
{
	static const unsigned int imix[] = {64, 64, 64, 64, 64, 64, 64, 512, 512, 512, 512, 1200};
	struct load_options o;

	(void)state;
	accept("relay " TURN "--rate 1000 --size 64x7,512x4,1200", &o);
	assert_int_equal(o.sizes, 12);
	assert_memory_equal(o.size, imix, sizeof(imix));
	accept("relay " TURN "--rate 1000 --size 8x16", &o);
	assert_int_equal(o.sizes, LOAD_SIZES_MAX);
	/* jumbo, with the headers' room kept */
	accept("relay " TURN "--rate 1000 --mtu 9000 --size 8900", &o);
}

static void test_what_follows_from_others(void **state)
{
	struct load_options o;

	(void)state;
	accept("junk " TURN "--rate 1000", &o);
	assert_int_equal(o.junk, 1000);
	accept("junk " TURN "--rate 1000 --junk 5", &o);
	assert_int_equal(o.junk, 5);
	accept("junk " TURN "--search --start 700", &o);
	assert_int_equal(o.junk, 700);
	accept("relay " TURN "--search --start 5000 --max 2000", &o);
	assert_int_equal(o.search_start, 2000);
	/* a curve needs something to be drawn around */
	accept("relay " TURN "--curve", &o);
	assert_true(o.search);
	/* packets of a trial are numbered with 32 bits */
	accept("relay " TURN "--search --trial 100", &o);
	assert_true(o.search_max * 100 <= UINT32_MAX);
}

static void test_rooms(void **state)
{
	struct load_options o;

	(void)state;
	accept("rooms " ROOMS "--rate 50", &o);
	assert_true(o.video && !o.audio);
	assert_int_equal(o.clients, 1);
	assert_int_equal(o.rate, 50);
	assert_int_equal(load_options_copies(&o), 1);
	assert_string_equal(load_profile_name(o.profile), "");
	accept("rooms " ROOMS "--rate 50 --rooms 3 --publishers 4 --subscribers 5 --audio --video --profile cm", &o);
	assert_int_equal(o.clients, 24);
	assert_int_equal(o.rate, 1200);
	assert_int_equal(load_options_copies(&o), 5);
	assert_string_equal(load_profile_name(o.profile), "cm");
	accept("rooms " ROOMS "--rate 50 --audio", &o);
	assert_true(o.audio && !o.video);
	/* a search is about all streams together */
	accept("rooms " ROOMS "--search --publishers 4", &o);
	assert_int_equal(o.search_start, 1000);
}

static const struct {
	const char *line, *said;
} bad[] = {
	{"realy " TURN, "no command 'realy'"},
	{"relay " TURN, "--rate R or --search is needed"},
	{"relay --address 198.18.0.10/24 --rate 1", "--port is needed"},
	{"relay --port x --rate 1", "--address A/LEN is needed"},
	{"relay " PLAIN "--rate 1", "--server A:P is needed"},
	{"relay " PLAIN "--server [2001:db8::1]:3478 --user u --password p --rate 1", "family of --address"},
	{"relay " PLAIN "--server 198.18.0.2:3478 --rate 1", "--user and --password are needed"},
	{"relay " PLAIN "--server 198.18.0.2:3478 --user u --rate 1", "--user and --password are needed"},
	{"forward " PLAIN "--rate 1", "--destination A:P is needed"},
	{"stun " PLAIN "--rate 1", "--server A:P is needed"},
	{"allocate " PLAIN "--server 198.18.0.2:3478", "--user and --password are needed"},
	{"relay " TURN "--rate", "--rate, or it lacks its value"},
	{"relay " TURN "--rate 1 --colour red", "knows no"},
	{"relay " TURN "--rate 1 extra", "unexpected argument 'extra'"},
	{"relay " TURN "--rate 0", "--rate 0: a number from 1"},
	{"relay " TURN "--rate -5", "--rate -5: a number from 1"},
	{"relay " TURN "--rate 10k", "--rate 10k: a number"},
	{"relay " TURN "--rate nan", "--rate nan: a number"},
	{"relay " TURN "--rate 1e10", "--rate 1e10: a number"},
	{"relay " TURN "--rate 1 --clients 0", "--clients 0: a number"},
	{"relay " TURN "--rate 1 --clients 3000000", "--clients 3000000: a number"},
	{"relay " TURN "--rate 1 --peers 8001", "--peers 8001: a number"},
	{"relay " TURN "--rate 1 --burst 65", "--burst 65: a number"},
	{"relay " TURN "--rate 1 --mtu 100", "--mtu 100: a number"},
	{"relay " TURN "--rate 1 --width 0", "--width 0: a number"},
	{"relay " TURN "--rate 1 --direction sideways", "--direction sideways: one of: up down both echo"},
	{"relay " TURN "--rate 1 --method data", "--method data: one of: channel send"},
	{"relay " TURN "--rate 1 --order shuffled", "--order shuffled: one of: sequential random"},
	{"relay " TURN "--rate 1 --address 198.18.0.10/40", "--address 198.18.0.10/40: not an address/length"},
	{"relay " TURN "--rate 1 --gateway nowhere", "--gateway nowhere: not an address"},
	{"relay " TURN "--rate 1 --server 198.18.0.2", "--server 198.18.0.2: not an address and port"},
	{"relay " TURN "--rate 1 --size 7", "--size 7: sizes from 8 to 8900"},
	{"relay " TURN "--rate 1 --size 200,", "--size 200,: sizes"},
	{"relay " TURN "--rate 1 --size 200x", "--size 200x: sizes"},
	{"relay " TURN "--rate 1 --size 200x0", "--size 200x0: sizes"},
	{"relay " TURN "--rate 1 --size 64x17", "--size 64x17: sizes"},
	{"relay " TURN "--rate 1 --size -64", "--size -64: sizes"},
	{"relay " TURN "--rate 1 --size 64;65", "--size 64;65: sizes"},
	{"relay " TURN "--rate 1000 --size 1401", "--size is too large for --mtu"},
	{"rtp " TURN "--rate 1000 --size 19", "at least 20 bytes"},
	{"rtp " TURN "--rate 1000 --order random", "sequential order"},
	{"rtp " TURN "--rate 1000 --direction echo", "up, down or both"},
	{"relay " TURN "--rate 1000000 --seconds 86400", "more than 4 billion"},
	{"relay " TURN "--rate 1 --seconds 0.5", "less than one packet"},
	{"stun " PLAIN "--server 198.18.0.2:3478 --rate 1 --user u", "stun knows no --user"},
	{"forward " PLAIN "--destination 198.18.0.3:9 --rate 1 --method send", "forward knows no --method"},
	{"relay " TURN "--rate 1 --mac 02:00:00:00:00:01", "relay knows no --mac"},
	{"allocate " TURN "--size 100", "allocate knows no --size"},
	{"hold " TURN "--runs 2", "hold knows no --runs"},
	{"rtp " TURN "--rate 1 --churn 5", "rtp knows no --churn"},
	{"rooms " PLAIN "--rate 1", "--http A:P is needed"},
	{"rooms " ROOMS, "--rate R or --search is needed"},
	{"rooms " ROOMS "--rate 1 --clients 5", "rooms knows no --clients"},
	{"rooms " ROOMS "--rate 1 --publishers 33 --audio --video", "at most 64 media sections"},
	{"rooms " ROOMS "--rate 1 --rooms 60000 --subscribers 2", "more than 100000 browsers"},
	{"rooms " ROOMS "--rate 1 --profile f8", "one of: gcm cm gcm256"},
	{"rooms " ROOMS "--rate 1 --size 9", "at least 10 bytes"},
	{"calls " PLAIN, "--ng A:P is needed"},
	{"calls " CALLS "--mode mix", "--mode mix: one of: relay srtp transcode codecs"},
	{"calls " CALLS "--calls 0", "--calls 0: a number"},
	{"calls " CALLS "--mode transcode --rate 100", "--calls N or --search instead of --rate"},
	{"calls " CALLS "--mode transcode --search --curve", "--calls N or --search instead of --rate"},
	{"calls --mode codecs --opus-rate 44100", "--opus-rate: 8000, 12000"},
	{"calls " CALLS "--size 100", "calls knows no --size"},
	{"calls " CALLS "--clients 100", "calls knows no --clients"},
	{"relay " TURN "--rate 1 --http 198.18.0.2:80", "relay knows no --http"},
};

static void test_calls(void **state)
{
	struct load_options o;

	(void)state;
	accept("calls " CALLS, &o);
	assert_int_equal(o.call_mode, LOAD_CALL_RELAY);
	assert_int_equal(o.calls, 100);
	assert_int_equal(o.clients, 200);
	assert_int_equal(o.rate, 100 * 100); /* 20 ms, both ways */
	assert_int_equal(o.profile, SHM_SRTP_CM_SHA1_80);
	assert_true(load_options_is_stream(&o));
	accept("calls " CALLS "--mode srtp --calls 7 --search --profile gcm", &o);
	assert_int_equal(o.call_mode, LOAD_CALL_SRTP);
	assert_int_equal(o.profile, SHM_SRTP_GCM_128);
	assert_int_equal(o.rate, 0);
	assert_int_equal(o.search_start, 100000);
	accept("calls " CALLS "--mode transcode --calls 30", &o);
	assert_false(load_options_is_stream(&o));
	assert_int_equal(o.search_start, 10);
	assert_int_equal(o.search_max, LOAD_CALLS_MAX);
	accept("calls --mode codecs --complexity 10 --opus-rate 48000 --opus-channels 2", &o);
	assert_int_equal(o.call_mode, LOAD_CALL_CODECS);
	assert_int_equal(o.complexity, 10);
	assert_int_equal(o.opus_rate, 48000);
	assert_int_equal(o.opus_channels, 2);
}

/* One line each, with what is wrong in it. */
static void test_each_wrong_word_is_named(void **state)
{
	struct load_options o;

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i].line, &o) != -1)
			fail_msg("taken: %s", bad[i].line);
		if (!strstr(said, bad[i].said))
			fail_msg("%s: says '%s' and not '%s'", bad[i].line, said, bad[i].said);
		assert_int_equal(strncmp(said, "turnpike-bench: ", 16), 0);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
}

/* Each command's help names what it knows and nothing else. */
static void test_help(void **state)
{
	static const struct {
		const char *command, *has, *lacks;
	} help[] = {
		{"relay", "--churn", "--mac"},  {"allocate", "--window", "--size"}, {"hold", "--clients", "--runs"},
		{"forward", "--mac", "--user"}, {"rtp", "--direction", "--junk"},   {"stun", "--junk", "--password"},
		{"junk", "--junk", "--mac"},
	};
	struct load_options o;
	char text[64];

	(void)state;
	for (unsigned int i = 0; i < sizeof(help) / sizeof(help[0]); i++) {
		snprintf(text, sizeof(text), "%s --help", help[i].command);
		assert_int_equal(parse(text, &o), 1);
		assert_non_null(strstr(said, "usage: turnpike-bench"));
		assert_non_null(strstr(said, help[i].has));
		assert_null(strstr(said, help[i].lacks));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_values),
		cmocka_unit_test(test_sizes),    cmocka_unit_test(test_what_follows_from_others),
		cmocka_unit_test(test_rooms),    cmocka_unit_test(test_calls),
		cmocka_unit_test(test_help),     cmocka_unit_test(test_each_wrong_word_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
