#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_data_test.sh - turnpike-bench's simulated browsers with data channels against the whole engine: what reliable
# channels send comes back exactly once; what cannot be measured is said in one sentence.
#
# shellcheck source=tests/smoke/bench_engine.sh
. "$(dirname "$0")/bench_engine.sh"

MEDIA=(max-sessions=64 max-tracks=16 max-routes=16 max-caches=1)
engine_up

# --- what arrives --------------------------------------------------------------------

# whole N LINE…: N associations, all kinds of channels had traffic, and nothing of a reliable one is missing
whole()
{
	EXPECT="(lambda d: d['associations'] == d['setup']['count'] == $1 and d['lost'] == d['closed_by_server'] == d['strange'] == 0 and all(k['sent'] > 0 and k['twice'] == k['corrupt'] == k['disordered'] == 0 for k in d['kinds']) and all(k['lost'] == 0 and k['received'] + k['cut'] == k['sent'] for k in d['kinds'] if k['kind'].startswith('reliable')))(r['data'])" \
		carried data --associations "$@" --quiet
}
check "sixteen, all kinds of channels" whole 16 "${on4[@]}" --rate 20 --seconds 3 --reopen 8 --server-pid "$SERVER_PID"
memory()
{
	jq -e '.runs[0].data | .reopened >= 12 and .memory.idle_kib > .memory.before_kib and .memory.before_kib > 0' "$OUT"
}
check "channels were opened anew; memory was looked at" memory
check "over IPv6" whole 4 "${on6[@]}" --rate 40 --seconds 1
check "in rooms of two" whole 8 "${on4[@]}" --rate 40 --seconds 1 --pairs
check "256 channels" whole 2 "${on4[@]}" --rate 600 --seconds 1 --channels 256 --largest 2000

check "no session is left" until_true 3 ended

reports()
{
	bench data "${on4[@]}" --associations 2 --rate 50 --seconds 1 --quiet --name 'data <&>' --json "$LAB/a.json" \
		--html "$LAB/a.html" &&
		grep -q 'setup_p99' "$OUT" && grep -q 'reliable, unordered' "$OUT" &&
		grep -q 'data &lt;&amp;&gt;' "$LAB/a.html" && grep -q 'setup_p99' "$LAB/a.html" &&
		jq -e '.command == "data" and .setup.channels == 4 and .metrics.messages.values[0] > 0' "$LAB/a.json"
}
check "table, JSON and HTML" reports

# --- what cannot be measured ---------------------------------------------------------

run=(data "${on4[@]}" --associations 4 --rate 20 --seconds 1)
check "no --http" complains "--http A:P is needed" data --port xdp:eth0 --address 10.77.1.2/24
check "half a pair" complains "an even number of --associations" "${run[@]}" --associations 3 --pairs
check "too many channels" complains "a number from 1 to 256" "${run[@]}" --channels 257
check "no associations" complains "a number from 1 to" "${run[@]}" --associations 0
check "another command's option" complains "data knows no --publishers" "${run[@]}" --publishers 2
check "not the server" complains "--server-pid $$ is neither" "${run[@]}" --server-pid $$
check "no HTTP server" complains "cannot connect to http://10.99.0.1:8081: Connection refused" "${run[@]}" --http 10.99.0.1:8081
check "more than the server has room for" complains "refuses an offer with 503: " "${run[@]}" --associations 100
check "and right after it for two" whole 2 "${on4[@]}" --rate 40 --seconds 1
check "nothing is left of them" until_true 3 ended

check "the dataplane does not answer" away "0 of 4 associations" "${run[@]}"
check "nothing is left of that" until_true 3 ended

begun()
{
	grep -c 'has data channels' "$LAB/server.log"
}
more_begun()
{
	[ "$(begun)" -ge "$1" ]
}

# control goes, and every association with it: the dataplane keeps none
killed()
{
	local rc=0 before
	before=$(begun)
	later "${run[@]}" --rate 100 --seconds 4 --quiet --json "$LAB/killed.json"
	until_true 20 more_begun $((before + 4)) || rc=2
	kill -KILL "$(child turnpike-control)"
	wait "$PID" || rc=$?
	[ "$rc" = 1 ] && [ "$(wc -l <"$ERR")" = 1 ] && grep -qE "were lost|did not come" "$ERR" && return 0
	echo "exit $rc"
	cat "$OUT" "$ERR"
	return 1
}
check "control dies in the middle" killed
check "it answers again" until_true 10 http_answers

lab_stop >/dev/null 2>&1 || true
CONTROL="token = open-sesame"
lab_serve
until_true 10 in_ns client curl -sS -m 2 -o /dev/null -f "http://$HTTP/healthz" || die "control does not answer"
check "a wrong token" complains "refuses the token: --token" "${run[@]}" --token guess
check "the right one" whole 4 "${on4[@]}" --rate 40 --seconds 1 --token open-sesame
