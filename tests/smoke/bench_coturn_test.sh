#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_coturn_test.sh - bench_relay_test.sh in short, through turnserver: the generator is not made for one server.
#
#   client: the generator ── turnserver
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

SUT=coturn
command -v turnserver >/dev/null || skip "no turnserver"
bench_up client
lab_serve
check "IPv4 up" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}"
check "IPv4 both, send" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --direction both --method send
check "IPv6 echo" carried relay "${on6[@]}" "${who[@]}" "${GENTLE[@]}" --direction echo
EXPECT="$CLEAN and t['rtp']['gaps'] == t['rtp']['wrong'] == 0" check "rtp" carried rtp "${on4[@]}" "${who[@]}" "${GENTLE[@]}"
check "stun" carried stun "${on4[@]}" "${GENTLE[@]}"
EXPECT="r['allocate']['completed'] == 50 and r['allocate']['failed'] == 0" \
	check "a storm of allocations" carried allocate "${on4[@]}" "${who[@]}" --clients 50 --quiet
