/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * carry.c - messages of the link, up and down.
 *
 * Runs on:   the control loop, all of it.
 * Invariants
 *   C1  the loop is never held up: each core is listened to in turns of TURN messages, and what is
 *       left is taken up when others had theirs.
 *   C2  commands of a core arrive in the order in which they were sent: once one waits, all later ones do. So do
 * packets among themselves. C3  before the loop sleeps each ring has its flag set and was looked into after that
 * (lane.h). C4  whoever is called with a message may close the link: `up` is looked at after each call.
 */
#include "control/dp/internal.h"
#include "engine/base/random.h"

#define FLUSH_MS 1 /* what found the ring full is tried again: it is empty in so long */
#define TURN     256 /* messages of a core at a time */

/* --- messages up ----------------------------------------------------------------- */

static void on_resync_end(struct cp_link *l, unsigned int core, uint64_t token)
{
	if (token != l->token || l->synced)
		return;
	l->ended |= UINT32_C(1) << core;
	if (__builtin_popcount(l->ended) != (int)l->at.head.lane_n)
		return;
	l->synced = l->was_synced = true;
	l->events.on_synced(l->arg);
}

/* False: nothing more for now. */
static bool take_turn(struct cp_link *l, unsigned int core)
{
	struct shm_rx *rx = &l->at.core[core].up;
	struct shm_msg msg;
	unsigned int n = 0;

	shm_rx_awake(rx);
	while (n < TURN && l->up && shm_rx_take(rx, true, &msg)) {
		n++;
		if (msg.type == SHM_MSG_RESYNC_END)
			on_resync_end(l, core, msg.resync.token);
		else
			l->events.on_message(l->arg, core, &msg);
	}
	return n == TURN;
}

static void flush_queues(struct cp_link *l);

static void on_more(uv_idle_t *more)
{
	cp_carry(more->data);
}

void cp_carry(struct cp_link *l)
{
	bool left = false;

	for (unsigned int i = 0; l->up && i < l->at.head.lane_n; i++)
		left = take_turn(l, i) || left;
	for (unsigned int i = 0; l->up && !left && i < l->at.head.lane_n; i++)
		left = !shm_rx_sleep(&l->at.core[i].up); /* C3 */
	if (l->up && left)
		uv_idle_start(&l->more, on_more);
	else if (!l->closing)
		uv_idle_stop(&l->more);
	flush_queues(l);
}

/* --- messages down --------------------------------------------------------------- */

static void on_flush(uv_timer_t *flush)
{
	flush_queues(flush->data);
}

static void flush_queues(struct cp_link *l)
{
	bool left = false;

	for (unsigned int i = 0; l->up && i < l->at.head.lane_n; i++) {
		struct cp_core_end *end = &l->at.core[i];
		unsigned int n = end->queue.n ? cp_queue_flush(&end->queue, &end->down) : 0;

		n += end->packets.n ? cp_packets_flush(&end->packets, &end->down) : 0;
		if (n > 0)
			cp_attach_wake(&l->at, i);
		left = left || end->queue.n > 0 || end->packets.n > 0;
	}
	if (left && !uv_is_active((uv_handle_t *)&l->flush))
		uv_timer_start(&l->flush, on_flush, FLUSH_MS, 0);
}

bool cp_link_send(struct cp_link *l, unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	struct cp_core_end *end;

	if (!l->up || core >= l->at.head.lane_n || !(shm_msg_way(type) & SHM_MSG_WAY_DOWN) || shm_msg_has_bytes(type) ||
	    len != shm_msg_body(type))
		return false;
	end = &l->at.core[core];
	if (end->queue.n == 0 && shm_tx_put(&end->down, type, body, len)) {
		cp_attach_wake(&l->at, core);
		return true;
	}
	if (!cp_queue_put(&end->queue, type, body, len))
		return false;
	flush_queues(l);
	return true;
}

bool cp_link_inject(struct cp_link *l, const struct cp_place *session, const void *bytes, uint32_t len)
{
	struct cp_core_end *end;

	if (!l->up || session->core >= l->at.head.lane_n)
		return false;
	end = &l->at.core[session->core];
	if (end->packets.n == 0 && shm_tx_put_packet(&end->down, SHM_MSG_INJECT, session->h, bytes, len)) {
		cp_attach_wake(&l->at, session->core);
		return true;
	}
	if (!cp_packets_put(&end->packets, session->h, bytes, len))
		return false;
	if (!uv_is_active((uv_handle_t *)&l->flush))
		uv_timer_start(&l->flush, on_flush, FLUSH_MS, 0);
	return true;
}

bool cp_link_rtp(struct cp_link *l, const struct cp_place *leg, const void *bytes, uint32_t len)
{
	if (!l->up || leg->core >= l->at.head.lane_n ||
	    !shm_tx_put_packet(&l->at.core[leg->core].down, SHM_MSG_RTP, leg->h, bytes, len))
		return false;
	cp_attach_wake(&l->at, leg->core);
	return true;
}

bool cp_link_inject_to(struct cp_link *l, const struct cp_place *session, unsigned int listen, const struct en_ep *to,
		       const void *bytes, uint32_t len)
{
	const struct shm_msg_packet head = {.session = session->h, .len = len, .listen = listen, .remote = *to};

	if (!l->up || session->core >= l->at.head.lane_n ||
	    !shm_tx_put_packet_at(&l->at.core[session->core].down, SHM_MSG_INJECT_TO, &head, bytes))
		return false;
	cp_attach_wake(&l->at, session->core);
	return true;
}

void cp_carry_resync(struct cp_link *l)
{
	struct shm_msg_resync m;

	m.token = l->token = en_random64();
	l->ended = 0;
	l->asked_ms = uv_now(l->loop);
	for (unsigned int i = 0; i < l->at.head.lane_n; i++)
		(void)cp_link_send(l, i, SHM_MSG_RESYNC, &m, sizeof(m));
}
