# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# control_lab.sh - one namespace with the engine on a tap and its control process; sourced by tests of that.
# Lines for [control] in CONTROL.
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our control process"
# shellcheck disable=SC2034 # for the tests
CONTROL='' URL=http://127.0.0.1:8080 CONTROL_PID=''

turnpike_conf()
{
	section engine "$ENGINE" "runtime-dir=$RUN_DIR"
	section dataplane "$DATAPLANE" "cores=$CORES" memory=384 idle=adaptive
	section "port demo" "${PORT[demo]:-}" device=tap:turnpike0 address=198.18.0.2/24 gateway=198.18.0.1
	section turn "$TURN" listen=198.18.0.2:3478 "relay=198.18.0.2 49152-65535" realm=example.org "user=$USER1:$PASS1" \
		max-allocations=256 allow-peer=198.18.0.0/24
	section media '' listen=198.18.0.2:3480 max-sessions=64 max-tracks=256 max-routes=1024 max-caches=16
	section control "$CONTROL" http=127.0.0.1:8080 user=nobody
}

# child NAME: the pid of the supervisor's child
child()
{
	pgrep -P "$SERVER_PID" -f "$1"
}

ns_make server
in_ns server sh -c 'ip tuntap add dev turnpike0 mode tap multi_queue
	ip addr add 198.18.0.1/24 dev turnpike0; ip link set turnpike0 up'

control_serve()
{
	lab_serve
	# shellcheck disable=SC2034
	CONTROL_PID=$(child turnpike-control)
}

curl_ns()
{
	in_ns server curl -sSk -m 15 "$@"
}

not()
{
	! "$@"
}

# refused_start LINES SENTENCE: with these in [control] it ends with 1 and says so
refused_start()
{
	local rc=0
	CONTROL=$1
	turnpike_command
	in_ns server timeout 20 "${SERVER[@]}" >"$LAB/refused" 2>&1 || rc=$?
	check "does not start: $2" grep -qF "$2" "$LAB/refused"
	check "and exits with 1" test "$rc" = 1
}
