/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_setup.c - associations are set up: offers and answers, ICE, DTLS, SCTP, channels; so many at a time.
 *
 * Runs on:   the generator's thread.
 */
#include "perf/loadgen/data.h"

#include <stdio.h>
#include <stdlib.h>

#include "perf/loadgen/clock.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/signaling.h"
#include "perf/loadgen/stop.h"

static size_t write_offer(const struct load_data *d, uint32_t i, char *buf, size_t cap)
{
	struct load_offer offer = {
		.sends = true,
		.data = true,
		.ufrag = d->browser[i].ufrag,
		.pwd = d->browser[i].pwd,
		.fingerprint = cp_dtls_context_fingerprint(d->context),
	};

	return load_offer_write(&offer, buf, cap);
}

static int take_answer(struct load_data *d, uint32_t i, const struct load_http_answer *http, struct en_err *err)
{
	struct load_answer a;
	const char *wrong = load_answer_read(http->body, http->body_len, true, d->o->address.addr.family, &a);

	if (wrong)
		return en_fail(err, -1, "the answer to an offer of data channels %s", wrong);
	if (!d->resolved && load_nic_resolve(&d->bed->nic[0], &a.server.addr, &d->bed->up, err) != 0)
		return -1;
	d->resolved = true;
	d->assoc[i].sctp_port = a.sctp_port;
	d->assoc[i].message_max = a.message_max;
	d->assoc[i].state = LOAD_ASSOC_SECURING;
	return load_browser_start(&d->browser[i], d->context, &a, load_now(), err);
}

static int begin(struct load_data *d, uint32_t i, struct en_err *err)
{
	struct load_http_answer *answer = malloc(sizeof(*answer));
	char path[64] = "/whip/echo", *offer = malloc(LOAD_SDP_MAX);
	int rc = -1;

	d->browser[i].began_ns = load_now();
	if (d->o->pairs)
		snprintf(path, sizeof(path), "/whip/%s-%u", d->name, i / 2);
	if (!answer || !offer || !write_offer(d, i, offer, LOAD_SDP_MAX))
		en_fail(err, -1, "no memory for an offer");
	else
		rc = load_signaling_offer(d->o, path, offer, &d->browser[i], answer, err);
	if (rc == 0)
		rc = take_answer(d, i, answer, err);
	free(offer);
	free(answer);
	return rc;
}

static int explain(const struct load_assoc *a, struct en_err *err)
{
	char server[EN_ADDRSTR_MAX];

	return en_fail(err, -1,
		       "%u of %u associations were set up, then one of them not within %u s: %s (%s); does the "
		       "server's dataplane run, and may packets pass?",
		       a->of->up, a->of->n, (unsigned int)(LOAD_SETUP_NS / 1000000000), a->why,
		       en_ep_str(&a->browser->server, server));
}

static int go_on(struct load_assoc *a, uint64_t now, struct en_err *err)
{
	struct load_browser *w = a->browser;

	load_browser_turn(w, now);
	if (a->state == LOAD_ASSOC_SECURING && w->state == LOAD_BROWSER_CONNECTED)
		return load_assoc_begin(a, err);
	if (w->state == LOAD_BROWSER_FAILED)
		load_assoc_lose(a, w->why);
	else if (a->state == LOAD_ASSOC_OPENING && now - w->began_ns > LOAD_SETUP_NS)
		load_assoc_lose(a, "no end of opening its channels");
	return a->state == LOAD_ASSOC_LOST ? explain(a, err) : 0;
}

/* Those under way; how many in *ret_busy. */
static int turn(struct load_data *d, uint64_t now, uint32_t *ret_busy, struct en_err *err)
{
	*ret_busy = 0;
	while (d->oldest < d->begun && d->assoc[d->oldest].state == LOAD_ASSOC_UP)
		d->oldest++;
	for (uint32_t i = d->oldest; i < d->begun; i++) {
		if (d->assoc[i].state == LOAD_ASSOC_UP)
			continue;
		++*ret_busy;
		if (go_on(&d->assoc[i], now, err) != 0)
			return -1;
	}
	return 0;
}

int load_data_set_up(struct load_data *d, struct en_err *err)
{
	uint64_t last = d->begun_ns = d->keep_ns = load_now();
	uint32_t busy = 0;

	load_progress_doing("setting up associations");
	while (d->up < d->n) {
		if (turn(d, load_data_step(d, busy == d->o->window || d->begun == d->n), &busy, err) != 0 ||
		    load_stop_check(err) != 0)
			return -1;
		if (busy < d->o->window && d->begun < d->n && begin(d, d->begun++, err) != 0)
			return -1;
	}
	for (uint32_t i = 0; i < d->n; i++) {
		load_hist_add(&d->setup, d->assoc[i].up_ns - d->browser[i].began_ns);
		last = d->assoc[i].up_ns > last ? d->assoc[i].up_ns : last;
	}
	d->setup_ns = last - d->begun_ns;
	return 0;
}
