/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * twcc.c - when a session's packets came, and the feedback on it.
 *
 *        told of          to be told          not yet sent
 *   ──────────────────┬───────────────────┬────────────────►  transport-wide numbers
 *                    next                top
 *
 * A packet that comes late moves `next` back to itself: the next feedback tells of it and of all behind it once
 * more, which senders expect (they take what they were told twice as told once).
 *
 * Runs on:   the worker of the core; create and destroy: before and after it.
 * Invariants
 *   C1  what a session can make us send is bounded: a feedback packet for DP_TWCC_AT_ONE packets of its own, and
 *       one every EARLY_NS at most for fewer.
 *   C2  top - next < DP_TWCC_RING: a place of the ring stands for one number.
 *
 * Specs:     draft-holmer-rmcat-transport-wide-cc-extensions-01 s2, s3.1.
 */
#include "dataplane/media/twcc.h"

#include <stdlib.h>

#include "dataplane/media/route.h"
#include "dataplane/table/mem.h"
#include "engine/wire/rtcp_twcc.h"
#include "engine/wire/rtp_ext.h"

#define DUE_NS   (40 * DP_NS_MS) /* between two; a table's walk (media.c) makes up to 100 ms of it */
#define EARLY_NS (5 * DP_NS_MS) /* between two that are sent early */

struct dp_twcc_in {
	bool started;
	uint32_t ssrc; /* of a packet among them: feedback names one of the sender's streams */
	uint16_t top, next;
	uint8_t number; /* of feedback packets */
	bool any; /* something came since the last feedback */
	uint64_t sent_ns;
	uint32_t us[DP_TWCC_RING]; /* low bits of the clock, by number; 0: it did not come */
};

int dp_twcc_create(uint32_t session_n, struct dp_twcc **ret_twcc, struct en_err *err)
{
	struct dp_twcc *t = calloc(1, sizeof(*t));

	*ret_twcc = NULL;
	if (!t)
		return en_fail(err, -1, "no memory for feedback");
	t->session_n = session_n;
	t->in = dp_mem_alloc(session_n * sizeof(*t->in));
	t->out = dp_mem_alloc(session_n * sizeof(*t->out));
	*ret_twcc = t;
	if (!t->in || !t->out)
		return en_fail(err, -1, "no memory for feedback on %u sessions: lower the tables in [media]",
			       session_n);
	return 0;
}

void dp_twcc_destroy(struct dp_twcc *t)
{
	if (!t)
		return;
	if (t->in)
		dp_mem_free(t->in, t->session_n * sizeof(*t->in));
	if (t->out)
		dp_mem_free(t->out, t->session_n * sizeof(*t->out));
	free(t);
}

void dp_twcc_forget(struct dp_media *md, uint32_t session)
{
	memset(&md->twcc->in[session], 0, sizeof(md->twcc->in[session]));
	memset(&md->twcc->out[session], 0, sizeof(md->twcc->out[session]));
}

void dp_twcc_settle(struct dp_media *md, uint32_t session)
{
	struct dp_session *s = &md->session[session];

	/* RFC 8843 s9.1.1: an id means the same in all sections */
	s->twcc_id = 0;
	for (uint32_t i = s->first_track; i != DP_NONE; i = md->track[i].next_of_session)
		if (md->track[i].set.ext[SHM_EXT_TWCC])
			s->twcc_id = md->track[i].set.ext[SHM_EXT_TWCC];
}

/* --- the feedback ------------------------------------------------------------------------- */

/* The ring has the low bits: they are of the last minutes. */
static uint64_t when(const struct dp_core *c, uint32_t us)
{
	uint64_t now = c->now_ns / 1000;

	return us == 0 ? 0 : (now - (uint32_t)((uint32_t)now - us)) * 1000;
}

/* One packet, of DP_TWCC_AT_ONE numbers at most; how many it tells of. */
static unsigned int tell(struct dp_core *c, uint32_t session, struct dp_twcc_in *a)
{
	struct dp_session *s = &c->media->session[session];
	unsigned int n = (unsigned int)wire_seq_diff(a->next, a->top) + 1, told;
	uint64_t came_ns[DP_TWCC_AT_ONE];
	uint8_t bytes[DP_TWCC_AT_ONE * 3 + 64];
	struct en_writer w = en_writer(bytes, sizeof(bytes));

	n = n < DP_TWCC_AT_ONE ? n : DP_TWCC_AT_ONE;
	for (unsigned int i = 0; i < n; i++)
		came_ns[i] = when(c, a->us[(uint16_t)(a->next + i) % DP_TWCC_RING]);
	wire_rtcp_put_rr(&w, s->rtcp_ssrc, NULL, 0);
	told = wire_rtcp_put_twcc(&w, s->rtcp_ssrc, a->ssrc, a->number, a->next, came_ns, n);
	if (told == 0) /* a gap as long as that: nothing to tell of it but with what comes behind it */
		return n;
	a->number++;
	dp_count(c, CTR_TWCC_SENT);
	dp_rtcp_send(c, session, &s->rtcp_out, bytes, (uint32_t)en_written(&w));
	return told;
}

static void send_all(struct dp_core *c, uint32_t session)
{
	struct dp_twcc_in *a = &c->media->twcc->in[session];

	a->any = false;
	a->sent_ns = c->now_ns;
	while (wire_seq_diff(a->next, a->top) >= 0)
		a->next = (uint16_t)(a->next + tell(c, session, a));
}

void dp_twcc_due(struct dp_core *c, uint32_t session)
{
	const struct dp_session *s = &c->media->session[session];
	const struct dp_twcc_in *a = &c->media->twcc->in[session];

	if (a->any && c->now_ns - a->sent_ns >= DUE_NS && dp_session_can_send(s))
		send_all(c, session);
}

/* --- what came -------------------------------------------------------------------------- */

static void begin(struct dp_twcc_in *a, uint16_t seq)
{
	uint8_t number = a->number;

	memset(a, 0, sizeof(*a));
	a->started = true;
	a->number = number;
	a->top = a->next = seq;
}

/* C2. What was not told before it leaves the ring is not told at all. */
static void advance(struct dp_twcc_in *a, uint16_t seq)
{
	while (a->top != seq)
		a->us[++a->top % DP_TWCC_RING] = 0;
	if (wire_seq_diff(a->next, a->top) >= DP_TWCC_RING)
		a->next = (uint16_t)(a->top - (DP_TWCC_RING - 1));
}

static void note(struct dp_twcc_in *a, uint16_t seq, uint32_t us)
{
	int ahead = wire_seq_diff(a->top, seq);

	if (unlikely(!a->started || ahead >= DP_TWCC_RING || ahead <= -DP_TWCC_RING))
		begin(a, seq);
	else if (ahead > 0)
		advance(a, seq);
	else if (-ahead < DP_TWCC_AT_ONE && wire_seq_diff(a->next, seq) < 0)
		a->next = seq;
	a->us[seq % DP_TWCC_RING] = us ? us : 1;
	a->any = true;
}

void dp_twcc_arrived(struct dp_core *c, uint32_t session, const struct wire_rtp *h, const uint8_t *bytes)
{
	const struct dp_session *s = &c->media->session[session];
	struct dp_twcc_in *a = &c->media->twcc->in[session];
	struct wire_ext e;

	if (!wire_ext_find(h, bytes, s->twcc_id, &e) || e.len != 2)
		return;
	note(a, en_load16(e.value), (uint32_t)(c->now_ns / 1000));
	a->ssrc = h->ssrc;
	if (unlikely(wire_seq_diff(a->next, a->top) >= DP_TWCC_AT_ONE - 1 && c->now_ns - a->sent_ns >= EARLY_NS &&
		     dp_session_can_send(s)))
		send_all(c, session);
}
