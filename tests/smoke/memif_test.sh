#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
#
# memif_test.sh - a relay whose only port is shared memory with another process.
#
#   client (uclient) ── veth ── testpmd: af_packet ⇄ memif ── memif: the engine
#
# testpmd forwards frames between its two ports as they are (io mode).
# shellcheck source=tests/harness/lab.sh
. "$(dirname "$0")/../harness/lab.sh"

command -v dpdk-testpmd >/dev/null || skip "no dpdk-testpmd"
TURN="channel-range = rfc5766"
lab_up client
socket=$LAB/memif.sock
PORT[client]="device = memif:$socket"
lab_serve

# testpmd ends when its input does (so not by background, which gives none)
mkfifo "$LAB/testpmd.in"
exec 8<>"$LAB/testpmd.in"
nsenter --net="/proc/${NS[server]}/ns/net" -- setpriv --pdeathsig KILL dpdk-testpmd --no-huge --no-shconf -m 128 --no-pci --no-telemetry --lcores '0@(0-1),1@(0-1)' \
	--vdev "net_af_packet0,iface=client" --vdev "net_memif0,role=client,socket=$socket,socket-abstract=no" \
	-- --forward-mode=io --auto-start --total-num-mbufs=4096 <&8 >"$LAB/testpmd.log" 2>&1 &
PIDS+=("$!")
link_up()
{
	show ports --json | jq -e '.ports[0].link_up'
}
check "the memif is connected" until_true 20 link_up
# testpmd forwards once it has looked at its links
check "the engine answers a ping through it" until_true 20 in_ns client ping -c 1 -W 1 "${SERVER4[client]}"

relayed()
{
	local out
	out=$(in_ns client timeout 40 turnutils_uclient -y -u "$USER1" -w "$PASS1" -n 20 -m 2 -l 170 -z 5 "$@" 2>&1) || true
	echo "$out" | tail -n 5
	grep -q 'Total lost packets 0 ' <<<"$out"
}
check "uclient: nothing lost over IPv4" relayed "${SERVER4[client]}"
check "uclient: nothing lost over IPv6" relayed -x "${SERVER6[client]}"
