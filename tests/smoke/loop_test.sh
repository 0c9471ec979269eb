#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# loop_test.sh - relays that relay to relays neither multiply nor circle (attack T5): loop.py.
#
#   client (two TURN clients) ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

lab_up client
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/loop.py"
