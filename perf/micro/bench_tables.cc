// SPDX-License-Identifier: BSD-3-Clause
/* bench_tables.cc - lookups in random order, by table and number of entries. */
#include "perf/micro/rounds.hh"

static void lookup(benchmark::State &state, micro_table table, bool staged)
{
	micro_table_open(table, static_cast<unsigned int>(state.range(0)));
	run_rounds(state, MICRO_LOOKUPS, "lookup", [&] { return micro_table_round(staged); });
}

static void sizes(benchmark::internal::Benchmark *b)
{
	b->ArgName("entries")->UseManualTime();
	for (long n : {1000, 100000, 1000000})
		b->Arg(n);
}

BENCHMARK_CAPTURE(lookup, flow, MICRO_TABLE_FLOW, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, flow_staged, MICRO_TABLE_FLOW, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, channel, MICRO_TABLE_CHANNEL, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, channel_staged, MICRO_TABLE_CHANNEL, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, peer, MICRO_TABLE_PEER, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, peer_staged, MICRO_TABLE_PEER, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, permission, MICRO_TABLE_PERMISSION, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, permission_staged, MICRO_TABLE_PERMISSION, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, relay_port, MICRO_TABLE_PORT, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, relay_port_staged, MICRO_TABLE_PORT, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, rte_hash_bulk, MICRO_TABLE_RTE_HASH, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, rte_hash_bulk_and_object, MICRO_TABLE_RTE_HASH_OBJECT, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, bare_two_lines, MICRO_TABLE_BARE, false)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, bare_two_lines_staged, MICRO_TABLE_BARE, true)->Apply(sizes);
BENCHMARK_CAPTURE(lookup, bare_two_lines_chained, MICRO_TABLE_BARE_CHAIN, false)->Apply(sizes);
