#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# srtp.sh - what encryption costs, in cycles: ours against libsrtp2 and against the bare primitive of libipsec-mb, and
# forwarding to ten and a hundred receivers, each with keys of its own, against that primitive.
#
#   perf/compare/srtp.sh [--rounds N] [--time S] [--name NAME] [--build DIR] [--results DIR]
#
# Everything with all instructions that this CPU has, and once more as on one with AVX2 and AES-NI alone, whose
# primitive takes twice as long and more (perf/micro/isa.c). No privileges needed; --time: of each figure, in seconds.
# Writes RESULTS/NAME.md and NAME.json.
set -euo pipefail
cd "$(dirname "$0")/../.."
. perf/compare/lib.sh
TIME=0.15
OPTIONS+=([time]=TIME)
lab_options "$@"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

for isa in all avx2; do
	echo "$(date +%T) libipsec-mb with instructions: $isa …" >&2
	[ "$isa" = all ] || export MICRO_ISA=$isa
	"$BUILD/micro" --benchmark_filter='^(srtp/(cm_sha1_80|gcm_128)_(ours|bare_burst|bare_jobs|libsrtp2)/streams:64|fanout/)' \
		--benchmark_enable_random_interleaving=true --benchmark_repetitions="$ROUNDS" --benchmark_min_time="$TIME" \
		--benchmark_out="$WORK/$isa.json" --benchmark_out_format=json >/dev/null 2>"$WORK/log" || die "$(cat "$WORK/log")"
done
mkdir -p "$RESULTS"
python3 perf/compare/srtp.py "perf/compare/$ME.sh$GIVEN" "$WORK/all.json" "$WORK/avx2.json" "$RESULTS/$NAME"
