/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn_kit.c - the server, the clients and the rules of every answer.
 */
#include "tests/harness/turn_kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/turn/ports.h"
#include "engine/base/random.h"
#include "tests/harness/exact.h"

#define NS_PER_S   1000000000.0
#define START_NS   UINT64_C(5000000000)
#define START_WALL 1700000000u
#define PLENTY     1000000u

/* The kit's own rules: not a test's, so the program ends. */
#define MUST(cond)                                                                                                     \
	do {                                                                                                           \
		if (!(cond)) {                                                                                         \
			fprintf(stderr, "turn_kit.c:%d: %s\n", __LINE__, #cond);                                       \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static const char base_conf[] = "[dataplane]\n"
				"cores = %s\n"
				"memory = 4096\n"
				"[port wan]\n"
				"device = tap:kit0\n"
				"address = " KIT_SERVER4 "/24\n"
				"address = " KIT_SERVER6 "/64\n"
				"address = 198.18.5.5/24\n"
				"[turn]\n"
				"listen = " KIT_SERVER4 ":3478\n"
				"listen = [" KIT_SERVER6 "]:3478\n"
				"user = alice:wonderland\n"
				"user = bob:builder\n"
				"allow-peer = 198.51.100.0/24\n"
				"allow-peer = 2001:db8:2::/48\n"
				"%s%s%s%s";

/* --- start, stop, time ---------------------------------------------------------- */

static bool send_note(void *ctx, const struct dp_turn_note *note)
{
	struct kit *k = ctx;

	if (k->notes_refused || k->note_n == KIT_NOTES)
		return false;
	MUST(note->core < k->core_n);
	k->note[k->note_n++] = *note;
	return true;
}

void kit_deliver(struct kit *k)
{
	for (unsigned int i = 0; i < k->note_n; i++)
		dp_turn_on_note(k->t[k->note[i].core], &k->note[i]);
	k->note_n = 0;
}

static int start(struct kit *k, unsigned int cores, const char *relays, const char *turn_lines, struct en_err *err)
{
	static const char *const core_list[] = {"0", "0", "0,1", "0,1,2", "0,1,2,3"};
	char text[8192];
	int rc;

	memset(k, 0, sizeof(*k));
	MUST(cores >= 1 && cores <= KIT_CORES);
	MUST(snprintf(text, sizeof(text), base_conf, core_list[cores], relays, turn_lines,
		      strstr(turn_lines, "max-allocations") ? "" : "max-allocations = 1000\n",
		      strstr(turn_lines, "realm") ? "" : "realm = example.org\n") < (int)sizeof(text));
	if (conf_load_string("kit.conf", text, stderr, &k->conf)) {
		snprintf(err->text, sizeof(err->text), "configuration refused");
		return -1;
	}
	/* whatever CPUs this machine has, the server shall have this many cores */
	k->conf.dataplane.core_n = cores;
	k->core_n = cores;
	k->now_ns = START_NS;
	k->wall_s = START_WALL;
	rc = dp_turn_shared_create(&k->conf, &k->shared, err);
	for (unsigned int i = 0; rc == 0 && i < cores; i++) {
		k->stats[i] = aligned_alloc(128, sizeof(*k->stats[i]));
		memset(k->stats[i], 0, sizeof(*k->stats[i]));
		rc = dp_turn_create(k->shared, i, k->stats[i], k->now_ns, k->wall_s, &k->t[i], err);
		if (rc)
			break;
		k->t[i]->send_note = send_note;
		k->t[i]->note_ctx = k;
	}
	if (rc)
		kit_stop(k);
	return rc;
}

void kit_start(struct kit *k, unsigned int cores, const char *relays, const char *turn_lines)
{
	struct en_err err = {{0}};

	if (start(k, cores, relays, turn_lines, &err)) {
		fprintf(stderr, "turn_kit: %s\n", err.text);
		abort();
	}
}

bool kit_refuses(unsigned int cores, const char *relays, const char *turn_lines, struct en_err *ret_err)
{
	struct kit *k = malloc(sizeof(*k));
	bool refused = start(k, cores, relays, turn_lines, ret_err) != 0;

	if (!refused)
		kit_stop(k);
	free(k);
	return refused;
}

void kit_stop(struct kit *k)
{
	for (unsigned int i = 0; i < KIT_CORES; i++) {
		dp_turn_destroy(k->t[i]);
		free(k->stats[i]);
	}
	dp_turn_shared_destroy(k->shared);
	conf_free(&k->conf);
	memset(k, 0, sizeof(*k));
}

void kit_pass(struct kit *k, double seconds)
{
	uint64_t before_s = k->now_ns / 1000000000;

	k->now_ns += (uint64_t)(seconds * NS_PER_S);
	k->wall_s += k->now_ns / 1000000000 - before_s;
	for (unsigned int i = 0; i < k->core_n; i++)
		dp_turn_advance(k->t[i], k->now_ns, k->wall_s, PLENTY);
	kit_deliver(k);
}

uint64_t kit_counter(const struct kit *k, enum shm_counter c)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < k->core_n; i++)
		n += k->stats[i]->counter[c];
	return n;
}

uint64_t kit_drops(const struct kit *k, enum shm_drop d)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < k->core_n; i++)
		n += k->stats[i]->drop[d];
	return n;
}

uint64_t kit_gauge(const struct kit *k, enum shm_gauge g)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < k->core_n; i++)
		n += k->stats[i]->gauge[g];
	return n;
}

static bool ports_all_free(const struct dp_turn *t)
{
	for (unsigned int i = 0; i < t->shared->relay_n; i++) {
		const struct dp_relay_addr *r = &t->shared->relay[i];
		unsigned int free_n = 0;

		for (uint32_t port = r->port_min; port <= r->port_max; port++) {
			uint32_t v = t->port_map[i][port - r->port_min];

			if (v != DP_PORT_FREE && v != DP_PORT_FOREIGN)
				return false;
			free_n += v == DP_PORT_FREE;
		}
		if (free_n != dp_ports_free_n(t, i))
			return false;
	}
	return true;
}

bool kit_all_gone(struct kit *k)
{
	for (unsigned int i = 0; i < 4; i++)
		kit_pass(k, 1800);
	for (unsigned int i = 0; i < k->core_n; i++) {
		const struct dp_turn *t = k->t[i];

		if (dp_pool_used(&t->alloc_pool) || dp_pool_used(&t->perm_pool) || dp_pool_used(&t->chan_pool) ||
		    t->flow.used || t->perm_index.used || t->chan_client.used || t->chan_peer.used)
			return false;
		for (unsigned int g = 0; g < GAUGE_N; g++)
			if (t->stats->gauge[g])
				return false;
		if (!ports_all_free(t))
			return false;
	}
	return true;
}

/* --- clients ------------------------------------------------------------------------ */

struct en_ep kit_ep(const char *text)
{
	size_t len = strlen(text);
	char with_port[EN_ADDRSTR_MAX];
	struct en_ep ep;

	MUST(len < sizeof(with_port));
	memcpy(with_port, text, len + 1);
	/* port 0 is for what clients may write, not for configurations: the parser has none */
	if (len > 2 && strcmp(text + len - 2, ":0") == 0)
		with_port[len - 1] = '1';
	MUST(en_ep_parse(with_port, &ep) == 0);
	if (with_port[len - 1] != text[len - 1])
		ep.port = 0;
	return ep;
}

struct en_addr kit_addr(const char *text)
{
	struct en_addr a;

	MUST(en_addr_parse(text, &a) == 0);
	return a;
}

struct kit_client kit_client(struct kit *k, const char *ep, const char *user, const char *password)
{
	struct kit_client c = {.ep = kit_ep(ep), .user = user, .password = password};

	c.listener = c.ep.addr.family == EN_AF_INET6;
	MUST(kit_login(k, &c) == WIRE_ERR_UNAUTHENTICATED);
	return c;
}

struct kit_client kit_alice(struct kit *k, unsigned int port)
{
	char ep[32];

	snprintf(ep, sizeof(ep), "192.0.2.1:%u", port);
	return kit_client(k, ep, "alice", "wonderland");
}

int kit_login(struct kit *k, struct kit_client *c)
{
	struct kit_msg m;
	struct wire_attr nonce;
	int code;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	kit_finish(c, &m);
	code = kit_exchange(k, c, &m);
	if (code > 0 && kit_attr(k, WIRE_ATTR_NONCE, &nonce)) {
		MUST(nonce.len < sizeof(c->nonce));
		memcpy(c->nonce, nonce.value, nonce.len);
		c->nonce_len = nonce.len;
	}
	return code;
}

/* --- messages ------------------------------------------------------------------------- */

void kit_begin(struct kit_msg *m, unsigned int method, unsigned int cls)
{
	en_random(m->tid, sizeof(m->tid));
	m->is_signed = false;
	m->len = 0;
	wire_stun_build(&m->b, m->buf, sizeof(m->buf), method, cls, m->tid);
}

void kit_put_peer(struct kit_msg *m, const char *ep)
{
	struct en_ep e = kit_ep(ep);

	wire_stun_put_xor_addr(&m->b, WIRE_ATTR_XOR_PEER_ADDRESS, &e);
}

void kit_put_family(struct kit_msg *m, unsigned int type, unsigned int family)
{
	wire_stun_put_u32(&m->b, type, (uint32_t)family << 24);
}

void kit_put_udp(struct kit_msg *m)
{
	kit_put_family(m, WIRE_ATTR_REQUESTED_TRANSPORT, 17);
}

static const char *realm_of(const struct kit *k, const struct kit_client *c)
{
	return c->realm ? c->realm : k->conf.turn.realm;
}

size_t kit_key(const struct kit *k, const struct kit_client *c, uint8_t ret_key[32])
{
	if (c->sha256_key) {
		wire_stun_key_sha256(c->user, strlen(c->user), realm_of(k, c), c->password, strlen(c->password),
				     ret_key);
		return 32;
	}
	wire_stun_key_md5(c->user, strlen(c->user), realm_of(k, c), c->password, strlen(c->password), ret_key);
	return 16;
}

void kit_sign(const struct kit *k, const struct kit_client *c, struct kit_msg *m)
{
	static const uint8_t algorithms[] = {0, WIRE_PWALG_SHA256, 0, 0, 0, WIRE_PWALG_MD5, 0, 0};
	uint8_t hash[32], key[32];
	size_t key_len = kit_key(k, c, key);

	if (c->userhash) {
		wire_stun_userhash(c->user, strlen(c->user), realm_of(k, c), hash);
		wire_stun_put(&m->b, WIRE_ATTR_USERHASH, hash, sizeof(hash));
	} else {
		wire_stun_put(&m->b, WIRE_ATTR_USERNAME, c->user, strlen(c->user));
	}
	wire_stun_put(&m->b, WIRE_ATTR_REALM, realm_of(k, c), strlen(realm_of(k, c)));
	wire_stun_put(&m->b, WIRE_ATTR_NONCE, c->nonce, c->nonce_len);
	if (c->sha256_key) {
		wire_stun_put(&m->b, WIRE_ATTR_PASSWORD_ALGORITHM, algorithms, 4);
		wire_stun_put(&m->b, WIRE_ATTR_PASSWORD_ALGORITHMS, algorithms, k->conf.turn.md5 ? 8 : 4);
	}
	if (c->sha256_mi)
		wire_stun_put_mi_sha256(&m->b, key, key_len);
	else
		wire_stun_put_mi(&m->b, key, key_len);
	m->is_signed = true;
}

void kit_finish(const struct kit_client *c, struct kit_msg *m)
{
	if (c->fingerprint)
		wire_stun_put_fingerprint(&m->b);
	m->len = wire_stun_finish(&m->b);
	MUST(m->len > 0);
}

/* --- the answer's rules ------------------------------------------------------------------ */

static void check_padding(const struct kit *k)
{
	struct wire_attr_iter it = {0};
	struct wire_attr a;

	while (wire_stun_next(&k->answer, &it, &a))
		for (size_t i = a.len; i % 4; i++)
			MUST(a.value[i] == 0);
}

/* FINGERPRINT as in the request; integrity of the request's kind, last before it. */
static void check_tail(struct kit *k, const struct kit_client *c, const struct kit_msg *m)
{
	struct wire_attr mi = {0}, fp = {0}, last = {0}, a;
	struct wire_attr_iter it = {0};
	uint8_t key[32];

	while (wire_stun_next(&k->answer, &it, &a)) {
		if (a.type == WIRE_ATTR_MESSAGE_INTEGRITY || a.type == WIRE_ATTR_MESSAGE_INTEGRITY_SHA256)
			mi = a;
		else if (a.type == WIRE_ATTR_FINGERPRINT)
			fp = a;
		else
			last = a;
	}
	MUST((fp.type != 0) == c->fingerprint);
	MUST(!fp.type || wire_stun_fingerprint_ok(&k->answer, &fp));
	if (!mi.type)
		return;
	MUST(m->is_signed && mi.offset > last.offset);
	MUST(mi.type == (c->sha256_mi ? WIRE_ATTR_MESSAGE_INTEGRITY_SHA256 : WIRE_ATTR_MESSAGE_INTEGRITY));
	MUST(wire_stun_mi_ok(&k->answer, &mi, key, kit_key(k, c, key)));
	k->is_signed = true;
}

static int check_answer(struct kit *k, const struct kit_client *c, const struct kit_msg *m)
{
	struct wire_stun ask;
	struct wire_attr a;

	MUST(wire_stun_parse(m->buf, m->len, &ask) == WIRE_STUN_OK && ask.cls == WIRE_STUN_REQUEST);
	MUST(k->answer.method == ask.method && memcmp(k->answer.tid, ask.tid, WIRE_STUN_TID_LEN) == 0);
	check_tail(k, c, m);
	if (k->answer.cls == WIRE_STUN_SUCCESS)
		return 0;
	MUST(k->answer.cls == WIRE_STUN_ERROR && kit_attr(k, WIRE_ATTR_ERROR_CODE, &a) && a.len >= 4);
	MUST(a.value[0] == 0 && a.value[1] == 0 && a.value[2] >= 3 && a.value[2] <= 6 && a.value[3] < 100);
	return a.value[2] * 100 + a.value[3];
}

/* --- exchanges ------------------------------------------------------------------------------ */

static void give(struct kit *k, unsigned int core, bool handed_off, const struct en_ep *from, uint8_t listener,
		 const void *data, size_t len)
{
	struct exact e = exact_copy(data, len, 0);
	struct dp_turn_in in = {
		.client = *from, .listener = listener, .handed_off = handed_off, .data = e.data, .len = (uint32_t)len};

	memset(k->reply, 0xa5, sizeof(k->reply));
	k->out = (struct dp_turn_out){.reply = k->reply, .reply_cap = sizeof(k->reply), .want_text = true};
	k->core = core;
	k->verdict = dp_turn_handle(k->t[core], &in, &k->out);
	exact_free(&e);
	MUST(memchr(k->out.text, 0, sizeof(k->out.text)) && k->out.text[0]);
	/* what the node does */
	if (k->verdict == DP_TURN_DROP) {
		MUST(k->out.drop < DROP_N);
		k->stats[core]->drop[k->out.drop]++;
	}
}

int kit_raw(struct kit *k, const struct en_ep *from, uint8_t listener, const void *data, size_t len)
{
	unsigned int core = listener < k->shared->listener_n ? dp_turn_client_core(k->shared, from, listener) : 0;

	k->is_signed = false;
	k->handoffs = 0;
	give(k, core, false, from, listener, data, len);
	if (k->verdict == DP_TURN_HANDOFF) {
		MUST(k->out.core < k->core_n && k->out.core != core);
		k->handoffs++;
		give(k, k->out.core, true, from, listener, data, len);
		MUST(k->verdict != DP_TURN_HANDOFF);
	}
	if (!k->notes_held)
		kit_deliver(k);
	if (k->verdict != DP_TURN_REPLY)
		return KIT_DROPPED;
	MUST(k->out.reply_len <= sizeof(k->reply) && k->out.reply_len >= WIRE_STUN_HDR_LEN);
	MUST(wire_stun_parse(k->reply, k->out.reply_len, &k->answer) == WIRE_STUN_OK);
	check_padding(k);
	return 0;
}

int kit_exchange(struct kit *k, const struct kit_client *c, const struct kit_msg *m)
{
	int rc = kit_raw(k, &c->ep, c->listener, m->buf, m->len);

	return rc ? rc : check_answer(k, c, m);
}

int kit_request(struct kit *k, const struct kit_client *c, struct kit_msg *m)
{
	kit_sign(k, c, m);
	kit_finish(c, m);
	return kit_exchange(k, c, m);
}

int kit_allocate(struct kit *k, const struct kit_client *c)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_ALLOCATE, WIRE_STUN_REQUEST);
	kit_put_udp(&m);
	return kit_request(k, c, &m);
}

int kit_refresh(struct kit *k, const struct kit_client *c, long lifetime, unsigned int family)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_REFRESH, WIRE_STUN_REQUEST);
	if (lifetime >= 0)
		wire_stun_put_u32(&m.b, WIRE_ATTR_LIFETIME, (uint32_t)lifetime);
	if (family)
		kit_put_family(&m, WIRE_ATTR_REQUESTED_ADDRESS_FAMILY, family == EN_AF_INET ? 1 : 2);
	return kit_request(k, c, &m);
}

int kit_permit(struct kit *k, const struct kit_client *c, const char *peer)
{
	struct en_ep ep = {.addr = kit_addr(peer)};
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_CREATE_PERMISSION, WIRE_STUN_REQUEST);
	wire_stun_put_xor_addr(&m.b, WIRE_ATTR_XOR_PEER_ADDRESS, &ep);
	return kit_request(k, c, &m);
}

int kit_bind(struct kit *k, const struct kit_client *c, unsigned int number, const char *peer)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_CHANNEL_BIND, WIRE_STUN_REQUEST);
	wire_stun_put_u32(&m.b, WIRE_ATTR_CHANNEL_NUMBER, (uint32_t)number << 16);
	kit_put_peer(&m, peer);
	return kit_request(k, c, &m);
}

enum dp_turn_verdict kit_send(struct kit *k, const struct kit_client *c, const char *peer, const void *data, size_t len)
{
	struct kit_msg m;

	kit_begin(&m, WIRE_STUN_SEND, WIRE_STUN_INDICATION);
	kit_put_peer(&m, peer);
	wire_stun_put(&m.b, WIRE_ATTR_DATA, data, len);
	kit_finish(c, &m);
	kit_raw(k, &c->ep, c->listener, m.buf, m.len);
	return k->verdict;
}

/* --- answers ------------------------------------------------------------------------------------ */

static bool nth_attr(const struct kit *k, unsigned int type, unsigned int nth, struct wire_attr *ret_attr)
{
	struct wire_attr_iter it = {0};

	while (wire_stun_next(&k->answer, &it, ret_attr))
		if (ret_attr->type == type && nth-- == 0)
			return true;
	return false;
}

bool kit_attr(const struct kit *k, unsigned int type, struct wire_attr *ret_attr)
{
	return k->verdict == DP_TURN_REPLY && nth_attr(k, type, 0, ret_attr);
}

bool kit_has(const struct kit *k, unsigned int type)
{
	struct wire_attr a;

	return kit_attr(k, type, &a);
}

uint32_t kit_u32(const struct kit *k, unsigned int type)
{
	struct wire_attr a;

	MUST(kit_attr(k, type, &a) && a.len == 4);
	return en_load32(a.value);
}

bool kit_xor_addr(const struct kit *k, unsigned int type, unsigned int nth, struct en_ep *ret_ep)
{
	struct wire_attr a;

	return nth_attr(k, type, nth, &a) && wire_stun_get_xor_addr(&k->answer, &a, ret_ep) == 0;
}

const struct dp_alloc *kit_alloc(const struct kit *k, const struct kit_client *c)
{
	for (unsigned int i = 0; i < k->core_n; i++) {
		uint32_t idx = dp_flow_find(k->t[i], &c->ep, c->listener);

		if (idx != DP_NONE)
			return &k->t[i]->alloc[idx];
	}
	return NULL;
}
