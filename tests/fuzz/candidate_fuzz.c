/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * candidate_fuzz.c - arbitrary text as an ICE candidate.
 *
 * Held besides memory safety: what is read keeps its limits, and written again reads the same.
 */
#include <stdlib.h>

#include "engine/wire/sdp.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void read_again(const struct wire_candidate *c)
{
	static const char attr[] = "a=candidate:";
	struct wire_candidate again;
	char line[512];
	struct en_writer w = en_writer(line, sizeof(line));
	size_t len;

	wire_candidate_line(&w, c);
	must(w.ok);
	len = en_written(&w);
	must(len > sizeof(attr) + 1 && memcmp(line, attr, sizeof(attr) - 1) == 0 && line[len - 1] == '\n');
	must(wire_candidate_parse(
		(struct wire_text){.p = line + sizeof(attr) - 1, .len = (uint32_t)(len - sizeof(attr) - 1)}, &again));
	must(again.component == c->component && again.priority == c->priority && again.type == c->type &&
	     again.udp == c->udp && en_ep_eq(&again.ep, &c->ep) && strcmp(again.foundation, c->foundation) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, 0);
	struct wire_candidate c;

	if (wire_candidate_parse((struct wire_text){.p = (const char *)e.data, .len = (uint32_t)size}, &c)) {
		must(c.component <= 256 && c.type <= WIRE_CANDIDATE_RELAY && c.foundation[0]);
		must(strlen(c.foundation) < sizeof(c.foundation));
		if (c.ep.addr.family != EN_AF_NONE)
			read_again(&c);
	}
	exact_free(&e);
	return 0;
}
