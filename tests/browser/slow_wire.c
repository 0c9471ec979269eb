/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slow_wire.c - a wire between two interfaces that takes its time and loses frames: for kernels without netem.
 *
 *   slow_wire IFACE IFACE DELAY-MS LOSS-PERCENT [SEED]
 *
 * Frames that come in at one leave at the other after the delay, in order, but for those that are lost, by a random
 * number that the seed gives. Prints "slow_wire: ready" and, at SIGTERM, what it did. Offloads of both interfaces are
 * to be off (ethtool -K … tx off gso off tso off): a frame is at most 2048 bytes, and its checksum is complete.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define QUEUE     16384 /* frames on their way in one direction: 200 Mb/s for over half a second */
#define BURST     64

struct frame {
	uint64_t due_ns;
	uint32_t len;
	uint8_t bytes[FRAME_MAX];
};

/* What comes in at one end. */
struct way {
	int from, to;
	const char *name;
	struct frame *queue; /* a ring */
	uint32_t first, n;
	uint64_t carried, lost, no_room, too_long, refused;
};

static volatile sig_atomic_t stopping;
static uint64_t delay_ns, loss_of_32; /* loss: of 2^32 */
static uint64_t dice;

static void on_signal(int signal)
{
	(void)signal;
	stopping = 1;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* xorshift64*: the same seed loses the same frames */
static bool is_lost(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return ((dice * UINT64_C(0x2545f4914f6cdd1d)) >> 32) < loss_of_32;
}

static int open_end(const char *iface)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, room = 16 << 20;

	if (at.sll_ifindex == 0 || fd < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		fprintf(stderr, "slow_wire: %s: %s\n", iface, strerror(errno));
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return fd;
}

static void take_in(struct way *w)
{
	uint64_t at = now() + delay_ns;

	for (unsigned int i = 0; i < BURST; i++) {
		struct frame *f = &w->queue[(w->first + w->n) % QUEUE];
		ssize_t n;

		if (w->n == QUEUE) {
			w->no_room++;
			n = recv(w->from, NULL, 0, MSG_TRUNC);
		} else {
			n = recv(w->from, f->bytes, FRAME_MAX, MSG_TRUNC);
		}
		if (n < 0)
			return;
		if (w->n == QUEUE)
			continue;
		if (n > FRAME_MAX) {
			w->too_long++;
		} else if (is_lost()) {
			w->lost++;
		} else {
			f->due_ns = at;
			f->len = (uint32_t)n;
			w->n++;
		}
	}
}

static void let_out(struct way *w)
{
	uint64_t t = now();

	for (; w->n > 0 && w->queue[w->first].due_ns <= t; w->first = (w->first + 1) % QUEUE, w->n--) {
		const struct frame *f = &w->queue[w->first];

		if (send(w->to, f->bytes, f->len, 0) == (ssize_t)f->len)
			w->carried++;
		else
			w->refused++;
	}
}

static struct timespec until_due(const struct way w[2])
{
	uint64_t t = now(), next = t + 1000000000;

	for (unsigned int i = 0; i < 2; i++)
		if (w[i].n > 0 && w[i].queue[w[i].first].due_ns < next)
			next = w[i].queue[w[i].first].due_ns;
	next = next > t ? next - t : 0;
	return (struct timespec){.tv_sec = (time_t)(next / 1000000000), .tv_nsec = (long)(next % 1000000000)};
}

static double number(const char *text, double most)
{
	char *end;
	double v = strtod(text, &end);

	if (*text == 0 || *end || !(v >= 0) || v > most) {
		fprintf(stderr, "slow_wire: %s is no number from 0 to %g\n", text, most);
		exit(1);
	}
	return v;
}

int main(int argc, char **argv)
{
	struct way w[2] = {{.name = "there"}, {.name = "back"}};
	struct sigaction action = {.sa_handler = on_signal};

	if (argc < 5 || argc > 6) {
		fputs("slow_wire IFACE IFACE DELAY-MS LOSS-PERCENT [SEED]\n", stderr);
		return 1;
	}
	delay_ns = (uint64_t)(number(argv[3], 10000) * 1e6);
	loss_of_32 = (uint64_t)(number(argv[4], 100) / 100 * 4294967296.0);
	dice = argc > 5 ? (uint64_t)number(argv[5], 1e15) + 1 : 1;
	w[0].from = w[1].to = open_end(argv[1]);
	w[1].from = w[0].to = open_end(argv[2]);
	for (unsigned int i = 0; i < 2; i++)
		w[i].queue = calloc(QUEUE, sizeof(struct frame));
	if (!w[0].queue || !w[1].queue)
		return 1;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	puts("slow_wire: ready");
	fflush(stdout);
	while (!stopping) {
		struct pollfd p[2] = {{.fd = w[0].from, .events = POLLIN}, {.fd = w[1].from, .events = POLLIN}};
		struct timespec wait = until_due(w);

		if (ppoll(p, 2, &wait, NULL) < 0 && errno != EINTR)
			break;
		for (unsigned int i = 0; i < 2; i++) {
			if (p[i].revents)
				take_in(&w[i]);
			let_out(&w[i]);
		}
	}
	for (unsigned int i = 0; i < 2; i++) {
		printf("slow_wire: %s: %llu carried, %llu lost, %llu without room, %llu too long, %llu refused\n",
		       w[i].name, (unsigned long long)w[i].carried, (unsigned long long)w[i].lost,
		       (unsigned long long)w[i].no_room, (unsigned long long)w[i].too_long,
		       (unsigned long long)w[i].refused);
		free(w[i].queue);
	}
	return 0;
}
