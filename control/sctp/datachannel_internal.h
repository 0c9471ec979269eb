/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_internal.h - what the files of the data channels share.
 *
 *   datachannel.c         cp_data: life, what the association tells, the timer, counters
 *   datachannel_stream.c  the streams of an association: whose each is, resets
 *   datachannel_open.c    channels come: OPEN, ACK, negotiated ones, implicit ones
 *   datachannel_channel.c a channel: life, closing, accessors
 *   datachannel_in.c      messages in, and those that wait for their OPEN
 *   datachannel_queue.c   messages out: queues, turns, `writable`
 *
 * Every way in (a function of datachannel.h that may cause events, an event of assoc.h, the timer) runs between
 * cp_data_enter() and cp_data_leave(): what is given up meanwhile is freed by the last leave, so that a pointer that a
 * caller up the stack holds stays readable. After an event `dead` may be set, and any channel gone.
 */
#ifndef CP_SCTP_DATACHANNEL_INTERNAL_H
#define CP_SCTP_DATACHANNEL_INTERNAL_H

#include "control/sctp/datachannel.h"
#include "engine/wire/dcep.h"

#define CP_DATA_OPEN_WAIT_MS   500 /* that an OPEN may come behind its channel's messages */
#define CP_DATA_RESET_RETRY_MS 200
#define CP_DATA_RESET_DENIED   8 /* so often, then the stream is left alone for good */
#define CP_DATA_HELD           32 /* messages without an OPEN, of an association */
#define CP_DATA_HELD_BYTES     CP_DATA_MESSAGE_MAX
#define CP_DATA_SHARE          4096 /* bytes that a channel may queue whatever the others have queued */

/* Our half of a stream. */
enum cp_stream_out {
	CP_STREAM_READY,
	CP_STREAM_WANTED, /* to be reset */
	CP_STREAM_ASKED, /* the far end has not answered */
	CP_STREAM_STUCK /* it denies it: never used again */
};

/*
 * C1: ours to use when there is no channel, out is READY and in_wait is not set.
 * The far end may use it again before we know that it granted our reset (the answer was lost, RFC 8831 s6.7): a channel
 * may be there while out is ASKED; its queue waits.
 */
struct cp_stream {
	struct cp_channel *channel;
	uint8_t out; /* enum cp_stream_out */
	uint8_t denied;
	bool again; /* one more reset after the one that is ASKED */
	bool in_wait; /* the far end's half is to be reset by it; what comes before is not read */
};

struct cp_message {
	STAILQ_ENTRY(cp_message) link;
	uint32_t ppid, len;
	uint8_t bytes[];
};

struct cp_held {
	TAILQ_ENTRY(cp_held) link;
	uint64_t since_ms;
	uint32_t ppid, len;
	uint16_t id;
	uint8_t bytes[];
};

enum cp_channel_state {
	CP_CHANNEL_OPENING,
	CP_CHANNEL_OPEN,
	CP_CHANNEL_CLOSING, /* by us: the queue is sent, then the stream is reset */
	CP_CHANNEL_GONE
};

TAILQ_HEAD(cp_channel_list, cp_channel);

struct cp_channel {
	TAILQ_ENTRY(cp_channel) link; /* one of cp_data's channels, closing, gone */
	TAILQ_ENTRY(cp_channel) turn; /* cp_data's waiting */
	TAILQ_ENTRY(cp_channel) wish; /* cp_data's wanting */
	struct cp_data *data;
	STAILQ_HEAD(, cp_message) queue;
	uint32_t deficit; /* bytes of its turn that are left */
	uint16_t id;
	uint8_t state; /* enum cp_channel_state */
	bool is_waiting, is_wanting, has_turn;
	bool is_unsent; /* our OPEN is still in the queue */
	bool is_known; /* to the owner: it is told of the end */
	uint32_t memory; /* of the queue: what the limits are about */
	struct cp_channel_config config;
	struct cp_channel_stats stats;
	void *user;
};

struct cp_data {
	struct cp_sctp *assoc;
	uv_loop_t *loop;
	uv_timer_t timer;
	const struct cp_data_events *events;
	void *arg;
	struct cp_data_limits limits;
	uint32_t remote_message_max;
	uint32_t stream_limit; /* ids below may be used */
	bool server, up, ended, dead;
	bool blocked; /* the owner takes in no messages */
	bool pumping, kicking, kick_again;
	bool poke; /* the timer shall come at once */
	unsigned int depth;

	struct cp_stream *stream; /* by id; grows with the ids in use */
	uint32_t stream_n;
	uint32_t wanted_n; /* streams in CP_STREAM_WANTED */
	uint32_t reset_at; /* where to look for the next one */
	uint64_t retry_ms; /* no reset is asked for before */

	struct cp_channel_list channels, closing, gone;
	struct cp_channel_list waiting; /* have something queued and may send it */
	struct cp_channel_list wanting; /* were told -EAGAIN */
	uint32_t channel_n; /* channels and closing */
	uint32_t wanting_n;
	uint64_t memory; /* of all queues */

	TAILQ_HEAD(, cp_held) held;
	uint32_t held_n, held_bytes;
	uint64_t opened, closed, refused;
};

/* --- datachannel.c --- */
void cp_data_enter(struct cp_data *d);
void cp_data_leave(struct cp_data *d);
void cp_data_count(struct cp_data *d, enum cp_refusal why);
/* What the timer does; now_ms: of uv_now(). */
void cp_data_tick(struct cp_data *d, uint64_t now_ms);

/* --- datachannel_stream.c --- */
/* NULL: never used, so that all of it is as new. */
struct cp_stream *cp_stream_find(const struct cp_data *d, uint16_t id);
/* NULL: no memory, or an id beyond CP_SCTP_STREAMS. The pointer is good until the next call. */
struct cp_stream *cp_stream_make(struct cp_data *d, uint16_t id);
bool cp_stream_is_free(const struct cp_data *d, uint16_t id);
/* The stream is reset in both directions: in ours by us, soon; in theirs when in_wait, by them. */
void cp_stream_end(struct cp_data *d, uint16_t id, bool in_wait);
void cp_stream_ask_resets(struct cp_data *d, uint64_t now_ms);
void cp_stream_on_reset(struct cp_data *d, uint16_t id, bool outgoing, bool denied);

/* --- datachannel_channel.c --- */
struct cp_channel *cp_channel_create(struct cp_data *d, uint16_t id, enum cp_channel_state state,
				     const struct cp_channel_config *config);
/* Out of every list, its queue thrown away; freed by the last leave. Its stream has no channel then. */
void cp_channel_bury(struct cp_channel *c);
/* Tells the owner, unless it closed it itself, and buries. */
void cp_channel_lose(struct cp_channel *c);
/* The queue of a CLOSING one is empty. */
void cp_channel_finish(struct cp_channel *c);
/* Something is wrong with it: counted, lost, its stream ended. */
void cp_channel_fail(struct cp_channel *c, enum cp_refusal why);
void cp_channel_establish(struct cp_channel *c);

/* --- datachannel_open.c --- */
void cp_data_on_dcep(struct cp_data *d, uint16_t id, const uint8_t *bytes, uint32_t len);
/* One that nobody opened. NULL: it was refused, or the owner closed it at once. */
struct cp_channel *cp_data_accept_implicit(struct cp_data *d, uint16_t id);
/* Count, and end whatever is on this id. */
void cp_data_refuse(struct cp_data *d, uint16_t id, enum cp_refusal why);

/* --- datachannel_in.c --- */
bool cp_data_on_message(struct cp_data *d, uint16_t id, uint32_t ppid, const uint8_t *bytes, uint32_t len);
/* Deliver what waits for this channel. */
void cp_held_release(struct cp_data *d, uint16_t id);
/* Deliver what waits for channels that are there; make channels for what has waited long enough. */
void cp_held_advance(struct cp_data *d, uint64_t now_ms);
void cp_held_drop(struct cp_data *d, uint16_t id);
bool cp_held_has(const struct cp_data *d, uint16_t id);

/* --- datachannel_queue.c --- */
/* Send or queue one of the protocol's own messages: before all others of its channel, never refused for want of room.
 */
int cp_queue_control(struct cp_channel *c, const uint8_t *bytes, uint32_t len);
/* Its queue may be sent from now on. */
void cp_queue_wait(struct cp_channel *c);
void cp_queue_forget(struct cp_channel *c);
/* Its owner waits for `writable` no more. */
void cp_queue_unwant(struct cp_channel *c);
/* Send what SCTP takes, tell those that wait for room. */
void cp_queue_kick(struct cp_data *d);

#endif
