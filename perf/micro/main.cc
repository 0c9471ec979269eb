// SPDX-License-Identifier: BSD-3-Clause
/* main.cc - start DPDK, run what --benchmark_filter names, say on what machine. */
#include <cstdio>
#include <cstring>

#include "perf/micro/rounds.hh"

static bool lists_only(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--benchmark_list_tests", 22) == 0 || strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *program = argv[0];
	bool list = lists_only(argc, argv);

	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	if (!list) {
		if (!micro_start(program))
			return 1;
		benchmark::AddCustomContext("tsc_hz", std::to_string(static_cast<long>(micro_tsc_hz())));
		benchmark::AddCustomContext("packet_memory", micro_hugepages() ? "hugepages" : "ordinary pages");
		benchmark::AddCustomContext("instructions", micro_isa());
		benchmark::AddCustomContext("cpu", std::to_string(micro_cpu()));
	}
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	micro_walk_close();
	micro_table_close();
	return 0;
}
