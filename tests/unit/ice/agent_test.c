/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_test.c - a full ICE agent: against another one and against a lite one, over a network that loses and
 * translates (RFC 8445, RFC 8838, RFC 7675; security.md S5, S6, S7).
 */
#include "tests/unit/ice/sim.h"

static struct sim_host *const a = &sim.host[0], *const b = &sim.host[1];

/* Both ends of one path: what one sends to is where the other is. */
static void expect_same_path(void)
{
	const struct en_ep at_a = a->nat == NAT_NONE ? a->base[a->path_local] : b->path;
	const struct en_ep at_b = b->nat == NAT_NONE ? b->base[b->path_local] : a->path;

	assert_true(en_ep_eq(&b->path, &at_a));
	assert_true(en_ep_eq(&a->path, &at_b));
}

/* --- finding each other -------------------------------------------------------- */

static void two_agents(void **state)
{
	(void)state;
	sim_open(1);
	sim_begin_both();
	assert_true(sim_connect(1000) < 300);
	expect_same_path();
	assert_true(a->path_ms > 0 && cp_ice_is_controlling(b->agent) && !cp_ice_is_controlling(a->agent));
	assert_int_equal(a->conflicts + b->conflicts, 0);
	assert_true(a->nominations >= 1);
	assert_int_equal(b->nominations, 0);
}

static void several_addresses_the_best_wins(void **state)
{
	(void)state;
	sim_open(2);
	a->base_n = b->base_n = 3;
	a->base[1] = sim_ep("[2001:db8::1]:1000");
	a->base[2] = sim_ep("198.51.100.2:1000");
	b->base[1] = sim_ep("[2001:db8:1::1]:1000");
	b->base[2] = sim_ep("203.0.113.2:1000");
	sim_begin_both();
	sim_connect(1500);
	sim_run(1000);
	expect_same_path();
	assert_int_equal(a->path_local, 0);
	assert_int_equal(b->path_local, 0);
	/* the best one does not work: another does */
	sim_open(3);
	a->base_n = b->base_n = 2;
	a->base[1] = sim_ep("[2001:db8::1]:1000");
	b->base[1] = sim_ep("[2001:db8:1::1]:1000");
	sim_begin_both();
	a->base[0] = sim_ep("198.51.100.77:1000");
	sim_connect(3000);
	expect_same_path();
	assert_int_equal(a->path_local, 1);
}

static void lossy(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		sim_open(100 + seed);
		sim.loss = 20;
		sim_begin_both();
		sum += sim_connect(39000);
		expect_same_path();
	}
	assert_true(sum / 200 < 3000);
}

/* Behind any one NAT, or two that keep their mapping, somebody's check gets through. */
static void translated(void **state)
{
	static const enum sim_nat nats[][2] = {
		{NAT_NONE, NAT_CONE},      {NAT_CONE, NAT_NONE}, {NAT_NONE, NAT_SYMMETRIC},
		{NAT_SYMMETRIC, NAT_NONE}, {NAT_CONE, NAT_CONE},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(nats) / sizeof(nats[0]); i++) {
		sim_open(300 + i);
		sim.loss = 10;
		for (unsigned int h = 0; h < SIM_HOSTS; h++)
			if (nats[i][h] != NAT_NONE)
				sim_behind_nat(h, nats[i][h]);
		sim_begin_both();
		sim_connect(10000);
		expect_same_path();
		/* and goes on */
		sim_run(60000);
		assert_true(sim_is_connected());
	}
}

/* The server hears no candidate at all (names only: mDNS): the client's checks tell where it is. */
static void peer_reflexive(void **state)
{
	(void)state;
	sim_open(4);
	sim_behind_nat(1, NAT_SYMMETRIC);
	sim_begin(0);
	sim_begin(1);
	sim_tell_all(1);
	sim_connect(1000);
	expect_same_path();
	assert_int_equal(a->path.addr.b[12], 192);
}

static void a_lite_peer(void **state)
{
	(void)state;
	sim_open(5);
	a->controlling = true; /* RFC 8445 s6.1.1 */
	b->controlling = false;
	sim.loss = 20;
	sim_begin(0);
	sim_tell_all(0);
	sim_connect(20000);
	assert_true(en_ep_eq(&b->nominated, &a->base[0]));
	assert_true(en_ep_eq(&a->path, &b->base[0]));
	sim.loss = 0;
	sim_run(120000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
}

/* RFC 8445 s8.1.1: first a check that succeeds, then one that nominates. */
static void nomination_is_regular(void **state)
{
	(void)state;
	sim_open(6);
	a->controlling = true;
	b->controlling = false;
	sim_begin(0);
	sim_tell_all(0);
	sim_run(2 * SIM_DELAY_MS);
	assert_int_equal(b->nominations, 0);
	sim_connect(1000);
	assert_int_equal(b->nominations, 1);
	assert_int_equal(a->paths, 2);
}

/* --- roles --------------------------------------------------------------------- */

static void role_conflicts(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		sim_open(10 + i);
		a->controlling = b->controlling = i & 1;
		a->tie_breaker = i & 2 ? 1 : UINT64_MAX;
		sim_begin_both();
		sim_connect(3000);
		sim_run(100);
		expect_same_path();
		/* the larger one is in control, whoever changed */
		assert_int_equal(cp_ice_is_controlling(a->agent), !(i & 2));
		assert_int_equal(cp_ice_is_controlling(b->agent), i & 2 ? 1 : 0);
		assert_int_equal(a->role_changes + b->role_changes, 1);
	}
}

/* --- candidates ------------------------------------------------------------------- */

static void candidates_that_cannot_be_used(void **state)
{
	static const char *const lines[] = {
		"candidate:1 1 udp 1 0d8ae1c5-2a5e-4f5c-9a0f-6c3a1b2c3d4e.local 5000 typ host",
		"candidate:1 1 tcp 1 203.0.113.1 9 typ host tcptype active",
		"candidate:1 2 udp 1 203.0.113.1 1000 typ host",
		"candidate:1 1 udp 1 127.0.0.1 1000 typ host",
		"candidate:1 1 udp 1 0.0.0.0 1000 typ host",
		"candidate:1 1 udp 1 224.0.0.1 1000 typ host",
		"candidate:1 1 udp 1 255.255.255.255 1000 typ host",
		"candidate:1 1 udp 1 203.0.113.1 0 typ host",
		"candidate:1 1 udp 1 ::1 1000 typ host",
		"candidate:1 1 udp 1 ::ffff:203.0.113.1 1000 typ host",
		"candidate:1 1 udp 1 ff02::1 1000 typ host",
		"candidate:1 1 udp 1 2001:db8::1 1000 typ host", /* no base of ours has that family */
	};

	(void)state;
	sim_open(30);
	sim_begin(0);
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct wire_candidate c;

		assert_true(cp_ice_candidate_parse((struct wire_text){.p = lines[i], .len = (uint32_t)strlen(lines[i])},
						   "user1", &c));
		cp_ice_candidate(a->agent, &c, sim.now);
	}
	sim_run(5000);
	assert_int_equal(a->sent, 0);
	assert_int_equal(cp_ice_timeout_ms(a->agent, sim.now), -1);
}

static bool parses(const char *text, struct wire_candidate *ret_candidate)
{
	return cp_ice_candidate_parse((struct wire_text){.p = text, .len = (uint32_t)strlen(text)}, "wXyZ",
				      ret_candidate);
}

static void candidates_as_text(void **state)
{
	struct wire_candidate c;
	struct en_ep ep = sim_ep("203.0.113.9:5000");

	(void)state;
	assert_true(parses("candidate:842163049 1 udp 1677729535 203.0.113.9 5000 typ srflx raddr 10.0.0.1 rport 5000 "
			   "generation 0 ufrag wXyZ network-cost 999",
			   &c));
	assert_int_equal(c.type, WIRE_CANDIDATE_SRFLX);
	assert_int_equal(c.priority, 1677729535);
	assert_true(en_ep_eq(&c.ep, &ep));
	assert_true(parses("a=candidate:1 1 UDP 5 203.0.113.9 5000 typ host", &c));
	assert_false(parses("candidate:1 1 udp 5 203.0.113.9 5000 typ host generation 0 ufrag old1", &c));
	assert_false(parses("candidate:1 1 udp 5 203.0.113.9 5000 typ host ufrag", &c));
	assert_false(parses("", &c));
	assert_false(parses("candidate", &c));
	assert_false(parses("candidate:", &c));
	assert_false(parses("1 1 udp 5 203.0.113.9 5000 typ host", &c));
	assert_false(parses("candidate:1 1 udp 5 203.0.113.9 5000 typ other", &c));
}

/* RFC 8445 s6.1.4.2: by priority; s6.1.2.6: of one foundation one at a time. */
static void order_of_checks(void **state)
{
	static const char *const order[] = {"203.0.113.10:1", "203.0.113.12:1", "203.0.113.13:1"};

	(void)state;
	sim_open(31);
	sim_begin(0);
	sim_tell(0, order[2], "c", 30);
	sim_tell(0, order[0], "a", 1000);
	sim_tell(0, "203.0.113.11:1", "a", 900); /* frozen behind the first */
	sim_tell(0, order[1], "b", 800);
	sim_tell(0, order[0], "z", 5); /* known already */
	sim_run(400);
	assert_int_equal(a->sent, 3);
	for (unsigned int i = 0; i < 3; i++) {
		const struct en_ep ep = sim_ep(order[i]);

		assert_true(en_ep_eq(&a->sent_to[i], &ep));
		assert_int_equal(a->sent_at[i], a->sent_at[0] + i * CP_ICE_PACE_MS);
	}
	/* once the first one has failed the frozen one has its turn */
	sim_run(40000);
	assert_int_equal(cp_ice_active(a->agent), 1);
}

/* RFC 8489 s6.2.1: after 0, 500, 1500, 3500, 7500, 15500 and 31500 ms; failed after 39500. */
static void retransmissions(void **state)
{
	static const uint64_t at[] = {0, 500, 1500, 3500, 7500, 15500, 31500};

	(void)state;
	sim_open(32);
	b->deaf = true;
	sim_begin(0);
	sim_tell_all(0);
	cp_ice_end_of_candidates(a->agent, sim.now);
	sim_run(39499);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CHECKING);
	sim_run(2);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_FAILED);
	assert_int_equal(a->sent, 7);
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(a->sent_at[i] - a->sent_at[0], at[i]);
	/* a candidate that comes late begins anew */
	b->deaf = false;
	sim_begin(1);
	sim_tell(0, "203.0.113.5:1", "x", 4);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CHECKING);
	/* and so does the other side's check */
	sim_tell_all(1);
	sim_connect(2000);
}

static void trickled(void **state)
{
	(void)state;
	sim_open(33);
	sim_begin(0);
	sim_begin(1);
	sim_run(5000);
	assert_int_equal(a->sent + b->sent, 0);
	sim_tell_all(0);
	sim_connect(1000);
	expect_same_path();
}

/* covers: S6 */
static void a_thousand_candidates(void **state)
{
	char text[40];

	(void)state;
	sim_open(34);
	sim_begin(0);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "203.0.%u.%u:1000", 114 + i / 250, 1 + i % 250);
		sim_tell(0, text, text, i + 1);
	}
	assert_int_equal(a->agent->remote_n, CP_ICE_REMOTES_MAX);
	sim_run(10000);
	assert_true(a->sent <= 10000 / CP_ICE_PACE_MS + 1);
	assert_true(a->sent <= CP_ICE_REMOTES_MAX * 7);
	/* the client itself still gets through once those have failed */
	sim_run(200000);
	sim_begin(1);
	sim_tell_all(1);
	sim_connect(5000);
}

/* --- answers that count for nothing ----------------------------------------------------- */

static void build_answer(struct wire_stun_builder *w, uint8_t *buf, size_t cap, unsigned int cls, unsigned int code,
			 const char *pwd)
{
	wire_stun_build(w, buf, cap, WIRE_STUN_BINDING, cls, a->agent->pair[0].ask.tid);
	if (code)
		wire_stun_put_error(w, code, "");
	else
		wire_stun_put_xor_addr(w, WIRE_ATTR_XOR_MAPPED_ADDRESS, &a->base[0]);
	if (pwd)
		wire_stun_put_mi(w, (const uint8_t *)pwd, strlen(pwd));
	wire_stun_put_fingerprint(w);
}

static void answer_once(unsigned int cls, unsigned int code, const char *pwd, const struct en_ep *from)
{
	struct wire_stun_builder w;
	uint8_t buf[200];

	build_answer(&w, buf, sizeof(buf), cls, code, pwd);
	cp_ice_response(a->agent, 0, from, buf, (uint32_t)wire_stun_finish(&w), sim.now);
}

static void begin_one_check(uint64_t seed)
{
	sim_open(seed);
	b->deaf = true;
	sim_begin(0);
	sim_tell_all(0);
	sim_run(10);
	assert_int_equal(a->agent->pair[0].state, CP_PAIR_IN_PROGRESS);
}

static void forged_answers(void **state)
{
	struct wire_stun_builder w;
	uint8_t buf[200];
	size_t len;

	(void)state;
	begin_one_check(40);
	/* nobody's password, our own one, none, errors that anybody could send */
	answer_once(WIRE_STUN_SUCCESS, 0, "another password entirely", &b->base[0]);
	answer_once(WIRE_STUN_SUCCESS, 0, a->pwd, &b->base[0]);
	answer_once(WIRE_STUN_SUCCESS, 0, NULL, &b->base[0]);
	answer_once(WIRE_STUN_ERROR, 400, NULL, &b->base[0]);
	answer_once(WIRE_STUN_ERROR, 487, NULL, &b->base[0]);
	answer_once(WIRE_STUN_ERROR, 487, a->pwd, &b->base[0]);
	answer_once(WIRE_STUN_INDICATION, 0, b->pwd, &b->base[0]);
	answer_once(WIRE_STUN_REQUEST, 0, b->pwd, &b->base[0]);
	answer_once(WIRE_STUN_SUCCESS, 487, b->pwd, &b->base[0]);
	build_answer(&w, buf, sizeof(buf), WIRE_STUN_SUCCESS, 0, b->pwd);
	len = wire_stun_finish(&w);
	for (size_t cut = 0; cut < len; cut++)
		cp_ice_response(a->agent, 0, &b->base[0], buf, (uint32_t)cut, sim.now);
	buf[12] ^= 1; /* another transaction */
	cp_ice_response(a->agent, 0, &b->base[0], buf, (uint32_t)len, sim.now);
	assert_int_equal(a->agent->pair[0].state, CP_PAIR_IN_PROGRESS);
	assert_int_equal(a->paths + a->role_changes, 0);
	/* the right one counts, once */
	answer_once(WIRE_STUN_SUCCESS, 0, b->pwd, &b->base[0]);
	assert_int_equal(a->agent->pair[0].state, CP_PAIR_SUCCEEDED);
	answer_once(WIRE_STUN_SUCCESS, 0, b->pwd, &b->base[0]);
	assert_int_equal(a->paths, 1);
}

/* RFC 8445 s7.2.5.2.1 */
static void an_answer_from_elsewhere(void **state)
{
	const struct en_ep other = sim_ep("203.0.113.2:1000");

	(void)state;
	begin_one_check(41);
	answer_once(WIRE_STUN_SUCCESS, 0, b->pwd, &other);
	assert_int_equal(a->agent->pair[0].state, CP_PAIR_FAILED);
	assert_int_equal(a->paths, 0);
}

static void errors_that_are_signed(void **state)
{
	(void)state;
	begin_one_check(42);
	answer_once(WIRE_STUN_ERROR, 500, b->pwd, &b->base[0]);
	assert_int_equal(a->agent->pair[0].state, CP_PAIR_FAILED);
	/* s7.2.5.1: the other role, and the check again */
	begin_one_check(43);
	answer_once(WIRE_STUN_ERROR, 487, b->pwd, &b->base[0]);
	assert_int_equal(a->role_changes, 1);
	assert_true(cp_ice_is_controlling(a->agent));
	sim_run(60);
	assert_int_equal(a->sent, 2);
}

/* s7.3.1.4: a triggered check takes the place of one that is under way; the answer to that one still counts. */
static void a_replaced_check_is_still_answered(void **state)
{
	const struct cp_ice_check check = {.priority = 5, .has_role = true, .controlling = true};
	struct cp_ice_pair *p;

	(void)state;
	begin_one_check(44);
	p = &a->agent->pair[0];
	sim_run(200);
	cp_ice_checked(a->agent, 0, &b->base[0], &check, sim.now);
	sim_run(5);
	assert_int_equal(a->sent, 2);
	assert_true(p->past.open && memcmp(p->past.tid, p->ask.tid, SHM_TID_LEN) != 0);
	p->ask = p->past;
	p->past.open = false;
	answer_once(WIRE_STUN_SUCCESS, 0, b->pwd, &b->base[0]);
	assert_int_equal(p->state, CP_PAIR_SUCCEEDED);
}

/* --- what a client may do to us ----------------------------------------------------------- */

/* covers: S5 */
static void somebody_elses_address(void **state)
{
	const struct en_ep victim = sim_ep("198.51.100.200:53");
	const struct cp_ice_check check = {
		.priority = UINT32_MAX, .nominates = true, .has_role = true, .controlling = true, .tie_breaker = 1};

	(void)state;
	sim_open(50);
	sim_begin_both();
	sim_connect(1000);
	for (unsigned int i = 0; i < 600; i++) {
		cp_ice_checked(a->agent, 0, &victim, &check, sim.now);
		sim_run(100);
		assert_true(en_ep_eq(&a->path, &b->base[0]));
	}
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
}

/* covers: S6 */
static void a_storm_of_checks(void **state)
{
	struct cp_ice_check check = {.priority = 9, .nominates = true, .has_role = true, .controlling = true};
	unsigned int before;
	char text[32];

	(void)state;
	sim_open(51);
	sim_begin_both();
	sim_connect(1000);
	sim_run(1000);
	/* on the path: they trigger nothing */
	before = a->sent;
	for (unsigned int i = 0; i < 60000; i++) {
		cp_ice_checked(a->agent, 0, &b->base[0], &check, sim.now);
		sim_run(1);
	}
	assert_true(a->sent - before <= 60000 / 4000);
	/* from ever new addresses: sim_on_send() sees that they keep the pace; the path stays */
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "203.0.%u.%u:%u", i % 200, 2 + i % 250, 1 + i);
		const struct en_ep from = sim_ep(text);

		cp_ice_checked(a->agent, 0, &from, &check, sim.now);
		sim_run(1);
	}
	assert_true(a->agent->remote_n <= CP_ICE_REMOTES_MAX && a->agent->pair_n <= CP_ICE_PAIRS_MAX);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	assert_true(en_ep_eq(&a->path, &b->base[0]));
}

/* The client's NAT gave it another port: its nomination from there moves the path after a check of ours. */
static void a_client_that_moves(void **state)
{
	const struct en_ep moved = sim_ep("203.0.113.44:4444");
	struct cp_ice_check check = {.priority = 1, .nominates = true, .has_role = true, .controlling = true};

	(void)state;
	sim_open(52);
	sim_begin_both();
	sim_connect(1000);
	/* at once a worse pair is not believed */
	b->base[0] = moved;
	cp_ice_checked(a->agent, 0, &moved, &check, sim.now);
	sim_run(500);
	assert_false(en_ep_eq(&a->path, &moved));
	sim_run(3000);
	cp_ice_checked(a->agent, 0, &moved, &check, sim.now);
	assert_false(en_ep_eq(&a->path, &moved));
	sim_run(500);
	assert_true(en_ep_eq(&a->path, &moved));
	sim_run(60000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
}

/* --- consent ---------------------------------------------------------------------------------- */

/* covers: S7 */
static void consent_ends(void **state)
{
	struct sim_packet late;
	uint64_t last;
	unsigned int i;

	(void)state;
	sim_open(60);
	sim_begin_both();
	sim_connect(1000);
	sim_run(100000);
	/* S6: one in 4 to 6 s */
	a->least_gap_ms = UINT64_MAX;
	a->sent = 0;
	sim_run(100000);
	assert_true(a->sent >= 100 / 6 && a->sent <= 100 / 4);
	assert_true(a->least_gap_ms >= 4000);
	/* the client goes on with everything but its answers */
	b->mute = true;
	sim_run(SIM_DELAY_MS * 2);
	last = a->path_ms;
	/* keep one answer of its for later */
	b->mute = false;
	do {
		sim_run(1);
		for (i = 0; i < SIM_PACKETS; i++)
			if (sim.packet[i].at_ms && en_ep_eq(&sim.packet[i].to, &a->base[0]) &&
			    sim.packet[i].bytes[0] == 1)
				break;
	} while (i == SIM_PACKETS);
	late = sim.packet[i];
	sim.packet[i].at_ms = 0;
	b->mute = true;
	last = a->path_ms;
	sim_run(last + 29990 - sim.now);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	sim_run(20);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_LOST);
	/* A4 */
	cp_ice_response(a->agent, 0, &late.from, late.bytes, late.len, sim.now);
	b->mute = false;
	a->sent = 0;
	sim_run(20000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_LOST);
	assert_int_equal(a->sent, 0);
	assert_int_equal(a->path_ms, last);
	/* new credentials do */
	snprintf(a->ufrag, sizeof(a->ufrag), "newA");
	snprintf(b->ufrag, sizeof(b->ufrag), "newB");
	sim_begin_both();
	sim_connect(1000);
}

/* Loss does not end consent, nor does one address that is silent for 25 s. */
static void consent_stands_loss(void **state)
{
	(void)state;
	sim_open(61);
	sim_begin_both();
	sim_connect(1000);
	sim.loss = 30;
	sim_run(600000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	sim.loss = 0;
	sim_run(10000);
	b->deaf = true;
	sim_run(20000);
	b->deaf = false;
	sim_run(30000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
}

/* The process was stopped for longer than consent lasts: it asks first. */
static void a_process_that_was_stopped(void **state)
{
	unsigned int paths;

	(void)state;
	sim_open(64);
	sim_begin_both();
	sim_connect(1000);
	sim_run(10000);
	paths = a->paths_nominated;
	sim.now += 40000;
	memset(sim.packet, 0, sizeof(sim.packet));
	sim_run(10);
	assert_int_equal(a->paths_nominated, paths);
	sim_run(50);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	assert_int_equal(a->paths_nominated, paths + 1);
	/* nobody is there any more */
	b->deaf = true;
	sim.now += 40000;
	sim_run(29900);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	sim_run(200);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_LOST);
}

static void restart(void **state)
{
	(void)state;
	sim_open(62);
	sim_begin_both();
	sim_connect(1000);
	snprintf(a->ufrag, sizeof(a->ufrag), "again");
	snprintf(a->pwd, sizeof(a->pwd), "quite another password A");
	snprintf(b->ufrag, sizeof(b->ufrag), "again2");
	snprintf(b->pwd, sizeof(b->pwd), "quite another password B");
	b->base[0] = sim_ep("203.0.113.88:2000");
	sim_begin_both();
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CHECKING);
	sim_connect(1000);
	expect_same_path();
	assert_int_equal(a->path.port, 2000);
}

/* What an earlier process had selected goes on: consent is asked for at once. */
static void resumed(void **state)
{
	unsigned int local;
	struct en_ep at;

	(void)state;
	sim_open(63);
	sim_begin_both();
	sim_connect(1000);
	cp_ice_destroy(a->agent);
	a->agent = NULL;
	sim_begin(0);
	cp_ice_resume(a->agent, 0, &b->base[0], sim.now);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
	assert_true(cp_ice_selected(a->agent, &local, &at) && en_ep_eq(&at, &b->base[0]));
	a->paths_nominated = 0;
	sim_run(60);
	assert_int_equal(a->paths_nominated, 1);
	sim_run(60000);
	assert_int_equal(cp_ice_state(a->agent), CP_ICE_CONNECTED);
}

static void transaction_ids(void **state)
{
	uint8_t tid[SHM_TID_LEN];
	unsigned int core;
	uint32_t index;
	uint64_t random;

	(void)state;
	shm_tid_make(31, 0xfedcb, UINT64_C(0x12345678abcdef), tid);
	shm_tid_parse(tid, &core, &index, &random);
	assert_int_equal(core, 31);
	assert_int_equal(index, 0xfedcb);
	assert_true(random == UINT64_C(0x12345678abcdef));
	assert_string_equal(cp_ice_state_name(CP_ICE_LOST), "lost");
	assert_string_equal(cp_ice_state_name(CP_ICE_STATES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(two_agents),
		sim_test(several_addresses_the_best_wins),
		sim_test(lossy),
		sim_test(translated),
		sim_test(peer_reflexive),
		sim_test(a_lite_peer),
		sim_test(nomination_is_regular),
		sim_test(role_conflicts),
		sim_test(candidates_that_cannot_be_used),
		sim_test(candidates_as_text),
		sim_test(order_of_checks),
		sim_test(retransmissions),
		sim_test(trickled),
		sim_test(a_thousand_candidates),
		sim_test(forged_answers),
		sim_test(an_answer_from_elsewhere),
		sim_test(errors_that_are_signed),
		sim_test(a_replaced_check_is_still_answered),
		sim_test(somebody_elses_address),
		sim_test(a_storm_of_checks),
		sim_test(a_client_that_moves),
		sim_test(consent_ends),
		sim_test(consent_stands_loss),
		sim_test(a_process_that_was_stopped),
		sim_test(restart),
		sim_test(resumed),
		sim_test(transaction_ids),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
