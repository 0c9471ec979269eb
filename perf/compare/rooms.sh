#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# rooms.sh - what the media server forwards: turnpike alone, on memif, one room of simulated browsers with signaling,
# ICE, DTLS and SRTP of their own: 1 publisher to 10 subscribers, 1 to 100, 10 to 10; every packet is decrypted and
# checked at every subscriber.
#
#   sudo perf/compare/rooms.sh [--rounds N] [--trial S] [--part rate,worker] [--name NAME] [--shapes "1-10 …"]
#        [--size B] [--idle adaptive|poll] [--build DIR] [--results DIR]
#
# A shape is PUBLISHERS-SUBSCRIBERS. A fresh server for every measurement; odd rounds go through the list, even ones
# back through it. Writes RESULTS/NAME.json, .md and .html.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
. perf/compare/media.sh
BED=memif IDLE=poll MEMORY=1024 TRIAL=0.25 SIZE=1100 SHAPES="1-10 1-100 10-10"
OPTIONS+=([idle]=IDLE [size]=SIZE [shapes]=SHAPES)
LEISURE=25000     # delivered packets/s at which latency is measured
WORK_RATE=300000 # and at which cycles are
SEARCH_FROM=500000
media_conf max-sessions=1024 max-tracks=1024 max-routes=8192
lab_begin "$@"
media_link

# rooms SHAPE OPTION…
rooms()
{
	until_true 10 media_ready || true
	bench rooms --http "$HTTP" --publishers "${1%-*}" --subscribers "${1#*-}" --size "$SIZE" "${@:2}"
}

# each SHAPE DELIVERED: packets/s of a publisher, so that so many are delivered in all
each()
{
	local n=$((${1%-*} * ${1#*-}))
	echo $((($2 + n - 1) / n))
}

rate()
{
	fresh turnpike "$2" "$3" rooms "$1" --rate "$(each "$1" $LEISURE)" --seconds 2 --search --trial "$TRIAL" \
		--start "$(($(each "$1" $SEARCH_FROM) * ${1%-*}))" --width 0.06 || true
}

# Cycles in which the worker was busy, for each packet that it sent, DTLS and all
worker()
{
	server_start turnpike
	! measure turnpike "$2" "$3 worker" rooms "$1" --rate "$(each "$1" $WORK_RATE)" --seconds 2 "${@:4}" ||
		record_value turnpike "$2" "$3" cycles "cycles a packet" lower \
			"$("$BUILD/turnpike" show cores --json --runtime-dir "$WORK/run" |
				jq '.cores[0] | .busy_cycles / .sent')"
	server_stop
}

# step SHAPE|SHAPE/PROFILE ROUND; of another profile only what it costs the worker
step()
{
	local options=()
	[[ $1 != */* ]] || options=(--profile "${1#*/}")
	! wanted rate || [[ $1 = */* ]] || rate "$1" "$2" "$1"
	! wanted worker || worker "${1%/*}" "$2" "$1" "${options[@]}"
}

read -ra shapes <<<"$SHAPES"
last=${shapes[-1]}
in_turns step "${shapes[@]}" "$last/cm"

if wanted rate; then
	section "Packets delivered a second (memif, one core, VP8 of $SIZE bytes, AEAD_AES_128_GCM)" "delivered" ""
	for s in "${shapes[@]}"; do
		for limit in "no_loss no loss" "0.1% loss ≤ 0.1 %" "0.5% loss ≤ 0.5 %"; do
			row "$s, ${limit#* }" turnpike "$s: delivered_${limit%% *}"
		done
	done
	section "Delay at $LEISURE delivered packets/s, from the time that a packet was due" "delay" ""
	for s in "${shapes[@]}"; do
		for quantile in p50 p99 p99.9; do
			row "$s, $quantile" turnpike "$s: $quantile"
		done
	done
	section "Setting up browsers: offer, answer, ICE, DTLS; one offer at a time" "set up" ""
	for s in "${shapes[@]}"; do
		row "$s, all together" turnpike "$s: setups"
		row "$s, p50 of one" turnpike "$s: setup_p50"
	done
fi
if wanted worker; then
	section "The worker's time for a delivered packet, at $WORK_RATE packets/s" "cycles" ""
	for s in "${shapes[@]}"; do
		row "$s" turnpike "$s: cycles"
	done
	section "AES128_CM_SHA1_80 against AEAD_AES_128_GCM ($last)" "CM, SHA-1" "GCM"
	row "cycles a packet" turnpike "$last/cm: cycles" turnpike "$last: cycles"
fi
note "The generator decrypts and checks every packet on its own CPU, so it has about as much to do as the server; where" \
	"it gave way first the rate is a lower bound. A packet's copies leave the server one after the other: in a room of" \
	"100 subscribers the median delay is that of the 50th copy."
report "turnpike forwarding SRTP in rooms"
