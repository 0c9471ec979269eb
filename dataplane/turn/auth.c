/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * auth.c - the long-term credential mechanism (RFC 8489 s9.2.4).
 *
 * Order of checks, with the one deliberate deviation: the RFC looks at the
 * nonce's age last; here the nonce is checked before anything that is derived
 * from it. A nonce that is not ours says nothing about password algorithms (a
 * client may have invented its feature bits), and the check of a forged one
 * costs one HMAC instead of a key derivation and two. So 438 answers carry no
 * integrity (RFC 8489 s9.2.4 leaves that open).
 *
 *   1  no integrity attribute                        401
 *   2  USERNAME or USERHASH, REALM, NONCE missing    400
 *   3  nonce foreign, forged or old                  438
 *   4  password algorithms (bid-down)                400
 *   5  another realm, unknown user, wrong integrity  401, all alike
 *
 * Secrets:   struct dp_cred.key, wiped when the message is done (dispatch.c);
 *            REST passwords on the stack, wiped here.
 */
#include "dataplane/turn/request.h"

#include <string.h>

#include "dataplane/turn/nonce.h"
#include "dataplane/turn/rest.h"
#include "dataplane/turn/users.h"
#include "engine/base/consttime.h"
#include "engine/wire/stun_auth.h"

#define USERNAME_MAX 508 /* RFC 8489 s14.3 MUST: fewer than 509 bytes */
#define USERHASH_LEN 32

size_t dp_auth_algorithms(const struct conf_turn *c, uint8_t ret_value[8])
{
	size_t len = 0;

	/* RFC 8489 s14.11: algorithm, parameter length 0; in order of preference */
	if (!c->sha256)
		return 0;
	en_store32(ret_value, WIRE_PWALG_SHA256 << 16);
	len += 4;
	if (c->md5) {
		en_store32(ret_value + len, WIRE_PWALG_MD5 << 16);
		len += 4;
	}
	return len;
}

/*
 * RFC 8489 s9.2.4: neither attribute means MD5; else both must be there, the
 * list must be the one that we sent and the choice must be in it. Returns the
 * algorithm or 0.
 */
static unsigned int password_algorithm(const struct dp_req *r)
{
	const struct wire_attr *one = dp_req_attr(r, DP_ATTR_PASSWORD_ALGORITHM);
	const struct wire_attr *list = dp_req_attr(r, DP_ATTR_PASSWORD_ALGORITHMS);
	uint8_t ours[8];
	size_t ours_len = dp_auth_algorithms(r->t->shared->conf, ours);

	if (!ours_len || (!one && !list))
		return WIRE_PWALG_MD5;
	if (!one || !list || list->len != ours_len || !en_ct_eq(list->value, ours, ours_len) || one->len != 4)
		return 0;
	for (size_t i = 0; i < ours_len; i += 4)
		if (en_ct_eq(one->value, ours + i, 4))
			return en_load16(one->value);
	return 0;
}

static const struct wire_attr *integrity(const struct dp_req *r)
{
	const struct wire_attr *mi = dp_req_attr(r, DP_ATTR_MI_SHA256);

	return mi ? mi : dp_req_attr(r, DP_ATTR_MI);
}

static bool try_key(struct dp_req *r, const uint8_t *key, size_t len)
{
	if (!wire_stun_mi_ok(&r->msg, integrity(r), key, len))
		return false;
	memcpy(r->cred.key, key, len);
	r->cred.key_len = len;
	return true;
}

static bool try_user(struct dp_req *r, const struct dp_user *u, unsigned int alg)
{
	return alg == WIRE_PWALG_SHA256 ? try_key(r, u->sha256, sizeof(u->sha256)) : try_key(r, u->md5, sizeof(u->md5));
}

static bool try_secret(struct dp_req *r, const char *secret, unsigned int alg)
{
	const struct conf_turn *c = r->t->shared->conf;
	const struct wire_attr *name = dp_req_attr(r, DP_ATTR_USERNAME);
	char password[DP_REST_PASSWORD_MAX];
	size_t len = dp_rest_password(secret, name->value, name->len, password);
	uint8_t key[32];
	bool ok;

	if (alg == WIRE_PWALG_SHA256)
		wire_stun_key_sha256((const char *)name->value, name->len, c->realm, password, len, key);
	else
		wire_stun_key_md5((const char *)name->value, name->len, c->realm, password, len, key);
	ok = try_key(r, key, alg == WIRE_PWALG_SHA256 ? 32 : 16);
	en_wipe(password, sizeof(password));
	en_wipe(key, sizeof(key));
	return ok;
}

/* The owner's identity (441), and whom the quota counts: a configured user as such. */
static void identify(struct dp_req *r, const void *user, size_t user_len)
{
	const struct en_hash_key *k = r->t->shared->user_key;

	r->cred.user = user;
	r->cred.user_len = user_len;
	r->cred.user_hash[0] = en_hash(&k[0], user, user_len);
	r->cred.user_hash[1] = en_hash(&k[1], user, user_len);
	r->cred.subject = r->cred.user_hash[0];
}

/* A name that no configured user has: REST credentials, or nobody. */
static bool try_rest(struct dp_req *r, unsigned int alg, const char **ret_why)
{
	const struct conf_turn *c = r->t->shared->conf;
	const struct wire_attr *name = dp_req_attr(r, DP_ATTR_USERNAME);
	struct dp_rest_name rest;

	if (!name || !c->secret_n || !dp_rest_parse(name->value, name->len, &rest)) {
		try_user(r, dp_users_nobody(r->t->shared->users), alg);
		*ret_why = "unknown user";
		return false;
	}
	if (r->t->wall_s >= rest.expiry_s) {
		*ret_why = "credentials expired";
		return false;
	}
	for (unsigned int i = 0; i < c->secret_n; i++) {
		if (!try_secret(r, c->secret[i], alg))
			continue;
		identify(r, name->value, name->len);
		/* another key than for configured users: equal names are not the same user */
		r->cred.subject = en_hash(&r->t->shared->user_key[1], rest.subject, rest.subject_len);
		return true;
	}
	*ret_why = "wrong integrity";
	return false;
}

static bool try_credentials(struct dp_req *r, unsigned int alg, const char **ret_why)
{
	const struct wire_attr *name = dp_req_attr(r, DP_ATTR_USERNAME);
	const struct wire_attr *hash = dp_req_attr(r, DP_ATTR_USERHASH);
	const struct dp_users *users = r->t->shared->users;
	const struct dp_user *u =
		name ? dp_users_by_name(users, name->value, name->len) : dp_users_by_hash(users, hash->value);

	if (!u)
		return try_rest(r, alg, ret_why);
	if (!try_user(r, u, alg)) {
		*ret_why = "wrong integrity";
		return false;
	}
	identify(r, u->name, u->name_len);
	return true;
}

static bool is_realm(const struct dp_req *r)
{
	const struct wire_attr *realm = dp_req_attr(r, DP_ATTR_REALM);
	const char *ours = r->t->shared->conf->realm;

	return realm->len == strlen(ours) && en_ct_eq(realm->value, ours, realm->len);
}

/* Step 2: what must be there, and of which length. */
static bool is_complete(const struct dp_req *r)
{
	const struct wire_attr *name = dp_req_attr(r, DP_ATTR_USERNAME);
	const struct wire_attr *mi = integrity(r);

	if (!name && !dp_req_attr(r, DP_ATTR_USERHASH))
		return false;
	if (name ? name->len > USERNAME_MAX : !dp_req_len_ok(r, DP_ATTR_USERHASH, USERHASH_LEN))
		return false;
	/* RFC 8489 s14.5, s14.6 MUST: 20 bytes; 16 to 32 bytes and a multiple of 4 */
	if (mi->type == WIRE_ATTR_MESSAGE_INTEGRITY ? mi->len != 20 : mi->len < 16 || mi->len > 32 || mi->len % 4)
		return false;
	return dp_req_attr(r, DP_ATTR_REALM) && dp_req_attr(r, DP_ATTR_NONCE);
}

unsigned int dp_auth_check(struct dp_req *r, const char **ret_why)
{
	const struct wire_attr *nonce = dp_req_attr(r, DP_ATTR_NONCE);
	unsigned int alg;

	*ret_why = "no integrity";
	if (!integrity(r))
		return WIRE_ERR_UNAUTHENTICATED;
	*ret_why = "credentials incomplete";
	if (!is_complete(r))
		return WIRE_ERR_BAD_REQUEST;
	*ret_why = "nonce old or not ours";
	if (!dp_nonce_ok(r->t, &r->in->client, nonce->value, nonce->len))
		return WIRE_ERR_STALE_NONCE;
	*ret_why = "password algorithms";
	alg = password_algorithm(r);
	if (!alg)
		return WIRE_ERR_BAD_REQUEST;
	*ret_why = "MD5 credentials are switched off";
	if (alg == WIRE_PWALG_MD5 && !r->t->shared->conf->md5)
		return WIRE_ERR_UNAUTHENTICATED;
	*ret_why = "another realm";
	if (!is_realm(r) || !try_credentials(r, alg, ret_why))
		return WIRE_ERR_UNAUTHENTICATED;
	r->cred.sha256 = integrity(r)->type == WIRE_ATTR_MESSAGE_INTEGRITY_SHA256;
	r->cred.valid = true;
	return 0;
}

bool dp_auth_owns(const struct dp_req *r, const struct dp_alloc *a)
{
	if (r->cred.user_hash[0] == a->user_hash[0] && r->cred.user_hash[1] == a->user_hash[1])
		return true;
	/* a rotated REST user name: RFC 8656 s5 says 441, the operator may say otherwise */
	return r->t->shared->conf->same_subject && r->cred.subject == a->subject;
}
