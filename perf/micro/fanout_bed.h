/* SPDX-License-Identifier: BSD-3-Clause */
/* fanout_bed.h - what the files of the forwarding benchmark share: rooms (fanout.c), packets (fanout_packet.c), the
 * primitive (fanout_bare.c). */
#ifndef PERF_MICRO_FANOUT_BED_H
#define PERF_MICRO_FANOUT_BED_H

#include "dataplane/media/media.h"
#include "perf/micro/bed.h"
#include "perf/micro/fanout.h"
#include "perf/micro/micro.h"

#define FANOUT_COPIES 6400 /* of a step, at most */
#define FANOUT_BURST  64

/* ids of the publishers' extensions, and of the receivers' */
enum {
	FANOUT_PUB_LEVEL = 1,
	FANOUT_PUB_SENT,
	FANOUT_PUB_MID = 4,
	FANOUT_SUB_LEVEL = 5,
	FANOUT_SUB_SENT,
	FANOUT_SUB_MID,
};

#define FANOUT_PT_IN  96
#define FANOUT_PT_OUT 120

static inline unsigned int fanout_publisher(const struct micro_fanout_options *o, unsigned int room)
{
	return room * (o->receivers + 1);
}

/* Of any session's keys: the far end's `out` is its rx. */
void fanout_material(const struct micro_fanout_options *o, unsigned int session, struct shm_msg_keys *ret_keys);
struct en_ep fanout_ep(unsigned int session);

/* fanout_packet.c: the publishers' packets. */
void fanout_packets_open(const struct micro_fanout_options *o);
void fanout_packets_close(void);
/* The next of each room in turn, encrypted, as frames. */
void fanout_packets_next(struct rte_mbuf **m, unsigned int n);
/* Dies when a copy is not what its receiver can read. */
void fanout_packets_check(struct rte_mbuf *m);

/* fanout_bare.c. Cycles for n packets. */
void fanout_bare_open(const struct micro_fanout_options *o);
void fanout_bare_close(void);
uint64_t fanout_bare(unsigned int n);
uint64_t fanout_protect(unsigned int n);

#endif
