/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fake_data.h - associations and channels as the tests of rooms want them: what is sent is kept, queues are as full as
 * the test says, what the far end does is said by the test. Part of fakes.h.
 */
#ifndef TESTS_PEER_FAKE_DATA_H
#define TESTS_PEER_FAKE_DATA_H

#include "control/sctp/datachannel.h"

#define FAKE_CHANNELS 48
#define FAKE_MESSAGES 64

struct cp_sctp_stack {
	int unused;
};

struct fake_said {
	bool binary;
	uint32_t len;
	char text[64]; /* the beginning */
};

struct cp_channel {
	struct cp_data *data;
	bool used, ours;
	bool full; /* -EAGAIN to whoever sends */
	bool closed; /* by us */
	uint16_t id;
	uint32_t queued, drops, message_max;
	struct cp_channel_config config;
	void *user;
	struct fake_said said[FAKE_MESSAGES];
	unsigned int said_n;
};

struct cp_data {
	const struct cp_data_events *events;
	void *arg;
	bool up;
	bool blocked; /* a message was not taken: it comes again when it is resumed */
	struct cp_channel *kept;
	struct fake_said keeps;
	unsigned int resumed;
	struct cp_channel channel[FAKE_CHANNELS];
};

static struct cp_sctp_stack fake_stack;
static unsigned int fake_data_n;
static int fake_data_refuses;

int cp_data_create(struct cp_sctp_stack *s, bool server, uint16_t remote_port, uint32_t remote_message_max,
		   const struct cp_data_limits *limits, const struct cp_data_events *events, void *arg,
		   struct cp_data **ret_data, struct en_err *err)
{
	struct cp_data *d;

	assert_ptr_equal(s, &fake_stack);
	assert_true(server && limits->channels > 0 && limits->queue > 0);
	assert_int_equal(remote_port, 5000);
	assert_int_equal(remote_message_max, 65536);
	if (fake_data_refuses)
		return en_fail(err, fake_data_refuses, "no");
	d = calloc(1, sizeof(*d));
	d->events = events;
	d->arg = arg;
	fake_data_n++;
	*ret_data = d;
	return 0;
}

void cp_data_destroy(struct cp_data *d)
{
	fake_data_n--;
	free(d);
}

void cp_data_input(struct cp_data *d, const uint8_t *bytes, uint32_t len)
{
	assert_true(len > 0);
	d->events->output(d->arg, bytes, len);
}

static inline bool fake_deliver(struct cp_channel *c, bool binary, const char *text, uint32_t len)
{
	struct cp_data *d = c->data;

	if (d->events->message(d->arg, c, binary, (const uint8_t *)text, len))
		return true;
	d->blocked = true;
	d->kept = c;
	d->keeps = (struct fake_said){.binary = binary, .len = len};
	return false;
}

void cp_data_resume(struct cp_data *d)
{
	static const char zeros[CP_DATA_MESSAGE_MAX];

	d->resumed++;
	if (!d->blocked)
		return;
	d->blocked = false;
	(void)fake_deliver(d->kept, d->keeps.binary, zeros, d->keeps.len);
}

bool cp_data_is_up(const struct cp_data *d)
{
	return d->up;
}

void cp_data_stats(const struct cp_data *d, struct cp_data_stats *ret_stats)
{
	(void)d;
	*ret_stats = (struct cp_data_stats){.sctp = {.rtt_ms = 7}};
}

struct cp_channel *cp_data_next(const struct cp_data *d, const struct cp_channel *c)
{
	const struct cp_channel *at = c ? c + 1 : d->channel;

	for (; at < d->channel + FAKE_CHANNELS; at++)
		if (at->used)
			return (struct cp_channel *)(uintptr_t)at;
	return NULL;
}

static inline struct cp_channel *fake_channel_make(struct cp_data *d, const struct cp_channel_config *config, bool ours)
{
	struct cp_channel *c = d->channel;

	while (c->used)
		c++;
	assert_true(c < d->channel + FAKE_CHANNELS);
	*c = (struct cp_channel){.data = d,
				 .used = true,
				 .ours = ours,
				 .config = *config,
				 .message_max = 65536,
				 .id = (uint16_t)(2 * (c - d->channel) + ours)};
	return c;
}

int cp_channel_open(struct cp_data *d, const struct cp_channel_config *config, struct cp_channel **ret_channel,
		    struct en_err *err)
{
	(void)err;
	*ret_channel = fake_channel_make(d, config, true);
	return 0;
}

int cp_channel_send(struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	struct fake_said *s = &c->said[c->said_n];

	assert_true(c->used && !c->closed);
	if (len > c->message_max)
		return -EMSGSIZE;
	if (c->full)
		return -EAGAIN;
	assert_true(c->said_n < FAKE_MESSAGES);
	*s = (struct fake_said){.binary = binary, .len = len};
	if (len)
		memcpy(s->text, bytes, len < sizeof(s->text) - 1 ? len : sizeof(s->text) - 1);
	c->said_n++;
	return 0;
}

void cp_channel_close(struct cp_channel *c)
{
	assert_false(c->closed);
	assert_null(c->user);
	c->closed = true;
}

bool cp_channel_drop_oldest(struct cp_channel *c)
{
	if (c->queued == 0)
		return false;
	c->queued--;
	c->full = false;
	return true;
}

void cp_channel_count_drop(struct cp_channel *c)
{
	c->drops++;
}

uint16_t cp_channel_id(const struct cp_channel *c)
{
	return c->id;
}

const struct cp_channel_config *cp_channel_config(const struct cp_channel *c)
{
	return &c->config;
}

void cp_channel_stats(const struct cp_channel *c, struct cp_channel_stats *ret_stats)
{
	*ret_stats = (struct cp_channel_stats){.queued = c->queued, .dropped = c->drops, .messages_out = c->said_n};
}

void cp_channel_set_user(struct cp_channel *c, void *user)
{
	c->user = user;
}

void *cp_channel_user(const struct cp_channel *c)
{
	return c->user;
}

/* --- what a far end does ------------------------------------------------------------------- */

/* It opens a channel; ordered and reliable. */
static inline struct cp_channel *fake_open(struct cp_data *d, const char *label, const char *protocol)
{
	struct cp_channel_config config = {0};
	struct cp_channel *c;

	snprintf(config.label, sizeof(config.label), "%s", label);
	snprintf(config.protocol, sizeof(config.protocol), "%s", protocol);
	c = fake_channel_make(d, &config, false);
	d->events->opened(d->arg, c);
	return c;
}

static inline bool fake_say(struct cp_channel *c, const char *text)
{
	return fake_deliver(c, false, text, (uint32_t)strlen(text));
}

/* So many zeros. */
static inline bool fake_say_much(struct cp_channel *c, uint32_t len)
{
	static const char zeros[CP_DATA_MESSAGE_MAX];

	return fake_deliver(c, true, zeros, len);
}

static inline void fake_close(struct cp_channel *c)
{
	struct cp_data *d = c->data;

	d->events->closed(d->arg, c);
	c->used = false;
}

static inline void fake_writable(struct cp_channel *c)
{
	c->full = false;
	c->data->events->writable(c->data->arg, c);
}

/* The last that was sent on it; "" when there is nothing. */
static inline const char *fake_last(const struct cp_channel *c)
{
	return c->said_n ? c->said[c->said_n - 1].text : "";
}

#endif
