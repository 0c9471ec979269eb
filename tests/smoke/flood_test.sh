#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# flood_test.sh - a million spoofed Allocates cost no memory and shut nobody out (attack S2), and what an
# unauthenticated source gets is no more than it sent (attack S4): flood.py.
#
#   client   ──┐
#              ├── server      (the attacker's link is the way back to every spoofed source)
#   attacker ──┘
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "turnserver 4.6.1 promises neither (18 kB a source, 2.7 times the bytes)"
lab_up client attacker
PORT[attacker]="gateway = ${HOST4[attacker]}
gateway = ${HOST6[attacker]}"
lab_serve
SERVER_TREE=$SERVER_PID /usr/bin/python3 "$ROOT/tests/smoke/flood.py"
