/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp_peer.c - SRTP of the tests' browsers, and what control says about them. */
#include "tests/node/lib/rtp_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rtp_peer rtp_peer[RTP_PEERS];
uint8_t rtp_pad_count;
static unsigned int peer_n;

/* --- keys ------------------------------------------------------------------------------ */

static void make_keys(struct rtp_peer *p, const struct shm_msg_keys *k)
{
	if (p->in) {
		dp_srtp_keys_clear(p->srtp, p->in);
		dp_srtp_keys_clear(p->srtp, p->out);
	} else {
		p->in = aligned_alloc(64, dp_srtp_keys_size());
		p->out = aligned_alloc(64, dp_srtp_keys_size());
	}
	memset(p->in_stream, 0, sizeof(p->in_stream));
	memset(p->out_stream, 0, sizeof(p->out_stream));
	assert_true(dp_srtp_keys_set(p->srtp, p->in, k->profile, k->tx_key, k->tx_salt, false));
	assert_true(dp_srtp_keys_set(p->srtp, p->out, k->profile, k->rx_key, k->rx_salt, true));
}

void rtp_keys(unsigned int peer, uint32_t profile, uint8_t which)
{
	struct shm_msg_keys k = {.session = rtp_peer[peer].c.set.session, .profile = profile};

	memset(k.rx_key, (int)(0x10 + peer + which), sizeof(k.rx_key));
	memset(k.tx_key, (int)(0x30 + peer + which), sizeof(k.tx_key));
	memset(k.rx_salt, (int)(0x50 + peer + which), sizeof(k.rx_salt));
	memset(k.tx_salt, (int)(0x70 + peer + which), sizeof(k.tx_salt));
	rtp_peer[peer].keys = k;
	make_keys(&rtp_peer[peer], &k);
	media_command(0, SHM_MSG_KEYS, &k, sizeof(k));
}

void rtp_be_quick(unsigned int peer)
{
	struct rtp_peer *p = &rtp_peer[peer];
	struct en_err err = {.text = ""};

	dp_srtp_keys_clear(p->srtp, p->in);
	dp_srtp_keys_clear(p->srtp, p->out);
	free(p->in);
	free(p->out);
	p->in = NULL;
	dp_srtp_destroy(p->srtp);
	assert_int_equal(dp_srtp_create(false, &p->srtp, &err), 0);
	make_keys(p, &p->keys);
}

void rtp_open(unsigned int n, uint32_t profile, const struct lab_options *o)
{
	struct en_err err = {.text = ""};
	char ep[32];

	media_open(o);
	peer_n = n;
	for (unsigned int i = 0; i < n; i++) {
		struct rtp_peer *p = &rtp_peer[i];

		memset(p, 0, sizeof(*p));
		assert_int_equal(dp_srtp_create(true, &p->srtp, &err), 0);
		snprintf(ep, sizeof(ep), "198.18.0.%u:5000", 10 + i);
		media_client(&p->c, 0, i, ep);
		media_connect(&p->c);
		rtp_keys(i, profile, 0);
	}
}

int rtp_teardown(void **state)
{
	for (unsigned int i = 0; i < peer_n; i++) {
		struct rtp_peer *p = &rtp_peer[i];

		if (p->in) {
			dp_srtp_keys_clear(p->srtp, p->in);
			dp_srtp_keys_clear(p->srtp, p->out);
		}
		free(p->in);
		free(p->out);
		dp_srtp_destroy(p->srtp);
	}
	peer_n = 0;
	return lab_teardown(state);
}

/* --- control ------------------------------------------------------------------------------ */

struct shm_msg_track rtp_track(unsigned int peer, uint32_t index, uint32_t kind, const char *mid)
{
	bool video = kind == SHM_TRACK_VIDEO;
	struct shm_msg_track t = {
		.track = {.index = index, .generation = 1},
		.session = rtp_peer[peer].c.set.session,
		.kind = kind,
		.pt_n = 1,
		.nack = video,
		.pli = video,
	};

	t.pt[0] = video ? (struct shm_pt){.pt = PT_VP8, .rtx_pt = PT_RTX, .codec = SHM_CODEC_VP8, .clock = 90000}
			: (struct shm_pt){.pt = PT_OPUS, .codec = SHM_CODEC_OPUS, .clock = 48000};
	snprintf(t.mid, sizeof(t.mid), "%s", mid);
	t.ext[SHM_EXT_MID] = PUB_MID;
	t.ext[SHM_EXT_ABS_SEND_TIME] = PUB_SENT;
	t.ext[SHM_EXT_TWCC] = PUB_TWCC;
	if (video) {
		t.ext[SHM_EXT_RID] = PUB_RID;
		t.ext[SHM_EXT_REPAIRED_RID] = PUB_REPAIRED;
		t.ext[SHM_EXT_ORIENTATION] = PUB_ORIENTATION;
	} else {
		t.ext[SHM_EXT_LEVEL] = PUB_LEVEL;
	}
	return t;
}

struct shm_msg_route rtp_route(uint32_t index, const struct shm_msg_track *t, unsigned int to)
{
	bool video = t->kind == SHM_TRACK_VIDEO;
	struct shm_msg_route r = {
		.route = {.index = index, .generation = 1},
		.track = t->track,
		.session = rtp_peer[to].c.set.session,
		.ssrc = SUB_SSRC(index),
		.rtx_ssrc = video ? SUB_RTX(index) : 0,
		.pt_n = 1,
	};

	r.pt[0] = video ? (struct shm_route_pt){.in = PT_VP8, .out = SUB_PT_VP8, .out_rtx = SUB_PT_RTX}
			: (struct shm_route_pt){.in = PT_OPUS, .out = SUB_PT_OPUS};
	snprintf(r.mid, sizeof(r.mid), "to%u", index);
	r.ext[SHM_EXT_MID] = SUB_MID;
	r.ext[SHM_EXT_ABS_SEND_TIME] = SUB_SENT;
	r.ext[SHM_EXT_LEVEL] = SUB_LEVEL;
	r.ext[SHM_EXT_ORIENTATION] = SUB_ORIENTATION;
	return r;
}

void rtp_tell_track(const struct shm_msg_track *t)
{
	media_command(0, SHM_MSG_TRACK, t, sizeof(*t));
}

void rtp_tell_route(const struct shm_msg_route *r)
{
	media_command(0, SHM_MSG_ROUTE, r, sizeof(*r));
}

/* --- sending -------------------------------------------------------------------------------- */

static struct dp_srtp_stream *stream_of(struct dp_srtp_stream *all, uint32_t ssrc)
{
	for (unsigned int i = 0; i < RTP_STREAMS; i++) {
		if (all[i].ssrc == 0)
			all[i].ssrc = ssrc;
		if (all[i].ssrc == ssrc)
			return &all[i];
	}
	fail_msg("more streams than the test's table has");
	return NULL;
}

static unsigned int put_text(struct wire_ext *ext, unsigned int n, uint8_t id, const char *text)
{
	if (!text)
		return n;
	ext[n] = (struct wire_ext){.id = id, .len = (uint8_t)strlen(text), .value = (const uint8_t *)text};
	return n + 1;
}

/* In the clear; how long the header is. */
static size_t write_rtp(const struct rtp_packet *p, uint16_t number, uint8_t buf[RTP_MAX], size_t *ret_len)
{
	static const uint8_t any[3] = {1, 2, 3};
	const uint8_t twcc[2] = {(uint8_t)(number >> 8), (uint8_t)number};
	struct wire_rtp h = {.pt = p->pt, .marker = p->marker, .seq = p->seq, .ts = p->ts, .ssrc = p->ssrc};
	struct en_writer w = en_writer(buf + WIRE_RTP_HDR_LEN, RTP_MAX - WIRE_RTP_HDR_LEN - 32);
	struct wire_ext ext[8] = {{.id = PUB_SENT, .len = 3, .value = any}, {.id = PUB_TWCC, .len = 2, .value = twcc}};
	unsigned int n = 2;
	size_t header;

	n = put_text(ext, n, PUB_MID, p->mid);
	n = put_text(ext, n, PUB_RID, p->rid);
	n = put_text(ext, n, PUB_REPAIRED, p->repaired);
	if (p->level)
		ext[n++] = (struct wire_ext){.id = PUB_LEVEL, .len = 1, .value = &p->level};
	if (p->orientation)
		ext[n++] = (struct wire_ext){.id = PUB_ORIENTATION, .len = 1, .value = &p->orientation};
	h.extended = wire_ext_build(&w, ext, n);
	h.padded = p->pad != 0;
	wire_rtp_build(buf, &h);
	header = WIRE_RTP_HDR_LEN + en_written(&w);
	en_put(&w, p->payload, p->len);
	if (p->pad) {
		en_put_zero(&w, p->pad - 1u);
		en_put8(&w, rtp_pad_count ? rtp_pad_count : p->pad);
	}
	assert_true(w.ok);
	*ret_len = WIRE_RTP_HDR_LEN + en_written(&w);
	return header;
}

size_t rtp_protect(unsigned int peer, const struct rtp_packet *p, uint8_t buf[RTP_MAX])
{
	struct rtp_peer *from = &rtp_peer[peer];
	size_t len, header = write_rtp(p, from->twcc++, buf, &len);
	struct dp_srtp_job job = {
		.keys = from->out,
		.stream = stream_of(from->out_stream, p->ssrc),
		.src = buf + header,
		.dst = buf,
		.header_len = (uint32_t)header,
		.len = (uint32_t)len,
	};

	dp_srtp_protect(from->srtp, &job, 1);
	assert_int_equal(job.status, DP_SRTP_OK);
	return job.len;
}

size_t rtcp_protect(unsigned int peer, const void *compound, size_t len, uint8_t buf[RTP_MAX])
{
	struct rtp_peer *from = &rtp_peer[peer];
	struct dp_srtp_job job = {.keys = from->out, .dst = buf, .len = (uint32_t)len};

	memcpy(buf, compound, len);
	job.stream = stream_of(from->out_stream, en_load32(buf + 4));
	dp_srtcp_protect(from->srtp, &job, 1);
	assert_int_equal(job.status, DP_SRTP_OK);
	return job.len;
}

void rtp_send(unsigned int peer, const struct rtp_packet *p)
{
	uint8_t buf[RTP_MAX];
	size_t len = rtp_protect(peer, p, buf);

	media_send(&rtp_peer[peer].c, buf, len);
}

void rtcp_send(unsigned int peer, const void *compound, size_t n)
{
	uint8_t buf[RTP_MAX];
	size_t len = rtcp_protect(peer, compound, n, buf);

	media_send(&rtp_peer[peer].c, buf, len);
}

/* --- receiving ------------------------------------------------------------------------------- */

static void take(struct rtp_peer *to, const struct packet *p)
{
	bool rtcp = wire_is_rtcp(p->data, p->data_len);
	unsigned int *n = rtcp ? &to->rtcp_n : &to->rtp_n;
	struct rtp_got *g = &(rtcp ? to->rtcp : to->rtp)[(*n)++ % RTP_KEPT];
	struct dp_srtp_job job = {.keys = to->in, .dst = g->b, .len = (uint32_t)p->data_len};

	assert_true(p->udp_csum);
	assert_true(en_ep_eq(&p->src, &to->c.server));
	assert_in_range(p->data_len, WIRE_RTP_HDR_LEN, RTP_MAX);
	memcpy(g->b, p->data, p->data_len);
	if (rtcp) {
		job.stream = stream_of(to->in_stream, en_load32(g->b + 4));
		dp_srtcp_unprotect(to->srtp, &job, 1);
	} else {
		assert_true(wire_rtp_parse(g->b, p->data_len, &g->h));
		job.stream = stream_of(to->in_stream, g->h.ssrc);
		job.header_len = g->h.payload_off;
		job.src = g->b + g->h.payload_off;
		dp_srtp_unprotect(to->srtp, &job, 1);
	}
	assert_int_equal(job.status, DP_SRTP_OK);
	g->len = job.len;
	if (!rtcp)
		assert_true(wire_rtp_parse(g->b, g->len, &g->h));
}

static void collect(void)
{
	struct packet p;

	while (lab_recv(0, &p))
		for (unsigned int i = 0; i < peer_n; i++)
			if (en_ep_eq(&p.dst, &rtp_peer[i].c.ep))
				take(&rtp_peer[i], &p);
}

bool rtp_recv(unsigned int peer, struct rtp_got *ret)
{
	struct rtp_peer *p = &rtp_peer[peer];

	collect();
	if (p->rtp_at == p->rtp_n)
		return false;
	assert_in_range(p->rtp_n - p->rtp_at, 1, RTP_KEPT);
	*ret = p->rtp[p->rtp_at++ % RTP_KEPT];
	return true;
}

bool rtcp_recv(unsigned int peer, struct rtp_got *ret)
{
	struct rtp_peer *p = &rtp_peer[peer];

	collect();
	if (p->rtcp_at == p->rtcp_n)
		return false;
	assert_in_range(p->rtcp_n - p->rtcp_at, 1, RTP_KEPT);
	*ret = p->rtcp[p->rtcp_at++ % RTP_KEPT];
	return true;
}

void rtp_expect(unsigned int peer, struct rtp_got *ret)
{
	if (!rtp_recv(peer, ret))
		fail_msg("peer %u received nothing", peer);
}

void rtp_expect_nothing(unsigned int peer)
{
	struct rtp_got g;

	if (rtp_recv(peer, &g))
		fail_msg("peer %u received number %u of SSRC 0x%x", peer, g.h.seq, g.h.ssrc);
}

void rtp_assert_payload(const struct rtp_got *g, const void *payload, size_t len)
{
	assert_int_equal(g->h.payload_len, len);
	assert_memory_equal(g->b + g->h.payload_off, payload, len);
}

bool rtcp_wants(unsigned int peer, uint8_t type, uint8_t count)
{
	struct rtp_got g;
	size_t at;

	while (rtcp_recv(peer, &g))
		for (at = 0; at + 4 <= g.len; at += 4 * (en_load16(g.b + at + 2) + 1u))
			if (g.b[at + 1] == type && (g.b[at] & 0x1f) == count)
				return true;
	return false;
}

void rtp_forget(void)
{
	collect();
	for (unsigned int i = 0; i < peer_n; i++) {
		rtp_peer[i].rtp_at = rtp_peer[i].rtp_n;
		rtp_peer[i].rtcp_at = rtp_peer[i].rtcp_n;
	}
}
