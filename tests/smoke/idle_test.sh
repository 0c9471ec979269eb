#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# idle_test.sh - silence: the worker of each kind of device sleeps until it is called, and ends at once: idle.py.
#
#   client ── server
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our idling"
lab_up client

ends_at_once()
{
	local begin
	begin=$(date +%s%N)
	lab_stop || return 1
	[ $(($(date +%s%N) - begin)) -lt 3000000000 ]
}

for DEVICE in xdp packet; do
	echo "$DEVICE:"
	lab_serve
	/usr/bin/python3 "$ROOT/tests/smoke/idle.py" "${SERVER4[client]}" || FAILED=1
	check "it ends at once out of its sleep" ends_at_once
done

# an interface that goes down reports errors for good: no reason to be busy
DEVICE=packet
lab_serve
in_ns server ip link set client down
sleep 0.5
load_is_low()
{
	local before after
	before=$(show cores --json | jq '.cores[0].loops')
	sleep 1
	after=$(show cores --json | jq '.cores[0].loops')
	echo "$((after - before)) loops a second"
	[ $((after - before)) -lt 100000 ]
}
check "a dead interface keeps nobody awake" load_is_low
