/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap_client.h - a tap on the engine that runs, for trace and capture.
 *
 * The rings carry no wake-up: cmd_tap_run() looks at them every
 * CMD_TAP_TICK_MS and, in between, waits for a signal or for the dataplane to
 * go away.
 */
#ifndef CMD_TAP_CLIENT_H
#define CMD_TAP_CLIENT_H

#include "engine/cmd/view.h"
#include "engine/shm/tap.h"

#define CMD_TAP_TICK_MS 10

struct cmd_tap {
	struct cmd_view view;
	struct shm_tap *shm;
	uint64_t size;
	unsigned int core_n; /* from the size that was checked, never reread */
	int signal_fd;
	uint64_t lost; /* records that found no room, when it ended */
};

struct cmd_tap_reader {
	/* One record, valid during the call. Non-zero ends the tap. */
	int (*on_record)(enum shm_tap_type type, const void *data, uint32_t len, void *arg);
	/* After every look at all rings; `ended` the last time. Non-zero ends. */
	int (*on_tick)(bool ended, void *arg);
	void *arg;
};

/* Attach; SIGINT and SIGTERM are blocked from here on. 0, or -1 with err. */
int cmd_tap_open(const struct cmd_where *where, struct shm_ctl_request *req, struct cmd_tap *ret_tap,
		 struct en_err *err);
/* Feed the reader until it ends, the count is reached, a signal arrives, the
 * time is over (0: none) or the dataplane goes. 0, or -1 with err. */
int cmd_tap_run(struct cmd_tap *tap, const struct cmd_tap_reader *reader, uint64_t timeout_s, struct en_err *err);
void cmd_tap_close(struct cmd_tap *tap);

#endif
