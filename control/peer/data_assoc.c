/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * data_assoc.c - the association of a peer and its channels: outlets of the participant that the peer is or speaks for.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   D1  peers with a data section in their offer are counted against the associations that there may be, from the offer
 *       on: what was accepted can be had.
 *   D2  an association that ended by itself is dealt with at the next tick, when nothing of it is under way.
 *   D3  a channel has an outlet, or is closed.
 *
 * Not here:  what messages mean (topic.c).
 */
#include "control/peer/hub.h"

#include <stdlib.h>
#include <string.h>

/* --- an outlet of a channel ------------------------------------------------------------ */

static int channel_send(void *arg, const char *from, bool binary, const uint8_t *bytes, uint32_t len)
{
	(void)from;
	return cp_channel_send(arg, binary, bytes, len);
}

static bool channel_drop_oldest(void *arg)
{
	return cp_channel_drop_oldest(arg);
}

static void channel_count_drop(void *arg)
{
	cp_channel_count_drop(arg);
}

static uint32_t channel_queued(void *arg)
{
	struct cp_channel_stats s;

	cp_channel_stats(arg, &s);
	return s.queued;
}

static void channel_close(void *arg)
{
	cp_channel_set_user(arg, NULL);
	cp_channel_close(arg);
}

static const struct cp_outlet_ops channel_ops = {
	.send = channel_send,
	.drop_oldest = channel_drop_oldest,
	.count_drop = channel_count_drop,
	.queued = channel_queued,
	.close = channel_close,
};

/* --- events of the association ------------------------------------------------------------ */

static void tell_data(struct cp_peer *participant)
{
	struct cp_hub *h = participant->hub;

	if (h->events->data)
		h->events->data(h->arg, participant);
}

static void on_up(void *arg)
{
	struct cp_peer *p = arg;

	en_info("data", "%s of room %s has data channels", p->id, p->room->name);
	tell_data(p->data_source.owner);
}

static void on_opened(void *arg, struct cp_channel *c)
{
	struct cp_peer *p = arg;
	struct cp_outlet *o = cp_outlet_open(&p->data_source, cp_channel_config(c), cp_channel_id(c), &channel_ops, c);

	if (!o) {
		cp_channel_close(c);
		return;
	}
	cp_channel_set_user(c, o);
}

static void on_ready(void *arg, struct cp_channel *c)
{
	(void)arg;
	(void)c;
}

static bool on_message(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_outlet *o = cp_channel_user(c);

	(void)arg;
	return !o || cp_outlet_said(o, binary, bytes, len);
}

static void on_writable(void *arg, struct cp_channel *c)
{
	struct cp_outlet *o = cp_channel_user(c);

	(void)arg;
	if (o)
		cp_outlet_writable(o);
}

static void on_closed(void *arg, struct cp_channel *c)
{
	struct cp_peer *p = arg;
	struct cp_outlet *o = cp_channel_user(c);

	cp_outlets_enter(p->hub);
	if (o)
		cp_outlet_end(o, false);
	cp_outlets_leave(p->hub);
}

static void on_down(void *arg, const char *why)
{
	struct cp_peer *p = arg;

	en_info("data", "the association of %s of room %s ended: %s", p->id, p->room->name, why);
	p->data_down = true;
	tell_data(p->data_source.owner);
}

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	cp_transport_write(arg, bytes, len);
}

static const struct cp_data_events data_events = {
	.up = on_up,
	.opened = on_opened,
	.ready = on_ready,
	.message = on_message,
	.writable = on_writable,
	.closed = on_closed,
	.down = on_down,
	.output = on_output,
};

/* --- its life ---------------------------------------------------------------------------------- */

bool cp_peer_data_want(struct cp_peer *p, const struct cp_offer_section *s)
{
	struct cp_hub *h = p->hub;
	uint32_t most = h->size[CP_PLACE_SESSION] * h->ctl->conf->dataplane.core_n;

	if (s && !p->data_wanted && (!h->ctl->sctp || h->data_n >= most))
		return false;
	if (p->data_wanted && !s)
		cp_peer_data_end(p);
	h->data_n += (s != NULL) - p->data_wanted;
	p->data_wanted = s != NULL;
	if (s) {
		p->data_port = (uint16_t)s->sctp_port;
		p->data_message_max = s->max_message_size;
	}
	return true;
}

static void resume(struct cp_source *s)
{
	struct cp_peer *p = (struct cp_peer *)((char *)s - offsetof(struct cp_peer, data_source));

	if (p->data)
		cp_data_resume(p->data);
}

void cp_peer_data_begin(struct cp_peer *p)
{
	static const struct cp_data_limits limits = {.channels = CP_CHANNELS, .queue = CP_QUEUE_BYTES, .any_id = true};
	struct cp_hub *h = p->hub;
	struct en_err err;

	if (p->data || p->data_down || !p->data_wanted || !p->dtls || !cp_dtls_is_connected(p->dtls))
		return;
	cp_source_init(&p->data_source, p->speaks_for ? p->speaks_for : p, resume);
	if (cp_data_create(h->ctl->sctp, true, p->data_port, p->data_message_max, &limits, &data_events, p, &p->data,
			   &err) != 0) {
		en_warn("data", "%s: %s", p->id, err.text);
		p->data = NULL;
		p->data_down = true;
		return;
	}
	h->data.associations++;
}

void cp_peer_data_end(struct cp_peer *p)
{
	struct cp_data *d = p->data;
	bool was_there = d && !p->data_down && cp_data_is_up(d);

	p->data_down = false;
	if (!d)
		return;
	cp_outlets_enter(p->hub);
	p->data = NULL;
	cp_source_fini(&p->data_source);
	cp_data_destroy(d);
	cp_outlets_leave(p->hub);
	if (was_there && !p->hub->closing)
		tell_data(p->data_source.owner);
}

void cp_peer_data_packet(struct cp_peer *p, const uint8_t *bytes, uint32_t len)
{
	if (p->data)
		cp_data_input(p->data, bytes, len);
}

bool cp_peer_data_tick(struct cp_peer *p)
{
	if (!p->data_down)
		return false;
	cp_peer_data_end(p);
	/* until its client makes another connection */
	p->data_down = true;
	if (p->media || p->kind == CP_PEER_CALL)
		return false;
	cp_peer_fail(p, CP_PEER_CLOSED, "the data channels ended");
	return true;
}

/* --- to a participant -------------------------------------------------------------------------- */

static bool carries(const struct cp_peer *p)
{
	return p && p->data && !p->data_down && cp_data_is_up(p->data);
}

bool cp_peer_data_is_there(const struct cp_peer *p)
{
	return p->kind != CP_PEER_DATA && (p->door || carries(p->companion) || carries(p));
}

struct cp_outlet *cp_peer_data_open(struct cp_peer *p, const struct cp_channel_config *config, enum cp_full full)
{
	struct cp_peer *by = carries(p->companion) ? p->companion : p;
	struct cp_channel *c;
	struct cp_outlet *o;
	struct en_err err;

	if (p->door)
		return p->door->open(p, config, full);
	if (!carries(by) || cp_channel_open(by->data, config, &c, &err) != 0)
		return NULL;
	o = cp_outlet_make(&by->data_source, cp_channel_config(c)->label, CP_USE_PIPE, full, &channel_ops, c);
	if (o)
		cp_channel_set_user(c, o);
	else
		cp_channel_close(c);
	return o;
}
