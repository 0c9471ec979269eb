#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_relay_test.sh - turnpike-bench through a TURN server on AF_XDP: every kind of traffic that it knows arrives.
#
#   client: the generator, clients and peers at once ── server
#
# SUT=coturn runs it against turnserver (bench_coturn_test.sh does some of it in every run).
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

bench_up client
lab_serve

for direction in up down both echo; do
	for method in channel send; do
		check "IPv4 $direction, $method" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --direction "$direction" --method "$method"
	done
done
check "IPv6 both, channel" carried relay "${on6[@]}" "${who[@]}" "${GENTLE[@]}" --direction both
check "IPv6 echo, send, several peers" carried relay "${on6[@]}" "${who[@]}" "${GENTLE[@]}" --direction echo --method send --peers 7
check "sizes in turn, random order, bursts" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --size 8,64x3,512x2,1200 --order random --burst 3 --direction both
EXPECT="$CLEAN and t['rtp']['gaps'] == t['rtp']['wrong'] == 0 and t['rtp']['jitter_us'] > 0" \
	check "rtp both ways: no gap, no wrong timestamp" carried rtp "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --direction both
check "stun: every answer names its asker" carried stun "${on4[@]}" "${GENTLE[@]}"
check "stun over IPv6" carried stun "${on6[@]}" "${GENTLE[@]}"
EXPECT="$CLEAN and t['junk_sent'] >= 290" check "junk beside a load hurts nobody" carried junk "${on4[@]}" "${who[@]}" "${GENTLE[@]}"
EXPECT="$CLEAN and t['churn']['started'] >= 29 and t['churn']['failed'] == 0" \
	check "allocations beside a load hurt nobody" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --churn 100
EXPECT="r['allocate']['completed'] == 50 and r['allocate']['failed'] == 0 and r['allocate']['latency']['count'] == 50" \
	check "a storm of allocations" carried allocate "${on4[@]}" "${who[@]}" --clients 50 --quiet
EXPECT="r['allocate']['completed'] == 60 and r['allocate']['failed'] == 0 and j['metrics']['allocation_p50']['values'][0] > 0" \
	check "steady allocations" carried allocate "${on4[@]}" "${who[@]}" --clients 100 --rate 200 --seconds 0.3 --quiet

# --- hold ------------------------------------------------------------------------

kept()
{
	show allocations --json | jq -e "[.. | objects | select(has(\"client\"))] | length == $1"
}

# An end of input, or a signal, ends it; what it took it gives back
hold()
{
	local rc=0
	mkfifo "$LAB/hold.in.$1"
	exec 7<>"$LAB/hold.in.$1"
	IN=$LAB/hold.in.$1 later hold "${on4[@]}" "${who[@]}" --clients 30 --quiet 7>&-
	until_true 20 grep -q completed "$OUT" && until_true 5 kept 30 || rc=1
	[ "$1" = input ] || kill -TERM "$PID"
	exec 7>&-
	wait "$PID" || rc=1
	jq -e '.completed == 30' "$OUT" && until_true 5 kept 0 && [ "$rc" = 0 ] && return 0
	cat "$OUT" "$ERR"
	show allocations --json | head -c 600
	return 1
}
if [ "$SUT" = turnpike ]; then
	check "hold keeps 30 allocations until its input ends" hold input
	check "hold gives back on SIGTERM" hold signal
	check "nothing is left allocated" until_true 5 kept 0
fi

# --- what becomes of a result --------------------------------------------------------

reports()
{
	local f
	for f in a b; do
		held bench relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --runs 2 --name "result $f <&>" --json "$LAB/$f.json" --html "$LAB/$f.html" || return 1
		grep -q 'p99' "$OUT" || return 1
		/usr/bin/python3 "$ROOT/tests/smoke/bench_html.py" "$LAB/$f.html" "result $f <&>" || return 1
		! grep -q "$PASS1" "$LAB/$f.json" "$LAB/$f.html" "$OUT" || return 1
		jq -e '.tool == "turnpike-bench" and (.runs | length) == 2 and (.metrics.p99.values | length) == 2' "$LAB/$f.json" || return 1
	done
}
check "table, JSON and HTML" reports

compared()
{
	"$BENCH" compare "$LAB/a.json" "$LAB/b.json" >"$OUT" 2>"$ERR" && grep -q p99 "$OUT" && [ ! -s "$ERR" ]
}
check "two results are compared" compared

search()
{
	EXPECT="r['search'][0]['rate'] <= 2000 and len(r['curve']) == 10 and j['metrics']" \
		carried relay "${on4[@]}" "${who[@]}" --clients 20 --search --curve --start 500 --max 2000 --width 0.4 --votes 1 --trial 0.1 --quiet
}
check "a search and a curve" search
