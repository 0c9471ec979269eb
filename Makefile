## Turnpike: build, run and test
##
##   make                 build into build/
##   make run             as root: packages, build, start on a tap device with demo settings
##   make test            as root: packages, build, every test; ends with "N passed, N failed"
##   make setup           as root: install the Debian packages that build and tests use
##   make unit            unit tests only: seconds, no privileges (T=stun: only those that match)
##   make node            node tests: packets in, packets out, DPDK without hugepages
##   make smoke           as root: namespace tests with real peers (T=… as above)
##   make interop         as root: other TURN clients through the relay
##   make browser         as root: Chromium calls through the relay
##   make sanitize        unit and node tests under address and undefined sanitizers
##   make fuzz            every fuzzer for S seconds (S=10; F=stun: only that one)
##   make bench           as root: minutes: turnpike-bench against turnpike, and the micro benchmarks
##   make compare         as root: an hour: side by side with coturn, testpmd, itself (P=coturn: only that; perf/README.md)
##   make quality         speech through transcoding pipes: a minute, no privileges (perf/results/transcode.md)
##   make micro           cycles of the parts without I/O: five minutes (perf/micro/README.md)
##   make lint            clang-format, layer check, shellcheck
##   make format          rewrite the sources in house style
##   make docs            regenerate docs/config.md, docs/counters.md, docs/graph.dot, docs/conformance.md
##   make clean           remove build/
##   make help            this text
##
## Variables: V=1 shows commands, CC=clang, SAN=address,undefined, WERROR=1, O=3

V ?= 0
O ?= 3
CC = gcc
SAN ?=
empty :=
space := $(empty) $(empty)
comma := ,
OUT ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))
Q := $(if $(filter 1,$(V)),,@)

WARN = -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wold-style-definition \
	-Wundef -Wwrite-strings -Wformat=2 -Wno-format-nonliteral
ifneq ($(findstring clang,$(CC)),)
WARN += -Wmissing-variable-declarations
endif
ifeq ($(WERROR),1)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
ifneq ($(SAN),)
HARDEN := -fPIE
endif
CFLAGS_ALL := -std=gnu17 -O$(O) -g $(WARN) $(HARDEN) $(SANFLAGS) -I. -D_GNU_SOURCE -MMD -MP $(CFLAGS)
LDFLAGS_ALL := -pie $(SANFLAGS) -Wl,-z,relro,-z,now $(LDFLAGS)

# DPDK: headers only in dataplane/ and its tests (scripts/check-layers)
DPDK_CFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags libdpdk)) -DALLOW_EXPERIMENTAL_API
# libxdp, libbpf: the XDP program of AF_XDP ports (dataplane/xdp.c)
DPDK_LIBS = $(shell pkg-config --libs libdpdk) -lxdp -lbpf $(DPLOGIC_LIBS)
# SRTP: the fast backend and the portable one (dataplane/srtp)
DPLOGIC_LIBS := -lIPSec_MB -lsrtp2
ENGINE_LIBS := -linih -lcrypto -lunistring -ljansson -lpthread

ENGINE_SRC := $(wildcard engine/base/*.c engine/wire/*.c engine/shm/*.c engine/conf/*.c)
CMD_SRC := $(wildcard engine/cmd/*.c)
# the dataplane's parts that know no DPDK: tables and the TURN server proper
DPLOGIC_SRC := $(wildcard dataplane/table/*.c dataplane/turn/*.c dataplane/srtp/*.c) dataplane/media/keyframe.c
# the control process but its main(): no DPDK
CONTROL_SRC := $(wildcard control/*/*.c)
DP_SRC := $(filter-out dataplane/main.c $(DPLOGIC_SRC),$(wildcard dataplane/*.c dataplane/node/*.c dataplane/net/*.c dataplane/media/*.c dataplane/ctl/*.c))

obj = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
ENGINE_A := $(OUT)/libengine.a
DPLOGIC_A := $(OUT)/libdplogic.a
DP_A := $(OUT)/libdataplane.a
CMD_A := $(OUT)/libcmd.a
CONTROL_A := $(OUT)/libcontrol.a
CODEC_LIBS := -lopus -lspandsp -lspeexdsp -lvpx -lyuv -lm
CONTROL_LIBS := -lwebsockets -luv -lssl -lusrsctp $(CODEC_LIBS)

all: $(OUT)/turnpike $(OUT)/turnpike-dataplane $(OUT)/turnpike-control

$(OUT)/obj/dataplane/%.o: dataplane/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) $(DPDK_CFLAGS) -c -o $@ $<

# tables and TURN logic see no DPDK include path: a stray include fails
$(call obj,$(DPLOGIC_SRC)): $(OUT)/obj/%.o: %.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) -march=corei7 -c -o $@ $<

$(OUT)/obj/engine/%.o: engine/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) -march=corei7 -c -o $@ $<

$(OUT)/obj/control/%.o: control/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) -march=corei7 -c -o $@ $<

$(ENGINE_A): $(call obj,$(ENGINE_SRC))
	$(Q)rm -f $@; ar rcs $@ $^
$(CMD_A): $(call obj,$(filter-out engine/cmd/main.c,$(CMD_SRC)))
	$(Q)rm -f $@; ar rcs $@ $^
$(CONTROL_A): $(call obj,$(CONTROL_SRC))
	$(Q)rm -f $@; ar rcs $@ $^
$(DPLOGIC_A): $(call obj,$(DPLOGIC_SRC))
	$(Q)rm -f $@; ar rcs $@ $^
$(DP_A): $(call obj,$(DP_SRC))
	$(Q)rm -f $@; ar rcs $@ $^

$(OUT)/turnpike: $(call obj,$(CMD_SRC)) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(ENGINE_LIBS)

$(OUT)/turnpike-dataplane: $(call obj,dataplane/main.c) $(DP_A) $(DPLOGIC_A) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,dataplane/main.c) -Wl,--start-group $(DP_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group $(ENGINE_LIBS) $(DPDK_LIBS)

# the page's files are part of the program
$(OUT)/gen/page_files.c: scripts/embed $(wildcard control/web control/web/*)
	@mkdir -p $(@D)
	$(Q)scripts/embed control/web >$@.new && mv $@.new $@
$(OUT)/gen/page_files.o: $(OUT)/gen/page_files.c $(wildcard control/web/*)
	$(Q)$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(OUT)/turnpike-control: $(call obj,control/main.c control/privilege.c) $(OUT)/gen/page_files.o $(CONTROL_A) $(CMD_A) $(ENGINE_A)
	@echo "  LD   $@"
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(call obj,control/main.c control/privilege.c) $(OUT)/gen/page_files.o -Wl,--start-group $(CONTROL_A) $(CMD_A) $(ENGINE_A) -Wl,--end-group $(CONTROL_LIBS) $(ENGINE_LIBS)

# A missing package is said once, with the remedy, before the compiler is.
packages:
	@pkg-config --exists libdpdk 2>/dev/null || { echo "Packages are missing: run 'sudo make setup' (or 'sudo make run', 'sudo make test')." >&2; exit 1; }

# --- tests -------------------------------------------------------------
UNIT_SRC := $(wildcard tests/unit/*_test.c tests/unit/*/*_test.c)
NODE_SRC := $(wildcard tests/node/*_test.c)
UNIT_BIN := $(patsubst tests/%.c,$(OUT)/tests/%,$(UNIT_SRC))
NODE_BIN := $(patsubst tests/%.c,$(OUT)/tests/%,$(NODE_SRC))
TEST_LIB := $(call obj,$(wildcard tests/harness/*.c))
NODE_LIB := $(call obj,$(wildcard tests/node/lib/*.c))

$(OUT)/obj/tests/%.o: tests/%.c | packages
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) $(if $(findstring tests/node,$<),$(DPDK_CFLAGS),-march=corei7) -c -o $@ $<

$(OUT)/tests/unit/%: $(OUT)/obj/tests/unit/%.o $(TEST_LIB) $(CMD_A) $(DPLOGIC_A) $(ENGINE_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(TEST_LIB) -Wl,--start-group $(CMD_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group $(DPLOGIC_LIBS) $(ENGINE_LIBS) -lcmocka -lm

# tests of control/X stand in tests/unit/X: only these need all of control/ to compile
$(filter $(patsubst control/%,$(OUT)/tests/unit/%/%,$(wildcard control/*)),$(UNIT_BIN)): \
$(OUT)/tests/unit/%: $(OUT)/obj/tests/unit/%.o $(TEST_LIB) $(CONTROL_A) $(DPLOGIC_A) $(ENGINE_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(TEST_LIB) -Wl,--start-group $(CONTROL_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group $(CONTROL_LIBS) $(DPLOGIC_LIBS) $(ENGINE_LIBS) -lcmocka -lm

$(OUT)/tests/node/%: $(OUT)/obj/tests/node/%.o $(NODE_LIB) $(TEST_LIB) $(DP_A) $(DPLOGIC_A) $(ENGINE_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(NODE_LIB) $(TEST_LIB) -Wl,--start-group $(DP_A) $(DPLOGIC_A) $(ENGINE_A) -Wl,--end-group $(ENGINE_LIBS) -lcmocka -lrte_net_ring $(DPDK_LIBS)

$(OUT)/tests/browser/slow_wire: $(OUT)/obj/tests/browser/slow_wire.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^

$(OUT)/tests/browser/sdp_answer: $(OUT)/obj/tests/browser/sdp_answer.o $(CONTROL_A) $(ENGINE_A)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(CONTROL_LIBS) $(ENGINE_LIBS)

.SECONDARY:
unit-bins: $(UNIT_BIN)
node-bins: $(NODE_BIN)
browser-bins: $(OUT)/tests/browser/sdp_answer $(OUT)/tests/browser/slow_wire

unit: $(UNIT_BIN)
	$(Q)scripts/run-tests --kind unit --out $(OUT) --match '$(T)'
node: $(NODE_BIN)
	$(Q)scripts/run-tests --kind node --out $(OUT) --match '$(T)'
smoke: all
	$(Q)scripts/run-tests --kind smoke --out $(OUT) --match '$(T)'
interop: all
	$(Q)scripts/run-tests --kind interop --out $(OUT) --match '$(T)'
browser: all browser-bins
	$(Q)scripts/run-tests --kind browser --out $(OUT) --match '$(T)'
sanitize:
	$(Q)$(MAKE) --no-print-directory SAN=address,undefined O=1 unit node
test:
	$(Q)scripts/test-all
setup:
	$(Q)scripts/setup
run:
	$(Q)scripts/demo

include tests/fuzz/fuzz.mk
include perf/perf.mk

# --- house keeping -----------------------------------------------------
lint:
	$(Q)scripts/lint
format:
	$(Q)clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')
docs: all
	$(Q)scripts/make-docs
clean:
	rm -rf build
help:
	@sed -n 's/^## \{0,1\}//p' Makefile

.PHONY: all packages unit-bins node-bins browser-bins unit node smoke interop browser sanitize test setup run lint format docs clean help fuzz compare
-include $(shell find $(OUT)/obj -name '*.d' 2>/dev/null)
