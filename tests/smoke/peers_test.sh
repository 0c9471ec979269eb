#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# peers_test.sh - the relay reaches no address that it should not, however spelled (attacks T1, T2): peers.py.
#
#   client ── server ── peer      (the server's way to everything else: what should not leave would be seen here)
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "the deny list is ours"
lab_up client peer
PORT[peer]="gateway = ${HOST4[peer]}
gateway = ${HOST6[peer]}"
# 203.0.113.77 is denied by name, its neighbour is special-purpose and denied by default; 198.51.100.7 is allowed
TURN="allow-peer = ${HOST4[peer]}
allow-peer = ${HOST6[peer]}
allow-peer = 198.51.100.7
allow-peer = 2001:db8:51::7
deny-peer = 8.8.8.8
deny-peer = 2620:fe::fe"
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/peers.py"
