/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * random.c - a per-thread stock of kernel randomness.
 *
 * Runs on:   any thread; a worker takes one system call per STOCK bytes.
 *
 * Invariants
 *   bytes handed out are wiped from the stock: what is drawn later tells
 *   nothing about what was drawn before;
 *   a forked child never repeats its parent's bytes.
 */
#include "engine/base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/base/consttime.h"

#define STOCK 1024

static _Thread_local uint8_t stock[STOCK];
static _Thread_local size_t stock_left; /* unused bytes, at the end of stock */

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* Only the forking thread lives on in the child, so its stock is the one to drop. */
static void drop_stock(void)
{
	en_wipe(stock, sizeof(stock));
	stock_left = 0;
}

static void watch_fork(void)
{
	pthread_atfork(NULL, NULL, drop_stock);
}

static void from_kernel(uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort(); /* going on with predictable ports and nonces would be worse */
		p += n;
		len -= (size_t)n;
	}
}

void en_random(void *buf, size_t len)
{
	uint8_t *from;

	if (len > STOCK) {
		from_kernel(buf, len);
		return;
	}
	if (stock_left < len) {
		pthread_once(&fork_once, watch_fork);
		from_kernel(stock, STOCK);
		stock_left = STOCK;
	}
	from = stock + STOCK - stock_left;
	memcpy(buf, from, len);
	memset(from, 0, len);
	stock_left -= len;
}

uint32_t en_random32(void)
{
	uint32_t v;

	en_random(&v, sizeof(v));
	return v;
}

uint64_t en_random64(void)
{
	uint64_t v;

	en_random(&v, sizeof(v));
	return v;
}

/*
 * Scale a 32-bit draw to n by a 64-bit product; the low half tells which draws
 * would favour some results (the 2^32 mod n smallest), and those are redrawn.
 */
uint32_t en_random_below(uint32_t n)
{
	uint64_t m = (uint64_t)en_random32() * n;

	if ((uint32_t)m < n) {
		uint32_t biased = -n % n; /* 2^32 mod n */

		while ((uint32_t)m < biased)
			m = (uint64_t)en_random32() * n;
	}
	return (uint32_t)(m >> 32);
}
