/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bed.h - what all trials of a command share: the ports, the clients and the
 * kind of traffic that goes between them.
 */
#ifndef LOAD_BED_H
#define LOAD_BED_H

#include <jansson.h>

#include "perf/loadgen/client.h"
#include "perf/loadgen/trial.h"

struct load_bed;

/* A kind of traffic. */
struct load_traffic {
	/* --- around trials; any may be NULL: what the command's options say of TURN clients is done */
	int (*open)(struct load_bed *b, struct en_err *err);
	void (*close)(struct load_bed *b);
	int (*bind)(struct load_bed *b, struct en_err *err); /* before each trial: what it needs is there */
	void (*keep)(struct load_bed *b, uint64_t now); /* during a trial, now and then */
	/* How many receivers nothing has come to so far: trials are repeated for a while until there is none. */
	uint32_t (*silent)(const struct load_bed *b);
	void (*report)(const struct load_bed *b, json_t *result);

	/* --- inside a trial */
	/*
	 * The packet of this number, ready to send on *ret_nic. NULL: no buffer free
	 * (it will be asked for again).
	 */
	struct rte_mbuf *(*build)(struct load_bed *b, const struct load_trial *t, uint32_t seq,
				  struct load_nic **ret_nic);
	/* After each burst of build(): what is cheaper for many packets at a time. May be NULL. */
	void (*seal)(struct load_bed *b);
	/* What take() will read of a datagram's flow, on its way into the cache. May be NULL. */
	void (*peek)(const struct load_bed *b, const struct load_trial *t, const struct load_dgram *d);
	/*
	 * A datagram for one of our addresses. True: m was turned round and is to be sent back on
	 * the NIC that it came from; false: done with it.
	 */
	bool (*take)(struct load_bed *b, struct load_trial *t, struct rte_mbuf *m, const struct load_dgram *d);
	/* Instead of take(): a burst of datagrams at a time; between trials too, with t NULL. */
	void (*take_burst)(struct load_bed *b, struct load_trial *t, struct load_dgram *d, unsigned int n);
};

extern const struct load_traffic load_traffic_relay, load_traffic_forward, load_traffic_stun, load_traffic_rooms,
	load_traffic_calls;

struct load_calls;

struct load_bed {
	const struct load_options *o;
	const struct load_traffic *traffic;
	struct load_nic nic[LOAD_NICS_MAX];
	unsigned int nic_n;
	struct load_path up, down; /* to the server, as clients and as peers; forward uses up */
	struct load_clients clients; /* the load's; none for forward and stun */
	struct load_clients churners;
	bool bound, rebinding;
	uint64_t bound_ns;
	uint16_t tag; /* of the last trial */
	struct load_rooms *rooms; /* of load_traffic_rooms */
	struct load_data *data; /* of load_data() */
	void *voice; /* of load_voice(), during a trial */
	struct load_calls *calls; /* of load_traffic_calls and load_voice() */
	struct load_rtp *rtp; /* two a flow, up and down; NULL: the payload is not RTP */
};

int load_bed_open(const struct load_options *o, const struct load_traffic *traffic, struct load_bed **ret_bed,
		  struct en_err *err);
void load_bed_close(struct load_bed *b);

/* Receive what is there and answer, dispatch or drop it; returns the frames that came. t NULL: between trials. */
unsigned int load_bed_receive(struct load_bed *b, struct load_trial *t);
/* Send clients through a plan until it ends. */
void load_bed_run(struct load_bed *b, struct load_clients *cs, const struct load_plan *plan);
/* Allocations, permissions, channels as the options ask for: made, or, when they are old, renewed. */
int load_bed_bind(struct load_bed *b, struct en_err *err);
/* The same during a trial: one step, when it is time. Returns packets' worth of work. */
void load_bed_keep(struct load_bed *b, uint64_t now);
/* Hostile packet number i, from an address of ours that is no client's. */
void load_junk_send(struct load_bed *b, uint64_t i);

/* --- what follows from a packet's number ---------------------------------------- */

struct load_slot {
	uint32_t flow;
	uint32_t round; /* packets of this flow before, in sequential order; 0 in random order */
	bool down;
	uint32_t size;
};

/* Asked several times a packet: divisions only where there is something to divide. */
static inline struct load_slot load_slot(const struct load_options *o, uint32_t seq)
{
	uint32_t at = o->burst == 1 ? seq : seq / o->burst, n = o->clients;
	struct load_slot s = {.size = o->size[o->sizes == 1 ? 0 : seq % o->sizes], .down = o->direction == LOAD_DOWN};

	if (o->direction == LOAD_BOTH) {
		s.down = at & 1;
		at >>= 1;
	}
	if (o->random) {
		s.flow = (uint32_t)((load_mix(at) >> 32) * n >> 32);
	} else {
		s.flow = at % n;
		s.round = at / n;
	}
	return s;
}

#endif
