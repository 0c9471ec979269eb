// SPDX-License-Identifier: BSD-3-Clause
/* rounds.hh - the median of many rounds as a counter. */
#ifndef PERF_MICRO_ROUNDS_HH
#define PERF_MICRO_ROUNDS_HH

#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "perf/micro/micro.h"

#define ROUNDS_MIN 31u

class Rounds
{
      public:
	void add(double value)
	{
		values.push_back(value);
	}

	size_t size() const
	{
		return values.size();
	}

	double quantile(double q)
	{
		if (values.empty())
			return 0;
		size_t at = static_cast<size_t>(q * static_cast<double>(values.size() - 1));
		std::nth_element(values.begin(), values.begin() + static_cast<long>(at), values.end());
		return values[at];
	}

      private:
	std::vector<double> values;
};

/* A benchmark whose round returns cycles an item: median, and how far the slow rounds are away. */
template <typename Round> void run_rounds(benchmark::State &state, unsigned int items, const char *unit, Round round)
{
	static double best = micro_reference();
	Rounds all, machine;

	for (auto _ : state) {
		double cycles = round();

		all.add(cycles);
		machine.add(micro_reference());
		state.SetIterationTime(cycles * items / micro_tsc_hz());
	}
	/* one long interruption makes the library think that it has run long enough */
	while (all.size() < ROUNDS_MIN)
		all.add(round());
	state.counters[std::string("cycles/") + unit] = all.quantile(0.5);
	state.counters["p10"] = all.quantile(0.1);
	state.counters["p90"] = all.quantile(0.9);
	best = std::min(best, machine.quantile(0));
	state.counters["machine"] = machine.quantile(0.5) / best;
}

#endif
