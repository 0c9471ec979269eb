/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn_kit.h - a TURN server of one or several cores in the test's own thread,
 * under a clock that the test moves, and clients that speak to it in messages.
 *
 * What every answer must be is checked here on each exchange, so that no test
 * has to: it parses, it has the request's method and transaction id, its
 * padding is zero, FINGERPRINT is there exactly when the request had it and is
 * last and right, and integrity, when it is there, is right, the last before
 * FINGERPRINT, and of the request's kind. A breach ends the program.
 */
#ifndef TESTS_TURN_KIT_H
#define TESTS_TURN_KIT_H

#include "dataplane/turn/turn.h"
#include "engine/conf/conf.h"
#include "engine/wire/stun.h"
#include "engine/wire/stun_auth.h"

#define KIT_CORES   4
#define KIT_NOTES   256
#define KIT_DROPPED (-1) /* in place of an error code: no answer */

#define KIT_SERVER4 "198.18.0.2"
#define KIT_SERVER6 "2001:db8:1::2"
/* peers that the kit's configuration allows */
#define KIT_PEER4  "198.51.100.7"
#define KIT_PEER6  "2001:db8:2::7"
#define KIT_RELAYS "relay = " KIT_SERVER4 " 49152-65535\nrelay = " KIT_SERVER6 " 49152-65535\n"

struct kit {
	struct conf conf;
	struct dp_turn_shared *shared;
	unsigned int core_n;
	struct dp_turn *t[KIT_CORES];
	struct shm_core *stats[KIT_CORES];
	uint64_t now_ns, wall_s;

	struct dp_turn_note note[KIT_NOTES]; /* sent and not delivered yet */
	unsigned int note_n;
	bool notes_refused; /* the rings are full */
	bool notes_held; /* delivered by kit_deliver only, not after each exchange */

	/* the last exchange */
	enum dp_turn_verdict verdict;
	struct dp_turn_out out;
	uint8_t reply[DP_TURN_REPLY_MAX];
	struct wire_stun answer; /* the parsed reply */
	bool is_signed; /* it has integrity, verified with the client's key */
	unsigned int core; /* that decided */
	unsigned int handoffs;
};

struct kit_client {
	struct en_ep ep;
	uint8_t listener;
	const char *user, *password;
	const char *realm; /* NULL: the server's */
	bool sha256_key; /* PASSWORD-ALGORITHM SHA-256, else none of the attributes */
	bool sha256_mi; /* MESSAGE-INTEGRITY-SHA256 */
	bool userhash; /* USERHASH in place of USERNAME */
	bool fingerprint;
	char nonce[128];
	size_t nonce_len;
};

struct kit_msg {
	struct wire_stun_builder b;
	uint8_t tid[WIRE_STUN_TID_LEN];
	bool is_signed; /* by kit_sign: the answer may be verified */
	size_t len;
	uint8_t buf[4096];
};

/* Start with `cores` cores, these relay lines and these further lines of [turn]; ends the program on failure. */
void kit_start(struct kit *k, unsigned int cores, const char *relays, const char *turn_lines);
/* The same for a configuration that must not start: returns false with the reason. */
bool kit_refuses(unsigned int cores, const char *relays, const char *turn_lines, struct en_err *ret_err);
void kit_stop(struct kit *k);

/* Move the clock and work off everything that is due, on every core. */
void kit_pass(struct kit *k, double seconds);
void kit_deliver(struct kit *k);
/* Sums over the cores. */
uint64_t kit_counter(const struct kit *k, enum shm_counter c);
uint64_t kit_drops(const struct kit *k, enum shm_drop d);
uint64_t kit_gauge(const struct kit *k, enum shm_gauge g);
/* Pass two hours; true when nothing at all is left: gauges, tables, indexes, ports. */
bool kit_all_gone(struct kit *k);

struct en_ep kit_ep(const char *text);
struct en_addr kit_addr(const char *text);
/* A client with the nonce of a first 401 (kit_login). */
struct kit_client kit_client(struct kit *k, const char *ep, const char *user, const char *password);
/* Alice, at 192.0.2.1 and this port. */
struct kit_client kit_alice(struct kit *k, unsigned int port);
/* An unauthenticated Allocate; keeps the nonce of the answer. Returns the error code. */
int kit_login(struct kit *k, struct kit_client *c);

/* --- messages --------------------------------------------------------------- */

void kit_begin(struct kit_msg *m, unsigned int method, unsigned int cls);
void kit_put_peer(struct kit_msg *m, const char *ep);
/* REQUESTED-TRANSPORT UDP */
void kit_put_udp(struct kit_msg *m);
/* A byte and three zero bytes: REQUESTED-ADDRESS-FAMILY and its like. */
void kit_put_family(struct kit_msg *m, unsigned int type, unsigned int family);
/* Credentials and integrity as the client is. */
void kit_sign(const struct kit *k, const struct kit_client *c, struct kit_msg *m);
/* Close the message; later attributes may still be appended. */
void kit_finish(const struct kit_client *c, struct kit_msg *m);
/* The key of the client's credentials; returns its length. */
size_t kit_key(const struct kit *k, const struct kit_client *c, uint8_t ret_key[32]);

/* Give the datagram to the core that it belongs to, follow handoffs, check the answer.
 * 0 success, the error code, or KIT_DROPPED (also for SEND: look at k->verdict). */
int kit_exchange(struct kit *k, const struct kit_client *c, const struct kit_msg *m);
/* Raw bytes, without any knowledge of them. */
int kit_raw(struct kit *k, const struct en_ep *from, uint8_t listener, const void *data, size_t len);
/* sign, finish, exchange */
int kit_request(struct kit *k, const struct kit_client *c, struct kit_msg *m);

/* --- whole requests ----------------------------------------------------------- */

int kit_allocate(struct kit *k, const struct kit_client *c);
/* lifetime < 0: none asked for; family 0: no REQUESTED-ADDRESS-FAMILY */
int kit_refresh(struct kit *k, const struct kit_client *c, long lifetime, unsigned int family);
int kit_permit(struct kit *k, const struct kit_client *c, const char *peer);
int kit_bind(struct kit *k, const struct kit_client *c, unsigned int number, const char *peer);
/* Send indication; DP_TURN_SEND or the drop in k->out */
enum dp_turn_verdict kit_send(struct kit *k, const struct kit_client *c, const char *peer, const void *data,
			      size_t len);

/* --- answers -------------------------------------------------------------------- */

bool kit_attr(const struct kit *k, unsigned int type, struct wire_attr *ret_attr);
bool kit_has(const struct kit *k, unsigned int type);
uint32_t kit_u32(const struct kit *k, unsigned int type);
/* The nth address attribute of a type. */
bool kit_xor_addr(const struct kit *k, unsigned int type, unsigned int nth, struct en_ep *ret_ep);
/* The allocation of the client, on whichever core; NULL when there is none. */
const struct dp_alloc *kit_alloc(const struct kit *k, const struct kit_client *c);

#endif
