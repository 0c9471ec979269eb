#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# call_storm_test.sh - hundreds of calls of every kind set up and torn down again and again, and what is left of them:
# call_storm.py.
#
#   server: proxy ── 127.0.0.1:22222; phones, browsers 198.18.0.1 ── tap:turnpike0 ── 198.18.0.2:30000-33999
#
#   CALLS=500 ROUNDS=20 tests/smoke/call_storm_test.sh     ten minutes; 3 rounds without
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

/usr/bin/python3 -c 'import aiortc, pylibsrtp' 2>/dev/null || skip "no aiortc"
export CALLS=${CALLS:-500} ROUNDS=${ROUNDS:-3} TIMEOUT=10
eval "of_control() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_control | sed "s/^max-sessions *=.*/max-sessions = $((CALLS * 2 + 100))/"
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-33999" "timeout=$TIMEOUT"
}

control_serve
DATAPLANE_PID=$(child turnpike-dataplane)
export DATAPLANE_PID CONTROL_PID
in_ns server timeout $((60 + ROUNDS * 90)) /usr/bin/python3 -P "$ROOT/tests/smoke/call_storm.py"
check "both processes are those of the start" kill -0 "$DATAPLANE_PID" "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
