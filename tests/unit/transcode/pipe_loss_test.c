/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pipe_loss_test.c - recorded speech over bad paths: what comes out of a pipe against what came out of a clean one, and
 * against what would be heard if gaps were silent.
 *
 * The silent ones lose the same packets, but wait for every packet that comes. Lines that begin with | are the tables
 * of perf/results/transcode.md.
 */
#include "tests/unit/transcode/quality_kit.h"

#define MOST_MS 400 /* delay */

static const struct cp_codec opus_fec = {
	.kind = CP_CODEC_OPUS, .clock = 48000, .channels = 1, .complexity = -1, .fec = true, .loss = 5};

static const struct {
	const char *name;
	struct path path;
} paths[] = {
	{"5 % lost", {.lose_percent = 5}},
	{"5 % lost, 3 in a row", {.lose_percent = 5, .burst = 3}},
	{"50 ms of jitter", {.jitter_us = 50000}},
	{"both: 5 % lost, 50 ms of jitter", {.lose_percent = 5, .jitter_us = 50000}},
	{"3 in a row and jitter", {.lose_percent = 5, .burst = 3, .jitter_us = 50000}},
};

static const char *name_of(const struct cp_codec *c)
{
	return c->fec ? "opus with FEC" : cp_codec_name(c->kind);
}

static struct measure against(const struct heard *clean, const struct heard *is)
{
	return measured_in_pieces(clean->out, is->out, clean->n < is->n ? clean->n : is->n, clean->rate,
				  clean->rate * MOST_MS / 1000);
}

/* The packets that were lost, at the time of the clean run's sound of them, `late_ms` behind their sending. */
static struct gap_measure at_gaps(const struct heard *clean, const struct heard *is, const uint8_t *lost,
				  uint32_t late_ms)
{
	uint32_t rate = clean->rate, each = rate / 50, n = clean->n < is->n ? clean->n : is->n;
	uint32_t most = rate * MOST_MS / 1000, first = rate / 2 / each;
	struct gap_measure g = {.lag = 0};
	double best;

	g.lag = best_lag(clean->out, is->out, 3 * rate, 0, most, &best);
	for (uint32_t i = first; (i + 1) * each + rate + most < n; i++)
		if (lost[i])
			gap_measured(&g, clean->out, is->out, i * each + rate / 1000 * late_ms, rate, most);
	g.distance_db /= g.gaps;
	return g;
}

/* A pair of codecs, on a path without fault. */
struct pair {
	const struct cp_codec *a, *b;
	struct heard clean, whole; /* through a pipe; through the codecs alone */
	uint32_t clean_ms, whole_ms; /* from decoding to hearing */
};

/* A codec's own delay. */
static double own_ms(const struct cp_codec *c)
{
	uint32_t rate = cp_codec_rate(c), n;
	const int16_t *said = voice_at(rate, &n);
	int16_t *out = coded(c, c, said, 4 * rate, rate / 50, NULL, SILENCE);
	double best, ms = best_lag(said, out, 3 * rate, 0, rate / 50, &best) * 1000.0 / rate;

	free(out);
	return ms;
}

static uint32_t late_ms(const struct heard *h, const struct cp_codec *first)
{
	uint32_t n;
	const int16_t *said = voice_at(h->rate, &n);
	double best, ms = best_lag(said, h->out, 3 * h->rate, 0, h->rate / 10, &best) * 1000.0 / h->rate;

	return (uint32_t)lrint(ms - own_ms(first));
}

static void pair_open(struct pair *p, const struct cp_codec *a, const struct cp_codec *b)
{
	*p = (struct pair){.a = a, .b = b};
	p->clean = through_pipe(a, b, 20, (struct path){0});
	p->whole = through_codecs(a, b, 20, NULL);
	p->clean_ms = late_ms(&p->clean, a);
	p->whole_ms = late_ms(&p->whole, a);
}

static void pair_close(struct pair *p)
{
	heard_free(&p->clean);
	heard_free(&p->whole);
}

struct row {
	struct measure all, silent_all;
	struct gap_measure gaps, silent;
	struct cp_jitter_stats stats;
};

static double gap_correlation(const struct gap_measure *g)
{
	return g->cross / sqrt(g->energy * g->wanted);
}

static void print_row(const struct pair *p, unsigned int path, const struct row *r)
{
	print_message("| %s | %s | %s | %u | %.1f | %.3f | %.2f | %.2f | %.0f | %u |", name_of(p->a), name_of(p->b),
		      paths[path].name, (unsigned int)r->stats.lost, 100 * r->stats.concealment, r->all.correlation,
		      r->all.distance_db, r->silent_all.distance_db, r->all.delay_ms,
		      (unsigned int)(r->stats.cuts + r->stats.adds));
	if (r->gaps.gaps)
		print_message(" %.3f | %.1f | %.1f | %.1f |\n", gap_correlation(&r->gaps),
			      10 * log10(r->gaps.energy / r->gaps.wanted), r->gaps.distance_db, r->silent.distance_db);
	else
		print_message(" | | | |\n");
}

/* What was lost is what is concealed; and it is nearer to what was said than silence is. */
static void check_row(const struct pair *p, unsigned int path, const struct row *r)
{
	const struct path *w = &paths[path].path;
	double lost = r->stats.lost / ((double)p->clean.n / p->clean.rate * 50);

	assert_true(fabs(r->stats.concealment - lost) < 0.003);
	assert_true(r->all.delay_ms <= w->jitter_us / 1000 + 10);
	assert_true(r->all.distance_db <= r->silent_all.distance_db);
	if (!w->lose_percent) {
		assert_true(r->all.correlation > 0.999 && r->all.distance_db < 0.1);
		return;
	}
	assert_true(r->gaps.gaps > 20);
	assert_true(r->gaps.distance_db < r->silent.distance_db * (w->burst ? 0.97 : 0.6));
	if (!w->burst)
		assert_true(gap_correlation(&r->gaps) > (p->a->fec ? 0.95 : 0.65));
}

static void row(const struct pair *p, unsigned int path)
{
	struct heard bad = through_pipe(p->a, p->b, 20, paths[path].path);
	struct heard holes = through_codecs(p->a, p->b, 20, bad.lost);
	struct row r = {
		.all = against(&p->clean, &bad), .silent_all = against(&p->whole, &holes), .stats = bad.stats.jitter};

	if (paths[path].path.lose_percent) {
		r.gaps = at_gaps(&p->clean, &bad, bad.lost, p->clean_ms);
		r.silent = at_gaps(&p->whole, &holes, bad.lost, p->whole_ms);
	}
	print_row(p, path, &r);
	check_row(p, path, &r);
	heard_free(&bad);
	heard_free(&holes);
}

static void head(void)
{
	print_message(
		"| From | To | Path | Lost packets | Concealed %% | Correlation | Spectral distance dB | silent gaps | "
		"More delay ms | Stretched | In gaps: correlation | level dB | spectral distance dB | silent gaps |\n"
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

static void every_path(void **state)
{
	const struct cp_codec *const from[] = {&pcmu, &pcma, &g722, &opus, &opus_fec};
	struct pair p;

	(void)state;
	head();
	for (unsigned int i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		pair_open(&p, from[i], from[i]->kind == CP_CODEC_PCMU ? &pcma : &pcmu);
		for (unsigned int path = 0; path < sizeof(paths) / sizeof(paths[0]); path++)
			row(&p, path);
		pair_close(&p);
	}
}

static void every_pair(void **state)
{
	struct pair p;

	(void)state;
	head();
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int k = 0; k < 4; k++) {
			if (i == k)
				continue;
			pair_open(&p, quality_codecs[i], quality_codecs[k]);
			row(&p, 3);
			pair_close(&p);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path),
		cmocka_unit_test(every_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
