/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_sound.c - pipes of sound, as a pool runs them (pool.h, pipe.h). */
#include "control/transcode/pool.h"

static void put(void *pipe, const uint8_t *rtp, uint32_t len, uint64_t now_us)
{
	cp_pipe_put(pipe, rtp, len, now_us);
}

static void tick(void *pipe, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	uint8_t rtp[CP_PIPE_PACKET_MAX];
	uint32_t len = cp_pipe_tick(pipe, now_us, rtp);

	if (len)
		emit(arg, rtp, len);
}

static void destroy(void *pipe)
{
	cp_pipe_destroy(pipe);
}

static const struct cp_pool_kind sound = {.put = put, .tick = tick, .destroy = destroy};

int cp_pool_add(struct cp_pool *p, const struct cp_pipe_config *config, void *user, uint32_t *ret_pipe,
		struct en_err *err)
{
	struct cp_pipe *pipe;
	int rc = cp_pipe_create(config, &pipe, err);

	*ret_pipe = 0;
	return rc ? rc : cp_pool_run(p, &sound, pipe, user, ret_pipe, err);
}
