/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * credential.h - what ICE needs to know of this server: credentials of a session, TURN credentials
 * for clients (TURN REST API: a user name that carries its expiry), and host candidates.
 *
 * Runs on:   the control loop. No state.
 */
#ifndef CP_ICE_CREDENTIAL_H
#define CP_ICE_CREDENTIAL_H

#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/conf/conf.h"
#include "engine/shm/msg.h"

#define CP_ICE_PWD_RANDOM   18 /* bytes: 24 characters (RFC 8445 s5.3: at least 128 bits of randomness) */
#define CP_TURN_LIFETIME_S  3600
#define CP_TURN_URLS_MAX    (2 * CONF_LISTEN_MAX)
#define CP_TURN_URL_MAX     96
#define CP_TURN_SUBJECT_MAX 64

/* A random password of ours for a session. */
void cp_ice_pwd_make(char ret_pwd[SHM_PWD_MAX]);

struct cp_turn_server {
	unsigned int url_n; /* 0: this server relays for nobody, or there is no shared secret */
	char url[CP_TURN_URLS_MAX][CP_TURN_URL_MAX]; /* "turn:198.18.0.2:3478?transport=udp" */
	char username[CP_TURN_SUBJECT_MAX + 24];
	char credential[32];
};

/* Credentials for `subject` (at most CP_TURN_SUBJECT_MAX - 1 characters of it) from wall clock now_s on, an hour long.
 */
void cp_turn_server_make(const struct conf_turn *t, const char *subject, uint64_t now_s,
			 struct cp_turn_server *ret_server);

/* Addresses where sessions are reached: [media] listen; behind 1:1 NAT the public ones too, first. How many. */
unsigned int cp_ice_hosts(const struct conf_media *m, struct en_ep *ret_ep, unsigned int cap);

#endif
