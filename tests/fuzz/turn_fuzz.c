/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn_fuzz.c - a TURN server of two cores under scripts of requests,
 * indications, ICMP errors and time.
 *
 * The input is a program: each step is an operation, a client and its operands.
 * Requests are built from the fuzzer's attributes and signed with the client's
 * credentials, so that they come past authentication; datagrams as they stand
 * are thrown in too. Held besides memory safety: the kit's rules for every
 * answer, and that two hours later nothing is left anywhere.
 */
#include "tests/harness/turn_kit.h"

/* a fuzzer is one object and the product's libraries: the kit comes along as text */
#include "tests/harness/turn_kit.c"

#define CLIENTS       4
#define STEPS_MAX     64
#define INPUTS_A_LIFE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kit kit;
static struct kit_client client[CLIENTS];
static uint8_t token[8]; /* of the last reservation: the fuzzer cannot guess one */

static const uint16_t methods[] = {WIRE_STUN_ALLOCATE, WIRE_STUN_REFRESH, WIRE_STUN_CREATE_PERMISSION,
				   WIRE_STUN_CHANNEL_BIND, WIRE_STUN_BINDING};

static const uint16_t types[] = {
	WIRE_ATTR_REQUESTED_TRANSPORT,
	WIRE_ATTR_LIFETIME,
	WIRE_ATTR_XOR_PEER_ADDRESS,
	WIRE_ATTR_CHANNEL_NUMBER,
	WIRE_ATTR_DATA,
	WIRE_ATTR_REQUESTED_ADDRESS_FAMILY,
	WIRE_ATTR_ADDITIONAL_ADDRESS_FAMILY,
	WIRE_ATTR_EVEN_PORT,
	WIRE_ATTR_DONT_FRAGMENT,
	WIRE_ATTR_RESERVATION_TOKEN,
	WIRE_ATTR_USERNAME,
	WIRE_ATTR_USERHASH,
	WIRE_ATTR_NONCE,
	WIRE_ATTR_PASSWORD_ALGORITHM,
	WIRE_ATTR_PASSWORD_ALGORITHMS,
	WIRE_ATTR_MESSAGE_INTEGRITY,
	WIRE_ATTR_MESSAGE_INTEGRITY_SHA256,
	WIRE_ATTR_FINGERPRINT,
	WIRE_ATTR_SOFTWARE,
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static void log_in(void)
{
	for (unsigned int i = 0; i < CLIENTS; i++)
		kit_login(&kit, &client[i]);
}

static void set_up(void)
{
	kit_start(&kit, 2, "relay = " KIT_SERVER4 " 50000-50063\nrelay = " KIT_SERVER6 " 50000-50063\n",
		  "max-allocations = 16\nmax-permissions = 20\nmax-channels = 12\nuser-quota = 3\nsecret = s3cret\n"
		  "max-permissions-per-allocation = 5\nmax-channels-per-allocation = 3\nport-quarantine = 10\n"
		  "external = 192.0.2.77/" KIT_SERVER4 "\nunauthenticated-rate = 1000000\nsoftware = fuzzed\n");
	client[0] = kit_alice(&kit, 4000);
	client[1] = kit_client(&kit, "[2001:db8:9::1]:4001", "alice", "wonderland");
	client[1].sha256_key = client[1].sha256_mi = client[1].userhash = true;
	client[2] = kit_client(&kit, "192.0.2.1:4002", "bob", "builder");
	client[2].fingerprint = true;
	client[3] = kit_client(&kit, "192.0.2.1:4003", "bob", "builder");
	client[3].sha256_mi = true;
}

/* An address that may be a peer: the fuzzer's byte chooses which, its next two the port. */
static void put_known_peer(struct kit_msg *m, struct en_reader *r)
{
	static const char *const peers[] = {KIT_PEER4,   KIT_PEER6,  "198.51.100.9", KIT_SERVER4,
					    KIT_SERVER6, "10.0.0.1", "192.0.2.77",   "2001:db8:2::9"};
	struct en_ep ep = {.addr = kit_addr(peers[en_get8(r) % 8])};

	ep.port = en_get16(r);
	wire_stun_put_xor_addr(&m->b, WIRE_ATTR_XOR_PEER_ADDRESS, &ep);
}

/* Attributes until a byte of 0xff: a type from the list or a raw one, a length, the value. */
static void put_attributes(struct kit_msg *m, struct en_reader *r)
{
	while (en_left(r)) {
		uint8_t kind = en_get8(r);
		const uint8_t *value;
		unsigned int type;
		size_t len;

		if (kind == 0xff)
			return;
		if (kind == 0xfe) {
			put_known_peer(m, r);
			continue;
		}
		if (kind == 0xfd) {
			wire_stun_put(&m->b, WIRE_ATTR_RESERVATION_TOKEN, token, sizeof(token));
			continue;
		}
		type = kind < 0x80 ? types[kind % TYPES] : en_get16(r);
		len = en_get8(r) % 64;
		value = en_take(r, len);
		if (value)
			wire_stun_put(&m->b, type, value, len);
	}
}

static void request(struct kit_client *c, struct en_reader *r)
{
	unsigned int method = methods[en_get8(r) % 5];
	struct wire_attr a;
	struct kit_msg m;

	kit_begin(&m, method, WIRE_STUN_REQUEST);
	put_attributes(&m, r);
	if (method != WIRE_STUN_BINDING)
		kit_sign(&kit, c, &m);
	if (!m.b.w.ok)
		return;
	kit_finish(c, &m);
	/* rules that a lying message escapes: its integrity or FINGERPRINT is not where the kit put it */
	kit_raw(&kit, &c->ep, c->listener, m.buf, m.len);
	if (kit_attr(&kit, WIRE_ATTR_RESERVATION_TOKEN, &a))
		memcpy(token, a.value, sizeof(token));
}

static void indication(const struct kit_client *c, struct en_reader *r)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_SEND, WIRE_STUN_INDICATION);
	put_attributes(&m, r);
	if (!m.b.w.ok)
		return;
	kit_finish(c, &m);
	kit_raw(&kit, &c->ep, c->listener, m.buf, m.len);
	MUST(kit.verdict != DP_TURN_REPLY);
	if (kit.verdict == DP_TURN_SEND)
		MUST(kit.out.data_off + kit.out.data_len <= m.len);
}

static void raw(const struct kit_client *c, struct en_reader *r)
{
	size_t len = en_get8(r);
	const uint8_t *p = en_take(r, len);

	if (p)
		kit_raw(&kit, &c->ep, c->listener, p, len);
}

static void icmp(struct en_reader *r)
{
	struct en_ep peer = kit_ep(KIT_PEER4 ":7000"), to;
	unsigned int core = en_get8(r) & 1;
	uint16_t port = (uint16_t)(50000 + en_get8(r) % 66);
	uint8_t type = en_get8(r);
	uint8_t listener;

	kit.out = (struct dp_turn_out){.reply = kit.reply, .reply_cap = sizeof(kit.reply)};
	if (dp_turn_icmp(kit.t[core], 0, port, &peer, type, 0, 0, &kit.out, &to, &listener) == DP_TURN_REPLY)
		MUST(kit.out.reply_len && listener < kit.shared->listener_n);
}

static void step(struct en_reader *r)
{
	uint8_t op = en_get8(r);
	struct kit_client *c = &client[op >> 6];

	switch (op & 0x0f) {
	case 0:
		raw(c, r);
		break;
	case 1:
		indication(c, r);
		break;
	case 2:
		icmp(r);
		break;
	case 3:
		kit_pass(&kit, en_get8(r));
		break;
	case 4:
		kit_login(&kit, c);
		break;
	case 5:
		kit.shared->draining = en_get8(r) == 1;
		break;
	default:
		request(c, r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned int inputs;
	struct en_reader r = en_reader(data, size);

	/* each input lets two hours pass, and the 32-bit ticks last 13.6 years (table/wheel.h): start anew in between
	 */
	if (kit.shared && ++inputs % INPUTS_A_LIFE == 0)
		kit_stop(&kit);
	if (!kit.shared)
		set_up();
	log_in();
	for (unsigned int i = 0; i < STEPS_MAX && en_left(&r); i++)
		step(&r);
	kit.shared->draining = false;
	MUST(kit_all_gone(&kit));
	return 0;
}
