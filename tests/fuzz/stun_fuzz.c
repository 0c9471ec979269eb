/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stun_fuzz.c - the STUN parser, walk, addresses and tags on arbitrary bytes.
 *
 * Held besides memory safety: attributes lie inside the message and tile it;
 * what is built from what was parsed parses again, to the same attributes;
 * a tag over random bytes verifies only when the fuzzer was given the key, so
 * a rebuilt message must, and with one more bit must not.
 */
#include <stdlib.h>

#include "engine/wire/stun_auth.h"
#include "tests/harness/exact.h"

static const uint8_t key[16] = "fuzz key, known";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Every reader of an attribute, whatever its type says. */
static void read_all(const struct wire_stun *s, const struct wire_attr *a)
{
	struct wire_attr as = *a;
	char text[EN_ADDRSTR_MAX];
	struct en_ep ep;

	if (wire_stun_get_xor_addr(s, a, &ep) == 0)
		must(en_ep_str(&ep, text) == text && ep.zero == 0);
	as.type = WIRE_ATTR_MESSAGE_INTEGRITY;
	wire_stun_mi_ok(s, &as, key, sizeof(key));
	as.type = WIRE_ATTR_MESSAGE_INTEGRITY_SHA256;
	wire_stun_mi_ok(s, &as, key, sizeof(key));
	as.type = WIRE_ATTR_FINGERPRINT;
	wire_stun_fingerprint_ok(s, &as);
}

static void walk(const struct wire_stun *s, struct wire_stun_builder *b)
{
	size_t expect = WIRE_STUN_HDR_LEN;
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(s, &it, &a)) {
		must(a.offset == expect && a.value == s->msg + a.offset + 4 && it.offset <= s->len);
		expect = a.offset + 4 + ((a.len + 3u) & ~3u);
		read_all(s, &a);
		wire_stun_put(b, a.type, a.value, a.len);
	}
	must(expect == s->len);
}

/* The last attribute of a message. */
static struct wire_attr last_attr(const struct wire_stun *s)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a = {0};
	struct wire_attr next;

	while (wire_stun_next(s, &it, &next))
		a = next;
	return a;
}

static void rebuilt_message_verifies(struct wire_stun_builder *b, const struct wire_stun *was)
{
	struct wire_attr a;
	struct wire_stun s;

	must(wire_stun_finish(b) == was->len);
	wire_stun_put_mi_sha256(b, key, sizeof(key));
	must(wire_stun_parse(b->w.start, wire_stun_finish(b), &s) == WIRE_STUN_OK);
	must(s.method == was->method && s.cls == was->cls && memcmp(s.tid, was->tid, WIRE_STUN_TID_LEN) == 0);
	a = last_attr(&s);
	must(wire_stun_mi_ok(&s, &a, key, sizeof(key)));
	b->w.start[8] ^= 1;
	must(!wire_stun_mi_ok(&s, &a, key, sizeof(key)));
	b->w.start[8] ^= 1;
	wire_stun_put_fingerprint(b);
	must(wire_stun_parse(b->w.start, wire_stun_finish(b), &s) == WIRE_STUN_OK);
	must(wire_stun_mi_ok(&s, &a, key, sizeof(key)));
	a = last_attr(&s);
	must(wire_stun_fingerprint_ok(&s, &a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[65535];
	struct exact e = exact_copy(data, size, size % 4);
	struct wire_stun_builder b;
	struct wire_stun s;

	if (size > sizeof(buf) - 64) { /* the attributes added would not fit */
		exact_free(&e);
		return 0;
	}
	if (wire_stun_parse(e.data, size, &s) == WIRE_STUN_OK) {
		must(s.len == size && wire_stun_type(s.method, s.cls) == en_load16(data));
		memset(buf, 0xff, size + 64);
		wire_stun_build(&b, buf, sizeof(buf), s.method, s.cls, s.tid);
		walk(&s, &b);
		rebuilt_message_verifies(&b, &s);
	}
	exact_free(&e);
	return 0;
}
