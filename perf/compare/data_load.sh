#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data_load.sh - many data channels at once: turnpike alone, simulated browsers with signaling, ICE, DTLS and SCTP of
# their own. Messages of all sizes on reliable, unordered, unreliable and timed channels, each checked when it comes
# back; channels closed and opened anew now and then; and what all that takes of memory.
#
#   sudo perf/compare/data_load.sh [--seconds S] [--associations N] [--channels C] [--rate R] [--reopen R] [--rounds N]
#        [--part echo,pairs,idle] [--bed veth|memif] [--name NAME] [--build DIR] [--results DIR]
#
# R: messages a second of each association. Parts: each message returned to its sender (600 s); through rooms of two,
# and with next to no messages (a tenth of that each). A fresh server for each. Writes RESULTS/NAME.json, .md and
# .html.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
. perf/compare/media.sh
BED=memif IDLE=adaptive MEMORY=1024 NAME=data-load ROUNDS=1
SECONDS_EACH=600 ASSOCIATIONS=1000 CHANNELS=4 RATE=2 REOPEN=10
OPTIONS+=([seconds]=SECONDS_EACH [associations]=ASSOCIATIONS [channels]=CHANNELS [rate]=RATE [reopen]=REOPEN [bed]=BED)
lab_begin "$@"
LIMIT=$((SECONDS_EACH + 600))
media_conf max-sessions="$((ASSOCIATIONS + 24))" max-tracks=16 max-routes=16 max-caches=1
media_link

control_pid()
{
	local p
	for p in $(tree "$SERVER_PID"); do
		[ "$(cat "/proc/$p/comm")" != turnpike-contro ] || echo "$p"
	done
}

# channels SECONDS OPTION…
channels()
{
	until_true 10 media_ready || true
	bench data --http "$HTTP" --associations "$ASSOCIATIONS" --channels "$CHANNELS" --seconds "$1" \
		--server-pid "$(control_pid)" "${@:2}"
}

step()
{
	local some=$(((SECONDS_EACH + 9) / 10))
	case $1 in
	echo) fresh turnpike "$2" echo channels "$SECONDS_EACH" --rate "$RATE" --reopen "$REOPEN" || true ;;
	pairs) fresh turnpike "$2" pairs channels "$some" --rate "$RATE" --pairs || true ;;
	idle) fresh turnpike "$2" idle channels "$some" --rate 1 --largest 100 --reopen 0 || true ;;
	esac
	[ ! -s "$WORK/bench.log" ] || cat "$WORK/bench.log" >&2
}

parts=()
for p in echo pairs idle; do
	! wanted $p || parts+=("$p")
done
in_turns step "${parts[@]}"

for p in "${parts[@]}"; do
	section "$p: $ASSOCIATIONS associations of $CHANNELS channels" "figure" ""
	for m in setups setup_p50 setup_p99 messages payload p50 p99 p99.9 associations_lost memory_idle memory_peak \
		control_cpu; do
		row "$m" turnpike "$p: $m"
	done
done
note "Delay is from when a message was due until it came back, or to the other of two; it holds the generator's own." \
	"The generator runs SCTP and DTLS of all associations and has about as much to do as the server. memory_idle and" \
	"memory_peak: what the control process takes beyond what it took before the first association, of its own" \
	"memory, for each association."
report "turnpike with $ASSOCIATIONS associations of data channels"
