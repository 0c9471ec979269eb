# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_lib.sh - what the tests of turnpike-bench share: source it instead of lab.sh.
#
#   bench_up client [peer]      lab_up, and the links' far ends given to the generator: no kernel address on them
#   bench LINE…                 run it in namespace client with what every run needs; stdout and stderr in $OUT, $ERR
#   carried LINE…               the same with --json -: true when it ended well and EXPECT (a Python expression over the
#                               JSON's first run's trial `t`, run `r` and the whole `j`) holds; by default that all
#                               packets arrived whole and where they belong
#   complains PATTERN LINE…     true when it failed within 30 s, with one sentence on stderr that PATTERN (an extended
#                               regular expression) describes, and without a result
# shellcheck source=tests/harness/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/../harness/lab.sh"

BENCH=${BENCH:-$(dirname "$TURNPIKE")/turnpike-bench}
OUT=$LAB/bench.out ERR=$LAB/bench.err
CLEAN="t['sent'] == t['received'] == t['planned'] > 0 and t['loss'] == t['corrupt'] == t['misdelivered'] == t['duplicates'] == 0"
# a slow machine may stall the generator: what is tested is what it says, not how fast it is
# shellcheck disable=SC2034 # for the tests
GENTLE=(--rate 1000 --seconds 0.3 --clients 20 --quiet)
[ -x "$BENCH" ] || die "no $BENCH: make builds it"

bench_up()
{
	local name
	lab_up "$@"
	for name in "$@"; do
		in_ns "$name" sh -c "ip addr flush dev eth0; echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6"
	done
	TURN="unauthenticated-rate = 1000000
port-quarantine = 0
allow-peer = 10.77.0.0/16
allow-peer = fd77::/16${TURN:+
$TURN}"
}

# port, address, server of a family, and credentials
# shellcheck disable=SC2034
on4=(--port xdp:eth0 --address 10.77.1.2/24 --server 10.77.1.1:3478)
# shellcheck disable=SC2034
on6=(--port xdp:eth0 --address fd77:1::2/64 --server "[fd77:1::1]:3478")
# shellcheck disable=SC2034
who=(--user "$USER1" --password "$PASS1")

# turnserver remembers 5-tuples after their release: each run through it has an address of its own
RUNS=0
elsewhere()
{
	RUNS=$((RUNS + 1))
	ELSEWHERE=()
	[ "$SUT" = coturn ] && [[ " $* " == *" --address "* ]] || return 0
	[[ " $* " == *" fd77:"* ]] && ELSEWHERE=(--address "fd77:1::a:$RUNS/64") || ELSEWHERE=(--address "10.77.1.$((RUNS + 10))/24")
}

bench()
{
	elsewhere "$@"
	in_ns client timeout -k 5 60 "$BENCH" "$@" "${ELSEWHERE[@]}" >"$OUT" 2>"$ERR"
}

# later COMMAND…: bench in the background; its pid in PID. A simple command, so that a signal reaches it
later()
{
	elsewhere "$@"
	nsenter --net="/proc/${NS[client]}/ns/net" -- setpriv --pdeathsig KILL "$BENCH" "$@" "${ELSEWHERE[@]}" >"$OUT" 2>"$ERR" <"${IN:-/dev/null}" &
	PID=$!
	PIDS+=("$PID")
}

# again: before another try; for a test whose far end does not bear that the generator comes back
again()
{
	:
}

# held COMMAND…: again when a machine that stalls kept the generator from its rate: that says nothing about what is tested
held()
{
	local try rc
	for try in 1 2 3 4 5 6; do
		rc=0
		"$@" || rc=$?
		grep -qE ': the generator |gave way: ' "$ERR" || break
		echo "try $try: $(cat "$ERR")"
		again
	done
	return "$rc"
}

carried()
{
	local rc=0
	held bench "$@" --json - || rc=$?
	[ "$rc" = 0 ] && /usr/bin/python3 - "$OUT" "${EXPECT:-$CLEAN}" <<'PY' && return 0
import json, sys
j = json.load(open(sys.argv[1]))
r = j["runs"][0]
t = r.get("fixed")
if not eval(sys.argv[2]):
    print("not so:", sys.argv[2])
    if t:
        print({k: v for k, v in t.items() if k not in ("latency", "send_lag", "cpu")})
    sys.exit(1)
PY
	echo "exit $rc: turnpike-bench $*"
	cat "$ERR"
	return 1
}

complains()
{
	local pattern=$1 rc=0 start=$SECONDS
	shift
	bench "$@" --quiet || rc=$?
	one_sentence "$pattern" "$rc" && [ $((SECONDS - start)) -le 30 ] && return 0
	echo "exit $rc after $((SECONDS - start)) s: turnpike-bench $*"
	cat "$OUT" "$ERR"
	return 1
}

# one_sentence PATTERN RC: is that all that is in $ERR, with nothing in $OUT?
one_sentence()
{
	# 1: it failed; 2: it was asked wrongly. More is a crash.
	{ [ "$2" = 1 ] || [ "$2" = 2 ]; } && [ "$(wc -l <"$ERR")" = 1 ] && [ ! -s "$OUT" ] && grep -qE "^turnpike-bench: .*$1" "$ERR"
}
