#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# idle.sh - what turnpike and coturn cost when nobody calls, and how long the first packet after silence takes.
#
#        namespace load                    namespace server
#        idle_probe.py, CPU 0              the server under test, CPU 1
#        client 198.18.78.1     ── veth ── 198.18.78.2:3478
#
# Rounds go A B, B A, A B …; each time freshly started, a server is asked once and then left alone: CPU time of
# all its threads over SECONDS of silence; then Binding requests, each after SILENCE ms without a packet; then
# Binding requests without a pause, the round trip of a server that is awake.
#
#   sudo perf/compare/idle.sh [--build DIR] [--rounds N] [--servers "turnpike coturn"] [--name NAME]
#        [--device xdp|packet|tap] [--seconds S] [--count N] [--silence MS] [--idle adaptive|poll] [--sched nice|fifo]
#
# Writes perf/results/idle-NAME.json and .md (perf/README.md says how to read them).
# A namespace lives as long as the process that holds it: nothing is named or left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."

BUILD=build ROUNDS=3 SERVERS="turnpike coturn" NAME=veth DEVICE=xdp
SECONDS_IDLE=10 COUNT=500 SILENCE=50 IDLE=adaptive SCHED=nice
CPU_LOAD=0 CPU_SERVER=1
CLIENT=198.18.78.1 SERVER=198.18.78.2
OPTIONS=

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || { echo "idle.sh: $1 needs a value" >&2 && exit 2; }
	case $1 in
	--build) BUILD=$2 ;;
	--rounds) ROUNDS=$2 ;;
	--servers) SERVERS=$2 ;;
	--name) NAME=$2 ;;
	--device) DEVICE=$2 ;;
	--seconds) SECONDS_IDLE=$2 ;;
	--count) COUNT=$2 ;;
	--silence) SILENCE=$2 ;;
	--idle) IDLE=$2 ;;
	--sched) SCHED=$2 ;;
	*) echo "idle.sh: unknown argument $1" >&2 && exit 2 ;;
	esac
	# for the record of what was run
	[ "$1" = --build ] || OPTIONS+=" $1 $2"
	shift 2
done

[ "$(id -u)" = 0 ] || { echo "idle.sh: needs root: it makes network namespaces" >&2 && exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "idle.sh: needs two CPUs, one for the client and one for the server" >&2 && exit 1; }

WORK=$(mktemp -d)
chmod 755 "$WORK"
RUNS=$WORK/runs.jsonl
declare -A NS=()
SERVER_PID=

finish()
{
	local rc=$?
	trap - EXIT
	server_stop || true
	for p in "${NS[@]}"; do
		kill -KILL "$p" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	rm -rf "$WORK"
	exit "$rc"
}
trap finish EXIT
trap 'exit 130' INT TERM

die()
{
	echo "idle.sh: $*" >&2
	[ ! -s "$WORK/server.log" ] || tail -n 15 "$WORK/server.log" >&2
	exit 1
}

# quiet COMMAND…: ahead of whatever else runs on the machine, as in coturn.sh; or before it: who wakes up runs at
# once, as it would on a machine of its own
quiet()
{
	[ "$SCHED" != fifo ] || exec setsid -w setpriv --pdeathsig TERM chrt -f 10 "$@"
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec setsid -w setpriv --pdeathsig TERM sh -c \
		'echo -19 2>/dev/null >/proc/self/autogroup || true; exec nice -n -15 "$@"' - "$@"
}

in_ns()
{
	nsenter --net="/proc/${NS[$1]}/ns/net" -- "${@:2}"
}

ns_make()
{
	local here there
	setpriv --pdeathsig KILL unshare --net sleep infinity &
	NS[$1]=$!
	here=$(readlink /proc/self/ns/net)
	until there=$(readlink "/proc/${NS[$1]}/ns/net" 2>/dev/null) && [ "$there" != "$here" ]; do sleep 0.01; done
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link set lo up'
}

# A fresh pair for every server. Neighbours are learned once: nobody asks again in the silence.
link_make()
{
	in_ns load ip link del tpload 2>/dev/null || true
	ip link add tpload netns "${NS[load]}" type veth peer name tpserver netns "${NS[server]}"
	in_ns server sh -c "ethtool -K tpserver tx off >/dev/null; ip link set tpserver up"
	load_address tpload
}

load_address()
{
	in_ns load sh -c "ethtool -K $1 tx off >/dev/null 2>&1; ip addr add $CLIENT/24 dev $1; ip link set $1 up
		echo 3600000 >/proc/sys/net/ipv4/neigh/$1/base_reachable_time_ms"
}

turnpike_conf()
{
	cat <<-END
		[engine]
		runtime-dir = $WORK/run
		[dataplane]
		cores = $CPU_SERVER
		idle = $IDLE
		[port bench]
		device = $DEVICE:tpserver
		address = $SERVER/24
		[turn]
		listen = $SERVER:3478
		relay = $SERVER 49152-65535
		realm = bench.example
		user = bench:bench
		unauthenticated-rate = 1000000
	END
}

turnpike_command()
{
	mkdir -p "$WORK/run"
	turnpike_conf >"$WORK/turnpike.conf"
	[ "$DEVICE" != tap ] || in_ns load ip link del tpload
	COMMAND=("$PWD/$BUILD/turnpike" run -c "$WORK/turnpike.conf")
}

# The tap appears when the server has started
turnpike_started()
{
	[ "$DEVICE" = tap ] || return 0
	for _ in $(seq 200); do
		in_ns server ip link show tpserver >/dev/null 2>&1 && grep -q ready "$WORK/server.log" && break
		sleep 0.05
	done
	in_ns server sh -c "ip link set tpserver down; ip link set tpserver netns ${NS[load]}" || die "no tap"
	load_address tpserver
}

coturn_command()
{
	in_ns server ip addr replace "$SERVER/24" dev tpserver
	COMMAND=(taskset -c "$CPU_SERVER" turnserver -n -L "$SERVER" -E "$SERVER" -p 3478
		--lt-cred-mech --realm bench.example --user bench:bench --relay-threads 1
		--no-cli --no-tcp --no-tls --no-dtls --no-rfc5780 --log-file stdout --simple-log
		--userdb "$WORK/turndb" --pidfile "$WORK/turnserver.pid")
}

coturn_started()
{
	:
}

# probe COUNT SILENCE-MS
probe()
{
	(quiet taskset -c "$CPU_LOAD" nsenter --net="/proc/${NS[load]}/ns/net" -- \
		/usr/bin/python3 perf/compare/idle_probe.py rtt "$SERVER" 3478 "$1" "$2")
}

server_start()
{
	local COMMAND
	[ ! -e "$WORK/server.log" ] || mv "$WORK/server.log" "$WORK/server.log.before"
	link_make
	"${1}_command"
	(quiet nsenter --net="/proc/${NS[server]}/ns/net" -- "${COMMAND[@]}") >"$WORK/server.log" 2>&1 &
	SERVER_PID=$!
	"${1}_started"
	for _ in $(seq 100); do
		kill -0 "$SERVER_PID" 2>/dev/null || die "$1 ended instead of serving"
		probe 1 0 >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	die "$1 does not answer"
}

# A process and those below it
tree()
{
	local p
	echo "$1"
	for p in $(ps -o pid= --ppid "$1"); do
		tree "$p"
	done
}

server_stop()
{
	local p all
	[ -n "$SERVER_PID" ] || return 0
	all=$(tree "$SERVER_PID")
	kill -TERM "$SERVER_PID" 2>/dev/null || true
	for _ in $(seq 100); do
		kill -0 "$SERVER_PID" 2>/dev/null || break
		sleep 0.1
	done
	for p in $all; do
		kill -KILL "$p" 2>/dev/null || true
	done
	wait "$SERVER_PID" 2>/dev/null || true
	SERVER_PID=
}

# record SERVER ROUND WHAT: the JSON object on stdin as one line of the runs
record()
{
	jq -c --arg server "$1" --argjson round "$2" --arg what "$3" \
		'{server: $server, round: $round, what: $what, result: .}' >>"$RUNS"
}

measure()
{
	local pids
	server_start "$1"
	probe 100 0 >/dev/null || die "$1 does not answer"
	mapfile -t pids < <(tree "$SERVER_PID")
	sleep 2 # into the deepest of its sleeps
	perf/compare/idle_probe.py cpu "$SECONDS_IDLE" "${pids[@]}" | record "$1" "$2" idle
	probe "$COUNT" "$SILENCE" >"$WORK/out" || die "$1: the probe failed"
	record "$1" "$2" first <"$WORK/out"
	probe "$COUNT" 0 >"$WORK/out" || die "$1: the probe failed"
	record "$1" "$2" busy <"$WORK/out"
	server_stop
}

ns_make load
ns_make server
perf/compare/machine.py "$CPU_LOAD" "$CPU_SERVER" | record machine 0 machine
order=$SERVERS
for round in $(seq "$ROUNDS"); do
	for server in $order; do
		echo "round $round of $ROUNDS: $server …" >&2
		measure "$server" "$round"
	done
	order=$(tr ' ' '\n' <<<"$order" | tac | paste -sd' ')
done
mkdir -p perf/results
perf/compare/idle_summary.py "$RUNS" "perf/results/idle-$NAME" "sudo perf/compare/idle.sh$OPTIONS"
