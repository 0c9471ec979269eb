/* SPDX-License-Identifier: BSD-3-Clause */
/* fanout_packet.c - what the publishers of the forwarding benchmark send, and whether receivers can read it. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/net/ip_header.h"
#include "engine/wire/rtp_ext.h"
#include "perf/micro/fanout_bed.h"

#define UDP_OFF  (WIRE_ETH_LEN + sizeof(struct wire_ip4))
#define DATA_OFF (UDP_OFF + sizeof(struct wire_udp))

struct publisher {
	struct dp_srtp_keys *keys;
	struct dp_srtp_stream stream;
	uint16_t seq;
	uint32_t ts;
};

static struct micro_fanout_options opt;
static struct dp_srtp *srtp;
static struct publisher *publisher;
static unsigned int room_at;

static struct dp_srtp_keys *keys_of(unsigned int session, bool outbound)
{
	struct dp_srtp_keys *keys = aligned_alloc(64, dp_srtp_keys_size());
	struct shm_msg_keys k;

	fanout_material(&opt, session, &k);
	if (!keys || !dp_srtp_keys_set(srtp, keys, opt.profile, outbound ? k.rx_key : k.tx_key,
				       outbound ? k.rx_salt : k.tx_salt, outbound))
		micro_die("no keys for session %u", session);
	return keys;
}

void fanout_packets_open(const struct micro_fanout_options *o)
{
	struct en_err err;

	opt = *o;
	room_at = 0;
	if (dp_srtp_create(false, &srtp, &err))
		micro_die("%s", err.text);
	publisher = calloc(o->rooms, sizeof(*publisher));
	if (!publisher)
		micro_die("out of memory");
	for (unsigned int i = 0; i < o->rooms; i++) {
		publisher[i].keys = keys_of(fanout_publisher(o, i), true);
		publisher[i].stream.ssrc = 1 + i;
		publisher[i].seq = (uint16_t)(1000 * i);
	}
}

void fanout_packets_close(void)
{
	for (unsigned int i = 0; i < opt.rooms; i++) {
		dp_srtp_keys_clear(srtp, publisher[i].keys);
		free(publisher[i].keys);
	}
	free(publisher);
	dp_srtp_destroy(srtp);
}

/* The payload of all packets; the first of a stream is a key frame. */
static void write_payload(uint8_t *at, bool first)
{
	for (unsigned int i = 0; i < opt.payload; i++)
		at[i] = (uint8_t)(i * 31 + i / 256);
	at[0] = 0x10;
	at[1] = first ? 0 : 1;
}

static uint32_t write_rtp(uint8_t *at, unsigned int room)
{
	static const uint8_t any[3] = {1, 2, 3}, level = 0x80 | 40;
	const struct wire_ext ext[] = {{.id = FANOUT_PUB_SENT, .len = 3, .value = any},
				       {.id = FANOUT_PUB_MID, .len = 1, .value = (const uint8_t *)"0"},
				       {.id = FANOUT_PUB_LEVEL, .len = 1, .value = &level}};
	struct en_writer w = en_writer(at + WIRE_RTP_HDR_LEN, 64);
	struct publisher *p = &publisher[room];
	struct wire_rtp h = {.pt = FANOUT_PT_IN, .seq = p->seq++, .ts = p->ts += 960, .ssrc = 1 + room};
	struct dp_srtp_job job = {.keys = p->keys, .stream = &p->stream, .dst = at};

	h.extended = wire_ext_build(&w, ext, opt.payload >= MICRO_FANOUT_VIDEO ? 2 : 3);
	wire_rtp_build(at, &h);
	job.header_len = (uint32_t)(WIRE_RTP_HDR_LEN + en_written(&w));
	job.len = job.header_len + opt.payload;
	job.src = at + job.header_len;
	write_payload(at + job.header_len, !p->stream.started);
	dp_srtp_protect(srtp, &job, 1);
	if (job.status != DP_SRTP_OK)
		micro_die("a publisher cannot encrypt");
	return job.len;
}

static void write_packet(struct rte_mbuf *m, unsigned int room)
{
	const struct en_ep src = fanout_ep(fanout_publisher(&opt, room)), *dst = &bed.world->conf->media.listen[0];
	uint8_t *b = rte_pktmbuf_mtod(m, uint8_t *);
	struct wire_udp *u = (struct wire_udp *)(b + UDP_OFF);
	uint32_t len = write_rtp(b + DATA_OFF, room) + (uint32_t)sizeof(*u);
	uint16_t csum;

	memcpy(b, bed.world->port[0].mac, 6);
	memcpy(b + 6, "\x02\x99\0\0\0\1", 6);
	en_store16(b + 12, WIRE_ETHERTYPE_IP4);
	dp_ip4_put(b + WIRE_ETH_LEN, en_addr_bytes(&src.addr), en_addr_bytes(&dst->addr), WIRE_PROTO_UDP, 0, 1, false,
		   len);
	en_store16(u->sport, src.port);
	en_store16(u->dport, dst->port);
	en_store16(u->len, (uint16_t)len);
	memset(u->csum, 0, 2);
	csum = en_csum_udp(&src.addr, &dst->addr, u, len);
	memcpy(u->csum, &csum, 2);
	m->data_len = (uint16_t)(UDP_OFF + len);
	m->pkt_len = m->data_len;
}

void fanout_packets_next(struct rte_mbuf **m, unsigned int n)
{
	if (rte_pktmbuf_alloc_bulk(bed.world->port[0].pool, m, n) != 0)
		micro_die("the pool has no %u buffers", n);
	for (unsigned int i = 0; i < n; i++) {
		write_packet(m[i], room_at);
		room_at = room_at + 1 == opt.rooms ? 0 : room_at + 1;
	}
}

/* --- is it forwarded at all? ------------------------------------------------------------ */

void fanout_packets_check(struct rte_mbuf *m)
{
	const uint8_t *b = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct wire_udp *u = (const struct wire_udp *)(b + UDP_OFF);
	uint16_t session = (uint16_t)(en_load16(u->dport) - 1024);
	const struct en_ep dst = fanout_ep(session), *src = &bed.world->conf->media.listen[0];
	struct dp_srtp_keys *keys = keys_of(session, false);
	uint8_t text[4096], want[4096];
	struct dp_srtp_stream stream = {0};
	struct dp_srtp_job job = {.keys = keys, .stream = &stream, .dst = text, .len = m->pkt_len - DATA_OFF};
	struct wire_rtp h;

	memcpy(text, b + DATA_OFF, job.len);
	if (memcmp(b + WIRE_ETH_LEN + 16, en_addr_bytes(&dst.addr), 4) != 0 ||
	    !en_csum_udp_ok(&src->addr, &dst.addr, u, m->pkt_len - UDP_OFF) || !wire_rtp_parse(text, job.len, &h))
		micro_die("a copy has wrong headers");
	stream.ssrc = h.ssrc;
	job.header_len = h.payload_off;
	job.src = text + h.payload_off;
	dp_srtp_unprotect(srtp, &job, 1);
	write_payload(want, false);
	if (job.status != DP_SRTP_OK || job.len - h.payload_off != opt.payload || h.pt != FANOUT_PT_OUT ||
	    memcmp(text + h.payload_off + 2, want + 2, opt.payload - 2) != 0)
		micro_die("a receiver cannot read its copy");
	dp_srtp_keys_clear(srtp, keys);
	free(keys);
}
