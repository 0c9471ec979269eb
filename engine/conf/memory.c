/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.c - how much memory a configuration needs.
 *
 * An estimate from above, so that a configuration that passes the check also
 * starts: sizes per entry as in dataplane/table, hash slots at a load of at
 * most one half.
 */
#include "engine/conf/conf.h"

#define ALLOCATION_BYTES UINT64_C(448)
#define PERMISSION_BYTES UINT64_C(64)
#define CHANNEL_BYTES    UINT64_C(160)
#define SLOT_BYTES       UINT64_C(16)
#define SLOTS_PER_ENTRY  UINT64_C(2)
#define SESSION_BYTES    UINT64_C(14528) /* with SRTP keys, times of packets, paths of other cores' sessions */
#define LEG_BYTES        UINT64_C(2048) /* of a session that may be a leg of a call */
#define AGENT_BYTES      UINT64_C(768) /* of a full ICE agent's session: its checks under way */
#define TRACK_BYTES      UINT64_C(2816) /* with its streams */
#define ROUTE_BYTES      UINT64_C(512)
#define CACHE_BYTES      UINT64_C(790528) /* of a stream's last packets, and its list of missing ones */
#define LANE_BYTES       (UINT64_C(4) << 20)
#define MEDIA_BUFFERS    UINT64_C(4096) /* packets to receivers: as many, and as many for each core */
#define PORT_BYTES       UINT64_C(4) /* of the port map, a relay port and core */
#define BUFFER_BYTES     UINT64_C(2432)
#define BUFFER_OVERHEAD  UINT64_C(448) /* descriptor, headroom and link header of a large one */
#define BASE_BYTES       (UINT64_C(64) << 20) /* DPDK itself, rings, stacks */
#define MIB              (UINT64_C(1) << 20)

static uint64_t table(uint64_t entries, uint64_t bytes)
{
	return entries * (bytes + SLOTS_PER_ENTRY * SLOT_BYTES);
}

static uint64_t media_bytes(const struct conf *c, unsigned int core_n)
{
	const struct conf_media *media = &c->media;
	uint64_t core = table(media->max_sessions, SESSION_BYTES) + table(media->max_tracks, TRACK_BYTES) +
			table(media->max_routes, ROUTE_BYTES) + media->max_caches * CACHE_BYTES + LANE_BYTES +
			(media->ice_full ? media->max_sessions * AGENT_BYTES : 0);

	if (c->gateway.rtp_n > 0)
		core += media->max_sessions * LEG_BYTES;
	for (unsigned int i = 0; i < c->gateway.rtp_n; i++)
		core += PORT_BYTES * (c->gateway.rtp[i].port_max - c->gateway.rtp[i].port_min + 1u);
	return core_n * core + MEDIA_BUFFERS * (core_n + 1) * BUFFER_BYTES;
}

static uint64_t buffer_bytes(const struct conf_port *port)
{
	uint64_t large = port->mtu + BUFFER_OVERHEAD;

	return large > BUFFER_BYTES ? large : BUFFER_BYTES;
}

unsigned int conf_memory_need(const struct conf *c)
{
	const struct conf_turn *turn = &c->turn;
	uint64_t bytes = BASE_BYTES;

	if (turn->listen_n > 0) {
		bytes += table(turn->max_allocations, ALLOCATION_BYTES);
		bytes += table(turn->max_permissions, PERMISSION_BYTES);
		bytes += table(turn->max_channels, CHANNEL_BYTES);
	}
	if (c->media.listen_n > 0)
		bytes += media_bytes(c, c->dataplane.core_n);
	for (unsigned int i = 0; i < turn->relay_n; i++)
		bytes += PORT_BYTES * c->dataplane.core_n * (turn->relay[i].port_max - turn->relay[i].port_min + 1u);
	for (unsigned int i = 0; i < c->port_n; i++)
		bytes += buffer_bytes(&c->port[i]) * c->port[i].buffers;
	return (unsigned int)((bytes + MIB - 1) / MIB);
}
