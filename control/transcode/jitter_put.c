/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jitter_put.c - which packets belong to the run that is played, and what they tell of the path.
 *
 * Specs: RFC 3550 A.1 (probation after a jump), A.3 (loss).
 *
 * Invariants
 *   U1  a packet is refused before it changes anything but a counter and the stranger's place.
 *   U2  top grows by a packet's timestamp only when its transit is possible: timestamps cannot run away from time.
 */
#include "control/transcode/jitter_inner.h"

#define DROPOUT    3000 /* RFC 3550 A.1: MAX_DROPOUT, */
#define MISORDER   100 /* MAX_MISORDER */
#define EARLY_US   500000 /* earlier than the earliest so far: no path becomes so much faster */
#define STRANGE_S  5 /* between two packets of a new run */
#define IDLE_BLOCK 20 /* nothing has come for so many blocks: any sender is welcome */
#define FRAME_MS   120

static bool is_idle(const struct cp_jitter *j)
{
	return !cp_jitter_store_head(j->store) && j->stalled >= (uint64_t)cp_jitter_block(j) * IDLE_BLOCK;
}

static enum cp_jitter_verdict check(const struct cp_jitter *j, const struct cp_jitter_in *in, uint32_t *ret_duration)
{
	const struct cp_codec *c;
	uint32_t n;

	if (in->codec >= j->codecs)
		return CP_JITTER_CODEC;
	if (in->len == 0 || in->len > CP_CODEC_BYTES_MAX)
		return CP_JITTER_BROKEN;
	c = &j->codec[in->codec];
	n = cp_decoder_samples(j->decoder[in->codec], in->payload, in->len);
	if (n == 0 || n > cp_codec_rate(c) * FRAME_MS / 1000)
		return CP_JITTER_BROKEN;
	*ret_duration = (uint32_t)cp_codec_units_of(c, n);
	return cp_codec_samples_of(c, *ret_duration) == n ? CP_JITTER_TAKEN : CP_JITTER_BROKEN;
}

/* It would come too late, but for a sender whose timestamps are off by less than a block. */
static bool is_late(const struct cp_jitter *j, const struct cp_jitter_packet *p)
{
	int64_t slack = p->seq == (uint16_t)(j->last_seq + 1) ? j->clock / 100 : 0;

	return j->playing && p->ts + slack < j->next;
}

/* A packet of the run: the path's statistics, then the store. */
static enum cp_jitter_verdict take(struct cp_jitter *j, const struct cp_jitter_in *in, struct cp_jitter_packet *p)
{
	int64_t arrival = cp_jitter_time(in->arrival_us), transit = arrival - cp_jitter_us(j, p->ts);
	uint32_t lost = 0;
	enum cp_jitter_stored stored;

	cp_delay_add(&j->delay, arrival, transit, (uint32_t)cp_jitter_us(j, p->duration), p->ts == j->top);
	j->come++;
	j->quiet_at = arrival + cp_jitter_us(j, p->duration) * 3 / 2;
	j->stranger.any = false;
	if (is_late(j, p))
		return CP_JITTER_LATE;
	stored = cp_jitter_store_put(j->store, p, in->payload, &lost);
	j->stats.verdict[CP_JITTER_FULL] += lost;
	if (stored == CP_JITTER_STORE_CLASH)
		return CP_JITTER_ORDER;
	return stored == CP_JITTER_STORE_FULL ? CP_JITTER_FULL : CP_JITTER_TAKEN;
}

static enum cp_jitter_verdict begin(struct cp_jitter *j, const struct cp_jitter_in *in, struct cp_jitter_packet *p)
{
	if (j->any)
		j->stats.restarts++;
	if (j->expected > j->come)
		j->lost_before += j->expected - j->come;
	cp_jitter_store_clear(j->store);
	cp_delay_rebase(&j->delay);
	cp_jitter_get_restart(j);
	j->any = true;
	j->ssrc = in->ssrc;
	j->clock = j->codec[in->codec].clock;
	j->top_seq = in->seq;
	j->top_ts = in->ts;
	j->top = p->ts = 0;
	j->seen = 1;
	j->expected = 1;
	j->come = 0;
	return take(j, in, p);
}

/*
 * RFC 3550 A.1: "Two sequential packets -- assume that the other side restarted without telling us"; not while this
 * side of it goes on as before.
 */
static enum cp_jitter_verdict meet(struct cp_jitter *j, const struct cp_jitter_in *in, struct cp_jitter_packet *p,
				   enum cp_jitter_verdict why)
{
	struct cp_jitter_stranger *s = &j->stranger;
	uint32_t clock = j->codec[in->codec].clock, since = in->ts - s->ts;
	bool follows = s->any && s->ssrc == in->ssrc && in->seq == (uint16_t)(s->seq + 1) &&
		       clock == j->codec[s->codec].clock && since > 0 && since <= clock * STRANGE_S &&
		       cp_jitter_time(in->arrival_us) >= j->quiet_at;

	if (follows || is_idle(j))
		return begin(j, in, p);
	*s = (struct cp_jitter_stranger){
		.any = true, .ssrc = in->ssrc, .ts = in->ts, .seq = in->seq, .codec = in->codec};
	return why;
}

static bool was_seen(const struct cp_jitter *j, int32_t ahead)
{
	return ahead == 0 || (ahead < 0 && ahead > -128 && (j->seen >> -ahead) & 1);
}

static void advance(struct cp_jitter *j, const struct cp_jitter_in *in, int32_t ahead, int64_t ts)
{
	if (ahead < 0) {
		j->seen |= (unsigned __int128)1 << -ahead;
		return;
	}
	j->seen = ahead < 128 ? j->seen << ahead | 1 : 1;
	j->expected += (uint32_t)ahead;
	j->top_seq = in->seq;
	j->top_ts = in->ts;
	j->top = ts;
}

/* By its sequence number it is of this run; `ahead` of the newest. */
static enum cp_jitter_verdict join(struct cp_jitter *j, const struct cp_jitter_in *in, struct cp_jitter_packet *p,
				   int32_t ahead)
{
	int32_t later = (int32_t)(in->ts - j->top_ts);
	int64_t relative;

	if (was_seen(j, ahead))
		return CP_JITTER_DUPLICATE;
	if (later == 0 || (later > 0) != (ahead > 0))
		return meet(j, in, p, CP_JITTER_ORDER);
	p->ts = j->top + later;
	relative = cp_jitter_time(in->arrival_us) - cp_jitter_us(j, p->ts) - j->delay.base;
	if (j->delay.any && relative < -EARLY_US)
		return meet(j, in, p, CP_JITTER_FAR);
	if (ahead < 0 && relative > 2 * CP_DELAY_MAX_MS * 1000)
		return CP_JITTER_FAR;
	/* a sender whose timestamps stood still in its pause */
	if (relative > CP_DELAY_MAX_MS * 1000 && ahead > 0 && is_idle(j))
		return begin(j, in, p);
	advance(j, in, ahead, p->ts);
	return take(j, in, p);
}

static enum cp_jitter_verdict judge(struct cp_jitter *j, const struct cp_jitter_in *in)
{
	struct cp_jitter_packet p = {.seq = in->seq, .codec = in->codec, .len = in->len};
	enum cp_jitter_verdict v = check(j, in, &p.duration);
	int32_t ahead = (int16_t)(in->seq - j->top_seq);

	if (v != CP_JITTER_TAKEN)
		return v;
	if (!j->any)
		return begin(j, in, &p);
	if (in->ssrc != j->ssrc || j->codec[in->codec].clock != j->clock || ahead > DROPOUT || ahead < -MISORDER)
		return meet(j, in, &p, CP_JITTER_FAR);
	return join(j, in, &p, ahead);
}

enum cp_jitter_verdict cp_jitter_put(struct cp_jitter *j, const struct cp_jitter_in *in)
{
	enum cp_jitter_verdict v = judge(j, in);

	j->stats.received++;
	j->stats.verdict[v]++;
	return v;
}
