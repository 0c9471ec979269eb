/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fanout.c - rooms of one publisher and many receivers in a real one-core world, and their packets through it.
 *
 *   rx ring ─► rx classify media_in srtp_in forward ─► srtp_out ip_out tx ─► tx ring
 *
 * Sessions, keys, tracks and routes are made by the functions that control's commands end in.
 */
#include "perf/micro/fanout_bed.h"

#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/media/flow.h"
#include "dataplane/step.h"
#include "engine/base/bytes.h"
#include "engine/shm/ufrag.h"

const char *const micro_fanout_node_name[MICRO_FANOUT_NODES] = {"rx",      "classify", "media_in", "srtp_in",
								"forward", "srtp_out", "ip_out",   "tx"};

static struct micro_fanout_options opt;
static const struct rte_node *node[MICRO_FANOUT_NODES];

void fanout_material(const struct micro_fanout_options *o, unsigned int session, struct shm_msg_keys *k)
{
	*k = (struct shm_msg_keys){.session = {.index = session, .generation = 1}, .profile = o->profile};
	memset(k->rx_salt, 0x11, sizeof(k->rx_salt));
	memset(k->tx_salt, 0x22, sizeof(k->tx_salt));
	en_store32(k->rx_key, 2 * session + 1);
	en_store32(k->tx_key, 2 * session + 2);
}

struct en_ep fanout_ep(unsigned int session)
{
	const uint8_t b[4] = {20, 0, (uint8_t)(session >> 8), (uint8_t)session};
	struct en_ep ep = {.port = (uint16_t)(1024 + session)};

	en_addr_set4(&ep.addr, b);
	return ep;
}

/* --- rooms -------------------------------------------------------------------------- */

static void done(uint32_t refusal, const char *what)
{
	if (refusal)
		micro_die("the bed's %s is refused: %u", what, refusal);
}

static void connect_session(unsigned int i)
{
	struct en_ep ep = fanout_ep(i);

	if (!dp_media_flow_checked(bed.core, i, &ep, 0))
		micro_die("no path for session %u", i);
	dp_session_checked(bed.core, i, &ep, 0, true);
}

static void make_session(unsigned int i)
{
	struct shm_msg_session s = {.session = {.index = i, .generation = 1}, .consent_ms = 3600000};
	struct shm_msg_keys k;

	shm_ufrag_make(0, i, i, s.ufrag);
	snprintf(s.pwd, sizeof(s.pwd), "passwordpassword%08u", i);
	fanout_material(&opt, i, &k);
	done(dp_session_set(bed.core, &s), "session");
	connect_session(i);
	done(dp_session_keys(bed.core, &k), "keys");
}

static void make_track(unsigned int room)
{
	bool video = opt.payload >= MICRO_FANOUT_VIDEO;
	struct shm_msg_track t = {
		.track = {.index = room, .generation = 1},
		.session = {.index = fanout_publisher(&opt, room), .generation = 1},
		.kind = video ? SHM_TRACK_VIDEO : SHM_TRACK_AUDIO,
		.mid = "0",
		.pt_n = 1,
		.pt[0] = {.pt = FANOUT_PT_IN,
			  .codec = video ? SHM_CODEC_VP8 : SHM_CODEC_OPUS,
			  .clock = video ? 90000 : 48000},
		.ssrc_n = 1,
		.ssrc[0] = 1 + room,
		.nack = video,
		.pli = video,
	};

	t.ext[SHM_EXT_MID] = FANOUT_PUB_MID;
	t.ext[SHM_EXT_ABS_SEND_TIME] = FANOUT_PUB_SENT;
	t.ext[SHM_EXT_LEVEL] = video ? 0 : FANOUT_PUB_LEVEL;
	done(dp_track_set(bed.core, &t), "track");
}

static void make_route(unsigned int room, unsigned int receiver)
{
	unsigned int i = room * opt.receivers + receiver;
	struct shm_msg_route r = {
		.route = {.index = i, .generation = 1},
		.track = {.index = room, .generation = 1},
		.session = {.index = fanout_publisher(&opt, room) + 1 + receiver, .generation = 1},
		.ssrc = 0x5000 + i,
		.mid = "3",
		.pt_n = 1,
		.pt[0] = {.in = FANOUT_PT_IN, .out = FANOUT_PT_OUT},
	};

	r.ext[SHM_EXT_MID] = FANOUT_SUB_MID;
	r.ext[SHM_EXT_ABS_SEND_TIME] = FANOUT_SUB_SENT;
	r.ext[SHM_EXT_LEVEL] = FANOUT_SUB_LEVEL;
	done(dp_media_route_set(bed.core, &r), "route");
}

static void make_rooms(void)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "[media]\nlisten = 198.18.0.2:3480\nmax-sessions = 2048\nmax-tracks = 64\nmax-routes = 2048\n"
		 "pace-rate = 100000\n" /* on the way, but nothing waits */
		 "max-caches = %u\n",
		 opt.rooms);
	bed_open_media(text);
	for (unsigned int i = 0; i < opt.rooms * (opt.receivers + 1); i++)
		make_session(i);
	for (unsigned int room = 0; room < opt.rooms; room++) {
		make_track(room);
		for (unsigned int r = 0; r < opt.receivers; r++)
			make_route(room, r);
	}
}

/* --- packets through it ----------------------------------------------------------------- */

/* Copies that came out; RTCP does too, now and then. */
static unsigned int take_out(bool check)
{
	struct rte_mbuf *out[BED_RING];
	unsigned int n = rte_ring_sc_dequeue_burst(bed.tx, (void **)out, BED_RING, NULL);
	unsigned int rtp = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (out[i]->pkt_len < opt.payload)
			continue;
		rtp++;
		if (check)
			fanout_packets_check(out[i]);
	}
	rte_pktmbuf_free_bulk(out, n);
	return rtp;
}

static uint64_t timed_step(void)
{
	struct rte_mbuf *m[FANOUT_BURST];
	uint64_t t0, cycles;

	fanout_packets_next(m, opt.burst);
	if (rte_ring_sp_enqueue_bulk(bed.rx, (void **)m, opt.burst, NULL) != opt.burst)
		micro_die("the rx ring is full");
	t0 = rte_rdtsc_precise();
	bed_step();
	cycles = rte_rdtsc_precise() - t0;
	bed.now_ns += (uint64_t)((double)cycles * 1e9 / micro_tsc_hz());
	return cycles;
}

/* The first packets ask for the gateway and wait, and are too many for that. */
static void settle(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		timed_step();
		bed_neighbour_fresh();
		bed_step();
		take_out(false);
	}
	timed_step();
	if (take_out(true) != opt.burst * opt.receivers)
		micro_die("packets were not forwarded");
}

void micro_fanout_open(const struct micro_fanout_options *o)
{
	if (o->burst == 0 || o->burst > FANOUT_BURST || o->burst * o->receivers > FANOUT_COPIES)
		micro_die("bursts of %u to %u receivers are too many", o->burst, o->receivers);
	micro_walk_close();
	micro_table_close();
	opt = *o;
	make_rooms();
	fanout_packets_open(o);
	fanout_bare_open(o);
	settle();
	for (unsigned int i = 0; i < MICRO_FANOUT_NODES; i++)
		node[i] = rte_graph_node_get_by_name(bed.core->graph_name, micro_fanout_node_name[i]);
}

void micro_fanout_close(void)
{
	fanout_bare_close();
	fanout_packets_close();
	bed_close();
}

/* Steps and what they stand against take turns, so that both meet the same machine. */
void micro_fanout_round(struct micro_fanout_result *ret)
{
	unsigned int n = opt.burst * opt.receivers, all = n * MICRO_FANOUT_STEPS;

	*ret = (struct micro_fanout_result){0};
	bed_neighbour_fresh();
	for (unsigned int i = 0; i < MICRO_FANOUT_NODES; i++)
		ret->node[i] = -(double)node[i]->total_cycles;
	for (unsigned int i = 0; i < MICRO_FANOUT_STEPS; i++) {
		ret->step += (double)timed_step();
		if (take_out(false) != n)
			micro_die("packets were lost");
		ret->bare += (double)fanout_bare(n);
		ret->protect += (double)fanout_protect(n);
	}
	for (unsigned int i = 0; i < MICRO_FANOUT_NODES; i++)
		ret->node[i] = (ret->node[i] + (double)node[i]->total_cycles) / all;
	ret->step /= all;
	ret->bare /= all;
	ret->protect /= all;
}
