#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# crosscheck.sh - does turnpike-bench measure what others measure? The no-drop rate of coturn as turnpike-bench finds
# it, and as coturn's own turnutils_uclient and the kernel's counters tell it, on the same veth pair.
#
#        namespace load                              namespace server
#        turnpike-bench on AF_XDP, or                coturn, CPU 1
#        several turnutils_uclient, CPU 0   ─ veth ─ interface counters, /proc/net/snmp
#        peer 198.18.77.3:3480: counted
#        and dropped at the device (nft)
#
# A turnutils_uclient has a fixed interval for a client and starts its clients one after the other: the load rises by
# itself to more than coturn can do, and the counters tell the rate at which the first packet was lost.
#
#   sudo perf/compare/crosscheck.sh [--rounds N] [--trial S] [--processes N] [--clients N] [--size BYTES]
#        [--messages N] [--name NAME] [--build DIR] [--results DIR]
#
# Each of --processes has --clients clients, of which each sends 1 000 packets/s, --messages in all.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
SIZE=200 PROCESSES=3 CLIENTS=100 MESSAGES=6000
OPTIONS+=([processes]=PROCESSES [clients]=CLIENTS [size]=SIZE [messages]=MESSAGES)
lab_begin "$@"

by_bench()
{
	fresh coturn "$1" bench turn relay --clients 100 --size "$SIZE" --search --trial "$TRIAL" || true
}

# What the peer gets is counted and dropped as early as can be: no socket's reader takes CPU time
sink()
{
	in_ns load nft add table netdev sink
	in_ns load nft add chain netdev sink in '{ type filter hook ingress device tpload priority 0; }'
	in_ns load nft add rule netdev sink in udp dport 3480 counter drop
}

uclient()
{
	(quiet timeout 120 taskset -c "$CPU_LOAD" nsenter --net="/proc/${NS[load]}/ns/net" -- turnutils_uclient \
		-u bench -w bench -e "$NET.3" -r 3480 -L "$NET.$((20 + $1))" -c -m "$CLIENTS" -n "$MESSAGES" -l "$SIZE" \
		-z 1 "$SERVER") >"$WORK/uclient.$1" 2>&1
}

by_uclient()
{
	local i file clients=()
	server_start coturn
	for i in 3 $(seq 21 $((20 + PROCESSES))); do
		in_ns load ip addr add "$NET.$i/16" dev tpload
	done
	sink
	file=$(mktemp "$WORK/ramp.XXXXXX")
	for i in $(seq "$PROCESSES"); do
		uclient "$i" &
		clients+=($!)
	done
	if perf/compare/ramp.py tpserver "${NS[server]}" 100 "$file"; then
		record coturn "$1" uclient "$file"
		record_value coturn "$1" counted peer packets higher "$(in_ns load nft -j list table netdev sink |
			jq '[.. | .counter? // empty | .packets] | add')"
	else
		record_doubt coturn "$1" uclient "no load came: $(tail -n 1 "$WORK/uclient.1")"
	fi
	server_stop
	in_ns load nft delete table netdev sink
	wait "${clients[@]}" 2>/dev/null || true
}

generate()
{
	"by_$1" "$2"
}

in_turns generate bench uclient

section "No-drop rate of coturn" turnpike-bench "turnutils_uclient"
row "loss ≤ 0.5 %" coturn "bench: rate_0.5%" coturn "uclient: rate_0.5%" "=="
row "loss ≤ 0.1 %" coturn "bench: rate_0.1%" coturn "uclient: rate_0.1%" "=="
row "no loss" coturn "bench: rate_no_loss" coturn "uclient: rate_no_loss" "=="
section "The turnutils_uclient runs, by counters" packets ""
row "highest rate offered, 1/4 s" coturn "uclient: peak"
row "highest rate served, 1/4 s" coturn "uclient: most sent on"
row "reached the server's interface" coturn "uclient: total arrived"
row "read by coturn (InDatagrams)" coturn "uclient: total taken"
row "found its socket full (RcvbufErrors)" coturn "uclient: total full"
row "sent on by coturn" coturn "uclient: total sent"
row "reached the peer (nft)" coturn "counted: peer"
note "turnutils_uclient: the highest rate in a quarter of a second before the first that lost more."
report "The no-drop rate of coturn, by turnpike-bench and by turnutils_uclient"
