/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usrsctp_glue.c - usrsctp 0.9.5 without its threads: options, sockets, notifications.
 *
 * Runs on:   the control loop. usrsctp starts a thread of its own even so, for changes of local addresses; it waits
 *            for ever, because no address is ever taken away from the stack (cp_glue_know()) while it runs.
 * Invariants
 *   G1, G2 (glue.h)
 *
 * Specs:     RFC 9260, 3758, 6525, 7496, 8260; RFC 6458 (the socket interface); RFC 8831 s5, s6.
 */
#include "control/sctp/glue.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <usrsctp.h>

/* of usrsctp's own netinet/sctp.h, missing in the header that it installs */
#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 0x00001206
#endif
#ifndef SCTP_GET_SNDBUF_USE
#define SCTP_GET_SNDBUF_USE 0x00001101
#endif
struct buffer_use { /* struct sctp_sockstat */
	sctp_assoc_t id;
	uint32_t send, receive;
};
#define POLICY_ALL 0x000f /* SCTP_PR_SCTP_ALL */

#define HEADER 12 /* the common header, which usrsctp adds to the path MTU it is told */

/*
 * A far end may hold back a SACK for 200 ms (RFC 9260 s6.2; Chromium does), so a retransmission timer of less would
 * fire for nothing; the rest is an ordinary round trip. The upper bound keeps a connection that comes back after an
 * outage from waiting on, and with RETRIES in a row makes some 40 s: ICE's consent, 30 s (RFC 7675), comes first.
 */
#define RTO_MIN_MS     300
#define RTO_INITIAL_MS 500
#define RTO_MAX_MS     5000
#define RETRIES        10
#define SACK_DELAY_MS  20
#define INITIAL_CWND   10 /* packets (RFC 6928) */
#define BURST          10
#define CHUNK_ABOUT    1024 /* buffers over this: how many chunks a queue may have */

static struct cp_glue_calls calls;

static int on_output(void *address, void *packet, size_t len, uint8_t tos, uint8_t dont_fragment)
{
	(void)tos;
	(void)dont_fragment;
	calls.output((uintptr_t)address, packet, (uint32_t)len);
	return 0;
}

static void on_upcall(struct socket *so, void *arg, int flags)
{
	(void)so;
	(void)flags;
	calls.stirred((uintptr_t)arg);
}

static void set_defaults(const struct cp_sctp_limits *limits)
{
	uint32_t biggest = limits->send_buffer > limits->receive_buffer ? limits->send_buffer : limits->receive_buffer;

	/* A3. The order matters: ASCONF needs AUTH. */
	usrsctp_sysctl_set_sctp_auto_asconf(0);
	usrsctp_sysctl_set_sctp_asconf_enable(0);
	usrsctp_sysctl_set_sctp_auth_enable(0);
	usrsctp_sysctl_set_sctp_nrsack_enable(0);
	usrsctp_sysctl_set_sctp_pktdrop_enable(0);
	usrsctp_sysctl_set_sctp_ecn_enable(0); /* no ECN bits come through DTLS */
	usrsctp_sysctl_set_sctp_pr_enable(1);
	usrsctp_sysctl_set_sctp_reconfig_enable(1);
	usrsctp_sysctl_set_sctp_blackhole(2); /* no answer to what belongs to nobody */

	usrsctp_sysctl_set_sctp_rto_min_default(RTO_MIN_MS);
	usrsctp_sysctl_set_sctp_rto_initial_default(RTO_INITIAL_MS);
	usrsctp_sysctl_set_sctp_rto_max_default(RTO_MAX_MS);
	usrsctp_sysctl_set_sctp_init_rto_max_default(RTO_MAX_MS);
	usrsctp_sysctl_set_sctp_init_rtx_max_default(RETRIES);
	usrsctp_sysctl_set_sctp_assoc_rtx_max_default(RETRIES);
	usrsctp_sysctl_set_sctp_path_rtx_max_default(RETRIES);
	/* probes of a closed window count as retransmissions of one chunk: a reader that waits is no error */
	usrsctp_sysctl_set_sctp_max_retran_chunk(0);
	usrsctp_sysctl_set_sctp_delayed_sack_time_default(SACK_DELAY_MS);
	usrsctp_sysctl_set_sctp_initial_cwnd(INITIAL_CWND);
	usrsctp_sysctl_set_sctp_max_burst_default(BURST);
	/* or a burst that was cut short would shrink the window to what is in flight: a quarter of the rate at 50 ms */
	usrsctp_sysctl_set_sctp_use_cwnd_based_maxburst(0);
	/* RFC 3649: windows beyond 38 packets open faster and shrink less */
	usrsctp_sysctl_set_sctp_default_cc_module(SCTP_CC_HSTCP);
	usrsctp_sysctl_set_sctp_max_chunks_on_queue(biggest / CHUNK_ABOUT < 512 ? 512 : biggest / CHUNK_ABOUT);
}

int cp_glue_start(const struct cp_sctp_limits *limits, const struct cp_glue_calls *of)
{
	calls = *of;
	usrsctp_init_nothreads(0, on_output, NULL);
	usrsctp_enable_crc32c_offload();
	set_defaults(limits);
	return 0;
}

int cp_glue_stop(void)
{
	return usrsctp_finish() < 0 ? -EBUSY : 0;
}

void cp_glue_know(uintptr_t id)
{
	usrsctp_register_address((void *)id); // NOLINT(performance-no-int-to-ptr)
}

static struct sockaddr_conn address_of(uintptr_t id, uint16_t port)
{
	return (struct sockaddr_conn){
		.sconn_family = AF_CONN,
		.sconn_port = htons(port),
		.sconn_addr = (void *)id, // NOLINT(performance-no-int-to-ptr)
	};
}

static int option(struct socket *so, int name, const void *value, socklen_t len)
{
	return usrsctp_setsockopt(so, IPPROTO_SCTP, name, value, len);
}

static int set_association(struct socket *so)
{
	struct sctp_initmsg init = {.sinit_num_ostreams = CP_SCTP_STREAMS, .sinit_max_instreams = CP_SCTP_STREAMS};
	struct sctp_paddrparams path = {
		.spp_flags = SPP_PMTUD_DISABLE,
		.spp_pathmtu = CP_SCTP_MTU - HEADER,
	};
	/* whole streams only: nobody asks us for more streams or another TSN */
	struct sctp_assoc_value reset = {.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
	/* no I-DATA (A3): 0.9.5 loses reliable messages, or all that follow, when others on the association are given
	 * up (tests/unit/sctp/mixed_test.c) */
	struct sctp_assoc_value interleaving = {.assoc_value = 0};
	uint32_t yes = 1, interleave = 2;

	path.spp_address.ss_family = AF_CONN;
	if (option(so, SCTP_INITMSG, &init, sizeof(init)) || option(so, SCTP_PEER_ADDR_PARAMS, &path, sizeof(path)) ||
	    option(so, SCTP_NODELAY, &yes, sizeof(yes)) ||
	    option(so, SCTP_ENABLE_STREAM_RESET, &reset, sizeof(reset)) ||
	    option(so, SCTP_RECVRCVINFO, &yes, sizeof(yes)) ||
	    option(so, SCTP_FRAGMENT_INTERLEAVE, &interleave, sizeof(interleave)) ||
	    option(so, SCTP_INTERLEAVING_SUPPORTED, &interleaving, sizeof(interleaving)))
		return -errno;
	return 0;
}

static int subscribe(struct socket *so)
{
	static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_PARTIAL_DELIVERY_EVENT};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct sctp_event event = {.se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = types[i], .se_on = 1};

		if (option(so, SCTP_EVENT, &event, sizeof(event)))
			return -errno;
	}
	return 0;
}

static int set_socket(struct socket *so, const struct cp_sctp_limits *limits)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0}; /* close is ABORT, nothing stays behind */
	int send = (int)limits->send_buffer, receive = (int)limits->receive_buffer;

	if (usrsctp_set_non_blocking(so, 1) || usrsctp_setsockopt(so, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ||
	    usrsctp_setsockopt(so, SOL_SOCKET, SO_SNDBUF, &send, sizeof(send)) ||
	    usrsctp_setsockopt(so, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive)))
		return -errno;
	return 0;
}

int cp_glue_open(uintptr_t id, uint16_t local_port, uint16_t remote_port, const struct cp_sctp_limits *limits,
		 struct socket **ret_socket)
{
	struct sockaddr_conn local = address_of(id, local_port), remote = address_of(id, remote_port);
	struct socket *so = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	int rc;

	if (!so)
		return -ENOMEM;
	rc = set_socket(so, limits);
	if (rc == 0)
		rc = set_association(so);
	if (rc == 0)
		rc = subscribe(so);
	if (rc == 0 && usrsctp_set_upcall(so, on_upcall, (void *)id)) // NOLINT(performance-no-int-to-ptr)
		rc = -errno;
	if (rc == 0 && usrsctp_bind(so, (struct sockaddr *)&local, sizeof(local)))
		rc = -errno;
	if (rc == 0 && usrsctp_connect(so, (struct sockaddr *)&remote, sizeof(remote)) && errno != EINPROGRESS)
		rc = -errno;
	if (rc < 0) {
		usrsctp_close(so);
		return rc;
	}
	*ret_socket = so;
	return 0;
}

void cp_glue_close(struct socket *so)
{
	usrsctp_close(so);
}

void cp_glue_abort(struct socket *so, const char *why)
{
	struct sctp_sndinfo info = {.snd_flags = SCTP_ABORT};

	usrsctp_sendv(so, why, strlen(why), NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0);
	usrsctp_close(so);
}

void cp_glue_input(uintptr_t id, const uint8_t *packet, uint32_t len)
{
	usrsctp_conninput((void *)id, packet, len, 0); // NOLINT(performance-no-int-to-ptr)
}

void cp_glue_time_passed(uint32_t ms)
{
	usrsctp_handle_timers(ms);
}

/* --- reading --- */

static const char *end_of(int error)
{
	switch (error) {
	case 0:
		return "the far end shut the association down";
	case ECONNRESET:
	case ECONNREFUSED:
		return "the far end aborted the association";
	case ETIMEDOUT:
		return "the far end does not answer";
	case ECONNABORTED:
		return "given up: no answer any more, or what came breaks the protocol";
	default:
		return "the association is gone";
	}
}

static void read_association(const struct sctp_assoc_change *change, struct cp_glue_item *item)
{
	switch (change->sac_state) {
	case SCTP_COMM_UP:
		item->what = CP_GLUE_UP;
		item->streams_out = change->sac_outbound_streams;
		item->streams_in = change->sac_inbound_streams;
		break;
	case SCTP_RESTART:
		item->what = CP_GLUE_GONE;
		item->why = "the far end began anew";
		break;
	default: /* lost, shut down, never came: the next read says why */
		break;
	}
}

static void read_reset(const struct sctp_stream_reset_event *reset, struct cp_glue_item *item)
{
	item->what = CP_GLUE_RESET;
	item->outgoing = reset->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN;
	item->denied = reset->strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED);
	item->streams = reset->strreset_stream_list;
	item->stream_n = (uint32_t)((reset->strreset_length - sizeof(*reset)) / sizeof(uint16_t));
}

static void read_notification(const uint8_t *bytes, uint32_t len, struct cp_glue_item *item)
{
	const union sctp_notification *n = (const void *)bytes;

	if (len < sizeof(n->sn_header) || n->sn_header.sn_length > len)
		return;
	switch (n->sn_header.sn_type) {
	case SCTP_ASSOC_CHANGE:
		if (len >= sizeof(n->sn_assoc_change))
			read_association(&n->sn_assoc_change, item);
		break;
	case SCTP_STREAM_RESET_EVENT:
		if (n->sn_header.sn_length >= sizeof(n->sn_strreset_event))
			read_reset(&n->sn_strreset_event, item);
		break;
	case SCTP_PARTIAL_DELIVERY_EVENT:
		if (len >= sizeof(n->sn_pdapi_event)) {
			item->what = CP_GLUE_GIVEN_UP;
			item->stream = (uint16_t)n->sn_pdapi_event.pdapi_stream;
		}
		break;
	default:
		break;
	}
}

void cp_glue_read(struct socket *so, uint8_t *buffer, uint32_t size, struct cp_glue_item *ret_item)
{
	struct sctp_rcvinfo info = {0};
	socklen_t info_len = sizeof(info);
	unsigned int info_type = 0;
	int flags = 0;
	ssize_t n = usrsctp_recvv(so, buffer, size, NULL, NULL, &info, &info_len, &info_type, &flags);

	*ret_item = (struct cp_glue_item){.what = CP_GLUE_OTHER};
	if (n < 0 && errno == EWOULDBLOCK) {
		ret_item->what = CP_GLUE_EMPTY;
	} else if (n <= 0) {
		ret_item->what = CP_GLUE_GONE;
		ret_item->given_up = n < 0 && errno == ECONNABORTED;
		ret_item->why = end_of(n < 0 ? errno : 0);
	} else if (flags & MSG_NOTIFICATION) {
		read_notification(buffer, (uint32_t)n, ret_item);
	} else if (info_type == SCTP_RECVV_RCVINFO) {
		ret_item->what = CP_GLUE_DATA;
		ret_item->stream = info.rcv_sid;
		ret_item->ppid = ntohl(info.rcv_ppid);
		ret_item->first_tsn = info.rcv_tsn;
		ret_item->len = (uint32_t)n;
		ret_item->end = flags & MSG_EOR;
	}
}

/* --- sending --- */

int cp_glue_send(struct socket *so, const struct cp_sctp_out *how, const uint8_t *bytes, uint32_t len)
{
	static const uint16_t policy[] = {
		[CP_SCTP_RELIABLE] = SCTP_PR_SCTP_NONE,
		[CP_SCTP_RETRANSMITS] = SCTP_PR_SCTP_RTX,
		[CP_SCTP_LIFETIME] = SCTP_PR_SCTP_TTL,
	};
	struct sctp_sendv_spa spa = {
		.sendv_flags = SCTP_SEND_SNDINFO_VALID,
		.sendv_sndinfo =
			{
				.snd_sid = how->stream,
				.snd_flags = how->unordered ? SCTP_UNORDERED : 0,
				.snd_ppid = htonl(how->ppid),
			},
	};
	ssize_t n;

	if (how->reliability != CP_SCTP_RELIABLE) {
		spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
		spa.sendv_prinfo.pr_policy = policy[how->reliability];
		spa.sendv_prinfo.pr_value = how->value;
	}
	n = usrsctp_sendv(so, bytes, len, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0);
	if (n >= 0)
		return (uint32_t)n == len ? 0 : -EIO;
	if (errno == EWOULDBLOCK)
		return -EAGAIN;
	return errno == EMSGSIZE || errno == EINVAL || errno == ENOMEM ? -errno : -ENOTCONN;
}

uint32_t cp_glue_queued(struct socket *so)
{
	struct buffer_use use = {0};
	socklen_t len = sizeof(use);

	return usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_GET_SNDBUF_USE, &use, &len) == 0 ? use.send : 0;
}

int cp_glue_reset(struct socket *so, uint16_t stream)
{
	_Alignas(struct sctp_reset_streams) uint8_t bytes[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)] = {0};
	struct sctp_reset_streams *reset = (void *)bytes;

	reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
	reset->srs_number_streams = 1;
	reset->srs_stream_list[0] = stream;
	return option(so, SCTP_RESET_STREAMS, reset, sizeof(bytes)) ? -errno : 0;
}

void cp_glue_stats(struct socket *so, struct cp_sctp_stats *stats)
{
	struct sctp_status status = {0};
	struct sctp_prstatus pr = {.sprstat_policy = POLICY_ALL};
	socklen_t len = sizeof(status), pr_len = sizeof(pr);

	if (usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_STATUS, &status, &len) == 0) {
		stats->rtt_ms = status.sstat_primary.spinfo_srtt;
		stats->cwnd = status.sstat_primary.spinfo_cwnd;
		stats->window = status.sstat_rwnd;
		stats->send_queued = cp_glue_queued(so);
	}
	if (usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_PR_ASSOC_STATUS, &pr, &pr_len) == 0)
		stats->abandoned = pr.sprstat_abandoned_sent + pr.sprstat_abandoned_unsent;
}
