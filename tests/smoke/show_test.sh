#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# show_test.sh - what the engine says of itself is true: show, trace, capture: show.py.
#
#   client ── server ── peer
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our command line"
lab_up client peer
lab_serve
/usr/bin/python3 "$ROOT/tests/smoke/show.py"
