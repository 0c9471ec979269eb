/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * browser.h - the transport of a simulated browser: ICE checks, a DTLS client, SRTP keys or packets inside DTLS.
 *
 *   NEW --offer answered--> CHECKING --check answered--> HANDSHAKING --keys--> CONNECTED
 *      |refused, silent for LOAD_SETUP_NS, wrong certificate …: FAILED
 *
 * ICE: a full agent and always controlling, as against an ICE-lite server (RFC 8445 s6.1.1): the first check that
 * is answered nominates the only pair, later ones keep consent (RFC 7675).
 */
#ifndef LOAD_BROWSER_H
#define LOAD_BROWSER_H

#include "control/dtls/dtls.h"
#include "dataplane/srtp/srtp.h"
#include "engine/wire/stun.h"
#include "perf/loadgen/nic.h"
#include "perf/loadgen/session.h"

#define LOAD_SETUP_NS    UINT64_C(10000000000)
#define LOAD_UFRAG_LEN   8
#define LOAD_PWD_LEN     24
#define LOAD_SESSION_URL 256

enum load_browser_state {
	LOAD_BROWSER_NEW,
	LOAD_BROWSER_CHECKING,
	LOAD_BROWSER_HANDSHAKING,
	LOAD_BROWSER_CONNECTED,
	LOAD_BROWSER_FAILED,
};

struct load_browser {
	uint8_t state; /* enum load_browser_state */
	struct en_ep local, server;
	const struct load_path *path; /* all browsers' */
	struct dp_srtp *srtp; /* all browsers' */
	struct dp_srtp_keys *tx, *rx;
	struct cp_dtls *dtls;
	void (*data)(void *arg, const uint8_t *bytes, uint32_t len); /* what came inside DTLS; NULL: nobody's */
	void *arg; /* of data */
	uint64_t began_ns, connected_ns, checked_ns;
	uint64_t answers; /* to checks */
	char ufrag[LOAD_UFRAG_LEN + 1], pwd[LOAD_PWD_LEN + 1];
	char their_ufrag[LOAD_ICE_MAX], their_pwd[LOAD_ICE_MAX];
	char url[LOAD_SESSION_URL]; /* what ends the session; "": there is none */
	char why[96]; /* of FAILED */
};

/* Credentials of its own; the keys' memory and `path` are the caller's. Without srtp and keys it is for data alone. */
void load_browser_init(struct load_browser *b, const struct en_ep *local, const struct load_path *path,
		       struct dp_srtp *srtp, struct dp_srtp_keys *tx, struct dp_srtp_keys *rx);
void load_browser_free(struct load_browser *b);

/* The answer came: check from now on. */
int load_browser_start(struct load_browser *b, struct cp_dtls_context *context, const struct load_answer *a,
		       uint64_t now, struct en_err *err);
/* What stayed unanswered is said again; gives up. While it is not connected, every few milliseconds. */
void load_browser_turn(struct load_browser *b, uint64_t now);
/* A check, for consent too. */
void load_browser_check(struct load_browser *b, uint64_t now);
/* STUN and DTLS that came from the server. */
void load_browser_take(struct load_browser *b, const uint8_t *data, size_t len);

#endif
