# Load generators and comparisons (perf/README.md).

LOADGEN_LIB_SRC := $(filter-out perf/loadgen/turnload.c,$(wildcard perf/loadgen/*.c))
LOADGEN_LIB_OBJ := $(call obj,$(LOADGEN_LIB_SRC))

$(OUT)/obj/perf/%.o: perf/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) -march=corei7 -c -o $@ $<

$(OUT)/turnload: $(call obj,perf/loadgen/turnload.c) $(LOADGEN_LIB_OBJ) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(ENGINE_LIBS) -lm

turnload: $(OUT)/turnload

# the generator's own arithmetic has unit tests too
PERF_TEST_BIN := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/unit/perf/*_test.c))
PERF_TEST_OBJ := $(call obj,perf/loadgen/hist.c perf/loadgen/search.c)
$(PERF_TEST_BIN): $(PERF_TEST_OBJ)
$(PERF_TEST_BIN): TEST_LIB += $(PERF_TEST_OBJ)

# as root: about ten minutes, inside namespaces of its own. ARGS="--rounds 5 …"
compare: all $(OUT)/turnload
	$(Q)perf/compare/coturn.sh --build $(OUT) $(ARGS)

.PHONY: turnload
include perf/micro/micro.mk
