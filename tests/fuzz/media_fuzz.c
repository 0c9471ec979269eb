/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * media_fuzz.c - what comes to the media port, through a whole dataplane: datagrams as they are, checks that are
 * signed, RTP and RTCP that are authentic.
 *
 * Peers 0 to 2 publish audio and video and receive each other's. The input is a list of records: an operation, a
 * 16-bit length and that many bytes.
 *
 *   op bits 0-2   what: see enum op
 *   op bits 3-4   which peer; the last is a stranger
 *
 * Held besides memory safety: every frame that comes out is faultless (the lab checks it), nothing goes to the stranger
 * but answers to signed checks, and after each input packets in = packets out.
 */
#include <stdlib.h>

#include "tests/node/lib/link.h"
#include "tests/node/lib/rtp_peer.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum op {
	OP_RAW,
	OP_CHECK, /* attributes; USERNAME, integrity and fingerprint are right */
	OP_RTP, /* header and payload */
	OP_RTCP, /* a compound */
	OP_RTP_HEADER, /* SSRC and type of the peer's own, then extension and payload */
	OP_RTCP_BODY, /* the sender's report before it */
	OP_TIME,
};

#define PEERS        3u
#define PAYLOAD_MAX  1400
#define WORLD_INPUTS 5000
#define AUDIO        0xa0u
#define VIDEO        0xb0u

static unsigned int inputs;
static struct dp_srtp_stream streams[PEERS][2]; /* RTP: thrown away each time; RTCP */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void world_start(void)
{
	uint32_t route = 0;

	rtp_open(PEERS, SHM_SRTP_GCM_128, NULL);
	for (unsigned int peer = 0; peer < PEERS; peer++)
		for (uint32_t kind = SHM_TRACK_AUDIO; kind <= SHM_TRACK_VIDEO; kind++) {
			struct shm_msg_track t = rtp_track(peer, 2 * peer + (kind == SHM_TRACK_VIDEO), kind,
							   kind == SHM_TRACK_AUDIO ? "0" : "1");

			rtp_tell_track(&t);
			for (unsigned int to = 0; to < PEERS; to++) {
				struct shm_msg_route r = rtp_route(route++, &t, to);

				rtp_tell_route(&r);
			}
		}
	memset(streams, 0, sizeof(streams));
	lab.any_mac = true;
}

/* All sessions end first: a report that waits for a neighbour at the very end would look lost. */
static void world_end(void)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		const struct shm_msg_end end = {.what = rtp_peer[i].c.set.session};

		media_command(0, SHM_MSG_SESSION_END, &end, sizeof(end));
	}
	must(rtp_teardown(NULL) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world_start();
	return 0;
}

static struct media_client client(unsigned int peer)
{
	struct media_client c = rtp_peer[peer % PEERS].c;

	if (peer >= PEERS)
		c.ep.port++;
	return c;
}

static void check(unsigned int peer, const uint8_t *data, size_t len)
{
	struct media_client c = client(peer);
	struct en_reader r = en_reader(data, len);

	media_begin(&c);
	while (en_left(&r) >= 3) {
		unsigned int type = en_get16(&r);
		size_t n = RTE_MIN(en_get8(&r) & 63u, en_left(&r));

		/* a nomination by the stranger would make it the peer */
		if (type != WIRE_ATTR_USE_CANDIDATE || peer < PEERS)
			wire_stun_put(&c.b, type, en_take(&r, n), n);
	}
	wire_stun_put_mi(&c.b, (const uint8_t *)c.set.pwd, strlen(c.set.pwd));
	wire_stun_put_fingerprint(&c.b);
	media_send(&c, c.buf, wire_stun_finish(&c.b));
}

static void send_rtp(unsigned int peer, uint8_t b[RTP_MAX], size_t len)
{
	struct media_client c = client(peer);
	struct dp_srtp_job job = {.keys = rtp_peer[peer % PEERS].out, .dst = b, .len = (uint32_t)len};
	struct wire_rtp h;

	if (!wire_rtp_parse(b, len, &h))
		return;
	job.stream = &streams[peer % PEERS][0];
	*job.stream = (struct dp_srtp_stream){.ssrc = h.ssrc};
	job.header_len = h.payload_off;
	job.src = b + h.payload_off;
	dp_srtp_protect(rtp_peer[peer % PEERS].srtp, &job, 1);
	if (job.status == DP_SRTP_OK)
		media_send(&c, b, job.len);
}

static void send_rtcp(unsigned int peer, uint8_t b[RTP_MAX], size_t len)
{
	struct media_client c = client(peer);
	struct dp_srtp_job job = {.keys = rtp_peer[peer % PEERS].out, .dst = b, .len = (uint32_t)len};

	if (len < 8)
		return;
	job.stream = &streams[peer % PEERS][1];
	job.stream->ssrc = 0x77;
	en_store32(b + 4, 0x77);
	dp_srtcp_protect(rtp_peer[peer % PEERS].srtp, &job, 1);
	if (job.status == DP_SRTP_OK)
		media_send(&c, b, job.len);
}

static void run_record(unsigned int op, const uint8_t *data, size_t len)
{
	static const uint8_t rr[8] = {0x80, 201, 0, 1};
	unsigned int peer = op >> 3 & 3;
	struct media_client c = client(peer);
	uint8_t b[RTP_MAX];

	if (len > PAYLOAD_MAX)
		len = PAYLOAD_MAX;
	switch (op & 7) {
	case OP_RAW:
		media_send(&c, data, len);
		break;
	case OP_CHECK:
		check(peer, data, RTE_MIN(len, 200u));
		break;
	case OP_RTP:
		memcpy(b, data, len);
		send_rtp(peer, b, len);
		break;
	case OP_RTCP:
		memcpy(b, data, len);
		send_rtcp(peer, b, len);
		break;
	case OP_RTP_HEADER: /* first: flags and type; then the number */
		if (len < 4)
			return;
		b[0] = (uint8_t)(0x80 | (data[0] & 0x3f));
		b[1] = data[1] & 1 ? PT_OPUS : data[1] & 2 ? PT_RTX : PT_VP8;
		memcpy(b + 2, data + 2, 2);
		memset(b + 4, 0, 4);
		en_store32(b + 8, (data[1] & 1 ? AUDIO : VIDEO) + (data[1] >> 6));
		memcpy(b + 12, data + 4, len - 4);
		send_rtp(peer, b, 12 + len - 4);
		break;
	case OP_RTCP_BODY:
		memcpy(b, rr, sizeof(rr));
		memcpy(b + sizeof(rr), data, len);
		send_rtcp(peer, b, sizeof(rr) + len);
		break;
	default:
		lab_pass((len & 0x1f) * 10 * LAB_MS, 10 * LAB_MS);
		return;
	}
}

static void check_books(void)
{
	struct en_ep stranger = client(PEERS).ep;
	struct shm_msg msg;
	struct packet p;

	while (lab_recv(0, &p))
		must(!en_ep_eq(&p.dst, &stranger) || (p.data_len && p.data[0] <= 3));
	while (media_hear(0, &msg))
		;
	if (lab_balance() != 0 || link_complaint()[0]) {
		fprintf(stderr, "balance %lld, %s\n", (long long)lab_balance(), link_complaint());
		abort();
	}
	link_discard();
	if (lab_buffers_out() != 0) /* what waits for a neighbour ends in this time */
		lab_pass(5 * EN_NS_PER_S, 10 * LAB_MS);
	link_discard();
	if (lab_buffers_out() != 0) {
		fprintf(stderr, "%u buffers not returned\n", lab_buffers_out());
		abort();
	}
}

/* Consent goes on whatever the input did with the time; and the path is what it was. */
static void keep_alive(void)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		link_discard();
		if (media_check(&rtp_peer[i].c, true) != 0) {
			world_end();
			world_start();
			return;
		}
	}
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
	if (inputs % 64 == 0)
		keep_alive();
	if (++inputs % WORLD_INPUTS == 0) {
		world_end();
		world_start();
	}
	return 0;
}
