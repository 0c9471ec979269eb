#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# workers_test.sh - 200 relays over two cores, both directions, nothing lost and nothing left: workers.py.
#
#   client (200 TURN clients) ── server (cores 0 and 1) ── peer (echo)
#
# The devices have one queue each, so half of the packets reach the wrong core first and are handed off.
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

# a device that keeps no sent buffers for itself, as AF_XDP does: all must come back
DEVICE=packet
[ "$(nproc)" -ge 2 ] || skip "one CPU"
CORES=0,1
lab_up client peer
TURN="min-lifetime = 1
default-lifetime = 60
max-lifetime = 60
permission-lifetime = 3
channel-lifetime = 3
port-quarantine = 1
unauthenticated-rate = 100000"
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/workers.py"
