#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# call_measure_test.sh - what is measured of calls, in the API, the metrics and `turnpike show calls`: call_measure.py.
#
#   server: proxy ── 127.0.0.1:22222; phones 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:30000-30999
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

eval "of_control() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_control
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999"
}

control_serve
in_ns server timeout 100 /usr/bin/python3 -P "$ROOT/tests/smoke/call_measure.py"
check "the control process is that of the start" kill -0 "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
