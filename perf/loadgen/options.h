/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h - what one run of turnpike-bench is asked to do. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define LOAD_SIZES_MAX    16
#define LOAD_BROWSERS_MAX 100000
#define LOAD_CHANNELS_MAX 256 /* of an association */
#define LOAD_CALLS_MAX    12000 /* ports of one address: two for each of two legs */

/* One bit a subcommand: which options it knows. */
enum load_command {
	LOAD_RELAY = 1,
	LOAD_ALLOCATE = 2,
	LOAD_FORWARD = 4,
	LOAD_RTP = 8,
	LOAD_STUN = 16,
	LOAD_JUNK = 32,
	LOAD_HOLD = 64,
	LOAD_ROOMS = 128,
	LOAD_DATA = 256,
	LOAD_CALLS = 512,
};

#define LOAD_TURN    (LOAD_RELAY | LOAD_RTP | LOAD_JUNK | LOAD_ALLOCATE | LOAD_HOLD)
#define LOAD_RELAYED (LOAD_RELAY | LOAD_RTP | LOAD_JUNK)
#define LOAD_STREAM  (LOAD_RELAYED | LOAD_FORWARD | LOAD_STUN | LOAD_ROOMS)

/* What the gateway does to a call, or for CODECS what a server would do with its codecs alone. */
enum load_call_mode {
	LOAD_CALL_RELAY,
	LOAD_CALL_SRTP, /* SDES on the caller's side */
	LOAD_CALL_TRANSCODE, /* opus on the caller's side, PCMU on the other */
	LOAD_CALL_CODECS, /* no server */
};

enum load_direction {
	LOAD_UP, /* client to peer */
	LOAD_DOWN, /* peer to client */
	LOAD_BOTH, /* packets alternate */
	LOAD_ECHO, /* client to peer and back */
};

struct load_options {
	enum load_command command;

	/* where the packets leave */
	const char *port, *port2; /* device words as in a configuration; port2: the peers', or forward's receiver */
	struct en_prefix address; /* of the first client; the prefix says what is on-link */
	struct en_addr peer_address, gateway;
	const char *eal;
	unsigned int cpu, mtu, buffers, descriptors;

	/* whom they meet */
	struct en_ep server;
	const char *user, *password;
	struct en_ep destination; /* forward */
	struct en_ep http; /* rooms: signaling, over the kernel's network */
	const char *token;
	const char *mac; /* forward: of the next hop, when nobody answers for it */

	/* what they are */
	unsigned int clients, peers, window;
	unsigned int size[LOAD_SIZES_MAX], sizes; /* of the payload, taken in turn */
	unsigned int burst; /* packets of one client in a row, sent together */
	bool send; /* Send indications instead of ChannelData */
	bool random; /* clients in random order */
	enum load_direction direction;
	unsigned int rooms, publishers, subscribers; /* the latter of each room */
	bool audio, video;
	unsigned int associations, channels, largest; /* data: channels of each; bytes of a message */
	bool pairs;
	uint64_t reopen; /* channels/s, of all */
	unsigned int server_pid;
	uint32_t profile; /* enum shm_srtp_profile; 0: the server chooses */
	struct en_ep ng; /* calls: the gateway's commands, over the kernel's network */
	enum load_call_mode call_mode;
	unsigned int calls;
	unsigned int complexity, opus_rate, opus_channels; /* of LOAD_CALL_CODECS */
	uint64_t junk, churn; /* beside the load: hostile packets/s, allocations/s */

	/* how they are measured */
	uint64_t rate; /* fixed-rate run; 0: none */
	unsigned int ms; /* its length */
	bool search, curve;
	uint64_t search_start, search_max;
	double search_width;
	unsigned int search_votes, trial_ms;
	unsigned int runs;

	/* what becomes of the result */
	const char *name, *json, *html;
	bool quiet;
};

/* How many ends a packet is sent on to. */
static inline unsigned int load_options_copies(const struct load_options *o)
{
	return o->command == LOAD_ROOMS ? o->subscribers : 1;
}

/*
 * Read `argv` (argv[0] is the subcommand). 0; 1 when help was asked for and
 * printed; -1 after a line on stderr. Strings are borrowed from argv.
 */
int load_options_parse(int argc, char **argv, struct load_options *ret_options);
/* options_check.c: may the options stand together? Fills in what follows from them. 0, or -1 after a line on stderr. */
int load_options_check(struct load_options *o);
void load_options_usage(void);
const char *load_direction_name(enum load_direction d);
/* The word of --profile; "" for the server's choice. */
const char *load_profile_name(uint32_t profile);
const char *load_call_mode_name(enum load_call_mode m);
/* A command that is about packets/s at a loss limit, as stream.c has them. */
bool load_options_is_stream(const struct load_options *o);

#endif
