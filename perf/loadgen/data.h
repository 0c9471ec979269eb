/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data.h - simulated browsers with data channels: associations, their channels, and what becomes of each message.
 *
 *   load_data ── all of it, with a loop for SCTP's timers
 *     └─ load_assoc ── a browser (ICE, DTLS) and an SCTP association on it
 *          └─ load_channel ── of one kind; what it sent and has not back yet
 *
 * A message comes back on its own channel (the room echo), or with --pairs at the same channel of the other
 * association of its room.
 *
 * Runs on:   the generator's thread, control/sctp included.
 * Invariants
 *   L1  of a reliable channel every message arrives exactly once, whole, in order where the channel has one; of any
 *       channel none arrives twice. What was under way when we closed a channel is neither (`cut`).
 *   L2  a message is late from when it was due, not from when it could be sent.
 */
#ifndef LOAD_DATA_H
#define LOAD_DATA_H

#include "control/sctp/datachannel.h"
#include "perf/loadgen/bed.h"
#include "perf/loadgen/browser.h"
#include "perf/loadgen/message.h"

#define LOAD_DATA_WINDOW 128 /* messages of a channel that may be under way */

/* Channel c of an association is of kind c % LOAD_KINDS. */
enum load_kind {
	LOAD_KIND_ORDERED, /* reliable */
	LOAD_KIND_UNORDERED, /* reliable */
	LOAD_KIND_ONCE, /* unordered, maxRetransmits 0 */
	LOAD_KIND_TIMED, /* ordered, maxPacketLifeTime LOAD_LIFETIME_MS */
	LOAD_KINDS
};
#define LOAD_LIFETIME_MS 500

struct load_tally {
	uint64_t sent, received, lost, twice, corrupt, disordered;
	uint64_t held; /* due, but too much was under way */
	uint64_t cut;
	uint64_t bytes_sent, bytes_received;
	struct load_hist latency;
};

struct load_sent {
	uint64_t due_ns;
	uint32_t seq;
	bool out; /* not back yet */
};

struct load_channel {
	struct load_assoc *assoc;
	struct cp_channel *channel; /* NULL: closed */
	uint32_t number;
	uint8_t kind; /* enum load_kind */
	bool ready, draining;
	uint32_t next; /* to be sent */
	uint32_t back; /* to come next, where there is order */
	uint32_t out; /* entries of sent[] */
	uint32_t small_out; /* those without a head, where they cannot be told apart */
	struct load_sent sent[LOAD_DATA_WINDOW];
};

enum load_assoc_state {
	LOAD_ASSOC_NEW,
	LOAD_ASSOC_SECURING, /* ICE, DTLS */
	LOAD_ASSOC_OPENING, /* SCTP, channels */
	LOAD_ASSOC_UP,
	LOAD_ASSOC_LOST,
};

struct load_assoc {
	struct load_data *of;
	struct load_browser *browser;
	struct cp_data *data;
	struct load_channel *channel;
	uint32_t ready_n, message_max, sctp_port;
	uint8_t state; /* enum load_assoc_state */
	uint64_t up_ns;
	char why[96]; /* of LOST */
};

struct load_data {
	const struct load_options *o;
	struct load_bed *bed;
	struct cp_dtls_context *context;
	uv_loop_t loop;
	bool has_loop;
	struct cp_sctp_stack *stack;
	struct load_browser *browser;
	struct load_assoc *assoc;
	struct load_channel *channel;
	uint32_t n, begun, oldest, up, lost;
	char name[32]; /* of the rooms of --pairs */
	bool resolved, loaded;
	uint64_t begun_ns, keep_ns;
	uint32_t keep_next;
	uint8_t *scratch;
	struct load_hist setup;
	uint64_t setup_ns;
	struct load_tally tally[LOAD_KINDS];
	uint64_t closed_by_server, reopened, reopen_asked, load_ns;
	uint64_t strange; /* messages of nobody */
	/* of the server's control process, KiB; 0: not known */
	int control_pid;
	uint64_t memory_before, memory_idle, memory_peak, memory_after;
	double control_cpu; /* share of one CPU while there was load */
};

/* --- data.c */
/* What is there to be received, and what time brings; returns the time. */
uint64_t load_data_step(struct load_data *d, bool may_sleep);

/* --- data_setup.c */
int load_data_set_up(struct load_data *d, struct en_err *err);

/* --- data_assoc.c: associations and channels */
extern const struct cp_data_events load_assoc_events;
/* The browser is connected: SCTP and all channels. */
int load_assoc_begin(struct load_assoc *a, struct en_err *err);
int load_channel_open(struct load_channel *c, struct en_err *err);
void load_assoc_lose(struct load_assoc *a, const char *why);

/* --- data_traffic.c: messages out and in */
/* The next message of this channel, due at that time. */
void load_channel_say(struct load_channel *c, uint64_t due_ns);
void load_channel_hear(struct load_channel *c, bool binary, const uint8_t *bytes, uint32_t len);
/* What is under way will not be waited for. cut: because we closed it; else it is lost. */
void load_channel_forget(struct load_channel *c, bool cut);
static inline bool load_channel_is_quiet(const struct load_channel *c)
{
	return c->out == 0 && c->small_out == 0;
}
static inline bool load_kind_is_reliable(unsigned int kind)
{
	return kind <= LOAD_KIND_UNORDERED;
}
const char *load_kind_name(unsigned int kind);

/* --- data_report.c */
void load_data_report(const struct load_data *d, json_t *result);
/* -1 with a sentence: L1 does not hold, or associations were lost. */
int load_data_judge(const struct load_data *d, struct en_err *err);

#endif
