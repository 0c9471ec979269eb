#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# aioice_test.sh - a second client, that shares no code with coturn's, over at least three refreshes.
#
#   client (python3-aioice) ── server ── peer (turnutils_peer)
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

# lifetimes in seconds, so that refreshes come within the test
TURN="default-lifetime = 9
min-lifetime = 9
max-lifetime = 9"
lab_up client peer
lab_serve
echo_peer

runs=()
for family in 4 6; do
	in_ns client /usr/bin/python3 "$ROOT/tests/interop/aioice_client.py" "$family" &
	runs+=("$!")
done
for run in "${runs[@]}"; do
	wait "$run" || FAILED=1
done
