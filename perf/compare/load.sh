#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# load.sh - no cliff: turnpike alone, on memif, over the number of allocations and over the offered load, under
# junk and under churn; the overload also on veth, where drops happen (a memif holds its sender back instead).
#
#   sudo perf/compare/load.sh [--rounds N] [--trial S] [--part allocations,curve,junk,churn] [--name NAME]
#        [--counts "1 10 …"] [--rate R] [--idle adaptive|poll] [--build DIR] [--results DIR]
#
# --rate is the rate at which p99 is measured over the allocations. A fresh server for every measurement; odd
# rounds go through the list, even ones back through it. Writes RESULTS/NAME.json, .md and .html.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
BED=memif IDLE=poll MEMORY=1024
COUNTS="1 10 100 1000 10000 100000" RATE=200000 CHURN=1000
OPTIONS+=([counts]=COUNTS [rate]=RATE [idle]=IDLE)
DEVICE_LINES=("address = 198.18.77.3/16")
TURN_LINES=("relay = 198.18.77.3 1024-65535" "max-allocations = 150000" "max-permissions = 150000"
	"max-channels = 150000")
lab_begin "$@"
STREAM=(--clients 1000 --order random --trial "$TRIAL")
SEARCH=(--search --start 1000000)

# the measurements, in order: allocations-N, curve-memif, curve-veth, junk and churn beside what is alone
steps=()
! wanted allocations || for n in $COUNTS; do steps+=("allocations-$n"); done
! wanted curve || steps+=(curve-memif curve-veth)
! { wanted junk || wanted churn; } || steps+=(beside)

allocations()
{
	fresh turnpike "$2" "$1" turn relay --clients "$1" --order random --rate "$RATE" --seconds 2 \
		--trial "$TRIAL" "${SEARCH[@]}" || true
}

account()
{
	"$BUILD/turnpike" show drops --json --runtime-dir "$WORK/run"
	"$BUILD/turnpike" show ports --json --runtime-dir "$WORK/run"
}

# The curve against a fresh server, so that what it counts belongs to the curve. The rate that the search found is
# the highest at which nothing was lost; should the generator not hold it now, a little less.
curve()
{
	local bed=$1 BED=$1 rate share file
	fresh turnpike "$2" "search $bed" turn relay "${STREAM[@]}" --search --start 200000 || return 0
	rate=$(found rate_no_loss)
	server_start turnpike
	account >"$WORK/before"
	for share in 100 90 75; do
		file=$(mktemp "$WORK/curve.XXXXXX")
		if turn relay "${STREAM[@]}" --rate $((rate * share / 100)) --seconds "$TRIAL" --curve --json "$file" \
			>/dev/null 2>"$WORK/bench.log"; then
			account >"$WORK/after"
			perf/compare/curve.py "$file" "$WORK/before" "$WORK/after" "$file.all"
			record_value turnpike "$2" "base $bed" rate packets/s higher $((rate * share / 100))
			record turnpike "$2" "curve $bed" "$file.all"
			break
		fi
		[ "$share" != 75 ] || record_doubt turnpike "$2" "curve $bed" "$(tail -n 1 "$WORK/bench.log")"
		account >"$WORK/before"
	done
	server_stop
}

# worker ROUND VARIANT RATE OPTION…: cycles in which the worker was busy, for each packet that it received. Where
# the generator gives way first, this tells what the server could still have done.
worker()
{
	server_start turnpike
	! measure turnpike "$1" "$2 run" turn relay "${STREAM[@]}" --rate "$3" --seconds 2 "${@:4}" ||
		record_value turnpike "$1" "$2" cycles "cycles a packet" lower \
			"$("$BUILD/turnpike" show cores --json --runtime-dir "$WORK/run" |
				jq '.cores[0] | .busy_cycles / .received')"
	server_stop
}

# Legitimate packets and as many hostile ones. What 80 % of the rate alone tells of the cost of a hostile packet
# gives the rate at which both are equal; that is measured.
junk()
{
	local alone=$1 beside rate
	rate=$((alone * 8 / 10))
	fresh turnpike "$2" "junk 80 %" turn relay "${STREAM[@]}" --search --start "$rate" --junk "$rate" || return 0
	beside=$(found rate_no_loss)
	# alone = x + cost * x, where cost = (alone - beside) / rate
	[ "$beside" -le "$alone" ] || beside=$alone
	rate=$(jq -n "$alone / (1 + ($alone - $beside) / $rate) | floor")
	fresh turnpike "$2" "junk equal" turn relay "${STREAM[@]}" --search --start "$rate" --junk "$rate" || return 0
	record_value turnpike "$2" "junk and load" rate packets/s higher $((rate + $(found rate_no_loss)))
	record_value turnpike "$2" "junk" rate packets/s higher "$rate"
	# as many packets in all, so that bursts are as long
	rate=$((alone * 3 / 10))
	worker "$2" "worker alone" $((rate * 2))
	worker "$2" "worker beside junk" "$rate" --junk "$rate"
}

beside()
{
	local alone
	fresh turnpike "$1" alone turn relay "${STREAM[@]}" "${SEARCH[@]}" || return 0
	alone=$(found rate_no_loss)
	! wanted junk || junk "$alone" "$1"
	! wanted churn ||
		fresh turnpike "$1" churn turn relay "${STREAM[@]}" --search --start "$alone" --churn $CHURN || true
}

step()
{
	case $1 in
	allocations-*) allocations "${1#*-}" "$2" ;;
	curve-*) curve "${1#*-}" "$2" ;;
	beside) beside "$2" ;;
	esac
}

in_turns step "${steps[@]}"

report_allocations()
{
	local n
	section "Rate over the number of allocations (memif, 200 B, random order)" "this many" "1 000"
	for n in $COUNTS; do
		row "$n allocations, no loss" turnpike "$n: rate_no_loss" turnpike "1000: rate_no_loss"
		row "$n allocations, loss ≤ 0.1 %" turnpike "$n: rate_0.1%" turnpike "1000: rate_0.1%"
	done
	section "p99 at $RATE packets/s over the number of allocations" "this many" "1 000"
	for n in $COUNTS; do
		row "$n allocations, p99" turnpike "$n: p99" turnpike "1000: p99"
	done
}

# report_curve BED
report_curve()
{
	local share
	section "Throughput past saturation ($1, 1 000 allocations)" "least from 100 % on" "peak"
	row "delivered" turnpike "curve $1: past" turnpike "curve $1: peak" ">=0.8"
	row "lost packets that a counter names" turnpike "curve $1: counted" turnpike "curve $1: lost"
	row "100 % of this curve, against the no-drop rate" turnpike "base $1: rate" turnpike "search $1: rate_no_loss"
	section "Offered load ($1; 100 % is the no-drop rate)" "delivered" "sent"
	for share in 10 25 50 75 90 100 110 125 150 200; do
		row "$share %" turnpike "curve $1: $share % delivered" turnpike "curve $1: $share % sent"
	done
	section "p99 over offered load ($1)" "p99" "p99 at 50 %"
	for share in 10 25 50 75 90 100 110 125 150 200; do
		row "$share %" turnpike "curve $1: $share % p99" turnpike "curve $1: 50 % p99"
	done
	section "Where the lost packets went ($1)" packets "lost in all"
	jq -r --arg v "curve $1" 'select(.variant == $v) | .file' "$INDEX" | xargs -r jq -r '.drops | keys[]' | sort -u |
		while IFS= read -r reason; do
			row "$reason" turnpike "curve $1: $reason" turnpike "curve $1: lost"
		done
	row "the generator's own receive ring" turnpike "curve $1: generator lost" turnpike "curve $1: lost"
}

! wanted allocations || report_allocations
! wanted curve || { report_curve memif && report_curve veth; }
if wanted junk || wanted churn; then
	section "Legitimate packets without loss beside other work (memif, 1 000 allocations)" beside alone
fi
if wanted junk; then
	row "as much junk as load, load" turnpike "junk equal: rate_no_loss" turnpike "alone: rate_no_loss" ">=0.8"
	row "… of which junk" turnpike "junk: rate" turnpike "alone: rate_no_loss"
	row "… junk and load together" turnpike "junk and load: rate" turnpike "alone: rate_no_loss"
	row "junk at 80 % of the rate alone, load" turnpike "junk 80 %: rate_no_loss" turnpike "alone: rate_no_loss"
	row "as much junk as load, load, loss ≤ 0.1 %" turnpike "junk equal: rate_0.1%" turnpike "alone: rate_0.1%"
	section "The worker's time for a packet: load alone, and half of it junk, as many packets in all" "load alone" \
		"load and junk"
	row "cycles a packet" turnpike "worker alone: cycles" turnpike "worker beside junk: cycles"
	note "Two readings of an equal rate of junk: the load's own rate against its rate alone (the first row, on which" \
		"the goal stands), and load and junk together against the load alone (the third). Where the generator gave way" \
		"the server was not at its limit and the ratio is no answer. The worker's cycles tell what junk costs it at that" \
		"rate, with its bursts; near saturation bursts are longer and all packets cheaper."
fi
if wanted churn; then
	row "$CHURN allocations/s, load" turnpike "churn: rate_no_loss" turnpike "alone: rate_no_loss" ">=0.92" ">=0.96"
	row "$CHURN allocations/s, load, loss ≤ 0.1 %" turnpike "churn: rate_0.1%" turnpike "alone: rate_0.1%"
fi
report "turnpike over allocations, offered load, junk and churn"
