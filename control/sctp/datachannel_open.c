/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_open.c - how channels come: OPEN and ACK, either way; agreed on otherwise; or without a word.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   O1  an OPEN is taken when its id is of the far end's parity, is not in use and not closing in its direction, its
 *       texts fit, and limits.channels allows; else the id is ended and counted (RFC 8831 s6.6 SHOULD close).
 *   O2  the ACK is in the queue before the owner is told, so that nothing that it sends comes before it.
 *   O3  the far end may open an id before we know that our reset of it was granted: the queue waits for that.
 *
 * Specs:     RFC 8832 s5, s6, s7; RFC 8831 s6.5.
 */
#include <errno.h>
#include <string.h>

#include "control/sctp/datachannel_internal.h"

#define OPEN_MAX (WIRE_DCEP_OPEN_LEN + CP_DATA_LABEL_MAX + CP_DATA_PROTOCOL_MAX)

static const uint8_t ack[] = {WIRE_DCEP_ACK};

void cp_data_refuse(struct cp_data *d, uint16_t id, enum cp_refusal why)
{
	struct cp_stream *s = cp_stream_make(d, id);

	if (s && s->channel && s->channel->state != CP_CHANNEL_CLOSING) {
		cp_channel_fail(s->channel, why);
		return;
	}
	cp_data_count(d, why);
	cp_held_drop(d, id);
	if (s && !s->channel && !s->in_wait)
		cp_stream_end(d, id, true);
}

/* False: a text is longer than we keep. */
static bool read_config(const struct wire_dcep *m, struct cp_channel_config *ret_config)
{
	struct cp_channel_config c = {
		.unordered = m->unordered,
		.reliability = (enum cp_sctp_reliability)m->kind,
		.value = m->reliability,
		.priority = m->priority,
	};

	_Static_assert((int)CP_SCTP_RELIABLE == WIRE_DCEP_RELIABLE && (int)CP_SCTP_RETRANSMITS == WIRE_DCEP_REXMIT &&
			       (int)CP_SCTP_LIFETIME == WIRE_DCEP_TIMED,
		       "the same three");
	if (m->label_len >= sizeof(c.label) || m->protocol_len >= sizeof(c.protocol))
		return false;
	memcpy(c.label, m->label, m->label_len);
	memcpy(c.protocol, m->protocol, m->protocol_len);
	*ret_config = c;
	return true;
}

/* NULL: it was refused, or the owner closed it at once. */
static struct cp_channel *take(struct cp_data *d, uint16_t id, const struct cp_channel_config *config)
{
	struct cp_channel *c = NULL;
	bool full = d->channel_n >= d->limits.channels;

	if (!full)
		c = cp_channel_create(d, id, CP_CHANNEL_OPEN, config);
	if (!c) {
		cp_data_refuse(d, id, full ? CP_REFUSAL_CHANNELS : CP_REFUSAL_MEMORY);
		return NULL;
	}
	if (!config->implicit && cp_queue_control(c, ack, sizeof(ack)) != 0) {
		cp_data_count(d, CP_REFUSAL_MEMORY);
		cp_channel_finish(c); /* the owner never had it */
		return NULL;
	}
	if (!d->dead && c->state == CP_CHANNEL_OPEN) {
		c->is_known = true;
		d->events->opened(d->arg, c);
	}
	return !d->dead && c->state == CP_CHANNEL_OPEN ? c : NULL;
}

struct cp_channel *cp_data_accept_implicit(struct cp_data *d, uint16_t id)
{
	static const struct cp_channel_config config = {.implicit = true};

	return take(d, id, &config);
}

/* False: not with this id, and why. */
static bool may_open(struct cp_data *d, uint16_t id, enum cp_refusal *ret_why)
{
	const struct cp_stream *s = cp_stream_make(d, id);

	*ret_why = s ? CP_REFUSAL_SIDE : id < CP_SCTP_STREAMS ? CP_REFUSAL_MEMORY : CP_REFUSAL_STREAM;
	/* RFC 8832 s6 MUST: the DTLS client opens even ids, the server odd ones */
	if (!s || ((id & 1) != !d->server && !d->limits.any_id))
		return false;
	if ((id & 1) != !d->server && d->opened == 0)
		d->server = !d->server; /* it keeps to ours: we take the others */
	*ret_why = CP_REFUSAL_IN_USE;
	if (s->channel || s->in_wait)
		return false;
	return s->out == CP_STREAM_READY || s->out == CP_STREAM_ASKED;
}

static void on_open(struct cp_data *d, uint16_t id, const struct wire_dcep *m)
{
	struct cp_stream *s = cp_stream_find(d, id);
	struct cp_channel_config config;
	enum cp_refusal why;

	if (s && s->channel && s->channel->config.implicit && s->channel->state == CP_CHANNEL_OPEN) {
		struct cp_channel *c = s->channel;

		s->channel = NULL; /* its OPEN was late: the same channel, now under its name */
		cp_channel_lose(c);
		if (d->dead)
			return;
	}
	if (!may_open(d, id, &why))
		cp_data_refuse(d, id, why);
	else if (!read_config(m, &config))
		cp_data_refuse(d, id, CP_REFUSAL_LABEL);
	else if (take(d, id, &config))
		cp_held_release(d, id);
}

void cp_data_on_dcep(struct cp_data *d, uint16_t id, const uint8_t *bytes, uint32_t len)
{
	const struct cp_stream *s = cp_stream_find(d, id);
	struct wire_dcep m;

	if (wire_dcep_parse(bytes, len, &m) != WIRE_DCEP_OK)
		cp_data_refuse(d, id, CP_REFUSAL_DCEP);
	else if (m.type == WIRE_DCEP_OPEN)
		on_open(d, id, &m);
	else if (s && s->channel)
		cp_channel_establish(s->channel); /* one more than needed does no harm */
}

/* --- ours -------------------------------------------------------------------------- */

static struct wire_dcep message_of(const struct cp_channel_config *c)
{
	return (struct wire_dcep){
		.type = WIRE_DCEP_OPEN,
		.kind = (enum wire_dcep_kind)c->reliability,
		.unordered = c->unordered,
		.priority = c->priority,
		.reliability = c->value,
		.label = c->label,
		.protocol = c->protocol,
		.label_len = (uint16_t)strnlen(c->label, sizeof(c->label)),
		.protocol_len = (uint16_t)strnlen(c->protocol, sizeof(c->protocol)),
	};
}

/* -1: none is free. */
static int free_id(const struct cp_data *d)
{
	for (uint32_t id = d->server; id < d->stream_limit; id += 2)
		if (cp_stream_is_free(d, (uint16_t)id) && !cp_held_has(d, (uint16_t)id))
			return (int)id;
	return -1;
}

static int check_room(const struct cp_data *d, struct en_err *err)
{
	if (d->ended || d->dead)
		return en_fail(err, -EPIPE, "the association has ended");
	if (d->channel_n >= d->limits.channels)
		return en_fail(err, -ENOSPC, "%u channels are open, more are not allowed", d->channel_n);
	return 0;
}

static int check_config(const struct cp_channel_config *config, uint8_t *buf, uint32_t *ret_len, struct en_err *err)
{
	const struct wire_dcep m = message_of(config);

	if ((unsigned int)config->reliability > CP_SCTP_LIFETIME)
		return en_fail(err, -EINVAL, "%d is no kind of reliability", (int)config->reliability);
	if (m.label_len >= sizeof(config->label) || m.protocol_len >= sizeof(config->protocol))
		return en_fail(err, -EINVAL, "label or protocol is too long");
	*ret_len = (uint32_t)wire_dcep_build(buf, OPEN_MAX, &m);
	return *ret_len ? 0 : en_fail(err, -EINVAL, "label or protocol is not UTF-8");
}

static int open_as(struct cp_data *d, uint16_t id, enum cp_channel_state state, const struct cp_channel_config *config,
		   struct cp_channel **ret_channel, struct en_err *err)
{
	struct cp_channel *c = cp_channel_create(d, id, state, config);

	if (!c)
		return en_fail(err, -ENOMEM, "no memory for a channel");
	c->config.implicit = false;
	c->is_known = state == CP_CHANNEL_OPEN;
	*ret_channel = c;
	return 0;
}

int cp_channel_open(struct cp_data *d, const struct cp_channel_config *config, struct cp_channel **ret_channel,
		    struct en_err *err)
{
	uint8_t buf[OPEN_MAX];
	struct cp_channel *c = NULL;
	uint32_t len;
	int id, rc = check_room(d, err);

	if (rc == 0)
		rc = check_config(config, buf, &len, err);
	if (rc != 0)
		return rc;
	id = free_id(d);
	if (id < 0)
		return en_fail(err, -ENOSPC, "no stream is free");
	cp_data_enter(d);
	rc = open_as(d, (uint16_t)id, CP_CHANNEL_OPENING, config, &c, err);
	if (rc == 0) {
		c->is_unsent = true;
		rc = cp_queue_control(c, buf, len);
		if (rc == 0 && c->state == CP_CHANNEL_GONE)
			rc = -EPIPE; /* sending it told SCTP that all is over */
		if (rc != 0) {
			cp_channel_finish(c);
			en_fail(err, rc, "the channel cannot be opened: %s", strerror(-rc));
		} else {
			c->is_known = true;
			*ret_channel = c;
		}
	}
	cp_data_leave(d);
	return rc;
}

int cp_channel_negotiated(struct cp_data *d, uint16_t id, const struct cp_channel_config *config,
			  struct cp_channel **ret_channel, struct en_err *err)
{
	uint8_t buf[OPEN_MAX];
	uint32_t len;
	int rc = check_room(d, err);

	if (rc == 0)
		rc = check_config(config, buf, &len, err);
	if (rc == 0 && id >= d->stream_limit)
		rc = en_fail(err, -EINVAL, "there is no stream %u", id);
	if (rc == 0 && !cp_stream_is_free(d, id))
		rc = en_fail(err, -EEXIST, "stream %u is in use", id);
	if (rc != 0)
		return rc;
	cp_data_enter(d);
	rc = open_as(d, id, CP_CHANNEL_OPEN, config, ret_channel, err);
	d->poke = true; /* what waits for it is delivered when the caller knows it */
	cp_data_leave(d);
	return rc;
}
