/* SPDX-License-Identifier: BSD-3-Clause */
/* pieces.h - datagrams bigger than a frame: cut by the test's own hand, and put together from what the engine sent. */
#ifndef TESTS_NODE_PIECES_H
#define TESTS_NODE_PIECES_H

#include "tests/node/lib/lab.h"

#define PIECES_MAX 10000

/* What is above IP, and whose. */
struct datagram {
	struct en_addr src, dst;
	uint8_t proto;
	uint32_t id;
	uint8_t l4[PIECES_MAX];
	size_t len;
};

void datagram_udp(struct datagram *d, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		  uint32_t id);
void datagram_echo(struct datagram *d, const char *src, const char *dst, size_t data_len, uint32_t id);

/* The fragment with bytes [off, off + len), the last one when it ends the datagram; not run. */
void piece_frame(struct frame *f, const struct datagram *d, size_t off, size_t len);
void piece_send(const struct datagram *d, size_t off, size_t len);
/* All of it, `step` bytes a fragment, in order; and run. */
void pieces_send(const struct datagram *d, size_t step);
/*
 * Put the next datagram of the port together from its fragments, which must
 * fit exactly; returns how many there were.
 */
unsigned int pieces_expect(unsigned int port, struct datagram *ret_d);

#endif
