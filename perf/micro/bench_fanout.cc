// SPDX-License-Identifier: BSD-3-Clause
/* bench_fanout.cc - forwarding with SRTP for each receiver, against the bare primitive of the same round. */
#include "perf/micro/fanout.h"
#include "perf/micro/rounds.hh"

static void fanout(benchmark::State &state, unsigned int profile)
{
	micro_fanout_options o = {};
	Rounds bare, protect, ratio, full, node[MICRO_FANOUT_NODES];

	o.profile = profile;
	o.receivers = static_cast<unsigned int>(state.range(0));
	o.rooms = static_cast<unsigned int>(state.range(1));
	o.payload = static_cast<unsigned int>(state.range(2));
	o.burst = static_cast<unsigned int>(state.range(3));
	micro_fanout_open(&o);
	run_rounds(state, MICRO_FANOUT_STEPS * o.burst * o.receivers, "copy", [&] {
		micro_fanout_result r;

		micro_fanout_round(&r);
		bare.add(r.bare);
		protect.add(r.protect);
		ratio.add(r.bare / r.step);
		full.add(r.bare / r.protect);
		for (int i = 0; i < MICRO_FANOUT_NODES; i++)
			node[i].add(r.node[i]);
		return r.step;
	});
	state.counters["bare"] = bare.quantile(0.5);
	state.counters["protect"] = protect.quantile(0.5);
	state.counters["bare/copy"] = ratio.quantile(0.5);
	state.counters["bare/protect"] = full.quantile(0.5);
	for (int i = 0; i < MICRO_FANOUT_NODES; i++)
		state.counters[micro_fanout_node_name[i]] = node[i].quantile(0.5);
	micro_fanout_close();
}

static void shapes(benchmark::internal::Benchmark *b)
{
	b->ArgNames({"receivers", "rooms", "payload", "burst"})->UseManualTime();
	for (long payload : {200, 1000}) {
		b->Args({10, 8, payload, 32})->Args({10, 8, payload, 8});
		b->Args({100, 4, payload, 8})->Args({100, 4, payload, 32});
	}
}

BENCHMARK_CAPTURE(fanout, gcm_128, 0x0007)->Apply(shapes);
BENCHMARK_CAPTURE(fanout, cm_sha1_80, 0x0001)->Apply(shapes);
