/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data.c - the command: load on the channels of associations, what is under way awaited, ended.
 *
 * Runs on:   the generator's thread. When there is nothing to do it sleeps for a moment: what is measured are
 *            milliseconds, and the server may need the CPU.
 */
#include "perf/loadgen/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "perf/loadgen/clock.h"
#include "perf/loadgen/command.h"
#include "perf/loadgen/process.h"
#include "perf/loadgen/progress.h"
#include "perf/loadgen/signaling.h"
#include "perf/loadgen/stop.h"

#define CONSENT_NS  UINT64_C(4000000000)
#define SETTLE_NS   UINT64_C(1000000000) /* before a figure of memory */
#define DRAIN_NS    UINT64_C(20000000000) /* what does not come back until then is lost */
#define LATE_NS     UINT64_C(2000000000) /* what an unreliable channel still has under way then will not come */
#define LOOK_NS     UINT64_C(200000000) /* at memory, at channels that close */
#define SLEEP_US    100
#define SCTP_BUFFER (1u << 20)
#define DRAINING    256
#define STRIDE      7919 /* a prime: channels that are closed one after the other are not neighbours */

/* --- open and close ------------------------------------------------------------------ */

static void init_assoc(struct load_data *d, uint32_t i)
{
	const struct load_options *o = d->o;
	struct en_ep local = {.addr = load_addr_plus(&o->address.addr, i / LOAD_CLIENT_PORTS),
			      .port = (uint16_t)(LOAD_CLIENT_PORT + i % LOAD_CLIENT_PORTS)};
	struct load_assoc *a = &d->assoc[i];

	load_browser_init(&d->browser[i], &local, &d->bed->up, NULL, NULL, NULL);
	*a = (struct load_assoc){.of = d, .browser = &d->browser[i], .channel = d->channel + (size_t)i * o->channels};
	for (uint32_t k = 0; k < o->channels; k++) {
		a->channel[k].assoc = a;
		a->channel[k].number = i * o->channels + k;
		a->channel[k].kind = (uint8_t)(k % LOAD_KINDS);
	}
}

static int open_stack(struct load_data *d, struct en_err *err)
{
	struct cp_sctp_limits limits = {.associations = d->n,
					.send_buffer = SCTP_BUFFER,
					.receive_buffer = SCTP_BUFFER,
					.message = LOAD_MESSAGE_LARGEST};

	if (uv_loop_init(&d->loop) != 0)
		return en_fail(err, -1, "no memory for a loop");
	d->has_loop = true;
	if (cp_sctp_stack_create(&d->loop, &limits, &d->stack, err) != 0 ||
	    cp_dtls_context_create(&d->context, err) != 0)
		return -1;
	return 0;
}

static int bed_open(struct load_bed *b, struct en_err *err)
{
	const struct load_options *o = b->o;
	struct load_data *d = b->data = calloc(1, sizeof(*d));

	if (!d)
		return en_fail(err, -1, "no memory");
	d->o = o;
	d->bed = b;
	d->n = o->associations;
	d->browser = calloc(d->n, sizeof(*d->browser));
	d->assoc = calloc(d->n, sizeof(*d->assoc));
	d->channel = calloc((size_t)d->n * o->channels, sizeof(*d->channel));
	d->scratch = malloc(LOAD_MESSAGE_LARGEST);
	if (!d->browser || !d->assoc || !d->channel || !d->scratch)
		return en_fail(err, -1, "no memory for %u associations", d->n);
	snprintf(d->name, sizeof(d->name), "bench-%08x", en_random32());
	for (uint32_t i = 0; i < d->n; i++)
		init_assoc(d, i);
	for (unsigned int k = 0; k < LOAD_KINDS; k++)
		load_hist_init(&d->tally[k].latency);
	load_hist_init(&d->setup);
	load_nic_add(&b->nic[0], &o->address.addr, load_clients_addresses(d->n));
	return open_stack(d, err);
}

static void end_associations(struct load_data *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (d->assoc[i].data)
			cp_data_destroy(d->assoc[i].data);
	for (uint32_t i = 0; i < d->n; i++)
		load_browser_free(&d->browser[i]);
}

static void bed_close(struct load_bed *b)
{
	struct load_data *d = b->data;

	if (!d)
		return;
	if (d->assoc && d->browser) {
		load_signaling_end(d->o, d->browser, d->n);
		end_associations(d);
	}
	if (d->stack)
		cp_sctp_stack_destroy(d->stack);
	if (d->has_loop) {
		uv_run(&d->loop, UV_RUN_DEFAULT); /* what is closed is freed */
		uv_loop_close(&d->loop);
	}
	if (d->context)
		cp_dtls_context_destroy(d->context);
	free(d->browser);
	free(d->assoc);
	free(d->channel);
	free(d->scratch);
	free(d);
	b->data = NULL;
}

/* --- one round -------------------------------------------------------------------------- */

static struct load_browser *browser_at(const struct load_data *d, const struct en_ep *local)
{
	uint32_t addresses = load_clients_addresses(d->n);
	uint32_t a = load_addr_index(&d->o->address.addr, &local->addr, addresses);
	uint32_t p = (uint32_t)local->port - LOAD_CLIENT_PORT, i = a * LOAD_CLIENT_PORTS + p;

	return a < addresses && p < LOAD_CLIENT_PORTS && i < d->n ? &d->browser[i] : NULL;
}

static void take_burst(struct load_bed *b, struct load_trial *t, struct load_dgram *dgram, unsigned int n)
{
	struct load_data *d = b->data;

	(void)t;
	for (unsigned int i = 0; i < n; i++) {
		struct load_browser *w = browser_at(d, &dgram[i].dst);

		if (!w || !en_ep_eq(&dgram[i].src, &w->server) || dgram[i].len == 0)
			continue;
		load_browser_take(w, dgram[i].data, dgram[i].len);
		if (w->state == LOAD_BROWSER_FAILED)
			load_assoc_lose(&d->assoc[w - d->browser], w->why);
	}
}

static void keep_consent(struct load_data *d, uint64_t now)
{
	for (uint32_t done = 0; now >= d->keep_ns && done < d->n; done++) {
		struct load_browser *w = &d->browser[d->keep_next];

		if (w->state == LOAD_BROWSER_CONNECTED)
			load_browser_check(w, now);
		d->keep_next = (d->keep_next + 1) % d->n;
		d->keep_ns += CONSENT_NS / d->n;
	}
}

uint64_t load_data_step(struct load_data *d, bool may_sleep)
{
	unsigned int frames = load_bed_receive(d->bed, NULL);
	uint64_t now;

	uv_run(&d->loop, UV_RUN_NOWAIT);
	now = load_now();
	keep_consent(d, now);
	if (frames == 0 && may_sleep) {
		usleep(SLEEP_US);
		uv_update_time(&d->loop);
	}
	return now;
}

static void wait_for(struct load_data *d, uint64_t ns)
{
	uint64_t end = load_now() + ns;

	while (load_data_step(d, true) < end && !load_stop())
		;
}

/* --- load ---------------------------------------------------------------------------------- */

/* Channels that are closed and opened anew, one after the other. */
struct reopening {
	struct load_pace pace;
	uint64_t done; /* begun */
	struct load_channel *draining[DRAINING];
	unsigned int draining_n;
};

static void close_and_open(struct load_channel *c)
{
	struct cp_channel *old = c->channel;
	struct en_err err;

	c->draining = false;
	if (!old)
		return;
	load_channel_forget(c, true);
	cp_channel_set_user(old, NULL);
	cp_channel_close(old);
	c->assoc->of->reopen_asked++;
	load_channel_open(c, &err);
}

/* Every other one is closed when all that it sent came back, the others at once. */
static void reopen_next(struct load_data *d, struct reopening *r)
{
	uint64_t all = (uint64_t)d->n * d->o->channels;
	struct load_channel *c = &d->channel[r->done * STRIDE % all];

	r->done++;
	if (!c->channel || !c->ready || c->draining || c->assoc->state != LOAD_ASSOC_UP)
		return;
	if ((r->done & 1) || r->draining_n == DRAINING) {
		close_and_open(c);
	} else {
		c->draining = true;
		r->draining[r->draining_n++] = c;
	}
}

static void reopen_drained(struct reopening *r)
{
	for (unsigned int i = 0; i < r->draining_n;) {
		struct load_channel *c = r->draining[i];

		if (c->channel && load_kind_is_reliable(c->kind) && !load_channel_is_quiet(c)) {
			i++;
			continue;
		}
		close_and_open(c);
		r->draining[i] = r->draining[--r->draining_n];
	}
}

static void look_at_memory(struct load_data *d)
{
	uint64_t kib = d->control_pid ? load_process_memory(d->control_pid) : 0;

	if (kib > d->memory_peak)
		d->memory_peak = kib;
}

static void tell_progress(const struct load_data *d)
{
	uint64_t sent = 0, received = 0;

	for (unsigned int k = 0; k < LOAD_KINDS; k++) {
		sent += d->tally[k].sent;
		received += d->tally[k].received;
	}
	load_progress(sent, received);
}

static void load(struct load_data *d)
{
	const struct load_options *o = d->o;
	uint64_t now = load_now(), sent = 0, look = 0, begin_ns = now;
	struct load_pace pace = load_pace(now, o->rate, o->ms);
	struct reopening r = {.pace = o->reopen ? load_pace(now, o->reopen, o->ms) : (struct load_pace){0}};
	double cpu = load_process_cpu(d->control_pid);

	load_progress_doing("messages");
	load_progress_trial(o->rate, pace.total);
	while (sent < pace.total && !load_stop()) {
		uint64_t due = load_pace_due(&pace, now);

		for (unsigned int turn_n = 0; sent < due && turn_n < 64; sent++, turn_n++)
			load_channel_say(&d->assoc[sent % d->n].channel[sent / d->n % o->channels],
					 load_pace_at(&pace, sent));
		while (o->reopen && r.done < load_pace_due(&r.pace, now))
			reopen_next(d, &r);
		if (now >= look) {
			look_at_memory(d);
			reopen_drained(&r);
			tell_progress(d);
			look = now + LOOK_NS;
		}
		now = load_data_step(d, sent >= load_pace_due(&pace, load_now()));
	}
	d->load_ns = now - begin_ns;
	if (cpu > 0)
		d->control_cpu = (load_process_cpu(d->control_pid) - cpu) * 1e9 / (double)d->load_ns;
}

/* All that reliable channels sent is back. */
static bool all_is_back(const struct load_data *d)
{
	for (uint64_t i = 0; i < (uint64_t)d->n * d->o->channels; i++)
		if (load_kind_is_reliable(d->channel[i].kind) && !load_channel_is_quiet(&d->channel[i]))
			return false;
	return d->reopened >= d->reopen_asked;
}

static void drain(struct load_data *d)
{
	uint64_t begin_ns = load_now(), look = 0, now;
	bool done = false;

	load_progress_doing("waiting for what is under way");
	do {
		now = load_data_step(d, true);
		if (now < look)
			continue;
		look = now + LOOK_NS;
		done = all_is_back(d) && now - begin_ns > LATE_NS;
	} while (!done && now - begin_ns < DRAIN_NS && !load_stop());
	for (uint64_t i = 0; i < (uint64_t)d->n * d->o->channels; i++)
		load_channel_forget(&d->channel[i], load_stop());
}

static int run(struct load_data *d, struct en_err *err)
{
	if (d->o->server_pid) {
		d->control_pid = load_process_control((int)d->o->server_pid);
		if (!d->control_pid)
			return en_fail(err, -1, "--server-pid %u is neither turnpike-control nor its supervisor",
				       d->o->server_pid);
		d->memory_before = load_process_memory(d->control_pid);
	}
	if (load_data_set_up(d, err) != 0)
		return -1;
	wait_for(d, d->control_pid ? SETTLE_NS : 0);
	d->memory_idle = d->control_pid ? load_process_memory(d->control_pid) : 0;
	load(d);
	d->loaded = true;
	drain(d);
	wait_for(d, d->control_pid ? SETTLE_NS : 0);
	d->memory_after = d->control_pid ? load_process_memory(d->control_pid) : 0;
	return 0;
}

static const struct load_traffic traffic = {.open = bed_open, .close = bed_close, .take_burst = take_burst};

int load_data(const struct load_options *o, json_t *result, struct en_err *err)
{
	struct load_bed *b;
	int rc = load_bed_open(o, &traffic, &b, err);

	if (rc != 0)
		return rc;
	rc = run(b->data, err);
	if (b->data->loaded) {
		load_data_report(b->data, result);
		rc = load_stop_check(err);
		if (rc == 0)
			rc = load_data_judge(b->data, err);
	}
	load_bed_close(b);
	return rc;
}
