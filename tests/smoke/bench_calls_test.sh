#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_calls_test.sh - turnpike-bench's SIP proxy and phones against the whole engine: G.711 relayed as RTP and as SRTP,
# opus to PCMU and back; what cannot be measured is said in one sentence.
#
#   client: the generator ── eth0, AF_XDP ── server's dataplane, the gateway's ports
#           its proxy     ── http0, kernel ── server's control process, 10.99.0.1:22222
#
# shellcheck source=tests/smoke/bench_engine.sh
. "$(dirname "$0")/bench_engine.sh"

NG=10.99.0.1:22222
MEDIA=(max-sessions=64 max-tracks=64 max-routes=64 max-caches=16)
eval "$(declare -f turnpike_conf | sed '1s/turnpike_conf/engine_conf/')"
turnpike_conf()
{
	engine_conf
	section gateway '' "ng=$NG" "rtp=${SERVER4[client]} 20000-20999" "rtp=${SERVER6[client]} 20000-20999"
}
engine_up
on4=(--port xdp:eth0 --address 10.77.1.2/24 --ng "$NG")
on6=(--port xdp:eth0 --address fd77:1::2/64 --ng "$NG")

# --- packets -------------------------------------------------------------------------

light=(--calls 10 --seconds 0.5 --quiet)
# arrived RUN…: every packet of both sides once, whole, in order, at the other phone of its call; late ones only where
# the machine stalls
arrived()
{
	EXPECT="t['planned'] == 500 == t['sent'] and t['corrupt'] == t['misdelivered'] == t['duplicates'] == t['reordered'] == 0 and all(t[w]['received'] + t[w]['late'] == 250 and t[w]['received'] > 0 for w in ('from_caller', 'from_called')) and j['calls']['completed'] == 10" \
		carried calls "$@"
}
check "plain RTP" arrived "${on4[@]}" "${light[@]}"
check "plain RTP over IPv6" arrived "${on6[@]}" "${light[@]}"
for profile in cm gcm gcm256; do
	check "SRTP with SDES, $profile" arrived "${on4[@]}" "${light[@]}" --mode srtp --profile "$profile"
done
check "no session is left" until_true 3 ended

search()
{
	EXPECT="r['search'][0]['rate'] <= 4000 and j['metrics']['rate_no_loss']['values'][0] <= 4000 and j['setup']['mode'] == 'srtp'" \
		carried calls "${on4[@]}" --calls 10 --mode srtp --search --start 1000 --max 4000 --width 0.4 --votes 1 --trial 0.1 --quiet
}
check "a search for packets/s" search

# --- sound ---------------------------------------------------------------------------

# A machine that stalls costs a packet or two; what is heard must be what was said, and after a delay that can be
voices="t['calls'] == 4 and all(t[w]['received'] > 0.9 * t[w]['expected'] > 0 and t[w]['wrong'] == t[w]['duplicates'] == t[w]['unknown_legs'] == 0 and t[w]['judged'] > 100 and t[w]['damaged'] < 0.1 * t[w]['judged'] and 5000 < t[w]['delay']['p50_us'] < 400000 for w in ('from_caller', 'from_called')) and t['from_caller']['alike'] > 0.95 and t['from_called']['alike'] > 0.8"
spoken()
{
	EXPECT=$voices carried calls --mode transcode --calls 4 --seconds 1 --quiet "$@"
}
check "opus and PCMU" spoken "${on4[@]}"
check "opus and PCMU over IPv6" spoken "${on6[@]}"
voice_search()
{
	EXPECT="r['search'][0]['rate'] in (2, 3, 4) and len(r['tried']) >= 2 and r['search'][0]['passed']['calls'] == j['metrics']['calls_0.1%']['values'][0]" \
		carried calls "${on4[@]}" --mode transcode --search --start 2 --max 4 --trial 0.4 --votes 1 --quiet
}
# a machine that stalls once in the wrong moment is no limit of the server's
retried()
{
	"$@" || "$@" || "$@"
}
check "a search for calls" retried voice_search
codecs()
{
	EXPECT="j['metrics']['calls']['values'][0] > 0.1 and j['setup']['opus_rate'] == 48000" \
		carried calls --mode codecs --calls 2 --opus-rate 48000 --opus-channels 2 --complexity 0 --seconds 0.2 --quiet
}
check "the codecs alone" codecs

reports()
{
	held bench calls "${on4[@]}" "${light[@]}" --name 'calls <&>' --json "$LAB/a.json" --html "$LAB/a.html" &&
		grep -q 'call_setups' "$OUT" && grep -q 'p99' "$OUT" &&
		/usr/bin/python3 "$ROOT/tests/smoke/bench_html.py" "$LAB/a.html" 'calls <&>' &&
		jq -e '.command == "calls" and .setup.calls == 10 and .metrics.call_setups.values[0] > 0' "$LAB/a.json"
}
check "table, JSON and HTML" reports
check "no session is left of that" until_true 3 ended

# --- what cannot be measured ---------------------------------------------------------

run=(calls "${on4[@]}" --calls 10 --seconds 0.3)
check "no --ng" complains "--ng A:P is needed" calls --port xdp:eth0 --address 10.77.1.2/24
check "nobody listens" complains "ng port 10.99.0.1:22223 Connection refused" "${run[@]}" --ng 10.99.0.1:22223
check "a wrong host" complains "ng port 10.99.0.77:22222 (does not answer|No route to host)" "${run[@]}" --ng 10.99.0.77:22222
check "a host beyond all routes" complains "ng port 192.0.2.1:22222 Network is unreachable" "${run[@]}" --ng 192.0.2.1:22222
check "more than the server has room for" complains "rejects the audio section .32 calls were set up" "${run[@]}" --calls 40
check "and right after it" arrived "${on4[@]}" "${light[@]}"
check "transcoded calls at a rate" complains "calls N or --search instead of --rate" "${run[@]}" --mode transcode --rate 100
check "no such mode" complains "one of: relay srtp transcode codecs" "${run[@]}" --mode mix
check "a rate that opus has not" complains "opus-rate: 8000" calls --mode codecs --opus-rate 44100

# the dataplane does not take part: the proxy's commands are answered, the phones hear nothing
paused()
{
	local rc=0
	kill -STOP "$(child turnpike-dataplane)"
	complains "(nothing came back|cannot be reached: nobody)" "$@" || rc=1
	kill -CONT "$(child turnpike-dataplane)"
	return "$rc"
}
check "no media" paused "${run[@]}"
check "no sound" paused "${run[@]}" --mode transcode

# what answers is no gateway
echo_on()
{
	background server /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.99.0.1", 22333))
while True:
    d, a = s.recvfrom(65536)
    s.sendto(d.split(b" ", 1)[0] + b" " + sys.argv[1].encode(), a)' "$1"
	until_true 5 in_ns server grep -q ':573D ' /proc/net/udp
}
echo_off()
{
	kill -TERM "$BG"
	wait "$BG" 2>/dev/null || true
}
# answers TEXT PATTERN
answers()
{
	local rc=0
	echo_on "$1" && complains "$2" "${run[@]}" --ng 10.99.0.1:22333 || rc=1
	echo_off
	return "$rc"
}
check "no bencode" answers "hello" "answers with what is no bencode"
check "an error" answers "d6:result5:error12:error-reason9:no more oe" "refuses the command offer: no more o"
check "an error without a reason" answers "d6:result5:errore" "refuses the command offer: it does not say why"
check "an answer without a description" answers "d6:result2:oke" "description for a phone is missing"
rejected=$'c=IN IP4 192.0.2.1\nm=audio 0 RTP/AVP 0\n'
check "a description that rejects" answers "d6:result2:ok3:sdp${#rejected}:${rejected}e" "rejects the audio section"

check "the control process lives" kill -0 "$(child turnpike-control)"
check "SIGTERM: exit 0" lab_stop
