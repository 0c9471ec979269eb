/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tell.c - a worker's end of its lane: taken over, let go, sent to.
 *
 * Runs on:   the worker of the core. Housekeeping's notes say when (ctl/lane.c).
 * Invariants
 *   T1  nothing is put while no control process is there: what one left behind
 *       it is not for the next one, which asks for everything (RESYNC).
 *   T2  the packet path writes to the event descriptor only when control sleeps, and
 *       never waits there: our end of it is ours alone (ctl/lane.c).
 */
#include <sys/socket.h>

#include "dataplane/media/media.h"

void dp_media_attach(struct dp_core *c, struct shm_lane *lane, int event_fd)
{
	struct dp_media *md = c->media;

	if (!md)
		return;
	if (md->attached)
		dp_media_detach(c);
	shm_tx_init(&md->up, &lane->up);
	shm_rx_init(&md->down, &lane->down);
	md->event_fd = event_fd;
	md->attached = true;
}

/* What control said before it went still counts: keys of a handshake that has ended are not sent twice. */
void dp_media_detach(struct dp_core *c)
{
	struct dp_media *md = c->media;

	if (!md || !md->attached)
		return;
	dp_media_commands(c, SHM_LANE_SLOTS);
	md->attached = false;
	md->resync.active = false;
}

bool dp_media_tell(struct dp_core *c, uint32_t type, const void *body, uint32_t len)
{
	struct dp_media *md = c->media;

	if (!md || !md->attached)
		return true;
	if (!shm_tx_put(&md->up, type, body, len)) {
		dp_count(c, CTR_LANE_FULL);
		return false;
	}
	dp_media_wake(md);
	return true;
}

uint32_t dp_media_up(struct dp_core *c, struct shm_handle session, const uint8_t *bytes, uint32_t len)
{
	struct dp_media *md = c->media;
	const struct shm_msg_packet head = {.session = session, .len = len};

	if (!md->attached)
		return DROP_PUNT_NOBODY;
	if (len > SHM_PACKET_MAX)
		return DROP_PUNT_SIZE;
	if (!shm_tx_put_packet_at(&md->up, SHM_MSG_RTP, &head, bytes))
		return DROP_PUNT_FULL;
	dp_count(c, CTR_PUNTED);
	return 0;
}

void dp_media_wake(struct dp_media *md)
{
	const uint8_t one = 1;

	/* one that is full is readable as well */
	if (shm_tx_must_wake(&md->up))
		(void)!send(md->event_fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
}
