#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# coturn.sh - turnpike and coturn under the same load, in turns, on the same veth pair.
#
#        namespace load                    namespace server
#        turnload, CPU 0                   the server under test, CPU 1
#        clients 198.18.77.1:*  ── veth ── 198.18.77.2:3478, relayed addresses 198.18.77.2:*
#        peer    198.18.77.3:9000
#
# Rounds go A B, B A, A B …: each server is measured beside the other and beside itself. For every server
# and round, each time freshly started: latency at a fixed rate and the highest rate, allocations/s, memory.
#
#   sudo perf/compare/coturn.sh [--build DIR] [--rounds N] [--servers "coturn turnpike"] [--name NAME]
#        [--size BYTES] [--clients N] [--rate R] [--seconds S] [--trial S] [--hold N] [--idle adaptive|poll]
#
# Writes perf/results/coturn-NAME.json and .md (perf/README.md says how to read them).
# A namespace lives as long as the process that holds it: nothing is named or left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."

BUILD=build ROUNDS=3 SERVERS="turnpike coturn" NAME=veth
SIZE=200 CLIENTS=100 RATE=20000 SECONDS_FIXED=4 TRIAL=0.5 HOLD=5000 IDLE=adaptive
BURST=32 WINDOW=64 STORM=5000 STORM_ROUNDS=5 LATENCY_RUNS=3
CPU_LOAD=0 CPU_SERVER=1
CLIENT=198.18.77.1 SERVER=198.18.77.2 PEER=198.18.77.3
OPTIONS=

while [ $# -gt 0 ]; do
	[ $# -ge 2 ] || { echo "coturn.sh: $1 needs a value" >&2 && exit 2; }
	case $1 in
	--build) BUILD=$2 ;;
	--rounds) ROUNDS=$2 ;;
	--servers) SERVERS=$2 ;;
	--name) NAME=$2 ;;
	--size) SIZE=$2 ;;
	--clients) CLIENTS=$2 ;;
	--rate) RATE=$2 ;;
	--seconds) SECONDS_FIXED=$2 ;;
	--trial) TRIAL=$2 ;;
	--hold) HOLD=$2 ;;
	--idle) IDLE=$2 ;;
	*) echo "coturn.sh: unknown argument $1" >&2 && exit 2 ;;
	esac
	# for the record of what was run; make gives --build by itself
	[ "$1" = --build ] || OPTIONS+="${OPTIONS:+ }$1 $2"
	shift 2
done

[ "$(id -u)" = 0 ] || { echo "coturn.sh: needs root: it makes network namespaces" >&2 && exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "coturn.sh: needs two CPUs, one for the load and one for the server" >&2 && exit 1; }

WORK=$(mktemp -d)
chmod 755 "$WORK"
RUNS=$WORK/runs.jsonl
TURN_LINES=()
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
	echo "coturn.sh: $*" >&2
	[ ! -s "$WORK/server.log" ] || tail -n 15 "$WORK/server.log" >&2
	exit 1
}

# quiet COMMAND…: ahead of whatever else runs on the machine, for servers and load alike. The kernel weighs
# sessions against each other (autogroup) and processes only within one, so both weights are set.
quiet()
{
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

# One queue each; no transmit checksum offload: a poll-mode port would see half-done checksums, and coturn,
# measured both ways, is no slower without
topology()
{
	ns_make load
	ns_make server
	ip link add tpload netns "${NS[load]}" type veth peer name tpserver netns "${NS[server]}"
	in_ns load sh -c "ethtool -K tpload tx off >/dev/null; ip addr add $CLIENT/24 dev tpload
		ip addr add $PEER/24 dev tpload; ip link set tpload up"
	in_ns server sh -c "ethtool -K tpserver tx off >/dev/null; ip link set tpserver up"
}

# turnpike_conf [LINE…]: with these lines in [turn]. The receive ring is about as deep as the 4 MiB socket buffer
# that coturn asks for (some 5 400 datagrams of 200 bytes): both ride out the same interruption.
turnpike_conf()
{
	cat <<-END
		[engine]
		runtime-dir = $WORK/run
		[dataplane]
		cores = $CPU_SERVER
		idle = $IDLE
		[port bench]
		device = xdp:tpserver
		address = $SERVER/24
		descriptors = 4096
		buffers = 16384
		[turn]
		listen = $SERVER:3478
		relay = $SERVER 49152-65535
		realm = bench.example
		user = bench:bench
		allow-peer = $PEER
		; one source address makes all allocations, again and again
		unauthenticated-rate = 1000000
		port-quarantine = 0
	END
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

turnpike_command()
{
	mkdir -p "$WORK/run"
	in_ns server ip addr flush dev tpserver
	turnpike_conf "${TURN_LINES[@]}" >"$WORK/turnpike.conf"
	COMMAND=("$PWD/$BUILD/turnpike" run -c "$WORK/turnpike.conf")
}

# Without the parts that are not measured: no TCP, TLS, DTLS, CLI, RFC 5780. One thread for one CPU.
coturn_command()
{
	in_ns server ip addr replace "$SERVER/24" dev tpserver
	COMMAND=(taskset -c "$CPU_SERVER" turnserver -n -L "$SERVER" -E "$SERVER" -p 3478
		--lt-cred-mech --realm bench.example --user bench:bench --relay-threads 1
		--no-cli --no-tcp --no-tls --no-dtls --no-rfc5780 --log-file stdout --simple-log
		--userdb "$WORK/turndb" --pidfile "$WORK/turnserver.pid")
}

# load SUBCOMMAND…: turnload against the server under test
load()
{
	(quiet "$BUILD/turnload" "$1" --json --cpu $CPU_LOAD --server "$SERVER:3478" --client "$CLIENT" \
		--peer "$PEER:9000" --client-ns "/proc/${NS[load]}/ns/net" --peer-ns "/proc/${NS[load]}/ns/net" \
		--user bench --password bench --size "$SIZE" --window $WINDOW "${@:2}")
}

# The server serves when it answers: an unanswered request is repeated for some seconds. Asked from an address
# that the load does not use: coturn remembers the 5-tuple of an allocation for a while after its release.
server_start()
{
	local COMMAND
	"${1}_command"
	(quiet nsenter --net="/proc/${NS[server]}/ns/net" -- "${COMMAND[@]}") >"$WORK/server.log" 2>&1 &
	SERVER_PID=$!
	for _ in 1 2 3 4 5; do
		kill -0 "$SERVER_PID" 2>/dev/null || die "$1 ended instead of serving"
		load hold --clients 1 --client "$PEER" </dev/null >/dev/null 2>&1 && return 0
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

# Resident memory of the server and its children, hugepages included, in KiB
resident()
{
	local p sum=0 n
	for p in $(tree "$SERVER_PID"); do
		n=$(awk '/^(VmRSS|HugetlbPages):/ { n += $2 } END { print n + 0 }' "/proc/$p/status" 2>/dev/null || echo 0)
		sum=$((sum + n))
	done
	echo "$sum"
}

# record SERVER ROUND WHAT: the JSON object on stdin as one line of the runs
record()
{
	jq -c --arg server "$1" --argjson round "$2" --arg what "$3" \
		'{server: $server, round: $round, what: $what, result: .}' >>"$RUNS"
}

# Times that a thread of the server was taken off its CPU for another program
interrupted()
{
	local p
	for p in $(tree "$SERVER_PID"); do
		cat "/proc/$p"/task/*/status 2>/dev/null || true
	done | awk '/^nonvoluntary_ctxt_switches:/ { n += $2 } END { print n + 0 }'
}

# Several runs; summary.py takes the one in which server and generator were interrupted least
measure_latency()
{
	local before after
	for _ in $(seq "$LATENCY_RUNS"); do
		before=$(interrupted)
		load relay --clients "$CLIENTS" --rate "$RATE" --seconds "$SECONDS_FIXED" >"$WORK/out" ||
			die "$1: relay failed"
		after=$(interrupted)
		jq -c --argjson n $((after - before)) '. + {server_interrupted: $n}' "$WORK/out" | record "$1" "$2" latency
		server_stop
		server_start "$1"
	done
}

measure_relay()
{
	server_start "$1"
	measure_latency "$1" "$2"
	load relay --clients "$CLIENTS" --search --trial "$TRIAL" --start 100000 --burst "$BURST" --whole-bursts --gso \
		>"$WORK/out" || die "$1: search failed"
	record "$1" "$2" search <"$WORK/out"
	server_stop
}

measure_allocate()
{
	server_start "$1"
	load allocate --clients "$STORM" --rounds "$STORM_ROUNDS" >"$WORK/out" || die "$1: allocate failed"
	record "$1" "$2" allocate <"$WORK/out"
	server_stop
}

# turnload says when it holds all, and releases when its input ends
measure_memory()
{
	local before after line input
	server_start "$1"
	before=$(resident)
	coproc HOLDER { load hold --clients "$HOLD"; }
	IFS= read -r -t 120 line <&"${HOLDER[0]}" || die "$1: cannot hold $HOLD allocations"
	after=$(resident)
	input=${HOLDER[1]}
	exec {input}>&-
	wait "$HOLDER_PID" || die "$1: cannot hold $HOLD allocations"
	jq -c --argjson before "$before" --argjson after "$after" --argjson held "$HOLD" \
		'{held: $held, before_kib: $before, after_kib: $after,
		  bytes_each: (($after - $before) * 1024 / $held), setup: .}' <<<"$line" | record "$1" "$2" memory
	server_stop
}

# Our tables have their size from the start, so an allocation costs what a larger table takes more: two starts,
# each with room for one permission and one channel an allocation
measure_tables()
{
	local n small large few=10000 many=110000
	for n in $few $many; do
		TURN_LINES=("max-allocations = $n" "max-permissions = $n" "max-channels = $n")
		server_start turnpike
		small=${large:-}
		large=$(resident)
		server_stop
	done
	TURN_LINES=()
	jq -n --argjson few "$few" --argjson many "$many" --argjson small "$small" --argjson large "$large" \
		'{allocations: [$few, $many], kib: [$small, $large],
		  bytes_each: (($large - $small) * 1024 / ($many - $few))}' | record turnpike "$1" tables
}

# What the load alone can do here: straight to a socket in the server's namespace
measure_generator()
{
	in_ns server ip addr replace "$SERVER/24" dev tpserver
	(quiet "$BUILD/turnload" relay --direct --json --cpu $CPU_LOAD --client "$CLIENT" --peer "$SERVER:9000" \
		--client-ns "/proc/${NS[load]}/ns/net" --peer-ns "/proc/${NS[server]}/ns/net" --size "$SIZE" \
		--clients "$CLIENTS" --search --trial "$TRIAL" --start 400000 --width 0.05 --votes 1 \
		--burst "$BURST" --whole-bursts --gso) | record generator 0 search
}

topology
perf/compare/machine.py "$CPU_LOAD" "$CPU_SERVER" | record machine 0 machine
echo "the load generator alone …"
measure_generator
order=$SERVERS
for round in $(seq "$ROUNDS"); do
	for server in $order; do
		echo "round $round of $ROUNDS: $server …"
		measure_relay "$server" "$round"
		measure_allocate "$server" "$round"
		measure_memory "$server" "$round"
		[ "$server" != turnpike ] || measure_tables "$round"
	done
	order=$(tr ' ' '\n' <<<"$order" | tac | paste -sd' ')
done
mkdir -p perf/results
perf/compare/summary.py "$RUNS" "perf/results/coturn-$NAME" "sudo make compare${OPTIONS:+ ARGS=\"$OPTIONS\"}"
