/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtp_fuzz.c - RTP header, padding and extension elements on arbitrary bytes.
 *
 * Held besides memory safety: parts lie inside the packet and tile it; the elements that were read
 * are the elements of a block that is built from them.
 */
#include <stdlib.h>

#include "engine/wire/rtp_ext.h"
#include "tests/harness/exact.h"

#define ELEMENTS 512

static volatile uint8_t sink; /* so that the bytes are really read */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static unsigned int read_elements(const struct wire_rtp *r, const uint8_t *data, struct wire_ext *ext)
{
	struct wire_ext_walk w = wire_ext_walk(r, data);
	unsigned int n = 0;
	struct wire_ext e;

	while (wire_ext_next(&w, &e)) {
		must(e.value >= data + r->ext_off && e.value + e.len <= data + r->ext_off + r->ext_len);
		must(e.id != 0);
		for (unsigned int i = 0; i < e.len; i++)
			sink ^= e.value[i];
		if (n < ELEMENTS)
			ext[n++] = e;
	}
	return n;
}

static void built_again(const struct wire_ext *ext, unsigned int n)
{
	static uint8_t buf[12 + 4 + ELEMENTS * 257];
	struct wire_ext got[ELEMENTS];
	struct en_writer w = en_writer(buf + 12, sizeof(buf) - 12);
	struct wire_rtp r = {.extended = true};

	wire_rtp_build(buf, &r);
	must(wire_ext_build(&w, ext, n) == (n > 0));
	if (!n || en_written(&w) > 4 + 4 * 0xffff)
		return;
	must(wire_rtp_parse(buf, 12 + en_written(&w), &r) && r.payload_len == 0);
	must(read_elements(&r, buf, got) == n);
	for (unsigned int i = 0; i < n; i++)
		must(got[i].id == ext[i].id && got[i].len == ext[i].len &&
		     memcmp(got[i].value, ext[i].value, ext[i].len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, size % 4);
	struct wire_ext ext[ELEMENTS];
	struct wire_rtp r;
	uint8_t head[WIRE_RTP_HDR_LEN];

	if (wire_rtp_parse(e.data, size, &r)) {
		must(r.payload_off + (size_t)r.payload_len == size);
		must(r.ext_off + r.ext_len <= r.payload_off);
		wire_rtp_build(head, &r);
		must(memcmp(head, e.data, sizeof(head)) == 0);
		built_again(ext, read_elements(&r, e.data, ext));
		if (wire_rtp_unpad(e.data, &r))
			must(r.payload_off + (size_t)r.payload_len <= size);
	}
	sink ^= wire_is_rtcp(e.data, size);
	exact_free(&e);
	return 0;
}
