/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf.h - the configuration, parsed and checked.
 *
 * conf.def declares every option once: section, key, kind, field, range,
 * default and help; the parser, `turnpike check`, `show config` and
 * docs/config.md come from it.  A struct conf is immutable after
 * conf_load(); both processes read the same file.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/base/addr.h"

#define CONF_CORES_MAX      32
#define CONF_PORTS_MAX      8
#define CONF_PORT_ADDRS_MAX 32
#define CONF_ROUTES_MAX     64
#define CONF_LISTEN_MAX     16
#define CONF_RELAY_MAX      16
#define CONF_RTP_MAX 8
#define CONF_RTP_NAME_MAX 32
#define CONF_EXTERNAL_MAX   32
#define CONF_SECRETS_MAX    16
#define CONF_NAME_MAX       32 /* with the NUL */
#define CONF_REALM_MAX      128 /* RFC 8489 s14.9: fewer than 128 characters */

enum conf_idle {
	CONF_IDLE_ADAPTIVE,
	CONF_IDLE_POLL,
};

struct conf_route {
	struct en_prefix to;
	struct en_addr via;
};

/* [port NAME] */
struct conf_port {
	char name[CONF_NAME_MAX];
	char device[256]; /* as written: tap:NAME, xdp:IFACE, packet:IFACE, memif:SOCKET, PCI, devargs */
	struct en_prefix address[CONF_PORT_ADDRS_MAX]; /* host bits kept */
	unsigned int address_n;
	struct en_addr gateway[2]; /* one per family, [0] IPv4, [1] IPv6; family 0 = none */
	struct conf_route route[CONF_ROUTES_MAX];
	unsigned int route_n;
	unsigned int vlan; /* 0 none, 1..4094: frames are tagged */
	unsigned int mtu; /* IP MTU */
	unsigned int queues; /* 0 = as many as the device and the cores allow */
	unsigned int buffers; /* packet buffers of this port */
	unsigned int descriptors; /* per ring */
	uint8_t mac[6]; /* all 0: the device's own (tap: made up) */
	int line; /* of the section header, for messages */
};

struct conf_relay {
	struct en_addr addr;
	uint16_t port_min, port_max; /* inclusive */
};

struct conf_external {
	struct en_addr external, internal;
};

struct conf_user {
	char *name, *password; /* OpaqueString-prepared (RFC 8265), NUL-terminated */
};

struct conf_turn {
	struct en_ep listen[CONF_LISTEN_MAX];
	unsigned int listen_n;
	struct conf_relay relay[CONF_RELAY_MAX];
	unsigned int relay_n;
	struct conf_external external[CONF_EXTERNAL_MAX];
	unsigned int external_n;
	char realm[CONF_REALM_MAX * 4]; /* OpaqueString-prepared */
	struct conf_user *user;
	unsigned int user_n;
	char *secret[CONF_SECRETS_MAX];
	unsigned int secret_n;
	struct en_prefix *allow_peer, *deny_peer;
	unsigned int allow_peer_n, deny_peer_n;

	char software[128]; /* empty: not sent */
	unsigned int max_allocations, max_permissions, max_channels; /* table sizes, whole server */
	unsigned int user_quota, total_quota; /* 0 = no limit but the table's */
	unsigned int max_permissions_per_allocation, max_channels_per_allocation;
	unsigned int default_lifetime, max_lifetime, min_lifetime; /* s; RFC 8656 s7.2: 600, 3600 */
	unsigned int permission_lifetime, channel_lifetime; /* s; 300, 600 */
	unsigned int nonce_lifetime; /* s, at most 3600 */
	unsigned int port_quarantine; /* s a relayed port rests after use */
	unsigned int reservation_lifetime; /* s, at least 30 */
	unsigned int unauthenticated_rate; /* replies/s and source prefix before authentication */
	bool channel_compat; /* accept 0x5000-0x7FFF too (RFC 5766 clients) */
	bool nonce_cookie_left; /* feature bits numbered from the left ("gAAA") instead of erratum 6290 */
	bool sha256; /* offer PASSWORD-ALGORITHMS / USERHASH */
	bool md5; /* accept MD5/SHA-1 credentials */
	bool same_subject; /* a Refresh by another username of the same REST subject is the same user */
	bool icmp; /* relay ICMP errors as Data indications */
};

struct conf_dataplane {
	unsigned int core[CONF_CORES_MAX]; /* CPU numbers, one worker each */
	unsigned int core_n;
	unsigned int memory; /* MiB */
	enum conf_idle idle;
	char eal[512];
	unsigned int handoff_ring; /* slots per core pair */
	unsigned int neighbours; /* table size per core */
	unsigned int reassembly; /* datagrams under reassembly per core */
};

struct conf_media {
	struct en_ep listen[CONF_LISTEN_MAX];
	unsigned int listen_n;
	struct conf_external external[CONF_EXTERNAL_MAX];
	unsigned int external_n;
	unsigned int max_sessions, max_tracks, max_routes, max_caches; /* tables of each core */
	bool ice_full; /* a full ICE agent instead of ICE-lite */
	unsigned int pace_rate, pace_burst; /* Mb/s, 0: none; packets */
	bool srtp_portable; /* libsrtp2 instead of libipsec-mb */
};

struct conf_rtp {
	char name[CONF_RTP_NAME_MAX]; /* empty: none */
	struct en_addr addr;
	uint16_t port_min, port_max; /* inclusive; pairs of an even port and the next */
};

struct conf_gateway {
	char ng[64]; /* empty: no ng protocol */
	struct conf_rtp rtp[CONF_RTP_MAX];
	unsigned int rtp_n; /* 0: no gateway */
	unsigned int timeout; /* s */
};

struct conf_control {
	char http[64]; /* empty: no control process */
	char user[CONF_NAME_MAX];
	char certificate[256], key[256]; /* PEM files; empty: plain HTTP */
	char token[128]; /* empty: open rooms */
};

struct conf {
	char file[PATH_MAX];
	char runtime_dir[96]; /* a UNIX socket path must fit below it */
	char user[CONF_NAME_MAX]; /* [engine] user: what the dataplane runs as after start */
	char log_level[8];
	struct conf_dataplane dataplane;
	struct conf_port port[CONF_PORTS_MAX];
	unsigned int port_n;
	struct conf_turn turn;
	struct conf_media media;
	struct conf_control control;
	struct conf_gateway gateway;
};

/*
 * Read and check a file. On failure returns -1 and writes one or more lines
 * "FILE:LINE: what is wrong; did you mean …" to `msgs` (all that were found,
 * not only the first). On success *ret_conf is filled; free with conf_free().
 */
int conf_load(const char *path, FILE *msgs, struct conf *ret_conf);
/* Same, from memory (tests, fuzzers); name stands for FILE. */
int conf_load_string(const char *name, const char *text, FILE *msgs, struct conf *ret_conf);
void conf_free(struct conf *c);

/* The effective configuration as INI text; secrets and passwords as "***". */
void conf_print(const struct conf *c, FILE *out);
/* The same as JSON, one object. */
void conf_print_json(const struct conf *c, FILE *out);
/* docs/config.md, from conf.def. */
void conf_print_reference(FILE *out);

/* MiB that the tables and packet buffers of this configuration need. */
unsigned int conf_memory_need(const struct conf *c);

#endif
