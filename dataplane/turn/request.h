/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request.h - one message while it is handled: what came in, its attributes,
 * who sent it, and the ways to answer it.
 *
 * Private to dataplane/turn/.
 */
#ifndef DP_TURN_REQUEST_H
#define DP_TURN_REQUEST_H

#include "dataplane/turn/turn.h"
#include "engine/wire/stun.h"

/* The attributes that a request may carry and that mean something to us. */
enum dp_attr {
	DP_ATTR_USERNAME,
	DP_ATTR_USERHASH,
	DP_ATTR_REALM,
	DP_ATTR_NONCE,
	DP_ATTR_MI,
	DP_ATTR_MI_SHA256,
	DP_ATTR_PASSWORD_ALGORITHM,
	DP_ATTR_PASSWORD_ALGORITHMS,
	DP_ATTR_FINGERPRINT,
	DP_ATTR_CHANNEL_NUMBER,
	DP_ATTR_LIFETIME,
	DP_ATTR_XOR_PEER_ADDRESS,
	DP_ATTR_DATA,
	DP_ATTR_REQUESTED_ADDRESS_FAMILY,
	DP_ATTR_ADDITIONAL_ADDRESS_FAMILY,
	DP_ATTR_EVEN_PORT,
	DP_ATTR_REQUESTED_TRANSPORT,
	DP_ATTR_DONT_FRAGMENT,
	DP_ATTR_RESERVATION_TOKEN,
	DP_ATTR_N
};

#define DP_UNKNOWN_MAX 32 /* listed in UNKNOWN-ATTRIBUTES; the answer stays shorter than the request */

/* Who sent the request; set by dp_auth_check. */
struct dp_cred {
	bool valid; /* answers carry integrity, and no reply budget applies */
	bool sha256; /* which integrity attribute the request had, so the answer has */
	uint8_t key[32];
	size_t key_len;
	const char *user; /* not NUL-terminated */
	size_t user_len;
	uint64_t user_hash[2];
	uint64_t subject;
};

struct dp_req {
	struct dp_turn *t;
	const struct dp_turn_in *in;
	struct dp_turn_out *out;
	struct wire_stun msg;
	uint32_t known; /* bit (1 << enum dp_attr): attr[] holds the first instance */
	struct wire_attr attr[DP_ATTR_N];
	size_t body_end; /* offset where the integrity attributes begin: nothing later counts */
	uint16_t unknown[DP_UNKNOWN_MAX]; /* comprehension-required types that we do not know */
	unsigned int unknown_n;
	uint32_t alloc; /* of the client's flow, or DP_NONE */
	struct dp_cred cred;
};

/* Fill attr, known and unknown from r->msg. */
void dp_req_collect(struct dp_req *r);

static inline const struct wire_attr *dp_req_attr(const struct dp_req *r, enum dp_attr a)
{
	return r->known & (1u << a) ? &r->attr[a] : NULL;
}

/* Is the attribute absent, or exactly len bytes long? */
static inline bool dp_req_len_ok(const struct dp_req *r, enum dp_attr a, size_t len)
{
	const struct wire_attr *attr = dp_req_attr(r, a);

	return !attr || attr->len == len;
}

/* The next XOR-PEER-ADDRESS (CreatePermission has several): 1 found, 0 no more, -EINVAL malformed. */
int dp_req_next_peer(const struct dp_req *r, struct wire_attr_iter *it, struct en_ep *ret_ep);

/* --- answers (reply.c) --------------------------------------------------- */

/* What was decided, for the tracer. */
void dp_say(struct dp_turn_out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * An error response: counted, with what the code asks for (REALM, NONCE, …),
 * with integrity when the credentials were valid, else within the reply
 * budget. `why` goes to the tracer.
 */
enum dp_turn_verdict dp_reply_error(struct dp_req *r, unsigned int code, const char *why);
/* A success response: begin, put attributes, end. */
void dp_reply_begin(struct dp_req *r, struct wire_stun_builder *b);
enum dp_turn_verdict dp_reply_end(struct dp_req *r, struct wire_stun_builder *b);
enum dp_turn_verdict dp_drop(struct dp_req *r, enum shm_drop why);

/* --- authentication (auth.c) ---------------------------------------------- */

/* 0 with r->cred filled, or the error code to answer; *ret_why for the tracer. */
unsigned int dp_auth_check(struct dp_req *r, const char **ret_why);
/* Our PASSWORD-ALGORITHMS value; returns its length, 0 when not offered. */
size_t dp_auth_algorithms(const struct conf_turn *c, uint8_t ret_value[8]);
/* May the sender act on this allocation (RFC 8656 s5: 441)? */
bool dp_auth_owns(const struct dp_req *r, const struct dp_alloc *a);

/* --- methods, each in the file of its name -------------------------------- */

enum dp_turn_verdict dp_handle_binding(struct dp_req *r);
enum dp_turn_verdict dp_handle_allocate(struct dp_req *r);
enum dp_turn_verdict dp_handle_refresh(struct dp_req *r);
enum dp_turn_verdict dp_handle_create_permission(struct dp_req *r);
enum dp_turn_verdict dp_handle_channel_bind(struct dp_req *r);
enum dp_turn_verdict dp_handle_send(struct dp_req *r);

static inline void dp_count(struct dp_turn *t, enum shm_counter c)
{
	shm_add(&t->stats->counter[c], 1);
}

#endif
