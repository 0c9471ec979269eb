/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agree_test.c - libipsec-mb, libsrtp2 as our backend, and libsrtp2 used
 * directly say the same of every packet: status, bytes, length, and (the two
 * backends) the stream's state afterwards.
 *
 * Streams of all profiles send bursts with gaps, steps back and repetitions,
 * across many wraps of the sequence number. What was sent reaches the receiver
 * out of order, twice, late, forged, cut short, or not at all.
 *
 * TURNPIKE_SRTP_PACKETS: how many are received (100 000). TURNPIKE_SRTP_SEED.
 */
#include "tests/unit/srtp/kit.h"

#include <srtp2/srtp.h>

#define STREAMS 6 /* of each profile */
#define BURST   100
#define QUEUE   4096 /* on their way */
#define HISTORY 1024 /* that arrived */

struct sent {
	struct kit_packet p;
	unsigned int profile, stream;
	bool rtcp;
};

struct flow {
	uint32_t ssrc;
	uint16_t seq;
	bool seen;
	struct dp_srtp_stream tx[2], rx[2]; /* of each backend */
};

struct bed {
	struct kit kit[2];
	srtp_t tx[KIT_PROFILES], rx[KIT_PROFILES]; /* the oracle's */
	struct flow flow[KIT_PROFILES][STREAMS];
	struct sent slab[QUEUE], history[HISTORY];
	struct sent *queue[QUEUE]; /* queued of them, in order; behind them those that are free */
	unsigned int queued, old;
	unsigned long received, by_status[5], sent_by_status[5];
};

static uint64_t seed = 1;

/* xorshift64*: the same packets each time */
static uint32_t draw(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * UINT64_C(2685821657736338717)) >> 32) % below;
}

static srtp_t oracle(unsigned int profile, srtp_ssrc_type_t direction)
{
	static const srtp_profile_t theirs[] = {srtp_profile_aes128_cm_sha1_80, srtp_profile_aes128_cm_sha1_32,
						srtp_profile_aead_aes_128_gcm, srtp_profile_aead_aes_256_gcm};
	uint32_t key_len = srtp_profile_get_master_key_length(theirs[profile]);
	uint8_t key[SHM_SRTP_KEY + SHM_SRTP_SALT];
	srtp_policy_t policy = {.ssrc.type = direction, .key = key, .window_size = DP_SRTP_WINDOW};
	srtp_t session;

	memset(key, (int)(0x10 + profile), key_len);
	memset(key + key_len, (int)(0xa0 + profile), SHM_SRTP_SALT);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, theirs[profile]);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, theirs[profile]);
	assert_int_equal(srtp_create(&session, &policy), srtp_err_status_ok);
	return session;
}

static enum dp_srtp_status status_of(srtp_err_status_t e)
{
	switch (e) {
	case srtp_err_status_ok:
		return DP_SRTP_OK;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
		return DP_SRTP_REPLAY;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cant_check:
		return DP_SRTP_AUTH;
	default:
		return DP_SRTP_SHORT;
	}
}

static int start(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	for (unsigned int i = 0; i < QUEUE; i++)
		b->queue[i] = &b->slab[i];
	kit_start(&b->kit[0], false);
	kit_start(&b->kit[1], true);
	for (unsigned int p = 0; p < KIT_PROFILES; p++) {
		b->tx[p] = oracle(p, ssrc_any_outbound);
		b->rx[p] = oracle(p, ssrc_any_inbound);
		for (unsigned int i = 0; i < STREAMS; i++) {
			b->flow[p][i].ssrc = 0x01000000u * (p + 1) + i;
			/* some begin near the wrap, some low, some anywhere */
			b->flow[p][i].seq = (uint16_t)(i < 2 ? 65500 + draw(36) : i < 4 ? draw(50) : draw(65536));
		}
	}
	*state = b;
	return 0;
}

static int stop(void **state)
{
	struct bed *b = *state;

	for (unsigned int p = 0; p < KIT_PROFILES; p++) {
		srtp_dealloc(b->tx[p]);
		srtp_dealloc(b->rx[p]);
	}
	kit_stop(&b->kit[0]);
	kit_stop(&b->kit[1]);
	free(b);
	return 0;
}

/* --- sending ------------------------------------------------------------------------- */

static uint16_t next_seq(struct flow *f)
{
	switch (draw(100)) {
	case 0: /* a gap that stays a gap */
		return f->seq = (uint16_t)(f->seq + 1 + draw(3000));
	case 1: /* again, or late */
	case 2:
		return (uint16_t)(f->seq - draw(160));
	case 3: /* a leap */
		if (draw(10) == 0)
			return f->seq = (uint16_t)(f->seq + 20000 + draw(12000));
		/* fallthrough */
	default:
		return ++f->seq;
	}
}

static void make_rtp(struct kit_packet *p, struct flow *f)
{
	uint32_t header;

	kit_rtp(p, f->ssrc, next_seq(f), 0);
	if (draw(8) == 0)
		p->bytes[0] |= (uint8_t)draw(16);
	if (draw(3) == 0) {
		p->bytes[0] |= 0x10;
		en_store16(p->bytes + 12 + 4 * (p->bytes[0] & 15) + 2, (uint16_t)draw(6));
	}
	header = kit_header_len(p->bytes);
	p->len = header + (draw(20) == 0 ? draw(18) : draw(12) == 0 ? draw(1400) : draw(260));
	for (uint32_t i = header; i + 4 <= p->len; i += 4)
		en_store32(p->bytes + i, draw(0xffffffff));
}

static void make_rtcp(struct kit_packet *p, const struct flow *f)
{
	kit_rtp(p, f->ssrc, (uint16_t)draw(65536), 0);
	p->bytes[1] = 200;
	en_store32(p->bytes + 4, f->ssrc);
	p->len = 8 + 4 * draw(60);
}

/* Ours of n packets with one backend; libipsec-mb out of place where it may be */
static void protect_burst(struct bed *b, unsigned int backend, struct sent *s, unsigned int n, bool rtcp,
			  enum dp_srtp_status *ret_status)
{
	static struct kit_packet plain[BURST];
	struct dp_srtp_job job[BURST];

	for (unsigned int i = 0; i < n; i++) {
		job[i] = kit_job(b->kit[backend].tx[s[i].profile], &b->flow[s[i].profile][s[i].stream].tx[backend],
				 &s[i].p);
		if (rtcp)
			job[i].src = NULL;
		else if (i % 2) {
			plain[i] = s[i].p;
			job[i].src = plain[i].bytes + job[i].header_len;
			memset(s[i].p.bytes + job[i].header_len, 0xee, s[i].p.len - job[i].header_len);
		}
	}
	(rtcp ? dp_srtcp_protect : dp_srtp_protect)(b->kit[backend].srtp, job, n);
	for (unsigned int i = 0; i < n; i++) {
		ret_status[i] = job[i].status;
		s[i].p.len = job[i].len;
	}
}

static void same_stream(const struct dp_srtp_stream *x, const struct dp_srtp_stream *y)
{
	assert_int_equal(x->started, y->started);
	assert_int_equal(x->rtcp_started, y->rtcp_started);
	assert_int_equal(x->seq, y->seq);
	assert_int_equal(x->roc, y->roc);
	assert_int_equal(x->rtcp_index, y->rtcp_index);
	assert_memory_equal(x->window, y->window, sizeof(x->window));
	assert_memory_equal(x->rtcp_window, y->rtcp_window, sizeof(x->rtcp_window));
}

static void send_burst(struct bed *b)
{
	static struct sent mine[BURST], theirs[BURST];
	enum dp_srtp_status status[2][BURST];
	unsigned int n = 1 + draw(BURST);
	bool rtcp = draw(12) == 0;

	for (unsigned int i = 0; i < n; i++) {
		/* runs of one stream are the normal case */
		bool same = i && draw(3);

		mine[i].rtcp = rtcp;
		mine[i].profile = same ? mine[i - 1].profile : draw(KIT_PROFILES);
		mine[i].stream = same ? mine[i - 1].stream : draw(STREAMS);
		if (rtcp)
			make_rtcp(&mine[i].p, &b->flow[mine[i].profile][mine[i].stream]);
		else
			make_rtp(&mine[i].p, &b->flow[mine[i].profile][mine[i].stream]);
		theirs[i] = mine[i];
	}
	for (unsigned int i = 0; i < n; i++) { /* the oracle's, kept in the queue for what follows */
		struct sent *q = b->queue[b->queued + i];
		srtp_t session = b->tx[mine[i].profile];
		int len = (int)mine[i].p.len;
		srtp_err_status_t e;

		*q = mine[i];
		e = rtcp ? srtp_protect_rtcp(session, q->p.bytes, &len) : srtp_protect(session, q->p.bytes, &len);
		status[0][i] = status_of(e);
		q->p.len = e ? 0 : (uint32_t)len;
	}
	memcpy(status[1], status[0], sizeof(status[0]));
	for (unsigned int k = 0; k < 2; k++) {
		struct sent *s = k ? theirs : mine;
		enum dp_srtp_status ours[BURST];

		protect_burst(b, k, s, n, rtcp, ours);
		for (unsigned int i = 0; i < n; i++) {
			const struct kit_packet *want = &b->queue[b->queued + i]->p;

			assert_int_equal(ours[i], status[k][i]);
			if (ours[i])
				continue;
			assert_int_equal(s[i].p.len, want->len);
			assert_memory_equal(s[i].p.bytes, want->bytes, want->len);
		}
	}
	for (unsigned int i = 0, at = b->queued; i < n; i++) {
		struct flow *f = &b->flow[mine[i].profile][mine[i].stream];

		same_stream(&f->tx[0], &f->tx[1]);
		b->sent_by_status[status[0][i]]++;
		if (!status[0][i]) {
			struct sent *q = b->queue[at + i];

			b->queue[at + i] = b->queue[b->queued];
			b->queue[b->queued++] = q;
		}
	}
}

/* --- receiving ----------------------------------------------------------------------- */

static void forge(struct kit_packet *p)
{
	if (draw(4) == 0) { /* cut short */
		p->len = draw(p->len);
		return;
	}
	/* not its SSRC, and of the first byte only what does not change its shape */
	switch (draw(4)) {
	case 0:
		en_store16(p->bytes + 2, (uint16_t)draw(65536));
		break;
	case 1:
		p->bytes[p->len - 1 - draw(p->len < 26 ? p->len - 12 : 14)] ^= (uint8_t)(1 << draw(8));
		break;
	default:
		p->bytes[12 + draw(p->len - 12)] ^= (uint8_t)(1 << draw(8));
	}
}

static struct flow *flow_of(struct bed *b, const struct sent *s)
{
	return &b->flow[s->profile][s->stream];
}

/* Of a stream that nothing was received of yet the first one comes first: the oracle does not look for a wrap before.
 */
static unsigned int choose(struct bed *b)
{
	unsigned int at = draw(4) == 0 ? draw(b->queued < 24 ? b->queued : 24) : 0;
	struct flow *f = flow_of(b, b->queue[at]);

	if (b->queue[at]->rtcp != b->queue[0]->rtcp)
		return 0;
	for (unsigned int i = 0; !f->seen && i < at; i++)
		if (!b->queue[i]->rtcp && flow_of(b, b->queue[i]) == f)
			return i;
	return at;
}

/* Take the next that arrives; false: it is lost. */
static bool arrive(struct bed *b, struct sent *ret_sent)
{
	unsigned int at = choose(b);
	struct sent *s = b->queue[at];
	struct flow *f = flow_of(b, s);

	if (draw(40) == 0 && b->old) { /* once more, from long ago */
		*ret_sent = b->history[draw(b->old < HISTORY ? b->old : HISTORY)];
		return true;
	}
	*ret_sent = *s;
	if (f->seen && draw(12) == 0) {
		forge(&ret_sent->p);
		return true; /* the true one comes later */
	}
	if (draw(16)) { /* else it comes again */
		b->queued--;
		memmove(&b->queue[at], &b->queue[at + 1], (b->queued - at) * sizeof(b->queue[0]));
		b->queue[b->queued] = s;
	}
	if (f->seen && draw(50) == 0)
		return false;
	f->seen |= !s->rtcp;
	b->history[b->old++ % HISTORY] = *s;
	return true;
}

static void unprotect_burst(struct bed *b, unsigned int backend, struct sent *s, unsigned int n, bool rtcp,
			    enum dp_srtp_status *ret_status)
{
	struct dp_srtp_job job[BURST];

	for (unsigned int i = 0; i < n; i++)
		job[i] = kit_job(b->kit[backend].rx[s[i].profile], &b->flow[s[i].profile][s[i].stream].rx[backend],
				 &s[i].p);
	(rtcp ? dp_srtcp_unprotect : dp_srtp_unprotect)(b->kit[backend].srtp, job, n);
	for (unsigned int i = 0; i < n; i++) {
		ret_status[i] = job[i].status;
		s[i].p.len = job[i].len;
	}
}

static enum dp_srtp_status ask_oracle(struct bed *b, struct sent *s)
{
	int len = (int)s->p.len;
	srtp_err_status_t e = s->rtcp ? srtp_unprotect_rtcp(b->rx[s->profile], s->p.bytes, &len)
				      : srtp_unprotect(b->rx[s->profile], s->p.bytes, &len);

	s->p.len = (uint32_t)len;
	return status_of(e);
}

static void receive_burst(struct bed *b)
{
	static struct sent copy[3][BURST];
	enum dp_srtp_status status[2][BURST];
	unsigned int want = 1 + draw(BURST), n = 0;
	bool rtcp = b->queue[0]->rtcp;

	/* an old one of the other kind does not fit in */
	while (n < want && b->queued && b->queue[0]->rtcp == rtcp)
		if (arrive(b, &copy[0][n]) && copy[0][n].rtcp == rtcp)
			n++;
	memcpy(copy[1], copy[0], n * sizeof(copy[0][0]));
	memcpy(copy[2], copy[0], n * sizeof(copy[0][0]));
	unprotect_burst(b, 0, copy[0], n, rtcp, status[0]);
	unprotect_burst(b, 1, copy[1], n, rtcp, status[1]);
	for (unsigned int i = 0; i < n; i++) {
		struct flow *f = &b->flow[copy[0][i].profile][copy[0][i].stream];
		enum dp_srtp_status theirs = ask_oracle(b, &copy[2][i]);

		assert_int_equal(status[0][i], status[1][i]);
		b->by_status[status[0][i]]++;
		/* what is too short may be called forged */
		assert_true(status[0][i] == theirs || (status[0][i] == DP_SRTP_SHORT && theirs != DP_SRTP_OK));
		same_stream(&f->rx[0], &f->rx[1]);
		if (status[0][i])
			continue;
		for (unsigned int k = 0; k < 2; k++) {
			assert_int_equal(copy[k][i].p.len, copy[2][i].p.len);
			assert_memory_equal(copy[k][i].p.bytes, copy[2][i].p.bytes, copy[2][i].p.len);
		}
	}
	b->received += n;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

static void all_three_agree(void **state)
{
	struct bed *b = *state;
	unsigned long packets = number("TURNPIKE_SRTP_PACKETS", 100000), wraps = 0;

	while (b->received < packets) {
		if (b->queued < QUEUE / 2)
			send_burst(b);
		if (b->queued > 200 || draw(4) == 0)
			if (b->queued)
				receive_burst(b);
	}
	for (unsigned int p = 0; p < KIT_PROFILES; p++)
		for (unsigned int i = 0; i < STREAMS; i++)
			wraps += b->flow[p][i].rx[0].roc;
	printf("%lu received: %lu right, %lu short, %lu replayed, %lu forged; %lu wraps; sent: %lu, refused %lu\n",
	       b->received, b->by_status[DP_SRTP_OK], b->by_status[DP_SRTP_SHORT], b->by_status[DP_SRTP_REPLAY],
	       b->by_status[DP_SRTP_AUTH], wraps, b->sent_by_status[DP_SRTP_OK], b->sent_by_status[DP_SRTP_REPLAY]);
	/* the test tests something */
	assert_true(b->by_status[DP_SRTP_OK] > packets / 2);
	assert_true(b->by_status[DP_SRTP_REPLAY] > packets / 50);
	assert_true(b->by_status[DP_SRTP_AUTH] > packets / 50);
	assert_true(wraps > packets / 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_three_agree, start, stop),
	};

	seed = number("TURNPIKE_SRTP_SEED", 1) * 2 + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
