# Load generators and comparisons (perf/README.md).

BENCH_SRC := $(wildcard perf/loadgen/*.c)

$(OUT)/obj/perf/loadgen/%.o: perf/loadgen/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) $(DPDK_CFLAGS) -c -o $@ $<

# simulated browsers are DTLS clients, and have data channels
BENCH_DTLS := $(call obj,$(wildcard control/dtls/*.c control/sctp/*.c))
# a proxy's commands are bencode, and its phones' keys stand in SDP
BENCH_DTLS += $(call obj,control/gateway/bencode.c control/gateway/bencode_write.c control/gateway/sdes.c)

$(OUT)/turnpike-bench: $(call obj,$(BENCH_SRC)) $(BENCH_DTLS) $(DP_A) $(DPLOGIC_A) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,$(BENCH_SRC)) $(BENCH_DTLS) -Wl,--start-group $(DP_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group $(ENGINE_LIBS) $(DPDK_LIBS) -lssl -luv -lusrsctp -lopus -lm

# the generator's own arithmetic has unit tests too
PERF_TEST_BIN := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/unit/perf/*_test.c))
PERF_TEST_OBJ := $(call obj,perf/loadgen/hist.c perf/loadgen/search.c perf/loadgen/payload.c perf/loadgen/http.c perf/loadgen/session.c perf/loadgen/media.c perf/loadgen/message.c $(wildcard perf/loadgen/options*.c perf/loadgen/result_*.c perf/loadgen/machine*.c))
$(PERF_TEST_BIN): $(PERF_TEST_OBJ)
$(PERF_TEST_BIN): TEST_LIB += $(PERF_TEST_OBJ)
# what needs DPDK's headers is tested as a node test is
BENCH_TEST_OBJ := $(filter-out %/bench.o,$(call obj,$(BENCH_SRC))) $(BENCH_DTLS)
$(OUT)/tests/node/bench_test $(OUT)/tests/node/bench_calls_test: $(BENCH_TEST_OBJ)
$(OUT)/tests/node/bench_test $(OUT)/tests/node/bench_calls_test: TEST_LIB += $(BENCH_TEST_OBJ) -lssl -luv -lusrsctp -lopus -lm

# holds another program's opus encoder to a complexity (compare/calls.sh)
$(OUT)/opus_complexity.so: perf/compare/opus_complexity.c | packages
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(CFLAGS_ALL) -fPIC -shared -o $@ $<

all: $(OUT)/turnpike-bench $(OUT)/opus_complexity.so

# as root, in namespaces of their own: three minutes; an hour, or one part of it: P=coturn ARGS="--rounds 5"
COMPARISONS := coturn macswap load crosscheck idle srtp rooms data data_load calls
bench: all $(OUT)/micro
	$(Q)perf/compare/bench.sh --build $(OUT) $(ARGS)
compare: all $(OUT)/micro browser-bins
	$(Q)for part in $(or $(P),$(COMPARISONS)); do perf/compare/$$part.sh --build $(OUT) $(ARGS) || exit 1; done

# what transcoding does to speech: a minute, no privileges
quality: $(foreach t,matrix loss drift,$(OUT)/tests/unit/transcode/pipe_$(t)_test)
	$(Q)perf/compare/quality.sh --build $(OUT)

.PHONY: bench quality
include perf/micro/micro.mk
