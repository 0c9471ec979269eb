/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_assoc.c - the SCTP associations of simulated browsers, and their channels.
 *
 * Runs on:   the generator's thread.
 */
#include <stdio.h>
#include <string.h>

#include "perf/loadgen/clock.h"
#include "perf/loadgen/data.h"

const char *load_kind_name(unsigned int kind)
{
	static const char *const name[LOAD_KINDS] = {
		[LOAD_KIND_ORDERED] = "reliable, ordered",
		[LOAD_KIND_UNORDERED] = "reliable, unordered",
		[LOAD_KIND_ONCE] = "maxRetransmits 0",
		[LOAD_KIND_TIMED] = "lifetime, ordered",
	};

	return name[kind];
}

/* --- events ------------------------------------------------------------------------------ */

static void on_up(void *arg)
{
	(void)arg;
}

/* Nobody opens channels to us. */
static void on_opened(void *arg, struct cp_channel *channel)
{
	struct load_assoc *a = arg;

	a->of->strange++;
	cp_channel_close(channel);
}

static void on_ready(void *arg, struct cp_channel *channel)
{
	struct load_assoc *a = arg;
	struct load_channel *c = cp_channel_user(channel);

	if (!c || c->ready)
		return;
	c->ready = true;
	if (a->state == LOAD_ASSOC_UP) {
		a->of->reopened++;
	} else if (++a->ready_n == a->of->o->channels) {
		a->state = LOAD_ASSOC_UP;
		a->up_ns = load_now();
		a->of->up++;
	}
}

static bool on_message(void *arg, struct cp_channel *channel, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct load_channel *c = cp_channel_user(channel);

	(void)arg;
	if (c)
		load_channel_hear(c, binary, bytes, len);
	return true;
}

/* Open loop: what could not be sent is not sent later. */
static void on_writable(void *arg, struct cp_channel *channel)
{
	(void)arg;
	(void)channel;
}

static void on_closed(void *arg, struct cp_channel *channel)
{
	struct load_assoc *a = arg;
	struct load_channel *c = cp_channel_user(channel);

	if (!c)
		return;
	a->of->closed_by_server++;
	c->channel = NULL;
	c->ready = false;
	load_channel_forget(c, false);
}

static void on_down(void *arg, const char *why)
{
	load_assoc_lose(arg, why);
}

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct load_assoc *a = arg;

	cp_dtls_write(a->browser->dtls, bytes, len);
}

const struct cp_data_events load_assoc_events = {
	.up = on_up,
	.opened = on_opened,
	.ready = on_ready,
	.message = on_message,
	.writable = on_writable,
	.closed = on_closed,
	.down = on_down,
	.output = on_output,
};

/* --- life ---------------------------------------------------------------------------------- */

static void on_packet(void *arg, const uint8_t *bytes, uint32_t len)
{
	struct load_assoc *a = arg;

	if (a->data && a->state != LOAD_ASSOC_LOST)
		cp_data_input(a->data, bytes, len);
}

void load_assoc_lose(struct load_assoc *a, const char *why)
{
	if (a->state == LOAD_ASSOC_LOST)
		return;
	if (a->state == LOAD_ASSOC_UP)
		a->of->up--;
	a->state = LOAD_ASSOC_LOST;
	a->of->lost++;
	snprintf(a->why, sizeof(a->why), "%s", why);
}

int load_channel_open(struct load_channel *c, struct en_err *err)
{
	struct cp_channel_config config = {.protocol = "topic;full=wait"};
	uint32_t k = (uint32_t)(c - c->assoc->channel);

	snprintf(config.label, sizeof(config.label), "load-%u", k);
	config.unordered = c->kind == LOAD_KIND_UNORDERED || c->kind == LOAD_KIND_ONCE;
	config.reliability = c->kind == LOAD_KIND_ONCE    ? CP_SCTP_RETRANSMITS
			     : c->kind == LOAD_KIND_TIMED ? CP_SCTP_LIFETIME
							  : CP_SCTP_RELIABLE;
	config.value = c->kind == LOAD_KIND_TIMED ? LOAD_LIFETIME_MS : 0;
	c->ready = false;
	if (cp_channel_open(c->assoc->data, &config, &c->channel, err) != 0) {
		c->channel = NULL;
		return -1;
	}
	cp_channel_set_user(c->channel, c);
	return 0;
}

int load_assoc_begin(struct load_assoc *a, struct en_err *err)
{
	static const struct cp_data_limits limits = {.channels = LOAD_CHANNELS_MAX + 1, .queue = 1u << 20};
	const struct load_data *d = a->of;
	int rc = cp_data_create(d->stack, false, (uint16_t)a->sctp_port, a->message_max, &limits, &load_assoc_events, a,
				&a->data, err);

	a->state = LOAD_ASSOC_OPENING;
	a->browser->arg = a;
	a->browser->data = on_packet;
	for (uint32_t k = 0; rc == 0 && k < d->o->channels; k++)
		rc = load_channel_open(&a->channel[k], err);
	return rc;
}
