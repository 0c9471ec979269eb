/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_fuzz.c - arbitrary text as an offer, and the answer to what could be read.
 *
 * Held besides memory safety: a refusal says a line; what is read keeps its limits and has a
 * transport as soon as one section is usable; the answer parses, has the offer's sections in its
 * order, and refuses whatever is not usable.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/sdp/negotiate.h"
#include "engine/wire/sdp.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cp_offer offer;
static struct cp_answer answer;
static char text[CP_SDP_MAX];
static struct wire_sdp cut;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_section(const struct cp_offer_section *s)
{
	must(s->pt_n <= SHM_PTS_MAX && s->ssrc_n <= SHM_SSRCS_MAX && s->rid_n <= CP_RIDS_MAX);
	must(s->mid[0] && strlen(s->mid) < SHM_MID_MAX && s->kind <= CP_SECTION_DATA);
	must(!s->usable || (!s->rejected && s->kind != CP_SECTION_OTHER));
	for (uint32_t i = 0; i < s->pt_n; i++)
		must(s->pt[i].pt < 128 && s->pt[i].rtx_pt < 128 && s->pt[i].codec != SHM_CODEC_OTHER);
	for (uint32_t i = 0; i < s->ssrc_n; i++)
		must(s->ssrc[i] != 0);
	for (unsigned int i = 0; i < SHM_EXT_N; i++)
		must(s->ext[i] <= 14);
}

static bool check_offer(void)
{
	bool usable = false;

	must(offer.section_n >= 1 && offer.section_n <= CP_SECTIONS_MAX);
	for (unsigned int i = 0; i < offer.section_n; i++) {
		check_section(&offer.section[i]);
		usable |= offer.section[i].usable;
	}
	if (usable)
		must(strlen(offer.ufrag) >= 4 && strlen(offer.pwd) >= 22 && offer.fingerprint_n >= 1);
	return usable;
}

/* Decisions of the caller: out of the input too, so that they vary. */
static void decide(uint8_t seed)
{
	memset(&answer, 0, sizeof(answer));
	answer.session_id = seed;
	answer.ufrag = "aaaabcdefghi";
	answer.pwd = "pwdpwdpwdpwdpwdpwdpwdpwd";
	answer.fingerprint = "sha-256 00:11";
	answer.active = seed & 1;
	answer.candidate_n = seed >> 1 & 1;
	en_ep_parse("198.18.0.2:3480", &answer.candidate[0]);
	for (unsigned int i = 0; i < offer.section_n; i++) {
		struct cp_answer_section *a = &answer.section[i];

		a->accept = (seed >> 2 & 3) != 3 || i % 2;
		a->dir = CP_DIR_SEND | CP_DIR_RECV;
		a->codec = seed >> 4 & 4 ? (uint8_t)(seed >> 5) : 0;
		a->ssrc = i + 1;
		a->rtx_ssrc = i + 100;
	}
}

static void check_answer(bool usable)
{
	int len = cp_answer_write(&offer, &answer, text, sizeof(text));
	unsigned int kept = 0;
	uint32_t line;

	must(len > 0 && strlen(text) == (size_t)len);
	must(wire_sdp_parse(text, (size_t)len, &cut, &line) == WIRE_SDP_OK);
	must(cut.media_n == offer.section_n);
	for (unsigned int i = 0; i < cut.media_n; i++) {
		must(cut.media[i].port == 0 || (usable && offer.section[i].usable));
		/* one may be kept without media for the others' sake */
		kept += cut.media[i].port != 0 && !answer.section[i].accept;
	}
	must(kept <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, 0);
	struct en_err err = {""};
	int rc = cp_offer_read((const char *)e.data, size, &offer, &err);

	exact_free(&e);
	if (rc == 0) {
		bool usable = check_offer();

		decide(size ? data[size - 1] : 0);
		check_answer(usable);
	} else {
		must(rc == -EINVAL && memcmp(err.text, "line ", 5) == 0);
	}
	cp_offer_free(&offer);
	return 0;
}
