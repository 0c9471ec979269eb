/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lab.h - a whole dataplane in a test: real ports, graph and tables; frames go
 * in and out through rings, time is what the test says.
 *
 *              lab_send()                         lab_recv()
 *   198.18.0.0/24, 2001:db8:1::/64 ─► ring ─► wan ─► graph ─► wan ─► ring ─►
 *     every address a host that answers ARP and ND     (checked: checksums,
 *     engine: 198.18.0.2, 2001:db8:1::2                 lengths, MACs, VLAN, TTL)
 *   198.19.0.0/24, 2001:db8:2::/64: the same on a second port `lan`
 *
 * One world at a time. lab_teardown() (by the macro lab_test) asserts that
 * at rest received + made = sent + consumed + drops, and that every buffer is
 * back in its pool.
 */
#ifndef TESTS_NODE_LAB_H
#define TESTS_NODE_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "dataplane/world.h"
#include "engine/base/clock.h"
#include "tests/node/lib/frame.h"

#define LAB_PORTS    2
#define LAB_QUEUES   2
#define LAB_MS       UINT64_C(1000000)
#define LAB_REALM    "example.org"
#define LAB_LISTEN4  "198.18.0.2:3478"
#define LAB_LISTEN6  "[2001:db8:1::2]:3478"
#define LAB_RELAY_LO 49152
#define LAB_RELAY_HI 65535

/* All zero is the usual: one core, port and queue. Texts are INI lines added to the section. */
struct lab_options {
	unsigned int cores, ports;
	unsigned int queues; /* of each port; 0: as many as cores */
	uint16_t vlan; /* of the first port */
	const char *dataplane, *port, *turn;
	const char *media; /* NULL: there is no [media]; media_open() (media_client.h) has the usual */
	const char *calls; /* NULL: there is no [gateway] of calls */
	bool gateway; /* 198.18.0.1 and 2001:db8:1::1 are gateways */
	bool no_relay6; /* the server relays IPv4 only */
};

struct lab {
	struct lab_options o;
	struct conf conf;
	struct shm_region *region;
	struct dp_world *world; /* NULL: closed */
	uint64_t now_ns, wall_s;
	unsigned int queue; /* where lab_send() puts frames */
	int headroom; /* of the buffers of lab_send(); negative: as usual */
	bool any_mac; /* hosts may have claimed other MACs than host_mac() */
	bool jam; /* the wires take nothing out of the device rings */
	bool mute; /* hosts answer neither ARP nor ND */
	bool keep_questions; /* ARP requests and solicitations come out of lab_recv(), unanswered */
	bool keep_announcements; /* of addresses of the engine; else hosts pass over them */
};
extern struct lab lab;

void lab_open(const struct lab_options *o);
/* Open, or the sentence why not (for tests of the start itself). */
int lab_try_open(const struct lab_options *o, struct en_err *err);
int lab_teardown(void **state);
#define lab_test(fn) cmocka_unit_test_teardown(fn, lab_teardown)

/* A frame to the engine; then lab_step() makes it work. */
void lab_send(unsigned int port, const struct frame *f);
/* The same for a buffer of the caller's making. */
void lab_send_buffer(unsigned int port, struct rte_mbuf *m);
/* n rounds of every core, 10 us each. Checks what came out, lets hosts answer. */
void lab_step(unsigned int n);
/* Time passes, in rounds of at most `round` ns, with the cores running. */
void lab_pass(uint64_t ns, uint64_t round);
/* Send, and run until nothing moves. */
void lab_run(unsigned int port, const struct frame *f);
void lab_settle(void);
/* Next packet that the engine sent on the port, in order; false: none. */
bool lab_recv(unsigned int port, struct packet *ret_p);
/* It must be there, and of no other port. */
void lab_expect(unsigned int port, struct packet *ret_p);
void lab_expect_nothing(void);

uint64_t lab_counter(enum shm_counter c);
uint64_t lab_gauge(enum shm_gauge g);
/* shm_balance() once nothing moves: a question that a timer has just asked is counted as held for a millisecond. */
int64_t lab_balance(void);
/* Buffers outside their pools. */
unsigned int lab_buffers_out(void);

/* Since the last such assertion exactly n packets were dropped, all for this reason. */
#define ASSERT_DROP(reason, n) lab_assert_drop(reason, n, __FILE__, __LINE__)
#define ASSERT_NO_DROPS()      lab_assert_drop(DROP_N, 0, __FILE__, __LINE__)
/* At least one for this reason, and perhaps others: how many for this one. */
#define ASSERT_SOME_DROPS(reason) lab_assert_some_drops(reason, __FILE__, __LINE__)
uint64_t lab_assert_some_drops(enum shm_drop reason, const char *file, int line);
void lab_assert_drop(enum shm_drop reason, uint64_t n, const char *file, int line);
/* What is dropped from here on counts; what was, does not. */
void lab_forget_drops(void);

#endif
