# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# lib.sh - what the comparisons share: namespaces, weight, servers, records. Sourced in the root of the tree.
#
#        namespace load                       namespace server
#        turnpike-bench, CPU 0                the server under test, CPU 1
#        clients, peer 198.18.77.10 …  ─────  198.18.77.2:3478, relayed addresses too
#                              veth or memif
#
# A server is started freshly for each measurement, on a fresh link, and a measurement that fails is recorded
# as such and leaves the others alone. A namespace lives as long as the process that holds it: nothing is named
# or left behind. Of coturn, an allocation's 5-tuple is remembered for a while after its release, and refused.
#
# The sourcing script sets the defaults of its own options, names them in OPTIONS (name -> variable), and calls
# lab_begin "$@".

ME=$(basename "$0" .sh)
# shellcheck disable=SC2034 # some are for the sourcing script alone
BUILD=build ROUNDS=3 TRIAL=0.5 NAME=$ME RESULTS=perf/results PARTS=
CPU_LOAD=0 CPU_SERVER=1
NET=198.18.77 SERVER=198.18.77.2
BED=veth            # or memif
MODE=generic        # of XDP on both ends of the veth pair; what the server gets can differ
SERVER_MODE=
LIMIT=900           # seconds for one call of turnpike-bench
DEVICE_LINES=() TURN_LINES=()
declare -A OPTIONS=([build]=BUILD [rounds]=ROUNDS [trial]=TRIAL [name]=NAME [results]=RESULTS [part]=PARTS)
declare -A NS=()
SERVER_PID='' WORK='' GIVEN=''

complain()
{
	echo "$ME: $*" >&2
}

die()
{
	complain "$*"
	[ ! -s "$WORK/server.log" ] || tail -n 15 "$WORK/server.log" >&2
	exit 1
}

# --- start and end ----------------------------------------------------------------------

lab_options()
{
	while [ $# -gt 0 ]; do
		if [ "$1" = --help ]; then
			sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
			exit 0
		fi
		[ $# -ge 2 ] || { complain "$1 needs a value" && exit 2; }
		[ -n "${OPTIONS[${1#--}]:-}" ] || { complain "unknown argument $1; --help lists what there is" && exit 2; }
		printf -v "${OPTIONS[${1#--}]}" %s "$2"
		case $1 in --build | --results) ;; *) GIVEN+=" $1 $(printf %q "$2")" ;; esac
		shift 2
	done
}

lab_begin()
{
	lab_options "$@"
	[ "$(id -u)" = 0 ] || { complain "needs root: it makes network namespaces" && exit 1; }
	[ "$(nproc)" -ge 2 ] || { complain "needs two CPUs, one for the load and one for the server" && exit 1; }
	[ -x "$BUILD/turnpike-bench" ] || { complain "$BUILD/turnpike-bench is not built: run make" && exit 1; }
	SERVER_MODE=${SERVER_MODE:-$MODE}
	WORK=$(mktemp -d)
	chmod 755 "$WORK"
	INDEX=$WORK/index.jsonl ROWS=$WORK/rows
	touch "$INDEX" "$ROWS"
	trap lab_end EXIT
	trap 'exit 130' INT TERM
	ns_make load
	ns_make server
}

lab_end()
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

# wanted PART: --part names the parts to run, all when it is not given
wanted()
{
	[ -z "$PARTS" ] || [[ " ${PARTS//,/ } " = *" $1 "* ]]
}

# in_turns COMMAND SIDE…: COMMAND SIDE ROUND for every side and round, in the order A B, B A, A B …
in_turns()
{
	local command=$1 round side sides=("${@:2}") i
	for round in $(seq "$ROUNDS"); do
		for i in $(seq ${#sides[@]}); do
			[ $((round % 2)) = 1 ] && side=${sides[$((i - 1))]} || side=${sides[-$i]}
			echo "$(date +%T) round $round of $ROUNDS: $side …" >&2
			"$command" "$side" "$round"
		done
	done
}

# quiet COMMAND…: ahead of whatever else runs on the machine, for servers and load alike. The kernel weighs
# sessions against each other (autogroup) and processes only within one, so both weights are set.
quiet()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec setsid -w setpriv --pdeathsig TERM sh -c \
		'echo -19 2>/dev/null >/proc/self/autogroup || true; exec nice -n -15 "$@"' - "$@"
}

# until_true SECONDS COMMAND…: asks again and again, 50 times a second
until_true()
{
	local end=$((SECONDS + $1))
	until "${@:2}"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# --- the link ---------------------------------------------------------------------------

in_ns()
{
	nsenter --net="/proc/${NS[$1]}/ns/net" -- "${@:2}"
}

in_other_ns()
{
	local there
	there=$(readlink "/proc/$1/ns/net" 2>/dev/null) && [ "$there" != "$(readlink /proc/self/ns/net)" ]
}

ns_make()
{
	setpriv --pdeathsig KILL unshare --net sleep infinity &
	NS[$1]=$!
	disown
	until_true 10 in_other_ns "${NS[$1]}" || die "no network namespace"
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; ip link set lo up'
}

# A fresh pair, so that no XDP program, address or neighbour of the server before is left. One queue each; no
# transmit checksum offload: a poll-mode port would see half-done checksums, and coturn is no slower without.
link_make()
{
	rm -f "$WORK/memif.sock"
	[ "$BED" = veth ] || return 0
	in_ns load ip link del tpload 2>/dev/null || true
	ip link add tpload netns "${NS[load]}" type veth peer name tpserver netns "${NS[server]}"
	in_ns load sh -c 'ethtool -K tpload tx off >/dev/null; ip link set tpload up'
	in_ns server sh -c 'ethtool -K tpserver tx off >/dev/null; ip link set tpserver up'
}

# xdp IFACE MODE: the driver's own mode is what DPDK takes without a word
xdp_device()
{
	echo "xdp:$1,mode=$2"
}

# --- servers ----------------------------------------------------------------------------

turnpike_device()
{
	if [ "$BED" = veth ]; then
		xdp_device tpserver "$SERVER_MODE"
		# about as deep as the 4 MiB socket buffer that coturn asks for (some 5 400 datagrams of 200 bytes)
		echo "descriptors = 4096"
	else
		echo "memif:$WORK/memif.sock,rsize=11"
		echo "descriptors = 2048"
	fi
}

turnpike_conf()
{
	local device
	device=$(turnpike_device)
	cat <<-END
		[engine]
		runtime-dir = $WORK/run
		[dataplane]
		cores = $CPU_SERVER
		idle = ${IDLE:-adaptive}
		memory = ${MEMORY:-512}
		[port bench]
		device = $device
		buffers = 16384
		address = $SERVER/16
	END
	[ ${#DEVICE_LINES[@]} -eq 0 ] || printf '%s\n' "${DEVICE_LINES[@]}"
	# one source address makes all allocations, again and again
	cat <<-END
		[turn]
		listen = $SERVER:3478
		relay = $SERVER 4000-65535
		realm = bench.example
		user = bench:bench
		allow-peer = 198.18.0.0/16
		unauthenticated-rate = 1000000
		port-quarantine = 0
	END
	[ ${#TURN_LINES[@]} -eq 0 ] || printf '%s\n' "${TURN_LINES[@]}"
}

turnpike_command()
{
	mkdir -p "$WORK/run"
	turnpike_conf >"$WORK/turnpike.conf"
	COMMAND=("$BUILD/turnpike" run -c "$WORK/turnpike.conf")
}

turnpike_ready()
{
	grep -q '^turnpike: ready' "$WORK/server.log"
}

# Without the parts that are not measured: no TCP, TLS, DTLS, CLI, RFC 5780. One thread for one CPU.
coturn_command()
{
	in_ns server ip addr add "$SERVER/16" dev tpserver
	COMMAND=(taskset -c "$CPU_SERVER" turnserver -n -L "$SERVER" -E "$SERVER" -p 3478
		--lt-cred-mech --realm bench.example --user bench:bench --relay-threads 1
		--no-cli --no-tcp --no-tls --no-dtls --no-rfc5780 --log-file stdout --simple-log
		--userdb "$WORK/turndb" --pidfile "$WORK/turnserver.pid")
}

# Its socket is there; what it does not answer yet is asked again
coturn_ready()
{
	in_ns server grep -q ':0D96 ' /proc/net/udp
}

hugepages_mib()
{
	awk '/^HugePages_Free:/ { n = $2 } /^Hugepagesize:/ { print int(n * $2 / 1024) }' /proc/meminfo
}

# macswap: DPDK's own forwarder, the least that a program on this port can do. The link of a memif comes up only
# with its client.
testpmd_command()
{
	local memory device
	[ "$(hugepages_mib)" -ge 200 ] && memory="-m 200" || memory="--no-huge -m 200"
	if [ "$BED" = veth ]; then
		device=net_af_xdp0,iface=tpserver
	else
		device=net_memif0,role=server,socket=$WORK/memif.sock,socket-abstract=no,rsize=11
	fi
	# shellcheck disable=SC2206 # $memory is words
	COMMAND=(stdbuf -oL dpdk-testpmd --in-memory --no-telemetry $memory --lcores "0@$CPU_LOAD,1@$CPU_SERVER"
		--main-lcore 0 --no-pci --vdev "$device" -- --total-num-mbufs=16384 --forward-mode=macswap
		--rxd=2048 --txd=2048 --burst=64 --disable-link-check --auto-start --stats-period "${STATS_PERIOD:-1000}"
		--record-core-cycles)
}

testpmd_ready()
{
	grep -q 'packet forwarding - ports=' "$WORK/server.log" &&
		{ [ "$BED" = veth ] || [ -S "$WORK/memif.sock" ]; }
}

ready_or_gone()
{
	"$1_ready" || ! kill -0 "$SERVER_PID" 2>/dev/null
}

# server_start turnpike|coturn|testpmd
server_start()
{
	local COMMAND
	link_make
	: >"$WORK/server.log"
	"${1}_command"
	(quiet nsenter --net="/proc/${NS[server]}/ns/net" -- "${COMMAND[@]}") </dev/null >"$WORK/server.log" 2>&1 &
	SERVER_PID=$!
	until_true 30 ready_or_gone "$1" || die "$1 is not ready within 30 s"
	kill -0 "$SERVER_PID" 2>/dev/null || die "$1 ended instead of serving"
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

server_gone()
{
	! kill -0 "$SERVER_PID" 2>/dev/null
}

server_stop()
{
	local p all
	[ -n "$SERVER_PID" ] || return 0
	all=$(tree "$SERVER_PID")
	kill -TERM "$SERVER_PID" 2>/dev/null || true
	until_true 10 server_gone || true
	for p in $all; do
		kill -KILL "$p" 2>/dev/null || true
	done
	wait "$SERVER_PID" 2>/dev/null || true
	SERVER_PID=
}

# Resident memory of the server and its children, hugepages included, in KiB
resident()
{
	local p
	for p in $(tree "$SERVER_PID"); do
		cat "/proc/$p/status" 2>/dev/null || true
	done | awk '/^(VmRSS|HugetlbPages):/ { n += $2 } END { print n + 0 }'
}

# Times that a thread of the server was taken off its CPU for another program
interrupted()
{
	local p
	[ -n "$SERVER_PID" ] || { echo 0 && return; }
	for p in $(tree "$SERVER_PID"); do
		cat "/proc/$p"/task/*/status 2>/dev/null || true
	done | awk '/^nonvoluntary_ctxt_switches:/ { n += $2 } END { print n + 0 }'
}

# --- measurements -----------------------------------------------------------------------

# bench COMMAND…: turnpike-bench in the load namespace, pinned, on the bed's port
bench()
{
	local port=(--port "$(xdp_device tpload "$MODE")" --address "$NET.10/16")
	[ "$BED" = veth ] ||
		port=(--port "memif:$WORK/memif.sock,role=client,rsize=11" --descriptors 2048 --address 198.18.100.10/16)
	(quiet nsenter --net="/proc/${NS[load]}/ns/net" -- timeout "$LIMIT" "$BUILD/turnpike-bench" "$1" \
		"${port[@]}" --cpu "$CPU_LOAD" --quiet "${@:2}")
}

# As a TURN client; `forward` needs only a place that the packets may go to
turn()
{
	bench "$1" --server "$SERVER:3478" --user bench --password bench "${@:2}"
}

forward()
{
	bench forward --destination "$SERVER:9" --mac 02:00:00:00:00:02 "$@"
}

# record SIDE ROUND VARIANT FILE [INTERRUPTED]
record()
{
	jq -nc --arg side "$1" --argjson round "$2" --arg variant "$3" --arg file "$4" --argjson n "${5:-0}" \
		'{side: $side, round: $round, variant: $variant, file: $file, interrupted: $n}' >>"$INDEX"
}

# record_value SIDE ROUND VARIANT METRIC UNIT higher|lower VALUE
record_value()
{
	local file
	file=$(mktemp "$WORK/value.XXXXXX")
	jq -n --arg m "$4" --arg unit "$5" --arg better "$6" --argjson v "$7" \
		'{metrics: {($m): {unit: $unit, better: $better, values: [$v]}}}' >"$file"
	record "$1" "$2" "$3" "$file"
}

# record_doubt SIDE ROUND VARIANT SENTENCE
record_doubt()
{
	local file
	complain "$1, round $2, $3: $4"
	file=$(mktemp "$WORK/value.XXXXXX")
	jq -n --arg d "$4" '{doubts: [$d]}' >"$file"
	record "$1" "$2" "$3: failed" "$file"
}

# measure SIDE ROUND VARIANT COMMAND…: COMMAND (turn … or forward …) with its result recorded. False when there
# is none.
measure()
{
	local file before rc=0
	file=$(mktemp "$WORK/result.XXXXXX")
	before=$(interrupted)
	"${@:4}" --name "$3" --json "$file" >/dev/null 2>"$WORK/bench.log" || rc=$?
	if [ "$rc" = 0 ]; then
		record "$1" "$2" "$3" "$file" $(($(interrupted) - before))
	else
		record_doubt "$1" "$2" "$3" "$(grep '^turnpike-bench: ' "$WORK/bench.log" | tail -n 1 || true) (exit $rc)"
	fi
	LAST=$file
	return "$rc"
}

# found METRIC: what the last measurement found, rounded down
found()
{
	jq --arg m "$1" '.metrics[$m].values[0] | floor' "$LAST"
}

# fresh SIDE ROUND VARIANT COMMAND…: the same against a server started for it
fresh()
{
	local rc=0
	server_start "$1"
	measure "$@" || rc=$?
	server_stop
	return "$rc"
}

# --- the report -------------------------------------------------------------------------

# section TITLE A B; then row LABEL A-SIDE A-METRIC B-SIDE B-METRIC [MUST AIM]: A to B, e.g. '>=4' '>=6'
section()
{
	(IFS='|' && echo "section|$*") >>"$ROWS"
}

row()
{
	(IFS='|' && echo "row|$*") >>"$ROWS"
}

# note SENTENCE: below the tables
note()
{
	echo "note|$*" >>"$ROWS"
}

# report TITLE
report()
{
	mkdir -p "$RESULTS"
	perf/compare/report.py "$INDEX" "$ROWS" "$RESULTS/$NAME" "sudo perf/compare/$ME.sh$GIVEN" "$1"
}
