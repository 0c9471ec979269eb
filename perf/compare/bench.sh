#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench.sh - minutes, not more: turnpike-bench against turnpike on memif, and the micro benchmarks.
#
#   sudo perf/compare/bench.sh [--build DIR] [--rounds N] [--trial S] [--rate R]
#
# Writes relay.json, relay.html and micro.json to BUILD/bench. One run on a busy machine is no measurement:
# perf/README.md says what is.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
BED=memif IDLE=poll ROUNDS=3 TRIAL=0.2 RATE=200000
OPTIONS+=([rate]=RATE)
lab_begin "$@"
OUT=$BUILD/bench
mkdir -p "$OUT"

echo "turnpike-bench relay: memif, 1 000 allocations in random order, 200 bytes"
server_start turnpike
turn relay --clients 1000 --order random --rate "$RATE" --seconds 2 --search --curve --start 1000000 --width 0.05 \
	--trial "$TRIAL" --runs "$ROUNDS" --name "turnpike on memif" --json "$OUT/relay.json" --html "$OUT/relay.html"
server_stop

echo "Micro benchmarks: perf/micro/README.md says how to read them"
(quiet "$BUILD/micro" --benchmark_min_time=0.02 --benchmark_out="$OUT/micro.json" \
	--benchmark_out_format=json) 2>/dev/null
echo
echo "Report with charts: $OUT/relay.html"
echo "Data: $OUT/relay.json, $OUT/micro.json"
