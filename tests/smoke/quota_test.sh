#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# quota_test.sh - one greedy user and a used-up port range hurt nobody else, and leave nothing (attack T3): quota.py.
#
#   client (many TURN clients) ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

lab_up client
TURN="user = alice:wonderland
user = bob:builder
user-quota = 20
port-quarantine = 0
min-lifetime = 1
unauthenticated-rate = 100000
relay = $RELAY4 50000-50031"
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/quota.py"
