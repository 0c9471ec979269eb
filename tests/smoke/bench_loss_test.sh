#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# bench_loss_test.sh - what a bad path loses, changes, doubles, swaps or sends astray turnpike-bench reports, to the
# packet: bad_forwarder.py stands behind `forward`, an nftables rule that drops every tenth packet behind coturn.
#
#   client: the generator ── server
#
# shellcheck source=tests/smoke/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"

SUT=coturn
bench_up client
in_ns server ip addr add 10.77.1.1/24 dev client

# forward through the forwarder that does what its argument says, of every tenth packet
forwarded()
{
	local rc=0
	background server /usr/bin/python3 "$ROOT/tests/smoke/bench_forwarder.py" 10.77.1.1 9 "$1" >/dev/null
	until_true 5 in_ns server sh -c 'grep -q ":0009 " /proc/net/udp' || die "no forwarder"
	carried forward --port xdp:eth0 --address 10.77.1.2/24 --destination 10.77.1.1:9 --size 120 "${GENTLE[@]}" || rc=1
	kill "$BG"
	wait "$BG" 2>/dev/null || true
	return "$rc"
}
check "an honest forwarder" forwarded honest
EXPECT="t['received'] == 270 and abs(t['loss'] - 0.1) < 1e-6 and t['corrupt'] == 0" check "every tenth lost" forwarded lose
EXPECT="t['received'] == 270 and t['corrupt'] == 30 and j['doubts']" check "every tenth changed, in its last byte" forwarded change
EXPECT="t['received'] == 270 and t['corrupt'] == 30" check "every tenth cut" forwarded cut
EXPECT="t['received'] == 300 and t['duplicates'] == 30 and t['loss'] == 0" check "every tenth twice" forwarded twice
EXPECT="t['received'] == 300 and t['reordered'] == 30 and t['loss'] == 0" check "every tenth late" forwarded late

command -v nft >/dev/null || skip "no nft"
lab_serve
drop()
{
	in_ns server nft -f - <<NFT
table ip bench {
	chain in {
		type filter hook input priority 0;
		udp dport 3478 @th,64,2 1 numgen inc mod 10 == 0 drop
	}
}
NFT
}
# ChannelData begins with the bits 01: requests are left alone
check "coturn, a rule that drops every tenth ChannelData" drop
EXPECT="t['sent'] == 300 and t['received'] == 270 and abs(t['loss'] - 0.1) < 1e-6 and t['corrupt'] == 0" \
	check "is a loss of 10 %" carried relay "${on4[@]}" "${who[@]}" "${GENTLE[@]}"
EXPECT="t['sent'] == 300 and t['received'] == 270 and t['rtp']['gaps'] in (29, 30) and t['rtp']['wrong'] == 0" \
	check "and gaps of RTP" carried rtp "${on4[@]}" "${who[@]}" "${GENTLE[@]}" --clients 1
