/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel.h - the data channels of one association (RFC 8831, RFC 8832).
 *
 *   cp_data ── one far end: an SCTP association and its channels
 *     └─ cp_channel ── a pair of streams of one id
 *
 *   OPENING --ACK or first message--> OPEN --cp_channel_close(), or the far end resets--> CLOSING --both reset--> gone
 *      (one that the far end opened is OPEN at once)
 *
 * Runs on:   the control loop.
 * Invariants
 *   C1  an id is used again only when both directions were reset (RFC 8831 s6.7).
 *   C2  ids: even for the DTLS client, odd for the server (RFC 8832 s6); an OPEN with an id of ours (unless
 *       limits.any_id), or of a channel that exists, closes that id and is counted.
 *   C3  what a channel may hold unsent is bounded (limits.queue): cp_channel_send() says -EAGAIN beyond it.
 *   C4  the dummy byte of an empty message is never seen (PPID 56, 57).
 *   C5  channels of one association: limits.channels; one more is refused by resetting its stream, and counted.
 */
#ifndef CP_SCTP_DATACHANNEL_H
#define CP_SCTP_DATACHANNEL_H

#include <sys/queue.h>

#include "control/sctp/assoc.h"

#define CP_DATA_LABEL_MAX    256 /* with NUL; longer ones are refused */
#define CP_DATA_PROTOCOL_MAX 256
#define CP_DATA_MESSAGE_MAX  262144 /* what our answers say: a=max-message-size; nobody is sent more either */

struct cp_data;
struct cp_channel;

struct cp_data_limits {
	uint32_t channels; /* of one association */
	/* Bytes that a channel holds before SCTP takes them, 16 more for each message; a bigger message waits alone. */
	uint32_t queue;
	uint32_t total; /* the same of all channels together; 0: four times queue */
	/* Take an OPEN whose id is of our kind, when it is free: aiortc chooses by its ICE role, not as RFC 8832 s6
	 * says */
	bool any_id;
};

struct cp_channel_config {
	char label[CP_DATA_LABEL_MAX], protocol[CP_DATA_PROTOCOL_MAX]; /* UTF-8, may be empty; no NUL inside */
	bool unordered;
	enum cp_sctp_reliability reliability;
	uint32_t value; /* retransmissions or milliseconds */
	uint16_t priority; /* RFC 8832 s5.1: its share when several wait; 0 and 256 are normal */
	/* Told by us: messages came without an OPEN, so the far end has it `negotiated`; label and protocol are empty.
	 */
	bool implicit;
};

struct cp_channel_stats {
	uint64_t messages_in, bytes_in, messages_out, bytes_out;
	uint64_t dropped; /* by its owner's policy: cp_channel_count_drop() */
	uint32_t queued; /* bytes, as RTCDataChannel.bufferedAmount, without what SCTP has taken */
};

struct cp_data_stats {
	struct cp_sctp_stats sctp;
	uint32_t channels;
	uint64_t opened, closed, refused; /* refused: all reasons of refusals that concern channels */
	struct cp_refusals refusals;
};

struct cp_data_events {
	void (*up)(void *arg);
	/* The far end opened one (OPEN read, ACK sent or queued), or speaks on one that it negotiated with nobody
	 * (config.implicit); when an OPEN for such a one comes late, it is closed and opened again. */
	void (*opened)(void *arg, struct cp_channel *c);
	/* Ours was acknowledged. */
	void (*ready)(void *arg, struct cp_channel *c);
	/* False: not now; cp_data_resume() gives it again. Nothing else of this far end is delivered meanwhile. */
	bool (*message)(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len);
	/* After -EAGAIN: half of the queue is free again. A big message may get -EAGAIN once more. */
	void (*writable)(void *arg, struct cp_channel *c);
	/* Closed by the far end, or because the association ended; c is freed after it. Not for cp_channel_close()d
	 * ones. */
	void (*closed)(void *arg, struct cp_channel *c);
	/* The association ended: every channel's `closed` came before. Once. */
	void (*down)(void *arg, const char *why);
	void (*output)(void *arg, const uint8_t *bytes, uint32_t len); /* for DTLS */
};

/* server: our DTLS role (ids). remote_message_max: the far end's a=max-message-size (0: any size). */
int cp_data_create(struct cp_sctp_stack *s, bool server, uint16_t remote_port, uint32_t remote_message_max,
		   const struct cp_data_limits *limits, const struct cp_data_events *events, void *arg,
		   struct cp_data **ret_data, struct en_err *err);
/* Silent, but for the ABORT's `output`; allowed from within events. Memory goes when the loop has run once more. */
void cp_data_destroy(struct cp_data *d);
void cp_data_input(struct cp_data *d, const uint8_t *bytes, uint32_t len);
void cp_data_resume(struct cp_data *d);
bool cp_data_is_up(const struct cp_data *d);
void cp_data_stats(const struct cp_data *d, struct cp_data_stats *ret_stats);
/* All channels that are not closed, in the order in which they came: cp_data_next(d, NULL) is the first. */
struct cp_channel *cp_data_next(const struct cp_data *d, const struct cp_channel *c);

/* Open one: OPEN is sent when the association is up; messages may be sent at once. -ENOSPC: no id, or limits.channels;
 * -EINVAL: label or protocol are not UTF-8; -EPIPE: the association ended. */
int cp_channel_open(struct cp_data *d, const struct cp_channel_config *config, struct cp_channel **ret_channel,
		    struct en_err *err);
/* One that both sides agreed on otherwise (negotiated: true). -EEXIST, -EINVAL: beyond the streams. */
int cp_channel_negotiated(struct cp_data *d, uint16_t id, const struct cp_channel_config *config,
			  struct cp_channel **ret_channel, struct en_err *err);
/*
 * 0: sent or queued whole. -EAGAIN: limits.queue is used up, `writable` will come. -EMSGSIZE: more than the far end
 * takes (RFC 8841 s6.1), or CP_DATA_MESSAGE_MAX. -EPIPE: closing. -ENOMEM.
 */
int cp_channel_send(struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len);
/* What is queued is sent first; `c` is not the caller's any more. */
void cp_channel_close(struct cp_channel *c);
/* Its oldest queued message that SCTP has none of yet, away with it. False: there is none. */
bool cp_channel_drop_oldest(struct cp_channel *c);
void cp_channel_count_drop(struct cp_channel *c);
uint16_t cp_channel_id(const struct cp_channel *c);
const struct cp_channel_config *cp_channel_config(const struct cp_channel *c);
struct cp_data *cp_channel_data(const struct cp_channel *c);
void cp_channel_stats(const struct cp_channel *c, struct cp_channel_stats *ret_stats);
/* The owner's own: NULL at first. */
void cp_channel_set_user(struct cp_channel *c, void *user);
void *cp_channel_user(const struct cp_channel *c);

#endif
