#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# macswap.sh - turnpike's relaying against DPDK's bare macswap, on the same memif pair, with the same generator.
#
# What the ratio leaves is the work of a TURN server: classify, look up, rewrite, checksum, route. Both servers run
# on CPU 1 and never sleep. Rounds go A B, B A …, each with a fresh server.
#
#   sudo perf/compare/macswap.sh [--rounds N] [--trial S] [--part 200,64,1200,100k] [--name NAME] [--build DIR]
#        [--results DIR]
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

round()
{
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
report "turnpike relaying and testpmd macswap on one memif pair"
