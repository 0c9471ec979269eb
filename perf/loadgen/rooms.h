/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rooms.h - simulated browsers in rooms: publishers, and subscribers that receive all publishers of their room.
 *
 * Everything lies by arithmetic: browser i is a publisher below publisher_n, else a subscriber; both go round the
 * rooms. Sender (stream) f is sent by publisher f % publisher_n; audio comes before video. A load_slot's flow is a
 * sender, and each of its packets is expected once at each subscriber of its room.
 */
#ifndef LOAD_ROOMS_H
#define LOAD_ROOMS_H

#include "perf/loadgen/bed.h"
#include "perf/loadgen/browser.h"
#include "perf/loadgen/media.h"

#define LOAD_STREAM_NONE UINT32_MAX

/* What a subscriber receives under one SSRC. */
struct load_route {
	struct dp_srtp_stream srtp;
	uint32_t sender; /* whose packets came first; LOAD_STREAM_NONE: none yet */
	uint16_t last; /* highest sequence number */
	uint8_t pt;
};

struct load_rooms {
	const struct load_options *o;
	struct cp_dtls_context *context;
	struct dp_srtp *srtp;
	uint8_t *keys; /* two of each browser */
	struct load_browser *browser;
	uint32_t browser_n, publisher_n;
	struct load_sender *sender;
	uint32_t sender_n;
	/* of each subscriber route_n; SSRCs apart, to be looked through */
	struct load_route *route;
	uint32_t *ssrc;
	uint32_t route_n, carried; /* carried: routes of all that something came through */
	char name[32]; /* of the rooms, in front of their numbers: another one each time */

	bool bound, resolved;
	uint32_t begun, oldest, connected, failed; /* oldest: those before are connected */
	uint64_t begun_ns, keep_ns;
	uint32_t keep_next;
	struct load_hist setup; /* offer to keys */
	uint64_t setup_ns; /* of all together */

	/* built and not sealed yet */
	struct rte_mbuf *out[LOAD_BURST_MAX];
	struct dp_srtp_job job[LOAD_BURST_MAX];
	struct load_sender *from[LOAD_BURST_MAX];
	unsigned int out_n;
};

int load_rooms_open(struct load_bed *b, struct en_err *err);
void load_rooms_close(struct load_bed *b);
/* All browsers connected; once. */
int load_rooms_bind(struct load_bed *b, struct en_err *err);
/* Consent: now and then a check. */
void load_rooms_keep(struct load_bed *b, uint64_t now);
/* Whose local end this is; NULL: nobody's. */
struct load_browser *load_rooms_at(const struct load_bed *b, const struct en_ep *local);

static inline uint32_t load_rooms_room(const struct load_rooms *rs, uint32_t browser)
{
	return (browser < rs->publisher_n ? browser : browser - rs->publisher_n) % rs->o->rooms;
}

static inline uint32_t load_rooms_room_of_sender(const struct load_rooms *rs, uint32_t sender)
{
	return sender % rs->publisher_n % rs->o->rooms;
}

#endif
