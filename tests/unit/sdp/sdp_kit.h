/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_kit.h - offers of tests/vectors/sdp, changed where a test wants it; the answer's text.
 */
#ifndef TESTS_SDP_KIT_H
#define TESTS_SDP_KIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/sdp/negotiate.h"
#include "tests/harness/exact.h"

/* Text that a test may change; big enough for the limits to be passed. */
struct kit_text {
	char text[262144];
	size_t len;
};

static inline void kit_load(struct kit_text *t, const char *name)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "tests/vectors/sdp/%s", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: run from the top of the tree", path);
	t->len = fread(t->text, 1, sizeof(t->text) - 1, f);
	t->text[t->len] = 0;
	fclose(f);
}

/* Every `from` becomes `to`; there must be one. */
static inline void kit_replace(struct kit_text *t, const char *from, const char *to)
{
	char *at = t->text;
	unsigned int n = 0;

	while ((at = strstr(at, from))) {
		if (t->len + strlen(to) >= sizeof(t->text))
			fail_msg("no room");
		memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
		memcpy(at, to, strlen(to));
		at += strlen(to);
		t->len = strlen(t->text);
		n++;
	}
	if (!n)
		fail_msg("\"%s\" is not in the offer", from);
}

static inline void kit_append(struct kit_text *t, const char *more)
{
	if (t->len + strlen(more) >= sizeof(t->text))
		fail_msg("no room");
	memcpy(t->text + t->len, more, strlen(more) + 1);
	t->len += strlen(more);
}

/* From a block of exactly its size: reading beyond is a sanitizer's finding. */
static inline int kit_read_bytes(const char *text, size_t len, struct cp_offer *o, struct en_err *err)
{
	struct exact e = exact_copy(text, len, 0);
	int rc = cp_offer_read((const char *)e.data, len, o, err);

	exact_free(&e); /* what was read must not point into it */
	return rc;
}

static inline void kit_read(const struct kit_text *t, struct cp_offer *o)
{
	struct en_err err = {""};

	if (kit_read_bytes(t->text, t->len, o, &err))
		fail_msg("refused: %s", err.text);
}

static inline void kit_offer(const char *name, struct cp_offer *o)
{
	struct kit_text *t = malloc(sizeof(*t));

	kit_load(t, name);
	kit_read(t, o);
	free(t);
}

/* The offer is refused, and says `why`. */
static inline void kit_refused(const struct kit_text *t, const char *why)
{
	struct cp_offer *o = malloc(sizeof(*o));
	struct en_err err = {""};

	if (kit_read_bytes(t->text, t->len, o, &err) != -EINVAL)
		fail_msg("accepted; wanted: %s", why);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" instead of \"%s\"", err.text, why);
	cp_offer_free(o);
	free(o);
}

#define KIT_FINGERPRINT                                                                                                \
	"sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

/* An answer that accepts everything and does all it may. */
static inline void kit_answer(const struct cp_offer *o, struct cp_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->session_id = 4611686018427387905u;
	a->version = 2;
	a->ufrag = "aaaabcdefghi";
	a->pwd = "pwdpwdpwdpwdpwdpwdpwdpwd";
	a->fingerprint = KIT_FINGERPRINT;
	a->candidate_n = 2;
	en_ep_parse("[2001:db8::2]:3480", &a->candidate[0]);
	en_ep_parse("198.18.0.2:3480", &a->candidate[1]);
	for (unsigned int i = 0; i < o->section_n; i++) {
		struct cp_answer_section *s = &a->section[i];

		s->accept = true;
		s->dir = CP_DIR_SEND | CP_DIR_RECV;
		s->ssrc = 5000 + i;
		s->rtx_ssrc = 6000 + i;
		snprintf(s->stream_id, sizeof(s->stream_id), "stream");
		snprintf(s->track_id, sizeof(s->track_id), "track%u", i);
		snprintf(s->cname, sizeof(s->cname), "cname");
	}
}

static inline char *kit_write(const struct cp_offer *o, const struct cp_answer *a)
{
	char *buf = malloc(CP_SDP_MAX);
	int n = cp_answer_write(o, a, buf, CP_SDP_MAX);

	if (n < 0)
		fail_msg("cp_answer_write: %d", n);
	assert_int_equal(n, strlen(buf));
	return buf;
}

/* The m= line number i (from 0) of an answer, and what follows up to the next; freed by the caller. */
static inline char *kit_section(const char *answer, unsigned int i)
{
	const char *at = strstr(answer, "\r\nm="), *end;

	for (; at && i; i--)
		at = strstr(at + 2, "\r\nm=");
	if (!at)
		fail_msg("no such section in:\n%s", answer);
	at += 2;
	end = strstr(at, "\r\nm=");
	return strndup(at, end ? (size_t)(end + 2 - at) : strlen(at));
}

static inline void kit_has(const char *text, const char *line)
{
	char with_end[512];

	snprintf(with_end, sizeof(with_end), "%s\r\n", line);
	if (!strstr(text, with_end))
		fail_msg("no line \"%s\" in:\n%s", line, text);
}

static inline void kit_lacks(const char *text, const char *piece)
{
	if (strstr(text, piece))
		fail_msg("\"%s\" in:\n%s", piece, text);
}

#endif
