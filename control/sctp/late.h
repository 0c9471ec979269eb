/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * late.h - messages with a lifetime that wait until the stack can send them at once.
 *
 * usrsctp looks at a lifetime only when it would send again: what it never sent yet stays in its queue and goes out
 * however late it is. So such messages are handed over only when they leave at once, and expire here (RFC 3758
 * s4.1 A1: "before any transmission" too). Resets of their streams wait in the same row.
 */
#ifndef CP_SCTP_LATE_H
#define CP_SCTP_LATE_H

#include <sys/queue.h>

#include "control/sctp/assoc.h"

struct cp_sctp_late_one {
	TAILQ_ENTRY(cp_sctp_late_one) link;
	struct cp_sctp_out how;
	bool is_reset; /* of how.stream; no message */
	uint64_t until_ms;
	uint32_t len;
	uint8_t bytes[];
};

struct cp_sctp_late {
	TAILQ_HEAD(, cp_sctp_late_one) row;
	uint32_t bytes, limit;
};

void cp_sctp_late_init(struct cp_sctp_late *l, uint32_t limit);
void cp_sctp_late_fini(struct cp_sctp_late *l);
/* -EAGAIN: beyond the limit; -ENOMEM. */
int cp_sctp_late_add(struct cp_sctp_late *l, const struct cp_sctp_out *how, uint64_t until_ms, const uint8_t *bytes,
		     uint32_t len);
int cp_sctp_late_add_reset(struct cp_sctp_late *l, uint16_t stream);
bool cp_sctp_late_has(const struct cp_sctp_late *l, uint16_t stream);
/* NULL: none. */
struct cp_sctp_late_one *cp_sctp_late_first(const struct cp_sctp_late *l);
void cp_sctp_late_drop_first(struct cp_sctp_late *l);

#endif
