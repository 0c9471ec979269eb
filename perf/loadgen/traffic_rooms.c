/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic_rooms.c - SRTP from publishers, through the server, to all subscribers of their rooms.
 *
 * Packets are encrypted and decrypted a burst at a time, as the engine does it: the fast backend fills its lanes so.
 *
 * Specs: RFC 3550 s5.1, RFC 3711, RFC 7983 s7 (what a datagram is).
 */
#include <string.h>

#include "engine/base/csum.h"
#include "engine/wire/rtp.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/rooms.h"
#include "perf/loadgen/session.h"

#define CSUM_EVERY 16 /* one packet in so many has its UDP checksum verified */
#define BURST      64

/* --- out ----------------------------------------------------------------------------- */

static struct rte_mbuf *build(struct load_bed *b, const struct load_trial *t, uint32_t seq, struct load_nic **ret_nic)
{
	struct load_rooms *rs = b->rooms;
	struct load_slot slot = load_slot(b->o, seq);
	struct load_sender *s = &rs->sender[slot.flow];
	struct rte_mbuf *m;
	uint8_t *p = load_nic_new(b->up.nic, b->up.family, &m);
	size_t head;

	*ret_nic = b->up.nic;
	if (!p)
		return NULL;
	head = load_media_put(s, load_media_frame(t->rate / rs->sender_n), p);
	load_payload_put(p + head, WIRE_RTP_HDR_LEN + slot.size - head, t->tag, seq);
	rs->out[rs->out_n] = m;
	rs->from[rs->out_n] = s;
	rs->job[rs->out_n++] = (struct dp_srtp_job){
		.keys = s->browser->tx,
		.stream = &s->srtp,
		.src = p + WIRE_RTP_HDR_LEN,
		.dst = p,
		.header_len = WIRE_RTP_HDR_LEN,
		.len = WIRE_RTP_HDR_LEN + slot.size,
	};
	return m;
}

/* Encryption, and then the headers, whose checksum wants to know the bytes. */
static void seal(struct load_bed *b)
{
	struct load_rooms *rs = b->rooms;

	dp_srtp_protect(rs->srtp, rs->job, rs->out_n);
	for (unsigned int i = 0; i < rs->out_n; i++) {
		const struct load_browser *w = rs->from[i]->browser;
		const struct dp_srtp_job *j = &rs->job[i];

		load_nic_head(&b->up, rs->out[i], &w->local, &w->server, j->len, en_csum_add(0, j->dst, j->len));
	}
	rs->out_n = 0;
}

/* --- in ------------------------------------------------------------------------------ */

struct arrival {
	struct load_browser *to;
	struct load_route *route;
	struct wire_rtp h;
};

static uint32_t subscriber(const struct load_rooms *rs, const struct load_browser *w)
{
	return (uint32_t)(w - rs->browser) - rs->publisher_n;
}

static struct load_route *find_route(const struct load_rooms *rs, const struct load_browser *w, uint32_t ssrc)
{
	size_t at;

	if (w < rs->browser + rs->publisher_n)
		return NULL;
	at = (size_t)subscriber(rs, w) * rs->route_n;
	for (uint32_t k = 0; k < rs->route_n; k++)
		if (rs->ssrc[at + k] == ssrc)
			return &rs->route[at + k];
	return NULL;
}

/* Only requests for key frames count. A stream that begins anew each time: nobody replays here. */
static void take_rtcp(struct load_rooms *rs, const struct load_browser *w, struct load_dgram *d)
{
	uint32_t i = (uint32_t)(w - rs->browser);
	struct load_sender *sender[2];
	struct dp_srtp_stream stream = {.ssrc = d->len >= 8 ? en_load32(d->data + 4) : 0};
	struct dp_srtp_job j = {.keys = w->rx, .stream = &stream, .dst = d->data, .len = (uint32_t)d->len};
	unsigned int n = 0;

	if (i >= rs->publisher_n || w->state != LOAD_BROWSER_CONNECTED)
		return;
	for (uint32_t f = i; f < rs->sender_n; f += rs->publisher_n)
		sender[n++] = &rs->sender[f];
	dp_srtcp_unprotect(rs->srtp, &j, 1);
	if (j.status == DP_SRTP_OK)
		load_media_feedback(d->data, j.len, sender, n);
}

/* Encrypted media: where it belongs is read from its header. */
static bool take_rtp(struct load_bed *b, struct load_trial *t, struct load_browser *w, const struct load_dgram *d,
		     struct arrival *a, struct dp_srtp_job *j)
{
	a->to = w;
	if (!wire_rtp_parse(d->data, d->len, &a->h)) {
		t->corrupt++;
		return false;
	}
	a->route = find_route(b->rooms, w, a->h.ssrc);
	if (!a->route || a->h.pt != a->route->pt) {
		t->misdelivered++;
		return false;
	}
	if (a->h.seq % CSUM_EVERY == 0 && !load_nic_csum_ok(d)) {
		t->corrupt++;
		return false;
	}
	*j = (struct dp_srtp_job){.keys = w->rx,
				  .stream = &a->route->srtp,
				  .src = d->data + a->h.payload_off,
				  .dst = d->data,
				  .header_len = a->h.payload_off,
				  .len = (uint32_t)d->len};
	return true;
}

/* The first packet of a route tells whose it is; each other one has to be of the same sender. */
static bool right_place(struct load_rooms *rs, const struct arrival *a, const struct load_slot *slot)
{
	struct load_route *r = a->route;

	if (load_rooms_room_of_sender(rs, slot->flow) != load_rooms_room(rs, (uint32_t)(a->to - rs->browser)))
		return false;
	if (r->sender == LOAD_STREAM_NONE) {
		r->sender = slot->flow;
		r->last = (uint16_t)(a->h.seq - 1);
		rs->carried++;
	}
	return r->sender == slot->flow;
}

static void note_sequence(struct load_trial *t, struct load_route *r, uint16_t seq)
{
	int ahead = wire_seq_diff(r->last, seq);

	if (ahead < 0)
		t->reordered++;
	else
		r->last = seq;
	t->rtp_gaps += ahead > 1;
}

static void take_opened(struct load_bed *b, struct load_trial *t, const struct arrival *a, const struct dp_srtp_job *j)
{
	struct load_rooms *rs = b->rooms;
	size_t skip = a->h.payload_off + (a->h.pt == LOAD_PT_VIDEO ? LOAD_VP8_LEN : 0);
	struct load_slot slot;
	uint16_t tag;
	uint32_t seq;

	if (j->status == DP_SRTP_REPLAY) {
		t->duplicates++;
		return;
	}
	if (j->status != DP_SRTP_OK || j->len < skip || !load_payload_get(j->dst + skip, j->len - skip, &tag, &seq)) {
		t->corrupt++;
		return;
	}
	if (tag != t->tag || seq >= t->planned)
		return;
	slot = load_slot(b->o, seq);
	if (!right_place(rs, a, &slot))
		t->misdelivered++;
	else if (j->len != a->h.payload_off + slot.size || !load_payload_intact(j->dst + skip, j->len - skip, seq))
		t->corrupt++;
	else if (load_trial_copy_arrived(t, seq, subscriber(rs, a->to) / rs->o->rooms))
		note_sequence(t, a->route, a->h.seq);
}

static void take_burst(struct load_bed *b, struct load_trial *t, struct load_dgram *d, unsigned int n)
{
	struct load_rooms *rs = b->rooms;
	struct dp_srtp_job job[BURST];
	struct arrival a[BURST];
	unsigned int jobs = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct load_browser *w = load_rooms_at(b, &d[i].dst);

		if (!w || !en_ep_eq(&d[i].src, &w->server) || d[i].len == 0) {
			if (t)
				t->misdelivered++;
		} else if (d[i].data[0] < 128) {
			load_browser_take(w, d[i].data, d[i].len);
		} else if (wire_is_rtcp(d[i].data, d[i].len)) {
			take_rtcp(rs, w, &d[i]);
		} else if (t && w->state == LOAD_BROWSER_CONNECTED) {
			jobs += take_rtp(b, t, w, &d[i], &a[jobs], &job[jobs]);
		}
	}
	dp_srtp_unprotect(rs->srtp, job, jobs);
	for (unsigned int i = 0; i < jobs; i++)
		take_opened(b, t, &a[i], &job[i]);
}

/* --- what a result says -------------------------------------------------------------- */

static uint32_t silent(const struct load_bed *b)
{
	const struct load_rooms *rs = b->rooms;

	return (rs->browser_n - rs->publisher_n) * rs->route_n - rs->carried;
}

static void report(const struct load_bed *b, json_t *result)
{
	const struct load_rooms *rs = b->rooms;
	double per_second = rs->setup_ns ? rs->browser_n * 1e9 / (double)rs->setup_ns : 0;

	json_object_set_new(result, "browsers",
			    json_pack("{s:i, s:i, s:i, s:f, s:o}", "publishers", (int)rs->publisher_n, "completed",
				      (int)rs->connected, "failed", (int)rs->failed, "per_second", per_second,
				      "latency", load_report_hist(&rs->setup)));
	load_report_metric(result, "setups", "setups/s", "higher", per_second);
	load_report_metric(result, "setup_p50", "us", "lower", (double)load_hist_quantile(&rs->setup, 0.5) / 1000);
}

const struct load_traffic load_traffic_rooms = {
	.open = load_rooms_open,
	.close = load_rooms_close,
	.bind = load_rooms_bind,
	.keep = load_rooms_keep,
	.build = build,
	.seal = seal,
	.take_burst = take_burst,
	.silent = silent,
	.report = report,
};
