#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# restart_test.sh - killed in every way, it serves again, leaves nothing behind, and ends when asked.
#
#   client ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our supervisor"
lab_up client
lab_serve

dataplane()
{
	pgrep -P "$SERVER_PID" -f turnpike-dataplane
}

# dead PID: gone with all its threads, or waiting for whoever reaps orphans here
dead()
{
	! grep -qs '^State:.[^ZX]' "/proc/$1"/task/*/status
}

# serves_within SECONDS: a Binding request is answered
serves_within()
{
	in_ns client /usr/bin/python3 - "${SERVER4[client]}" "$1" <<-'EOF'
		import socket, sys, time, turnclient
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		client = turnclient.Client(sock, (sys.argv[1], 3478))
		client.RTO, end = 0.02, time.monotonic() + float(sys.argv[2])
		while time.monotonic() < end:
		    try:
		        sys.exit(client.ask(client.message(turnclient.BINDING, [], auth=False), tries=1).code)
		    except turnclient.NoAnswer:
		        pass
		sys.exit('no answer')
	EOF
}

check "serves" serves_within 1
for round in 1 2; do
	old=$(dataplane)
	kill -KILL "$old"
	check "dataplane killed ($round): serves again within 2 s" serves_within 2
	check "by another process" test "$(dataplane)" != "$old"
done

old=$(dataplane)
kill -KILL "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null || true
check "supervisor killed: the dataplane goes, too" until_true 5 dead "$old"
check "files of the dead are there" test -e "$RUN_DIR/dataplane.sock"
lab_serve
check "starts over them" serves_within 1

pid=$SERVER_PID old=$(dataplane)
check "SIGTERM: exit 0" lab_stop
check "nothing of it runs" dead "$pid"
check "nor of its dataplane" dead "$old"
check "its socket is gone" test ! -e "$RUN_DIR/dataplane.sock"
lab_serve
check "and it starts again" serves_within 1
check "SIGINT: exit 0" lab_stop INT
