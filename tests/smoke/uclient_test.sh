#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# uclient_test.sh - coturn's own clients through the relay: every message arrives, in every mode.
#
#   client (uclient) ── server ── peer (turnutils_peer)
#
# {channels, Send} × {peer echo, client-to-client} × {IPv4, IPv6} × {default, -g, -D, -c, -Z}
# Debian's uclient binds channels up to 0x7FFF: channel-range = rfc5766.
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

TURN="channel-range = rfc5766"
lab_up client peer
lab_serve
echo_peer

# relayed FLAGS... SERVER: uclient's totals say that all came back whole
relayed()
{
	local out sent received lost
	out=$(in_ns client timeout 40 turnutils_uclient -u "$USER1" -w "$PASS1" -n 20 -m 2 -l 170 "$@" 2>&1) || true
	sent=$(sed -n 's/.*tot_send_bytes ~ \([0-9]*\).*/\1/p' <<<"$out" | tail -n 1)
	received=$(sed -n 's/.*tot_recv_bytes ~ \([0-9]*\).*/\1/p' <<<"$out" | tail -n 1)
	lost=$(sed -n 's/.*Total lost packets \([0-9]*\).*/\1/p' <<<"$out" | tail -n 1)
	[ "${sent:-0}" -gt 0 ] && [ "$sent" = "$received" ] && [ "$lost" = 0 ] && return 0
	echo "sent ${sent:-nothing} received ${received:-nothing} lost ${lost:-?}: uclient $*"
	echo "$out" | tail -n 15
	return 1
}

# Fourteen at a time: a run is mostly waiting
rows=0
row()
{
	rows=$((rows + 1))
	[ "$(jobs -rp | wc -l)" -lt $((14 + STANDING)) ] || wait -n || true
	check "$@" >"$LAB/row.$(printf %03d "$rows")" &
	ROWS+=("$!")
}
ROWS=()
STANDING=$(jobs -rp | wc -l)

for family in 4 6; do
	if [ "$family" = 4 ]; then
		address=${SERVER4[client]} echo=${HOST4[peer]} relay=
	else
		address=${SERVER6[client]} echo=${HOST6[peer]} relay=-x
	fi
	for method in "" -s; do
		for to in "-e $echo" -y; do
			for mode in "" -g -D -c -Z; do
				# dual allocations ask for both families themselves
				[ "$mode" = -Z ] && family_flag= || family_flag=$relay
				# shellcheck disable=SC2086 # flags
				row "IPv$family ${method:-channels} $([ "$to" = -y ] && echo client-to-client || echo echo) ${mode:-default}" \
					relayed $method $to $mode $family_flag "$address"
			done
		done
	done
done
row "IPv4 client, IPv6 peer" relayed -x -e "${HOST6[peer]}" "${SERVER4[client]}"
row "IPv6 client, IPv4 peer" relayed -X -e "${HOST4[peer]}" "${SERVER6[client]}"
wait "${ROWS[@]}" || true
cat "$LAB"/row.*
! grep -q '^not ok' "$LAB"/row.* || FAILED=1

# stunclient prints the address that the server saw: ours has no NAT on the way
mapped()
{
	in_ns client timeout 10 turnutils_stunclient "$1" 2>&1 | grep -F "UDP reflexive addr: $2:"
}
check "stunclient over IPv4" mapped "${SERVER4[client]}" "${HOST4[client]}"
check "stunclient over IPv6" mapped "${SERVER6[client]}" "${HOST6[client]}"
