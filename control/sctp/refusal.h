/* SPDX-License-Identifier: BSD-3-Clause */
/* refusal.h - what of a far end's packets and channels is not taken, by its reason. */
#ifndef CP_SCTP_REFUSAL_H
#define CP_SCTP_REFUSAL_H

#include <stdint.h>

/* X(id, name in the API and the metrics); docs/data.md says what each means. Packets first, then channels. */
#define CP_REFUSALS(X)                                                                                                 \
	X(LENGTH, "length")                                                                                            \
	X(CHECKSUM, "checksum")                                                                                        \
	X(CHUNK, "chunk")                                                                                              \
	X(EXTENSION, "extension")                                                                                      \
	X(INIT, "init")                                                                                                \
	X(LIMIT, "limit")                                                                                              \
	X(GIVEN_UP, "given_up")                                                                                        \
	X(DCEP, "dcep")                                                                                                \
	X(LABEL, "label")                                                                                              \
	X(SIDE, "side")                                                                                                \
	X(IN_USE, "in_use")                                                                                            \
	X(STREAM, "stream")                                                                                            \
	X(CHANNELS, "channels")                                                                                        \
	X(MEMORY, "memory")                                                                                            \
	X(PPID, "ppid")                                                                                                \
	X(TOO_BIG, "too_big")                                                                                          \
	X(UNSENT, "unsent")

enum cp_refusal {
#define X(id, name) CP_REFUSAL_##id,
	CP_REFUSALS(X)
#undef X
	CP_REFUSAL_N
};

struct cp_refusals {
	uint64_t n[CP_REFUSAL_N];
};

static inline const char *cp_refusal_name(enum cp_refusal why)
{
	static const char *const names[] = {
#define X(id, name) name,
		CP_REFUSALS(X)
#undef X
	};

	return names[why];
}

#endif
