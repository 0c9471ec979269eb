#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# macswap.sh - turnpike's relaying against DPDK's bare macswap, on the same memif pair, with the same generator.
#
# What the ratio leaves is the work of a TURN server: classify, look up, rewrite, checksum, route. Both servers run
# on CPU 1 and never sleep. Rounds go A B, B A …, each with a fresh server.
#
#   sudo perf/compare/macswap.sh [--rounds N] [--trial S] [--part 200,64,1200,100k,cycles] [--rate R] [--name NAME]
#        [--build DIR] [--results DIR]
#
# Where the generator gives way before the server, rates compare the generator with itself. --part cycles shows what
# each server spends at a rate that both hold (--rate): TSC cycles in which it had packets, for each of them. Not
# among the parts that run by themselves: testpmd does not always say its own.
#
# Writes RESULTS/NAME.json, .md and .html (perf/README.md says how to read them).
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
BED=memif IDLE=poll MEMORY=1024
# room for 100 000 allocations with a permission and a channel each, and ports for them
DEVICE_LINES=("address = 198.18.77.3/16")
TURN_LINES=("relay = 198.18.77.3 1024-65535" "max-allocations = 120000" "max-permissions = 120000"
	"max-channels = 120000")
RATE=2000000
OPTIONS+=([rate]=RATE)
lab_begin "$@"

# one SIDE ROUND VARIANT SIZE CLIENTS
one()
{
	local how=(--search --trial "$TRIAL" --start 1000000 --order random --size "$4" --clients "$5")
	wanted "$3" || return 0
	if [ "$1" = turnpike ]; then
		fresh "$1" "$2" "$3" turn relay "${how[@]}" || true
	else
		fresh "$1" "$2" "$3" forward "${how[@]}" || true
	fi
}

# had_packets SIDE N: it received as many; both are asked while the load runs, because a memif forgets its counters
# with its client
had_packets()
{
	local n
	if [ "$1" = turnpike ]; then
		n=$("$BUILD/turnpike" show cores --json --runtime-dir "$WORK/run" | jq '.cores[0].received')
	else
		n=$(sed -n 's/.*RX-packets: \([0-9]*\) .*/\1/p' "$WORK/server.log" | tail -n 1)
	fi
	[ "${n:-0}" -ge "$2" ]
}

# What each says of itself: `show cores`, and the statistics with which testpmd ends
cycles()
{
	local load how=(--rate "$RATE" --seconds 6 --order random --size 200 --clients "$3") n='' STATS_PERIOD=1
	[[ $PARTS = *cycles* ]] || return 0
	server_start "$1"
	if [ "$1" = turnpike ]; then
		turn relay "${how[@]}" >/dev/null 2>"$WORK/bench.log" &
	else
		forward "${how[@]}" >/dev/null 2>"$WORK/bench.log" &
	fi
	load=$!
	if until_true 30 had_packets "$1" $((RATE * 3)); then
		[ "$1" = testpmd ] ||
			n=$("$BUILD/turnpike" show cores --json --runtime-dir "$WORK/run" | jq '.cores[0] | .busy_cycles / .received')
		server_stop
		[ "$1" = turnpike ] || n=$(sed -n 's/.*CPU cycles\/packet=\([0-9.]*\).*/\1/p' "$WORK/server.log" | tail -n 1)
	fi
	server_stop
	kill -TERM "$load" 2>/dev/null || true
	wait "$load" 2>/dev/null || true
	if [ -n "$n" ]; then
		record_value "$1" "$2" "busy $3" cycles "cycles a packet" lower "$n"
	else
		record_doubt "$1" "$2" "busy $3" "the server did not say: $(tail -n 1 "$WORK/bench.log")"
	fi
}

round()
{
	cycles "$1" "$2" 1000
	cycles "$1" "$2" 100000
	one "$1" "$2" 200 200 1000
	one "$1" "$2" 64 64 1000
	one "$1" "$2" 1200 1200 1000
	one "$1" "$2" 100k 200 100000
}

in_turns round turnpike testpmd

rates()
{
	! wanted "$2" || {
		row "$1, no loss" turnpike "$2: rate_no_loss" testpmd "$2: rate_no_loss" "${@:3}"
		row "$1, loss ≤ 0.1 %" turnpike "$2: rate_0.1%" testpmd "$2: rate_0.1%"
		row "$1, loss ≤ 0.5 %" turnpike "$2: rate_0.5%" testpmd "$2: rate_0.5%"
	}
}

section "Relay rate against macswap, random order" turnpike testpmd
rates "200 B, 1 000 channels" 200 ">=0.6" ">=0.85"
rates "64 B, 1 000 channels" 64
rates "1200 B, 1 000 channels" 1200 ">=0.8" ">=0.95"
rates "200 B, 100 000 channels" 100k ">=0.45" ">=0.75"
if wanted 64 && wanted 1200; then
	section "1200 B against 64 B on memif, where each side copies every packet" "1200 B" "64 B"
	row turnpike turnpike "1200: rate_no_loss" turnpike "64: rate_no_loss"
	row testpmd testpmd "1200: rate_no_loss" testpmd "64: rate_no_loss"
fi
if [[ $PARTS = *cycles* ]]; then
	section "Cycles a packet at $RATE packets/s, device and all (left: macswap)" \
		testpmd turnpike
	row "200 B, 1 000 channels" testpmd "busy 1000: cycles" turnpike "busy 1000: cycles"
	row "200 B, 100 000 channels" testpmd "busy 100000: cycles" turnpike "busy 100000: cycles"
	note "Cycles a packet hold for the short bursts of that rate and are fewer near saturation: this ratio is not that of" \
		"the highest rates. The setting up of the allocations is in turnpike's."
fi
report "turnpike relaying and testpmd macswap on one memif pair"
