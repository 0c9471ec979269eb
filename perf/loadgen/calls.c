/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * calls.c - calls: room for them, set up by offer and answer, ended.
 *
 * The proxy asks for the same of any gateway that speaks the protocol; keys that one does not know it leaves alone.
 */
#include "perf/loadgen/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/gateway/sdes.h"
#include "engine/base/random.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/report.h"
#include "perf/loadgen/stop.h"

#define SDP_MAX    2048
#define SSRC_FIRST 0x54500000u
#define KEYS_ALIGN 64
#define ID_MAX     64

/* --- open and close ------------------------------------------------------------------ */

static uint32_t addresses(uint32_t legs)
{
	return (legs + LOAD_LEG_PORTS - 1) / LOAD_LEG_PORTS;
}

static int create_srtp(struct load_calls *cs, struct en_err *err)
{
	size_t keys = (size_t)2 * cs->cap * dp_srtp_keys_size();

	if (dp_srtp_create(false, &cs->srtp, err) != 0)
		return -1;
	cs->keys = aligned_alloc(KEYS_ALIGN, (keys + KEYS_ALIGN - 1) / KEYS_ALIGN * KEYS_ALIGN);
	if (!cs->keys)
		return en_fail(err, -1, "no memory for %u calls", cs->cap);
	memset(cs->keys, 0, keys);
	for (uint32_t c = 0; c < cs->cap; c++) {
		uint8_t *at = cs->keys + (size_t)2 * c * dp_srtp_keys_size();

		cs->leg[2 * c].tx = (struct dp_srtp_keys *)at;
		cs->leg[2 * c].rx = (struct dp_srtp_keys *)(at + dp_srtp_keys_size());
	}
	return 0;
}

static void init_legs(struct load_calls *cs)
{
	for (uint32_t l = 0; l < 2 * cs->cap; l++) {
		struct load_leg *leg = &cs->leg[l];

		leg->local = (struct en_ep){.addr = load_addr_plus(&cs->o->address.addr, l / LOAD_LEG_PORTS),
					    .port = (uint16_t)(LOAD_CLIENT_PORT + 2 * (l % LOAD_LEG_PORTS))};
		leg->pt = cs->o->call_mode == LOAD_CALL_TRANSCODE && l % 2 == 0 ? LOAD_PT_OPUS : LOAD_PT_PCMU;
		leg->ssrc = SSRC_FIRST + l;
	}
}

int load_calls_create(struct load_bed *b, uint32_t cap, struct en_err *err)
{
	struct load_calls *cs = b->calls = calloc(1, sizeof(*cs));

	if (!cs)
		return en_fail(err, -1, "no memory");
	cs->o = b->o;
	cs->cap = cap;
	cs->leg = calloc((size_t)2 * cap, sizeof(*cs->leg));
	cs->ng.fd = -1;
	if (!cs->leg)
		return en_fail(err, -1, "no memory for %u calls", cap);
	snprintf(cs->name, sizeof(cs->name), "bench-%08x", en_random32());
	init_legs(cs);
	if (b->o->call_mode == LOAD_CALL_SRTP && create_srtp(cs, err) != 0)
		return -1;
	load_nic_add(&b->nic[0], &b->o->address.addr, addresses(2 * cap));
	return load_ng_open(&cs->ng, &b->o->ng, err);
}

void load_calls_close(struct load_bed *b)
{
	struct load_calls *cs = b->calls;

	if (!cs)
		return;
	load_calls_end(cs);
	load_ng_close(&cs->ng);
	dp_srtp_destroy(cs->srtp);
	load_sound_free(&cs->sound);
	free(cs->keys);
	free(cs->leg);
	free(cs);
	b->calls = NULL;
}

struct load_leg *load_calls_at(const struct load_calls *cs, const struct en_ep *local)
{
	uint32_t n = 2 * cs->up, a = load_addr_index(&cs->o->address.addr, &local->addr, addresses(2 * cs->cap));
	uint32_t p = (uint32_t)local->port - LOAD_CLIENT_PORT, i = a * LOAD_LEG_PORTS + p / 2;

	return a < addresses(2 * cs->cap) && p < 2 * LOAD_LEG_PORTS && p % 2 == 0 && i < n ? &cs->leg[i] : NULL;
}

/* --- commands ------------------------------------------------------------------------ */

static json_t *command(const struct load_calls *cs, const char *what, uint32_t call)
{
	char id[ID_MAX];

	snprintf(id, sizeof(id), "%s-%u-%u", cs->name, cs->generation, call);
	return json_pack("{s:s, s:s, s:s}", "command", what, "call-id", id, "from-tag", "a");
}

/* What the proxy wants of the other side: a plain phone with PCMU, whatever the caller speaks. */
static json_t *offer_of(const struct load_calls *cs, uint32_t call, const char *sdp)
{
	json_t *j = command(cs, "offer", call);

	json_object_set_new(j, "sdp", json_string(sdp));
	json_object_set_new(j, "transport-protocol", json_string("RTP/AVP"));
	json_object_set_new(j, "ICE", json_string("remove"));
	if (cs->o->call_mode == LOAD_CALL_TRANSCODE)
		json_object_set_new(j, "codec", json_pack("{s:[s], s:[s]}", "mask", "opus", "transcode", "PCMU"));
	return j;
}

static json_t *answer_of(const struct load_calls *cs, uint32_t call, const char *sdp)
{
	json_t *j = command(cs, "answer", call);

	json_object_set_new(j, "sdp", json_string(sdp));
	json_object_set_new(j, "to-tag", json_string("b"));
	return j;
}

/* The command is carried out, and the leg knows of its description where the gateway is. */
static int ask(struct load_bed *b, json_t *command, struct load_leg *leg, struct load_call_sdp *ret_sdp,
	       struct en_err *err)
{
	struct load_calls *cs = b->calls;
	const char *sdp, *wrong;
	json_t *answer;
	int rc = load_ng_ask(&cs->ng, command, &answer, err);

	if (rc != 0)
		return rc;
	sdp = json_string_value(json_object_get(answer, "sdp"));
	wrong = sdp ? load_call_sdp_read(sdp, leg->pt == LOAD_PT_OPUS, leg->tx ? (uint16_t)cs->o->profile : 0, ret_sdp)
		    : "is missing";
	if (!wrong && ret_sdp->server.addr.family != cs->o->address.addr.family)
		wrong = "has an address of another family than --address";
	if (!wrong && ret_sdp->pt != leg->pt)
		wrong = "has another payload type for the codec";
	if (!wrong)
		leg->server = ret_sdp->server;
	json_decref(answer);
	return wrong ? en_fail(err, -1, "the gateway's description for %s %s",
			       leg->tx || leg->pt ? "a caller" : "a phone", wrong)
		     : 0;
}

static bool set_key(struct load_calls *cs, struct dp_srtp_keys *keys, const char *crypto, bool outbound)
{
	struct cp_gw_crypto c;

	if (!cp_gw_crypto_parse((struct wire_text){.p = crypto, .len = (uint32_t)strlen(crypto)}, &c))
		return false;
	dp_srtp_keys_clear(cs->srtp, keys);
	return dp_srtp_keys_set(cs->srtp, keys, c.profile, c.key, c.key + cp_gw_suite_key_len(c.profile), outbound);
}

/* What this side's key is, as its description says it. */
static void make_crypto(const struct load_calls *cs, char *ret_line, size_t cap)
{
	struct en_writer w = en_writer(ret_line, cap - 1);
	struct cp_gw_crypto c;
	char *value;

	cp_gw_crypto_make((uint16_t)cs->o->profile, 1, &c);
	cp_gw_crypto_line(&w, &c, false);
	ret_line[en_written(&w)] = '\0';
	ret_line[strcspn(ret_line, "\r\n")] = '\0';
	value = strchr(ret_line, ':');
	if (strncmp(ret_line, "a=crypto:", 9) == 0 && value)
		memmove(ret_line, value + 1, strlen(value));
}

static void begin_streams(struct load_leg *leg)
{
	leg->heard = false;
	leg->seq = (uint16_t)(en_random32() & 0x3fff);
	leg->ts = en_random32();
	leg->tx_stream = (struct dp_srtp_stream){.ssrc = leg->ssrc};
	leg->rx_stream = (struct dp_srtp_stream){0};
}

static int set_up(struct load_bed *b, uint32_t call, struct en_err *err)
{
	struct load_calls *cs = b->calls;
	struct load_leg *near = &cs->leg[2 * call], *far = near + 1;
	char sdp[SDP_MAX], crypto[SDP_MAX / 4];
	struct load_call_sdp got;
	uint64_t began = load_now();

	if (near->tx)
		make_crypto(cs, crypto, sizeof(crypto));
	load_call_sdp_write(near, near->tx ? crypto : NULL, sdp, sizeof(sdp));
	if (ask(b, offer_of(cs, call, sdp), far, &got, err) != 0)
		return -1;
	load_call_sdp_write(far, NULL, sdp, sizeof(sdp));
	if (ask(b, answer_of(cs, call, sdp), near, &got, err) != 0)
		return -1;
	if (near->tx && (!set_key(cs, near->tx, crypto, true) || !set_key(cs, near->rx, got.crypto, false)))
		return en_fail(err, -1, "the gateway's key is none");
	begin_streams(near);
	begin_streams(far);
	load_hist_add(&cs->setup, load_now() - began);
	return 0;
}

void load_calls_end(struct load_calls *cs)
{
	for (uint32_t c = 0; c < cs->up; c++) {
		json_t *j = command(cs, "delete", c), *answer;
		struct en_err err;

		json_object_set_new(j, "delete-delay", json_integer(0));
		if (load_ng_ask(&cs->ng, j, &answer, &err) != 0)
			break;
		json_decref(answer);
	}
	cs->up = 0;
	cs->heard = 0;
}

int load_calls_set_up(struct load_bed *b, uint32_t n, struct en_err *err)
{
	struct load_calls *cs = b->calls;
	uint64_t began = load_now();

	load_calls_end(cs);
	cs->generation++;
	load_progress_doing("setting up calls");
	load_hist_init(&cs->setup);
	for (; cs->up < n; cs->up++) {
		if (load_stop_check(err) != 0)
			return -1;
		if (set_up(b, cs->up, err) != 0) {
			char why[sizeof(err->text)];

			memcpy(why, err->text, sizeof(why));
			return cs->up ? en_fail(err, -1, "%.380s (%u calls were set up)", why, cs->up) : -1;
		}
		load_bed_receive(b, NULL); /* who asks for our MAC is answered */
	}
	cs->setup_ns = load_now() - began;
	if (!cs->resolved && load_nic_resolve(&b->nic[0], &cs->leg[0].server.addr, &b->up, err) != 0)
		return -1;
	cs->resolved = true;
	return 0;
}

void load_calls_report(const struct load_bed *b, json_t *result)
{
	const struct load_calls *cs = b->calls;
	/* those of the last time: transcoded ones are over by now */
	double per_second = cs->setup_ns ? (double)cs->setup.count * 1e9 / (double)cs->setup_ns : 0;

	json_object_set_new(result, "calls",
			    json_pack("{s:i, s:f, s:o}", "completed", (int)cs->setup.count, "per_second", per_second,
				      "latency", load_report_hist(&cs->setup)));
	load_report_metric(result, "call_setups", "calls/s", "higher", per_second);
	load_report_metric(result, "call_setup_p50", "us", "lower", (double)load_hist_quantile(&cs->setup, 0.5) / 1000);
}
