#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# hostile_test.sh - broken and mutated messages from the wire (attack T8): hostile.py. The server answers or drops,
# serves on, and accounts for every packet.
#
#   client   ──┐
#              ├── server
#   attacker ──┘
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

lab_up client attacker
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/hostile.py"
