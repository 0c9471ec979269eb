/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * credential.c - ICE passwords, TURN REST credentials, host candidates.
 *
 * Specs:     RFC 8445 s5.3; RFC 8839 s5.4; draft-uberti-behave-turn-rest-00 s2.2; RFC 7065 (turn: URIs).
 * Not here:  the ufrag (engine/shm/ufrag.h); checking TURN credentials (the dataplane's turn/rest.c).
 */
#include "control/ice/credential.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/base64.h"
#include "engine/base/digest.h"
#include "engine/base/random.h"

void cp_ice_pwd_make(char ret_pwd[SHM_PWD_MAX])
{
	uint8_t random[CP_ICE_PWD_RANDOM];

	_Static_assert(4 * CP_ICE_PWD_RANDOM / 3 < SHM_PWD_MAX, "fits; all characters of base64 are ice-chars");
	memset(ret_pwd, 0, SHM_PWD_MAX);
	en_random(random, sizeof(random));
	en_base64(random, sizeof(random), ret_pwd);
}

/* The public address of a private one; NULL when it is not behind 1:1 NAT. */
static const struct en_addr *external_of(const struct conf_external *e, unsigned int n, const struct en_addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (en_addr_eq(&e[i].internal, a))
			return &e[i].external;
	return NULL;
}

static void add_url(struct cp_turn_server *s, const struct en_addr *addr, uint16_t port)
{
	struct en_ep ep = {.addr = *addr, .port = port};
	char text[EN_ADDRSTR_MAX];

	if (s->url_n == CP_TURN_URLS_MAX)
		return;
	snprintf(s->url[s->url_n++], CP_TURN_URL_MAX, "turn:%s?transport=udp", en_ep_str(&ep, text));
}

void cp_turn_server_make(const struct conf_turn *t, const char *subject, uint64_t now_s,
			 struct cp_turn_server *ret_server)
{
	struct cp_turn_server *s = ret_server;
	uint8_t tag[EN_SHA1_LEN];
	struct en_iov iov;

	memset(s, 0, sizeof(*s));
	if (t->secret_n == 0)
		return;
	for (unsigned int i = 0; i < t->listen_n; i++) {
		const struct en_addr *out = external_of(t->external, t->external_n, &t->listen[i].addr);

		add_url(s, out ? out : &t->listen[i].addr, t->listen[i].port);
	}
	snprintf(s->username, sizeof(s->username), "%" PRIu64 ":%.*s", now_s + CP_TURN_LIFETIME_S,
		 CP_TURN_SUBJECT_MAX - 1, subject);
	iov = (struct en_iov){.data = s->username, .len = strlen(s->username)};
	en_hmac_sha1(t->secret[0], strlen(t->secret[0]), &iov, 1, tag);
	en_base64(tag, sizeof(tag), s->credential);
}

static bool has_ep(const struct en_ep *ep, unsigned int n, const struct en_ep *one)
{
	for (unsigned int i = 0; i < n; i++)
		if (en_ep_eq(&ep[i], one))
			return true;
	return false;
}

unsigned int cp_ice_hosts(const struct conf_media *m, struct en_ep *ret_ep, unsigned int cap)
{
	unsigned int n = 0;

	for (unsigned int pass = 0; pass < 2; pass++)
		for (unsigned int i = 0; i < m->listen_n && n < cap; i++) {
			const struct en_addr *out = external_of(m->external, m->external_n, &m->listen[i].addr);
			struct en_ep ep = m->listen[i];

			if (pass == 0) {
				if (!out)
					continue;
				ep.addr = *out;
			}
			if (!has_ep(ret_ep, n, &ep))
				ret_ep[n++] = ep;
		}
	return n;
}
