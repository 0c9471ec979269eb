/* SPDX-License-Identifier: BSD-3-Clause */
/* stop.c - the one flag that a signal sets. */
#include "perf/loadgen/stop.h"

#include <signal.h>
#include <stddef.h>

atomic_bool load_stop_flag;

static void on_signal(int sig)
{
	(void)sig;
	atomic_store_explicit(&load_stop_flag, true, memory_order_relaxed);
}

void load_stop_catch(void)
{
	/* started in the background by a shell, SIGINT comes ignored: it stays so */
	static const int signals[] = {SIGINT, SIGTERM};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, old;

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
}

int load_stop_check(struct en_err *err)
{
	return load_stop() ? en_fail(err, -1, "stopped by a signal: what was measured until then is all there is") : 0;
}
