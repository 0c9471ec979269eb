/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity.c - who a side is by its description: the kind of its keys, its certificate, its ICE credentials.
 *
 * Runs on:   the control loop.
 * Specs:     RFC 5763, RFC 8842 s4 (DTLS), RFC 4568 (SDES), RFC 8445 s9 (ICE restart).
 */
#include <string.h>

#include "control/gateway/inner.h"
#include "engine/base/hash.h"

static const uint16_t suites[CP_GW_OFFERED_MAX] = {SHM_SRTP_CM_SHA1_80, SHM_SRTP_CM_SHA1_32};

/* What a side says of itself; false: nothing that we can be the other end of. */
bool cp_gw_security_read(const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	leg->proto = s->proto;
	leg->ice = s->ice.ufrag.len > 0;
	if (!cp_gw_proto_is_secure((enum cp_gw_proto)s->proto)) {
		leg->security = CP_GW_PLAIN;
		leg->ice = false; /* checks are for those with keys: its plain address serves as well */
		return true;
	}
	if (s->fingerprint_n > 0) {
		leg->security = CP_GW_DTLS;
		return s->setup != CP_GW_SETUP_PASSIVE; /* we are the server */
	}
	leg->security = CP_GW_SDES;
	return s->crypto_n > 0;
}

static uint64_t fingerprints_hash(const struct cp_gw_section *s)
{
	return en_fnv64(s->fingerprint, s->fingerprint_n * sizeof(s->fingerprint[0]));
}

static uint64_t ice_hash(const struct cp_gw_section *s)
{
	return en_fnv64(s->ice.ufrag.p, s->ice.ufrag.len) ^ (en_fnv64(s->ice.pwd.p, s->ice.pwd.len) << 1);
}

/* Another certificate means another association: a new session (RFC 8842 s4). */
void cp_gw_identity_check(const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	if (leg->peer && leg->security == CP_GW_DTLS && leg->fingerprint_hash &&
	    leg->fingerprint_hash != fingerprints_hash(s))
		cp_gw_leg_end(leg);
}

void cp_gw_identity_take(const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	struct cp_peer *p = leg->peer;

	if (leg->ice) {
		uint64_t hash = ice_hash(s);

		if (leg->ice_hash && leg->ice_hash != hash) { /* RFC 8445 s9: an ICE restart */
			cp_peer_credentials(p);
			cp_intent_session(p);
		}
		leg->ice_hash = hash;
	}
	if (leg->security != CP_GW_DTLS)
		return;
	leg->fingerprint_hash = fingerprints_hash(s);
	p->fingerprint_n = s->fingerprint_n;
	memcpy(p->fingerprint, s->fingerprint, sizeof(s->fingerprint));
}

/* A side that offers keys: ours are made for the suite that we take, once. */
bool cp_gw_keys_offered(const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	const struct cp_gw_crypto *theirs = cp_gw_crypto_pick(s->crypto, s->crypto_n, NULL, 0);

	if (!theirs)
		return false;
	if (leg->answered.profile != theirs->profile || leg->answered.tag != theirs->tag)
		cp_gw_crypto_make(theirs->profile, theirs->tag, &leg->answered);
	cp_gw_leg_keys(leg, theirs, &leg->answered);
	return true;
}

bool cp_gw_keys_answered(const struct cp_gw_section *s, struct cp_gw_leg *leg)
{
	for (unsigned int i = 0; i < leg->offered_n && s->crypto_n > 0; i++)
		if (leg->offered[i].tag == s->crypto[0].tag && leg->offered[i].profile == s->crypto[0].profile) {
			cp_gw_leg_keys(leg, &s->crypto[0], &leg->offered[i]);
			return true;
		}
	return false;
}

void cp_gw_keys_offer(struct cp_gw_leg *leg)
{
	if (leg->security != CP_GW_SDES || leg->offered_n > 0)
		return;
	for (unsigned int i = 0; i < CP_GW_OFFERED_MAX; i++)
		cp_gw_crypto_make(suites[i], i + 1, &leg->offered[i]);
	leg->offered_n = CP_GW_OFFERED_MAX;
}
