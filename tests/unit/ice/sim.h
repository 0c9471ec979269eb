/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim.h - agents on a network that exists in memory: a clock, hosts, NATs, delay, loss.
 *
 * A host has a base for each address, an agent (none: it is ICE-lite) and, in front of it, what the dataplane is in the
 * engine: it answers checks and tells the agent of those that were right.
 *
 *   host 0  198.51.100.1:1000 …      host 1  203.0.113.1:1000 …
 *   behind a NAT: 10.0.HOST.1, seen from outside as 192.0.2.HOST
 */
#ifndef TESTS_ICE_SIM_H
#define TESTS_ICE_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/ice/internal.h"

#define SIM_HOSTS    2
#define SIM_PACKETS  4096
#define SIM_MAPPINGS 256
#define SIM_DELAY_MS 20

enum sim_nat {
	NAT_NONE,
	NAT_CONE, /* one outer port a base; lets in whom the base has sent to (address and port) */
	NAT_SYMMETRIC, /* one outer port for each (base, destination) */
};

struct sim_host {
	struct cp_ice *agent; /* NULL: lite */
	char ufrag[16], pwd[32];
	bool controlling;
	uint64_t tie_breaker;
	enum sim_nat nat;
	unsigned int base_n;
	struct en_ep base[4];
	bool deaf; /* hears nothing */
	bool mute; /* answers no check */
	/* what happened */
	unsigned int sent, answered, conflicts, role_changes, states, nominations;
	uint64_t last_sent_ms, least_gap_ms;
	uint64_t sent_at[64]; /* the first ones */
	struct en_ep sent_to[64];
	unsigned int paths, paths_nominated;
	uint64_t path_ms;
	unsigned int path_local;
	struct en_ep path, nominated; /* nominated: of a lite host, as it was told */
	enum cp_ice_state state;
};

struct sim_packet {
	uint64_t at_ms; /* 0: free */
	struct en_ep from, to;
	uint32_t len;
	uint8_t bytes[700];
};

struct sim_mapping {
	unsigned int host, base;
	struct en_ep to; /* whom it was sent to */
	uint16_t outer;
};

static struct sim {
	uint64_t now, random;
	unsigned int loss; /* of 100 */
	struct sim_host host[SIM_HOSTS];
	struct sim_packet packet[SIM_PACKETS];
	struct sim_mapping mapping[SIM_MAPPINGS];
	unsigned int mapping_n;
} sim;

static inline struct en_ep sim_ep(const char *text)
{
	struct en_ep ep;

	assert_int_equal(en_ep_parse(text, &ep), 0);
	return ep;
}

/* splitmix64 */
static inline uint64_t sim_random(void *arg)
{
	uint64_t z = (sim.random += UINT64_C(0x9e3779b97f4a7c15));

	(void)arg;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* --- the network ------------------------------------------------------------------- */

static inline void sim_enqueue(const struct en_ep *from, const struct en_ep *to, const uint8_t *bytes, uint32_t len)
{
	struct sim_packet *p = sim.packet;

	if (sim_random(NULL) % 100 < sim.loss)
		return;
	while (p->at_ms)
		if (++p == sim.packet + SIM_PACKETS)
			fail_msg("the network is full");
	assert_true(len <= sizeof(p->bytes));
	*p = (struct sim_packet){.at_ms = sim.now + SIM_DELAY_MS, .from = *from, .to = *to, .len = len};
	memcpy(p->bytes, bytes, len);
}

static inline struct en_ep sim_outside(unsigned int host, uint16_t port)
{
	char text[32];

	snprintf(text, sizeof(text), "192.0.2.%u:%u", host, port);
	return sim_ep(text);
}

static inline uint16_t sim_map(unsigned int h, unsigned int base, const struct en_ep *to)
{
	uint16_t outer = 0, last = 5000;

	for (unsigned int i = 0; i < sim.mapping_n; i++) {
		const struct sim_mapping *m = &sim.mapping[i];

		last = m->outer > last ? m->outer : last;
		if (m->host != h || m->base != base)
			continue;
		if (en_ep_eq(&m->to, to))
			return m->outer;
		if (sim.host[h].nat == NAT_CONE)
			outer = m->outer;
	}
	assert_true(sim.mapping_n < SIM_MAPPINGS);
	if (!outer)
		outer = (uint16_t)(last + 1);
	sim.mapping[sim.mapping_n++] = (struct sim_mapping){.host = h, .base = base, .to = *to, .outer = outer};
	return outer;
}

/* What a STUN server would say. */
static inline struct en_ep sim_reflexive(unsigned int h, unsigned int base)
{
	const struct en_ep server = sim_ep("198.51.100.99:3478");

	return sim.host[h].nat == NAT_NONE ? sim.host[h].base[base] : sim_outside(h, sim_map(h, base, &server));
}

static inline void sim_send(unsigned int h, unsigned int base, const struct en_ep *to, const uint8_t *bytes,
			    uint32_t len)
{
	struct en_ep from = sim.host[h].base[base];

	if (sim.host[h].nat != NAT_NONE)
		from = sim_outside(h, sim_map(h, base, to));
	sim_enqueue(&from, to, bytes, len);
}

/* --- what stands in front of an agent --------------------------------------------------- */

static inline void sim_answer(unsigned int h, unsigned int base, const struct en_ep *from, const struct wire_stun *msg,
			      unsigned int code)
{
	struct sim_host *host = &sim.host[h];
	struct wire_stun_builder b;
	uint8_t bytes[256];

	wire_stun_build(&b, bytes, sizeof(bytes), WIRE_STUN_BINDING, code ? WIRE_STUN_ERROR : WIRE_STUN_SUCCESS,
			msg->tid);
	if (code)
		wire_stun_put_error(&b, code, "");
	else
		wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_MAPPED_ADDRESS, from);
	wire_stun_put_mi(&b, (const uint8_t *)host->pwd, strlen(host->pwd));
	wire_stun_put_fingerprint(&b);
	host->answered++;
	sim_send(h, base, from, bytes, (uint32_t)wire_stun_finish(&b));
}

static inline void sim_request(unsigned int h, unsigned int base, const struct en_ep *from, const struct wire_stun *msg)
{
	struct sim_host *host = &sim.host[h];
	struct cp_ice_check check = {0};
	struct wire_attr_iter it = {0};
	struct wire_attr a, mi = {0};
	bool known = false;

	while (!mi.value && wire_stun_next(msg, &it, &a)) {
		if (a.type == WIRE_ATTR_USERNAME)
			known = a.len > strlen(host->ufrag) && a.value[strlen(host->ufrag)] == ':' &&
				memcmp(a.value, host->ufrag, strlen(host->ufrag)) == 0;
		if (a.type == WIRE_ATTR_PRIORITY)
			check.priority = en_load32(a.value);
		if (a.type == WIRE_ATTR_USE_CANDIDATE)
			check.nominates = true;
		if (a.type == WIRE_ATTR_ICE_CONTROLLING || a.type == WIRE_ATTR_ICE_CONTROLLED) {
			check.has_role = true;
			check.controlling = a.type == WIRE_ATTR_ICE_CONTROLLING;
			check.tie_breaker = en_load64(a.value);
		}
		if (a.type == WIRE_ATTR_MESSAGE_INTEGRITY)
			mi = a;
	}
	if (!known || !mi.value || !wire_stun_mi_ok(msg, &mi, (const uint8_t *)host->pwd, strlen(host->pwd)))
		return;
	/* RFC 8445 s7.2.2: what every check carries */
	assert_true(check.has_role && check.priority != 0 && !(check.nominates && !check.controlling));
	if (check.controlling == host->controlling) {
		host->conflicts++;
		if (!host->agent || !shm_ice_role_yields(host->controlling, host->tie_breaker, check.tie_breaker)) {
			sim_answer(h, base, from, msg, WIRE_ERR_ROLE_CONFLICT);
			return;
		}
		host->controlling = !host->controlling;
	}
	if (!host->mute)
		sim_answer(h, base, from, msg, 0);
	host->nominations += check.nominates;
	if (host->agent)
		cp_ice_checked(host->agent, base, from, &check, sim.now);
	else if (check.nominates)
		host->nominated = *from;
}

static inline void sim_input(unsigned int h, unsigned int base, const struct en_ep *from, const uint8_t *bytes,
			     uint32_t len)
{
	struct wire_stun msg;

	if (sim.host[h].deaf)
		return;
	assert_int_equal(wire_stun_parse(bytes, len, &msg), WIRE_STUN_OK);
	if (msg.cls == WIRE_STUN_REQUEST)
		sim_request(h, base, from, &msg);
	else if (sim.host[h].agent)
		cp_ice_response(sim.host[h].agent, base, from, bytes, len, sim.now);
}

static inline bool sim_is_let_in(const struct sim_mapping *m, const struct sim_packet *p)
{
	const struct en_ep outer = sim_outside(m->host, m->outer);

	return en_ep_eq(&outer, &p->to) && en_ep_eq(&m->to, &p->from);
}

static inline void sim_deliver(const struct sim_packet *p)
{
	for (unsigned int i = 0; i < sim.mapping_n; i++)
		if (sim_is_let_in(&sim.mapping[i], p)) {
			sim_input(sim.mapping[i].host, sim.mapping[i].base, &p->from, p->bytes, p->len);
			return;
		}
	for (unsigned int h = 0; h < SIM_HOSTS; h++)
		for (unsigned int b = 0; b < sim.host[h].base_n && sim.host[h].nat == NAT_NONE; b++)
			if (en_ep_eq(&sim.host[h].base[b], &p->to))
				sim_input(h, b, &p->from, p->bytes, p->len);
}

/* --- an agent's events ------------------------------------------------------------------- */

static inline void sim_on_send(void *arg, unsigned int local, const struct en_ep *to, const uint8_t *bytes,
			       uint32_t len)
{
	struct sim_host *host = arg;
	uint64_t gap = sim.now - host->last_sent_ms;

	assert_true(local < host->base_n);
	assert_int_equal(host->base[local].addr.family, to->addr.family);
	if (host->sent < 64) {
		host->sent_at[host->sent] = sim.now;
		host->sent_to[host->sent] = *to;
	}
	if (host->sent && gap < host->least_gap_ms)
		host->least_gap_ms = gap;
	host->sent++;
	host->last_sent_ms = sim.now;
	/* security.md S6, in every test */
	assert_true(host->sent == 1 || gap >= CP_ICE_PACE_MS);
	sim_send((unsigned int)(host - sim.host), local, to, bytes, len);
}

static inline void sim_on_path(void *arg, unsigned int local, const struct en_ep *remote, bool nominated)
{
	struct sim_host *host = arg;

	host->paths++;
	if (!nominated)
		return;
	host->paths_nominated++;
	host->path_local = local;
	host->path = *remote;
	host->path_ms = sim.now;
}

static inline void sim_on_role(void *arg, bool controlling)
{
	struct sim_host *host = arg;

	host->role_changes++;
	host->controlling = controlling;
}

static inline void sim_on_state(void *arg, enum cp_ice_state state)
{
	struct sim_host *host = arg;

	host->states++;
	host->state = state;
}

static const struct cp_ice_events sim_events = {
	.send = sim_on_send, .path = sim_on_path, .role = sim_on_role, .state = sim_on_state, .random = sim_random};

/* --- the test's hands ----------------------------------------------------------------------- */

static inline void sim_run(uint64_t ms)
{
	for (uint64_t end = sim.now + ms; sim.now < end; sim.now++) {
		for (unsigned int i = 0; i < SIM_PACKETS; i++)
			if (sim.packet[i].at_ms == sim.now) {
				const struct sim_packet p = sim.packet[i]; /* its place is used by the answer */

				sim.packet[i].at_ms = 0;
				sim_deliver(&p);
			}
		for (unsigned int h = 0; h < SIM_HOSTS; h++)
			if (sim.host[h].agent && cp_ice_timeout_ms(sim.host[h].agent, sim.now) == 0)
				cp_ice_advance(sim.host[h].agent, sim.now);
	}
}

static inline void sim_close(void)
{
	for (unsigned int h = 0; h < SIM_HOSTS; h++) {
		cp_ice_destroy(sim.host[h].agent);
		sim.host[h].agent = NULL;
	}
}

static inline void sim_open(uint64_t seed)
{
	sim_close();
	memset(&sim, 0, sizeof(sim));
	sim.now = 100000;
	sim.random = seed;
	for (unsigned int h = 0; h < SIM_HOSTS; h++) {
		struct sim_host *host = &sim.host[h];

		snprintf(host->ufrag, sizeof(host->ufrag), "user%u", h);
		snprintf(host->pwd, sizeof(host->pwd), "the password of host no. %u", h);
		host->tie_breaker = 1000 + h;
		host->controlling = h == 1;
		host->least_gap_ms = UINT64_MAX;
		host->base_n = 1;
		host->base[0] = sim_ep(h ? "203.0.113.1:1000" : "198.51.100.1:1000");
	}
}

static inline void sim_behind_nat(unsigned int h, enum sim_nat nat)
{
	char text[32];

	sim.host[h].nat = nat;
	for (unsigned int b = 0; b < sim.host[h].base_n; b++) {
		snprintf(text, sizeof(text), "10.0.%u.%u:1000", h, b + 1);
		sim.host[h].base[b] = sim_ep(text);
	}
}

/* Its agent begins (again), with what the other host's credentials are now. */
static inline void sim_begin(unsigned int h)
{
	struct sim_host *host = &sim.host[h], *other = &sim.host[1 - h];
	struct cp_ice_setup s = {
		.local_n = host->base_n,
		.ufrag = host->ufrag,
		.pwd = host->pwd,
		.remote_ufrag = other->ufrag,
		.remote_pwd = other->pwd,
		.controlling = host->controlling,
		.tie_breaker = host->tie_breaker,
		.core = h,
		.index = 7,
	};

	memcpy(s.local, host->base, sizeof(host->base));
	if (!host->agent)
		host->agent = cp_ice_create(&sim_events, host);
	assert_non_null(host->agent);
	cp_ice_begin(host->agent, &s, sim.now);
}

static inline struct wire_candidate sim_candidate(const struct en_ep *ep, const char *foundation, uint32_t priority)
{
	struct wire_candidate c = {
		.type = WIRE_CANDIDATE_HOST, .udp = true, .component = 1, .priority = priority, .ep = *ep};

	snprintf(c.foundation, sizeof(c.foundation), "%.32s", foundation);
	return c;
}

static inline void sim_tell(unsigned int h, const char *ep, const char *foundation, uint32_t priority)
{
	const struct en_ep at = sim_ep(ep);
	const struct wire_candidate c = sim_candidate(&at, foundation, priority);

	cp_ice_candidate(sim.host[h].agent, &c, sim.now);
}

/* Host h hears of all bases of the other one, and how they are seen from outside. */
static inline void sim_tell_all(unsigned int h)
{
	const struct sim_host *other = &sim.host[1 - h];
	char foundation[16];

	for (unsigned int b = 0; b < other->base_n; b++) {
		struct wire_candidate c;
		struct en_ep ep = other->base[b];

		snprintf(foundation, sizeof(foundation), "h%u", b);
		c = sim_candidate(&ep, foundation, wire_candidate_priority(WIRE_CANDIDATE_HOST, (uint16_t)(65535 - b)));
		cp_ice_candidate(sim.host[h].agent, &c, sim.now);
		if (other->nat == NAT_NONE)
			continue;
		ep = sim_reflexive(1 - h, b);
		snprintf(foundation, sizeof(foundation), "s%u", b);
		c = sim_candidate(&ep, foundation,
				  wire_candidate_priority(WIRE_CANDIDATE_SRFLX, (uint16_t)(65535 - b)));
		c.type = WIRE_CANDIDATE_SRFLX;
		cp_ice_candidate(sim.host[h].agent, &c, sim.now);
	}
}

static inline bool sim_is_connected(void)
{
	for (unsigned int h = 0; h < SIM_HOSTS; h++)
		if (sim.host[h].agent && cp_ice_state(sim.host[h].agent) != CP_ICE_CONNECTED)
			return false;
	return true;
}

/* How many ms it took; fails after `most`. */
static inline uint64_t sim_connect(uint64_t most)
{
	uint64_t begin = sim.now;

	while (!sim_is_connected() && sim.now - begin < most)
		sim_run(1);
	if (!sim_is_connected())
		fail_msg("no connection within %llu ms", (unsigned long long)most);
	return sim.now - begin;
}

/* Two full agents that know each other's candidates. */
static inline void sim_begin_both(void)
{
	for (unsigned int h = 0; h < SIM_HOSTS; h++) {
		sim_begin(h);
		sim_tell_all(h);
	}
}

static inline int sim_teardown(void **state)
{
	(void)state;
	sim_close();
	return 0;
}

#define sim_test(f) cmocka_unit_test_teardown(f, sim_teardown)

#endif
