/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sdp_keep.c - attributes that are between us and the far side, and so are not passed on.
 *
 * Runs on:   anyone; no state.
 * Invariants
 *   K1  what tells addresses, keys or names of a transport is in this list: an attribute that is not passes unchanged.
 *
 * Specs:     RFC 8839 (ICE), RFC 8842 (DTLS), RFC 4568 and RFC 4567 (keys), RFC 5939 (potential transports),
 *            RFC 6947 (altc), RFC 5576, RFC 8830, RFC 8851, RFC 8853 (sources).
 */
#include "control/gateway/sdp_inner.h"

static bool is_one_of(struct wire_text name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (wire_text_is_nocase(name, names[i]))
			return true;
	}
	return false;
}

#define ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof(names[0]))

bool cp_gw_is_transport(struct wire_text attribute)
{
	static const char *const names[] = {
		"candidate",
		"remote-candidates",
		"end-of-candidates",
		"ice-ufrag",
		"ice-pwd",
		"ice-options",
		"ice-lite",
		"ice-mismatch",
		"ice-pacing",
		"altc", /* where */
		"fingerprint",
		"setup",
		"connection",
		"tls-id",
		"identity", /* DTLS */
		"crypto",
		"key-mgmt", /* other keys */
		"acap",
		"tcap",
		"pcfg",
		"acfg", /* what else it could be */
		"rtcp-mux-only",
		"bundle-only", /* how many ports */
	};

	return ONE_OF(attribute, names);
}

bool cp_gw_is_source(struct wire_text attribute)
{
	static const char *const names[] = {"ssrc", "ssrc-group", "msid", "msid-semantic", "rid", "simulcast"};

	return ONE_OF(attribute, names);
}

bool cp_gw_is_ssrc(struct wire_text attribute)
{
	static const char *const names[] = {"ssrc", "ssrc-group"};

	return ONE_OF(attribute, names);
}

bool cp_gw_is_extmap(struct wire_text attribute)
{
	static const char *const names[] = {"extmap", "extmap-allow-mixed"};

	return ONE_OF(attribute, names);
}
