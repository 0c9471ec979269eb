/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rooms.c - simulated browsers: made, set up by offer and answer, kept, ended.
 *
 * Publishers come first, so that every subscriber's offer finds all that it wants. Signaling blocks, one request at a
 * time; ICE and DTLS of up to --window browsers go on meanwhile.
 */
#include "perf/loadgen/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/signaling.h"
#include "perf/loadgen/stop.h"

#define CONSENT_NS   UINT64_C(4000000000)
#define SSRC_FIRST   0x54500000u
#define KEYS_ALIGN   64
#define ALLOC(n, to) ((to) = calloc((n), sizeof(*(to))))

/* --- open and close ------------------------------------------------------------------ */

static void init_browsers(struct load_bed *b, struct load_rooms *rs)
{
	uint32_t size = dp_srtp_keys_size();

	for (uint32_t i = 0; i < rs->browser_n; i++) {
		struct en_ep local = {.addr = load_addr_plus(&rs->o->address.addr, i / LOAD_CLIENT_PORTS),
				      .port = (uint16_t)(LOAD_CLIENT_PORT + i % LOAD_CLIENT_PORTS)};
		uint8_t *keys = rs->keys + (size_t)2 * i * size;

		load_browser_init(&rs->browser[i], &local, &b->up, rs->srtp, (struct dp_srtp_keys *)keys,
				  (struct dp_srtp_keys *)(keys + size));
	}
	for (uint32_t f = 0; f < rs->sender_n; f++) {
		rs->sender[f].browser = &rs->browser[f % rs->publisher_n];
		rs->sender[f].video = rs->o->video && (!rs->o->audio || f >= rs->publisher_n);
		rs->sender[f].key_due = true;
		rs->sender[f].srtp.ssrc = SSRC_FIRST + 2 * f;
	}
	load_nic_add(&b->nic[0], &rs->o->address.addr, load_clients_addresses(rs->browser_n));
}

int load_rooms_open(struct load_bed *b, struct en_err *err)
{
	const struct load_options *o = b->o;
	struct load_rooms *rs = b->rooms = calloc(1, sizeof(*rs));
	uint32_t subscriber_n = o->rooms * o->subscribers;
	size_t keys;

	if (!rs)
		return en_fail(err, -1, "no memory");
	rs->o = o;
	rs->publisher_n = o->rooms * o->publishers;
	rs->browser_n = rs->publisher_n + subscriber_n;
	rs->sender_n = o->clients;
	rs->route_n = o->clients / o->rooms;
	snprintf(rs->name, sizeof(rs->name), "bench-%08x", en_random32());
	if (cp_dtls_context_create(&rs->context, err) != 0 || dp_srtp_create(false, &rs->srtp, err) != 0)
		return -1;
	if (o->profile && !cp_dtls_context_profile(rs->context, o->profile))
		return en_fail(err, -1, "this OpenSSL knows no such --profile");
	keys = (size_t)2 * rs->browser_n * dp_srtp_keys_size();
	rs->keys = aligned_alloc(KEYS_ALIGN, keys);
	if (!rs->keys || !ALLOC(rs->browser_n, rs->browser) || !ALLOC(rs->sender_n, rs->sender) ||
	    !ALLOC((size_t)subscriber_n * rs->route_n, rs->route) ||
	    !ALLOC((size_t)subscriber_n * rs->route_n, rs->ssrc))
		return en_fail(err, -1, "no memory for %u browsers", rs->browser_n);
	memset(rs->keys, 0, keys);
	init_browsers(b, rs);
	return 0;
}

void load_rooms_close(struct load_bed *b)
{
	struct load_rooms *rs = b->rooms;

	if (!rs)
		return;
	if (rs->browser)
		load_signaling_end(rs->o, rs->browser, rs->browser_n);
	for (uint32_t i = 0; rs->browser && i < rs->browser_n; i++)
		if (rs->browser[i].tx)
			load_browser_free(&rs->browser[i]);
	if (rs->context)
		cp_dtls_context_destroy(rs->context);
	dp_srtp_destroy(rs->srtp);
	free(rs->keys);
	free(rs->browser);
	free(rs->sender);
	free(rs->route);
	free(rs->ssrc);
	free(rs);
	b->rooms = NULL;
}

struct load_browser *load_rooms_at(const struct load_bed *b, const struct en_ep *local)
{
	const struct load_rooms *rs = b->rooms;
	uint32_t addresses = load_clients_addresses(rs->browser_n);
	uint32_t a = load_addr_index(&rs->o->address.addr, &local->addr, addresses);
	uint32_t p = (uint32_t)local->port - LOAD_CLIENT_PORT, i = a * LOAD_CLIENT_PORTS + p;

	return a < addresses && p < LOAD_CLIENT_PORTS && i < rs->browser_n ? &rs->browser[i] : NULL;
}

/* --- signaling ----------------------------------------------------------------------- */

static size_t write_offer(const struct load_rooms *rs, uint32_t i, char *buf, size_t cap)
{
	const struct load_options *o = rs->o;
	bool sends = i < rs->publisher_n;
	unsigned int sections = sends ? 1 : o->publishers;
	struct load_offer offer = {
		.sends = sends,
		.audio = o->audio ? sections : 0,
		.video = o->video ? sections : 0,
		.ufrag = rs->browser[i].ufrag,
		.pwd = rs->browser[i].pwd,
		.fingerprint = cp_dtls_context_fingerprint(rs->context),
	};

	for (uint32_t f = i; sends && f < rs->sender_n; f += rs->publisher_n)
		offer.ssrc[rs->sender[f].video] = rs->sender[f].srtp.ssrc;
	return load_offer_write(&offer, buf, cap);
}

/* What the server sends to a subscriber, and under which numbers. */
static void take_routes(struct load_rooms *rs, uint32_t i, const struct load_answer *a)
{
	size_t at = (size_t)(i - rs->publisher_n) * rs->route_n;

	for (uint32_t k = 0; k < rs->route_n; k++) {
		rs->ssrc[at + k] = a->section[k].ssrc;
		rs->route[at + k] = (struct load_route){
			.srtp = {.ssrc = a->section[k].ssrc}, .sender = LOAD_STREAM_NONE, .pt = a->section[k].pt};
	}
}

static int take_answer(struct load_bed *b, uint32_t i, const struct load_http_answer *http, struct en_err *err)
{
	struct load_rooms *rs = b->rooms;
	struct load_browser *w = &rs->browser[i];
	bool sends = i < rs->publisher_n;
	struct load_answer a;
	const char *wrong;

	wrong = load_answer_read(http->body, http->body_len, sends, rs->o->address.addr.family, &a);
	if (!wrong && !sends && a.section_n != rs->route_n)
		wrong = "has another number of sections than the offer";
	if (wrong)
		return en_fail(err, -1, "the answer to a %s's offer %s", sends ? "publisher" : "subscriber", wrong);
	if (!rs->resolved && load_nic_resolve(&b->nic[0], &a.server.addr, &b->up, err) != 0)
		return -1;
	rs->resolved = true;
	if (!sends)
		take_routes(rs, i, &a);
	return load_browser_start(w, rs->context, &a, load_now(), err);
}

static int begin(struct load_bed *b, uint32_t i, struct en_err *err)
{
	struct load_rooms *rs = b->rooms;
	struct load_http_answer *answer = malloc(sizeof(*answer));
	char path[64], *offer = malloc(LOAD_SDP_MAX);
	int rc = -1;

	rs->browser[i].began_ns = load_now();
	snprintf(path, sizeof(path), "/%s/%s-%u", i < rs->publisher_n ? "whip" : "whep", rs->name,
		 load_rooms_room(rs, i));
	if (!answer || !offer || !write_offer(rs, i, offer, LOAD_SDP_MAX))
		en_fail(err, -1, "no memory for an offer");
	else
		rc = load_signaling_offer(rs->o, path, offer, &rs->browser[i], answer, err);
	if (rc == 0)
		rc = take_answer(b, i, answer, err);
	free(offer);
	free(answer);
	return rc;
}

/* --- all of them --------------------------------------------------------------------- */

/* Those under way: what stayed unanswered is repeated; returns how many there are. */
static uint32_t turn(struct load_rooms *rs, uint64_t now)
{
	uint32_t busy = 0;

	while (rs->oldest < rs->begun && rs->browser[rs->oldest].state == LOAD_BROWSER_CONNECTED)
		rs->oldest++;
	rs->connected = rs->oldest;
	rs->failed = 0;
	for (uint32_t i = rs->oldest; i < rs->begun; i++) {
		struct load_browser *w = &rs->browser[i];

		load_browser_turn(w, now);
		if (w->state == LOAD_BROWSER_CONNECTED)
			rs->connected++;
		else if (w->state == LOAD_BROWSER_FAILED)
			rs->failed++;
		else
			busy++;
	}
	return busy;
}

static int explain(const struct load_rooms *rs, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX];

	for (uint32_t i = 0; i < rs->begun; i++)
		if (rs->browser[i].state == LOAD_BROWSER_FAILED)
			return en_fail(
				err, -1,
				"%u of %u browsers were set up, then one of them not within %u s: %s (%s); does the "
				"server's dataplane run, and may packets pass?",
				rs->connected, rs->browser_n, (unsigned int)(LOAD_SETUP_NS / 1000000000),
				rs->browser[i].why, en_ep_str(&rs->browser[i].server, server));
	return 0;
}

static void note_setups(struct load_rooms *rs)
{
	uint64_t last = rs->begun_ns;

	load_hist_init(&rs->setup);
	for (uint32_t i = 0; i < rs->browser_n; i++) {
		const struct load_browser *w = &rs->browser[i];

		load_hist_add(&rs->setup, w->connected_ns - w->began_ns);
		last = w->connected_ns > last ? w->connected_ns : last;
	}
	rs->setup_ns = last - rs->begun_ns;
	rs->bound = true;
	rs->keep_ns = load_now();
}

int load_rooms_bind(struct load_bed *b, struct en_err *err)
{
	struct load_rooms *rs = b->rooms;

	if (rs->bound)
		return 0;
	load_progress_doing("setting up browsers");
	rs->begun_ns = rs->keep_ns = load_now();
	while (rs->connected < rs->browser_n) {
		uint32_t busy = turn(rs, load_now());

		if (rs->failed)
			return explain(rs, err);
		if (load_stop_check(err) != 0)
			return -1;
		if (busy < rs->o->window && rs->begun < rs->browser_n && begin(b, rs->begun++, err) != 0)
			return -1;
		load_bed_receive(b, NULL);
		load_rooms_keep(b, load_now());
	}
	note_setups(rs);
	return 0;
}

void load_rooms_keep(struct load_bed *b, uint64_t now)
{
	struct load_rooms *rs = b->rooms;

	for (uint32_t done = 0; now >= rs->keep_ns && done < rs->browser_n; done++) {
		struct load_browser *w = &rs->browser[rs->keep_next];

		if (w->state == LOAD_BROWSER_CONNECTED)
			load_browser_check(w, now);
		rs->keep_next = (rs->keep_next + 1) % rs->browser_n;
		rs->keep_ns += CONSENT_NS / rs->browser_n;
	}
}
