/* SPDX-License-Identifier: BSD-3-Clause */
/* turn_client.h - a TURN client and its peers, as bytes on the lab's wires. */
#ifndef TESTS_NODE_TURN_CLIENT_H
#define TESTS_NODE_TURN_CLIENT_H

#include "engine/wire/stun_auth.h"
#include "tests/node/lib/lab.h"

#define TURN_NO_ANSWER (-1)

struct turn_client {
	struct en_ep ep, server;
	unsigned int port; /* of the lab */
	const char *user, *password;
	char nonce[256], realm[256];
	size_t nonce_len;
	uint8_t key[16];
	/* of the last answers */
	struct en_ep mapped, relayed4, relayed6;
	uint32_t lifetime;
	uint8_t token[8];
	bool has_token;
	/* the request under way, and what came back */
	uint8_t buf[1600], tid[WIRE_STUN_TID_LEN];
	struct wire_stun_builder b;
	struct packet answer;
	struct wire_stun msg; /* points into answer */
};

/* A client at ep ("198.18.0.10:4000") of the listener of its family, as user alice. Sends nothing. */
void turn_open(struct turn_client *c, const char *ep);

/* A request in c->b: begin, put attributes, then turn_ask() signs it, sends it,
 * runs the lab and reads the answer: 0 (success), the error code, or TURN_NO_ANSWER. */
void turn_begin(struct turn_client *c, unsigned int method);
int turn_ask(struct turn_client *c);
/* The same without signature. */
int turn_ask_unsigned(struct turn_client *c);
/* Send what turn_ask() sent once more, and read the answer. */
int turn_again(struct turn_client *c);
/* An attribute of the last answer: false when it is not there. */
bool turn_attr(const struct turn_client *c, unsigned int type, struct wire_attr *ret_attr);

/* Realm and nonce from a 401. */
void turn_login(struct turn_client *c);
/* Login, then an allocation: family 0 (none asked), 4, 6, or 46 (dual). */
int turn_allocate(struct turn_client *c, unsigned int family);
int turn_refresh(struct turn_client *c, uint32_t lifetime);
int turn_permit(struct turn_client *c, const struct en_ep *peer);
int turn_bind(struct turn_client *c, unsigned int number, const struct en_ep *peer);

/* Client to peer. pad: bytes behind the data, of value 0xee. */
void turn_channel_data(struct turn_client *c, unsigned int number, const void *data, size_t len, size_t pad);
void turn_send(struct turn_client *c, const struct en_ep *peer, const void *data, size_t len, bool df);
/* A datagram between any two; runs the lab. */
void udp_send(unsigned int port, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
	      const struct frame_opts *o);

/* The next packet of the port is a datagram from src to dst with this data. */
void udp_expect(unsigned int port, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		struct packet *ret_p);
/* The client gets ChannelData, or a Data indication, with this data. */
void turn_expect_channel(struct turn_client *c, unsigned int number, const void *data, size_t len,
			 struct packet *ret_p);
void turn_expect_data(struct turn_client *c, const struct en_ep *peer, const void *data, size_t len,
		      struct packet *ret_p);
/* A Data indication without DATA: RFC 8656 s18.13. */
void turn_expect_icmp(struct turn_client *c, const struct en_ep *peer, uint8_t type, uint8_t code, uint32_t data);

/* The core that the client's flow, or a relayed port, belongs to. */
unsigned int turn_core_of(const struct turn_client *c);
unsigned int relay_core_of(const struct en_ep *relayed);

#endif
