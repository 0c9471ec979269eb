/* SPDX-License-Identifier: BSD-3-Clause */
/* parts.c - STUN, checksum and timers: the work of control packets, and of timers beside the walk. */
#include <rte_cycles.h>

#include "dataplane/table/wheel.h"
#include "engine/base/csum.h"
#include "engine/wire/stun_auth.h"
#include "perf/micro/micro.h"

#define MESSAGE_MAX 512

/* --- STUN -------------------------------------------------------------------- */

static struct {
	uint8_t b[MESSAGE_MAX];
	size_t len;
} message[MICRO_MESSAGES];

static const uint8_t key[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* What a browser sends: an Allocate with credentials has about 150 bytes. */
static void build(enum micro_message kind)
{
	static const uint8_t tid[WIRE_STUN_TID_LEN] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
	static const char nonce[] = "obMatJos2AAAB1f3c9d8e7a6b5c4d3e2f";
	struct wire_stun_builder b;
	bool binding = kind == MICRO_BINDING;

	wire_stun_build(&b, message[kind].b, MESSAGE_MAX, binding ? WIRE_STUN_BINDING : WIRE_STUN_ALLOCATE,
			WIRE_STUN_REQUEST, tid);
	if (!binding) {
		wire_stun_put_u32(&b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
		wire_stun_put(&b, WIRE_ATTR_USERNAME, "1700000000:alice", 16);
		wire_stun_put(&b, WIRE_ATTR_REALM, "example.org", 11);
		wire_stun_put(&b, WIRE_ATTR_NONCE, nonce, sizeof(nonce) - 1);
	}
	if (kind == MICRO_ALLOCATE_SHA1)
		wire_stun_put_mi(&b, key, 16);
	else if (kind == MICRO_ALLOCATE_SHA256)
		wire_stun_put_mi_sha256(&b, key, 32);
	wire_stun_put_fingerprint(&b);
	message[kind].len = wire_stun_finish(&b);
	if (message[kind].len == 0)
		micro_die("a STUN message does not fit");
}

static struct wire_stun parse(enum micro_message kind)
{
	struct wire_stun s;

	if (message[kind].len == 0)
		build(kind);
	if (wire_stun_parse(message[kind].b, message[kind].len, &s) != WIRE_STUN_OK)
		micro_die("a STUN message does not parse");
	return s;
}

/* Framing, and one walk over the attributes, as a request gets. */
double micro_stun_parse(enum micro_message kind)
{
	struct wire_stun s = parse(kind);
	uint64_t t0 = rte_rdtsc_precise(), types = 0;

	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++) {
		struct wire_attr_iter it = {0};
		struct wire_attr a;

		__asm__ volatile("" : : "r"(message[kind].b) : "memory");
		s = parse(kind);
		while (wire_stun_next(&s, &it, &a))
			types += a.type;
	}
	if (types == 0)
		micro_die("no attributes");
	return (double)(rte_rdtsc_precise() - t0) / MICRO_PART_TIMES;
}

double micro_stun_integrity(enum micro_message kind)
{
	uint16_t type = kind == MICRO_ALLOCATE_SHA1 ? WIRE_ATTR_MESSAGE_INTEGRITY : WIRE_ATTR_MESSAGE_INTEGRITY_SHA256;
	struct wire_stun s = parse(kind);
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	uint64_t t0;

	while (wire_stun_next(&s, &it, &a))
		if (a.type == type)
			break;
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++)
		if (!wire_stun_mi_ok(&s, &a, key, kind == MICRO_ALLOCATE_SHA1 ? 16 : 32))
			micro_die("the integrity is wrong");
	return (double)(rte_rdtsc_precise() - t0) / MICRO_PART_TIMES;
}

/* --- checksum ------------------------------------------------------------------- */

double micro_csum(unsigned int len)
{
	static uint8_t data[16384];
	uint64_t t0, sum = 0;

	if (len > sizeof(data))
		micro_die("no %u bytes", len);
	data[0] = 1;
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++) {
		__asm__ volatile("" : : "r"(data) : "memory");
		sum += en_csum_fold(en_csum_add(0, data, len));
	}
	if (sum == 0)
		micro_die("no sum");
	return (double)(rte_rdtsc_precise() - t0) / MICRO_PART_TIMES;
}

/* --- timer wheel ------------------------------------------------------------------ */

static struct dp_wheel wheel;
static unsigned int wheel_n; /* 0: none */
static uint32_t wheel_now;
static uint64_t expired;

static uint32_t random32(void)
{
	static uint32_t x = 88172645u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* n objects armed at times spread over ten minutes. */
static void open_wheel(unsigned int n)
{
	struct en_err err;

	if (wheel_n == n)
		return;
	if (wheel_n)
		dp_wheel_destroy(&wheel);
	wheel_now = 1;
	if (dp_wheel_create(&wheel, "benchmark", n, wheel_now, &err) != 0)
		micro_die("%s", err.text);
	wheel_n = n;
	for (unsigned int i = 0; i < n; i++)
		dp_wheel_arm(&wheel, i, wheel_now + 1 + random32() % dp_ticks(600));
}

/* Cancel and arm at an earlier time: the object moves. */
double micro_wheel_arm(unsigned int n)
{
	static uint32_t idx[MICRO_PART_TIMES];
	uint64_t t0;

	open_wheel(n);
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++)
		idx[i] = random32() % n;
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++) {
		dp_wheel_cancel(&wheel, idx[i]);
		dp_wheel_arm(&wheel, idx[i], wheel_now + 1 + i * 5);
	}
	return (double)(rte_rdtsc_precise() - t0) / MICRO_PART_TIMES;
}

/* A refresh: later than it was. */
double micro_wheel_rearm(unsigned int n)
{
	static uint32_t idx[MICRO_PART_TIMES];
	uint64_t t0;

	open_wheel(n);
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++)
		idx[i] = random32() % n;
	t0 = rte_rdtsc_precise();
	for (unsigned int i = 0; i < MICRO_PART_TIMES; i++)
		dp_wheel_arm(&wheel, idx[i], wheel_now + dp_ticks(600));
	return (double)(rte_rdtsc_precise() - t0) / MICRO_PART_TIMES;
}

static void again(void *ctx, uint32_t idx)
{
	(void)ctx;
	expired++;
	dp_wheel_arm(&wheel, idx, wheel_now + dp_ticks(600));
}

double micro_wheel_advance(unsigned int n)
{
	uint64_t t0, cycles = 0, before = expired;

	open_wheel(n);
	while (expired - before < MICRO_PART_TIMES) {
		wheel_now++;
		t0 = rte_rdtsc_precise();
		while (dp_wheel_advance(&wheel, wheel_now, 256, again, NULL) == 256)
			;
		cycles += rte_rdtsc_precise() - t0;
	}
	return (double)cycles / (double)(expired - before);
}
