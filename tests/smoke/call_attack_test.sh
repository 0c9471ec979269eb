#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# call_attack_test.sh - attacks on calls of the gateway while a neighbour's call goes on: media of a third party
# (security.md M1, M2, M5), and bombs for the ng protocol (P2): call_attack.py.
#
#   server: proxy ── 127.0.0.1:22222; phones 198.18.0.1, .7, thief .8 ── tap:turnpike0 ── 198.18.0.2:30000-30999
#
# FLOOD: packets of each flood.
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

/usr/bin/python3 -c 'import pylibsrtp' 2>/dev/null || skip "no pylibsrtp"
eval "of_control() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_control
	section gateway '' ng=127.0.0.1:22222 "rtp=198.18.0.2 30000-30999" timeout=60
}

for address in 198.18.0.7/24 198.18.0.8/24; do
	in_ns server ip addr add "$address" dev turnpike0
done
control_serve
DATAPLANE_PID=$(child turnpike-dataplane)
export DATAPLANE_PID CONTROL_PID LOG=$LAB/server.log
# as on a machine where a core of the dataplane has its CPU for itself
for thread in "/proc/$DATAPLANE_PID/task/"*; do
	chrt -r -p 1 "${thread##*/}" || echo "it has not"
done
in_ns server timeout 170 /usr/bin/python3 -P "$ROOT/tests/smoke/call_attack.py"
check "both processes are those of the start" kill -0 "$DATAPLANE_PID" "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
