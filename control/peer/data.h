/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data.h - data channels in rooms: whose a channel is, where its messages go, what happens when somebody is slow.
 * docs/data.md is the contract with users.
 *
 *   source ── what messages come from and can be held up as a whole: an association, a program on the bridge
 *     └─ outlet ── one participant's end of a channel there
 *          ├─ of a topic: with the outlets of the same label and protocol in the room
 *          ├─ of a pipe: with one other outlet
 *          ├─ an echo
 *          └─ the control channel: signaling's
 *
 * An outlet knows nothing of SCTP: data_assoc.c and bridge/ say how one is sent to (struct cp_outlet_ops).
 *
 * Runs on:   the control loop.
 * Invariants
 *   R1  a message is given to each receiver once, or to nobody yet: whoever must be waited for is asked first.
 *   R2  what is held for a receiver is bounded (CP_HELD_MAX, and one message), and for how long (CP_WAIT_MS).
 *   R3  nobody is held up who did not say `full=wait` himself, or open the pipe's end that says so.
 *   R4  nobody takes up another's channels, or its time, with pipes: CP_PIPES of each, CP_PIPES_PER_S.
 *   R5  an outlet that has ended is unreachable at once, and freed when no event is under way.
 */
#ifndef CP_PEER_DATA_H
#define CP_PEER_DATA_H

#include <sys/queue.h>

#include "control/sctp/datachannel.h"

#define CP_HELD_MAX    1048576 /* bytes held for the channels of a source beyond their own queues */
#define CP_WAIT_MS     30000 /* a receiver that is waited for and takes nothing for so long is too slow */
#define CP_CHANNELS    256 /* of a connection */
#define CP_PIPES       32 /* from one participant to another */
#define CP_PIPES_PER_S 16
#define CP_PIPES_BURST 64
#define CP_QUEUE_BYTES 1048576 /* of a channel */

struct cp_hub;
struct cp_offer_section;
struct cp_outlet;
struct cp_peer;
struct cp_room;
struct cp_topic;

TAILQ_HEAD(cp_outlet_list, cp_outlet);
TAILQ_HEAD(cp_source_list, cp_source);
TAILQ_HEAD(cp_topic_list, cp_topic);
STAILQ_HEAD(cp_parked_list, cp_parked);

enum cp_full {
	CP_FULL_WAIT,
	CP_FULL_DROP,
	CP_FULL_CLOSE
};

enum cp_use {
	CP_USE_TOPIC,
	CP_USE_PIPE,
	CP_USE_ECHO,
	CP_USE_CONTROL
};

struct cp_outlet_ops {
	/* 0, or -EAGAIN: cp_outlet_writable() will be called; -EMSGSIZE; -EPIPE. from: a participant's id */
	int (*send)(void *arg, const char *from, bool binary, const uint8_t *bytes, uint32_t len);
	bool (*drop_oldest)(void *arg); /* of what waits there; false: nothing */
	void (*count_drop)(void *arg);
	uint32_t (*queued)(void *arg); /* bytes */
	void (*close)(void *arg); /* after what is queued; arg is not used any more */
};

struct cp_source {
	TAILQ_ENTRY(cp_source) of_list;
	struct cp_source_list
		*in; /* another source's `waiting`, the hub's `awake` or `resuming`; NULL: it goes on by itself */
	struct cp_peer *owner; /* the participant */
	struct cp_outlet_list outlets;
	struct cp_source_list waiting; /* who has something for one of them */
	uint32_t held_bytes; /* for all of them */
	unsigned int pipe_budget; /* pipes that it may open now, as of */
	uint64_t pipe_ms;
	void (*resume)(struct cp_source *s); /* its message again */
};

struct cp_outlet {
	TAILQ_ENTRY(cp_outlet) of_source, of_topic, of_hub; /* of_hub: of `stalled`, or of `ended` */
	struct cp_hub *hub;
	struct cp_peer *owner;
	struct cp_source *source;
	const struct cp_outlet_ops *ops;
	void *arg;
	const char *label; /* of the topic, or of whoever has `arg` */
	enum cp_use use;
	enum cp_full full;
	struct cp_topic *topic;
	struct cp_outlet *other; /* of a pipe; NULL: it is gone */
	struct cp_parked_list held;
	uint32_t held_n;
	uint32_t queued; /* at the last look: did it take any? */
	uint64_t progress_ms;
	bool closing; /* when what is held is sent */
	bool ended;
};

/* How the end of a pipe is opened on a participant that has no association. NULL: not at all. */
struct cp_door {
	struct cp_outlet *(*open)(struct cp_peer *p, const struct cp_channel_config *config, enum cp_full full);
};

struct cp_data_totals {
	uint64_t messages, bytes; /* that came */
	uint64_t delivered, dropped, too_big, too_slow, refused, no_participant;
	uint64_t associations, lost; /* ever made; packets for which the lane had no room */
};

/* --- outlet.c ------------------------------------------------------------------------ */

void cp_source_init(struct cp_source *s, struct cp_peer *owner, void (*resume)(struct cp_source *s));
/* All its outlets end; far ends are not told. */
void cp_source_fini(struct cp_source *s);
/* NULL: no memory. label: stays as long as it. */
struct cp_outlet *cp_outlet_make(struct cp_source *s, const char *label, enum cp_use use, enum cp_full full,
				 const struct cp_outlet_ops *ops, void *arg);
/* The far end closed it, or (tell) we do. */
void cp_outlet_end(struct cp_outlet *o, bool tell);
/* End it once what is held for it was sent. */
void cp_outlet_finish(struct cp_outlet *o);
/* May it be given so many bytes now, or must its sender wait (which it does from now on)? */
bool cp_outlet_admits(struct cp_outlet *o, struct cp_source *sender, uint32_t len);
/* Give it a message, whatever comes of it. */
void cp_outlet_give(struct cp_outlet *o, enum cp_full full, const char *from, bool binary, const uint8_t *bytes,
		    uint32_t len);
/* It takes again. */
void cp_outlet_writable(struct cp_outlet *o);
/* The sender's message was not taken: it comes again when `o` takes. */
void cp_outlet_wait(struct cp_outlet *o, struct cp_source *sender);
/* Around each event from outside: R5; who waited goes on when the outermost leaves. */
void cp_outlets_enter(struct cp_hub *h);
void cp_outlets_leave(struct cp_hub *h);
/* R2: who takes nothing. Every tick. */
void cp_outlets_tick(struct cp_hub *h);

/* --- topic.c ----------------------------------------------------------------------------- */

/* A channel was opened by its owner: what it becomes. NULL: nothing, close it. id: of the stream, for channels that
 * were opened by nobody. */
struct cp_outlet *cp_outlet_open(struct cp_source *s, const struct cp_channel_config *config, uint16_t id,
				 const struct cp_outlet_ops *ops, void *arg);
/* It said something. False: not now; source->resume comes. */
bool cp_outlet_said(struct cp_outlet *o, bool binary, const uint8_t *bytes, uint32_t len);
/* Text on a control channel. False: it is not read, and closed. */
bool cp_outlet_tell(struct cp_outlet *o, const char *text, size_t len);
void cp_topic_leave(struct cp_outlet *o);

/* --- data_assoc.c: channels of a peer's association ------------------------------------------- */

/* What its offer says of data; NULL: nothing. False: there is no association left for it. */
bool cp_peer_data_want(struct cp_peer *p, const struct cp_offer_section *s);
/* The peer's connection is secured, or its offer is new: begin when it wants data and can. */
void cp_peer_data_begin(struct cp_peer *p);
/* Its association ends, its channels with it. */
void cp_peer_data_end(struct cp_peer *p);
void cp_peer_data_packet(struct cp_peer *p, const uint8_t *bytes, uint32_t len);
/* Its association ended by itself: what comes of the peer. True: it is gone. */
bool cp_peer_data_tick(struct cp_peer *p);
/* Can a channel be opened to this participant? */
bool cp_peer_data_is_there(const struct cp_peer *p);
/* The end of a pipe on that participant. NULL: none can be opened there. */
struct cp_outlet *cp_peer_data_open(struct cp_peer *p, const struct cp_channel_config *config, enum cp_full full);

/* --- companion.c: the second connection of a participant, for data ----------------------------------- */

/* As cp_offer_apply(): of the data connection of participant p, which is made when there is none. */
int cp_companion_offer(struct cp_peer *p, const char *sdp, size_t len, char *answer, size_t cap,
		       struct en_err *ret_warn, struct en_err *err);
void cp_companion_end(struct cp_peer *p);

#endif
