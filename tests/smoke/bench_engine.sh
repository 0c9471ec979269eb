# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_engine.sh - turnpike-bench's simulated browsers against the whole engine. Sourced by the tests of it.
#
#   client: the generator ── eth0, AF_XDP ── server's dataplane
#                         ── http0, kernel ── server's control process
#
# From the caller, before engine_up: MEDIA=(KEY=VALUE…), what the engine has room for; CONTROL, lines for [control].
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/bench_lib.sh"

[ "$SUT" = turnpike ] || skip "coturn knows no browsers"
HTTP=10.99.0.1:8080 CONTROL='' MEDIA=()
# shellcheck disable=SC2034 # of the sourcing script
on4=(--port xdp:eth0 --address 10.77.1.2/24 --http "$HTTP")
# shellcheck disable=SC2034
on6=(--port xdp:eth0 --address fd77:1::2/64 --http "$HTTP")

# the laboratory's, with media and control
eval "$(declare -f turnpike_conf | sed '1s/turnpike_conf/relay_conf/')"
turnpike_conf()
{
	relay_conf
	section media '' "listen=${SERVER4[client]}:3480" "listen=[${SERVER6[client]}]:3480" "${MEDIA[@]}"
	section control "$CONTROL" "http=$HTTP" user=nobody
}

child()
{
	pgrep -P "$SERVER_PID" -f "$1"
}

# no session is left
ended()
{
	show sessions --json | jq -e '[.. | objects | select(has("generation"))] == []'
}

# away WHO RUN…: control answers, the dataplane is silent: the generator gives up
away()
{
	local rc=0
	kill -STOP "$(child turnpike-dataplane)"
	complains "($1 were set up.*no answer to ICE checks|cannot be reached: nobody)" "${@:2}" || rc=1
	kill -CONT "$(child turnpike-dataplane)"
	return "$rc"
}

http_answers()
{
	in_ns client curl -sS -m 2 -o /dev/null -f "http://$HTTP/readyz"
}

engine_up()
{
	bench_up client
	veth client http0 server http0
	in_ns client ip addr add 10.99.0.2/24 dev http0
	in_ns server ip addr add 10.99.0.1/24 dev http0
	lab_serve
	check "control answers over its own link" until_true 10 http_answers
}
