#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# call_test.sh - calls through the gateway: a SIP proxy's commands, phones with plain RTP and with SDES, aiortc as the
# browser: call.py.
#
#   server: proxy ── 127.0.0.1:22222; phones, aiortc 198.18.0.1, .7, .8 ── tap:turnpike0 ── 198.18.0.2:30000-30999
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

/usr/bin/python3 -c 'import aiortc, pylibsrtp' 2>/dev/null || skip "no aiortc"
eval "of_control() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_control
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999 outside" "rtp=fd18::2 30000-30999" timeout=3
}

# shellcheck disable=SC2034 # lab.sh reads it
PORT[demo]=$'address=198.18.0.2/24\naddress=fd18::2/64'
for address in 198.18.0.7/24 198.18.0.8/24 fd18::1/64; do
	in_ns server ip addr add "$address" dev turnpike0
done
control_serve
in_ns server timeout 120 /usr/bin/python3 -P "$ROOT/tests/smoke/call.py"
check "the control process is that of the start" kill -0 "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
