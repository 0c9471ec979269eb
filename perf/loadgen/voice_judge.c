/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice_judge.c - is what was heard what was said, and how late?
 *
 * The place of the first packet in the sound is looked for; each further one is compared with what stands where it
 * should go on. One that is unlike it is damaged (concealed, cut, noise), or the sound goes on elsewhere from there (a
 * jitter buffer stretched or shrank it). A packet that is quiet is not judged: it tells nothing.
 *
 * Delay is of the sound, so the algorithmic delay of the gateway's codecs is in it; that of the codecs that the
 * phones use is not: the comparison is with what they make of what was sent.
 */
#include <stdlib.h>
#include <string.h>

#include <opus/opus.h>

#include "engine/wire/rtp.h"
#include "perf/loadgen/voice.h"

#define NS_A_SAMPLE  125000
#define DELAY_MAX    8000 /* samples: 1 s */
#define NEAR         240 /* samples around a delay that was found before */
#define SHIFT        200 /* by which sound may go on elsewhere */
#define LOOK         2400 /* samples that a place is looked for with */
#define UNKNOWN_MAX  3 /* legs: where so many were not found anywhere, the others are looked for near by only */
#define SEARCHES_MAX 50 /* of a leg: where nothing fits any more, nothing is looked for */
#define STARTS       3
#define START_STEP   16 /* packets */
#define ALIKE_LOOK   0.6
#define QUIET        40000.0 /* mean square */

/* A concealment of 20 ms is at most this alike, what two codecs leave of speech at least (bench_calls_test.c). */
static const double alike_least[] = {[0] = 0.8 /* opus to PCMU */, [1] = 0.6 /* PCMU to opus */};

struct ear_state {
	const struct load_ear *ear;
	const int16_t *ref;
	int64_t ref_n;
	const int16_t *pcm; /* LOAD_FRAME a packet */
	const bool *good; /* decoded */
	uint32_t n, first, searches;
	double least;
};

/* --- numbers ------------------------------------------------------------------------- */

static bool counts(const struct load_voice *v, const struct load_heard *h)
{
	return h->at_ns >= v->count_from_ns && h->at_ns < v->count_to_ns;
}

/* By the sequence numbers; what of it came late was not lost. */
static uint64_t count_numbers(const struct load_voice *v, const struct load_ear *e, struct load_verdict *r)
{
	int64_t missing = 0;
	bool begun = false;
	uint16_t last = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		int ahead = wire_seq_diff(last, e->heard[i].seq);

		if (!counts(v, &e->heard[i]))
			continue;
		r->received++;
		if (begun && ahead == 0) {
			r->duplicates++;
			r->received--;
			continue;
		}
		if (begun && ahead < 0) {
			r->reordered++;
			missing--;
			continue;
		}
		missing += begun ? ahead - 1 : 0;
		last = e->heard[i].seq;
		begun = true;
	}
	return missing > 0 ? (uint64_t)missing : 0;
}

/* --- sound --------------------------------------------------------------------------- */

static bool decode(const struct load_heard *h, OpusDecoder *d, int16_t *pcm)
{
	if (d)
		return h->pt == LOAD_PT_OPUS && opus_decode(d, h->bytes, h->len, pcm, LOAD_FRAME, 0) == LOAD_FRAME;
	if (h->pt != LOAD_PT_PCMU || h->len != LOAD_FRAME)
		return false;
	for (unsigned int i = 0; i < LOAD_FRAME; i++)
		pcm[i] = load_pcmu_decode(h->bytes[i]);
	return true;
}

static double alike_at(const struct ear_state *s, uint32_t packet, int64_t place, size_t n)
{
	if (place < 0 || place + (int64_t)n > s->ref_n)
		return -1;
	return load_sound_alike(s->pcm + (size_t)packet * LOAD_FRAME, s->ref + place, n);
}

/* The best of the places from..to; *ret_place. */
static double look(const struct ear_state *s, uint32_t packet, size_t n, int64_t from, int64_t to, int64_t *ret_place)
{
	double best = -1;

	for (int64_t p = from; p <= to; p++) {
		double alike = alike_at(s, packet, p, n);

		if (alike > best) {
			best = alike;
			*ret_place = p;
		}
	}
	return best;
}

/* What would be at this place without any delay. */
static int64_t undelayed(const struct ear_state *s, uint32_t packet)
{
	return (int64_t)s->ear->offset * LOAD_FRAME +
	       ((int64_t)s->ear->heard[packet].at_ns - (int64_t)s->ear->begin_ns) / NS_A_SAMPLE;
}

/* Where a packet stands; near *delay at first, which is then what was found. */
static bool find_at(const struct ear_state *s, uint32_t i, bool far, int64_t *delay, int64_t *ret_place)
{
	size_t n = (size_t)(s->n - i) * LOAD_FRAME < LOOK ? (size_t)(s->n - i) * LOAD_FRAME : LOOK;
	int64_t now = undelayed(s, i);

	if (*delay > 0 && look(s, i, n, now - *delay - NEAR, now - *delay + NEAR, ret_place) >= ALIKE_LOOK)
		return true;
	if (!far || look(s, i, n, now - DELAY_MAX, now + LOAD_FRAME, ret_place) < ALIKE_LOOK)
		return false;
	*delay = now - *ret_place;
	return true;
}

/* Where the first packet stands, or, when the sound breaks behind it, where it would by a later one. */
static bool find(const struct ear_state *s, bool far, int64_t *delay, int64_t *ret_place)
{
	for (uint32_t i = s->first; i < s->n && i < s->first + STARTS * START_STEP; i += START_STEP) {
		int ahead = wire_seq_diff(s->ear->heard[s->first].seq, s->ear->heard[i].seq);

		if (find_at(s, i, far, delay, ret_place)) {
			*ret_place -= (int64_t)ahead * LOAD_FRAME;
			return true;
		}
	}
	return false;
}

static void judge_packet(struct ear_state *s, uint32_t i, int64_t *place, struct load_verdict *r)
{
	double alike = alike_at(s, i, *place, LOAD_FRAME);
	int64_t other = *place;

	if (!s->good[i]) {
		r->damaged++;
		return;
	}
	if (*place < 0 || *place + LOAD_FRAME > s->ref_n || load_sound_power(s->ref + *place, LOAD_FRAME) < QUIET)
		return;
	r->judged++;
	if (alike < s->least && s->searches < SEARCHES_MAX) {
		s->searches++;
		alike = look(s, i, LOAD_FRAME, *place - SHIFT, *place + SHIFT, &other);
		if (alike >= s->least && other != *place) {
			r->shifts++;
			*place = other;
		}
	}
	r->alike += alike;
	r->damaged += alike < s->least;
}

static void judge_sound(const struct load_voice *v, struct ear_state *s, int64_t *delay, struct load_verdict *r)
{
	int64_t place = 0;
	bool known = s->first < s->n && find(s, r->unknown < UNKNOWN_MAX, delay, &place);

	r->unknown += !known;
	for (uint32_t i = s->first; i < s->n && counts(v, &s->ear->heard[i]); i++) {
		int64_t late;

		if (i > s->first)
			place += (int64_t)wire_seq_diff(s->ear->heard[i - 1].seq, s->ear->heard[i].seq) * LOAD_FRAME;
		if (!known) {
			r->damaged++;
			continue;
		}
		judge_packet(s, i, &place, r);
		late = (undelayed(s, i) - place) * NS_A_SAMPLE;
		load_hist_add(&r->delay, late > 0 ? (uint64_t)late : 0);
	}
}

static int judge_ear(const struct load_voice *v, uint32_t leg, int64_t *delay, struct load_verdict *r,
		     struct en_err *err)
{
	const struct load_sound *sound = &v->b->calls->sound;
	const struct load_ear *e = &v->ear[leg];
	bool opus = leg % 2 == 0; /* what it hears */
	int16_t *pcm = malloc(((size_t)e->n + 1) * LOAD_FRAME * sizeof(*pcm));
	bool *good = calloc((size_t)e->n + 1, sizeof(*good));
	OpusDecoder *d = opus ? opus_decoder_create(8000, 1, NULL) : NULL;
	struct ear_state s = {.ear = e,
			      .ref = opus ? sound->pcmu_heard : sound->opus_heard,
			      .ref_n = (int64_t)sound->frames * LOAD_FRAME,
			      .pcm = pcm,
			      .good = good,
			      .n = e->n,
			      .least = alike_least[opus]};
	int rc = pcm && good && (d || !opus) ? 0 : en_fail(err, -1, "no memory to judge %u packets", e->n);

	for (uint32_t i = 0; rc == 0 && i < e->n; i++) {
		good[i] = decode(&e->heard[i], d, pcm + (size_t)i * LOAD_FRAME);
		if (!good[i]) {
			memset(pcm + (size_t)i * LOAD_FRAME, 0, LOAD_FRAME * sizeof(*pcm));
			r->wrong += counts(v, &e->heard[i]);
		}
		if (e->heard[i].at_ns < v->count_from_ns)
			s.first = i + 1;
	}
	if (rc == 0)
		judge_sound(v, &s, delay, r);
	if (d)
		opus_decoder_destroy(d);
	free(pcm);
	free(good);
	return rc;
}

int load_voice_judge(struct load_voice *v, struct en_err *err)
{
	uint64_t frames = (v->count_to_ns - v->count_from_ns) / LOAD_VOICE_FRAME_NS, gaps[2] = {0};
	int64_t delay[2] = {0};

	memset(v->verdict, 0, sizeof(v->verdict));
	for (unsigned int w = 0; w < 2; w++) {
		load_hist_init(&v->verdict[w].delay);
		v->verdict[w].expected = frames * v->calls;
	}
	for (uint32_t l = 0; l < 2 * v->calls; l++) {
		unsigned int w = (l ^ 1) % 2; /* who spoke */

		gaps[w] += count_numbers(v, &v->ear[l], &v->verdict[w]);
		if (judge_ear(v, l, &delay[w], &v->verdict[w], err) != 0)
			return -1;
	}
	for (unsigned int w = 0; w < 2; w++) {
		struct load_verdict *r = &v->verdict[w];
		uint64_t few = r->received < r->expected ? r->expected - r->received : 0;

		r->lost = few > gaps[w] ? few : gaps[w];
		r->alike = r->judged ? r->alike / (double)r->judged : 0;
	}
	return 0;
}
