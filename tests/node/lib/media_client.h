/* SPDX-License-Identifier: BSD-3-Clause */
/* media_client.h - a control process at the far end of the lanes, and browsers' ICE on the lab's wires. */
#ifndef TESTS_NODE_MEDIA_CLIENT_H
#define TESTS_NODE_MEDIA_CLIENT_H

#include "dataplane/media/media.h"
#include "engine/wire/stun_auth.h"
#include "tests/node/lib/lab.h"

#define MEDIA_LISTEN4   "198.18.0.2:3480"
#define MEDIA_LISTEN6   "[2001:db8:1::2]:3480"
#define MEDIA_SESSIONS  16 /* places of a core */
#define MEDIA_NO_ANSWER (-1)

/* The lab with [media], small tables, and control holding the lane of every core. */
void media_open(const struct lab_options *o);
/* Control goes, and comes (another one). */
void media_detach(void);
void media_attach(void);

/* Send a command to a core and let it be carried out. */
void media_command(unsigned int core, uint32_t type, const void *body, uint32_t len);
void media_inject(unsigned int core, struct shm_handle session, const void *bytes, uint32_t len);
/* RTP that goes on as if it had come from a leg. */
void media_rtp(unsigned int core, struct shm_handle leg, const void *bytes, uint32_t len);
/* And a command right behind it. */
void media_rtp_then(unsigned int core, struct shm_handle leg, const void *bytes, uint32_t len, uint32_t type,
		    const void *body, uint32_t body_len);
/* A check of control's own (full ICE). */
void media_inject_to(unsigned int core, struct shm_handle session, unsigned int listen, const struct en_ep *to,
		     const void *bytes, uint32_t len);
/* The next message of a core; false: none. */
bool media_hear(unsigned int core, struct shm_msg *ret_msg);
/* It must be there, and of this type. */
void media_expect(unsigned int core, uint32_t type, struct shm_msg *ret_msg);
void media_expect_silence(void);
void media_expect_refusal(unsigned int core, uint32_t type, uint32_t why);
void media_expect_state(unsigned int core, struct shm_handle session, uint32_t state, const struct en_ep *remote);

/* One browser and its session. */
struct media_client {
	struct en_ep ep, server;
	unsigned int port; /* of the lab */
	unsigned int core;
	struct shm_msg_session set; /* as it was installed */
	/* the check under way, and what came back */
	uint8_t buf[512], tid[WIRE_STUN_TID_LEN];
	struct wire_stun_builder b;
	struct packet answer;
	struct wire_stun msg; /* points into answer */
	struct en_ep mapped;
};

/* A client at ep of the listener of its family, with a session at this place of a core (generation 1). Sends nothing to
 * the dataplane: media_install() does. */
void media_client(struct media_client *c, unsigned int core, uint32_t index, const char *ep);
void media_install(struct media_client *c);
/* New credentials (an ICE restart), not installed yet. */
void media_renew(struct media_client *c);
struct dp_session *media_session(const struct media_client *c);

/* A check in c->b up to USERNAME and PRIORITY; put more, then media_ask() signs it, sends it, and reads the answer:
 * 0, the error code, or MEDIA_NO_ANSWER. */
void media_begin(struct media_client *c);
int media_ask(struct media_client *c);
/* The same without MESSAGE-INTEGRITY, or as c->b stands there. */
int media_ask_unsigned(struct media_client *c);
int media_ask_raw(struct media_client *c);
/* A whole check. */
int media_check(struct media_client *c, bool nominate);
bool media_attr(const struct media_client *c, unsigned int type, struct wire_attr *ret_attr);
/* Install, check, nominate; swallows the events. */
void media_connect(struct media_client *c);
/* A datagram of the client to its listener; runs the lab. */
void media_send(const struct media_client *c, const void *bytes, size_t len);

#endif
