/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * browser.c - from an answer to SRTP keys, or to a DTLS association that carries data.
 *
 * Specs: RFC 8445 s7.1, s7.2.5; RFC 8489 s9.1 (short-term credentials); RFC 5764.
 */
#include "perf/loadgen/browser.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/wire/stun_auth.h"
#include "perf/loadgen/clock.h"

#define CHECK_NS UINT64_C(100000000) /* between two checks that are not answered */
#define PRIORITY 1853824767u /* RFC 8445 s5.1.2.1: what a host candidate has as a peer-reflexive one */

/* RFC 8445 s5.3: ice-chars */
static void random_text(char *at, unsigned int n)
{
	static const char chars[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	en_random(at, n);
	for (unsigned int i = 0; i < n; i++)
		at[i] = chars[(uint8_t)at[i] & 63];
	at[n] = '\0';
}

static void fail(struct load_browser *b, const char *why)
{
	b->state = LOAD_BROWSER_FAILED;
	snprintf(b->why, sizeof(b->why), "%s", why);
}

/* --- DTLS's events --------------------------------------------------------------------- */

static void on_send(void *arg, const uint8_t *bytes, uint32_t len)
{
	const struct load_browser *b = arg;

	load_nic_say(b->path, &b->local, &b->server, bytes, len);
}

static void on_connected(void *arg, const struct shm_msg_keys *k)
{
	struct load_browser *b = arg;

	if (b->tx && (!dp_srtp_keys_set(b->srtp, b->tx, k->profile, k->tx_key, k->tx_salt, true) ||
		      !dp_srtp_keys_set(b->srtp, b->rx, k->profile, k->rx_key, k->rx_salt, false))) {
		fail(b, "the server chose an SRTP profile that is not known here");
		return;
	}
	b->state = LOAD_BROWSER_CONNECTED;
	b->connected_ns = load_now();
}

static void on_data(void *arg, const uint8_t *bytes, uint32_t len)
{
	const struct load_browser *b = arg;

	if (b->data)
		b->data(b->arg, bytes, len);
}

static void on_closed(void *arg, const char *why)
{
	struct load_browser *b = arg;

	if (b->state != LOAD_BROWSER_CONNECTED || b->data)
		fail(b, why);
}

static const struct cp_dtls_events events = {
	.send = on_send, .connected = on_connected, .data = on_data, .closed = on_closed};

/* --- life -------------------------------------------------------------------------------- */

void load_browser_init(struct load_browser *b, const struct en_ep *local, const struct load_path *path,
		       struct dp_srtp *srtp, struct dp_srtp_keys *tx, struct dp_srtp_keys *rx)
{
	*b = (struct load_browser){.local = *local, .path = path, .srtp = srtp, .tx = tx, .rx = rx};
	random_text(b->ufrag, LOAD_UFRAG_LEN);
	random_text(b->pwd, LOAD_PWD_LEN);
}

void load_browser_free(struct load_browser *b)
{
	if (b->dtls)
		cp_dtls_destroy(b->dtls);
	b->dtls = NULL;
	if (b->tx) {
		dp_srtp_keys_clear(b->srtp, b->tx);
		dp_srtp_keys_clear(b->srtp, b->rx);
	}
}

int load_browser_start(struct load_browser *b, struct cp_dtls_context *context, const struct load_answer *a,
		       uint64_t now, struct en_err *err)
{
	struct cp_fingerprint f = {.len = a->fingerprint.len};

	memcpy(f.hash, a->fingerprint.hash, sizeof(f.hash));
	memcpy(f.digest, a->fingerprint.digest, sizeof(f.digest));
	memcpy(b->their_ufrag, a->ufrag, sizeof(b->their_ufrag));
	memcpy(b->their_pwd, a->pwd, sizeof(b->their_pwd));
	b->server = a->server;
	if (cp_dtls_create(context, false, &f, 1, &events, b, &b->dtls, err) != 0)
		return -1;
	cp_dtls_srtp_required(b->dtls, b->tx != NULL);
	b->state = LOAD_BROWSER_CHECKING;
	load_browser_check(b, now);
	return 0;
}

void load_browser_check(struct load_browser *b, uint64_t now)
{
	char user[LOAD_ICE_MAX + LOAD_UFRAG_LEN + 1];
	uint8_t tid[WIRE_STUN_TID_LEN], tie[8], buf[512];
	struct wire_stun_builder w;
	int user_len = snprintf(user, sizeof(user), "%s:%s", b->their_ufrag, b->ufrag);
	size_t len;

	b->checked_ns = now;
	en_random(tid, sizeof(tid));
	en_random(tie, sizeof(tie));
	wire_stun_build(&w, buf, sizeof(buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, tid);
	wire_stun_put(&w, WIRE_ATTR_USERNAME, user, (size_t)user_len);
	wire_stun_put(&w, WIRE_ATTR_ICE_CONTROLLING, tie, sizeof(tie));
	wire_stun_put(&w, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	wire_stun_put_u32(&w, WIRE_ATTR_PRIORITY, PRIORITY);
	wire_stun_put_mi(&w, (const uint8_t *)b->their_pwd, strlen(b->their_pwd));
	wire_stun_put_fingerprint(&w);
	len = wire_stun_finish(&w);
	if (len)
		load_nic_say(b->path, &b->local, &b->server, buf, len);
}

void load_browser_turn(struct load_browser *b, uint64_t now)
{
	if (b->state != LOAD_BROWSER_CHECKING && b->state != LOAD_BROWSER_HANDSHAKING)
		return;
	if (now - b->began_ns > LOAD_SETUP_NS) {
		fail(b, b->state == LOAD_BROWSER_CHECKING ? "no answer to ICE checks" : "no end of the DTLS handshake");
		return;
	}
	if (b->state == LOAD_BROWSER_CHECKING && now - b->checked_ns > CHECK_NS)
		load_browser_check(b, now);
	if (b->state == LOAD_BROWSER_HANDSHAKING && cp_dtls_timeout_ms(b->dtls) == 0)
		cp_dtls_timeout(b->dtls);
}

/* --- what comes in ------------------------------------------------------------------------- */

/* An answer that proves that the server knows its password; which of the checks it answers does not matter. */
static bool answers_a_check(const struct load_browser *b, const uint8_t *data, size_t len)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	struct wire_stun s;

	if (wire_stun_parse(data, len, &s) != WIRE_STUN_OK || s.method != WIRE_STUN_BINDING ||
	    s.cls != WIRE_STUN_SUCCESS)
		return false;
	while (wire_stun_next(&s, &it, &a))
		if (a.type == WIRE_ATTR_MESSAGE_INTEGRITY)
			return wire_stun_mi_ok(&s, &a, (const uint8_t *)b->their_pwd, strlen(b->their_pwd));
	return false;
}

void load_browser_take(struct load_browser *b, const uint8_t *data, size_t len)
{
	if (!b->dtls || b->state == LOAD_BROWSER_FAILED || len == 0)
		return;
	if (data[0] >= 20 && data[0] < 64) { /* RFC 7983 s7 */
		cp_dtls_input(b->dtls, data, (uint32_t)len);
	} else if (data[0] < 4 && answers_a_check(b, data, len)) {
		b->answers++;
		if (b->state == LOAD_BROWSER_CHECKING) {
			b->state = LOAD_BROWSER_HANDSHAKING;
			cp_dtls_start(b->dtls);
		}
	}
}
