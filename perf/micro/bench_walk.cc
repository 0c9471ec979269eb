// SPDX-License-Identifier: BSD-3-Clause
/* bench_walk.cc - the relay walk, by direction, number of channels, payload and burst. */
#include "perf/micro/rounds.hh"

#define PACKETS 4096u

static void walk(benchmark::State &state, micro_direction direction)
{
	micro_walk_options o = {};
	Rounds node[MICRO_NODES];

	o.flows = static_cast<unsigned int>(state.range(0));
	o.payload = static_cast<unsigned int>(state.range(1));
	o.burst = static_cast<unsigned int>(state.range(2));
	o.packets = PACKETS;
	o.direction = direction;
	micro_walk_open(&o);
	run_rounds(state, o.packets, "packet", [&] {
		micro_walk_result r;

		micro_walk_round(&r);
		for (int i = 0; i < MICRO_NODES; i++)
			node[i].add(r.node[i]);
		return r.step;
	});
	double relay_nodes = 0;
	for (int i = 0; i < MICRO_NODES; i++) {
		double cycles = node[i].quantile(0.5);

		if (cycles > 0)
			state.counters[micro_node_name[i]] = cycles;
		if (i != MICRO_RX && i != MICRO_TX)
			relay_nodes += cycles;
	}
	state.counters["relay_nodes"] = relay_nodes;
}

static void shapes(benchmark::internal::Benchmark *b)
{
	b->ArgNames({"channels", "payload", "burst"})->UseManualTime();
	for (long channels : {1000, 100000})
		b->Args({channels, 64, 64});
	for (long channels : {1000, 100000})
		b->Args({channels, 1200, 64});
	for (long burst : {32, 16, 4, 1})
		b->Args({1000, 64, burst});
}

static void fused(benchmark::State &state, micro_direction direction)
{
	micro_walk_options o = {};

	o.flows = static_cast<unsigned int>(state.range(0));
	o.payload = static_cast<unsigned int>(state.range(1));
	o.burst = static_cast<unsigned int>(state.range(2));
	o.fused = static_cast<unsigned int>(state.range(3));
	o.packets = PACKETS;
	o.direction = direction;
	micro_walk_open(&o);
	run_rounds(state, o.packets, "packet", [] {
		micro_walk_result r;

		micro_walk_round(&r);
		return r.step;
	});
}

/* group 1: packet after packet; 64: each stage for the whole burst before the next */
static void fused_shapes(benchmark::internal::Benchmark *b)
{
	b->ArgNames({"channels", "payload", "burst", "group"})->UseManualTime();
	for (long channels : {1000, 100000})
		for (long group : {1, 8, 16, 32, 64})
			b->Args({channels, 64, 64, group});
	for (long burst : {32, 4, 1})
		b->Args({1000, 64, burst, 64});
}

BENCHMARK_CAPTURE(walk, to_peer, MICRO_TO_PEER)->Apply(shapes);
BENCHMARK_CAPTURE(walk, to_client, MICRO_TO_CLIENT)->Apply(shapes);
BENCHMARK_CAPTURE(fused, to_peer, MICRO_TO_PEER)->Apply(fused_shapes);
BENCHMARK_CAPTURE(fused, to_client, MICRO_TO_CLIENT)->Apply(fused_shapes);
