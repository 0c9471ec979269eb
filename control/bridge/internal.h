/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * internal.h - what the files of this folder share. Nobody else includes it.
 */
#ifndef CP_BRIDGE_INTERNAL_H
#define CP_BRIDGE_INTERNAL_H

#include <jansson.h>
#include <uv.h>

#include "control/bridge/bridge.h"
#include "control/peer/hub.h"
#include "control/signal/signal.h"

#define CP_BRIDGE_CONNS   64
#define CP_BRIDGE_LINE    4096 /* a frame's first line */
#define CP_BRIDGE_QUEUE   (8u << 20) /* bytes that wait for one program */
#define CP_BRIDGE_BATCH   64 /* frames that the kernel is given at once */
#define CP_BRIDGE_IN_SIZE (CP_BRIDGE_LINE + CP_DATA_MESSAGE_MAX)

struct cp_bridge_conn;

struct cp_bridge_channel {
	TAILQ_ENTRY(cp_bridge_channel) of_conn;
	struct cp_bridge_conn *conn;
	json_int_t id; /* the program's are positive, ours negative */
	struct cp_channel_config config;
	struct cp_outlet *outlet;
	uint32_t queued;
	bool wants_room; /* was told -EAGAIN */
};

struct cp_bridge_frame {
	STAILQ_ENTRY(cp_bridge_frame) next;
	struct cp_bridge_channel *channel; /* whose message it is; NULL: nobody's (any more) */
	uint32_t len;
	char bytes[];
};

STAILQ_HEAD(cp_bridge_frames, cp_bridge_frame);

struct cp_bridge_conn {
	TAILQ_ENTRY(cp_bridge_conn) of_bridge;
	struct cp_bridge *bridge;
	uv_pipe_t pipe;
	uv_write_t write;
	struct cp_peer *peer; /* NULL: has not joined */
	struct cp_source source;
	struct cp_door door;
	TAILQ_HEAD(, cp_bridge_channel) channels;
	unsigned int channel_n;
	json_int_t last_id;
	bool ended, paused, reading;
	struct cp_bridge_frames queue, flying; /* flying: the kernel's */
	uint32_t queued; /* bytes of both */
	uint32_t in_len;
	char in[CP_BRIDGE_IN_SIZE];
};

struct cp_bridge {
	struct cp_control *ctl;
	uv_pipe_t *listener;
	TAILQ_HEAD(, cp_bridge_conn) conns;
	unsigned int conn_n;
	cp_bridge_calls *calls; /* NULL: there are none */
};

/* --- conn.c: bytes and frames ---------------------------------------------------------- */

void cp_bridge_accept(struct cp_bridge *b);
void cp_bridge_end(struct cp_bridge_conn *c);
/* Out of its room, channels and all; the participant itself is the caller's to end. */
struct cp_peer *cp_bridge_leave(struct cp_bridge_conn *c);
/* A frame for the program: `head` (taken over) and bytes. False: no memory, or head is NULL. */
bool cp_bridge_put(struct cp_bridge_conn *c, struct cp_bridge_channel *ch, json_t *head, const uint8_t *bytes,
		   uint32_t len);
void cp_bridge_frame_free(struct cp_bridge_conn *c, struct cp_bridge_frame *f);
/* Go on with what came and was not taken. */
void cp_bridge_resume(struct cp_source *s);

/* --- program.c: what it says ------------------------------------------------------------------ */

/* False: not now. */
bool cp_bridge_said(struct cp_bridge_conn *c, const json_t *head, const uint8_t *bytes, uint32_t len);
void cp_bridge_error(struct cp_bridge_conn *c, const char *code, const char *text, const json_t *ch);

/* --- channel.c --------------------------------------------------------------------------------- */

struct cp_bridge_channel *cp_bridge_channel_find(const struct cp_bridge_conn *c, json_int_t id);
void cp_bridge_channel_open(struct cp_bridge_conn *c, json_int_t id, const struct cp_channel_config *config);
void cp_bridge_channel_close(struct cp_bridge_channel *ch);
/* The end of somebody's pipe. */
struct cp_outlet *cp_bridge_on_pipe(struct cp_peer *p, const struct cp_channel_config *config, enum cp_full full);
/* Room was made: who waited for it? */
void cp_bridge_channels_wake(struct cp_bridge_conn *c);

#endif
