#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# idle.sh - what turnpike and coturn cost when nobody calls, and how long the first packet after silence takes.
#
# Rounds go A B, B A, A B …; each time freshly started, a server is asked once and then left alone: CPU time of all
# its threads over --seconds of silence; then --count Binding requests from a socket, each after --silence ms without a
# packet; then as many without a pause, the round trip of a server that is awake.
#
#   sudo perf/compare/idle.sh [--rounds N] [--servers "turnpike coturn"] [--device xdp|packet] [--seconds S] [--count N]
#        [--silence MS] [--idle adaptive|poll] [--sched nice|fifo] [--name NAME] [--build DIR] [--results DIR]
#
# --sched fifo: who wakes up runs at once, as it would on a machine of its own.
# Writes RESULTS/NAME.json, .md and .html (perf/README.md says how to read them).
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
SERVERS="turnpike coturn" DEVICE=xdp LENGTH=10 COUNT=500 SILENCE=50 SCHED=nice IDLE=adaptive
OPTIONS+=([servers]=SERVERS [device]=DEVICE [seconds]=LENGTH [count]=COUNT [silence]=SILENCE [idle]=IDLE [sched]=SCHED)
# the library's own, under another name
eval "plain_$(declare -f quiet)"
eval "plain_$(declare -f link_make)"

quiet()
{
	[ "$SCHED" != fifo ] || exec setsid -w setpriv --pdeathsig TERM chrt -f 10 "$@"
	plain_quiet "$@"
}

# The load's end is the kernel's here. Neighbours are learned once: nobody asks again in the silence.
link_make()
{
	plain_link_make
	in_ns load sh -c "ip addr add $NET.10/16 dev tpload
		echo 3600000 >/proc/sys/net/ipv4/neigh/tpload/base_reachable_time_ms"
}

turnpike_device()
{
	echo "$DEVICE:tpserver"
}

# probe COUNT SILENCE-MS
probe()
{
	(quiet taskset -c "$CPU_LOAD" nsenter --net="/proc/${NS[load]}/ns/net" -- \
		/usr/bin/python3 perf/compare/idle_probe.py rtt "$SERVER" 3478 "$1" "$2")
}

# figure SIDE ROUND VARIANT METRIC UNIT FILTER FILE
figure()
{
	record_value "$1" "$2" "$3" "$4" "$5" lower "$(jq "$6" "$7")"
}

# trips SIDE ROUND VARIANT SILENCE-MS
trips()
{
	local p lost
	probe "$COUNT" "$4" >"$WORK/trips" || die "$1: no answer"
	for p in p50 p99 max; do
		figure "$1" "$2" "$3" "$p" µs ".${p}_us" "$WORK/trips"
	done
	lost=$(jq .lost "$WORK/trips")
	[ "$lost" = 0 ] || record_doubt "$1" "$2" "$3" "$lost of $COUNT requests unanswered"
}

measure_idle()
{
	local pids
	server_start "$1"
	until_true 10 probe 1 0 >/dev/null 2>&1 || die "$1 does not answer"
	probe 100 0 >/dev/null || die "$1 does not answer"
	mapfile -t pids < <(tree "$SERVER_PID")
	sleep 2 # into the deepest of its sleeps
	perf/compare/idle_probe.py cpu "$LENGTH" "${pids[@]}" >"$WORK/cpu"
	figure "$1" "$2" silence cpu "% of a CPU" '.share * 100' "$WORK/cpu"
	trips "$1" "$2" first "$SILENCE"
	trips "$1" "$2" awake 0
	server_stop
}

lab_begin "$@"
# one short run of turnpike-bench describes the machine
fresh turnpike 1 machine bench stun --server "$SERVER:3478" --rate 1000 --seconds 1 || true
# shellcheck disable=SC2086 # a list
in_turns measure_idle $SERVERS
section "Silence, and the first packet after it" turnpike coturn
row "CPU in silence, all threads" turnpike "silence: cpu" coturn "silence: cpu"
for p in p50 p99 max; do
	row "first packet after silence, round trip $p" turnpike "first: $p" coturn "first: $p"
done
for p in p50 p99; do
	row "awake, round trip $p" turnpike "awake: $p" coturn "awake: $p"
done
note "Goals: at most 5 % of a CPU in silence (aim 1 %), the first packet at most 300 µs at p99 (aim 100 µs)." \
	"Each round: $LENGTH s of silence, then $COUNT Binding requests, each after $SILENCE to $((SILENCE + 10)) ms of silence."
report "turnpike and coturn in silence"
