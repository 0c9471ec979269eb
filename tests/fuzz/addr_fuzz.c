/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr_fuzz.c - the text parsers of addresses, prefixes, transport addresses
 * and OpaqueString, and the canonical forms, on arbitrary bytes.
 *
 * Held besides memory safety: what parses prints, and what was printed parses
 * to the same; a prefix holds its own address; the canonical forms are within
 * bounds and begin with the address; enforcing a string twice changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/addr.h"
#include "engine/base/opaque.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void canonical(const struct en_addr *a)
{
	struct en_addr forms[EN_CANON_MAX];
	unsigned int n = en_addr_canonical(a, forms);

	must(n >= 1 && n <= EN_CANON_MAX && en_addr_eq(a, &forms[0]));
	for (unsigned int i = 1; i < n; i++)
		must(forms[i].family == EN_AF_INET);
}

static void addr_text(const char *text)
{
	struct en_prefix p, p2;
	struct en_addr a, a2;
	struct en_ep ep, ep2;
	char buf[EN_ADDRSTR_MAX];

	if (en_addr_parse(text, &a) == 0) {
		canonical(&a);
		must(en_addr_parse(en_addr_str(&a, buf), &a2) == 0 && en_addr_eq(&a, &a2));
	}
	if (en_ep_parse(text, &ep) == 0)
		must(en_ep_parse(en_ep_str(&ep, buf), &ep2) == 0 && en_ep_eq(&ep, &ep2));
	if (en_prefix_parse(text, true, &p) == 0) {
		must(en_prefix_has(&p, &p.addr));
		must(en_prefix_parse(text, false, &p2) == 0 && en_prefix_has(&p2, &p.addr));
		must(en_prefix_parse(en_prefix_str(&p2, buf), true, &p) == 0 && memcmp(&p, &p2, sizeof(p)) == 0);
	}
}

static void opaque_text(const char *text)
{
	char once[3 * EN_OPAQUE_MAX + 1];
	char twice[3 * EN_OPAQUE_MAX + 1];

	if (en_opaque(text, once, sizeof(once)) || strlen(once) > EN_OPAQUE_MAX)
		return;
	must(once[0] != '\0');
	must(en_opaque(once, twice, sizeof(twice)) == 0 && strcmp(once, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct en_addr a;

	must(text != NULL);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	addr_text(text);
	opaque_text(text);
	if (size >= 16) {
		en_addr_set6(&a, data);
		canonical(&a);
	}
	free(text);
	return 0;
}
