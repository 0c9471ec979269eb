/* SPDX-License-Identifier: BSD-3-Clause */
/* options_check.c - options that need or exclude each other, and what follows from them. */
#include <stdio.h>
#include <string.h>

#include "engine/shm/msg.h"
#include "perf/loadgen/options.h"
#include "perf/loadgen/payload.h"

#define SECTIONS_MAX 64 /* of an offer */
#define MEDIA_MIN    (LOAD_PAYLOAD_MIN + 2) /* rooms: behind VP8's descriptor */

static int complain(const char *what)
{
	fprintf(stderr, "turnpike-bench: %s\n", what);
	return -1;
}

static int check_signaling(const struct load_options *o)
{
	if (o->http.addr.family == EN_AF_NONE || o->http.port == 0)
		return complain("--http A:P is needed: the server's [control] http");
	if (o->token && strpbrk(o->token, "\r\n"))
		return complain("--token: a token is one line");
	return 0;
}

/* --rate is that of an association and becomes that of all. */
static int check_data(struct load_options *o)
{
	if (check_signaling(o) < 0)
		return -1;
	if (o->pairs && o->associations % 2)
		return complain("--pairs: an even number of --associations is needed");
	/* what is said to a channel that is closed comes to nobody; of the most that a connection may have none is
	 * free until one is closed */
	if (o->pairs || o->channels == LOAD_CHANNELS_MAX)
		o->reopen = 0;
	o->clients = o->associations;
	o->rate = (o->rate ? o->rate : 1) * o->associations;
	return 0;
}

/* What rooms are made of; --rate is that of a stream and becomes that of all. */
static int check_rooms(struct load_options *o)
{
	uint64_t browsers = (uint64_t)o->rooms * ((uint64_t)o->publishers + o->subscribers);

	if (check_signaling(o) < 0)
		return -1;
	if (!o->audio)
		o->video = true;
	if (o->publishers * (o->audio + o->video) > SECTIONS_MAX)
		return complain(
			"an offer has at most 64 media sections: fewer --publishers, or either --audio or --video");
	if (browsers > LOAD_BROWSERS_MAX)
		return complain("more than 100000 browsers: fewer --rooms, --publishers or --subscribers");
	for (unsigned int i = 0; i < o->sizes; i++)
		if (o->size[i] < MEDIA_MIN)
			return complain("--size: a media payload has at least 10 bytes here");
	o->clients = o->rooms * o->publishers * (o->audio + o->video);
	o->rate *= o->clients;
	return 0;
}

static bool is_opus_rate(unsigned int hz)
{
	return hz == 8000 || hz == 12000 || hz == 16000 || hz == 24000 || hz == 48000;
}

/* Of transcoded calls each has its 100 packets/s: what a search changes is how many there are. */
static int check_calls(struct load_options *o)
{
	if (o->call_mode == LOAD_CALL_CODECS)
		return is_opus_rate(o->opus_rate)
			       ? 0
			       : complain("--opus-rate: 8000, 12000, 16000, 24000 or 48000 is needed");
	if (o->ng.addr.family == EN_AF_NONE || o->ng.port == 0)
		return complain("--ng A:P is needed: where the gateway takes a proxy's commands");
	o->clients = 2 * o->calls;
	if (!o->profile)
		o->profile = SHM_SRTP_CM_SHA1_80;
	if (o->call_mode == LOAD_CALL_TRANSCODE) {
		if (o->rate || o->curve)
			return complain("a transcoded call has 100 packets/s: --calls N or --search instead of --rate");
		if (o->search_max > LOAD_CALLS_MAX)
			o->search_max = LOAD_CALLS_MAX;
	} else if (!o->rate && !o->search && !o->curve) {
		o->rate = UINT64_C(100) * o->calls;
	}
	return 0;
}

static uint64_t first_rate(const struct load_options *o)
{
	if (o->command == LOAD_CALLS && o->call_mode == LOAD_CALL_TRANSCODE)
		return 10;
	return o->command == LOAD_ROOMS ? 1000 : 100000;
}

int load_options_check(struct load_options *o)
{
	bool turn = o->command & LOAD_TURN;

	if (!o->search_start)
		o->search_start = first_rate(o);
	if (o->command == LOAD_CALLS && check_calls(o) < 0)
		return -1;
	if (o->command == LOAD_CALLS && o->call_mode == LOAD_CALL_CODECS)
		return 0;
	if (!o->port)
		return complain(
			"--port is needed: xdp:IFACE, memif:SOCKET,role=client, a PCI address or any DPDK device");
	if (o->address.addr.family == EN_AF_NONE)
		return complain("--address A/LEN is needed: the generator's own address on that port");
	if ((turn || o->command == LOAD_STUN) && o->server.addr.family != o->address.addr.family)
		return complain("--server A:P is needed, of the family of --address");
	if (turn && (!o->user || !o->password))
		return complain("--user and --password are needed: long-term credentials of the server");
	if (o->command == LOAD_FORWARD && o->destination.addr.family != o->address.addr.family)
		return complain("--destination A:P is needed, of the family of --address");
	if ((o->command & LOAD_STREAM) && !o->rate && !o->search && !o->curve)
		return complain("--rate R or --search is needed: what shall be measured?");
	if (o->command == LOAD_ROOMS && check_rooms(o) < 0)
		return -1;
	if (o->command == LOAD_DATA && check_data(o) < 0)
		return -1;
	if (o->command == LOAD_RTP && (o->random || o->direction == LOAD_ECHO))
		return complain("rtp goes in sequential order, up, down or both");
	for (unsigned int i = 0; i < o->sizes; i++) {
		if (o->command == LOAD_RTP && o->size[i] < LOAD_RTP_MIN)
			return complain("--size: an RTP packet has at least 20 bytes here");
		if (o->size[i] + 100 > o->mtu)
			return complain("--size is too large for --mtu: 100 bytes are kept for headers");
	}
	if (o->peer_address.family == EN_AF_NONE)
		o->peer_address = o->address.addr;
	if (o->curve && !o->rate)
		o->search = true; /* the curve is drawn around what it finds */
	if (o->command == LOAD_JUNK && !o->junk)
		o->junk = o->rate ? o->rate : o->search_start;
	if (o->rate / 1000.0 * o->ms > UINT32_MAX)
		return complain("--rate times --seconds is more than 4 billion packets: they could not be told apart");
	if (o->rate && o->rate * o->ms < 1000)
		return complain("--rate times --seconds is less than one packet");
	if (o->search_max / 1000.0 * o->trial_ms > UINT32_MAX)
		o->search_max = (uint64_t)UINT32_MAX * 1000 / o->trial_ms;
	if (o->search_start > o->search_max)
		o->search_start = o->search_max;
	return 0;
}
