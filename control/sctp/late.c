/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * late.c - the row of messages with a lifetime.
 */
#include "control/sctp/late.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cp_sctp_late_init(struct cp_sctp_late *l, uint32_t limit)
{
	TAILQ_INIT(&l->row);
	l->bytes = 0;
	l->limit = limit;
}

void cp_sctp_late_fini(struct cp_sctp_late *l)
{
	while (!TAILQ_EMPTY(&l->row))
		cp_sctp_late_drop_first(l);
}

static int add(struct cp_sctp_late *l, const struct cp_sctp_late_one *of, const uint8_t *bytes)
{
	/* an empty row takes any: the limit may be smaller than what a message costs here */
	uint32_t cost = of->len + (uint32_t)sizeof(*of);
	struct cp_sctp_late_one *one;

	if (l->bytes && (cost > l->limit || l->bytes > l->limit - cost))
		return -EAGAIN;
	one = malloc(sizeof(*one) + of->len);
	if (!one)
		return -ENOMEM;
	*one = *of;
	if (bytes)
		memcpy(one->bytes, bytes, of->len);
	TAILQ_INSERT_TAIL(&l->row, one, link);
	l->bytes += cost;
	return 0;
}

int cp_sctp_late_add(struct cp_sctp_late *l, const struct cp_sctp_out *how, uint64_t until_ms, const uint8_t *bytes,
		     uint32_t len)
{
	return add(l, &(struct cp_sctp_late_one){.how = *how, .until_ms = until_ms, .len = len}, bytes);
}

int cp_sctp_late_add_reset(struct cp_sctp_late *l, uint16_t stream)
{
	return add(l, &(struct cp_sctp_late_one){.how = {.stream = stream}, .is_reset = true}, NULL);
}

bool cp_sctp_late_has(const struct cp_sctp_late *l, uint16_t stream)
{
	const struct cp_sctp_late_one *one;

	TAILQ_FOREACH (one, &l->row, link)
		if (one->how.stream == stream)
			return true;
	return false;
}

struct cp_sctp_late_one *cp_sctp_late_first(const struct cp_sctp_late *l)
{
	return TAILQ_FIRST(&l->row);
}

void cp_sctp_late_drop_first(struct cp_sctp_late *l)
{
	struct cp_sctp_late_one *one = TAILQ_FIRST(&l->row);

	TAILQ_REMOVE(&l->row, one, link);
	l->bytes -= one->len + (uint32_t)sizeof(*one);
	free(one);
}
