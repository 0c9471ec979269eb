# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
#
# lab.sh - the laboratory of the namespace tests: source it, raise a topology, start a server.
#
#        client ─┐                     Each host has a namespace and a veth pair of its own to the
#                ├── server            server's. Link number i (from 1, in the order named):
#        peer   ─┘                     10.77.i.1 and fd77:i::1 the server's, .2 and ::2 the host's.
#
#   lab_up client peer                 raise it                        ${HOST4[peer]} ${SERVER6[client]} …
#   lab_serve                          start the server under test, wait until it serves, fail with its log
#   in_ns client COMMAND…              run inside (server too)
#   check "what must hold" COMMAND…    prints "ok …" or "not ok …" and fails the test at its end
#
# From the caller, before lab_serve: lines for sections in TURN, ENGINE, DATAPLANE, PORT[name]; and CORES.
# A line there replaces the laboratory's own line of that key.
# From outside: SUT=coturn runs the test against turnserver instead, to see that a test is not tailored to us;
# DEVICE=xdp|packet|tap; TURNPIKE=FILE another binary; KEEP=1 keeps the directory with logs.
#
# A namespace lives as long as the process that holds it, and that dies with the script: nothing is
# mounted, named or left behind, and it works in a chroot.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SUT=${SUT:-turnpike}
DEVICE=${DEVICE:-xdp}
TURNPIKE=${TURNPIKE:-$ROOT/build/turnpike}
# the last CPU that we may use
CORES=${CORES:-$(sed -n 's/^Cpus_allowed_list:.*[^0-9]\([0-9]*\)$/\1/p' /proc/self/status)}
TURN='' ENGINE='' DATAPLANE=''
REALM=example.org USER1=alice PASS1=wonderland
export PYTHONPATH=$ROOT/tests/harness PYTHONDONTWRITEBYTECODE=1 SUT TURNPIKE

declare -A NS=() HOST4=() HOST6=() SERVER4=() SERVER6=() PORT=()
LINKS=() PIDS=() FAILED=0 SERVER_PID='' RELAY4='' RELAY6=''
LAB=$(mktemp -d)
export LAB
chmod 755 "$LAB"
export RUN_DIR=$LAB/run
trap lab_down EXIT
trap 'exit 130' INT TERM

die()
{
	echo "$*" >&2
	exit 1
}

skip()
{
	echo "skipped: $*"
	exit 77
}

[ "$(id -u)" = 0 ] || die "needs root: it makes network namespaces"

lab_down()
{
	local rc=$? p
	trap - EXIT
	[ "$FAILED" = 0 ] || rc=1
	if [ "$rc" != 0 ] && [ "$rc" != 77 ] && [ -s "$LAB/server.log" ]; then
		echo "--- last lines of the server under test ---"
		tail -n 40 "$LAB/server.log"
	fi
	# shellcheck disable=SC2119
	lab_stop >/dev/null 2>&1 || true
	for p in "${PIDS[@]}" "${NS[@]}"; do
		kill -KILL "$p" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $LAB"
	else
		rm -rf "$LAB"
	fi
	exit "$rc"
}

# in_ns NAME COMMAND...
in_ns()
{
	nsenter --net="/proc/${NS[$1]}/ns/net" -- "${@:2}"
}

# background NAME COMMAND...: as in_ns, killed at the end of the test; its pid in BG
background()
{
	nsenter --net="/proc/${NS[$1]}/ns/net" -- setpriv --pdeathsig KILL "${@:2}" &
	BG=$!
	PIDS+=("$BG")
}

# check "what must hold" COMMAND...
check()
{
	local what=$1 out=$LAB/check.$BASHPID
	shift
	# in this shell, so that a command may wait for its children
	if "$@" >"$out" 2>&1; then
		echo "ok $what"
	else
		echo "not ok $what"
		tail -n 25 "$out" | sed 's/^/    /'
		FAILED=1
	fi
}

# until_true SECONDS COMMAND...: for states that nothing announces
until_true()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# echo_peer: coturn's echo server on the peer's ports 3480 and 3481, both families
echo_peer()
{
	background peer turnutils_peer -L "${HOST4[peer]}" -L "${HOST6[peer]}" -p 3480 >/dev/null
	until_true 5 in_ns peer sh -c 'grep -q ":0D98 " /proc/net/udp && grep -q ":0D98 " /proc/net/udp6' || die "no echo peer"
}

ns_make()
{
	local name=$1 here there
	setpriv --pdeathsig KILL unshare --net sleep infinity &
	NS[$name]=$!
	export "NS_$name=$!"
	here=$(readlink /proc/self/ns/net)
	# the holder is in its namespace from its unshare call on
	until there=$(readlink "/proc/${NS[$name]}/ns/net" 2>/dev/null) && [ "$there" != "$here" ]; do sleep 0.01; done
	in_ns "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad
		echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations
		ip link set lo up'
}

# veth NAME-A IF-A NAME-B IF-B: a link without transmit checksum offload, which a poll-mode port would see half-done
veth()
{
	ip link add "$2" netns "${NS[$1]}" mtu 1500 type veth peer name "$4" netns "${NS[$3]}" mtu 1500
	in_ns "$1" sh -c "ethtool -K $2 tx off >/dev/null 2>&1; ip link set $2 up"
	in_ns "$3" sh -c "ethtool -K $4 tx off >/dev/null 2>&1; ip link set $4 up"
}

lab_addresses()
{
	local name=$1 i=$2
	SERVER4[$name]=10.77.$i.1 HOST4[$name]=10.77.$i.2
	SERVER6[$name]=fd77:$i::1 HOST6[$name]=fd77:$i::2
}

# host_addresses NAME IF: the kernel's side of a link, with the server as the way to everything else
host_addresses()
{
	in_ns "$1" sh -c "ip addr add ${HOST4[$1]}/24 dev $2
		ip addr add ${HOST6[$1]}/64 dev $2 nodad
		ip route add default via ${SERVER4[$1]}
		ip -6 route add default via ${SERVER6[$1]}"
}

lab_up()
{
	local name i=0
	ns_make server
	for name in "$@"; do
		i=$((i + 1))
		LINKS+=("$name")
		ns_make "$name"
		lab_addresses "$name" "$i"
		RELAY4=${SERVER4[$name]} RELAY6=${SERVER6[$name]}
		[ "$DEVICE" = tap ] && [ "$SUT" = turnpike ] && continue
		veth "$name" eth0 server "$name"
		host_addresses "$name" eth0
		# the engine owns the server's end alone: the kernel must not answer there
		[ "$SUT" = turnpike ] || continue
		in_ns server sh -c "echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6"
	done
	# relayed addresses are on the peer's link, or on the last one
	[ -z "${SERVER4[peer]:-}" ] || RELAY4=${SERVER4[peer]} RELAY6=${SERVER6[peer]}
	export RELAY4 RELAY6
}

# section HEADER LINES KEY=DEFAULT...: the lines, and the default of each key that they do not have
section()
{
	local lines=$2 default
	printf '[%s]\n' "$1"
	shift 2
	for default in "$@"; do
		grep -q "^${default%%=*} *=" <<<"$lines" || printf '%s = %s\n' "${default%%=*}" "${default#*=}"
	done
	[ -z "$lines" ] || printf '%s\n' "$lines"
}

turnpike_conf()
{
	local name listen=() allow=()
	section engine "$ENGINE" "runtime-dir=$RUN_DIR"
	section dataplane "$DATAPLANE" "cores=$CORES" memory=256 idle=adaptive
	for name in "${LINKS[@]}"; do
		section "port $name" "${PORT[$name]:-}" "device=$DEVICE:$name" "address=${SERVER4[$name]}/24" "address=${SERVER6[$name]}/64"
		listen+=("listen=${SERVER4[$name]}:3478" "listen=[${SERVER6[$name]}]:3478")
		# exactly the links' hosts
		allow+=("allow-peer=${HOST4[$name]}" "allow-peer=${HOST6[$name]}")
	done
	section turn "$TURN" "realm=$REALM" "user=$USER1:$PASS1" max-allocations=4096 "${listen[@]}" "${allow[@]}" \
		"relay=$RELAY4 49152-65535" "relay=$RELAY6 49152-65535"
}

turnpike_command()
{
	mkdir -p "$RUN_DIR"
	turnpike_conf >"$LAB/turnpike.conf"
	SERVER=("$TURNPIKE" run -c "$LAB/turnpike.conf")
	READY='turnpike: ready*'
}

# The keys of TURN in coturn's words; a test that needs more is ours alone
coturn_command()
{
	local name key value
	SERVER=(turnserver -n --log-file stdout --simple-log --no-cli --no-tcp --no-tls --no-dtls --no-rfc5780
		--lt-cred-mech --realm "$REALM" --userdb "$LAB/turndb" --pidfile "$LAB/pid"
		--relay-threads 1 --relay-ip "$RELAY4" --relay-ip "$RELAY6")
	for name in "${LINKS[@]}"; do
		in_ns server sh -c "ip addr add ${SERVER4[$name]}/24 dev $name; ip addr add ${SERVER6[$name]}/64 dev $name nodad" \
			2>/dev/null || true
		SERVER+=(--listening-ip "${SERVER4[$name]}" --listening-ip "${SERVER6[$name]}")
	done
	grep -q '^user *=' <<<"$TURN" || SERVER+=(--user "$USER1:$PASS1")
	while IFS='= ' read -r key value; do
		case $key in
		'' | channel-range | default-lifetime | min-lifetime | allow-peer | port-quarantine | nonce-lifetime | unauthenticated-rate) ;;
		user) SERVER+=("--user=$value") ;;
		secret) SERVER+=(--use-auth-secret "--static-auth-secret=$value") ;;
		max-lifetime) SERVER+=("--max-allocate-lifetime=$value") ;;
		permission-lifetime) SERVER+=("--permission-lifetime=$value") ;;
		channel-lifetime) SERVER+=("--channel-lifetime=$value") ;;
		relay) value=${value#* } && SERVER+=("--min-port=${value%-*}" "--max-port=${value#*-}") ;;
		user-quota) SERVER+=("--user-quota=$value") ;;
		*) skip "coturn has no counterpart of $key" ;;
		esac
	done <<<"$TURN"
	READY='*SQLite DB connection success*'
}

# lab_serve: start it; returns when it says that it serves
lab_serve()
{
	local line name ready='' pipe=$LAB/ready
	case $SUT in
	turnpike) turnpike_command ;;
	coturn) coturn_command ;;
	*) die "SUT=$SUT: turnpike or coturn" ;;
	esac
	rm -f "$pipe"
	mkfifo "$pipe"
	nsenter --net="/proc/${NS[server]}/ns/net" -- setpriv --pdeathsig TERM "${SERVER[@]}" >"$pipe" 2>>"$LAB/server.log" &
	SERVER_PID=$!
	exec 9<"$pipe"
	while IFS= read -r -t "${READY_TIMEOUT:-30}" line <&9; do
		echo "$line" >>"$LAB/server.log"
		# shellcheck disable=SC2053 # a pattern
		[[ $line == $READY ]] && ready=1 && break
	done
	[ -n "$ready" ] || die "the server did not become ready"
	cat <&9 >>"$LAB/server.log" &
	exec 9<&-
	[ "$DEVICE" = tap ] && [ "$SUT" = turnpike ] || return 0
	for name in "${LINKS[@]}"; do
		in_ns server sh -c "ip link set $name down; ip link set $name netns ${NS[$name]} name eth0"
		in_ns "$name" ip link set eth0 up
		host_addresses "$name" eth0
	done
}

# lab_stop [SIGNAL]: end the server as an operator would; returns its exit code
# shellcheck disable=SC2119,SC2120 # the signal is for tests
lab_stop()
{
	local rc=0 pid=$SERVER_PID
	[ -n "$pid" ] || return 0
	SERVER_PID=
	kill "-${1:-TERM}" "$pid" 2>/dev/null || true
	( sleep 10; kill -KILL "$pid" ) 2>/dev/null &
	local guard=$!
	wait "$pid" || rc=$?
	kill "$guard" 2>/dev/null || true
	return "$rc"
}

show()
{
	"$TURNPIKE" show "$@" --runtime-dir "$RUN_DIR"
}
