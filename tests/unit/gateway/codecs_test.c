/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs_test.c - what is left of an offer's codecs, and what is added, by the codec flags of a proxy; what its side is
 * then to be answered with.
 */
#include "tests/unit/gateway/options_kit.h"

#include "control/gateway/inner.h"

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
#define BROWSER                                                                                                        \
	HEAD "m=audio 9 RTP/SAVPF 111 63 9 0 8 13 110 126\na=rtpmap:111 opus/48000/2\na=fmtp:111 useinbandfec=1\n"     \
	     "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\na=rtpmap:9 G722/8000\na=rtpmap:13 CN/8000\n"                 \
	     "a=rtpmap:110 telephone-event/48000\na=rtpmap:126 telephone-event/8000\n"
#define PHONE HEAD "m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n"
#define MUTE  HEAD "m=audio 4000 RTP/AVP 0\n"

static struct cp_gw_sdp sdp;
static struct cp_gw_stream stream;
static struct cp_gw_leg near = {.stream = &stream}, far = {.stream = &stream};
static char wanted[200];

/* Payload types for the other side, those that are added with what they are; "as it is" when nothing changes. */
static void offers(const char *text, const char *flags, const char *want)
{
	struct cp_gw_codec codec[CP_GW_CODECS_MAX];
	char got[400] = "as it is";
	unsigned int n = 0, at = 0;

	assert_int_equal(cp_gw_sdp_read(text, strlen(text), &sdp, &err), 0);
	given(flags);
	if (cp_gw_codecs_offer(&sdp.section[0], &o, &near, &far, codec, &n)) {
		got[0] = '\0';
		for (unsigned int i = 0; i < n; i++) {
			at += (unsigned int)snprintf(got + at, sizeof(got) - at, "%s%u", i ? " " : "", codec[i].pt);
			if (codec[i].added)
				at += (unsigned int)snprintf(got + at, sizeof(got) - at, "=%.*s/%u",
							     (int)codec[i].name.len, codec[i].name.p, codec[i].clock);
		}
		assert_int_equal(far.known_n, n);
	}
	wanted[0] = '\0';
	for (unsigned int i = 0; i < near.known_n; i++)
		if (near.known[i].wanted)
			snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%u ", near.known[i].pt);
	cp_gw_options_fini(&o);
	assert_string_equal(got, want);
}

static void what_is_not_named_passes(void **state)
{
	(void)state;
	offers(BROWSER, "", "as it is");
	offers(BROWSER, "'codec':{'strip':['G722','CN']}", "111 63 0 8 110 126");
	offers(BROWSER, "'codec':{'transcode':['opus','PCMU']}", "111 63 9 0 8 13 110 126");
	assert_string_equal(wanted, "");
}

static void what_carries_a_codec_goes_with_it(void **state)
{
	(void)state;
	offers(BROWSER, "'codec':{'mask':['opus']}", "9 0 8 13 126");
	offers(BROWSER, "'codec':{'strip':['opus']}", "9 0 8 13 126");
	offers(BROWSER, "'codec':{'strip':['red']}", "111 9 0 8 13 110 126");
}

/* RFC 4733 s2.1: a stream has one clock. */
static void keys_have_the_clocks_of_codecs(void **state)
{
	(void)state;
	offers(BROWSER, "'codec':{'mask':['all'],'transcode':['PCMU','PCMA']}", "0=PCMU/8000 8=PCMA/8000 126");
	offers(BROWSER, "'codec':{'strip':['all'],'offer':['opus']}", "111 110");
	offers(PHONE, "'codec':{'mask':['all'],'transcode':['opus']}", "96=opus/48000 97=telephone-event/48000");
	offers(PHONE, "'codec':{'transcode':['opus']}", "0 96=opus/48000 101 97=telephone-event/48000");
	offers(PHONE, "'codec':{'transcode':['PCMA']}", "0 8=PCMA/8000 101");
	offers(MUTE, "'codec':{'mask':['all'],'transcode':['opus']}", "96=opus/48000");
	offers(PHONE, "'codec':{'mask':['all','telephone-event'],'transcode':['opus']}", "96=opus/48000");
}

static void an_offerer_can_be_wanted_to_hear_a_codec(void **state)
{
	(void)state;
	offers(BROWSER, "'codec':{'accept':['opus']}", "as it is");
	assert_string_equal(wanted, "111 ");
	offers(BROWSER, "'codec':{'consume':['opus']}", "9 0 8 13 126");
	assert_string_equal(wanted, "111 ");
	offers(BROWSER, "'codec':{'mask':['all'],'transcode':['PCMU']},'flags':['codec-accept-opus']",
	       "0=PCMU/8000 126");
	assert_string_equal(wanted, "111 ");
	offers(BROWSER, "'codec':{'accept':['G722/8000','opus']}", "as it is");
	assert_string_equal(wanted, "111 9 ");
	offers(MUTE, "'flags':['always-transcode'],'codec':{'transcode':['PCMA']}", "0 8=PCMA/8000");
	assert_string_equal(wanted, "0 ");
}

static int release(void **state)
{
	(void)state;
	free(near.known);
	free(far.known);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_named_passes),
		cmocka_unit_test(what_carries_a_codec_goes_with_it),
		cmocka_unit_test(keys_have_the_clocks_of_codecs),
		cmocka_unit_test(an_offerer_can_be_wanted_to_hear_a_codec),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
