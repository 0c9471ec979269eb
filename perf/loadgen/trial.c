/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.c - the generator's inner loop.
 *
 * One thread sends and receives in turn: with the server on the other of two
 * CPUs a second thread would only add switches between the two.
 *
 * Invariants
 *   L1  packet i leaves no earlier than its due time and is stamped with it.
 *   L2  nothing that a server does slows the sending down (open loop).
 *   L3  only packets of this trial, each once, are counted as received.
 */
#include "perf/loadgen/trial.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/wire/channel.h"
#include "perf/loadgen/client.h"
#include "perf/loadgen/pace.h"
#include "perf/loadgen/sock.h"

#define MAGIC    0x544c6431u
#define QUIET_NS (UINT64_C(100) * 1000 * 1000) /* so long without an arrival ends the trial */
#define FRAME    (WIRE_CHANNEL_HDR_LEN + LOAD_PAYLOAD_MAX + 4)

struct batch {
	struct mmsghdr msg[LOAD_BATCH];
	struct iovec iov[LOAD_BATCH];
	uint8_t data[LOAD_BATCH][FRAME];
};

struct state {
	struct load_bench *b;
	struct load_trial *t;
	struct load_pace pace;
	uint64_t *seen; /* one bit a sequence number */
	uint64_t top; /* highest sequence number received, plus one */
	struct batch tx, rx;
};

static void batch_init(struct batch *bt, size_t len)
{
	memset(bt, 0, sizeof(*bt));
	for (unsigned int i = 0; i < LOAD_BATCH; i++) {
		bt->iov[i] = (struct iovec){.iov_base = bt->data[i], .iov_len = len};
		bt->msg[i].msg_hdr.msg_iov = &bt->iov[i];
		bt->msg[i].msg_hdr.msg_iovlen = 1;
	}
}

static void put_packet(const struct state *s, uint8_t *data, uint16_t channel, uint64_t seq)
{
	if (!s->b->direct) {
		wire_channel_build(data, channel, (uint16_t)s->b->size);
		data += WIRE_CHANNEL_HDR_LEN;
	}
	en_store32(data, MAGIC);
	en_store32(data + 4, s->b->trials);
	en_store64(data + 8, seq);
	en_store64(data + 16, load_pace_at(&s->pace, seq));
}

/*
 * The first n packets of the batch from one client; returns how many left.
 * With segmentation the kernel walks its stack once for all of them and cuts
 * them apart at the device: the server receives the same datagrams.
 */
static int send_run(struct state *s, int fd, unsigned int n)
{
	union {
		struct cmsghdr hdr;
		uint8_t room[CMSG_SPACE(sizeof(uint16_t))];
	} control = {0};
	struct msghdr m = {
		.msg_iov = s->tx.iov,
		.msg_iovlen = n,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uint16_t len = (uint16_t)s->tx.iov[0].iov_len;

	if (!s->b->gso || n == 1)
		return sendmmsg(fd, s->tx.msg, n, MSG_DONTWAIT);
	control.hdr.cmsg_level = SOL_UDP;
	control.hdr.cmsg_type = UDP_SEGMENT;
	control.hdr.cmsg_len = CMSG_LEN(sizeof(len));
	memcpy(CMSG_DATA(&control.hdr), &len, sizeof(len));
	return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? -1 : (int)n;
}

/* Send what is due: runs of `burst` packets, each run from one client with one system call. */
static unsigned int send_due(struct state *s, uint64_t now)
{
	const struct load_clients *cs = s->b->clients;
	struct load_trial *t = s->t;
	uint64_t due = load_pace_due(&s->pace, now);
	unsigned int done = 0;

	while (t->sent < due && done < LOAD_BATCH) {
		const struct load_client *c = &cs->client[t->sent / s->b->burst % cs->n];
		uint64_t run = s->b->burst - t->sent % s->b->burst;
		int n;

		if (run > due - t->sent) {
			if (s->b->whole && due < t->planned)
				break;
			run = due - t->sent;
		}
		for (uint64_t i = 0; i < run; i++)
			put_packet(s, s->tx.data[i], c->channel, t->sent + i);
		n = send_run(s, c->fd, (unsigned int)run);
		if (n <= 0) {
			t->send_errors++;
			break;
		}
		now = en_mono_ns();
		for (int i = 0; i < n; i++)
			load_hist_add(&t->lag, now - load_pace_at(&s->pace, t->sent + (uint64_t)i));
		t->sent += (uint64_t)n;
		done += (unsigned int)n;
	}
	return done;
}

static void take_packet(struct state *s, const uint8_t *data, size_t len, uint64_t now)
{
	struct load_trial *t = s->t;
	uint64_t seq;

	if (len < LOAD_PAYLOAD_MIN || en_load32(data) != MAGIC || en_load32(data + 4) != s->b->trials)
		return;
	seq = en_load64(data + 8);
	if (seq >= t->planned)
		return;
	if (s->seen[seq / 64] >> (seq % 64) & 1) {
		t->duplicates++;
		return;
	}
	s->seen[seq / 64] |= UINT64_C(1) << (seq % 64);
	if (seq < s->top)
		t->reordered++;
	else
		s->top = seq + 1;
	t->received++;
	load_hist_add(&t->latency, now - en_load64(data + 16));
}

static unsigned int receive(struct state *s)
{
	unsigned int total = 0;

	for (unsigned int p = 0; p < s->b->peers; p++) {
		int n = recvmmsg(s->b->peer_fd[p], s->rx.msg, LOAD_BATCH, MSG_DONTWAIT, NULL);
		uint64_t now;

		if (n <= 0)
			continue;
		now = en_mono_ns();
		for (int i = 0; i < n; i++)
			take_packet(s, s->rx.data[i], s->rx.msg[i].msg_len, now);
		total += (unsigned int)n;
	}
	return total;
}

/* Until all are sent, or the time is up and a tenth of it more: an overloaded generator must not go on for ever. */
static void send_phase(struct state *s)
{
	struct load_trial *t = s->t;
	uint64_t length = load_pace_at(&s->pace, t->planned) - s->pace.start_ns;
	uint64_t end = s->pace.start_ns + length + length / 10;
	uint64_t now = en_mono_ns(), before, idle = 0;

	while (t->sent < t->planned && now < end) {
		unsigned int work = send_due(s, now);

		work += receive(s);
		before = now;
		now = en_mono_ns();
		if (work == 0)
			idle += now - before;
	}
	t->achieved = (double)t->sent * 1e9 / (double)(now - s->pace.start_ns);
	t->idle = (double)idle / (double)(now - s->pace.start_ns);
}

static void drain_phase(struct state *s)
{
	uint64_t now = en_mono_ns(), last = now;

	while (s->t->received < s->t->sent && now - last < QUIET_NS) {
		now = en_mono_ns();
		if (receive(s) > 0)
			last = now;
	}
}

static uint64_t sink_drops(const struct load_bench *b)
{
	uint64_t n = 0;

	for (unsigned int p = 0; p < b->peers; p++)
		n += load_sock_drops(b->peer_fd[p]);
	return n;
}

static void run(struct state *s, uint64_t rate, unsigned int ms)
{
	struct load_cpu before[LOAD_CPUS_MAX], after[LOAD_CPUS_MAX];
	uint64_t drops = sink_drops(s->b);
	struct rusage r0, r1;

	getrusage(RUSAGE_SELF, &r0);
	s->t->cpus = load_cpu_read(before);
	s->pace = load_pace(en_mono_ns() + 1000000, rate, ms);
	send_phase(s);
	load_cpu_read(after);
	getrusage(RUSAGE_SELF, &r1);
	drain_phase(s);
	for (unsigned int i = 0; i < s->t->cpus; i++)
		s->t->cpu[i] = load_cpu_since(&before[i], &after[i]);
	s->t->preempted = r1.ru_nivcsw - r0.ru_nivcsw;
	s->t->sink_drops = sink_drops(s->b) - drops;
}

int load_trial_run(struct load_bench *b, uint64_t rate, unsigned int ms, struct load_trial *ret_trial)
{
	struct load_trial *t = ret_trial;
	struct state *s = malloc(sizeof(*s));

	*t = (struct load_trial){.rate = rate, .planned = rate * ms / 1000};
	load_hist_init(&t->latency);
	load_hist_init(&t->lag);
	if (s == NULL)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	s->b = b;
	s->t = t;
	s->seen = calloc(t->planned / 64 + 1, sizeof(*s->seen));
	if (s->seen == NULL) {
		free(s);
		return -ENOMEM;
	}
	batch_init(&s->tx, b->size + (b->direct ? 0 : WIRE_CHANNEL_HDR_LEN));
	batch_init(&s->rx, FRAME);
	b->trials++;
	run(s, rate, ms);
	free(s->seen);
	free(s);
	return 0;
}

double load_trial_loss(const struct load_trial *t)
{
	return t->planned ? (double)(t->planned - t->received) / (double)t->planned : 0;
}

bool load_trial_generator_held(const struct load_trial *t)
{
	return t->sent == t->planned && t->achieved >= 0.98 * (double)t->rate && t->sink_drops == 0;
}
