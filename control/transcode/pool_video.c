/* SPDX-License-Identifier: BSD-3-Clause */
/* pool_video.c - pipes of video, as a pool runs them (pool.h, video_pipe.h). */
#include "control/transcode/video_pipe.h"

static void put(void *pipe, const uint8_t *rtp, uint32_t len, uint64_t now_us)
{
	cp_video_pipe_put(pipe, rtp, len, now_us);
}

static void tick(void *pipe, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	cp_video_pipe_tick(pipe, now_us, emit, arg);
}

static void destroy(void *pipe)
{
	cp_video_pipe_destroy(pipe);
}

static void ask(void *pipe, const struct cp_pool_ask *a, uint64_t now_us, cp_pool_emit *emit, void *arg)
{
	if (a->key)
		cp_video_pipe_force_key(pipe);
	if (a->has_bitrate)
		cp_video_pipe_set_bitrate(pipe, a->bitrate);
	if (a->rtt_us)
		cp_video_pipe_set_rtt(pipe, a->rtt_us);
	for (uint32_t i = 0; i < a->nack_n && i < CP_POOL_NACKS; i++)
		cp_video_pipe_resend(pipe, a->nack[i], now_us, emit, arg);
}

static bool want(void *pipe, uint64_t now_us, struct cp_pool_want *ret_want)
{
	*ret_want = (struct cp_pool_want){.ssrc = 0};
	if (!cp_video_pipe_source(pipe, &ret_want->ssrc))
		return false;
	ret_want->nack_n = cp_video_pipe_missing(pipe, now_us, ret_want->nack, CP_POOL_NACKS);
	ret_want->key = cp_video_pipe_wants_key(pipe, now_us);
	return ret_want->nack_n || ret_want->key;
}

static const struct cp_pool_kind video = {
	.put = put, .tick = tick, .destroy = destroy, .ask = ask, .want = want, .slow = true};

int cp_pool_add_video(struct cp_pool *p, const struct cp_video_pipe_config *config, void *user, uint32_t *ret_pipe,
		      struct en_err *err)
{
	struct cp_video_pipe *pipe;
	int rc = cp_video_pipe_create(config, &pipe, err);

	*ret_pipe = 0;
	return rc ? rc : cp_pool_run(p, &video, pipe, user, ret_pipe, err);
}
