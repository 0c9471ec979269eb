/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ice_fuzz.c - a full ICE agent that a hostile far end talks to: candidates as text, checks, answers, time.
 *
 * Held besides memory safety: one datagram in CP_ICE_PACE_MS; no path without an answer that was signed; the tables
 * keep their sizes; a lost agent is silent.
 */
#include <stdlib.h>
#include <string.h>

#include "control/ice/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world {
	uint64_t now, sent_ms, random;
	struct cp_ice *ice;
	uint8_t tid[SHM_TID_LEN]; /* of the last check */
	unsigned int local;
	struct en_ep to;
	bool sent, answered; /* answered: once, rightly */
} w;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void on_send(void *arg, unsigned int local, const struct en_ep *to, const uint8_t *bytes, uint32_t len)
{
	struct wire_stun msg;

	(void)arg;
	must(cp_ice_state(w.ice) != CP_ICE_LOST && (!w.sent || w.now - w.sent_ms >= CP_ICE_PACE_MS));
	must(wire_stun_parse(bytes, len, &msg) == WIRE_STUN_OK && msg.cls == WIRE_STUN_REQUEST);
	memcpy(w.tid, msg.tid, sizeof(w.tid));
	w.local = local;
	w.to = *to;
	w.sent = true;
	w.sent_ms = w.now;
}

static void on_path(void *arg, unsigned int local, const struct en_ep *remote, bool nominated)
{
	(void)arg;
	(void)local;
	(void)remote;
	(void)nominated;
	must(w.answered);
}

static void on_role(void *arg, bool controlling)
{
	(void)arg;
	(void)controlling;
}

static void on_state(void *arg, enum cp_ice_state state)
{
	(void)arg;
	must(state != CP_ICE_CONNECTED || w.answered);
}

static uint64_t on_random(void *arg)
{
	(void)arg;
	return w.random += UINT64_C(0x9e3779b97f4a7c15);
}

static const struct cp_ice_events events = {
	.send = on_send, .path = on_path, .role = on_role, .state = on_state, .random = on_random};

static void begin(bool controlling)
{
	struct cp_ice_setup s = {
		.local_n = 2,
		.ufrag = "ours",
		.pwd = "our own password, long enough",
		.remote_ufrag = "them",
		.remote_pwd = "their password, long enough",
		.controlling = controlling,
		.tie_breaker = 100,
	};

	en_ep_parse("198.18.0.2:3480", &s.local[0]);
	en_ep_parse("[2001:db8::2]:3480", &s.local[1]);
	cp_ice_begin(w.ice, &s, w.now);
	w.answered = false;
}

static void answer(unsigned int code, bool is_signed)
{
	static const char pwd[] = "their password, long enough";
	struct wire_stun_builder b;
	uint8_t buf[200];

	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_BINDING, code ? WIRE_STUN_ERROR : WIRE_STUN_SUCCESS, w.tid);
	if (code)
		wire_stun_put_error(&b, code, "");
	if (is_signed)
		wire_stun_put_mi(&b, (const uint8_t *)pwd, strlen(pwd));
	w.answered = w.answered || (code == 0 && is_signed);
	cp_ice_response(w.ice, w.local, &w.to, buf, (uint32_t)wire_stun_finish(&b), w.now);
}

static struct en_ep address(struct en_reader *r)
{
	struct en_ep ep = {.port = (uint16_t)(1 + en_get8(r))};
	uint8_t four[4] = {203, 0, 113, en_get8(r)};

	en_addr_set4(&ep.addr, four);
	return ep;
}

static void check(struct en_reader *r)
{
	struct en_ep from = address(r);
	uint8_t bits = en_get8(r);
	const struct cp_ice_check c = {
		.priority = (uint32_t)bits << 20,
		.nominates = bits & 1,
		.has_role = bits & 2,
		.controlling = bits & 4,
		.tie_breaker = bits,
	};

	cp_ice_checked(w.ice, bits >> 6, &from, &c, w.now);
}

/* A length and as many bytes. */
static const uint8_t *piece(struct en_reader *r, uint32_t *ret_len)
{
	*ret_len = en_get8(r);
	if (*ret_len > en_left(r))
		*ret_len = (uint32_t)en_left(r);
	return en_take(r, *ret_len);
}

static void candidate(struct en_reader *r)
{
	struct wire_candidate c;
	uint32_t len;
	const char *text = (const char *)piece(r, &len);

	if (text && cp_ice_candidate_parse((struct wire_text){.p = text, .len = len}, "them", &c))
		cp_ice_candidate(w.ice, &c, w.now);
}

static void response(struct en_reader *r)
{
	uint32_t len;
	const uint8_t *bytes = piece(r, &len);

	if (bytes)
		cp_ice_response(w.ice, 0, &w.to, bytes, len, w.now);
}

static void step(struct en_reader *r)
{
	uint8_t op = en_get8(r);

	switch (op & 7) {
	case 0:
		candidate(r);
		break;
	case 1:
		check(r);
		break;
	case 2:
		response(r);
		break;
	case 3:
		answer(op & 8 ? 0 : 400u + en_get8(r), op & 16);
		break;
	case 4:
		cp_ice_end_of_candidates(w.ice, w.now);
		break;
	case 5:
		if (op & 8)
			begin(op & 16);
		break;
	default:
		w.now += (uint64_t)1 << (op >> 4);
	}
	must(w.ice->remote_n <= CP_ICE_REMOTES_MAX && w.ice->pair_n <= CP_ICE_PAIRS_MAX);
	for (unsigned int i = 0; i < 4 && cp_ice_timeout_ms(w.ice, w.now) == 0; i++)
		cp_ice_advance(w.ice, w.now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);

	w = (struct world){.now = 1000};
	w.ice = cp_ice_create(&events, NULL);
	must(w.ice != NULL);
	begin(en_get8(&r) & 1);
	while (en_left(&r) > 0)
		step(&r);
	cp_ice_destroy(w.ice);
	return 0;
}
