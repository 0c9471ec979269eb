#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# feedback_test.sh - lost packets and key frames of transcoded pictures: feedback.py.
#
#   server: proxy ── 127.0.0.1:22222; a camera, a screen 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:30000-30999
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

/usr/bin/python3 -c 'import aiortc' 2>/dev/null || skip "no aiortc"
eval "of_control() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_control
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999"
}

control_serve
in_ns server timeout 120 /usr/bin/python3 -P "$ROOT/tests/smoke/feedback.py"
check "the control process is that of the start" kill -0 "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
