/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opus_complexity.c - preloaded into a program whose opus encoder has no option for it: the complexity is that of the
 * environment variable OPUS_COMPLEXITY, whatever the program asks for.
 *
 * Both encoders of libopus are met (opus.h, opus_multistream.h). Their requests have one argument each: a number or a
 * pointer, which is passed on as it came.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <opus/opus.h>
#include <opus/opus_multistream.h>

typedef int ctl(void *encoder, int request, ...);

/* libopus reads a number as opus_int32, which is the low half of what is passed here (x86-64 and AArch64 alike). */
static int pass(const char *name, void *encoder, int request, intptr_t arg)
{
	ctl *next = (ctl *)(uintptr_t)dlsym(RTLD_NEXT, name);
	const char *wanted = getenv("OPUS_COMPLEXITY");

	if (request == OPUS_SET_COMPLEXITY_REQUEST && wanted)
		arg = atoi(wanted);
	return next ? next(encoder, request, arg) : OPUS_UNIMPLEMENTED;
}

#define PASS(last)                                                                                                     \
	va_list ap;                                                                                                    \
	intptr_t arg;                                                                                                  \
                                                                                                                       \
	va_start(ap, last);                                                                                            \
	arg = va_arg(ap, intptr_t);                                                                                    \
	va_end(ap)

int opus_encoder_ctl(OpusEncoder *st, int request, ...)
{
	PASS(request);
	return pass("opus_encoder_ctl", st, request, arg);
}

int opus_multistream_encoder_ctl(OpusMSEncoder *st, int request, ...)
{
	PASS(request);
	return pass("opus_multistream_encoder_ctl", st, request, arg);
}
