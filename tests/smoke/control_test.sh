#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# control_test.sh - both processes under one supervisor: killed in every way, they come back; what operators ask.
#
#   server: the engine, and a client of 127.0.0.1:8080
#
# shellcheck source=tests/smoke/control_lab.sh
. "$(dirname "$0")/control_lab.sh"

dead()
{
	! grep -qs '^State:.[^ZX]' "/proc/$1"/task/*/status
}
field() # field NAME: of control's /proc status
{
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(child turnpike-control)/status"
}
get()
{
	curl_ns -f "$URL$1"
}
ready()
{
	get /readyz >/dev/null
}
json() # json PATH FILTER: jq of an answer is true
{
	get "$1" | jq -e "$2"
}
status()
{
	test "$(curl_ns -o /dev/null -w '%{http_code}' "$URL$1")" = "$2"
}

control_serve
check "the ready line names the page" grep -qF "page on $URL/" "$LAB/server.log"
check "ready" ready
check "alive" get /healthz
check "the page" sh -c "nsenter --net=/proc/${NS[server]}/ns/net curl -sS $URL/ | grep -qF '<title>'"

check "runs as an ordinary user" test "$(field Uid | cut -f 1-4)" != $'0\t0\t0\t0'
check "without capabilities" test "$(field CapEff)" = 0000000000000000
check "and cannot gain any" test "$(field NoNewPrivs)" = 1
check "its memory reaches no core file" grep -q '^Max core file size *0 *0 ' "/proc/$(child turnpike-control)/limits"

etag=$(curl_ns -I "$URL/" | tr -d '\r' | sed -n 's/^ETag: //p')
check "the page has an ETag" test -n "$etag"
check "and 304 for whoever has it" test "$(curl_ns -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "$URL/")" = 304

get /metrics >"$LAB/metrics"
for name in dataplane_up packets_received_total drops_total core_busy_seconds_total control_linked rooms allocations; do
	check "metrics have $name" grep -qE "^turnpike_${name}[ {]" "$LAB/metrics"
done
twice()
{
	grep '^# TYPE' "$LAB/metrics" | sort | uniq -d | grep .
}
check "no metric twice" not twice
check "every line is Prometheus'" not grep -vE '^(# (HELP|TYPE) [a-z0-9_]+ .*|[a-z0-9_]+(\{[^}]*\})? -?[0-9.e+]+)$' "$LAB/metrics"
check "cores" json /api/v1/cores '.cores | length == 1'
check "drops" json /api/v1/drops '.drops | length > 20'
check "allocations" json /api/v1/allocations '.allocations == []'
check "rooms" json /api/v1/rooms '.rooms == []'
check "sessions" json /api/v1/sessions '.sessions == []'
check "nothing else" status /api/v1/secrets 404

for round in 1 2 3; do
	old=$(child turnpike-control) other=$(child turnpike-dataplane)
	kill -KILL "$old"
	until_true 2 dead "$old" || true
	check "control killed ($round): ready again within 2 s" until_true 2 ready
	check "by another process, beside the same dataplane" test "$(child turnpike-control)" != "$old" -a "$(child turnpike-dataplane)" = "$other"
done
old=$(child turnpike-dataplane) other=$(child turnpike-control)
kill -KILL "$old"
check "dataplane killed: not ready" until_true 2 status /readyz 503
check "metrics say so" sh -c "nsenter --net=/proc/${NS[server]}/ns/net curl -sS $URL/metrics | grep -qx 'turnpike_dataplane_up 0'"
check "the API, too" status /api/v1/cores 503
check "ready again" until_true 10 ready
check "by another process, beside the same control process" test "$(child turnpike-dataplane)" != "$old" -a "$(child turnpike-control)" = "$other"

stopped=$(child turnpike-dataplane)
kill -STOP "$stopped"
asking=()
for _ in $(seq 20); do
	curl_ns -o /dev/null "$URL/metrics" &
	asking+=("$!")
done
check "a dataplane that hangs holds up nothing else" test "$(curl_ns -o /dev/null -m 1 -w '%{http_code}' "$URL/healthz")" = 200
kill -CONT "$stopped"
wait "${asking[@]}" || true
check "ready again" until_true 10 ready

pid=$SERVER_PID control=$(child turnpike-control) dataplane=$(child turnpike-dataplane)
check "SIGTERM: exit 0" lab_stop
check "nothing of it runs" dead "$pid"
check "nor of its children" sh -c "! kill -0 $control 2>/dev/null && ! kill -0 $dataplane 2>/dev/null"

control_serve
control=$(child turnpike-control) dataplane=$(child turnpike-dataplane)
kill -KILL "$SERVER_PID"
wait "$SERVER_PID" 2>/dev/null || true
SERVER_PID=
check "supervisor killed: both go, too" until_true 5 sh -c "! kill -0 $control 2>/dev/null && ! kill -0 $dataplane 2>/dev/null"

background server /usr/bin/python3 -m http.server -b 127.0.0.1 8080 >/dev/null 2>&1
until_true 5 in_ns server curl -s -o /dev/null http://127.0.0.1:8080/ || die "nothing in the way"
refused_start '' "another program listens there"
refused_start 'http = 192.0.2.1:8080' "no interface of this machine has that address"
