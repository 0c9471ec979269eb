/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_answer.c - an offer on standard input, our answer on standard output: what sdp_test.sh lets a
 * browser judge.
 *
 *   sdp_answer [refuse=MID]… [codec=NUMBER] [version=NUMBER]
 *
 * codec: enum shm_codec, for the video sections. Exit 1 with the reason when the offer is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sdp/negotiate.h"

static char text[CP_SDP_MAX + 1];
static struct cp_offer offer;
static struct cp_answer answer;

static void accept_all(void)
{
	answer.session_id = 1;
	answer.version = 1;
	answer.ufrag = "aaaabcdefghi";
	answer.pwd = "pwdpwdpwdpwdpwdpwdpwdpwd";
	answer.fingerprint = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:"
			     "BB:CC:DD:EE:FF";
	answer.candidate_n = 2;
	en_ep_parse("192.0.2.1:3480", &answer.candidate[0]);
	en_ep_parse("[2001:db8::1]:3480", &answer.candidate[1]);
	for (unsigned int i = 0; i < offer.section_n; i++) {
		struct cp_answer_section *a = &answer.section[i];

		a->accept = true;
		a->dir = CP_DIR_SEND | CP_DIR_RECV;
		a->ssrc = 100000 + i;
		a->rtx_ssrc = 200000 + i;
		snprintf(a->stream_id, sizeof(a->stream_id), "stream%u", i / 2);
		snprintf(a->track_id, sizeof(a->track_id), "track%u", i);
		snprintf(a->cname, sizeof(a->cname), "cname%u", i / 2);
	}
}

static void apply(const char *arg)
{
	for (unsigned int i = 0; i < offer.section_n; i++) {
		if (strncmp(arg, "refuse=", 7) == 0 && strcmp(arg + 7, offer.section[i].mid) == 0)
			answer.section[i].accept = false;
		if (strncmp(arg, "codec=", 6) == 0 && offer.section[i].kind == CP_SECTION_VIDEO)
			answer.section[i].codec = (uint8_t)atoi(arg + 6);
	}
	if (strncmp(arg, "version=", 8) == 0)
		answer.version = (uint64_t)atoi(arg + 8);
}

int main(int argc, char **argv)
{
	struct en_err err = {""};
	size_t len = fread(text, 1, sizeof(text), stdin);
	int n;

	if (cp_offer_read(text, len, &offer, &err)) {
		fprintf(stderr, "%s\n", err.text);
		cp_offer_free(&offer);
		return 1;
	}
	accept_all();
	for (int i = 1; i < argc; i++)
		apply(argv[i]);
	n = cp_answer_write(&offer, &answer, text, sizeof(text));
	cp_offer_free(&offer);
	if (n < 0)
		return 1;
	fwrite(text, 1, (size_t)n, stdout);
	return 0;
}
