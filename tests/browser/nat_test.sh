#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# nat_test.sh - a call between two browsers, each behind a NAT of its own, the second one symmetric.
#
#   a (Chromium) ── nat1 (masquerade) ────────┐
#                                             ├── server
#   b (Chromium) ── nat2 (masquerade random) ─┘
#
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

# behind NAT HOST NUMBER FLAG: HOST gets 192.168.NUMBER.2 behind NAT
behind()
{
	local nat=$1 host=$2 net=192.168.$3 flag=$4
	ns_make "$host"
	veth "$host" eth0 "$nat" inside
	in_ns "$host" sh -c "ip addr add $net.2/24 dev eth0; ip route add default via $net.1"
	in_ns "$nat" sh -c "ip addr add $net.1/24 dev inside; echo 1 >/proc/sys/net/ipv4/ip_forward
		nft -f -" <<-EOF
		table ip nat {
			chain out {
				type nat hook postrouting priority srcnat;
				oifname "eth0" masquerade $flag
			}
		}
	EOF
}

lab_up nat1 nat2
behind nat1 a 1 ""
behind nat2 b 2 random,fully-random
lab_serve
/usr/bin/python3 "$ROOT/tests/browser/call.py" a 1 b 2
