/* SPDX-License-Identifier: BSD-3-Clause */
/* pieces.c - fragments by hand. */
#include "tests/node/lib/pieces.h"

#include "engine/base/csum.h"
#include "engine/wire/net.h"

void datagram_udp(struct datagram *d, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		  uint32_t id)
{
	assert_true(len + 8 <= sizeof(d->l4));
	d->src = src->addr;
	d->dst = dst->addr;
	d->proto = WIRE_PROTO_UDP;
	d->id = id;
	d->len = udp_bytes(d->l4, src, dst, data, len, false);
}

void datagram_echo(struct datagram *d, const char *src, const char *dst, size_t data_len, uint32_t id)
{
	bool four;
	uint16_t csum;

	d->src = addr_of(src);
	d->dst = addr_of(dst);
	four = d->src.family == EN_AF_INET;
	d->proto = four ? WIRE_PROTO_ICMP : WIRE_PROTO_ICMP6;
	d->id = id;
	d->len = 8 + data_len;
	memset(d->l4, 0, 8);
	d->l4[0] = four ? WIRE_ICMP4_ECHO : WIRE_ICMP6_ECHO;
	en_store32(d->l4 + 4, id);
	for (size_t i = 0; i < data_len; i++)
		d->l4[8 + i] = (uint8_t)(i * 7 + i / 251);
	csum = en_csum_icmp(four ? NULL : &d->src, &d->dst, d->l4, d->len);
	memcpy(d->l4 + 2, &csum, 2);
}

void piece_frame(struct frame *f, const struct datagram *d, size_t off, size_t len)
{
	struct frame_opts o = {.fragment = true, .off = (uint16_t)off, .more = off + len < d->len, .id = d->id};

	frame_ip(f, &d->src, &d->dst, d->proto, d->l4 + off, len, &o);
}

void piece_send(const struct datagram *d, size_t off, size_t len)
{
	static struct frame f;

	piece_frame(&f, d, off, len);
	lab_send(0, &f);
}

void pieces_send(const struct datagram *d, size_t step)
{
	for (size_t off = 0; off < d->len; off += step)
		piece_send(d, off, RTE_MIN(step, d->len - off));
	lab_settle();
}

unsigned int pieces_expect(unsigned int port, struct datagram *ret_d)
{
	static struct packet p;
	unsigned int n = 0;
	size_t total = 0, have = 0;

	do {
		lab_expect(port, &p);
		if (n == 0)
			*ret_d = (struct datagram){.src = p.src.addr, .dst = p.dst.addr, .proto = p.proto, .id = p.id};
		assert_true(en_addr_eq(&ret_d->src, &p.src.addr) && en_addr_eq(&ret_d->dst, &p.dst.addr));
		assert_int_equal(p.proto, ret_d->proto);
		assert_int_equal(p.id, ret_d->id);
		assert_true(p.off + p.l4_len <= sizeof(ret_d->l4));
		memcpy(ret_d->l4 + p.off, p.l4, p.l4_len);
		have += p.l4_len;
		if (!p.more)
			total = p.off + p.l4_len;
		n++;
	} while (have != total);
	ret_d->len = total;
	return n;
}
