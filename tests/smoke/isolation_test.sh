#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# isolation_test.sh - nobody reaches an allocation but its client and its permitted peers (attack T6): isolation.py.
#
#   client   ──┐
#   peer     ──┼── server
#   attacker ──┘
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

lab_up client peer attacker
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/isolation.py"
