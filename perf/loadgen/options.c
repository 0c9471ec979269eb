/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options.c - turnpike-bench's command line: one table gives the names, the
 * subcommands that know them, the types, the ranges and the help.
 */
#include "perf/loadgen/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/shm/msg.h"
#include "perf/loadgen/payload.h"

#define LOAD_PEERS_MAX 8000
#define BROWSERS_MAX   LOAD_BROWSERS_MAX

enum kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_ADDR,
	KIND_PREFIX,
	KIND_EP,
	KIND_UINT,
	KIND_U64,
	KIND_REAL,
	KIND_SECONDS, /* written in seconds, kept in milliseconds */
	KIND_SIZES,
	KIND_DIRECTION,
	KIND_METHOD,
	KIND_ORDER,
	KIND_PROFILE,
	KIND_CALL_MODE,
};

struct spec {
	const char *name;
	unsigned int commands;
	enum kind kind;
	size_t offset;
	double min, max; /* of the numbers */
	const char *help;
};

#define AT(field)  offsetof(struct load_options, field)
#define TURN       LOAD_TURN
#define RELAYED    LOAD_RELAYED
#define STREAM     (LOAD_STREAM | LOAD_CALLS)
#define ALL        (STREAM | TURN | LOAD_DATA)
#define BROWSING   (LOAD_ROOMS | LOAD_DATA)
#define RATE_MAX   1e9
#define CLIENT_MAX 2000000

static const struct spec specs[] = {
	{"port", ALL, KIND_TEXT, AT(port), 0, 0,
	 "DEV    xdp:IFACE, memif:SOCKET,role=client, a PCI address, any DPDK device"},
	{"port2", RELAYED | LOAD_FORWARD, KIND_TEXT, AT(port2), 0, 0, "DEV    another one, for the peers' side"},
	{"address", ALL, KIND_PREFIX, AT(address), 0, 0, "A/LEN  of the first client; more follow when ports run out"},
	{"peer-address", RELAYED, KIND_ADDR, AT(peer_address), 0, 0, "A      of the peers; that of --address"},
	{"gateway", ALL, KIND_ADDR, AT(gateway), 0, 0, "A      where packets for other networks go"},
	{"cpu", ALL, KIND_UINT, AT(cpu), 0, 1023, "N      CPU of the generator; 0"},
	{"mtu", ALL, KIND_UINT, AT(mtu), 576, 9000, "B      1500"},
	{"buffers", ALL, KIND_UINT, AT(buffers), 1024, 4e6, "N      packet buffers of a port; 32768"},
	{"descriptors", ALL, KIND_UINT, AT(descriptors), 64, 32768, "N      per ring; 4096"},
	{"eal", ALL, KIND_TEXT, AT(eal), 0, 0, "WORDS  further words for DPDK's start"},
	{"server", TURN | LOAD_STUN, KIND_EP, AT(server), 0, 0, "A:P    the server"},
	{"user", TURN, KIND_TEXT, AT(user), 0, 0, "U      long-term credentials"},
	{"password", TURN, KIND_TEXT, AT(password), 0, 0, "P"},
	{"destination", LOAD_FORWARD, KIND_EP, AT(destination), 0, 0, "A:P    where the packets go"},
	{"mac", LOAD_FORWARD, KIND_TEXT, AT(mac), 0, 0, "MAC    of the next hop; else it is asked for"},
	{"http", BROWSING, KIND_EP, AT(http), 0, 0, "A:P    the server's [control] http, over the kernel's network"},
	{"token", BROWSING, KIND_TEXT, AT(token), 0, 0, "T      that it asks for"},
	{"publishers", LOAD_ROOMS, KIND_UINT, AT(publishers), 1, 64, "N      of each room; 1"},
	{"subscribers", LOAD_ROOMS, KIND_UINT, AT(subscribers), 1, BROWSERS_MAX,
	 "N      of each room; they receive all its publishers; 1"},
	{"rooms", LOAD_ROOMS, KIND_UINT, AT(rooms), 1, BROWSERS_MAX, "N      1"},
	{"video", LOAD_ROOMS, KIND_FLAG, AT(video), 0, 0,
	 "       publishers send VP8 video; so they do without --audio"},
	{"audio", LOAD_ROOMS, KIND_FLAG, AT(audio), 0, 0, "       publishers send Opus audio"},
	{"profile", LOAD_ROOMS | LOAD_CALLS, KIND_PROFILE, AT(profile), 0, 0,
	 "P      SRTP: gcm, cm (SHA1_80) or gcm256; the server's choice, and for calls cm"},
	{"ng", LOAD_CALLS, KIND_EP, AT(ng), 0, 0,
	 "A:P    the gateway's port of the ng protocol, over the kernel's network"},
	{"mode", LOAD_CALLS, KIND_CALL_MODE, AT(call_mode), 0, 0,
	 "M      relay (PCMU both sides), srtp (the same, SDES on one side), transcode (opus and PCMU; the search is "
	 "for calls), or codecs: no server, but what a CPU could do that only decodes and encodes; relay"},
	{"calls", LOAD_CALLS, KIND_UINT, AT(calls), 1, LOAD_CALLS_MAX, "N      calls that are set up; 100"},
	{"complexity", LOAD_CALLS, KIND_UINT, AT(complexity), 0, 10, "N      codecs: of the opus encoder; 5"},
	{"opus-rate", LOAD_CALLS, KIND_UINT, AT(opus_rate), 8000, 48000,
	 "HZ     codecs: at which opus is decoded and encoded: 8000, 12000, 16000, 24000 or 48000; 8000"},
	{"opus-channels", LOAD_CALLS, KIND_UINT, AT(opus_channels), 1, 2, "N      codecs: 1"},
	{"associations", LOAD_DATA, KIND_UINT, AT(associations), 1, BROWSERS_MAX, "N      connections with data; 1000"},
	{"channels", LOAD_DATA, KIND_UINT, AT(channels), 1, LOAD_CHANNELS_MAX,
	 "N      of each, in turn: reliable, unordered, maxRetransmits 0, with a lifetime; 4"},
	{"pairs", LOAD_DATA, KIND_FLAG, AT(pairs), 0, 0,
	 "       in rooms of two, each channel a topic; else each message is returned to its sender"},
	{"largest", LOAD_DATA, KIND_UINT, AT(largest), 0, 262144,
	 "B      of a message: sizes are mixed, up to 64 KiB; 65536"},
	{"reopen", LOAD_DATA, KIND_U64, AT(reopen), 0, 1e6, "R      channels/s of all are closed and opened anew; 1"},
	{"server-pid", LOAD_DATA, KIND_UINT, AT(server_pid), 1, 4194304,
	 "PID    turnpike on this machine: what memory its control process takes"},
	{"clients", ALL & ~(BROWSING | LOAD_CALLS), KIND_UINT, AT(clients), 1, CLIENT_MAX,
	 "N      clients (allocations, streams, flows); 100"},
	{"peers", RELAYED, KIND_UINT, AT(peers), 1, LOAD_PEERS_MAX, "N      peers, on consecutive ports; 1"},
	{"window", TURN | BROWSING, KIND_UINT, AT(window), 1, 4096,
	 "N      clients with a request outstanding, browsers that are being set up; 64"},
	{"size", RELAYED | LOAD_FORWARD | LOAD_ROOMS, KIND_SIZES, AT(size), 0, 0,
	 "LIST   payload bytes, in turn: 200 or 64x7,512x4,1200; 200"},
	{"burst", STREAM, KIND_UINT, AT(burst), 1, LOAD_BURST_MAX,
	 "N      packets of one client in a row, sent together; 1"},
	{"direction", RELAYED, KIND_DIRECTION, AT(direction), 0, 0, "D      up (client to peer), down, both, echo; up"},
	{"method", RELAYED, KIND_METHOD, AT(send), 0, 0, "M      channel or send (indications); channel"},
	{"order", RELAYED | LOAD_FORWARD, KIND_ORDER, AT(random), 0, 0,
	 "O      of the clients: sequential or random; sequential"},
	{"junk", LOAD_RELAY | LOAD_JUNK | LOAD_STUN, KIND_U64, AT(junk), 1, RATE_MAX,
	 "R      hostile packets/s beside the load"},
	{"churn", LOAD_RELAY | LOAD_JUNK, KIND_U64, AT(churn), 1, RATE_MAX,
	 "R      allocations/s beside the load, released at once"},
	{"rate", ALL, KIND_U64, AT(rate), 1, RATE_MAX,
	 "R      packets/s (rooms: of each stream; allocations/s; data: messages/s of each association; calls: of all, as "
	 "many as 20 ms packets make unless said) of a fixed-rate run"},
	{"seconds", ALL, KIND_SECONDS, AT(ms), 0.01, 86400, "S      its length; 5"},
	{"search", STREAM, KIND_FLAG, AT(search), 0, 0, "       highest rate at 0.5 %, 0.1 % and no loss"},
	{"curve", STREAM, KIND_FLAG, AT(curve), 0, 0, "       then loads of 10 % to 200 % of what the search found"},
	{"start", STREAM, KIND_U64, AT(search_start), 1, RATE_MAX,
	 "R      first rate of the search; 100000; rooms: of all streams together; 1000; transcode: calls; 10"},
	{"max", STREAM, KIND_U64, AT(search_max), 1, RATE_MAX, "R      highest rate of the search; 100000000"},
	{"width", STREAM, KIND_REAL, AT(search_width), 0.0001, 0.5, "F      relative precision of the search; 0.02"},
	{"votes", STREAM, KIND_UINT, AT(search_votes), 1, 10, "N      trials of a rate that must agree; 2"},
	{"trial", STREAM, KIND_SECONDS, AT(trial_ms), 0.01, 3600, "S      length of a search trial; 1"},
	{"runs", ALL & ~(LOAD_HOLD | LOAD_DATA), KIND_UINT, AT(runs), 1, 1000, "N      repetitions of it all; 1"},
	{"name", ALL, KIND_TEXT, AT(name), 0, 0, "TEXT   what the report calls it"},
	{"json", ALL, KIND_TEXT, AT(json), 0, 0, "FILE   the whole result; - is standard output, without the table"},
	{"html", ALL & ~LOAD_HOLD, KIND_TEXT, AT(html), 0, 0, "FILE   a report with charts"},
	{"quiet", ALL, KIND_FLAG, AT(quiet), 0, 0, "       no progress"},
};

#define SPECS (sizeof(specs) / sizeof(specs[0]))

static const struct {
	const char *name;
	enum load_command command;
	const char *help;
} commands[] = {
	{"relay", LOAD_RELAY, "packets through a TURN server, clients and peers at once"},
	{"allocate", LOAD_ALLOCATE, "authenticated allocations: storms, or a steady --rate"},
	{"hold", LOAD_HOLD, "allocations with permission and channel, kept until standard input ends"},
	{"forward", LOAD_FORWARD, "packets through a forwarder, port to port or back on the same port (RFC 2544)"},
	{"rtp", LOAD_RTP, "RTP streams through a TURN server, sequence and timestamps checked"},
	{"rooms", LOAD_ROOMS, "browsers that publish and subscribe: SRTP through the media server, DTLS and all"},
	{"data", LOAD_DATA, "browsers with data channels: SCTP, DTLS and all; messages come back and are checked"},
	{"calls", LOAD_CALLS, "calls of a SIP proxy through a media gateway (ng protocol): RTP, SRTP, codecs"},
	{"stun", LOAD_STUN, "Binding requests; what counts is the answers"},
	{"junk", LOAD_JUNK, "relay, with as many hostile packets beside it (or --junk R)"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *const directions[] = {
	[LOAD_UP] = "up", [LOAD_DOWN] = "down", [LOAD_BOTH] = "both", [LOAD_ECHO] = "echo"};

const char *load_direction_name(enum load_direction d)
{
	return directions[d];
}

static const char *const profiles[] = {"gcm", "cm", "gcm256"};
static const uint32_t profile_ids[] = {SHM_SRTP_GCM_128, SHM_SRTP_CM_SHA1_80, SHM_SRTP_GCM_256};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const char *load_profile_name(uint32_t profile)
{
	for (unsigned int i = 0; i < PROFILES; i++)
		if (profile_ids[i] == profile)
			return profiles[i];
	return "";
}

static const char *const call_modes[] = {[LOAD_CALL_RELAY] = "relay",
					 [LOAD_CALL_SRTP] = "srtp",
					 [LOAD_CALL_TRANSCODE] = "transcode",
					 [LOAD_CALL_CODECS] = "codecs"};

#define CALL_MODES (sizeof(call_modes) / sizeof(call_modes[0]))

const char *load_call_mode_name(enum load_call_mode m)
{
	return call_modes[m];
}

bool load_options_is_stream(const struct load_options *o)
{
	return (o->command & LOAD_STREAM) || (o->command == LOAD_CALLS && o->call_mode <= LOAD_CALL_SRTP);
}

void load_options_usage(void)
{
	fputs("usage: turnpike-bench COMMAND [--OPTION VALUE …]      turnpike-bench COMMAND --help\n"
	      "       turnpike-bench compare A.json B.json\n\n",
	      stdout);
	for (unsigned int i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].help);
	puts("  compare   two results: a verdict, with its spread");
}

static void usage_of(unsigned int command)
{
	printf("usage: turnpike-bench %s [--OPTION VALUE …]\n  %s\n\n", commands[command].name, commands[command].help);
	for (unsigned int i = 0; i < SPECS; i++)
		if (specs[i].commands & commands[command].command)
			printf("  --%-13s %s\n", specs[i].name, specs[i].help);
}

static int refuse(const struct spec *s, const char *text, const char *needed)
{
	fprintf(stderr, "turnpike-bench: --%s %s: %s\n", s->name, text, needed);
	return -1;
}

static int set_number(const struct spec *s, void *field, const char *text)
{
	char *end, needed[96];
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(v >= s->min && v <= s->max)) {
		snprintf(needed, sizeof(needed), "a number from %g to %g is needed", s->min, s->max);
		return refuse(s, text, needed);
	}
	switch (s->kind) {
	case KIND_UINT:
		*(unsigned int *)field = (unsigned int)v;
		break;
	case KIND_U64:
		*(uint64_t *)field = (uint64_t)v;
		break;
	case KIND_SECONDS:
		*(unsigned int *)field = (unsigned int)(v * 1000);
		break;
	default:
		*(double *)field = v;
	}
	return 0;
}

/* "64x7,512x4,1200": each size as often as said, in turn */
static int set_sizes(const struct spec *s, struct load_options *o, const char *text)
{
	const char *p = text;

	for (o->sizes = 0;;) {
		char *end;
		unsigned long size = strtoul(p, &end, 10), n = 1;

		if (end != p && *end == 'x')
			n = strtoul(end + 1, &end, 10);
		if (end == p || (*end != ',' && *end != '\0') || size < LOAD_PAYLOAD_MIN || size > LOAD_PAYLOAD_MAX ||
		    n == 0 || n > LOAD_SIZES_MAX - o->sizes)
			return refuse(s, text,
				      "sizes from 8 to 8900 are needed, SIZE or SIZExCOUNT, at most 16 in all");
		while (n--)
			o->size[o->sizes++] = (unsigned int)size;
		if (*end == '\0')
			return 0;
		p = end + 1;
	}
}

static int choose(const struct spec *s, const char *text, const char *const *words, unsigned int n)
{
	char needed[96] = "one of:";

	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
		snprintf(needed + strlen(needed), sizeof(needed) - strlen(needed), " %s", words[i]);
	}
	return refuse(s, text, needed);
}

static int set(const struct spec *s, struct load_options *o, const char *text)
{
	static const char *const methods[] = {"channel", "send"}, *const orders[] = {"sequential", "random"};
	void *field = (char *)o + s->offset;
	int rc;

	switch (s->kind) {
	case KIND_FLAG:
		*(bool *)field = true;
		return 0;
	case KIND_TEXT:
		*(const char **)field = text;
		return 0;
	case KIND_ADDR:
		return en_addr_parse(text, field) < 0 ? refuse(s, text, "not an address") : 0;
	case KIND_PREFIX:
		return en_prefix_parse(text, true, field) < 0 ? refuse(s, text, "not an address/length") : 0;
	case KIND_EP:
		return en_ep_parse(text, field) < 0 ? refuse(s, text, "not an address and port") : 0;
	case KIND_SIZES:
		return set_sizes(s, o, text);
	case KIND_DIRECTION:
		rc = choose(s, text, directions, 4);
		o->direction = rc < 0 ? LOAD_UP : (enum load_direction)rc;
		return rc < 0 ? -1 : 0;
	case KIND_PROFILE:
		rc = choose(s, text, profiles, PROFILES);
		o->profile = rc < 0 ? 0 : profile_ids[rc];
		return rc < 0 ? -1 : 0;
	case KIND_CALL_MODE:
		rc = choose(s, text, call_modes, CALL_MODES);
		o->call_mode = rc < 0 ? LOAD_CALL_RELAY : (enum load_call_mode)rc;
		return rc < 0 ? -1 : 0;
	case KIND_METHOD:
	case KIND_ORDER:
		rc = choose(s, text, s->kind == KIND_METHOD ? methods : orders, 2);
		*(bool *)field = rc == 1;
		return rc < 0 ? -1 : 0;
	default:
		return set_number(s, field, text);
	}
}

static int find_command(const char *name)
{
	for (unsigned int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return (int)i;
	return -1;
}

int load_options_parse(int argc, char **argv, struct load_options *ret_options)
{
	struct option longopts[SPECS + 2] = {0};
	struct load_options o = {
		.mtu = 1500,
		.buffers = 32768,
		.descriptors = 4096,
		.eal = "",
		.clients = 100,
		.peers = 1,
		.rooms = 1,
		.publishers = 1,
		.subscribers = 1,
		.associations = 1000,
		.channels = 4,
		.largest = 65536,
		.reopen = 1,
		.calls = 100,
		.complexity = 5,
		.opus_rate = 8000,
		.opus_channels = 1,
		.window = 64,
		.size = {200},
		.sizes = 1,
		.burst = 1,
		.ms = 5000,
		.search_max = 100000000,
		.search_width = 0.02,
		.search_votes = 2,
		.trial_ms = 1000,
		.runs = 1,
	};
	int command = find_command(argv[0]), i = 0;

	if (command < 0) {
		fprintf(stderr, "turnpike-bench: there is no command '%s'; `turnpike-bench help` lists them\n",
			argv[0]);
		return -1;
	}
	o.command = commands[command].command;
	o.name = commands[command].name;
	for (unsigned int k = 0; k < SPECS; k++) {
		longopts[k].name = specs[k].name;
		longopts[k].has_arg = specs[k].kind == KIND_FLAG ? no_argument : required_argument;
	}
	longopts[SPECS] = (struct option){.name = "help", .val = 'h'};
	opterr = 0;
	/* every other entry's value is 0, so getopt_long() returns 0 and tells the index */
	for (int rc; (rc = getopt_long(argc, argv, "", longopts, &i)) != -1;) {
		if (rc == 'h') {
			usage_of((unsigned int)command);
			return 1;
		}
		if (rc != 0) {
			fprintf(stderr,
				"turnpike-bench: %s knows no %s, or it lacks its value; --help lists what there is\n",
				argv[0], argv[optind - 1]);
			return -1;
		}
		if (!(specs[i].commands & o.command)) {
			fprintf(stderr, "turnpike-bench: %s knows no --%s; --help lists what there is\n", argv[0],
				specs[i].name);
			return -1;
		}
		if (set(&specs[i], &o, optarg) < 0)
			return -1;
	}
	if (optind != argc) {
		fprintf(stderr, "turnpike-bench: unexpected argument '%s'\n", argv[optind]);
		return -1;
	}
	if (load_options_check(&o) < 0)
		return -1;
	*ret_options = o;
	return 0;
}
