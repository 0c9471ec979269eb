#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# coturn.sh - turnpike and coturn under the same load, in turns, on the same veth pair; beside them testpmd's
# macswap on AF_XDP, which shows how much of the path is the kernel's.
#
# For every server and round, each time freshly started: the highest rate, latency at a fixed rate, allocations/s,
# memory. Rounds go A B C, C B A, A B C …
#
#   sudo perf/compare/coturn.sh [--rounds N] [--trial S] [--part rate,latency,storm,memory] [--name NAME]
#        [--servers "turnpike coturn testpmd"] [--mode generic|native] [--server-mode generic|native]
#        [--bursts "1 32"] [--size BYTES] [--clients N] [--rate R] [--seconds S] [--idle adaptive|poll]
#        [--build DIR] [--results DIR]
#
# --mode is that of the generator's AF_XDP port, the same for all; --server-mode turnpike's, the same when not given.
# Writes RESULTS/NAME.json, .md and .html (perf/README.md says how to read them).
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh

SERVERS="turnpike coturn testpmd" BURSTS="1 32"
SIZE=200 CLIENTS=100 RATE=20000 LENGTH=4 IDLE=adaptive
STORM=5000 STORMS=3 HOLD=5000 LATENCY_RUNS=3
OPTIONS+=([servers]=SERVERS [mode]=MODE [server-mode]=SERVER_MODE [bursts]=BURSTS [size]=SIZE [clients]=CLIENTS
	[rate]=RATE [seconds]=LENGTH [idle]=IDLE)
lab_begin "$@"

# load SIDE ROUND VARIANT OPTION…: the same stream through each of them. False when there is no result.
load()
{
	local how=(--clients "$CLIENTS" --size "$SIZE" "${@:4}")
	if [ "$1" = testpmd ]; then
		fresh "$1" "$2" "$3" forward "${how[@]}"
	else
		fresh "$1" "$2" "$3" turn relay "${how[@]}"
	fi
}

rates()
{
	local burst
	for burst in $BURSTS; do
		load "$1" "$2" "burst $burst" --search --trial "$TRIAL" --start 100000 --burst "$burst" || true
	done
}

# Several runs; merge.py takes the one in which server and generator were interrupted least
latency()
{
	local i
	for i in $(seq "$LATENCY_RUNS"); do
		load "$1" "$2" fixed --rate "$RATE" --seconds "$LENGTH" || true
	done
}

storms()
{
	fresh "$1" "$2" storm turn allocate --clients "$STORM" --runs "$STORMS" || true
}

# What 5 000 allocations, with permission and channel, add to the resident memory
growth()
{
	local before after input output
	server_start "$1"
	before=$(resident)
	coproc HOLDER { turn hold --clients "$HOLD" --json - 2>"$WORK/bench.log"; }
	output=${HOLDER[0]} input=${HOLDER[1]}
	if IFS= read -r -t 120 <&"$output"; then
		after=$(resident)
		record_value "$1" "$2" memory growth B lower $(((after - before) * 1024 / HOLD))
		record_value "$1" "$2" memory-idle resident MiB lower $((before / 1024))
	else
		record_doubt "$1" "$2" memory "cannot hold $HOLD allocations"
	fi
	exec {input}>&-
	wait "$HOLDER_PID" 2>/dev/null || true
	server_stop
}

# Our tables have their size from the start, so an allocation costs what a larger table takes more: two starts,
# each with room for one permission and one channel an allocation
tables()
{
	local n small=0 large=0 few=10000 many=110000
	for n in $few $many; do
		TURN_LINES=("max-allocations = $n" "max-permissions = $n" "max-channels = $n")
		server_start "$1"
		small=$large
		large=$(resident)
		server_stop
	done
	TURN_LINES=()
	record_value "$1" "$2" tables each B lower $(((large - small) * 1024 / (many - few)))
}

round()
{
	! wanted rate || rates "$1" "$2"
	! wanted latency || latency "$1" "$2"
	[ "$1" != testpmd ] || return 0
	! wanted storm || storms "$1" "$2"
	wanted memory || return 0
	growth "$1" "$2"
	[ "$1" != turnpike ] || tables "$1" "$2"
}

# With ordinary pages its packet buffers lie across pages, and the driver loses those
if [[ " $SERVERS " = *" testpmd "* ]] && [ "$(hugepages_mib)" -lt 200 ]; then
	SERVERS=${SERVERS//testpmd/}
	note "testpmd is left out: it needs 200 MiB of free hugepages."
fi
read -ra sides <<<"$SERVERS"
in_turns round "${sides[@]}"

# against SIDE RATE-MUST RATE-AIM
against()
{
	local burst goal=("${@:2}")
	[[ " $SERVERS " = *" $1 "* ]] || return 0
	section "turnpike against $1" turnpike "$1"
	for burst in $BURSTS; do
		wanted rate || break
		row "no loss, burst $burst" turnpike "burst $burst: rate_no_loss" "$1" "burst $burst: rate_no_loss" "${goal[@]}"
		row "loss ≤ 0.1 %, burst $burst" turnpike "burst $burst: rate_0.1%" "$1" "burst $burst: rate_0.1%" "${goal[@]}"
		row "loss ≤ 0.5 %, burst $burst" turnpike "burst $burst: rate_0.5%" "$1" "burst $burst: rate_0.5%" "${goal[@]}"
	done
	wanted latency || return 0
	row "latency p50, $RATE packets/s" turnpike "fixed: p50" "$1" "fixed: p50"
	row "latency p99, $RATE packets/s" turnpike "fixed: p99" "$1" "fixed: p99" ${goal[0]:+"<=0.3" "<=0.1"}
	row "latency p99.9, $RATE packets/s" turnpike "fixed: p99.9" "$1" "fixed: p99.9"
}

against coturn ">=4" ">=6"
if [[ " $SERVERS " = *" coturn "* ]]; then
	! wanted storm || row "authenticated allocations" turnpike "storm: allocations" coturn "storm: allocations" ">=10" ">=100"
	! wanted memory || {
		row "memory of an allocation" turnpike "tables: each" coturn "memory: growth"
		row "memory before the first" turnpike "memory-idle: resident" coturn "memory-idle: resident"
	}
fi
against testpmd
! wanted memory || note "Memory of an allocation with a permission and a channel: must ≤ 2 048 B, aim ≤ 512 B. turnpike: what larger tables" \
	"take more, because its tables are reserved at start; coturn: what its processes grow by, without kernel sockets."
[[ " $SERVERS " != *" testpmd "* ]] ||
	note "testpmd's driver attaches its XDP program in native mode; the generator's port is $MODE, turnpike's ${SERVER_MODE:-$MODE}."
report "turnpike and coturn on one veth pair, AF_XDP against sockets"
