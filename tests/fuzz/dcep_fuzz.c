/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dcep_fuzz.c - OPEN and ACK from arbitrary bytes.
 *
 * Held besides memory safety: what is read is built again as the same bytes (but for a reliability parameter that is
 * ignored), and a refused text is refused in building too.
 */
#include <stdlib.h>

#include "engine/wire/dcep.h"
#include "tests/harness/exact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool has_nul(const char *text, size_t len)
{
	return len > 0 && memchr(text, 0, len) != NULL;
}

/* Any text at all through the builder: it takes it when the parser does. */
static void build_any(const uint8_t *data, size_t size)
{
	struct wire_dcep m = {.type = WIRE_DCEP_OPEN, .label = (const char *)data, .protocol = ""}, back;
	uint8_t buf[4096];
	size_t len;

	m.label_len = (uint16_t)(size < 2048 ? size : 2048);
	len = wire_dcep_build(buf, sizeof(buf), &m);
	must(len == 0 || wire_dcep_parse(buf, len, &back) == WIRE_DCEP_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exact e = exact_copy(data, size, size % 4);
	uint8_t *again = malloc(size + 1);
	struct wire_dcep m;

	must(again != NULL);
	if (wire_dcep_parse(e.data, size, &m) == WIRE_DCEP_OK) {
		must(wire_dcep_build(again, size, &m) == size);
		if (m.type == WIRE_DCEP_OPEN && m.kind == WIRE_DCEP_RELIABLE)
			memset(e.data + 4, 0, 4);
		must(memcmp(again, e.data, size) == 0);
		must(m.type == WIRE_DCEP_ACK ||
		     (!has_nul(m.label, m.label_len) && !has_nul(m.protocol, m.protocol_len)));
		must(wire_dcep_build(again, size - 1, &m) == 0);
	}
	build_any(data, size);
	free(again);
	exact_free(&e);
	return 0;
}
