/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_fuzz.c - frames from Ethernet up through a whole dataplane.
 *
 * The input is a list of records, each an operation, a 16-bit length and that
 * many bytes: a raw frame, or a payload for which the headers below are built
 * rightly (else hardly anything would pass the first checksum), or time.
 *
 *   op bits 0-2   what: see enum op
 *   op bit 3      the frame lies in a heap block of exactly its size, so that
 *                 the address sanitizer sees a byte read behind it: DPDK's own
 *                 buffers are unknown to it
 *   op bit 4      in two segments
 *   op bit 5      UDP without checksum
 *
 * Held besides memory safety: every frame that comes out is faultless (the lab
 * checks lengths, checksums, source MAC), and after each input packets in = packets out.
 */
#include <stdlib.h>

#include "engine/base/csum.h"
#include "engine/wire/net.h"
#include "tests/node/lib/link.h"
#include "tests/node/lib/turn_client.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum op {
	OP_RAW,
	OP_CLIENT4, /* payload for the listener, from a client with an allocation */
	OP_CLIENT6,
	OP_PEER4, /* payload for the relayed address, from a peer with a channel */
	OP_PEER6,
	OP_IP4, /* protocol, 16 bits of flags and offset, then the IP payload */
	OP_IP6, /* next header, then the IP payload */
	OP_TIME,
};
#define OP_MASK     7u
#define OP_EXACT    8u
#define OP_SEGMENTS 16u
#define OP_NO_CSUM  32u

#define PAYLOAD_MAX    1900
#define WORLD_INPUTS   20000 /* after that many, a new world: allocations end by time */
#define CHANNEL        0x4001
#define EXACT_IN_FRONT RTE_PKTMBUF_HEADROOM

static struct turn_client client4, client6;
static struct en_ep peer4, peer6;
static unsigned int inputs;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void client_start(struct turn_client *c, const char *ep)
{
	turn_open(c, ep);
	must(turn_allocate(c, 46) == 0);
	must(turn_refresh(c, 3600) == 0);
	must(turn_bind(c, CHANNEL, &peer4) == 0);
	must(turn_bind(c, CHANNEL + 1, &peer6) == 0);
}

static void world_start(void)
{
	lab_open(NULL);
	peer4 = ep_of("198.18.0.20:5000");
	peer6 = ep_of("[2001:db8:1::20]:5000");
	client_start(&client4, "198.18.0.10:4000");
	client_start(&client6, "[2001:db8:1::10]:4000");
	lab.any_mac = true; /* the input may be an ARP packet */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world_start();
	return 0;
}

static void free_block(void *block, void *shared)
{
	free(block);
	free(shared);
}

/* A buffer whose memory ends where the frame ends. */
static struct rte_mbuf *exact_buffer(const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(lab.world->port[0].pool);
	struct rte_mbuf_ext_shared_info *shared = calloc(1, sizeof(*shared));
	uint16_t len = (uint16_t)(EXACT_IN_FRONT + f->len);
	uint8_t *block = malloc(len);

	must(m && shared && block);
	memcpy(block + EXACT_IN_FRONT, f->b, f->len);
	shared->free_cb = free_block;
	shared->fcb_opaque = shared;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(m, block, RTE_BAD_IOVA, len, shared);
	m->data_off = EXACT_IN_FRONT;
	m->data_len = (uint16_t)f->len;
	m->pkt_len = (uint32_t)f->len;
	return m;
}

static struct rte_mbuf *segmented_buffer(const struct frame *f)
{
	struct rte_mbuf *first = rte_pktmbuf_alloc(lab.world->port[0].pool);
	struct rte_mbuf *second = rte_pktmbuf_alloc(lab.world->port[0].pool);
	size_t half = f->len / 2;

	must(first && second);
	memcpy(rte_pktmbuf_append(first, (uint16_t)half), f->b, half);
	memcpy(rte_pktmbuf_append(second, (uint16_t)(f->len - half)), f->b + half, f->len - half);
	must(rte_pktmbuf_chain(first, second) == 0);
	return first;
}

static void send_frame(const struct frame *f, unsigned int op)
{
	if (op & OP_EXACT)
		lab_send_buffer(0, exact_buffer(f));
	else if (op & OP_SEGMENTS)
		lab_send_buffer(0, segmented_buffer(f));
	else
		lab_send(0, f);
	lab_step(4);
}

/* The IPv4 header's fragment field is the input's; its checksum is right. */
static void ip4_frame(struct frame *f, const uint8_t *data, size_t len)
{
	struct en_addr from = peer4.addr, to = client4.server.addr;
	struct frame_opts o = {.id = 7};
	struct wire_ip4 *ip = (struct wire_ip4 *)(f->b + WIRE_ETH_LEN);
	uint16_t csum;

	frame_ip(f, &from, &to, data[0], data + 3, len - 3, &o);
	memcpy(ip->frag, data + 1, 2);
	memset(ip->csum, 0, 2);
	csum = en_csum_ip4(ip, sizeof(*ip));
	memcpy(ip->csum, &csum, 2);
}

static void run_record(unsigned int op, const uint8_t *data, size_t len)
{
	static struct frame f;
	struct frame_opts o = {.no_csum = op & OP_NO_CSUM};

	if (len > PAYLOAD_MAX)
		len = PAYLOAD_MAX;
	switch (op & OP_MASK) {
	case OP_RAW:
		f.len = len;
		memcpy(f.b, data, len);
		break;
	case OP_CLIENT4:
		frame_udp(&f, &client4.ep, &client4.server, data, len, &o);
		break;
	case OP_CLIENT6:
		frame_udp(&f, &client6.ep, &client6.server, data, len, &o);
		break;
	case OP_PEER4:
		frame_udp(&f, &peer4, &client6.relayed4, data, len, &o);
		break;
	case OP_PEER6:
		frame_udp(&f, &peer6, &client4.relayed6, data, len, &o);
		break;
	case OP_IP4:
		if (len < 3)
			return;
		ip4_frame(&f, data, len);
		break;
	case OP_IP6:
		if (len < 1)
			return;
		frame_ip(&f, &peer6.addr, &client6.server.addr, data[0], data + 1, len - 1, NULL);
		break;
	default:
		lab_pass((len & 0xff) * 10 * LAB_MS, 50 * LAB_MS);
		return;
	}
	send_frame(&f, op);
}

static void check_books(void)
{
	if (lab_balance() != 0 || link_complaint()[0]) {
		fprintf(stderr, "balance %lld, %s\n", (long long)lab_balance(), link_complaint());
		abort();
	}
	link_discard();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct en_reader r = en_reader(data, size);

	while (en_left(&r) >= 3) {
		unsigned int op = en_get8(&r);
		size_t len = en_get16(&r);

		len = RTE_MIN(len, en_left(&r));
		run_record(op, en_take(&r, len), len);
	}
	check_books();
	if (++inputs % WORLD_INPUTS == 0) {
		must(lab_teardown(NULL) == 0);
		world_start();
	}
	return 0;
}
