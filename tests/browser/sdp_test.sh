#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# sdp_test.sh - Chromium offers, build/tests/browser/sdp_answer answers, Chromium accepts; nothing runs, nothing is sent.
#
#   client (Chromium, loopback only)
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

SDP_ANSWER=${SDP_ANSWER:-$(dirname "$TURNPIKE")/tests/browser/sdp_answer}
[ -x "$SDP_ANSWER" ] || die "$SDP_ANSWER is not built: make browser builds it"
export SDP_ANSWER
ns_make client
/usr/bin/python3 "$ROOT/tests/browser/sdp.py"
