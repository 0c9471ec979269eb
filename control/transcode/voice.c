/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * voice.c - speexdsp's preprocessor and echo canceller.
 *
 * The canceller models TAIL_MS of echo path behind EARLY_US: between saying and hearing lie at least the phone's packet
 * and the jitter buffer's least delay. A jitter buffer that stretches moves the echo; the model follows within a second
 * or two.
 */
#include "control/transcode/voice.h"

#include <stdlib.h>
#include <string.h>

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

#define TAIL_MS     256
#define EARLY_US    20000
#define NOISE_DB    (-20)
#define BESIDE_DB   (-3) /* the rest of an echo while the phone's user speaks: the library's -15 garble the user */
#define LEVEL       8000 /* of speech, as speexdsp counts it */
#define GAIN_DB_MAX 24
#define SPEECH      85 /* percent of likelihood that begin speech, */
#define STILL       70 /* and that go on with it */
#define BLOCK_MAX   480

struct cp_voice {
	uint32_t rate, wishes;
	SpeexPreprocessState *lib;
	SpeexEchoState *canceller; /* NULL: there is none */
	struct cp_echo *echo;
	bool speaks;
};

static bool open_canceller(struct cp_voice *v, struct cp_echo *echo)
{
	int rate = (int)v->rate, beside = BESIDE_DB;

	if (!(v->wishes & CP_VOICE_ECHO) || !echo || v->rate > CP_ECHO_RATE_MAX)
		return true;
	v->echo = cp_echo_get(echo);
	v->canceller = speex_echo_state_init(rate / 100, rate / 1000 * TAIL_MS);
	if (!v->canceller)
		return false;
	speex_echo_ctl(v->canceller, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_ECHO_STATE, v->canceller);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &beside);
	return true;
}

static void set_up(struct cp_voice *v)
{
	/* without its noise reduction the library does not suppress what is left of an echo either */
	int denoise = (v->wishes & CP_VOICE_NOISE) || v->canceller, gain = (v->wishes & CP_VOICE_GAIN) != 0;
	int by = v->wishes & CP_VOICE_NOISE ? NOISE_DB : 0, most = GAIN_DB_MAX;
	float level = LEVEL;

	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_DENOISE, &denoise);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &by);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_AGC, &gain);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_AGC_LEVEL, &level);
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, &most);
}

struct cp_voice *cp_voice_create(uint32_t rate, uint32_t wishes, struct cp_echo *echo)
{
	struct cp_voice *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->rate = rate;
	v->wishes = wishes;
	v->lib = speex_preprocess_state_init((int)rate / 100, (int)rate);
	if (!v->lib || !open_canceller(v, echo)) {
		cp_voice_destroy(v);
		return NULL;
	}
	set_up(v);
	return v;
}

void cp_voice_destroy(struct cp_voice *v)
{
	if (!v)
		return;
	if (v->lib)
		speex_preprocess_state_destroy(v->lib);
	if (v->canceller)
		speex_echo_state_destroy(v->canceller);
	cp_echo_put(v->echo);
	free(v);
}

static void cancel(struct cp_voice *v, int16_t *pcm, uint64_t now_us)
{
	int16_t said[BLOCK_MAX], out[BLOCK_MAX];

	cp_echo_recall(v->echo, now_us - EARLY_US, said, v->rate);
	speex_echo_cancellation(v->canceller, pcm, said, out);
	memcpy(pcm, out, v->rate / 100 * sizeof(*pcm));
}

bool cp_voice_mend(struct cp_voice *v, int16_t *pcm, uint64_t now_us)
{
	int likely = 0;

	if (v->canceller)
		cancel(v, pcm, now_us);
	speex_preprocess_run(v->lib, pcm);
	if (!(v->wishes & CP_VOICE_SILENCE))
		return true;
	/* its own verdict is said on stderr to be a hack; the likelihood is what it is made of */
	speex_preprocess_ctl(v->lib, SPEEX_PREPROCESS_GET_PROB, &likely);
	v->speaks = likely >= (v->speaks ? STILL : SPEECH);
	return v->speaks;
}
