#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# quality.sh - what transcoding does to recorded speech: perf/results/transcode.md from the tables that the tests print.
#
#   perf/compare/quality.sh [--build build]
#
# No clock and no network: the tests run in virtual time, and print the same on every machine of a kind.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=build
[ "${1:-}" != --build ] || out=$2
result=perf/results/transcode.md
new=$(mktemp)
trap 'rm -f "$new"' EXIT

# the tables of a test, each under a blank line; a failure ends the script
tables()
{
	local log
	log=$("$out/tests/unit/transcode/$1" 2>&1) || { echo "$log" >&2; return 1; }
	awk '/^\|/ { if (!inside) print ""; print; inside = 1; next } { inside = 0 }' <<<"$log"
}

{
	cat <<-'END'
		# Speech through transcoding pipes

		`make quality`. Recorded speech (32 s: a woman saying eight phrases, and once more a third lower; alsa-utils' recordings) in
		packets of 20 ms through `control/transcode`, in virtual time. The bounds are those that the tests hold.

		Correlation and distances are those of the loud frames, at 8 kHz, or 16 kHz between wide codecs. Segmental SNR: mean over
		20 ms, each between -10 and 35 dB. Spectral distance: log-spectral, mean over 32 ms (in gaps: over 16 ms of their middle).
		Opus keeps the sound of a voice, not its waveform: that is why its correlation and SNR are what they are, with and without us.

		## All pairs, against the codecs used directly

		"codecs": the two codecs at their full rates with speexdsp's best resampler between, no RTP, no jitter buffer. The column of
		samples compares with the arithmetic that a pipe means to do (opus at the other side's rate, the short resampler).
	END
	tables pipe_matrix_test
	cat <<-'END'

		## Loss and jitter

		Against what comes out of the same pipe without loss. "silent gaps": the same packets lost, nothing put in their place, no
		jitter. "In gaps": the 20 ms of each lost packet that were loud. Opus with FEC is a sender with in-band FEC.
	END
	tables pipe_loss_test
	cat <<-'END'

		## Ten minutes of clock drift

		120 ms come too many or too few in ten minutes. Delay: from the earliest that a sample could be here to its sound, from the
		tenth second on.
	END
	tables pipe_drift_test
} >"$new"
cat "$new" >"$result"
echo "$result"
