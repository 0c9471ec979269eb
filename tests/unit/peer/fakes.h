/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fakes.h - the link, DTLS, HTTP and the clock as the tests of rooms want them: what is sent is kept, what
 * comes is said by the test.
 *
 * To be included by the one file of a test program: it defines cp_link_*, cp_place_*, cp_dtls_*, cp_data_*,
 * cp_channel_*, cp_http_answer, cp_ws_* and uv_now, in place of the real ones.
 */
#ifndef TESTS_PEER_FAKES_H
#define TESTS_PEER_FAKES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/control.h"
#include "control/dp/link.h"
#include "control/dtls/dtls.h"
#include "control/http/http.h"
#include "control/signal/internal.h"
#include "engine/conf/conf.h"
#include "tests/unit/peer/fake_data.h"

/* --- the clock ---------------------------------------------------------------------- */

static uint64_t fake_now = 1000;

uint64_t uv_now(const uv_loop_t *loop)
{
	(void)loop;
	return fake_now;
}

/* --- the link ------------------------------------------------------------------------- */

#define FAKE_CORES 2
#define FAKE_SENT  4096

struct cp_link {
	unsigned int cores;
	bool full; /* every send is refused */
	uint32_t limit[CP_PLACE_KINDS], generation;
	int held[CP_PLACE_KINDS]; /* taken or adopted, not given back */
	uint32_t used[CP_PLACE_KINDS][FAKE_CORES][256]; /* generation */
	struct {
		unsigned int core;
		struct shm_msg m;
	} * sent;
	unsigned int sent_n, injected, asked; /* asked: connectivity checks */
	struct en_ep asked_to; /* the last */
	uint8_t asked_tid[12];
};

static struct cp_link fake_link;

bool cp_link_is_up(const struct cp_link *l)
{
	return l->cores > 0;
}

unsigned int cp_link_cores(const struct cp_link *l)
{
	return l->cores;
}

bool cp_place_take(struct cp_link *l, enum cp_place_kind kind, unsigned int core, struct cp_place *ret_place)
{
	uint32_t i = 0;

	while (core < FAKE_CORES && i < l->limit[kind] && l->used[kind][core][i])
		i++;
	if (core >= FAKE_CORES || i >= l->limit[kind])
		return false;
	ret_place->core = core;
	ret_place->h.index = i;
	ret_place->h.generation = 1000 + l->generation++;
	l->used[kind][core][ret_place->h.index] = ret_place->h.generation;
	l->held[kind]++;
	return true;
}

void cp_place_give(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	if (p->core >= FAKE_CORES || p->h.index >= 256 || l->used[kind][p->core][p->h.index] != p->h.generation)
		return;
	l->used[kind][p->core][p->h.index] = 0;
	l->held[kind]--;
}

bool cp_place_adopt(struct cp_link *l, enum cp_place_kind kind, const struct cp_place *p)
{
	if (p->core >= FAKE_CORES || p->h.generation == 0 || p->h.index >= l->limit[kind] ||
	    l->used[kind][p->core][p->h.index])
		return false;
	l->used[kind][p->core][p->h.index] = p->h.generation;
	l->held[kind]++;
	return true;
}

bool cp_link_send(struct cp_link *l, unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	if (l->cores == 0 || l->full)
		return false;
	if (!l->sent)
		l->sent = calloc(FAKE_SENT, sizeof(*l->sent));
	assert_non_null(l->sent);
	assert_true(core < l->cores);
	assert_int_equal(len, shm_msg_body(type));
	if (l->sent_n == FAKE_SENT)
		l->sent_n = 0;
	l->sent[l->sent_n].core = core;
	l->sent[l->sent_n].m.type = type;
	l->sent[l->sent_n].m.len = len;
	memcpy(&l->sent[l->sent_n].m.session, body, len);
	l->sent_n++;
	return true;
}

bool cp_link_inject(struct cp_link *l, const struct cp_place *session, const void *bytes, uint32_t len)
{
	(void)session;
	(void)bytes;
	(void)len;
	l->injected++;
	return true;
}

bool cp_link_inject_to(struct cp_link *l, const struct cp_place *session, unsigned int listen, const struct en_ep *to,
		       const void *bytes, uint32_t len)
{
	(void)session;
	(void)listen;
	assert_true(len > 20);
	memcpy(l->asked_tid, (const uint8_t *)bytes + 8, sizeof(l->asked_tid));
	l->asked_to = *to;
	l->asked++;
	return true;
}

/* How many messages of a type were sent since `from`; the last of them. */
static inline unsigned int fake_sent(unsigned int from, uint32_t type, const struct shm_msg **ret_last)
{
	static const struct shm_msg none;
	unsigned int n = 0;

	if (ret_last)
		*ret_last = &none;
	for (unsigned int i = from; i < fake_link.sent_n; i++)
		if (fake_link.sent[i].m.type == type) {
			n++;
			if (ret_last)
				*ret_last = &fake_link.sent[i].m;
		}
	return n;
}

/* --- DTLS ------------------------------------------------------------------------------- */

struct cp_dtls_context {
	char fingerprint[CP_FINGERPRINT_TEXT + 8];
};

struct cp_dtls {
	const struct cp_dtls_events *events;
	void *arg;
	bool connected, needs_keys;
};

static unsigned int fake_contexts, fake_dtls_n;

int cp_dtls_context_create(struct cp_dtls_context **ret_context, struct en_err *err)
{
	struct cp_dtls_context *c = calloc(1, sizeof(*c));
	size_t at = (size_t)snprintf(c->fingerprint, sizeof(c->fingerprint), "sha-256 ");

	(void)err;
	fake_contexts++;
	for (unsigned int i = 0; i < 32; i++)
		at += (size_t)snprintf(c->fingerprint + at, sizeof(c->fingerprint) - at, i ? ":%02X" : "%02X",
				       fake_contexts & 0xff);
	*ret_context = c;
	return 0;
}

void cp_dtls_context_destroy(struct cp_dtls_context *c)
{
	free(c);
}

const char *cp_dtls_context_fingerprint(const struct cp_dtls_context *c)
{
	return c->fingerprint;
}

int cp_dtls_create(struct cp_dtls_context *c, bool server, const struct cp_fingerprint *fingerprint,
		   unsigned int fingerprint_n, const struct cp_dtls_events *events, void *arg,
		   struct cp_dtls **ret_dtls, struct en_err *err)
{
	struct cp_dtls *d = calloc(1, sizeof(*d));

	(void)c;
	(void)err;
	assert_true(server);
	assert_true(fingerprint_n > 0 && fingerprint[0].len > 0);
	d->events = events;
	d->arg = arg;
	fake_dtls_n++;
	*ret_dtls = d;
	return 0;
}

void cp_dtls_destroy(struct cp_dtls *d)
{
	fake_dtls_n--;
	free(d);
}

void cp_dtls_srtp_required(struct cp_dtls *d, bool required)
{
	d->needs_keys = required;
}

bool cp_dtls_write(struct cp_dtls *d, const uint8_t *bytes, uint32_t len)
{
	d->events->send(d->arg, bytes, len);
	return true;
}

/* 22 'K': the handshake is over; 'D': without keys; 23: data. 22 'X': it fails. 21: close_notify. Else: an answer is
 * due. */
void cp_dtls_input(struct cp_dtls *d, const uint8_t *bytes, uint32_t len)
{
	static const struct shm_msg_keys keys = {.profile = SHM_SRTP_GCM_128, .rx_key = {1}, .tx_key = {2}};

	if (len >= 2 && bytes[0] == 22 && bytes[1] == 'K' && !d->connected) {
		d->connected = true;
		d->events->connected(d->arg, &keys);
	} else if (len >= 2 && bytes[0] == 22 && bytes[1] == 'D' && !d->connected) {
		assert_false(d->needs_keys);
		d->connected = true;
		d->events->connected(d->arg, NULL);
	} else if (bytes[0] == 23) {
		d->events->data(d->arg, bytes, len);
	} else if (bytes[0] == 21 || (len >= 2 && bytes[1] == 'X')) {
		d->events->closed(d->arg, bytes[0] == 21 ? "close_notify" : "wrong certificate");
	} else {
		d->events->send(d->arg, bytes, len);
	}
}

int cp_dtls_timeout_ms(struct cp_dtls *d)
{
	return d->connected ? -1 : 50;
}

void cp_dtls_timeout(struct cp_dtls *d)
{
	(void)d;
}

void cp_dtls_shutdown(struct cp_dtls *d)
{
	d->events->send(d->arg, (const uint8_t *)"\x15", 1);
}

bool cp_dtls_is_connected(const struct cp_dtls *d)
{
	return d->connected;
}

/* --- HTTP ----------------------------------------------------------------------------------- */

#define FAKE_TEXTS 512

struct cp_ws {
	json_t *text[FAKE_TEXTS];
	unsigned int text_n, read_n;
	unsigned int closed; /* code */
	bool full;
};

bool cp_ws_send(struct cp_ws *ws, const char *text, size_t len)
{
	json_error_t why;
	json_t *m;

	assert_int_equal(ws->closed, 0);
	if (ws->full || ws->text_n == FAKE_TEXTS)
		return false;
	m = json_loadb(text, len, 0, &why);
	assert_non_null(m);
	ws->text[ws->text_n++] = m;
	return true;
}

void cp_ws_close(struct cp_ws *ws, unsigned int code, const char *reason)
{
	(void)reason;
	ws->closed = code;
}

/* The next message called so, passing over others; NULL: none. */
static inline json_t *fake_hear(struct cp_ws *ws, const char *t)
{
	while (ws->read_n < ws->text_n) {
		json_t *m = ws->text[ws->read_n++];

		if (strcmp(json_string_value(json_object_get(m, "t")), t) == 0)
			return m;
	}
	return NULL;
}

static inline void fake_ws_free(struct cp_ws *ws)
{
	for (unsigned int i = 0; i < ws->text_n; i++)
		json_decref(ws->text[i]);
	*ws = (struct cp_ws){0};
}

struct cp_http_request {
	int status;
	char type[64], location[256], links[1024], body[65536];
	unsigned int link_n;
};

void cp_http_answer(struct cp_http_request *req, int status, const char *type, const struct cp_http_header *header,
		    unsigned int header_n, const void *body, size_t len)
{
	assert_int_equal(req->status, 0);
	req->status = status;
	snprintf(req->type, sizeof(req->type), "%s", type ? type : "");
	for (unsigned int i = 0; i < header_n; i++) {
		if (strcmp(header[i].name, "Location") == 0)
			snprintf(req->location, sizeof(req->location), "%s", header[i].value);
		if (strcmp(header[i].name, "Link") == 0 && ++req->link_n)
			snprintf(req->links, sizeof(req->links), "%s", header[i].value);
	}
	assert_true(len < sizeof(req->body));
	if (len)
		memcpy(req->body, body, len);
}

/* --- a control process ------------------------------------------------------------------------ */

struct fake {
	struct conf conf;
	struct cp_control ctl;
	uv_loop_t loop;
};

static struct fake fake;

static inline void fake_conf(const char *lines)
{
	char text[2048], *msgs = NULL;
	size_t len;
	FILE *f = open_memstream(&msgs, &len);

	snprintf(text, sizeof(text),
		 "[dataplane]\ncores = 1,2\n"
		 "[port wan]\ndevice = tap:x\naddress = 198.18.0.2/24\n"
		 "[media]\nlisten = 198.18.0.2:3480\nexternal = 203.0.113.7/198.18.0.2\n"
		 "max-sessions = 64\nmax-tracks = 64\nmax-routes = 256\n"
		 "%s",
		 lines);
	memset(&fake.conf, 0, sizeof(fake.conf));
	if (conf_load_string("t.conf", text, f, &fake.conf) != 0) {
		fclose(f);
		fail_msg("%s", msgs);
	}
	fclose(f);
	free(msgs);
}

/* A new process; the dataplane has not been heard of. */
static inline void fake_process(void)
{
	struct en_err err;

	fake.ctl = (struct cp_control){.loop = &fake.loop, .conf = &fake.conf, .sctp = &fake_stack};
	assert_int_equal(uv_loop_init(&fake.loop), 0);
	assert_int_equal(cp_dtls_context_create(&fake.ctl.dtls, &err), 0);
	assert_int_equal(cp_signal_create(&fake.ctl, &fake.ctl.signal, &err), 0);
	free(fake_link.sent);
	fake_link = (struct cp_link){.cores = FAKE_CORES, .limit = {64, 64, 256}};
	fake.ctl.link = &fake_link;
}

static inline void fake_process_end(void)
{
	cp_signal_destroy(fake.ctl.signal);
	cp_dtls_context_destroy(fake.ctl.dtls);
	uv_run(&fake.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fake.loop), 0);
	assert_int_equal(fake_dtls_n, 0);
	assert_int_equal(fake_data_n, 0);
}

static inline void fake_up(bool again)
{
	cp_signal_on_up(fake.ctl.signal, again);
	cp_signal_on_synced(fake.ctl.signal);
}

static inline void fake_start(const char *lines)
{
	fake_conf(lines);
	fake_process();
	fake_up(false);
}

static inline void fake_stop(void)
{
	fake_process_end();
	conf_free(&fake.conf);
	free(fake_link.sent);
	fake_link.sent = NULL;
}

/* Time passes, and the ticks with it. */
static inline void fake_pass(uint64_t ms)
{
	struct cp_client *c, *next;

	fake_now += ms;
	for (c = TAILQ_FIRST(&fake.ctl.signal->clients); c; c = next) {
		next = TAILQ_NEXT(c, of_signal);
		cp_client_tick(c, fake_now);
	}
	cp_hub_tick(fake.ctl.signal->hub);
}

static inline void fake_message(unsigned int core, uint32_t type, const void *body, uint32_t len)
{
	struct shm_msg m = {.type = type, .len = len};

	memcpy(&m.session, body, len);
	cp_signal_on_message(fake.ctl.signal, core, &m);
}

static inline void fake_event(const struct cp_peer *p, enum shm_session_state state)
{
	struct shm_msg_session_event e = {.session = p->place.h, .state = state};

	assert_int_equal(en_ep_parse("192.0.2.9:5000", &e.remote), 0);
	fake_message(p->place.core, SHM_MSG_SESSION_EVENT, &e, sizeof(e));
}

static inline void fake_punt(const struct cp_peer *p, const char *bytes)
{
	struct shm_msg m = {.type = SHM_MSG_PUNT};

	m.packet.head.session = p->place.h;
	m.packet.head.len = (uint32_t)strlen(bytes);
	memcpy(m.packet.bytes, bytes, strlen(bytes));
	cp_signal_on_message(fake.ctl.signal, p->place.core, &m);
}

static inline struct cp_data *fake_data_up(const struct cp_peer *p)
{
	assert_non_null(p->data);
	p->data->up = true;
	p->data->events->up(p->data->arg);
	return p->data;
}

/* Path, handshake, keys. */
static inline void fake_connect(const struct cp_peer *p)
{
	fake_event(p, SHM_SESSION_CHECKED);
	fake_punt(p, "\x16H");
	fake_punt(p, "\x16K");
	fake_event(p, SHM_SESSION_CONNECTED);
}

/* The handshake of one without media: no SRTP keys come of it. Its association is up. */
static inline struct cp_data *fake_connect_data(const struct cp_peer *p)
{
	fake_event(p, SHM_SESSION_CHECKED);
	fake_punt(p, "\x16H");
	fake_punt(p, "\x16"
		     "D");
	fake_event(p, SHM_SESSION_CONNECTED);
	return fake_data_up(p);
}

/* --- HTTP ---------------------------------------------------------------------------------------- */

static struct cp_http_request fake_req; /* the last, with its answer */

static inline int fake_request_from(const char *client, const char *method, const char *path, const char *type,
				    const char *authorization, const char *body)
{
	const struct cp_http_in in = {.method = method,
				      .path = path,
				      .query = "",
				      .content_type = type,
				      .authorization = authorization,
				      .if_none_match = "",
				      .client = client,
				      .body = (const uint8_t *)body,
				      .body_len = strlen(body)};

	fake_req = (struct cp_http_request){0};
	cp_signal_request(fake.ctl.signal, &fake_req, &in);
	return fake_req.status;
}

static inline int fake_request(const char *method, const char *path, const char *type, const char *body)
{
	return fake_request_from("192.0.2.9", method, path, type, "", body);
}

static inline int fake_post(const char *path, const char *sdp)
{
	return fake_request("POST", path, "application/sdp", sdp);
}

static inline struct cp_peer *fake_last_peer(void)
{
	return TAILQ_LAST(&fake.ctl.signal->hub->peers, cp_peer_list);
}

/* --- offers -------------------------------------------------------------------------------------- */

struct fake_section {
	char kind; /* 'a', 'v', 'd' */
	const char *dir;
};

/* An offer of these sections, mids 0, 1, …; `pc`: which peer connection (certificate), `ice`: which generation. */
static inline const char *fake_offer(unsigned int pc, unsigned int ice, const struct fake_section *s, unsigned int n)
{
	static char sdp[32768];
	size_t at = 0;

#define OUT(...) at += (size_t)snprintf(sdp + at, sizeof(sdp) - at, __VA_ARGS__)
	OUT("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
	for (unsigned int i = 0; i < n; i++)
		OUT(" %u", i);
	OUT("\r\na=extmap-allow-mixed\r\n");
	for (unsigned int i = 0; i < n; i++) {
		bool audio = s[i].kind == 'a', data = s[i].kind == 'd';

		if (data)
			OUT("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
			    "a=sctp-port:5000\r\n");
		else
			OUT("m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n",
			    audio ? "audio" : "video", audio ? "111 0" : "96 97 98");
		OUT("a=ice-ufrag:uf%u%u\r\na=ice-pwd:passwordpasswordpassword%u%u\r\na=ice-options:trickle\r\n"
		    "a=fingerprint:sha-256 ",
		    pc, ice, pc, ice);
		for (unsigned int j = 0; j < 32; j++)
			OUT(j ? ":%02X" : "%02X", pc & 0xff);
		OUT("\r\na=setup:actpass\r\na=mid:%u\r\n", i);
		if (data)
			continue;
		/* as aiortc does: one id, two meanings */
		OUT("a=extmap:2 %s\r\n", audio ? "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
					       : "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time");
		OUT("a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=%s\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
		    s[i].dir);
		if (audio)
			OUT("a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n");
		else
			OUT("a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
			    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\n");
		if (s[i].dir[0] == 's')
			OUT("a=ssrc:%u cname:x\r\n", 1000 * (pc + 1) + i);
	}
#undef OUT
	return sdp;
}

#endif
