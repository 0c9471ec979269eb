/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * measure.c - see measure.h.
 *
 * Runs on:   the control loop; ask() on a thread of libuv's pool, with nothing but its struct and the runtime
 *            directory's name.
 * Invariants
 *   M1  one question at a time; what comes back is for legs that are still there, found by place and generation.
 *   M2  rows are read, not mapped, and no more of them than there can be sessions.
 */
#include "control/gateway/measure.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/gateway/emodel.h"
#include "control/gateway/inner.h"
#include "engine/shm/ctl.h"
#include "engine/shm/region.h"

#define EVERY_MS    2000
#define JUDGED_FROM 50 /* packets: a second of speech */
#define PTIME_MS    20 /* of what says nothing else */
#define VIDEO_CLOCK 90000

struct cp_gw_measuring {
	uv_work_t work;
	struct cp_gateway *g;
	bool running;
	uint64_t asked_ms;
	uint64_t max, n; /* rows */
	struct shm_row_session *row;
	struct en_err err;
};

/* --- on a thread ------------------------------------------------------------------ */

/* Exactly len bytes at an offset; false: fewer are there. */
static bool read_at(int fd, void *buf, size_t len, uint64_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, (char *)buf + got, len - got, (off_t)(at + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static void read_rows(struct cp_gw_measuring *m, int fd)
{
	struct shm_snapshot head;

	if (!read_at(fd, &head, sizeof(head), 0) || head.magic != SHM_MAGIC || head.kind != SHM_SNAP_SESSIONS ||
	    head.row_size != sizeof(*m->row) || head.row_n > m->max)
		return;
	m->row = calloc(head.row_n ? head.row_n : 1, sizeof(*m->row));
	if (m->row && read_at(fd, m->row, head.row_n * sizeof(*m->row), sizeof(head)))
		m->n = head.row_n;
}

static void ask(uv_work_t *work)
{
	const struct shm_ctl_request req = {.op = SHM_CTL_SNAPSHOT, .kind = SHM_SNAP_SESSIONS};
	struct cp_gw_measuring *m = work->data;
	struct shm_ctl_reply reply;
	int fd = -1, sock = shm_ctl_connect(m->g->ctl->conf->runtime_dir, &m->err);

	if (sock < 0)
		return;
	if (shm_ctl_call(sock, &req, &reply, &fd, &m->err) == 0 && fd >= 0) {
		read_rows(m, fd);
		close(fd);
	}
	close(sock);
}

/* --- on the loop ------------------------------------------------------------------- */

static void take_row(struct cp_gateway *g, const struct shm_row_session *row)
{
	const struct shm_handle h = {.index = row->index, .generation = row->generation};
	const struct cp_peer *p = cp_hub_at(g->hub, CP_PLACE_SESSION, row->core, h);
	struct cp_gw_leg *leg = p ? p->owner_leg : NULL;

	if (leg)
		leg->measure = (struct cp_gw_measure){
			.known = true,
			.jitter_us = row->jitter_us,
			.rx_packets = row->rx_packets,
			.rx_bytes = row->rx_bytes,
			.tx_packets = row->tx_packets,
			.tx_bytes = row->tx_bytes,
			.expected = row->rtp_expected,
			.received = row->rtp_received,
		};
}

static void answered(uv_work_t *work, int status)
{
	struct cp_gw_measuring *m = work->data;

	for (uint64_t i = 0; status == 0 && i < m->n; i++)
		take_row(m->g, &m->row[i]);
	free(m->row);
	m->row = NULL;
	m->n = 0;
	m->running = false;
}

void cp_gw_measuring_tick(struct cp_gw_measuring *m)
{
	struct cp_gateway *g = m->g;
	uint64_t now = cp_hub_now(g->hub);

	if (m->running || TAILQ_EMPTY(&g->calls) || !g->hub->synced || now - m->asked_ms < EVERY_MS)
		return;
	m->asked_ms = now;
	m->running = uv_queue_work(g->ctl->loop, &m->work, ask, answered) == 0;
}

struct cp_gw_measuring *cp_gw_measuring_create(struct cp_gateway *g)
{
	struct cp_gw_measuring *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->g = g;
	m->work.data = m;
	m->max = (uint64_t)g->ctl->conf->media.max_sessions * g->ctl->conf->dataplane.core_n;
	return m;
}

void cp_gw_measuring_destroy(struct cp_gw_measuring *m)
{
	while (m && m->running)
		uv_run(m->g->ctl->loop, UV_RUN_ONCE);
	free(m);
}

/* --- what it is worth ---------------------------------------------------------------- */

static const struct cp_pool_measure *pipe_of(const struct cp_gw_leg *leg)
{
	const struct cp_pool_measure *p =
		cp_pool_measure(leg->stream->call->gateway->pool, leg->stream->pipe[leg->side]);

	return p && p->is_sound ? p : NULL;
}

static uint64_t lost(const struct cp_gw_measure *m)
{
	return m->expected > m->received ? m->expected - m->received : 0;
}

/* The part of what its side said that the other one does not hear. */
static double loss(const struct cp_gw_leg *leg)
{
	const struct cp_pool_measure *p = pipe_of(leg);

	if (p)
		return p->sound.jitter.concealment;
	return leg->measure.expected ? (double)lost(&leg->measure) / (double)leg->measure.expected : 0;
}

/* Ours, and of the network what is known: round trips of both sides, when they tell; buffers of receivers at twice
 * the jitter. */
static double delay_ms(const struct cp_gw_leg *leg)
{
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	const struct cp_pool_measure *p = pipe_of(leg);
	uint32_t ptime = leg->ptime ? leg->ptime : PTIME_MS;

	if (!p)
		return ptime + 2 * leg->measure.jitter_us / 1000.0;
	return ptime + p->sound.jitter.delay_ms + (leg->report.rtt_us + other->report.rtt_us) / 2000.0 + PTIME_MS;
}

/* False: too little was heard of it, or it is not speech. */
static bool judge(const struct cp_gw_leg *leg, double *ret_mos)
{
	const struct cp_gw_leg *other = &leg->stream->leg[1 - leg->side];
	const struct cp_gw_known *codec = cp_gw_codec_of(leg), *far = cp_gw_codec_of(other);
	struct cp_emodel_codec e;
	double ie;

	if (!codec || codec->clock == VIDEO_CLOCK || leg->measure.expected < JUDGED_FROM)
		return false;
	e = cp_emodel_codec(codec->name);
	ie = e.ie + (leg->stream->pipe[leg->side] && far ? cp_emodel_codec(far->name).ie : 0);
	*ret_mos = cp_emodel_mos(cp_emodel_r(ie, e.bpl, 100 * loss(leg), delay_ms(leg)));
	return true;
}

/* Two digits are more than it is worth. */
static json_t *rounded(double v)
{
	return json_real((double)(long)(v * 100 + 0.5) / 100);
}

static json_t *pipe_json(const struct cp_gw_leg *leg, const struct cp_pool_measure *p)
{
	const struct cp_gw_known *far = cp_gw_codec_of(&leg->stream->leg[1 - leg->side]);
	const struct cp_jitter_stats *j = &p->sound.jitter;

	return json_pack("{s:s, s:f, s:I, s:I, s:I, s:I, s:I, s:I}", "to", far ? far->name : "?", "concealed",
			 j->concealment, "concealed_ms", (json_int_t)p->concealed_ms, "delay_ms",
			 (json_int_t)j->delay_ms, "target_ms", (json_int_t)j->target_ms, "packets",
			 (json_int_t)p->sound.packets_out, "keys", (json_int_t)p->sound.events, "cpu_ms",
			 (json_int_t)(p->cpu_us / 1000));
}

json_t *cp_gw_measure_json(const struct cp_gw_leg *leg)
{
	const struct cp_gw_known *codec = cp_gw_codec_of(leg);
	const struct cp_pool_measure *p = pipe_of(leg);
	const struct cp_gw_measure *m = &leg->measure;
	json_t *o = json_object();
	double mos;

	if (codec)
		json_object_set_new(o, "codec", json_string(codec->name));
	if (m->known)
		json_object_update_new(o, json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "rx_packets",
						    (json_int_t)m->rx_packets, "rx_bytes", (json_int_t)m->rx_bytes,
						    "tx_packets", (json_int_t)m->tx_packets, "tx_bytes",
						    (json_int_t)m->tx_bytes, "lost", (json_int_t)lost(m), "loss",
						    m->expected ? (double)lost(m) / (double)m->expected : 0.0,
						    "jitter_ms", rounded(m->jitter_us / 1000.0)));
	if (m->known && judge(leg, &mos))
		json_object_set_new(o, "mos", rounded(mos));
	if (leg->stream->pipe[leg->side] && leg->report.rtt_us)
		json_object_set_new(o, "rtt_ms", rounded(leg->report.rtt_us / 1000.0));
	if (p)
		json_object_set_new(o, "transcoding", pipe_json(leg, p));
	return o;
}

void cp_gw_measure_stats(const struct cp_gateway *g, struct cp_gateway_stats *stats)
{
	const struct cp_gw_call *c;
	double mos;

	stats->mos_worst = 0;
	TAILQ_FOREACH (c, &g->calls, of_gateway)
		for (unsigned int i = 0; i < 2 * c->stream_n; i++) {
			const struct cp_gw_leg *leg = &c->stream[i / 2].leg[i % 2];

			stats->legs += leg->peer != NULL;
			if (!leg->peer || !leg->measure.known || !judge(leg, &mos))
				continue;
			stats->judged++;
			stats->mos_sum += mos;
			if (stats->mos_worst == 0 || mos < stats->mos_worst)
				stats->mos_worst = mos;
			stats->loss_sum += (double)lost(&leg->measure) / (double)leg->measure.expected;
			stats->jitter_ms_sum += leg->measure.jitter_us / 1000.0;
		}
}
