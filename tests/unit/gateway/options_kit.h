/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options_kit.h - dictionaries as a SIP proxy sends them, and what came out of them.
 */
#ifndef TESTS_GATEWAY_OPTIONS_KIT_H
#define TESTS_GATEWAY_OPTIONS_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/gateway/ngmsg.h"
#include "control/gateway/options.h"
#include "tests/harness/exact.h"

static struct en_err err;
static struct cp_gw_options o;

static inline int read_message(const char *text, uint32_t needs)
{
	size_t len = strlen(text);
	struct exact e = exact_copy(text, len, 0);
	struct cp_ng_msg msg;
	int rc;

	if (cp_ng_parse(e.data, len, &msg, &err))
		fail_msg("%s", err.text);
	exact_free(&e); /* nothing of the datagram is needed any more */
	rc = cp_gw_options_read(msg.dict, needs, &o, &err);
	cp_ng_fini(&msg); /* the options hold the tree */
	return rc;
}

/* Members of a JSON object, with ' for "; they come as bencode. */
static inline int offered(const char *members, uint32_t needs)
{
	static char text[200000], message[200000];
	const struct cp_ng_msg msg = {.cookie = "c"};
	struct en_writer w = en_writer(message, sizeof(message));
	json_t *json;
	int rc;

	snprintf(text, sizeof(text), "{%s}", members);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(cp_ng_write(&msg, json, &w, &err), 0);
	en_put8(&w, 0);
	rc = read_message(message, needs);
	json_decref(json);
	return rc;
}

static inline void given(const char *members)
{
	if (offered(members, 0))
		fail_msg("%s", err.text);
}

static inline void refused(const char *members, uint32_t needs, const char *why)
{
	assert_int_equal(offered(members, needs), -1);
	assert_string_equal(err.text, why);
}

static inline void warns(const char *text)
{
	char warning[256];

	assert_int_equal(cp_gw_options_warning(&o, warning, sizeof(warning)), text[0] != '\0');
	assert_string_equal(warning, text);
	cp_gw_options_fini(&o);
}

static inline void list_is(const struct cp_gw_list *list, const char *joined)
{
	char text[512] = "";
	size_t len = 0;

	for (uint32_t i = 0; i < list->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", list->item[i]);
	assert_string_equal(text, joined);
}

static inline void address_is(const struct en_addr *a, const char *text)
{
	char buf[EN_ADDRSTR_MAX];

	assert_string_equal(a->family ? en_addr_str(a, buf) : "", text);
}

#define OFFER (CP_GW_NEEDS_CALL_ID | CP_GW_NEEDS_FROM_TAG | CP_GW_NEEDS_SDP)

#endif
