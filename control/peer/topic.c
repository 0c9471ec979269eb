/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * topic.c - what a channel is for, by its label and protocol, and where its messages go.
 *
 * Runs on:   the control loop.
 *
 * Invariants
 *   M1  a topic exists exactly while somebody has a channel of it.
 *   M2  options of a protocol are no part of a topic's name; "" and "topic" are one.
 *
 * Specs:     docs/data.md.
 */
#include "control/peer/hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cp_topic {
	TAILQ_ENTRY(cp_topic) of_room;
	struct cp_room *room;
	struct cp_outlet_list outlets;
	size_t protocol_len;
	char label[CP_DATA_LABEL_MAX], protocol[CP_DATA_PROTOCOL_MAX];
};

/* --- protocols ----------------------------------------------------------------------------- */

/* A protocol without its options. */
static size_t name_len(const char *protocol)
{
	size_t n = strcspn(protocol, ";");

	return n == 5 && memcmp(protocol, "topic", 5) == 0 ? 0 : n;
}

static bool has_option(const char *protocol, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = strchr(protocol, ';'); at; at = strchr(at, ';')) {
		at++;
		if (strncmp(at, option, n) == 0 && (at[n] == 0 || at[n] == ';'))
			return true;
	}
	return false;
}

static enum cp_full full_of(const struct cp_channel_config *c, bool pipe)
{
	if (has_option(c->protocol, "full=wait"))
		return CP_FULL_WAIT;
	if (has_option(c->protocol, "full=drop"))
		return CP_FULL_DROP;
	if (has_option(c->protocol, "full=close"))
		return CP_FULL_CLOSE;
	if (c->reliability != CP_SCTP_RELIABLE)
		return CP_FULL_DROP;
	return pipe ? CP_FULL_WAIT : CP_FULL_CLOSE;
}

static bool is_control(const struct cp_channel_config *c)
{
	return strcmp(c->label, "turnpike") == 0 && strcmp(c->protocol, "signal") == 0;
}

/* --- topics ------------------------------------------------------------------------------------ */

static struct cp_topic *topic_get(struct cp_room *r, const struct cp_channel_config *c, const char *label)
{
	const char *protocol = c->protocol;
	size_t len = name_len(protocol);
	struct cp_topic *t;

	TAILQ_FOREACH (t, &r->topics, of_room)
		if (t->protocol_len == len && memcmp(t->protocol, protocol, len) == 0 && strcmp(t->label, label) == 0)
			return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->room = r;
	t->protocol_len = len;
	memcpy(t->protocol, protocol, len);
	snprintf(t->label, sizeof(t->label), "%s", label);
	TAILQ_INIT(&t->outlets);
	TAILQ_INSERT_TAIL(&r->topics, t, of_room);
	return t;
}

void cp_topic_leave(struct cp_outlet *o)
{
	struct cp_topic *t = o->topic;

	TAILQ_REMOVE(&t->outlets, o, of_topic);
	o->topic = NULL;
	o->label = "";
	if (!TAILQ_EMPTY(&t->outlets))
		return;
	TAILQ_REMOVE(&t->room->topics, t, of_room);
	free(t);
}

static struct cp_outlet *topic_join(struct cp_source *s, const struct cp_channel_config *c, uint16_t id,
				    const struct cp_outlet_ops *ops, void *arg)
{
	char number[8];
	struct cp_topic *t;
	struct cp_outlet *o;

	snprintf(number, sizeof(number), "#%u", id);
	t = topic_get(s->owner->room, c, c->implicit ? number : c->label);
	o = t ? cp_outlet_make(s, t->label, CP_USE_TOPIC, full_of(c, false), ops, arg) : NULL;
	if (o) {
		o->topic = t;
		TAILQ_INSERT_TAIL(&t->outlets, o, of_topic);
	} else if (t && TAILQ_EMPTY(&t->outlets)) {
		TAILQ_REMOVE(&t->room->topics, t, of_room);
		free(t);
	}
	return o;
}

/* R3: who says wait makes only those wait who say so themselves. */
static enum cp_full between(const struct cp_outlet *from, const struct cp_outlet *to)
{
	return to->full == CP_FULL_WAIT && from->full != CP_FULL_WAIT ? CP_FULL_CLOSE : to->full;
}

static bool publish(struct cp_outlet *o, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_outlet *to;

	TAILQ_FOREACH (to, &o->topic->outlets, of_topic)
		if (to->owner != o->owner && between(o, to) == CP_FULL_WAIT && !cp_outlet_admits(to, o->source, len))
			return false;
	/* giving may end any of them: what has ended is not freed yet, and still knows who came next (R5) */
	for (to = TAILQ_FIRST(&o->topic->outlets); to; to = TAILQ_NEXT(to, of_topic))
		if (!to->ended && to->owner != o->owner)
			cp_outlet_give(to, between(o, to), o->owner->id, binary, bytes, len);
	return true;
}

/* --- pipes ------------------------------------------------------------------------------------------ */

static struct cp_outlet *refuse(struct cp_source *s, const struct cp_channel_config *c, const char *to)
{
	struct cp_hub *h = s->owner->hub;

	h->data.no_participant++;
	if (h->events->trouble)
		h->events->trouble(h->arg, s->owner, "no-participant",
				   "There is no such participant, or it has no data channels.", c->label, to);
	return NULL;
}

/* R4 */
static bool may_open(struct cp_source *s, const struct cp_peer *to)
{
	uint64_t now = cp_hub_now(s->owner->hub), more = (now - s->pipe_ms) * CP_PIPES_PER_S / 1000;
	const struct cp_outlet *o;
	unsigned int n = 0;

	if (more > 0) {
		s->pipe_budget =
			s->pipe_budget + more > CP_PIPES_BURST ? CP_PIPES_BURST : s->pipe_budget + (unsigned int)more;
		s->pipe_ms = now;
	}
	TAILQ_FOREACH (o, &s->outlets, of_source)
		n += o->other && o->other->owner == to;
	if (n >= CP_PIPES || s->pipe_budget == 0)
		return false;
	s->pipe_budget--;
	return true;
}

static struct cp_outlet *too_many(struct cp_source *s, const struct cp_channel_config *c, const char *to)
{
	struct cp_hub *h = s->owner->hub;

	if (h->events->trouble)
		h->events->trouble(h->arg, s->owner, "too-many", "Too many pipes, or too fast.", c->label, to);
	return NULL;
}

static struct cp_outlet *pipe_open(struct cp_source *s, const struct cp_channel_config *c,
				   const struct cp_outlet_ops *ops, void *arg)
{
	struct cp_channel_config far = *c;
	enum cp_full full = full_of(c, true);
	char to[CP_PEER_ID_MAX];
	struct cp_outlet *o, *other;
	struct cp_peer *p;

	snprintf(to, sizeof(to), "%.*s", (int)strcspn(c->protocol + 3, ";"), c->protocol + 3);
	p = cp_room_member(s->owner->room, to);
	if (!p || !cp_peer_data_is_there(p))
		return refuse(s, c, to);
	if (!may_open(s, p))
		return too_many(s, c, to);
	o = cp_outlet_make(s, c->label, CP_USE_PIPE, full, ops, arg);
	if (!o)
		return NULL;
	snprintf(far.protocol, sizeof(far.protocol), "from=%s", s->owner->id);
	other = cp_peer_data_open(p, &far, full);
	if (!other) {
		cp_outlet_end(o, false);
		return refuse(s, c, to);
	}
	o->other = other;
	other->other = o;
	return o;
}

/* --- all of them --------------------------------------------------------------------------------------- */

static struct cp_outlet *control_open(struct cp_source *s, const struct cp_channel_config *c,
				      const struct cp_outlet_ops *ops, void *arg)
{
	struct cp_hub *h = s->owner->hub;
	struct cp_outlet *o;

	if (s->owner->kind != CP_PEER_CALL || !h->events->channel)
		return NULL;
	o = cp_outlet_make(s, c->label, CP_USE_CONTROL, CP_FULL_CLOSE, ops, arg);
	if (o)
		h->events->channel(h->arg, s->owner, o, true);
	return o;
}

struct cp_outlet *cp_outlet_open(struct cp_source *s, const struct cp_channel_config *config, uint16_t id,
				 const struct cp_outlet_ops *ops, void *arg)
{
	struct cp_hub *h = s->owner->hub;
	struct cp_outlet *o;

	cp_outlets_enter(h);
	if (s->owner->kind == CP_PEER_ECHO)
		o = cp_outlet_make(s, config->label, CP_USE_ECHO, CP_FULL_WAIT, ops, arg);
	else if (is_control(config))
		o = control_open(s, config, ops, arg);
	else if (strncmp(config->protocol, "to=", 3) == 0)
		o = pipe_open(s, config, ops, arg);
	else if (strncmp(config->protocol, "from=", 5) == 0)
		o = NULL;
	else
		o = topic_join(s, config, id, ops, arg);
	h->data.refused += o == NULL;
	cp_outlets_leave(h);
	return o;
}

static bool echo(struct cp_outlet *o, bool binary, const uint8_t *bytes, uint32_t len)
{
	int rc = o->ops->send(o->arg, o->owner->id, binary, bytes, len);

	if (rc == -EAGAIN) {
		cp_outlet_wait(o, o->source);
		return false;
	}
	if (rc == -EMSGSIZE) {
		o->hub->data.too_big++;
		o->ops->count_drop(o->arg);
	}
	o->hub->data.delivered += rc == 0;
	return true;
}

static bool pass(struct cp_outlet *o, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_outlet *to = o->other;

	if (!to)
		return true; /* it closes */
	if (to->full == CP_FULL_WAIT && !cp_outlet_admits(to, o->source, len))
		return false;
	cp_outlet_give(to, to->full, o->owner->id, binary, bytes, len);
	return true;
}

bool cp_outlet_said(struct cp_outlet *o, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct cp_hub *h = o->hub;
	bool taken = true;

	if (o->ended)
		return true;
	cp_outlets_enter(h);
	if (o->use == CP_USE_ECHO)
		taken = echo(o, binary, bytes, len);
	else if (o->use == CP_USE_PIPE)
		taken = pass(o, binary, bytes, len);
	else if (o->use == CP_USE_TOPIC)
		taken = publish(o, binary, bytes, len);
	else if (!binary && h->events->said)
		h->events->said(h->arg, o->owner, o, (const char *)bytes, len);
	h->data.messages += taken;
	h->data.bytes += taken ? len : 0;
	cp_outlets_leave(h);
	return taken;
}

bool cp_outlet_tell(struct cp_outlet *o, const char *text, size_t len)
{
	if (o->ended)
		return false;
	if (len <= CP_DATA_MESSAGE_MAX && o->ops->send(o->arg, "", false, (const uint8_t *)text, (uint32_t)len) == 0)
		return true;
	cp_outlet_end(o, true);
	return false;
}
