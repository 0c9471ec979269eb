# Micro benchmarks with Google Benchmark (perf/micro/README.md). C++ registers, C does the work.

MICRO_C := $(wildcard perf/micro/*.c)
MICRO_CC := $(wildcard perf/micro/*.cc)
MICRO_OBJ := $(call obj,$(MICRO_C)) $(patsubst %.cc,$(OUT)/obj/%.o,$(MICRO_CC))
MICRO_CXXFLAGS := -std=gnu++17 -O$(O) -g -Wall -Wextra -Wshadow $(if $(filter 1,$(WERROR)),-Werror) $(HARDEN) $(SANFLAGS) \
	-I. -MMD -MP

# the same flags as the dataplane: what is inlined from its headers shall be the same code
$(call obj,$(MICRO_C)): $(OUT)/obj/%.o: %.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) $(DPDK_CFLAGS) -c -o $@ $<

$(OUT)/obj/perf/micro/%.o: perf/micro/%.cc | packages
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	$(Q)$(CXX) $(MICRO_CXXFLAGS) -c -o $@ $<

$(OUT)/micro: $(MICRO_OBJ) $(DP_A) $(DPLOGIC_A) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CXX) $(LDFLAGS_ALL) -Wl,--wrap=init_mb_mgr_auto -o $@ $(MICRO_OBJ) -Wl,--start-group $(DP_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group \
		$(ENGINE_LIBS) -lbenchmark -lrte_net_ring $(DPDK_LIBS) -lm

# a few minutes. ARGS="--benchmark_filter=walk", JSON beside the table: ARGS="--benchmark_out=micro.json"
micro: $(OUT)/micro
	$(Q)$(OUT)/micro --benchmark_repetitions=5 --benchmark_report_aggregates_only=true --benchmark_min_time=0.2 $(ARGS)

.PHONY: micro
