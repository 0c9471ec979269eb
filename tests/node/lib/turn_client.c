/* SPDX-License-Identifier: BSD-3-Clause */
/* turn_client.c - requests with long-term credentials, and what a client makes of the answers. */
#include "tests/node/lib/turn_client.h"

#include <string.h>

#include "engine/base/random.h"
#include "engine/wire/channel.h"

void turn_open(struct turn_client *c, const char *ep)
{
	memset(c, 0, sizeof(*c));
	c->ep = ep_of(ep);
	c->server = ep_of(c->ep.addr.family == EN_AF_INET ? LAB_LISTEN4 : LAB_LISTEN6);
	c->user = "alice";
	c->password = "wonderland";
}

void turn_begin(struct turn_client *c, unsigned int method)
{
	en_random(c->tid, sizeof(c->tid));
	wire_stun_build(&c->b, c->buf, sizeof(c->buf), method, WIRE_STUN_REQUEST, c->tid);
}

bool turn_attr(const struct turn_client *c, unsigned int type, struct wire_attr *ret_attr)
{
	struct wire_attr_iter it = {0};

	while (wire_stun_next(&c->msg, &it, ret_attr))
		if (ret_attr->type == type)
			return true;
	return false;
}

static void keep_text(const struct turn_client *c, unsigned int type, char *out, size_t cap, size_t *ret_len)
{
	struct wire_attr a;

	if (!turn_attr(c, type, &a) || a.len >= cap)
		return;
	memcpy(out, a.value, a.len);
	out[a.len] = '\0';
	if (ret_len)
		*ret_len = a.len;
}

static void keep_addresses(struct turn_client *c)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;
	struct en_ep ep;

	while (wire_stun_next(&c->msg, &it, &a)) {
		if (a.type == WIRE_ATTR_XOR_MAPPED_ADDRESS && wire_stun_get_xor_addr(&c->msg, &a, &ep) == 0)
			c->mapped = ep;
		if (a.type == WIRE_ATTR_XOR_RELAYED_ADDRESS && wire_stun_get_xor_addr(&c->msg, &a, &ep) == 0)
			*(ep.addr.family == EN_AF_INET ? &c->relayed4 : &c->relayed6) = ep;
		if (a.type == WIRE_ATTR_LIFETIME && a.len == 4)
			c->lifetime = en_load32(a.value);
		if (a.type == WIRE_ATTR_RESERVATION_TOKEN && a.len == 8) {
			memcpy(c->token, a.value, 8);
			c->has_token = true;
		}
	}
}

/* 0, the error code, or TURN_NO_ANSWER. */
static int read_answer(struct turn_client *c)
{
	struct wire_attr a;

	if (!lab_recv(c->port, &c->answer))
		return TURN_NO_ANSWER;
	assert_true(en_ep_eq(&c->answer.src, &c->server));
	assert_true(en_ep_eq(&c->answer.dst, &c->ep));
	assert_int_equal(wire_stun_parse(c->answer.data, c->answer.data_len, &c->msg), WIRE_STUN_OK);
	assert_memory_equal(c->msg.tid, c->tid, sizeof(c->tid));
	keep_text(c, WIRE_ATTR_NONCE, c->nonce, sizeof(c->nonce), &c->nonce_len);
	keep_text(c, WIRE_ATTR_REALM, c->realm, sizeof(c->realm), NULL);
	if (c->msg.cls == WIRE_STUN_SUCCESS) {
		keep_addresses(c);
		return 0;
	}
	assert_int_equal(c->msg.cls, WIRE_STUN_ERROR);
	assert_true(turn_attr(c, WIRE_ATTR_ERROR_CODE, &a) && a.len >= 4);
	return a.value[2] * 100 + a.value[3];
}

int turn_again(struct turn_client *c)
{
	udp_send(c->port, &c->ep, &c->server, c->buf, en_written(&c->b.w), NULL);
	return read_answer(c);
}

int turn_ask_unsigned(struct turn_client *c)
{
	assert_int_not_equal(wire_stun_finish(&c->b), 0);
	return turn_again(c);
}

int turn_ask(struct turn_client *c)
{
	wire_stun_put(&c->b, WIRE_ATTR_USERNAME, c->user, strlen(c->user));
	wire_stun_put(&c->b, WIRE_ATTR_REALM, c->realm, strlen(c->realm));
	wire_stun_put(&c->b, WIRE_ATTR_NONCE, c->nonce, c->nonce_len);
	wire_stun_key_md5(c->user, strlen(c->user), c->realm, c->password, strlen(c->password), c->key);
	wire_stun_put_mi(&c->b, c->key, sizeof(c->key));
	return turn_ask_unsigned(c);
}

static void put_udp(struct turn_client *c)
{
	wire_stun_put_u32(&c->b, WIRE_ATTR_REQUESTED_TRANSPORT, 17u << 24);
}

void turn_login(struct turn_client *c)
{
	turn_begin(c, WIRE_STUN_ALLOCATE);
	put_udp(c);
	assert_int_equal(turn_ask_unsigned(c), WIRE_ERR_UNAUTHENTICATED);
	assert_string_equal(c->realm, LAB_REALM);
	assert_int_not_equal(c->nonce_len, 0);
}

int turn_allocate(struct turn_client *c, unsigned int family)
{
	turn_login(c);
	turn_begin(c, WIRE_STUN_ALLOCATE);
	put_udp(c);
	if (family == 4 || family == 6)
		wire_stun_put_u32(&c->b, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, family == 4 ? 1u << 24 : 2u << 24);
	if (family == 46)
		wire_stun_put_u32(&c->b, WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY, 2u << 24);
	return turn_ask(c);
}

int turn_refresh(struct turn_client *c, uint32_t lifetime)
{
	turn_begin(c, WIRE_STUN_REFRESH);
	wire_stun_put_u32(&c->b, WIRE_ATTR_LIFETIME, lifetime);
	return turn_ask(c);
}

int turn_permit(struct turn_client *c, const struct en_ep *peer)
{
	turn_begin(c, WIRE_STUN_CREATE_PERMISSION);
	wire_stun_put_xor_addr(&c->b, WIRE_ATTR_XOR_PEER_ADDRESS, peer);
	return turn_ask(c);
}

int turn_bind(struct turn_client *c, unsigned int number, const struct en_ep *peer)
{
	turn_begin(c, WIRE_STUN_CHANNEL_BIND);
	wire_stun_put_u32(&c->b, WIRE_ATTR_CHANNEL_NUMBER, number << 16);
	wire_stun_put_xor_addr(&c->b, WIRE_ATTR_XOR_PEER_ADDRESS, peer);
	return turn_ask(c);
}

void udp_send(unsigned int port, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
	      const struct frame_opts *o)
{
	struct frame_opts tagged = o ? *o : (struct frame_opts){0};
	static struct frame f;

	tagged.vlan = lab.world->port[port].vlan;
	tagged.dst_mac = tagged.dst_mac ? tagged.dst_mac : lab.world->port[port].mac;
	frame_udp(&f, src, dst, data, len, &tagged);
	lab_run(port, &f);
}

void turn_channel_data(struct turn_client *c, unsigned int number, const void *data, size_t len, size_t pad)
{
	uint8_t buf[FRAME_MAX];

	assert_true(WIRE_CHANNEL_HDR_LEN + len + pad <= sizeof(buf));
	wire_channel_build(buf, (uint16_t)number, (uint16_t)len);
	if (len)
		memcpy(buf + WIRE_CHANNEL_HDR_LEN, data, len);
	memset(buf + WIRE_CHANNEL_HDR_LEN + len, 0xee, pad);
	udp_send(c->port, &c->ep, &c->server, buf, WIRE_CHANNEL_HDR_LEN + len + pad, NULL);
}

void turn_send(struct turn_client *c, const struct en_ep *peer, const void *data, size_t len, bool df)
{
	struct wire_stun_builder b;
	uint8_t buf[FRAME_MAX], tid[WIRE_STUN_TID_LEN];

	en_random(tid, sizeof(tid));
	wire_stun_build(&b, buf, sizeof(buf), WIRE_STUN_SEND, WIRE_STUN_INDICATION, tid);
	wire_stun_put_xor_addr(&b, WIRE_ATTR_XOR_PEER_ADDRESS, peer);
	if (df)
		wire_stun_put(&b, WIRE_ATTR_DONT_FRAGMENT, NULL, 0);
	wire_stun_put(&b, WIRE_ATTR_DATA, data, len);
	udp_send(c->port, &c->ep, &c->server, buf, wire_stun_finish(&b), NULL);
}

void udp_expect(unsigned int port, const struct en_ep *src, const struct en_ep *dst, const void *data, size_t len,
		struct packet *ret_p)
{
	static struct packet spare;
	struct packet *p = ret_p ? ret_p : &spare;

	lab_expect(port, p);
	assert_true(en_ep_eq(&p->src, src));
	assert_true(en_ep_eq(&p->dst, dst));
	assert_int_equal(p->data_len, len);
	if (len)
		assert_memory_equal(p->data, data, len);
}

void turn_expect_channel(struct turn_client *c, unsigned int number, const void *data, size_t len, struct packet *ret_p)
{
	static struct packet spare;
	struct packet *p = ret_p ? ret_p : &spare;

	lab_expect(c->port, p);
	assert_true(en_ep_eq(&p->src, &c->server));
	assert_true(en_ep_eq(&p->dst, &c->ep));
	/* over UDP no padding is needed, and none is sent */
	assert_int_equal(p->data_len, WIRE_CHANNEL_HDR_LEN + len);
	assert_int_equal(en_load16(p->data), number);
	assert_int_equal(en_load16(p->data + 2), len);
	if (len)
		assert_memory_equal(p->data + WIRE_CHANNEL_HDR_LEN, data, len);
}

/* The next packet is a Data indication about peer: c->msg. */
static void expect_indication(struct turn_client *c, const struct en_ep *peer, struct packet *p)
{
	struct wire_attr a;
	struct en_ep from;

	lab_expect(c->port, p);
	assert_true(en_ep_eq(&p->src, &c->server));
	assert_true(en_ep_eq(&p->dst, &c->ep));
	assert_int_equal(wire_stun_parse(p->data, p->data_len, &c->msg), WIRE_STUN_OK);
	assert_int_equal(c->msg.method, WIRE_STUN_DATA);
	assert_int_equal(c->msg.cls, WIRE_STUN_INDICATION);
	assert_true(turn_attr(c, WIRE_ATTR_XOR_PEER_ADDRESS, &a));
	assert_int_equal(wire_stun_get_xor_addr(&c->msg, &a, &from), 0);
	assert_true(en_ep_eq(&from, peer));
}

void turn_expect_data(struct turn_client *c, const struct en_ep *peer, const void *data, size_t len,
		      struct packet *ret_p)
{
	static const uint8_t zero[4];
	struct packet *p = ret_p ? ret_p : &c->answer;
	struct wire_attr a;

	expect_indication(c, peer, p);
	assert_true(turn_attr(c, WIRE_ATTR_DATA, &a));
	assert_int_equal(a.len, len);
	if (len)
		assert_memory_equal(a.value, data, len);
	/* padding is zero (RFC 8489 s14) */
	assert_memory_equal(a.value + len, zero, -len & 3);
	assert_false(turn_attr(c, WIRE_ATTR_ICMP, &a));
}

void turn_expect_icmp(struct turn_client *c, const struct en_ep *peer, uint8_t type, uint8_t code, uint32_t data)
{
	struct wire_attr a;

	expect_indication(c, peer, &c->answer);
	assert_false(turn_attr(c, WIRE_ATTR_DATA, &a));
	assert_true(turn_attr(c, WIRE_ATTR_ICMP, &a));
	assert_int_equal(a.len, 8);
	assert_int_equal(en_load16(a.value), 0);
	assert_int_equal(a.value[2], type);
	assert_int_equal(a.value[3], code);
	assert_int_equal(en_load32(a.value + 4), data);
}

unsigned int turn_core_of(const struct turn_client *c)
{
	return dp_turn_client_core(lab.world->turn, &c->ep, c->server.addr.family == EN_AF_INET ? 0 : 1);
}

unsigned int relay_core_of(const struct en_ep *relayed)
{
	const struct dp_turn_shared *s = lab.world->turn;

	return dp_turn_port_core(s, dp_turn_relay_of(s, &relayed->addr), relayed->port);
}
