/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl.h - the control socket between the dataplane and everybody else.
 *
 * A SOCK_SEQPACKET UNIX socket at RUNTIME-DIR/dataplane.sock. One request, one
 * reply; a reply may carry a file descriptor (SCM_RIGHTS).  Fixed-size
 * structs of one build; magic, version and sizes are checked on both sides.
 *
 *   REGION       -> read-only fd of the live pages (region.h)
 *   SNAPSHOT     -> fd of a fresh memfd with rows (below): allocations, neighbours, lanes, sessions
 *   TAP          -> fd of a tap (tap.h); the tap lives as long as the connection
 *   DRAIN        -> refuse new allocations from now on (SIGUSR1 does the same)
 *   LANES        -> read-write fd of the lanes (lane.h). The connection holds them until it closes;
 *                   another's request is refused (-EBUSY). Only root, the dataplane's own user and
 *                   [control] user may (SO_PEERCRED); -ENOTSUP without [media] listen.
 *   LANE_WAKE    -> the holder's: a socket; a byte sent into it wakes the worker of core `kind`
 *   LANE_EVENT   -> the holder's: a socket; readable when a worker woke control, one byte each time
 *
 * The last two are ends of socket pairs and not eventfds: an eventfd is one open file for both sides,
 * and a hostile one would make it blocking and leave the other waiting in a read or write for ever. Send
 * and receive with MSG_DONTWAIT.
 */
#ifndef SHM_CTL_H
#define SHM_CTL_H

#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/log.h"

#define SHM_CTL_MAGIC      0x4c435054u
#define SHM_CTL_SOCKET     "dataplane.sock"
#define SHM_PROGRAM_SOCKET "data.sock" /* the control process' own, for programs (docs/data.md) */

enum shm_ctl_op {
	SHM_CTL_REGION = 1,
	SHM_CTL_SNAPSHOT,
	SHM_CTL_TAP,
	SHM_CTL_DRAIN,
	SHM_CTL_LANES,
	SHM_CTL_LANE_WAKE,
	SHM_CTL_LANE_EVENT,
	SHM_CTL_N
};

enum shm_snapshot_kind {
	SHM_SNAP_ALLOCATIONS = 1,
	SHM_SNAP_NEIGHBOURS,
	SHM_SNAP_LANES,
	SHM_SNAP_SESSIONS,
};

/* What a tap takes. A zero field matches everything. */
struct shm_filter {
	struct en_prefix host; /* source or destination address; family 0 = any */
	uint16_t port; /* UDP source or destination port */
	uint8_t proto; /* 17, 1, 58; 0 any (ARP only when everything else is any, or proto 255) */
	uint8_t drops_only;
	uint8_t drop_set; /* 1: only this drop reason */
	uint8_t zero;
	uint16_t drop; /* enum shm_drop */
	uint32_t core_plus1; /* only this core; 0 any */
};

struct shm_ctl_request {
	uint32_t magic, version;
	uint32_t op; /* enum shm_ctl_op */
	uint32_t kind; /* SNAPSHOT: enum shm_snapshot_kind; TAP: bits SHM_TAP_* (tap.h); LANE_WAKE: core */
	uint64_t count; /* TAP: stop after so many packets; 0 no limit */
	uint32_t snaplen; /* TAP: bytes of each packet */
	uint32_t zero;
	struct shm_filter filter;
};

struct shm_ctl_reply {
	uint32_t magic, version;
	int32_t status; /* 0, or -errno with text */
	uint32_t has_fd;
	uint64_t size; /* of what the fd holds */
	char text[200];
};

/* Snapshot file: header, then row_n rows of row_size bytes. */
struct shm_snapshot {
	uint64_t magic; /* SHM_MAGIC */
	uint32_t kind, row_size;
	uint64_t row_n;
	uint64_t now_ms; /* the clock that expires_ms below counts on */
};

#define SHM_USER_MAX 64 /* shown; longer names are cut */

struct shm_row_allocation {
	uint32_t core, index, generation, zero;
	struct en_ep client, server, relay4, relay6; /* relay family NONE when absent */
	uint64_t age_ms, expires_ms; /* expires: from now */
	uint32_t permissions, channels;
	uint64_t to_peer_packets, to_peer_bytes, to_client_packets, to_client_bytes;
	char user[SHM_USER_MAX]; /* NUL-terminated, unescaped foreign bytes: print with care */
};

struct shm_row_neighbour {
	uint32_t core, port;
	struct en_addr addr;
	uint8_t mac[6];
	uint8_t state; /* enum shm_neigh_state */
	uint8_t zero;
	uint32_t held; /* packets waiting */
	uint64_t age_ms; /* since last confirmed */
};

/* One lane. Numbers are of the holder's time: they begin anew when a control process takes the lanes. */
struct shm_row_lane {
	uint32_t core, attached; /* 1: a control process holds the lanes, and the core knows */
	uint32_t pid; /* of that process, as its connection says; 0: none */
	uint32_t up_waiting, down_waiting; /* messages in the rings */
	uint32_t up_asleep, down_asleep; /* 1: control, the worker sleeps */
	uint32_t zero;
	uint64_t up_sent, up_full, up_bad; /* full: lost; bad: control's index was garbage */
	uint64_t down_received, down_bad; /* bad: not of msg.def's form, or garbage as above */
};

/* A media session. */
struct shm_row_session {
	uint32_t core, index, generation;
	uint32_t state; /* enum shm_session_state (msg.h) */
	uint32_t profile; /* enum shm_srtp_profile; 0: no keys yet */
	uint32_t paths; /* addresses that valid checks came from */
	uint32_t tracks, streams, routes; /* published; SSRCs received; received from others */
	uint32_t jitter_us; /* of a leg of a call: RFC 3550 s6.4.1, of what its far end sends */
	struct en_ep local, remote; /* remote: the nominated path; family 0: none */
	uint64_t heard_ms; /* since the last check that counts for consent; UINT64_MAX: none yet */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, bad_packets; /* bad: replayed or not authentic */
	uint64_t rtp_expected, rtp_received; /* of a leg, likewise; received: no duplicates taken out */
};

enum shm_neigh_state {
	SHM_NEIGH_FREE,
	SHM_NEIGH_INCOMPLETE,
	SHM_NEIGH_REACHABLE,
	SHM_NEIGH_STALE,
	SHM_NEIGH_FAILED,
};

/* Client side: connect, ask, take the reply and its fd (-1 when none).
 * Each returns negative errno with err filled ("nothing runs there…") when it
 * fails; connect returns the socket, call 0. Magic and version are filled in. */
int shm_ctl_connect(const char *runtime_dir, struct en_err *err);
int shm_ctl_call(int sock, const struct shm_ctl_request *req, struct shm_ctl_reply *ret_reply, int *ret_fd,
		 struct en_err *err);

/* Server side, used by the dataplane's housekeeping: bind (replacing a stale
 * socket of a dead process; a live one is an error), accept is the caller's.
 * Returns the non-blocking socket, or negative errno with err. The directory
 * is made when missing; the socket is for its owner and group only. */
int shm_ctl_listen(const char *runtime_dir, struct en_err *err);
/* Receive one request: 1 got one, 0 peer closed, negative errno: -EAGAIN none
 * yet (non-blocking conn), else garbage: close it. The operation and the
 * filter's ranges are checked here. Reply fills in magic, version and has_fd;
 * fd -1 = none; the caller keeps and closes its fd. */
int shm_ctl_receive(int conn, struct shm_ctl_request *ret_req);
int shm_ctl_reply(int conn, const struct shm_ctl_reply *reply, int fd);

#endif
