#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# media_attack_test.sh - attacks on the media port and on set-ups while aiortc clients connect: media_attack.py
# (security.md S1, S3, S8).
#
#   client   ──┬── server: media on 10.77.1.1:3480; HTTP on the kernel's 10.99.1.1, 10.99.2.1 :8080
#   attacker ──┘
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our media port"
/usr/bin/python3 -c 'import aiortc, OpenSSL' 2>/dev/null || skip "no aiortc"

eval "of_turn() $(declare -f turnpike_conf | tail -n +2)"
turnpike_conf()
{
	of_turn
	section media '' "listen=${SERVER4[client]}:3480" max-sessions=32 max-tracks=128 max-routes=128 max-caches=16
	section control '' http=0.0.0.0:8080 user=nobody
}

# shellcheck disable=SC2034 # lab.sh reads it
DATAPLANE=memory=384
lab_up client attacker
n=0
for name in client attacker; do
	n=$((n + 1))
	veth "$name" web server "web$n"
	in_ns "$name" ip addr add "10.99.$n.2/24" dev web
	in_ns server ip addr add "10.99.$n.1/24" dev "web$n"
done
lab_serve
DATAPLANE_PID=$(pgrep -P "$SERVER_PID" -f turnpike-dataplane) CONTROL_PID=$(pgrep -P "$SERVER_PID" -f turnpike-control)
export DATAPLANE_PID CONTROL_PID
in_ns client timeout 240 /usr/bin/python3 -P "$ROOT/tests/smoke/media_attack.py" # beside it lies a http.py
check "both processes are those of the start" kill -0 "$DATAPLANE_PID" "$CONTROL_PID"
check "SIGTERM: exit 0" lab_stop
