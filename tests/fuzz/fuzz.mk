# SPDX-License-Identifier: BSD-3-Clause
#
# fuzz.mk - build and run the fuzzers: every tests/fuzz/NAME_fuzz.c is one, its seeds are in
# tests/fuzz/corpus/NAME/, and what it found stays in build/fuzz/found/.
#
#   make fuzz                 all of them, 10 seconds each
#   make fuzz F=stun S=600    those whose name has "stun" in it, ten minutes each
#   make fuzz-bins            build only
#   FUZZ_MAX_LEN=32768        longer inputs, for texts (F=sdp)
#
# A fuzzer links engine/, control/sdp and the dataplane's parts that know no DPDK; one that includes DPDK, a dataplane
# header beyond those, or the node tests' library is linked with the whole dataplane and DPDK (FUZZ_DPDK).

S ?= 10
F ?=
FUZZ_CC ?= clang
FUZZ_OUT := build/fuzz
FUZZ_SAN := address,undefined
FUZZ_MAX_LEN ?= 2048
FUZZ_RSS_MB ?= 2048

FUZZ_SRC := $(wildcard tests/fuzz/*_fuzz.c)
FUZZ_NAMES := $(patsubst tests/fuzz/%_fuzz.c,%,$(FUZZ_SRC))
FUZZ_RUN := $(if $(F),$(foreach n,$(FUZZ_NAMES),$(if $(findstring $(F),$(n)),$(n))),$(FUZZ_NAMES))
FUZZ_DPDK ?= $(patsubst tests/fuzz/%_fuzz.c,%,$(if $(FUZZ_SRC),$(shell grep -lE \
	'^\#include.*["<](rte_|dataplane/[a-z_]*\.h|dataplane/(node|net|ctl)/|tests/node/)' $(FUZZ_SRC))))

FUZZ_CFLAGS = -std=gnu17 -O1 -g $(WARN) -fPIE -I. -D_GNU_SOURCE -MMD -MP -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,$(FUZZ_SAN) -fno-sanitize-recover=all
fuzz_obj = $(patsubst %.c,$(FUZZ_OUT)/obj/%.o,$(1))
FUZZ_LIB := $(call fuzz_obj,$(ENGINE_SRC) $(DPLOGIC_SRC) $(wildcard control/sdp/*.c control/peer/*.c \
	control/signal/*.c control/ice/*.c control/sctp/*.c control/bridge/*.c control/gateway/*.c \
	control/transcode/*.c) control/http/token.c)
FUZZ_DP_LIB := $(call fuzz_obj,$(DP_SRC) $(wildcard tests/node/lib/*.c))
# what may see DPDK: the same files as in the product; its headers are not clang-clean under our warnings
FUZZ_DPDK_CFLAGS = $(patsubst -I%,-isystem %,$(DPDK_CFLAGS))
FUZZ_SEES_DPDK := $(FUZZ_DP_LIB) $(call fuzz_obj,$(patsubst %,tests/fuzz/%_fuzz.c,$(FUZZ_DPDK)))

$(FUZZ_OUT)/obj/%.o: %.c | packages
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(if $(filter $@,$(FUZZ_SEES_DPDK)),$(FUZZ_DPDK_CFLAGS),-march=corei7) -c -o $@ $<

# archives: what a fuzzer does not use it need not link, as in the product
FUZZ_A := $(FUZZ_OUT)/libfuzz.a
FUZZ_DP_A := $(FUZZ_OUT)/libfuzz-dataplane.a
$(FUZZ_A): $(FUZZ_LIB)
	$(Q)rm -f $@; ar rcs $@ $^
$(FUZZ_DP_A): $(FUZZ_DP_LIB)
	$(Q)rm -f $@; ar rcs $@ $^
FUZZ_LINK = $(FUZZ_CC) -pie -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(patsubst %,$(FUZZ_OUT)/%_fuzz,$(filter-out $(FUZZ_DPDK),$(FUZZ_NAMES))): \
$(FUZZ_OUT)/%_fuzz: $(FUZZ_OUT)/obj/tests/fuzz/%_fuzz.o $(FUZZ_A)
	$(Q)$(FUZZ_LINK) $(DPLOGIC_LIBS) $(ENGINE_LIBS) $(if $(findstring /signal_,$@)$(findstring /bridge_,$@),-luv -lcmocka -lusrsctp) $(if $(findstring /datachannel_,$@),-luv) \
		$(if $(findstring /sctp_,$@),-luv -lusrsctp) $(if $(findstring /decode_,$@)$(findstring /telephone_,$@),$(CODEC_LIBS))

# the node tests' library asserts with cmocka: outside a test that ends the process, which is a finding
$(patsubst %,$(FUZZ_OUT)/%_fuzz,$(filter $(FUZZ_DPDK),$(FUZZ_NAMES))): \
$(FUZZ_OUT)/%_fuzz: $(FUZZ_OUT)/obj/tests/fuzz/%_fuzz.o $(FUZZ_A) $(FUZZ_DP_A)
	$(Q)$(FUZZ_LINK) $(ENGINE_LIBS) -lcmocka -lrte_net_ring $(DPDK_LIBS)

fuzz-bins: $(patsubst %,$(FUZZ_OUT)/%_fuzz,$(FUZZ_RUN))

fuzz: fuzz-bins
	$(Q)DPDK='$(FUZZ_DPDK)' MAX_LEN=$(FUZZ_MAX_LEN) RSS_MB=$(FUZZ_RSS_MB) tests/fuzz/run $(FUZZ_OUT) $(S) $(FUZZ_RUN)

.PHONY: fuzz fuzz-bins
-include $(shell find $(FUZZ_OUT)/obj -name '*.d' 2>/dev/null)
