#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_badinput_test.sh - what turnpike-bench cannot measure it says in one sentence with cause and remedy, exits with
# 1 or 2 within 30 s, and prints no result.
#
#   client: the generator ── server: turnpike, later coturn (which a test kills), later an echo
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

[ "$SUT" = turnpike ] || skip "starts its servers itself"
bench_up client
TURN+="
user-quota = 30"
lab_serve
run=(relay "${on4[@]}" "${who[@]}" --rate 1000 --seconds 0.3 --clients 20)

check "nothing to measure" complains "--rate R or --search is needed" relay "${on4[@]}" "${who[@]}"
check "no such command" complains "no command 'realy'" realy
check "an option of another command" complains "stun knows no --user" stun "${on4[@]}" "${who[@]}" --rate 10
check "a bad value" complains "number from" "${run[@]}" --clients 0
check "less than one packet" complains "less than one packet" "${run[@]}" --rate 1 --seconds 0.1
check "families that do not fit" complains "of the family of --address" "${run[@]}" --server "[fd77:1::1]:3478"
check "nobody answers ARP" complains "10.77.1.99 cannot be reached: nobody on port .* answers" "${run[@]}" --server 10.77.1.99:3478
check "another network, no gateway" complains "gateway is needed" "${run[@]}" --server 192.0.2.1:3478
check "no server on that port" complains "does not answer TURN requests.*is the server running" "${run[@]}" --server 10.77.1.1:3479
check "no server, for stun" complains "nothing came back.*STUN server" stun "${on4[@]}" --rate 1000 --seconds 0.3 --server 10.77.1.1:3479
check "wrong password" complains "refuses the credentials.*--user and --password" "${run[@]}" --password wrong
check "wrong password, allocate" complains "refuses the credentials" allocate "${on4[@]}" --user "$USER1" --password wrong --clients 20
check "wrong password, hold" complains "refuses the credentials" hold "${on4[@]}" --user "$USER1" --password wrong --clients 20
check "peers that the server denies" complains "error 403 .*allow" "${run[@]}" --peer-address 192.168.7.7
check "quota reached" complains "error 486 .*quota" "${run[@]}" --clients 60
check "a rate beyond the generator" complains "lower --rate" "${run[@]}" --rate 50000000
check "no such interface" complains "no interface 'eth9'" "${run[@]}" --port xdp:eth9
check "a device that DPDK does not know" complains "nonsense" "${run[@]}" --port net_nonsense0
check "no such CPU" complains "CPU 4(0|00).*" "${run[@]}" --cpu 400
check "memif without a server" complains "nobody.sock.* is not served: start the other end" "${run[@]}" --port "memif:$LAB/nobody.sock,role=client"
not_a_result()
{
	echo '{"tool": "other"}' >"$LAB/other.json"
	rc=0
	"$BENCH" compare "$LAB/other.json" "$LAB/none.json" >"$OUT" 2>"$ERR" || rc=$?
	one_sentence "." "$rc" || { cat "$OUT" "$ERR"; return 1; }
}
check "compare of what is no result" not_a_result

not_root()
{
	local rc=0
	in_ns client setpriv --reuid 65534 --regid 65534 --clear-groups "$BENCH" "${run[@]}" --quiet >"$OUT" 2>"$ERR" || rc=$?
	one_sentence "root|ermi|privilege|capab" "$rc" || { echo "exit $rc"; cat "$OUT" "$ERR"; return 1; }
}
cp "$BENCH" "$LAB/turnpike-bench"
chmod 755 "$LAB/turnpike-bench"
BENCH=$LAB/turnpike-bench check "not root" not_root

# --- in the middle -------------------------------------------------------------------

allocations()
{
	show allocations --json | jq -e "[.. | objects | select(has(\"client\"))] | length == $1"
}

# A signal in the middle of a long run: allocations given back, what was measured until then told, exit 1
interrupted()
{
	local rc=0
	later "${run[@]}" --seconds 60 --quiet --json "$LAB/part.json"
	until_true 10 allocations 20 || echo "no allocations"
	sleep 1
	kill "-$1" "$PID"
	local start=$SECONDS
	wait "$PID" || rc=$?
	[ "$rc" = 1 ] && [ $((SECONDS - start)) -le 5 ] && grep -q '^turnpike-bench: stopped by a signal' "$ERR" &&
		jq -e '.runs[0].fixed.received > 100 and .runs[0].fixed.loss == 0 and (.doubts | length) > 0' "$LAB/part.json" &&
		until_true 3 allocations 0 && return 0
	echo "exit $rc after $((SECONDS - start)) s"
	cat "$OUT" "$ERR"
	return 1
}
check "SIGTERM in the middle" interrupted TERM

# A server killed in the middle; nobody answers the release either
killed()
{
	local rc=0 start=$SECONDS
	later "$@" --quiet
	sleep "$AFTER"
	kill -KILL "$SERVER_PID"
	wait "$PID" || rc=$?
	one_sentence "nothing came back" "$rc" && [ $((SECONDS - start)) -le 30 ] && return 0
	echo "exit $rc after $((SECONDS - start)) s"
	cat "$OUT" "$ERR"
	return 1
}
AFTER=3 check "the server dies during a fixed rate" killed "${run[@]}" --seconds 6

link_down()
{
	in_ns server ip link set client down
}
lab_stop >/dev/null 2>&1 || true
SUT=coturn TURN="user-quota = 100000"
in_ns server sh -c "echo 0 >/proc/sys/net/ipv6/conf/client/disable_ipv6"
lab_serve
AFTER=3 check "coturn dies during a search" killed relay "${on4[@]}" "${who[@]}" --clients 20 --search --start 2000 --max 4000
lab_stop >/dev/null 2>&1 || true

# Garbage for a server: it sends everything back as it came
in_ns server sh -c "ip addr add 10.77.1.1/24 dev client 2>/dev/null || true"
background server /usr/bin/python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.1.1", 3479))
while True:
    data, who = s.recvfrom(2048)
    s.sendto(data, who)'
until_true 5 in_ns server sh -c 'grep -q ":0D97 " /proc/net/udp'
check "an echo for a server" complains "no TURN answer" "${run[@]}" --server 10.77.1.1:3479

link_down
check "no link" complains "has no link.*(cable|interface)" "${run[@]}"
