/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * datachannel_fuzz.c - data channels over the fake association: a hostile far end, an owner that calls anything at any
 * time (also from within events), a slow SCTP, and time.
 *
 * Held besides memory safety: the owner's view (a channel is its from `opened` to `closed` or its own close), the
 * bounds of channels, queues and held messages, and the sums that the queues keep.
 */
#include "control/sctp/datachannel_internal.h"
#include "tests/unit/sctp/fake_assoc.h"

#define CHANNELS 6
#define QUEUE    8000
#define BIGGEST  3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world {
	uv_loop_t loop;
	struct cp_sctp_stack stack;
	struct cp_data *d;
	struct cp_sctp *assoc;
	struct cp_channel *mine[CHANNELS + 1];
	struct en_reader r; /* what is to be done */
	unsigned int depth;
	bool down;
} w;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct cp_channel **slot_of(const struct cp_channel *c)
{
	for (unsigned int i = 0; i <= CHANNELS; i++)
		if (w.mine[i] == c)
			return &w.mine[i];
	return NULL;
}

static void add(struct cp_channel *c)
{
	struct cp_channel **slot = slot_of(NULL);

	must(!slot_of(c) && slot);
	*slot = c;
	cp_channel_set_user(c, slot);
}

static void drop(struct cp_channel *c)
{
	struct cp_channel **slot = slot_of(c);

	must(slot != NULL);
	*slot = NULL;
}

static void destroy(void)
{
	struct cp_data *d = w.d;

	if (!d)
		return;
	w.d = NULL;
	w.assoc = NULL;
	memset(w.mine, 0, sizeof(w.mine));
	cp_data_destroy(d);
}

static void act(void);

/* Within an event the owner may do a thing or two. */
static void in_event(void)
{
	must(w.d != NULL);
	if (w.depth < 3)
		for (unsigned int n = en_get8(&w.r) & 1; n > 0 && w.d; n--)
			act();
}

static void on_up(void *arg)
{
	(void)arg;
	in_event();
}

static void on_opened(void *arg, struct cp_channel *c)
{
	(void)arg;
	must(strnlen(cp_channel_config(c)->label, CP_DATA_LABEL_MAX) < CP_DATA_LABEL_MAX);
	add(c);
	in_event();
}

static void on_ready(void *arg, struct cp_channel *c)
{
	(void)arg;
	must(slot_of(c) != NULL);
	in_event();
}

static bool on_message(void *arg, struct cp_channel *c, bool binary, const uint8_t *bytes, uint32_t len)
{
	(void)arg;
	(void)binary;
	must(slot_of(c) != NULL && bytes != NULL && len < 70000);
	in_event();
	return en_get8(&w.r) % 8 != 0;
}

static void on_closed(void *arg, struct cp_channel *c)
{
	(void)arg;
	drop(c);
	in_event();
}

static void on_down(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	must(!w.down && slot_of(NULL) == &w.mine[0]);
	w.down = true;
	in_event();
}

static void on_output(void *arg, const uint8_t *bytes, uint32_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
}

static const struct cp_data_events events = {
	.up = on_up,
	.opened = on_opened,
	.ready = on_ready,
	.message = on_message,
	.writable = on_ready,
	.closed = on_closed,
	.down = on_down,
	.output = on_output,
};

/* --- the owner ------------------------------------------------------------------ */

static struct cp_channel *any(void)
{
	return w.mine[en_get8(&w.r) % (CHANNELS + 1)];
}

static void open_one(bool negotiated)
{
	uint8_t bits = en_get8(&w.r);
	struct cp_channel_config cfg = {
		.label = {(char)bits},
		.unordered = bits & 1,
		.reliability = (enum cp_sctp_reliability)(bits % 4),
		.priority = (uint16_t)(bits << 4),
	};
	struct cp_channel *c = NULL;
	struct en_err err;
	int rc = negotiated ? cp_channel_negotiated(w.d, bits & 15, &cfg, &c, &err)
			    : cp_channel_open(w.d, &cfg, &c, &err);

	must((rc == 0) == (c != NULL));
	if (rc == 0)
		add(c);
}

static void send_one(void)
{
	static uint8_t bytes[4096];
	struct cp_channel *c = any();
	uint32_t len = en_get8(&w.r);
	int rc;

	if (!c)
		return;
	if (len > 128)
		len = (len - 128) * 32;
	rc = cp_channel_send(c, len & 1, bytes, len);
	must(rc == 0 || rc == -EAGAIN || rc == -EMSGSIZE || rc == -EPIPE);
}

static void close_one(void)
{
	struct cp_channel *c = any();

	if (!c)
		return;
	drop(c);
	cp_channel_close(c);
}

static void act(void)
{
	uint8_t op = en_get8(&w.r);
	struct cp_channel *c;

	w.depth++;
	switch (op % 8) {
	case 0:
		open_one(op & 0x80);
		break;
	case 1:
	case 2:
		send_one();
		break;
	case 3:
		close_one();
		break;
	case 4:
		if ((c = any()))
			cp_channel_drop_oldest(c);
		break;
	case 5:
		cp_data_resume(w.d);
		break;
	case 6:
		if (op >= 0xf0)
			destroy();
		break;
	default:
		for (c = cp_data_next(w.d, NULL); c; c = cp_data_next(w.d, c))
			must(slot_of(c) || w.depth > 1);
	}
	w.depth--;
}

/* --- SCTP and the far end ---------------------------------------------------------- */

static void far_message(uint8_t op)
{
	static const uint32_t ppids[] = {50, 50, 51, 53, 56, 57, 52, 99};
	uint16_t id = en_get8(&w.r) & 15;
	uint32_t len = en_get8(&w.r);
	const uint8_t *bytes;
	uint8_t *copy;

	len = len % 40 + 1;
	bytes = en_take(&w.r, len);
	if (!bytes)
		return;
	copy = malloc(len);
	must(copy != NULL);
	memcpy(copy, bytes, len);
	fake_message(w.assoc, id, ppids[op % 8], copy, len);
	free(copy);
}

static void far_open(void)
{
	uint8_t bits = en_get8(&w.r), open[14] = {3, bits % 3, 1, [9] = 1, [11] = 1, [12] = 'l', [13] = 'p'};

	fake_message(w.assoc, bits & 15, WIRE_PPID_DCEP, open, sizeof(open));
}

static void far(uint8_t op)
{
	struct fake_item *i;

	switch (op % 8) {
	case 0:
		if (!w.assoc->up)
			fake_up(w.assoc, op & 0x80 ? 4 : 16);
		break;
	case 1:
		far_open();
		break;
	case 2:
		far_message(en_get8(&w.r));
		break;
	case 3: /* a reset of theirs */
		fake_reset(w.assoc, en_get8(&w.r) & 15, false, false);
		break;
	case 4: /* what we sent is taken; a reset is answered */
		i = TAILQ_FIRST(&w.assoc->sent);
		if (i && i->is_reset) {
			uint16_t id = i->how.stream;

			fake_drop(w.assoc, i);
			fake_reset(w.assoc, id, true, op & 0x80);
		} else if (i) {
			fake_pop(w.assoc);
		}
		break;
	case 5:
		w.assoc->room = (uint32_t)(op >> 3) * 100;
		w.assoc->most = op & 0x80 ? 500 : 1 << 20;
		break;
	case 6:
		if (op >= 0xf0)
			fake_closed(w.assoc);
		break;
	default:
		cp_data_tick(w.d, uv_now(&w.loop) + op * 4u);
	}
}

/* --- what must hold ------------------------------------------------------------------- */

static void check_channel(const struct cp_channel *c, uint64_t *sum)
{
	const struct cp_message *m;
	uint32_t memory = 0;

	STAILQ_FOREACH (m, &c->queue, link)
		memory += (uint32_t)sizeof(*m) + m->len;
	must(memory == c->memory);
	must(memory <= QUEUE);
	must(cp_stream_find(w.d, c->id)->channel == c);
	*sum += memory;
}

static void check(void)
{
	const struct cp_channel *c;
	const struct cp_held *h;
	uint32_t n = 0, held = 0;
	uint64_t sum = 0;

	TAILQ_FOREACH (c, &w.d->channels, link) {
		must(slot_of(c) != NULL);
		check_channel(c, &sum);
		n++;
	}
	TAILQ_FOREACH (c, &w.d->closing, link) {
		must(slot_of(c) == NULL && !STAILQ_EMPTY(&c->queue));
		check_channel(c, &sum);
		n++;
	}
	must(n == w.d->channel_n && n <= CHANNELS && sum == w.d->memory);
	must(sum <= 4 * QUEUE + CHANNELS * (CP_DATA_SHARE + 700));
	TAILQ_FOREACH (h, &w.d->held, link)
		held++;
	must(held == w.d->held_n && held <= CP_DATA_HELD && w.d->held_bytes <= CP_DATA_HELD_BYTES);
	must(TAILQ_EMPTY(&w.d->gone) && w.d->depth == 0 && w.d->stream_n <= CP_SCTP_STREAMS);
}

static void begin(uint8_t bits)
{
	const struct cp_data_limits limits = {.channels = CHANNELS, .queue = QUEUE, .any_id = bits & 2};
	struct en_err err;

	must(cp_data_create(&w.stack, bits & 1, 5000, BIGGEST, &limits, &events, NULL, &w.d, &err) == 0);
	w.assoc = w.stack.last;
	w.down = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&w, 0, sizeof(w));
	w.r = en_reader(data, size);
	must(uv_loop_init(&w.loop) == 0);
	w.stack.loop = &w.loop;
	begin(en_get8(&w.r));
	while (en_left(&w.r) > 0 && w.d) {
		uint8_t op = en_get8(&w.r);

		if (op & 1 && !w.assoc->closed)
			far(op >> 1 | (op & 0x80));
		else
			act();
		if (w.d)
			check();
	}
	destroy();
	uv_run(&w.loop, UV_RUN_DEFAULT);
	must(w.stack.count == 0 && uv_loop_close(&w.loop) == 0);
	return 0;
}
