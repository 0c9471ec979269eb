#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# data.sh - data channels through turnpike against the same two browsers connected to each other, turn and turn about:
# what a reliable, ordered channel carries, without delay and over a wire with delay and loss.
#
#   a (Chromium) ── slow_wire ──┬── b (Chromium)         Through the engine: a topic of a room, a to b.
#                               └── server               The wire lies between a and both others.
#
#   sudo perf/compare/data.sh [--rounds N] [--seconds S] [--delay MS] [--loss PERCENT] [--build DIR] [--results DIR]
#
# Delay and loss are those of one way. Writes RESULTS/data.json and .md. Needs what `make browser-bins` builds, too.
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../../tests/harness/lab.sh"

export ROUNDS=3 SECONDS_EACH=8 DELAY_MS=25 LOSS=1
RESULTS=$ROOT/perf/results
while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || die "data: $1 needs a value"
	case $1 in
	--rounds) ROUNDS=$2 ;;
	--seconds) SECONDS_EACH=$2 ;;
	--delay) DELAY_MS=$2 ;;
	--loss) LOSS=$2 ;;
	--build) TURNPIKE=$(realpath "$2")/turnpike ;;
	--results) RESULTS=$2 ;;
	*) die "data: unknown argument $1: there are --rounds --seconds --delay --loss --build --results" ;;
	esac
	shift 2
done
PYTHONPATH=$PYTHONPATH:$ROOT/tests/browser
WIRE=$(dirname "$TURNPIKE")/tests/browser/slow_wire
NET=10.88.0

turnpike_conf()
{
	section engine "$ENGINE" "runtime-dir=$RUN_DIR"
	section dataplane "$DATAPLANE" "cores=$CORES" memory=256 idle=adaptive
	section "port lan" "" "device=xdp:eth0,mode=generic" "address=$NET.1/24"
	section media "" "listen=$NET.1:3480" max-sessions=64 max-tracks=16 max-routes=16 max-caches=1
	section control "" http=127.0.0.1:8080 user=nobody
}

quiet()
{
	in_ns "$1" ethtool -K "$2" tx off gso off tso off gro off >/dev/null 2>&1
}

# joined HOST NUMBER IF: a host on the bridge, by way of IF there
joined()
{
	veth "$1" eth0 mid "$3"
	quiet "$1" eth0
	quiet mid "$3"
	[ "$1" = server ] || in_ns "$1" ip addr add "$NET.$2/24" dev eth0
}

for host in mid server a b; do ns_make "$host"; done
in_ns mid ip link add bridge type bridge
joined server 1 to_server
joined a 2 to_a
joined b 3 to_b
veth mid near mid far
quiet mid near
quiet mid far
for port in bridge far to_server to_b; do in_ns mid ip link set "$port" up; done
for port in to_server to_b; do in_ns mid ip link set "$port" master bridge; done

# How a is joined to the bridge
straight()
{
	in_ns mid ip link set to_a master bridge
}

slow()
{
	in_ns mid ip link set to_a nomaster
	in_ns mid ip link set far master bridge
	background mid "$WIRE" to_a near "$DELAY_MS" "$LOSS" >"$LAB/wire.log"
	until_true 5 grep -q ready "$LAB/wire.log" || die "slow_wire did not start"
}

measure()
{
	nsenter --net="/proc/${NS[server]}/ns/net" -- /usr/bin/python3 "$ROOT/perf/compare/data_rate.py" "$@"
}

lab_serve
straight
measure run "no delay, no loss" "$LAB/straight.json"
slow
measure run "$((2 * DELAY_MS)) ms, $LOSS % loss each way" "$LAB/slow.json"
kill -TERM "$BG"
wait "$BG" || true
grep -E 'there|back' "$LAB/wire.log"
measure report "$RESULTS/data" "$LAB/straight.json" "$LAB/slow.json"
