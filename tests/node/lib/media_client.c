/* SPDX-License-Identifier: BSD-3-Clause */
/* media_client.c - commands through the real lanes, and connectivity checks as browsers send them. */
#include "tests/node/lib/media_client.h"

#include <stdio.h>
#include <string.h>

#include "dataplane/ctl/lane.h"
#include "dataplane/step.h"
#include "engine/base/random.h"
#include "engine/shm/ufrag.h"

static struct shm_tx tx[LAB_QUEUES];
static struct shm_rx rx[LAB_QUEUES];

/* --- control ------------------------------------------------------------------ */

static void tell_cores(bool attached)
{
	struct dp_lanes *l = lab.world->lanes;

	for (unsigned int i = 0; i < lab.world->core_n; i++) {
		struct dp_note note = {.op = DP_NOTE_LANE, .lane.event_fd = l->event[DP_LANES_OURS]};
		struct rte_ring *r = lab.world->core[i]->note_in[lab.world->core_n];

		if (attached)
			note.lane.lane = &l->shm->lane[i];
		assert_int_equal(rte_ring_sp_enqueue_elem(r, &note, sizeof(note)), 0);
	}
	lab_step(2);
}

void media_attach(void)
{
	for (unsigned int i = 0; i < lab.world->core_n; i++) {
		shm_tx_init(&tx[i], &lab.world->lanes->shm->lane[i].down);
		shm_rx_init(&rx[i], &lab.world->lanes->shm->lane[i].up);
	}
	tell_cores(true);
}

void media_detach(void)
{
	tell_cores(false);
}

void media_open(const struct lab_options *o)
{
	static char text[512];
	struct lab_options with = o ? *o : (struct lab_options){0};

	snprintf(text, sizeof(text),
		 "listen = " MEDIA_LISTEN4 "\nlisten = " MEDIA_LISTEN6 "\nmax-sessions = %u\nmax-tracks = 32\n"
		 "max-routes = 64\nmax-caches = 4\n%s\n",
		 MEDIA_SESSIONS, with.media ? with.media : "");
	with.media = text;
	lab_open(&with);
	media_attach();
}

void media_command(unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	assert_true(shm_tx_put(&tx[core], type, body, len));
	lab_step(2);
}

void media_inject(unsigned int core, struct shm_handle session, const void *bytes, uint32_t len)
{
	assert_true(shm_tx_put_packet(&tx[core], SHM_MSG_INJECT, session, bytes, len));
	lab_settle();
}

void media_rtp(unsigned int core, struct shm_handle leg, const void *bytes, uint32_t len)
{
	assert_true(shm_tx_put_packet(&tx[core], SHM_MSG_RTP, leg, bytes, len));
	lab_settle();
}

void media_rtp_then(unsigned int core, struct shm_handle leg, const void *bytes, uint32_t len, uint32_t type,
		    const void *body, uint32_t body_len)
{
	assert_true(shm_tx_put_packet(&tx[core], SHM_MSG_RTP, leg, bytes, len));
	media_command(core, type, body, body_len);
}

void media_inject_to(unsigned int core, struct shm_handle session, unsigned int listen, const struct en_ep *to,
		     const void *bytes, uint32_t len)
{
	const struct shm_msg_packet head = {.session = session, .len = len, .listen = listen, .remote = *to};

	assert_true(shm_tx_put_packet_at(&tx[core], SHM_MSG_INJECT_TO, &head, bytes));
	lab_settle();
}

bool media_hear(unsigned int core, struct shm_msg *ret_msg)
{
	return shm_rx_take(&rx[core], true, ret_msg);
}

void media_expect(unsigned int core, uint32_t type, struct shm_msg *ret_msg)
{
	assert_true(media_hear(core, ret_msg));
	assert_string_equal(shm_msg_name(ret_msg->type), shm_msg_name(type));
}

void media_expect_silence(void)
{
	struct shm_msg msg;

	for (unsigned int i = 0; i < lab.world->core_n; i++)
		if (media_hear(i, &msg))
			fail_msg("core %u says %s", i, shm_msg_name(msg.type));
}

void media_expect_refusal(unsigned int core, uint32_t type, uint32_t why)
{
	struct shm_msg msg;

	media_expect(core, SHM_MSG_REFUSED, &msg);
	assert_int_equal(msg.refused.type, type);
	assert_int_equal(msg.refused.why, why);
}

void media_expect_state(unsigned int core, struct shm_handle session, uint32_t state, const struct en_ep *remote)
{
	static const struct en_ep none;
	struct shm_msg msg;

	media_expect(core, SHM_MSG_SESSION_EVENT, &msg);
	assert_int_equal(msg.event.session.index, session.index);
	assert_int_equal(msg.event.session.generation, session.generation);
	assert_int_equal(msg.event.state, state);
	assert_true(en_ep_eq(&msg.event.remote, remote ? remote : &none));
}

/* --- clients ------------------------------------------------------------------ */

void media_renew(struct media_client *c)
{
	shm_ufrag_make(c->core, c->set.session.index, en_random64(), c->set.ufrag);
	snprintf(c->set.pwd, sizeof(c->set.pwd), "%016llx%08x", (unsigned long long)en_random64(), en_random32());
}

void media_client(struct media_client *c, unsigned int core, uint32_t index, const char *ep)
{
	memset(c, 0, sizeof(*c));
	c->ep = ep_of(ep);
	c->core = core;
	c->set.session = (struct shm_handle){.index = index, .generation = 1};
	c->set.listen = c->ep.addr.family == EN_AF_INET ? 0 : 1;
	c->server = ep_of(c->set.listen ? MEDIA_LISTEN6 : MEDIA_LISTEN4);
	media_renew(c);
}

void media_install(struct media_client *c)
{
	media_command(c->core, SHM_MSG_SESSION, &c->set, sizeof(c->set));
}

struct dp_session *media_session(const struct media_client *c)
{
	return dp_session_get(lab.world->core[c->core]->media, c->set.session);
}

/* --- checks ------------------------------------------------------------------- */

void media_begin(struct media_client *c)
{
	char name[SHM_UFRAG_MAX + 8];

	en_random(c->tid, sizeof(c->tid));
	snprintf(name, sizeof(name), "%s:them", c->set.ufrag);
	wire_stun_build(&c->b, c->buf, sizeof(c->buf), WIRE_STUN_BINDING, WIRE_STUN_REQUEST, c->tid);
	wire_stun_put(&c->b, WIRE_ATTR_USERNAME, name, strlen(name));
	wire_stun_put_u32(&c->b, WIRE_ATTR_PRIORITY, 0x6e0001ff);
}

bool media_attr(const struct media_client *c, unsigned int type, struct wire_attr *ret_attr)
{
	struct wire_attr_iter it = {0};

	while (wire_stun_next(&c->msg, &it, ret_attr))
		if (ret_attr->type == type)
			return true;
	return false;
}

/* Every answer has a FINGERPRINT, is shorter than what it answers, and is signed when it says that a password was
 * right. */
static void check_form(const struct media_client *c, int code)
{
	struct wire_attr a;
	bool is_signed = media_attr(c, WIRE_ATTR_MESSAGE_INTEGRITY, &a);

	assert_int_equal(is_signed, code != 400 && code != 401);
	if (is_signed)
		assert_true(wire_stun_mi_ok(&c->msg, &a, (const uint8_t *)c->set.pwd, strlen(c->set.pwd)));
	assert_true(media_attr(c, WIRE_ATTR_FINGERPRINT, &a));
	assert_true(wire_stun_fingerprint_ok(&c->msg, &a));
}

static int read_answer(struct media_client *c)
{
	struct wire_attr a;
	int code = 0;

	if (!lab_recv(c->port, &c->answer))
		return MEDIA_NO_ANSWER;
	assert_true(en_ep_eq(&c->answer.src, &c->server));
	assert_true(en_ep_eq(&c->answer.dst, &c->ep));
	assert_int_equal(wire_stun_parse(c->answer.data, c->answer.data_len, &c->msg), WIRE_STUN_OK);
	assert_memory_equal(c->msg.tid, c->tid, sizeof(c->tid));
	assert_int_equal(c->msg.method, WIRE_STUN_BINDING);
	if (c->msg.cls == WIRE_STUN_ERROR) {
		assert_true(media_attr(c, WIRE_ATTR_ERROR_CODE, &a) && a.len >= 4);
		code = a.value[2] * 100 + a.value[3];
	} else {
		assert_int_equal(c->msg.cls, WIRE_STUN_SUCCESS);
		assert_true(media_attr(c, WIRE_ATTR_XOR_MAPPED_ADDRESS, &a));
		assert_int_equal(wire_stun_get_xor_addr(&c->msg, &a, &c->mapped), 0);
	}
	check_form(c, code);
	return code;
}

int media_ask_raw(struct media_client *c)
{
	media_send(c, c->buf, wire_stun_finish(&c->b));
	return read_answer(c);
}

int media_ask_unsigned(struct media_client *c)
{
	wire_stun_put_fingerprint(&c->b);
	return media_ask_raw(c);
}

int media_ask(struct media_client *c)
{
	wire_stun_put_mi(&c->b, (const uint8_t *)c->set.pwd, strlen(c->set.pwd));
	return media_ask_unsigned(c);
}

int media_check(struct media_client *c, bool nominate)
{
	media_begin(c);
	wire_stun_put(&c->b, WIRE_ATTR_ICE_CONTROLLING, "12345678", 8);
	if (nominate)
		wire_stun_put(&c->b, WIRE_ATTR_USE_CANDIDATE, NULL, 0);
	return media_ask(c);
}

void media_connect(struct media_client *c)
{
	struct shm_msg msg;

	media_install(c);
	assert_int_equal(media_check(c, true), 0);
	while (media_hear(c->core, &msg))
		assert_int_equal(msg.type, SHM_MSG_SESSION_EVENT);
}

void media_send(const struct media_client *c, const void *bytes, size_t len)
{
	struct frame f;

	frame_udp(&f, &c->ep, &c->server, bytes, len, NULL);
	lab_run(c->port, &f);
}
