#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# call_test.sh - two peer connections in one Chromium page, both forced through the relay.
#
#   client (Chromium: a, b) ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

lab_up client
lab_serve
/usr/bin/python3 "$ROOT/tests/browser/call.py" client 1 client 1
