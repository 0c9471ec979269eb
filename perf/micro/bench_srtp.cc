// SPDX-License-Identifier: BSD-3-Clause
/* bench_srtp.cc - protecting RTP, cycles a packet: ours, the bare primitive, libsrtp2. */
#include "perf/micro/rounds.hh"
#include "perf/micro/srtp.h"

static void srtp(benchmark::State &state, micro_srtp_way way, unsigned int profile)
{
	micro_srtp_options o = {};

	o.way = way;
	o.profile = profile;
	o.streams = static_cast<unsigned int>(state.range(0));
	o.len = static_cast<unsigned int>(state.range(1));
	o.burst = static_cast<unsigned int>(state.range(2));
	micro_srtp_open(&o);
	run_rounds(state, MICRO_SRTP_PACKETS, "packet", [] { return micro_srtp_round(); });
	micro_srtp_close();
}

static void sizes(benchmark::internal::Benchmark *b)
{
	b->ArgNames({"streams", "bytes", "burst"})->UseManualTime();
	b->Args({32, 200, 32})->Args({64, 200, 64})->Args({512, 200, 64})->Args({4096, 200, 64})->Args({64, 1200, 64});
}

#define SRTP(name, way)                                                                                                \
	BENCHMARK_CAPTURE(srtp, cm_sha1_80_##name, way, 0x0001)->Apply(sizes);                                         \
	BENCHMARK_CAPTURE(srtp, gcm_128_##name, way, 0x0007)->Apply(sizes)

SRTP(ours, MICRO_SRTP_OURS);
SRTP(ours_apart, MICRO_SRTP_OURS_APART);
SRTP(bare_burst, MICRO_SRTP_BURST);
SRTP(bare_jobs, MICRO_SRTP_JOBS);
SRTP(libsrtp2, MICRO_SRTP_LIBSRTP);
SRTP(unprotect, MICRO_SRTP_UNPROTECT);
SRTP(libsrtp2_unprotect, MICRO_SRTP_LIBSRTP_UNPROTECT);
BENCHMARK_CAPTURE(srtp, cm_sha1_80_ours_few, MICRO_SRTP_OURS, 0x0001)
	->ArgNames({"streams", "bytes", "burst"})
	->Args({64, 200, 1})
	->Args({64, 200, 4})
	->Args({64, 200, 16})
	->UseManualTime();
BENCHMARK_CAPTURE(srtp, gcm_256_ours, MICRO_SRTP_OURS, 0x0008)
	->ArgNames({"streams", "bytes", "burst"})
	->Args({64, 200, 64})
	->UseManualTime();
