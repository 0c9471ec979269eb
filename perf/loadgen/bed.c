/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bed.c - ports and clients of a command, and what comes in between and
 * during trials.
 */
#include "perf/loadgen/bed.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/rtp.h"
#include "perf/loadgen/stop.h"

#define RX_BURST       64
#define RX_TURN        4 /* full bursts in a row */
#define PREFETCH       4 /* packets ahead */
#define PREFETCH_BYTES 256
#define CHURNERS       20000 /* 5-tuples that churn goes round: a server may remember one for a while after its release */
#define KEEP_NS        (UINT64_C(120) * EN_NS_PER_S) /* permissions live 300 s (RFC 8656 s9) */
#define KEEP_WINDOW    4 /* renewals at a time during a trial */

/* --- open and close ---------------------------------------------------------------- */

static int open_clients(struct load_bed *b, struct en_err *err)
{
	const struct load_options *o = b->o;
	struct load_nic *peers = &b->nic[b->nic_n - 1];
	struct en_addr beyond = load_addr_plus(&o->address.addr, load_clients_addresses(o->clients));

	if (load_clients_init(&b->clients, o, &b->up, &o->address.addr, o->clients, err) != 0)
		return -1;
	load_nic_add(peers, &o->peer_address, 1);
	if (o->churn) {
		if (load_clients_init(&b->churners, o, &b->up, &beyond, CHURNERS, err) != 0)
			return -1;
		b->churners.window = CHURNERS;
	}
	if (load_nic_resolve(&b->nic[0], &o->server.addr, &b->up, err) != 0)
		return -1;
	b->down = b->up;
	return 0;
}

static int open_ends(struct load_bed *b, struct en_err *err)
{
	const struct load_options *o = b->o;
	uint8_t mac[6];

	b->up.nic = &b->nic[0];
	if (b->traffic->open)
		return b->traffic->open(b, err);
	if (o->command != LOAD_FORWARD && o->command != LOAD_STUN)
		return open_clients(b, err);
	for (unsigned int i = 0; i < b->nic_n; i++)
		load_nic_add(&b->nic[i], &o->address.addr, load_clients_addresses(o->clients));
	if (o->command == LOAD_STUN)
		return load_nic_resolve(&b->nic[0], &o->server.addr, &b->up, err);
	/* a forwarder may send to the destination's side without changing addresses */
	load_nic_add(&b->nic[b->nic_n - 1], &o->destination.addr, 1);
	if (!o->mac)
		return load_nic_resolve(&b->nic[0], &o->destination.addr, &b->up, err);
	if (!load_nic_parse_mac(o->mac, mac))
		return en_fail(err, -1, "--mac %s is no MAC address", o->mac);
	load_path_set(&b->up, &b->nic[0], o->destination.addr.family, mac);
	return 0;
}

int load_bed_open(const struct load_options *o, const struct load_traffic *traffic, struct load_bed **ret_bed,
		  struct en_err *err)
{
	struct load_bed *b = calloc(1, sizeof(*b));

	if (!b)
		return en_fail(err, -1, "no memory");
	b->o = o;
	b->traffic = traffic;
	if (load_nic_open(o, o->port, "port", &b->nic[0], err) != 0)
		goto fail;
	b->nic_n = 1;
	if (o->port2) {
		if (load_nic_open(o, o->port2, "port2", &b->nic[1], err) != 0)
			goto fail;
		b->nic_n = 2;
		if (o->command != LOAD_FORWARD)
			b->nic[1].on_link.addr = o->peer_address;
	}
	if (o->command == LOAD_RTP && load_rtp_open(b, err) != 0)
		goto fail;
	if (open_ends(b, err) != 0)
		goto fail;
	*ret_bed = b;
	return 0;
fail:
	load_bed_close(b);
	return -1;
}

void load_bed_close(struct load_bed *b)
{
	if (b->traffic->close)
		b->traffic->close(b);
	if (b->bound)
		load_bed_run(b, &b->clients, &load_plan_release);
	if (b->churners.plan) {
		b->churners.window = b->o->window;
		load_bed_run(b, &b->churners, &load_plan_release);
	}
	load_clients_free(&b->clients);
	load_clients_free(&b->churners);
	for (unsigned int i = 0; i < b->nic_n; i++)
		load_nic_close(&b->nic[i]);
	free(b->rtp);
	free(b);
}

/* --- receiving --------------------------------------------------------------------- */

/* Answers for clients; what is left is the traffic's. True: it was one. */
static bool take_answer(struct load_bed *b, const struct load_dgram *d, uint64_t now)
{
	struct load_clients *cs[] = {&b->clients, &b->churners};

	/* RFC 8489 s5: a success or error response begins with the bits 00 and has the class bit 0x0100 */
	if (d->len < WIRE_STUN_HDR_LEN || (d->data[0] & 0xc1) != 0x01)
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t at = cs[i]->n ? load_clients_at(cs[i], &d->dst) : 0;

		if (at < cs[i]->n) {
			load_clients_answer(cs[i], at, d->data, d->len, now);
			return true;
		}
	}
	return false;
}

/* The payload is read whole: what another CPU wrote of it shall be on its way. */
static void prefetch(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	for (unsigned int i = 0; i < PREFETCH_BYTES; i += RTE_CACHE_LINE_SIZE)
		rte_prefetch0(p + i);
}

/* The datagrams among the frames to the front; what is none is freed. */
static unsigned int parse(struct load_bed *b, const struct load_trial *t, struct load_nic *nic, struct rte_mbuf **m,
			  struct load_dgram *d, unsigned int n)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (i + PREFETCH < n)
			prefetch(m[i + PREFETCH]);
		if (!load_nic_dgram(nic, m[i], &d[kept])) {
			nic->foreign++;
			rte_pktmbuf_free(m[i]);
			continue;
		}
		if (t && b->traffic->peek)
			b->traffic->peek(b, t, &d[kept]);
		m[kept++] = m[i];
	}
	return kept;
}

static unsigned int receive_one(struct load_bed *b, struct load_trial *t, struct load_nic *nic)
{
	struct rte_mbuf *m[RX_BURST], *back[RX_BURST];
	struct load_dgram d[RX_BURST];
	unsigned int taken, done = 0, back_n = 0, n = load_nic_receive(nic, m, RX_BURST, &taken), sent;
	uint64_t now = n ? load_now() : 0;

	if (t)
		t->now = now;
	n = parse(b, t, nic, m, d, n);
	if (b->traffic->take_burst) {
		b->traffic->take_burst(b, t, d, n);
		rte_pktmbuf_free_bulk(m, n);
		return taken;
	}
	for (unsigned int i = 0; i < n; i++) {
		bool answer = take_answer(b, &d[i], now);

		if (!answer && !t)
			b->clients.strange++;
		if (!answer && t && b->traffic->take(b, t, m[i], &d[i]))
			back[back_n++] = m[i];
		else
			m[done++] = m[i];
	}
	rte_pktmbuf_free_bulk(m, done);
	sent = back_n ? load_nic_send(nic, back, back_n) : 0;
	rte_pktmbuf_free_bulk(back + sent, back_n - sent);
	return taken;
}

unsigned int load_bed_receive(struct load_bed *b, struct load_trial *t)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->nic_n; i++) {
		unsigned int turns = RX_TURN, got;

		do {
			got = receive_one(b, t, &b->nic[i]);
			n += got;
		} while (got == RX_BURST && --turns);
	}
	return n;
}

/* --- allocations ------------------------------------------------------------------- */

void load_bed_run(struct load_bed *b, struct load_clients *cs, const struct load_plan *plan)
{
	load_clients_begin(cs, plan);
	/* what is being given back is given back, whoever is in a hurry */
	while (load_clients_turn(cs, load_now()) && (plan == &load_plan_release || !load_stop()))
		load_bed_receive(b, NULL);
}

static const struct load_plan *renewal(const struct load_bed *b)
{
	return b->o->send ? &load_plan_repermit : &load_plan_rebind;
}

/* Peers on a port of their own send to where the allocations are: known only now. */
static int find_way_down(struct load_bed *b, struct en_err *err)
{
	struct load_nic *peers = &b->nic[b->nic_n - 1];

	if (b->down.nic == peers)
		return 0;
	return load_nic_resolve(peers, &b->clients.client[0].relayed.addr, &b->down, err);
}

int load_bed_bind(struct load_bed *b, struct en_err *err)
{
	uint64_t now = load_now();

	if (b->traffic->bind)
		return b->traffic->bind(b, err);
	if (b->clients.n == 0 || (b->bound && now - b->bound_ns < KEEP_NS))
		return 0;
	load_progress_doing("making allocations");
	b->clients.window = b->o->window;
	if (b->bound)
		load_bed_run(b, &b->clients, renewal(b));
	else
		load_bed_run(b, &b->clients, b->o->send ? &load_plan_permit : &load_plan_bind);
	b->bound = true;
	b->bound_ns = load_now();
	if (load_stop_check(err) != 0)
		return -1;
	if (b->clients.completed == b->clients.n)
		return find_way_down(b, err);
	load_clients_explain(&b->clients, err);
	return -1;
}

void load_bed_keep(struct load_bed *b, uint64_t now)
{
	if (b->traffic->keep) {
		b->traffic->keep(b, now);
	} else if (b->rebinding) {
		b->rebinding = load_clients_turn(&b->clients, now);
	} else if (b->bound && now - b->bound_ns >= KEEP_NS) {
		b->clients.window = KEEP_WINDOW;
		load_clients_begin(&b->clients, renewal(b));
		b->bound_ns = now;
		b->rebinding = true;
	}
}
