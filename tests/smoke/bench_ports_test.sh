#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_ports_test.sh - turnpike-bench with its clients on one port and its peers on another, in another network.
#
#   generator ─┬─ link client ─┬─ server
#              └─ link peer ───┘
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

bench_up client peer
# the generator owns both links
in_ns peer ip link set eth0 netns "${NS[client]}" name eth1
in_ns client ip link set eth1 up
lab_serve
two4=("${on4[@]}" --port2 xdp:eth1 --peer-address 10.77.2.2)
two6=("${on6[@]}" --port2 xdp:eth1 --peer-address fd77:2::2)
check "IPv4 up" carried relay "${two4[@]}" "${who[@]}" "${GENTLE[@]}"
check "IPv4 both ways" carried relay "${two4[@]}" "${who[@]}" "${GENTLE[@]}" --direction both
check "IPv4 echo, send" carried relay "${two4[@]}" "${who[@]}" "${GENTLE[@]}" --direction echo --method send
check "IPv6 both ways" carried relay "${two6[@]}" "${who[@]}" "${GENTLE[@]}" --direction both
