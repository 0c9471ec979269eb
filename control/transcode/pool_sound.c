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

static void measure(const void *pipe, struct cp_pool_measure *ret_measure)
{
	struct cp_pipe_stats *s = &ret_measure->sound;

	ret_measure->is_sound = true;
	cp_pipe_stats(pipe, s);
	if (s->jitter.played > s->jitter.silent)
		ret_measure->spoken_ms = (s->jitter.played - s->jitter.silent) * 1000 / s->rate;
	ret_measure->concealed_ms = s->jitter.concealed * 1000 / s->rate;
}

static const struct cp_pool_kind sound = {.put = put, .tick = tick, .destroy = destroy, .measure = measure};

int cp_pool_add(struct cp_pool *p, const struct cp_pipe_config *config, void *user, uint32_t *ret_pipe,
		struct en_err *err)
{
	struct cp_pipe *pipe;
	int rc = cp_pipe_create(config, &pipe, err);

	*ret_pipe = 0;
	return rc ? rc : cp_pool_run(p, &sound, pipe, user, ret_pipe, err);
}
