#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# demo_test.sh - `make run` does what it prints: each line that it says to try works as printed, in its namespace.
#
#   server (kernel 198.18.0.1 ── turnpike0 ── engine 198.18.0.2)
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

[ "$SUT" = turnpike ] || skip "our demo"
# shellcheck disable=SC2119 # no links
lab_up
cd "$ROOT"

mkfifo "$LAB/out"
nsenter --net="/proc/${NS[server]}/ns/net" -- setpriv --pdeathsig TERM \
	env --default-signal=INT scripts/demo >"$LAB/out" 2>"$LAB/server.log" &
SERVER_PID=$!
exec 8<"$LAB/out"
said() # said PATTERN: its next line that has this
{
	local line
	while IFS= read -r -t 300 line <&8; do
		echo "$line" >>"$LAB/said"
		# shellcheck disable=SC2053 # a pattern
		[[ $line == $1 ]] && return 0
	done
	return 1
}
check "turnpike: ready" said 'turnpike: ready*'
check "and how to try it" said 'Ctrl-C ends it.'

# the lines that it indents are for a shell; the echo peer stays in the background until the end of the test
sed -n 's/^    //p' "$LAB/said" >"$LAB/lines"
lossless()
{
	local out
	out=$(in_ns server timeout 60 sh -c "$1" 2>&1) || true
	echo "$1"
	echo "$out" | tail -n 5
	grep -qF 'Total lost packets 0 ' <<<"$out"
}
check "two clients, relayed to each other: 0 lost" lossless "$(grep 'uclient -y' "$LAB/lines")"
background server sh -c "exec $(sed -n 's/^\(turnutils_peer.*\) &$/\1/p' "$LAB/lines")" >/dev/null
until_true 5 in_ns server grep -q ':0D98 ' /proc/net/udp || die "no echo peer"
check "a client and an echo peer: 0 lost" lossless "$(grep 'uclient -e' "$LAB/lines")"
check "show" in_ns server sh -c "$(grep ' show ' "$LAB/lines")"
check "Ctrl-C: exit 0" lab_stop INT
gone()
{
	! in_ns server ip link show turnpike0
}
check "and no tap is left" gone
