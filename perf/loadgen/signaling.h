/* SPDX-License-Identifier: BSD-3-Clause */
/* signaling.h - the sessions of simulated browsers at the server: begun by an offer, ended (RFC 9725). */
#ifndef LOAD_SIGNALING_H
#define LOAD_SIGNALING_H

#include "perf/loadgen/browser.h"
#include "perf/loadgen/http.h"
#include "perf/loadgen/options.h"

/* POST it. 0: *ret_answer holds the answer, w->url what ends the session; -1 with the server's own words. */
int load_signaling_offer(const struct load_options *o, const char *path, const char *offer, struct load_browser *w,
			 struct load_http_answer *ret_answer, struct en_err *err);
/* DELETE the sessions that were made; as long as the server answers. */
void load_signaling_end(const struct load_options *o, struct load_browser *w, uint32_t n);

#endif
