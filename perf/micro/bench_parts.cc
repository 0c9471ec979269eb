// SPDX-License-Identifier: BSD-3-Clause
/* bench_parts.cc - STUN, checksum, timer wheel, rings. */
#include "perf/micro/rounds.hh"

static void stun_parse(benchmark::State &state, micro_message m)
{
	run_rounds(state, MICRO_PART_TIMES, "message", [=] { return micro_stun_parse(m); });
}
BENCHMARK_CAPTURE(stun_parse, binding, MICRO_BINDING)->UseManualTime();
BENCHMARK_CAPTURE(stun_parse, allocate, MICRO_ALLOCATE_SHA1)->UseManualTime();

static void stun_integrity(benchmark::State &state, micro_message m)
{
	run_rounds(state, MICRO_PART_TIMES, "message", [=] { return micro_stun_integrity(m); });
}
BENCHMARK_CAPTURE(stun_integrity, sha1, MICRO_ALLOCATE_SHA1)->UseManualTime();
BENCHMARK_CAPTURE(stun_integrity, sha256, MICRO_ALLOCATE_SHA256)->UseManualTime();

static void checksum(benchmark::State &state)
{
	unsigned int len = static_cast<unsigned int>(state.range(0));

	run_rounds(state, MICRO_PART_TIMES, "call", [=] { return micro_csum(len); });
}
BENCHMARK(checksum)->ArgName("bytes")->Arg(4)->Arg(20)->Arg(200)->Arg(1200)->UseManualTime();

static void wheel(benchmark::State &state, double (*work)(unsigned int))
{
	unsigned int n = static_cast<unsigned int>(state.range(0));

	run_rounds(state, MICRO_PART_TIMES, "timer", [=] { return work(n); });
}

static void timers(benchmark::internal::Benchmark *b)
{
	b->ArgName("timers")->Arg(1000)->Arg(100000)->Arg(1000000)->UseManualTime();
}
BENCHMARK_CAPTURE(wheel, cancel_and_arm, micro_wheel_arm)->Apply(timers);
BENCHMARK_CAPTURE(wheel, refresh, micro_wheel_rearm)->Apply(timers);
BENCHMARK_CAPTURE(wheel, expire_and_arm, micro_wheel_advance)->Apply(timers);

static void ring(benchmark::State &state, micro_ring kind)
{
	if (!micro_has_second_cpu()) {
		state.SkipWithError("needs a second CPU");
		return;
	}
	micro_ring_open(kind, static_cast<unsigned int>(state.range(0)));
	run_rounds(state, MICRO_RING_PACKETS, "packet", [] { return micro_ring_round(); });
	micro_ring_close();
}
BENCHMARK_CAPTURE(ring, bare, MICRO_RING_BARE)->ArgName("n")->Arg(1)->Arg(8)->Arg(32)->Arg(64)->UseManualTime();
BENCHMARK_CAPTURE(ring, bare_touched, MICRO_RING_TOUCHED)->ArgName("n")->Arg(8)->Arg(32)->UseManualTime();
BENCHMARK_CAPTURE(ring, handoff, MICRO_RING_HANDOFF)->ArgName("n")->Arg(1)->Arg(8)->Arg(32)->Arg(64)->UseManualTime();
BENCHMARK_CAPTURE(ring, shm_records, MICRO_RING_TAP)->ArgName("n")->Arg(1)->Arg(32)->UseManualTime();
