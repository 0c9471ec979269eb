#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_rooms_test.sh - turnpike-bench's simulated browsers against the whole engine: signaling, ICE, DTLS, SRTP; what
# is published arrives at all who asked for it; what cannot be measured is said in one sentence.
#
# shellcheck source=tests/smoke/bench_engine.sh
. "$(dirname "$0")/bench_engine.sh"

MEDIA=(max-sessions=128 max-tracks=128 max-routes=1024 max-caches=16)
engine_up

# --- what arrives --------------------------------------------------------------------

light=(--rate 100 --seconds 0.5 --quiet)
# arrived COPIES BROWSERS: every packet at every subscriber once, and no gap in what a subscriber receives
arrived()
{
	EXPECT="t['planned'] > 0 and t['sent'] == t['planned'] and t['received'] == $1 * t['sent'] and t['latency']['count'] == t['received'] and t['loss'] == t['corrupt'] == t['misdelivered'] == t['duplicates'] == t['reordered'] == 0 and not t.get('rtp') and j['browsers']['completed'] == $2 and j['browsers']['failed'] == 0 and j['metrics']['delivered']['values'][0] > 0" \
		carried rooms "${@:3}"
}
check "one to one" arrived 1 2 "${on4[@]}" "${light[@]}"
check "one to one over IPv6" arrived 1 2 "${on6[@]}" "${light[@]}"
check "audio alone" arrived 1 2 "${on4[@]}" "${light[@]}" --audio
check "audio and video, one to five" arrived 5 6 "${on4[@]}" "${light[@]}" --audio --video --subscribers 5
check "three to four in two rooms" arrived 4 14 "${on4[@]}" "${light[@]}" --publishers 3 --subscribers 4 --rooms 2
check "large packets, sizes in turn, bursts" arrived 2 3 "${on4[@]}" "${light[@]}" --subscribers 2 --size 1100,10,500 --burst 3
for profile in gcm cm gcm256; do
	check "profile $profile" arrived 1 2 "${on4[@]}" "${light[@]}" --profile "$profile"
done
check "a frame of many packets" arrived 2 3 "${on4[@]}" --quiet --rate 1000 --seconds 0.5 --subscribers 2

check "no session is left" until_true 3 ended

reports()
{
	held bench rooms "${on4[@]}" "${light[@]}" --subscribers 3 --name 'rooms <&>' --json "$LAB/a.json" --html "$LAB/a.html" &&
		grep -q 'setups' "$OUT" && grep -q 'delivered' "$OUT" &&
		/usr/bin/python3 "$ROOT/tests/smoke/bench_html.py" "$LAB/a.html" 'rooms <&>' &&
		jq -e '.command == "rooms" and .setup.subscribers == 3 and .metrics.setups.values[0] > 0' "$LAB/a.json"
}
check "table, JSON and HTML" reports
search()
{
	EXPECT="r['search'][0]['rate'] <= 400 and j['metrics']['delivered_no_loss']['values'][0] == 4 * j['metrics']['rate_no_loss']['values'][0]" \
		carried rooms "${on4[@]}" --subscribers 4 --search --start 100 --max 400 --width 0.4 --votes 1 --trial 0.1 --quiet
}
check "a search" search

# consent is kept: longer than the 30 s that a session lives without checks would be too long here; four checks are not
checks()
{
	show counters --json | jq '[.. | objects | ."ice.check"? // empty] | add'
}
consent()
{
	local before after
	before=$(checks)
	arrived 1 2 "${on4[@]}" --rate 50 --seconds 9 --quiet || return 1
	after=$(checks)
	echo "$before to $after checks"
	[ $((after - before)) -ge 6 ]
}
check "consent goes on during a trial" consent

# --- what cannot be measured ---------------------------------------------------------

run=(rooms "${on4[@]}" --rate 100 --seconds 0.3)
check "no --http" complains "--http A:P is needed" rooms --port xdp:eth0 --address 10.77.1.2/24 --rate 10
check "nothing to measure" complains "--rate R or --search is needed" rooms "${on4[@]}"
check "too many sections" complains "at most 64 media sections" "${run[@]}" --publishers 40 --audio --video
check "too small" complains "at least 10 bytes" "${run[@]}" --size 8
check "no HTTP server" complains "cannot connect to http://10.99.0.1:8081: Connection refused" "${run[@]}" --http 10.99.0.1:8081
check "no such profile" complains "one of: gcm cm gcm256" "${run[@]}" --profile f8
check "more than the server has room for" complains "refuses an offer with 503: " "${run[@]}" --subscribers 200
check "and right after it for two" arrived 1 2 "${on4[@]}" "${light[@]}"
check "nothing is left of them" until_true 3 ended

check "the dataplane does not answer" away "0 of 2 browsers" "${run[@]}"
check "nothing is left of that" until_true 3 ended

forwarded()
{
	show counters --json | jq '[.. | objects | ."media.forwarded"? // empty] | add'
}
forwards()
{
	[ "$(forwarded)" -gt "$1" ]
}
killed()
{
	local rc=0 start=$SECONDS before
	before=$(forwarded)
	later "${run[@]}" --seconds 8 --quiet
	until_true 10 forwards "$before" || rc=1
	kill -KILL "$(child turnpike-dataplane)"
	[ "$rc" = 0 ] || echo "nothing was forwarded for 10 s"
	wait "$PID" || rc=$?
	one_sentence "nothing came back" "$rc" && [ $((SECONDS - start)) -le 30 ] && return 0
	echo "exit $rc after $((SECONDS - start)) s"
	cat "$OUT" "$ERR"
	return 1
}
check "the dataplane dies in the middle" killed

lab_stop >/dev/null 2>&1 || true
CONTROL="token = open-sesame"
lab_serve
until_true 10 in_ns client curl -sS -m 2 -o /dev/null -f "http://$HTTP/healthz" || die "control does not answer"
check "no token" complains "refuses an offer without a token: --token" "${run[@]}"
check "a wrong token" complains "refuses the token: --token" "${run[@]}" --token guess
check "the right one" arrived 1 2 "${on4[@]}" "${light[@]}" --token open-sesame
