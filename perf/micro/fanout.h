/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fanout.h - forwarding with SRTP for each receiver, through the real graph, and beside it, in the same round, the
 * bare primitive of the library on as many packets of the same size.
 */
#ifndef PERF_MICRO_FANOUT_H
#define PERF_MICRO_FANOUT_H

#ifdef __cplusplus
extern "C" {
#endif

struct micro_fanout_options {
	unsigned int profile; /* enum shm_srtp_profile: GCM-128 or CM-SHA1-80 */
	unsigned int receivers; /* of each packet */
	unsigned int rooms; /* with one publisher each; packets of a burst come from them in turn */
	unsigned int payload; /* bytes; from MICRO_FANOUT_VIDEO on it is video, with a packet cache */
	unsigned int burst; /* received packets a step */
};

#define MICRO_FANOUT_STEPS 16u /* of a round */
#define MICRO_FANOUT_VIDEO 400u

enum micro_fanout_node {
	MICRO_FANOUT_RX,
	MICRO_FANOUT_CLASSIFY,
	MICRO_FANOUT_MEDIA_IN,
	MICRO_FANOUT_SRTP_IN,
	MICRO_FANOUT_FORWARD,
	MICRO_FANOUT_SRTP_OUT,
	MICRO_FANOUT_IP_OUT,
	MICRO_FANOUT_TX,
	MICRO_FANOUT_NODES
};
extern const char *const micro_fanout_node_name[MICRO_FANOUT_NODES];

struct micro_fanout_result { /* TSC cycles a copy */
	double step; /* the whole of it: receiving, forwarding, sending */
	double bare; /* the primitive, back to back, out of place, everything prepared */
	double protect; /* dp_srtp_protect() on the same */
	double node[MICRO_FANOUT_NODES];
};

void micro_fanout_open(const struct micro_fanout_options *o);
void micro_fanout_round(struct micro_fanout_result *ret);
void micro_fanout_close(void);

#ifdef __cplusplus
}
#endif

#endif
